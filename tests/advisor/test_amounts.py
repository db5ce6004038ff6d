"""Amounts of options that seldom release, or that no fleet makes fast enough."""

import math

import numpy as np
import pytest

from advisor.decision.answer.bill import option_lines
from advisor.platforms.training import training_usage
from advisor.recommendation import TrainingPlace
from tests.advisor.factories import answer, engine, market, study


@pytest.mark.parametrize(
    ("platform", "sku"),
    [
        ("ecs-ec2", "m7i.xlarge"),
        ("ecs-fargate", "4 vCPU, 8 GiB, x86_64"),
        ("sagemaker-training", "ml.m5.large"),
    ],
)
def test_some_runs_cost_their_number_times_one_run(platform, sku):
    """A release in a year is a twelfth of a run a month, which is less than EC2's least minute."""
    place = TrainingPlace(
        platform=platform,
        sku=sku,
        region="us-east-1",
        purchase="on-demand",
        wall_s=40.0,
        billed_s=100.0,
        usd_per_run=0.0,
        basis="scaled",
    )

    def usd(runs: float) -> float:
        usage = [training_usage(place, run_count=runs)]
        return market().usd(usage, region="us-east-1")

    assert usd(1) > 0
    for runs in (1 / 12, 0.5, 40.0):
        assert usd(runs) == pytest.approx(runs * usd(1), rel=1e-12)


def test_an_option_that_is_too_slow_is_billed_for_replicas_that_carry_its_load():
    """By hand: so many that at the peak no more than 70% of their workers are busy."""
    asked = study(workload={"requests_per_s": 500.0}, needs={"max_p99_latency_ms": 6.0})
    made = engine(asked)
    options, table = made.options, made.machines
    late = np.flatnonzero(options.sold & options.stands & ~options.meets_latency & ~options.scaled)
    late = late[np.isfinite(options.p99_s[late])]
    at = options.machine[late]
    late = late[table.sustained_vcpu[at] >= table.workers[at]]  # no credits to run out of
    assert late.size > 50

    for row in late[:: late.size // 25]:
        busy = (
            1500.0 * table.service_s[options.machine[row]]
        )  # requests at once: three times the mean, at the peak
        for_load = math.ceil(busy / (0.7 * table.workers[options.machine[row]]) * (1 - 1e-12))
        assert options.replicas[row] == min(1000, max(2, for_load))
        drawn = made.problem.outcomes(np.array([row]))
        assert drawn.replicas[0, 0] == options.replicas[row]
        bill_usd = math.fsum(line.usd_per_month for line in option_lines(made, int(row)))
        assert bill_usd == pytest.approx(drawn.usd[0, 0], abs=0.005)


def test_what_is_said_of_a_rejected_option_is_of_one_fleet():
    """Its bill, its expected cost and its band are near each other, whatever it misses."""
    found = answer(study(workload={"requests_per_s": 500.0}, needs={"max_p99_latency_ms": 6.0}))
    priced = [one.option for one in found.rejected if one.option.priced]

    assert len(priced) > 10
    for option in priced:
        assert option.usd_per_month_low < 1.2 * option.usd_per_month
        assert option.usd_per_month_high > option.usd_per_month / 1.2
