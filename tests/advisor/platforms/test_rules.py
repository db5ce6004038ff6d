"""Rules of the platforms: the contract of each, burstable credits, zones, interruptions, models."""

import math
from datetime import date

import numpy as np
import pytest

from advisor.platforms.base import traffic_of
from advisor.platforms.jobs import shared_usage
from advisor.platforms.spot import repeat_factor, spot_repeat
from advisor.recommend import market_on, prepare, recommend
from tests.advisor.factories import evidence, ladder, run, study

ON = date(2026, 11, 21)
WHERE = {"region": "eu-west-1", "on": ON}


def engine(wanted, *runs):
    return prepare(wanted, evidence(*runs), market_on(ON))


def test_what_jobs_share_grows_with_rows_and_never_sends_answers_to_the_internet():
    small = study(workload={"pattern": "batch", "rows_per_job": 1e6})
    large = study(workload={"pattern": "batch", "rows_per_job": 1e8})

    services = {line.service for line in shared_usage(small)}
    assert "data-transfer-out" not in services
    stored = [next(x for x in shared_usage(s) if x.service == "s3") for s in (small, large)]
    assert stored[1].gb_months == pytest.approx(100 * stored[0].gb_months)
    assert traffic_of(small).requests_per_month == pytest.approx(1000 * 730 / 24)


def test_a_burstable_machine_carries_its_baseline_for_ever_and_bursts_at_the_peak():
    """t3.large: 2 vCPUs of 30%. 5 ms x 480/s are 2.4 vCPUs busy: four of its baseline of 0.6."""
    wanted = study(
        workload={"requests_per_s": 480, "peak_requests_per_s": 500},
        cloud={"platforms": ["ecs-ec2"]},
    )
    made = engine(wanted, run("dummy", 0, error=0.4), run("linear", 1, service_s=0.005))
    columns = made.options
    row = int(np.flatnonzero((columns.sku == "t3.large") & (columns.candidate == 1))[0])
    service_s = made.options.service_s[row]

    assert columns.replicas[row] == math.ceil(480 * service_s / (2 * 0.3))
    steady = int(np.flatnonzero((columns.sku == "m5.large") & (columns.candidate == 1))[0])
    assert columns.replicas[steady] < columns.replicas[row]


def test_quiet_hours_earn_credits():
    busy = {"requests_per_s": 480, "peak_requests_per_s": 500}
    only = {"cloud": {"platforms": ["ecs-ec2"]}}
    always = engine(study(workload=busy, **only))
    by_day = engine(study(workload=busy | {"active_hours_per_month": 200}, **only))
    row = int(np.flatnonzero(always.options.sku == "t3.large")[-1])

    assert by_day.options.replicas[row] <= always.options.replicas[row]


def test_a_region_with_too_few_zones_is_a_reason():
    found = recommend(
        study(needs={"availability_zones": 4}, cloud={"regions": ["eu-west-1"]}),
        evidence(),
        on=ON,
    )

    reasons = [r for x in found.rejected for r in x.reasons]
    assert any("eu-west-1 has 3 zones, the need is 4" in r for r in reasons)
    assert {o.platform for o in found.ranked} <= {"sagemaker-serverless"}


def test_a_run_that_is_interrupted_starts_again():
    """Simulated: exponential interruptions at the rate that takes 20% in a month, a 730 h run."""
    rng = np.random.default_rng(3)
    rate = -math.log(0.8) / 730
    totals = []
    for _ in range(20_000):
        total = 0.0
        while (gap := rng.exponential(1 / rate)) < 730:
            total += gap
        totals.append(total + 730)

    factor = float(repeat_factor(run_hours=730, interrupted_fraction=0.2))
    assert np.mean(totals) / 730 == pytest.approx(factor, rel=0.01)
    assert float(repeat_factor(run_hours=0, interrupted_fraction=0.3)) == 1.0
    with pytest.raises(ValueError, match="interrupted_fraction"):
        repeat_factor(run_hours=1, interrupted_fraction=1.0)


def test_what_has_no_advice_takes_our_assumption():
    found = spot_repeat(["m5.xlarge", "fargate-arm64"], region="us-east-1", run_s=np.full(2, 60.0))

    assert 1.0 < found[0] < 1.0001
    assert found[1] == 1.10


def test_many_models_share_an_endpoint_and_one_alone_needs_none():
    many = recommend(study(workload={"models": 50}), evidence(*ladder()[:3]), on=ON, what_if=False)
    one = recommend(study(), evidence(*ladder()[:3]), on=ON, what_if=False)

    reasons = {r.option.platform: r.reasons for r in many.rejected}
    assert any("50 models need 50" in r for r in reasons["sagemaker-realtime"])
    assert "sagemaker-multi-model" in {o.platform for o in many.ranked}
    alone = {r.option.platform: r.reasons for r in one.rejected}
    assert any("one model alone" in r for r in alone["sagemaker-multi-model"])


def test_models_that_do_not_fit_are_loaded_and_their_requests_wait():
    few = engine(
        study(workload={"models": 2}, cloud={"platforms": ["sagemaker-multi-model"]}), *_heavy()
    )
    crowd = engine(
        study(workload={"models": 5_000}, cloud={"platforms": ["sagemaker-multi-model"]}), *_heavy()
    )
    row = int(np.flatnonzero(few.options.sku == "ml.m5.large")[-1])

    machine = few.options.machine[row]
    assert crowd.machines.service_s[machine] > few.machines.service_s[machine]
    assert crowd.machines.front_s[machine] > few.machines.front_s[machine] + 0.5


def _heavy():
    return run("dummy", 0, error=0.4), run("linear", 1, artefact_bytes=50_000_000)


def test_a_container_of_ones_own_holds_all_models_or_says_how_much_memory_they_need():
    made = engine(
        study(workload={"models": 1_000}, cloud={"platforms": ["ecs-fargate"]}), *_heavy()
    )

    assert made.machines.memory_need_gib[made.machines.profile == 1].min() > 1_000 * 0.09
    assert not made.options.fits[made.options.candidate == 1].all()
