"""Batch studies and asynchronous endpoints: who wins, what is billed, what is refused and why."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor import defaults
from advisor.decision.answer.bill import option_lines
from advisor.decision.whatif.relaxations import relaxations
from advisor.errors import StudyError
from advisor.platforms import PLATFORMS
from advisor.recommend import market_on, prepare
from advisor.study.types import PLATFORM_NAMES, Study
from tests.advisor.factories import answer, evidence, ladder, study
from tests.advisor.factories import engine as ladder_engine

JOB_PLATFORMS = {n for n, platform in PLATFORMS.items() if platform.facts.billing == "job"}
ON = date(2026, 11, 21)


def nightly(rows=1e7, hours=4.0, **changes) -> Study:
    work = {"pattern": "batch", "rows_per_job": rows} | changes.pop("workload", {})
    return study(workload=work, needs={"deadline_hours": hours}, **changes)


def engine(wanted, *runs):
    if not runs:
        return ladder_engine(wanted)
    return prepare(wanted, evidence(*runs), market_on(ON))


def test_a_nightly_job_is_run_by_a_platform_of_jobs_and_its_time_is_told_in_hours():
    found = answer(nightly())

    assert found.best.platform in JOB_PLATFORMS
    assert "each job takes" in found.verdict
    assert "of 4.0 h" in found.verdict
    assert {o.platform for o in found.ranked} <= set(JOB_PLATFORMS)


def test_every_platform_is_ranked_or_rejected_with_reasons_in_a_batch_study_too():
    found = answer(nightly())

    seen = {o.platform for o in found.ranked} | {r.option.platform for r in found.rejected}
    assert seen == set(PLATFORM_NAMES)
    assert all(r.reasons for r in found.rejected)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.sampled_from([1.0, 1e6, 1e9, 1e12]),
    hours=st.sampled_from([0.1, 4.0, 24.0]),
    per_day=st.sampled_from([1 / 30, 1.0, 48.0]),
    purchase=st.sampled_from([("on-demand",), ("spot", "on-demand"), ("savings-1y",)]),
)
def test_any_batch_study_adds_up_and_keeps_its_deadline(rows, hours, per_day, purchase):
    wanted = nightly(
        rows, hours, workload={"jobs_per_day": per_day}, cloud={"purchase": list(purchase)}
    )
    made = engine(wanted, *ladder()[:3])
    columns = made.options

    sold = np.flatnonzero(columns.sold)
    for row in np.random.default_rng(1).choice(sold, size=25):
        counted = made.problem.scenarios.counts_people
        bill = math.fsum(
            line.usd_per_month
            for line in option_lines(made, int(row))
            if counted or line.group != "people"
        )
        assert bill == pytest.approx(columns.usd_per_month[row], abs=0.005, rel=1e-9)
    jobs = made.runs & np.isfinite(columns.p99_s)
    assert (columns.p99_s[jobs] <= hours * 3600 + 1e-6).all()


def test_a_job_by_hand():
    """ml.m5.large in us-east-1 costs 0.115 USD/h: one job a day of t seconds, 30.4167 a month."""
    made = engine(nightly(rows=1e9, hours=10))
    options, table = made.options, made.machines
    own = options.on_platform("sagemaker-batch-transform") & (options.sku == "ml.m5.large")
    option = int(np.flatnonzero(own)[0])
    row = int(options.machine[option])
    row_s = table.service_s[row] / table.workers[row] / 1000
    start_s = defaults.SAGEMAKER_JOB_START_S.value
    moved_s = (200 + 20) * 8 / 1e6 / 1000 / table.network_gbps[row]
    count = math.ceil(1e9 * (row_s + moved_s) / (36000 * 0.7 - start_s))
    wall_s = start_s + 1e9 * (row_s + moved_s) / count

    assert options.replicas[option] == count
    assert options.p99_s[option] == pytest.approx(wall_s)
    hours = count * math.ceil(wall_s) / 3600 * 730 / 24
    bill = option_lines(made, option)
    machine_usd = sum(line.usd_per_month for line in bill if "Batch transform" in line.label)
    assert machine_usd == pytest.approx(hours * 0.115)


def test_more_rows_never_cost_less_and_a_shorter_deadline_never_costs_less():
    def cheapest(wanted):
        made = engine(wanted)
        return made.options.usd_per_month[made.runs & (made.options.candidate == 1)].min()

    free = {"retraining": {"error_cost_usd": 0}}
    by_rows = [cheapest(nightly(rows, 4, **free)) for rows in (1e6, 1e8, 1e10)]
    by_hours = [cheapest(nightly(1e10, hours, **free)) for hours in (24, 4, 1)]
    assert by_rows == sorted(by_rows)
    assert by_hours == sorted(by_hours)


def test_a_deadline_that_nobody_keeps_says_how_long_the_job_takes():
    found = answer(nightly(rows=1e13, hours=0.2))

    assert found.best is None
    late = [r for x in found.rejected for r in x.reasons if "a job takes" in r]
    assert late
    assert "the deadline is 0.2 h" in late[0]


def test_jobs_ask_for_rows_and_a_deadline_and_endpoints_for_a_rate():
    with pytest.raises(StudyError, match="rows_per_job is for batch"):
        study(workload={"rows_per_job": 10})
    with pytest.raises(StudyError, match="deadline_hours is for batch"):
        study(needs={"deadline_hours": 1})
    with pytest.raises(StudyError, match="follows from them"):
        study(workload={"pattern": "batch", "rows_per_job": 1e6, "requests_per_s": 5})
    with pytest.raises(StudyError, match="no max_p99_latency_ms"):
        study(workload={"pattern": "batch"}, needs={"max_p99_latency_ms": 100})


def test_rate_and_rows_of_a_batch_study_follow_each_other():
    wanted = nightly(rows=86_400_000)
    work = wanted.workload

    assert work.requests_per_s == pytest.approx(1.0)
    assert work.replace(requests_per_s=2.0).rows_per_job == pytest.approx(2 * 86_400_000)
    assert work.replace(rows_per_job=43_200_000).requests_per_s == pytest.approx(0.5)
    assert wanted.needs.replace(deadline_hours=2.0).max_p99_latency_ms is None
    relaxed = wanted.replace(needs=wanted.needs.replace(max_p99_latency_ms=3.6e6))
    assert relaxed.needs.deadline_hours == pytest.approx(1.0)


def test_an_asynchronous_endpoint_scales_to_zero_where_the_need_allows_for_a_start():
    few = {"requests_per_s": 0.0001}
    hurried = engine(study(workload=few, needs={"max_p99_latency_ms": 5_000}))
    patient = engine(study(workload=few, needs={"max_p99_latency_ms": 900_000}))

    def hours(made):
        return made.options.billed_hours[made.options.on_platform("sagemaker-async")][0]

    assert hours(hurried) == pytest.approx(2 * 730)
    # One request in 10,000 s: a start of 420 s and an idle timer of 900 s for most of them.
    assert 730 * 0.08 < hours(patient) < 730 * 0.2


def test_only_the_platforms_that_the_study_picks_are_looked_at():
    found = answer(study(cloud={"platforms": ["ecs-fargate", "sagemaker-async"]}))

    seen = {o.platform for o in found.ranked} | {r.option.platform for r in found.rejected}
    assert seen == {"ecs-fargate", "sagemaker-async"}
    assert {p.platform for p in found.cost_curve} <= seen
    with pytest.raises(StudyError, match="did you mean ecs-fargate"):
        study(cloud={"platforms": ["ecs-farget"]})


@pytest.mark.parametrize("name", PLATFORM_NAMES)
def test_a_study_of_one_platform_has_an_answer(name):
    only = {"cloud": {"platforms": [name]}}
    work = {"models": 20} if name == "sagemaker-multi-model" else {}
    patient = study(needs={"max_p99_latency_ms": 900_000}, workload=work, **only)
    wanted = nightly(**only) if name in JOB_PLATFORMS else patient
    found = answer(wanted)

    assert found.best is not None
    assert {o.platform for o in found.ranked} == {name}


def test_the_curve_of_a_batch_study_is_of_jobs_and_never_falls():
    found = answer(nightly())
    by_platform: dict[str, list[float]] = {}
    for point in found.cost_curve:
        by_platform.setdefault(point.platform, []).append(point.usd_per_month)

    assert set(by_platform) == set(JOB_PLATFORMS)
    assert all(costs == sorted(costs) for costs in by_platform.values())


def test_a_job_that_no_single_need_would_save_is_told_what_to_relax_for_jobs():
    wanted = nightly(rows=1e13, hours=0.2)
    wanted = wanted.replace(needs=wanted.needs.replace(min_quality=0.9999, max_usd_per_month=0.01))

    (hint,) = relaxations(wanted, engine(wanted, *ladder()[:1]).space)
    assert "max_p99_latency_ms" not in hint
    assert "deadline_hours" in hint
    assert "cloud.purchase" in hint


def test_a_savings_plan_of_a_job_is_paid_for_every_hour_of_the_month():
    wanted = nightly(cloud={"purchase": ["savings-1y"], "platforms": ["ecs-ec2-scheduled"]})
    option = answer(wanted).best
    machines = next(line for line in option.lines if line.label.startswith("EC2 instances"))

    assert option.purchase == "savings-1y"
    assert machines.quantity_per_month == pytest.approx(730 * option.replicas, rel=1e-3)
