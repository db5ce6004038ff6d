"""The whole decision on measured runs that are given: laws that hold for every study."""

import itertools
import json
import math
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.decision.answer.bill import option_lines
from advisor.recommend import market_on, prepare, recommend
from advisor.recommendation import Recommendation
from advisor.report.tables import cost_cell, timed_options
from advisor.study.types import PLATFORM_NAMES, Study
from pricing.quotes import PriceBook, Row
from pricing.tables import load_book
from tests.advisor.factories import answer as ladder_answer
from tests.advisor.factories import (
    backtest,
    dataset,
    engine,
    evidence,
    hardware,
    ladder,
    run,
    study,
)

ON = date(2026, 11, 21)
ROOT = Path(__file__).resolve().parents[2]
CONTRACT = {
    "verdict", "best", "ranked", "rejected", "retraining", "gpu", "training", "ladder",
    "assumptions", "prices", "runs",
}  # fmt: skip
OPTION_KEYS = {
    "name", "candidate", "platform", "sku", "region", "purchase", "replicas", "basis",
    "p50_latency_ms", "p95_latency_ms", "p99_latency_ms", "quality", "usd_per_month", "lines",
}  # fmt: skip
LINE_KEYS = {
    "label", "quantity_per_month", "unit", "usd_per_unit", "usd_per_month", "basis", "source",
}  # fmt: skip


def answer(wanted: Study | None = None, *runs, **changes) -> Recommendation:
    if not runs and not changes:
        return ladder_answer(wanted)
    return recommend(wanted or study(), evidence(*runs, **changes), on=ON, what_if=False)


def test_the_json_keeps_the_keys_of_the_contract():
    found = json.loads(answer().model_dump_json())

    assert set(found) >= CONTRACT
    assert set(found["best"]) >= OPTION_KEYS
    assert set(found["best"]["lines"][0]) >= LINE_KEYS
    assert set(found["rejected"][0]) == {"option", "reasons"}
    assert set(found["retraining"]) >= {"interval_days", "usd_per_month", "basis"}
    assert set(found["gpu"]["serving"]) == {"needed", "pays_from_requests_per_s", "why"}
    assert set(found["gpu"]["training"]) == {"needed", "pays_from_runs_per_month", "why"}
    assert set(found["training"]) >= {
        "platform", "sku", "usd_per_run", "usd_per_release", "runs_per_release", "usd_per_month",
    }  # fmt: skip
    assert set(found["ladder"][0]) >= {
        "candidate", "quality", "quality_spread", "usd_per_month", "verdict",
    }  # fmt: skip
    assert set(found["assumptions"][0]) == {
        "name", "value", "unit", "source", "dated", "basis",
    }  # fmt: skip
    assert set(found["prices"]) == {"on", "oldest_checked_on", "sha256"}


def test_every_total_is_the_sum_of_its_lines_and_each_line_is_quantity_times_price():
    found = answer()

    options = [*found.ranked, *(rejection.option for rejection in found.rejected)]
    assert len(options) > 10
    for option in options:
        total = math.fsum(line.usd_per_month for line in option.lines)
        assert abs(option.usd_per_month - total) < 0.005
        for line in option.lines:
            assert line.usd_per_month == pytest.approx(
                line.quantity_per_month * line.usd_per_unit, abs=1e-9
            )


def test_the_columns_and_the_bills_of_objects_agree_to_the_cent():
    """Totals by straight lines in replicas against each option's own bill, line by line."""
    made = engine()
    sold = np.flatnonzero(made.options.sold)
    rows = np.random.default_rng(0).choice(sold, size=60, replace=False)

    for row in rows:
        bill = math.fsum(line.usd_per_month for line in option_lines(made, int(row)))
        assert bill == pytest.approx(made.options.usd_per_month[row], abs=0.005)


def test_discounts_reach_columns_and_bills_alike():
    cut = study(cloud={"discounts": {"ec2": 0.3, "fargate": 0.1, "sagemaker": 0.2}})
    made, full = engine(cut), engine()
    row = int(np.flatnonzero(made.options.sold & made.options.on_platform("ecs-ec2"))[0])

    bill = math.fsum(line.usd_per_month for line in option_lines(made, row))
    assert bill == pytest.approx(made.options.usd_per_month[row], abs=0.005)
    assert made.options.usd_per_month[row] < full.options.usd_per_month[row]


def test_both_sides_of_the_question_are_ranked_or_rejected_with_reasons():
    found = answer()

    seen = {o.platform for o in found.ranked} | {r.option.platform for r in found.rejected}
    assert seen == set(PLATFORM_NAMES)
    assert all(rejection.reasons for rejection in found.rejected)


def test_the_best_is_first_and_the_others_ascend():
    found = answer()

    assert found.best == found.ranked[0]
    costs = [option.criterion_usd_per_month for option in found.ranked[1:]]
    assert costs == sorted(costs)
    assert found.best.usd_per_month <= 1.03 * min(o.usd_per_month for o in found.ranked)


def test_every_option_is_feasible_or_not_and_counted_once():
    considered = answer().considered

    assert considered.option_count == considered.feasible_count + considered.rejected_count
    assert considered.option_count > 1_000


def test_the_dummy_never_wins_where_something_learns():
    found = answer()

    assert found.best.candidate != "dummy"
    assert found.ladder[0].candidate == "dummy"
    assert "learns nothing" in found.ladder[0].verdict


def test_cheap_errors_keep_the_simple_model_and_dear_ones_pay_for_the_better():
    few = study(retraining={"error_cost_usd": 0.001, "cases_per_day": 100})
    many = study(retraining={"error_cost_usd": 10.0, "cases_per_day": 100_000})

    assert answer(few).best.candidate == "linear"
    assert answer(many).best.candidate in {"random_forest", "torch_mlp"}


def test_an_unreachable_latency_is_an_answer_with_what_to_relax():
    found = answer(study(needs={"max_p99_latency_ms": 0.5}))

    assert found.best is None
    assert found.ranked == ()
    assert found.verdict.startswith("No option is feasible")
    assert any("max_p99_latency_ms" in hint for hint in found.relaxations)
    assert all(rejection.reasons for rejection in found.rejected)


def test_the_relaxed_need_really_makes_something_feasible():
    hint = next(
        h
        for h in answer(study(needs={"max_p99_latency_ms": 0.5})).relaxations
        if "max_p99_latency_ms" in h
    )
    relaxed_ms = float(hint.split(":")[1].split()[0])

    assert answer(study(needs={"max_p99_latency_ms": relaxed_ms})).best is not None


def test_a_way_to_buy_that_a_platform_lacks_is_a_row_with_its_reason():
    found = answer(study(cloud={"purchase": ["on-demand", "spot"]}))
    told = {r.option.platform: r.reasons for r in found.rejected if r.option.purchase == "spot"}

    assert "SageMaker real-time is not sold as spot; buy on-demand" in told["sagemaker-realtime"]
    unsold = [r.option for r in found.rejected if any("is not sold" in x for x in r.reasons)]
    assert unsold
    assert {cost_cell(option).plain for option in unsold} == {"n/a"}
    assert all(option.priced for option in found.ranked)
    assert all(option.priced for option in timed_options(found))
    assert not any(o.purchase == "spot" and "sagemaker" in o.platform for o in found.ranked)


def test_a_release_rolls_out_with_a_second_fleet_for_start_and_drain():
    judged = engine(study(workload={"requests_per_s": 300.0}, cloud={"platforms": ["ecs-fargate"]}))
    row = judged.order.ranked[0]
    lines = {line.label: line.usd_per_month for line in option_lines(judged, row)}
    fleet = next(v for k, v in lines.items() if k.startswith("Fargate tasks") and "rolls" not in k)
    extra = next(v for k, v in lines.items() if k.startswith("Fargate tasks") and "rolls" in k)
    candidate = int(judged.options.candidate[row])
    releases = judged.costs[candidate].cadence.releases_per_month

    # 45 s to start, 30 s of checks, the model's own start, and 300 s of drain.
    seconds = 45 + 30 + judged.profiles[candidate].start_s + 300
    assert extra / fleet == pytest.approx(releases * seconds / (730 * 3600), rel=1e-9)


def test_each_candidate_pays_for_its_own_saved_models():
    small, large = ladder()[1], ladder()[2].model_copy(update={"artefact_bytes": 5_000_000_000})
    found = answer(study(), small, large)
    stored = {
        o.candidate: next(x for x in o.lines if x.label.startswith("Model artefacts"))
        for o in (*found.ranked, *(r.option for r in found.rejected))
    }

    assert stored[large.candidate.name].quantity_per_month == pytest.approx(5 * 10)
    assert stored[small.candidate.name].quantity_per_month == pytest.approx(0.001 * 10)


def test_autoscaling_is_ranked_beside_the_fixed_fleet_and_can_be_left_out():
    busy = {"workload": {"requests_per_s": 300.0}, "needs": {"max_p99_latency_ms": 100.0}}
    both = answer(study(**busy))
    fixed = answer(study(**busy, cloud={"autoscaling": False}))
    scaled = [o for o in both.ranked if o.scaling == "target-tracking"]

    assert scaled
    assert {o.scaling for o in both.ranked} == {"fixed", "target-tracking"}
    assert {o.scaling for o in fixed.ranked} == {"fixed"}
    assert both.best.usd_per_month <= fixed.best.usd_per_month
    for option in scaled:
        assert option.fewest_replicas <= option.mean_replicas < option.replicas
        assert "autoscaling" in option.name


@pytest.mark.slow
def test_two_needs_that_only_give_together_are_told_with_both_figures():
    both = {"max_p99_latency_ms": 0.5, "max_usd_per_month": 20.0}
    hints = answer(study(needs=both)).relaxations

    assert len(hints) == 1
    ms, usd = (float(part.split(":")[1].split()[0]) for part in hints[0].split(", with "))
    relaxed = {"max_p99_latency_ms": ms, "max_usd_per_month": usd}
    assert answer(study(needs=relaxed)).best is not None
    for key, value in relaxed.items():
        less = answer(study(needs={**relaxed, key: value * 0.99}))
        assert less.best is None
    for key in both:
        assert answer(study(needs={**both, key: relaxed[key]})).best is None


def test_a_quality_that_nobody_has_says_which_one_would_do():
    found = answer(study(needs={"min_quality": 0.99}))

    assert found.best is None
    assert "needs.min_quality: 0.92 instead of 0.99" in found.relaxations


def test_a_budget_below_everything_says_so():
    found = answer(study(needs={"max_usd_per_month": 10}))

    assert found.best is None
    assert any("max_usd_per_month" in hint for hint in found.relaxations)
    assert any("above the budget" in r for x in found.rejected for r in x.reasons)


def test_more_load_never_costs_less_on_one_platform():
    found = answer()

    for _, points in itertools.groupby(found.cost_curve, key=lambda p: p.platform):
        costs = [p.usd_per_month for p in points]
        assert costs == sorted(costs)


def test_the_curve_passes_through_the_answer():
    found = answer()
    here = [p for p in found.cost_curve if p.requests_per_s == pytest.approx(20.0)]

    cheapest = min(p.usd_per_month for p in here)
    own = [o.usd_per_month for o in found.ranked if o.candidate == found.best.candidate]
    assert cheapest == pytest.approx(min(own), abs=0.01)


def test_a_scikit_learn_model_has_no_gpu_and_a_network_says_from_which_rate():
    cheap = study(retraining={"error_cost_usd": 0.001, "cases_per_day": 100})
    linear = answer(cheap)
    network = answer(
        cheap,
        run("dummy", 0, error=0.4),
        run("torch_mlp", 4, service_s=0.05, parameter_count=5 * 10**8),
    )

    assert linear.gpu.serving.pays_from_requests_per_s is None
    assert "no GPU form" in linear.gpu.serving.why
    assert network.gpu.serving.pays_from_requests_per_s is not None


def test_a_backtest_makes_the_retraining_measured_and_faster_decay_makes_it_shorter():
    wanted = study(retraining={"error_cost_usd": 1.0, "cases_per_day": 1000})
    runs = ladder()[:2]
    slow = answer(wanted, *runs, backtests=(backtest(slope_per_period=0.0005),)).retraining
    fast = answer(wanted, *runs, backtests=(backtest(slope_per_period=0.005),)).retraining

    assert slow.basis == fast.basis == "measured"
    assert fast.interval_days < slow.interval_days
    assert slow.decay_points[0].age_days == pytest.approx(7.0)


def test_the_fitted_law_runs_through_the_points_of_a_back_test_that_follows_it():
    wanted = study(retraining={"error_cost_usd": 1.0, "cases_per_day": 1000})
    stream = backtest(slope_per_period=0.002)
    found = answer(wanted, *ladder()[:2], backtests=(stream,)).retraining
    line = {point.age_days: point.error_per_case for point in found.decay_line}

    ages = sorted(line)
    assert ages[0] == 0.0
    assert ages[-1] == found.decay_points[-1].age_days
    for point in found.decay_points:
        drawn = np.interp(point.age_days, ages, [line[age] for age in ages])
        assert point.error_per_case == pytest.approx(drawn, rel=0.01)
        assert point.error_per_case == pytest.approx(0.10 + 0.002 * point.age_days / 7, rel=0.02)


def test_a_backtest_on_a_simulated_stream_is_labelled_everywhere():
    simulated = backtest(dataset=dataset(time="ts", simulated=True))
    found = answer(study(), backtests=(simulated,))

    assert found.retraining.simulated
    assert "SIMULATED" in found.retraining.why
    assert "simulated stream" in found.verdict


def test_without_a_backtest_the_decay_is_the_studys_or_labelled_assumed():
    given = answer(study(retraining={"decay_per_day": 0.001})).retraining
    none = answer().retraining

    assert given.basis == "input"
    assert none.basis == "assumed"
    assert "ASSUMED" in none.why


def test_training_is_bought_where_it_is_cheapest():
    found = answer().training

    assert found.usd_per_run == pytest.approx(found.alternatives[0].usd_per_run)
    assert found.usd_per_release == pytest.approx(10 * found.usd_per_run)
    costs = [place.usd_per_run + place.wall_s / 3600 for place in found.alternatives]
    assert costs == sorted(costs)
    assert {place.platform for place in found.alternatives} == {
        "sagemaker-training", "sagemaker-training-spot", "ecs-fargate", "ecs-ec2",
    }  # fmt: skip


def test_a_failed_candidate_stands_in_the_ladder_with_its_reason():
    failed = run("mine", 9, outcome="crashed", reason="segmentation fault", training=())

    steps = answer(None, *ladder(), failed).ladder
    assert steps[-1].candidate == "mine"
    assert steps[-1].quality is None
    assert "segmentation fault" in steps[-1].verdict


def test_every_number_has_a_basis_and_every_default_is_listed():
    found = answer()

    names = {assumption.name for assumption in found.assumptions}
    assert {"workload.requests_per_s", "team.engineer_usd_per_hour", "image_gb"} <= names
    assert all(a.source for a in found.assumptions)


def test_clustering_is_ranked_by_quality_without_a_price_of_errors():
    spec = dataset(task="clustering", metric="silhouette", target=None, class_count=None)
    runs = [
        run(name, rank, dataset=spec).replace(
            training=tuple(
                t.replace(error_per_case=None, quality=quality + 0.001 * t.seed)
                for t in run(name, rank).training
            )
        )
        for rank, (name, quality) in enumerate((("kmeans", 0.50), ("gaussian_mixture", 0.60)))
    ]

    assert answer(None, *runs).best.candidate == "gaussian_mixture"


few = st.sampled_from


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rate=few([0.01, 1.0, 20.0, 2000.0]),
    p99_ms=few([5.0, 100.0, None]),
    zones=few([1, 3]),
    region=few(["us-east-1", "ap-northeast-1", "eu-west-1"]),
    purchase=few([("on-demand",), ("spot", "on-demand"), ("savings-1y",)]),
    rows=few([1, 100]),
)
def test_any_study_has_an_answer_whose_bill_adds_up(rate, p99_ms, zones, region, purchase, rows):
    wanted = study(
        workload={"requests_per_s": rate, "rows_per_request": rows},
        needs={"max_p99_latency_ms": p99_ms, "availability_zones": zones},
        cloud={"regions": [region], "purchase": list(purchase)},
    )
    found = answer(wanted)

    assert (found.best is None) == (not found.ranked)
    assert all(r.reasons for r in found.rejected)
    for option in found.ranked:
        assert option.purchase in purchase
        assert option.replicas >= zones or option.platform == "sagemaker-serverless"
        assert p99_ms is None or option.p99_latency_ms <= p99_ms + 1e-9
    platforms = {o.platform for o in found.ranked} | {r.option.platform for r in found.rejected}
    assert any(p.startswith("ecs") for p in platforms)
    assert any(p.startswith("sagemaker") for p in platforms)
    if "on-demand" in purchase:
        assert platforms == set(PLATFORM_NAMES)


def test_doubling_every_price_doubles_the_vendors_part_and_keeps_the_order_of_skus():
    book = load_book()
    doubled = PriceBook(
        [
            Row(**{**row._asdict(), "price_usd_per_unit": 2 * row.price_usd_per_unit})
            for row in book.rows
        ]
    )
    free_people = study(team={"engineer_usd_per_hour": 0})
    once = recommend(free_people, evidence(), on=ON, what_if=False, book=book)
    twice = recommend(free_people, evidence(), on=ON, what_if=False, book=doubled)

    vendor = [
        math.fsum(x.usd_per_month for x in r.best.lines if x.group == "serving")
        for r in (once, twice)
    ]
    assert (twice.best.sku, twice.best.platform) == (once.best.sku, once.best.platform)
    assert vendor[1] == pytest.approx(2 * vendor[0])


def test_the_same_question_gives_the_same_answer_whatever_the_order_of_runs():
    wanted = study()

    assert answer(wanted, *ladder()) == answer(wanted, *reversed(ladder()))


def test_a_gpu_that_was_measured_corrects_the_guess():
    """Measured ten times slower on the same GPU: every GPU option is that much slower."""
    network = {"parameter_count": 5 * 10**8, "service_s": 0.05}  # all of it arithmetic
    cpu = run("torch_mlp", 4, **network)
    seen = hardware(gpu_model="NVIDIA A10G", gpu_memory_gib=24.0)
    slow = run("torch_mlp", 4, device="cuda", hardware=seen, **(network | {"service_s": 0.5}))
    fast = run("torch_mlp", 4, device="cuda", hardware=seen, **(network | {"service_s": 0.05}))

    def gpu_service_s(*runs):
        made = prepare(study(), evidence(*runs), market_on(ON))
        return made.machines.service_s[made.machines.on_gpu]

    slower = gpu_service_s(cpu, slow).max() / gpu_service_s(cpu, fast).max()
    assert slower == pytest.approx(10, rel=0.1)


def test_every_vendors_line_names_the_quote_it_rests_on_and_the_book_still_holds_it():
    book = load_book()

    for line in answer().best.lines:
        if line.group == "people":
            assert line.quote is None
            continue
        quote = book.get(
            service=line.quote.service,
            sku=line.quote.sku,
            region=line.quote.region,
            purchase=line.quote.purchase,
            on=ON,
        )
        assert quote.price_usd_per_unit == pytest.approx(line.usd_per_unit)
        assert quote.valid_from == line.quote.valid_from


def test_what_a_gpu_cannot_take_over_stays_on_the_processor():
    """A tiny network whose 10 ms are all preparation: a GPU does not make it faster."""
    prepared = run("torch_mlp", 4, service_s=0.010, parameter_count=3_000)
    made = prepare(study(), evidence(prepared), market_on(ON))
    on_gpu = made.machines.on_gpu

    total_s = (made.machines.service_s + made.machines.front_s)[on_gpu]
    assert total_s.min() > 0.004
    assert not answer(None, run("dummy", 0, error=0.4), prepared).gpu.serving.needed


def test_the_baseline_is_no_stand_in_for_a_better_model_that_a_need_rules_out():
    dummy, *others = ladder()
    steady = dummy.replace(training=tuple(t.replace(quality=0.6) for t in dummy.training))
    found = answer(study(needs={"max_quality_spread": 0.0001}), steady, *others)

    assert found.best is None
    assert any("max_quality_spread" in hint for hint in found.relaxations)
    assert "no stand-in" in found.ladder[0].verdict


def test_a_candidate_without_a_backtest_borrows_from_one_that_learns():
    flat = backtest("dummy", slope_per_period=0.0)
    flat = flat.replace(candidate=flat.candidate.replace(family="dummy", simplicity_rank=0))
    steep = backtest("linear", slope_per_period=0.005)
    forest = ladder()[2]

    found = answer(None, ladder()[0], forest, backtests=(flat, steep)).retraining
    assert found.basis == "scaled"
    assert found.decay_per_day > 0


def test_a_payload_or_a_network_that_is_too_small_is_a_reason():
    heavy = study(workload={"request_kb": 30_000, "requests_per_s": 20})
    found = answer(heavy)

    reasons = [r for x in found.rejected for r in x.reasons]
    assert any("payload of 30,000 kB is above the limit" in r for r in reasons)
    # 60 requests/s x 30 MB are 14.4 Gbit/s: two tasks of a quarter vCPU cannot carry them.
    for option in found.ranked:
        assert option.sku != "0.25 vCPU, 0.5 GiB, arm64" or option.replicas > 100


def test_a_commitment_longer_than_the_horizon_is_a_reason():
    short = study(horizon_months=6, cloud={"purchase": ["savings-1y"]})

    reasons = [r for x in answer(short).rejected for r in x.reasons]
    assert any("commits for 12 months, the horizon is 6" in r for r in reasons)


def test_the_routing_that_the_plan_rests_on_is_named():
    hours = {"sagemaker-realtime": 0.0}
    found = answer(study(team={"hours_per_month": hours}))

    assert found.best.platform == "sagemaker-realtime"
    assert any("LEAST_OUTSTANDING_REQUESTS" in warning for warning in found.warnings)


def test_spot_for_serving_says_what_it_risks():
    spot = answer(study(cloud={"purchase": ["spot"]}))
    on_demand = answer()

    assert spot.best.purchase == "spot"
    assert any("two minutes' notice" in warning for warning in spot.warnings)
    assert not any("two minutes' notice" in warning for warning in on_demand.warnings)


def test_an_answer_loads_no_scipy():
    """To load it takes as long as half of the deciding."""
    code = (
        "import sys; from tests.advisor.factories import answer; answer()\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'scipy'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT
    )

    assert done.stdout == "[]\n", done.stderr
