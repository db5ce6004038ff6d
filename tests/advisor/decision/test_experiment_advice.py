"""How many runs to pay for: laws that hold for every study."""

import itertools
import math
from datetime import date

import pytest

from advisor.experiments.gains import normal_best
from advisor.recommend import recommend
from advisor.recommendation import ExperimentAdvice
from advisor.study.types import DAYS_PER_MONTH
from tests.advisor.factories import answer, dataset, evidence, ladder, run, study

ON = date(2026, 11, 21)


def advice(*, runs=(), **retraining) -> ExperimentAdvice:
    figures = {"error_cost_usd": 1.0, "cases_per_day": 1000.0, "runs_per_release": 10}
    wanted = study(retraining=figures | retraining)
    whole = recommend(wanted, evidence(*runs), on=ON, what_if=False) if runs else answer(wanted)
    found = whole.experiments
    assert found is not None
    return found


def test_more_runs_never_lower_the_expected_gain_and_each_next_one_adds_less():
    curve = advice().curve
    gains = [point.expected_gain_usd_per_month for point in curve]
    steps = [
        (b.expected_gain_usd_per_month - a.expected_gain_usd_per_month)
        / (b.run_count - a.run_count)
        for a, b in itertools.pairwise(curve)
    ]

    assert gains == sorted(gains)
    assert steps == sorted(steps, reverse=True)
    assert gains[0] == pytest.approx(0.0, abs=1e-9)


def test_one_run_more_than_the_stopping_number_costs_more_than_it_gains():
    found = advice(cases_per_day=20.0)
    stop = found.stopping_run_count
    usd = 20.0 * found.life_days * found.spread_per_case
    best = normal_best([stop - 1, stop, stop + 1])

    assert not found.stopping_is_bounded
    assert stop > 1
    assert usd * (best[1] - best[0]) > found.usd_per_run >= usd * (best[2] - best[1])


def test_dearer_runs_never_raise_the_stopping_number():
    stops = [
        advice(runs=(run(training_s=seconds),), cases_per_day=20.0).stopping_run_count
        for seconds in (1.0, 100.0, 3000.0, 30_000.0)
    ]

    assert stops == sorted(stops, reverse=True)
    assert stops[0] > stops[-1]


def test_dearer_errors_never_lower_the_stopping_number():
    stops = [advice(error_cost_usd=usd).stopping_run_count for usd in (0.0, 1e-4, 0.01, 1.0, 1e6)]

    assert stops == sorted(stops)
    assert stops[0] == 1


def test_a_bound_on_the_runs_looked_at_is_said():
    assert advice(error_cost_usd=1e6).stopping_is_bounded


def test_the_gate_weighs_eight_runs_against_one_percent_of_the_errors_of_a_releases_life():
    found = advice(cases_per_day=50.0)
    error = found.base_error_per_case

    assert found.one_percent_usd == pytest.approx(0.01 * error * 50.0 * found.life_days)
    assert found.pilot_usd == pytest.approx(8 * found.usd_per_run)
    assert found.search_pays == (found.pilot_usd < found.one_percent_usd)


def test_worthless_errors_close_the_gate_and_say_so():
    found = advice(error_cost_usd=0.0)

    assert not found.search_pays
    assert "keep the default settings" in found.why
    assert "looking for a better model pays" in advice(error_cost_usd=100.0).why


def test_a_find_takes_more_runs_the_rarer_it_is():
    rates = advice().hit_rates

    assert [rate.run_count for rate in rates] == [22, 11, 6]
    assert all(1 - (1 - r.hit_fraction) ** r.run_count >= 0.9 for r in rates)
    assert all(1 - (1 - r.hit_fraction) ** (r.run_count - 1) < 0.9 for r in rates)


def test_the_spend_is_that_of_the_training_advice_and_stands_on_the_curve():
    found = advice(runs_per_release=37)
    here = next(point for point in found.curve if point.run_count == 37)

    assert found.usd_per_release == pytest.approx(37 * found.usd_per_run)
    assert here.spend_usd_per_month == pytest.approx(
        found.usd_per_release * DAYS_PER_MONTH / found.life_days
    )
    assert here.spend_usd_per_month == pytest.approx(found.usd_per_month)


def test_workers_share_a_week_and_one_more_never_makes_a_release_later():
    pace = advice().pace
    by_place: dict[str, list] = {}
    for row in pace:
        by_place.setdefault(row.platform, []).append(row)

    assert len(by_place) >= 3
    for rows in by_place.values():
        assert [row.worker_count for row in rows] == [1, 2, 4, 8]
        for row in rows:
            assert row.runs_per_week == pytest.approx(row.worker_count * 604_800 / row.run_s)
            assert row.release_hours == pytest.approx(
                math.ceil(10 / row.worker_count) * row.run_s / 3600
            )
            assert row.hours_saved_by_one_more >= 0
        assert rows[0].hours_saved_by_one_more == pytest.approx(
            rows[0].release_hours - rows[1].release_hours
        )


def test_what_the_study_does_not_give_is_assumed():
    given = advice()
    silent = answer(study(retraining={})).experiments

    assert silent is not None
    assert (given.runs_basis, given.value_basis) == ("input", "input")
    assert (silent.runs_basis, silent.value_basis) == ("assumed", "assumed")
    assert given.gain_basis == silent.gain_basis == "assumed"


def test_clusters_have_no_error_to_lower():
    spec = dataset(task="clustering", metric="silhouette", target=None)
    runs = tuple(
        one.replace(training=tuple(t.replace(error_per_case=None) for t in one.training))
        for one in ladder(dataset=spec)
    )

    assert recommend(study(), evidence(*runs), on=ON, what_if=False).experiments is None


def test_the_assumptions_behind_it_are_listed():
    found = answer()
    names = {row.name: row.basis for row in found.assumptions}

    for name in ("hit rate of experiments", "gate of experiments", "spread of experiments"):
        assert names[name] == "assumed"


def test_no_search_gains_more_than_the_errors_there_are():
    """Even the best of 100,000 runs is only some standard deviations better."""
    found = answer()
    advice = found.experiments
    all_errors_usd = advice.one_percent_usd * 100 * (730 / 24) / advice.life_days

    assert max(p.expected_gain_usd_per_month for p in advice.curve) < 0.1 * all_errors_usd
