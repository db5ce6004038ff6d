"""Parts of the answer through their own doors: GPUs, jobs, experiments, what runs today, curves."""

import numpy as np
import pytest

from advisor.decision.answer.bill import candidate_lines, serving_lines
from advisor.decision.answer.compose import compose
from advisor.decision.answer.current_deployment import present_advice
from advisor.decision.answer.experiments import experiment_advice, usd_per_run_by_purchase
from advisor.decision.answer.gpu import gpu_advice
from advisor.decision.answer.jobs import REACH, job_advice
from advisor.decision.scenarios.run_history import machine_prices, measured_scores, with_history
from advisor.decision.whatif.cost_curve import cost_curve, rates_around, standing_usd
from advisor.decision.whatif.rivals import rivals
from advisor.errors import AdvisorError
from advisor.market import total_usd
from advisor.recommendation import TrainingAdvice
from pricing.errors import PricingError
from tests.advisor.factories import engine, market, study


@pytest.fixture(scope="module")
def online():
    return engine(study(workload={"requests_per_s": 50.0}))


@pytest.fixture(scope="module")
def nightly():
    return engine(
        study(
            workload={"pattern": "batch", "rows_per_job": 5e7},
            needs={"deadline_hours": 4.0},
            cloud={"platforms": ["sagemaker-processing", "ecs-fargate-scheduled"]},
        )
    )


def test_the_curve_holds_the_study_itself_in_its_middle(online):
    chosen = int(online.options.candidate[online.choice.best])
    rates = rates_around(50.0)
    points = cost_curve(online, chosen)

    assert rates[len(rates) // 2] == pytest.approx(50.0)
    options = online.options
    own = online.runs & (options.candidate == chosen) & ~options.on_gpu
    compared = 0
    for point in points:
        here = own & options.on_platform(point.platform)
        fixed = options.usd_per_month[here & ~options.scaled]
        if point.requests_per_s == pytest.approx(50) and fixed.size:
            least = options.usd_per_month[here].min()
            assert least - 1e-6 <= point.usd_per_month <= fixed.min() + 1e-6
            compared += 1
    assert compared


def test_standing_options_at_their_own_rate_cost_what_they_cost(online):
    rows = np.flatnonzero(online.options.stands & online.runs & ~online.options.scaled)[:40]
    usd, replicas = standing_usd(online, rows, np.array([50.0]))

    assert usd[0] == pytest.approx(online.options.usd_per_month[rows], rel=1e-9)
    assert replicas[0].tolist() == online.options.replicas[rows].tolist()


def test_a_curve_without_options_is_empty(online):
    usd, replicas = standing_usd(online, np.empty(0, dtype=np.intp), np.array([1.0, 2.0]))

    assert usd.shape == replicas.shape == (2, 0)


def test_a_model_without_weights_has_no_gpu_form(online):
    linear = next(i for i, p in enumerate(online.profiles) if p.parameter_count is None)
    advice = gpu_advice(online, linear)

    assert not advice.serving.needed
    assert "has no GPU form" in advice.serving.why
    assert not advice.training.needed


def test_nothing_feasible_needs_no_gpu(online):
    advice = gpu_advice(online, None)

    assert advice.serving.why == "nothing is feasible, with or without a GPU"
    assert advice.training.pays_from_runs_per_month is None


def test_a_jobs_time_is_its_start_and_its_rows(nightly):
    advice = job_advice(nightly)
    assert advice is not None

    middle = advice.curve[len(advice.curve) // 2]
    assert middle.row_count == pytest.approx(5e7)
    assert middle.wall_s == pytest.approx(advice.start_s + advice.work_s)
    assert advice.curve[-1].wall_s == pytest.approx(advice.start_s + REACH * advice.work_s)
    assert middle.wall_s_low <= middle.wall_s <= middle.wall_s_high
    at_most = advice.largest_row_count / 5e7 * advice.work_s + advice.start_s
    assert at_most == pytest.approx(4 * 3600)


def test_requests_have_no_job(online):
    assert job_advice(online) is None


def test_a_release_costs_its_runs_and_the_hours_of_its_review(online):
    candidate = int(online.options.candidate[online.choice.best])
    cost = online.costs[candidate]
    lines = candidate_lines(online, candidate)

    assert total_usd(lines) == pytest.approx(cost.monthly_usd, abs=0.005)
    review = next(line for line in lines if line.group == "people")
    hours = 4.0 * cost.cadence.releases_per_month
    assert review.quantity_per_month == pytest.approx(hours)


def test_runs_on_spot_are_priced_beside_those_on_demand(online):
    candidate = int(online.options.candidate[online.choice.best])
    found = usd_per_run_by_purchase(online, candidate)

    assert set(found) == {"on-demand", "spot"}
    assert all(usd > 0 for usd in found.values())


def test_the_gain_of_more_runs_never_falls(online):
    candidate = int(online.options.candidate[online.choice.best])
    training = TrainingAdvice(
        platform="ecs-fargate",
        sku="1 vCPU, 2 GiB, arm64",
        region="us-east-1",
        purchase="on-demand",
        usd_per_run=0.01,
        usd_per_release=0.1,
        runs_per_release=10,
        usd_per_month=0.2,
        alternatives=online.costs[candidate].places and (),
    )
    advice = experiment_advice(online, candidate, training)
    if advice is None:
        pytest.skip("this candidate's errors have no price")
    gains = [point.expected_gain_usd_per_month for point in advice.curve]

    assert gains == sorted(gains)


def test_what_runs_today_is_held_against_the_choice():
    asked = study(
        workload={"requests_per_s": 50.0},
        current={"platform": "ecs-ec2", "sku": "m5.4xlarge", "replicas": 4},
    )
    made = engine(asked)
    advice = present_advice(made)
    assert advice is not None

    lines = serving_lines(
        made,
        candidate=int(made.options.candidate[made.choice.best]),
        platform="ecs-ec2",
        sku="m5.4xlarge",
        region="us-east-1",
        purchase="on-demand",
        replicas=4,
    )
    machines = next(line for line in lines if "m5.4xlarge" in line.label)
    assert machines.usd_per_month == pytest.approx(4 * 0.768 * 730)
    assert advice.usd_per_month > total_usd(lines)
    assert advice.move
    assert advice.payback_months == pytest.approx(advice.migration_usd / advice.saves_usd_per_month)


def test_a_bill_that_is_given_is_taken_as_it_is():
    given = {"platform": "sagemaker-async", "usd_per_month": 1.0}
    advice = present_advice(engine(study(current=given)))
    assert advice is not None

    assert advice.basis == "input"
    assert not advice.move
    assert advice.why.startswith("stay: ")


@pytest.mark.parametrize(
    ("current", "word"),
    [
        ({"platform": "ecs-ec2", "sku": "m5.larg"}, "did you mean"),
        ({"platform": "ecs-ec2", "sku": "huge"}, "write it as a recommendation does"),
        ({"platform": "sagemaker-async", "sku": "ml.m5.large"}, "cannot be priced from its size"),
        ({"platform": "ecs-ec2", "sku": "m5.large", "candidate": "x"}, "was not measured"),
    ],
)
def test_what_cannot_be_priced_is_told_in_one_line(current, word):
    with pytest.raises(AdvisorError, match=word):
        present_advice(engine(study(current=current)))


def test_a_rival_of_every_other_platform_has_its_question_and_its_gap(online):
    found = rivals(online)

    platforms = {one.platform for one in found}
    assert platforms <= set(online.options.platforms)
    assert [one.usd_per_month_more for one in found] == sorted(
        one.usd_per_month_more for one in found
    )
    for one in found:
        assert one.question.startswith("Why not ")
        assert one.why_not


def test_a_machine_without_a_price_of_its_own_is_none_of_the_prices():
    found = machine_prices((), machine="m5.large", region="us-east-1", market=market())

    assert found.usd_per_hour == {"m5.large": pytest.approx(0.096)}
    with pytest.raises(PricingError):
        machine_prices((), machine="m5.unheard", region="us-east-1", market=market())


def test_without_a_history_the_study_stays_as_it_is():
    wanted = study()

    assert with_history(wanted, None) is wanted
    assert measured_scores(wanted, ()).size == 0


def test_jobs_alone_for_requests_are_infeasible_and_no_fault():
    asked = study(
        workload={"requests_per_s": 50.0}, cloud={"platforms": ["sagemaker-batch-transform"]}
    )
    answer = compose(engine(asked), what_if=False, curves=False)

    assert not answer.ranked
    assert answer.verdict_kind == "infeasible"
    assert answer.rejected
