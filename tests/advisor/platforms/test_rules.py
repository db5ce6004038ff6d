"""Rules of the platforms: the contract of each, burstable credits, zones, interruptions, models."""

import math
from datetime import date

import numpy as np
import pytest

from advisor.cost import hourly_usd, price
from advisor.platforms import ASYNC, FRONTS, JOB_PLATFORMS, STANDING_PLATFORMS
from advisor.platforms.base import traffic_of
from advisor.platforms.jobs import JobRun, job_shared_usage
from advisor.platforms.spot import repeat_factor, spot_repeat
from advisor.recommend import prepare, recommend
from advisor.study.types import DEFAULT_HOURS_PER_MONTH, PLATFORM_NAMES
from pricing.instances import load_catalogue
from pricing.tables import load_book
from tests.advisor.factories import evidence, ladder, run, study

ON = date(2026, 11, 21)
WHERE = {"region": "eu-west-1", "on": ON}
EVERYWHERE = {**STANDING_PLATFORMS, **JOB_PLATFORMS, ASYNC.name: ASYNC}


def engine(wanted, *runs):
    return prepare(wanted, evidence(*runs), on=ON, book=load_book(), catalogue=load_catalogue())


def test_every_platform_has_its_name_its_hours_and_its_front():
    names = {*EVERYWHERE, "sagemaker-serverless"}

    assert names == set(PLATFORM_NAMES) == set(DEFAULT_HOURS_PER_MONTH)
    assert set(FRONTS) == set(EVERYWHERE)
    assert all(platform.name == name for name, platform in EVERYWHERE.items())


@pytest.mark.parametrize("name", sorted(EVERYWHERE))
def test_a_platform_keeps_its_contract(name):
    """Columns of one length, a price or NaN and never zero, and machines that a bill can price."""
    platform = EVERYWHERE[name]
    for purchase in platform.purchases:
        machines = platform.machines(
            book=load_book(), catalogue=load_catalogue(), purchase=purchase, **WHERE
        )
        columns = [machines.core_count, machines.memory_gib, machines.usd_per_hour]
        columns += [machines.gpu_count, machines.network_gbps, machines.sustained_vcpu]
        assert {len(c) for c in columns} == {len(machines)} == {len(set(machines.sku))}
        assert (machines.usd_per_hour[np.isfinite(machines.usd_per_hour)] > 0).all()
        assert (machines.core_count > 0).all()
        assert (machines.sustained_vcpu > 0).all()
    assert platform.title
    assert platform.advice
    assert platform.max_payload_kb > 0


@pytest.mark.parametrize("name", sorted(JOB_PLATFORMS))
def test_an_hour_of_a_job_is_priced_the_same_by_column_and_by_bill(name):
    platform, wanted = JOB_PLATFORMS[name], study()
    where = {"study": wanted, "book": load_book(), **WHERE}
    for purchase in platform.purchases:
        machines = platform.machines(
            book=load_book(), catalogue=load_catalogue(), purchase=purchase, **WHERE
        )
        one = JobRun(machine_count=1, billed_s=3600.0, jobs_per_month=1.0)
        usd = hourly_usd(
            machines,
            lambda sku, p=purchase, one=one: platform.job_usage(sku=sku, purchase=p, run=one),
            **where,
        )
        for row in np.flatnonzero(np.isfinite(usd))[::40]:
            many = JobRun(machine_count=3, billed_s=1234.0, jobs_per_month=30.0)
            lines = platform.job_usage(sku=machines.sku[row], purchase=purchase, run=many)
            assert price(lines, **where).total_usd == pytest.approx(
                usd[row] * many.machine_hours, rel=1e-9
            )


def test_what_jobs_share_grows_with_rows_and_never_sends_answers_to_the_internet():
    small = study(workload={"pattern": "batch", "rows_per_job": 1e6})
    large = study(workload={"pattern": "batch", "rows_per_job": 1e8})

    services = {line.service for line in job_shared_usage(small)}
    assert "data-transfer-out" not in services
    stored = [next(x for x in job_shared_usage(s) if x.service == "s3") for s in (small, large)]
    assert stored[1].gb_months == pytest.approx(100 * stored[0].gb_months)
    assert traffic_of(small).requests_per_month == pytest.approx(1000 * 730 / 24)


def test_a_burstable_machine_carries_its_baseline_for_ever_and_bursts_at_the_peak():
    """t3.large: 2 vCPUs of 30%. 5 ms x 480/s are 2.4 vCPUs busy: four of its baseline of 0.6."""
    wanted = study(
        workload={"requests_per_s": 480, "peak_requests_per_s": 500},
        cloud={"platforms": ["ecs-ec2"]},
    )
    made = engine(wanted, run("dummy", 0, error=0.4), run("linear", 1, service_s=0.005))
    columns = made.columns
    row = int(np.flatnonzero((columns.sku == "t3.large") & (columns.candidate == 1))[0])
    service_s = made.table.service_s[row]

    assert columns.replicas[row] == math.ceil(480 * service_s / (2 * 0.3))
    steady = int(np.flatnonzero((columns.sku == "m5.large") & (columns.candidate == 1))[0])
    assert columns.replicas[steady] < columns.replicas[row]


def test_quiet_hours_earn_credits():
    busy = {"requests_per_s": 480, "peak_requests_per_s": 500}
    only = {"cloud": {"platforms": ["ecs-ec2"]}}
    always = engine(study(workload=busy, **only))
    by_day = engine(study(workload=busy | {"active_hours_per_month": 200}, **only))
    row = int(np.flatnonzero(always.columns.sku == "t3.large")[-1])

    assert by_day.columns.replicas[row] <= always.columns.replicas[row]


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
    row = int(np.flatnonzero(few.columns.sku == "ml.m5.large")[-1])

    assert crowd.table.service_s[row] > few.table.service_s[row]
    assert crowd.table.front_s[row] > few.table.front_s[row] + 0.5


def _heavy():
    return run("dummy", 0, error=0.4), run("linear", 1, artefact_bytes=50_000_000)


def test_a_container_of_ones_own_holds_all_models_or_says_how_much_memory_they_need():
    made = engine(
        study(workload={"models": 1_000}, cloud={"platforms": ["ecs-fargate"]}), *_heavy()
    )

    assert made.table.memory_need_gib[made.table.profile == 1].min() > 1_000 * 0.09
    assert not made.plan.fits[made.table.profile == 1].all()
