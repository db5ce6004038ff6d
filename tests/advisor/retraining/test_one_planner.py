"""`advisor cadence` and `advisor recommend` are two doors to one planner."""

import json

import pytest
from cadence_matrices import cells, linear, saturating
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.cli import run
from advisor.cli.cadence_words import as_json
from advisor.profiles import profiles_of
from advisor.retraining.advice import cadence_of
from advisor.retraining.plan_from_file import Money, ask_matrix, ask_study, from_run
from benchmarks.storage.records import ErrorCell
from tests.advisor.factories import backtest, evidence, study
from tests.faces.pages import measured_study


def linear_profile():
    return next(p for p in profiles_of(study(), evidence()) if p.name == "linear")


def backtest_of(rows, *, period_days):
    return backtest(
        period_days=period_days,
        period_label=f"{period_days:g} days",
        cells=tuple(
            ErrorCell(
                trained_at=row.trained_at,
                scored_at=row.scored_at,
                case_count=row.case_count,
                error_per_case=row.error_per_case,
            )
            for row in rows
        ),
    )


@pytest.mark.slow
def test_both_commands_name_one_interval_for_the_embedded_study(tmp_path, capsys):
    path = str(measured_study(tmp_path))
    assert run(["recommend", path, "--json"]) in {0, 2}
    recommended = json.loads(capsys.readouterr().out)["retraining"]
    assert run(["cadence", "--study", path, "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)

    assert recommended["interval_days"] is not None
    assert planned["interval_days"] == recommended["interval_days"]
    assert planned["break_even_error_cost_usd"] == recommended["break_even_error_cost_usd"]
    band = [periods * planned["period_days"] for periods in planned["band_5pct"]]
    assert band == pytest.approx(recommended["band_5_percent_days"])


matrices = st.builds(
    cells,
    st.one_of(
        st.builds(linear, st.sampled_from([0.0, 2e-4, 1e-3, 5e-3])),
        st.builds(saturating, st.sampled_from([0.01, 0.05]), st.sampled_from([3.0, 10.0])),
    ),
    trend=st.sampled_from([0.0, 1e-3]),
    season=st.sampled_from([0.0, 0.02]),
    noise=st.sampled_from([0.0, 0.01, 0.05]),
    origin_count=st.integers(2, 9),
    case_count=st.sampled_from([50, 1000]),
    seed=st.integers(0, 99),
)


@settings(deadline=None)  # each matrix is resampled
@given(
    rows=matrices,
    period_days=st.sampled_from([1.0, 7.0, 30.4]),
    error_cost_usd=st.sampled_from([0.0, 0.01, 1.0, 50.0]),
    cases_per_day=st.sampled_from([1.0, 300.0, 40_000.0]),
    label_delay_days=st.sampled_from([0.0, 14.0]),
    now_interval_days=st.sampled_from([None, 30.0]),
)
def test_both_doors_agree_on_every_matrix(
    rows, period_days, error_cost_usd, cases_per_day, label_delay_days, now_interval_days
):
    """One door takes a study; the other its back-test, and its prices as options."""
    measured = backtest_of(rows, period_days=period_days)
    asked = study(
        retraining={
            "error_cost_usd": error_cost_usd,
            "cases_per_day": cases_per_day,
            "label_delay_days": label_delay_days,
            "now_interval_days": now_interval_days,
        }
    )
    recommended = cadence_of(
        asked, linear_profile(), evidence(backtests=(measured,)), usd_per_run=0.5
    ).plan
    days = now_interval_days
    planned = from_run(
        measured,
        money=Money(
            error_cost_usd=error_cost_usd,
            retrain_cost_usd=recommended.terms.release_usd,
            cases_per_period=cases_per_day * period_days,
            label_delay=None if label_delay_days == 0 else f"{label_delay_days:g}d",
            now=None if days is None else f"{days:g}d",
        ),
    )

    assert planned.plan.interval.days == recommended.interval.days
    assert planned.plan.interval.band_days == pytest.approx(recommended.interval.band_days)
    assert planned.plan.usd_per_month == pytest.approx(recommended.usd_per_month)
    assert planned.plan.break_even_error_cost_usd == pytest.approx(
        recommended.break_even_error_cost_usd
    )
    told = as_json(planned)
    assert told["interval_days"] == recommended.interval.days
    if told["interval_periods"] is not None:
        assert told["interval_periods"] * period_days == pytest.approx(told["interval_days"])


@settings(deadline=None)
@given(matrices, st.sampled_from([7.0, 30.4]))
def test_a_study_asked_for_its_plan_gives_the_plan_of_its_answer(rows, period_days):
    measured = backtest_of(rows, period_days=period_days)
    cadence = cadence_of(
        study(), linear_profile(), evidence(backtests=(measured,)), usd_per_run=0.5
    )

    assert ask_study(cadence, money=Money()).plan.interval == cadence.interval


def test_a_file_of_the_errors_gives_the_plan_of_the_back_test(tmp_path):
    rows = cells(linear(1e-3), noise=0.01)
    path = tmp_path / "matrix.csv"
    path.write_text(
        "trained_at,scored_at,n,error\n"
        + "".join(
            f"2024-{1 + r.trained_at // 28:02}-{1 + r.trained_at % 28:02},"
            f"2024-{1 + r.scored_at // 28:02}-{1 + r.scored_at % 28:02},"
            f"{r.case_count},{float(r.error_per_case)!r}\n"
            for r in rows
        )
    )
    money = Money(error_cost_usd=1.0, retrain_cost_usd=50.0)
    read = ask_matrix(path, money=money)
    measured = from_run(backtest_of(rows, period_days=read.period_days), money=money)

    assert read.plan.interval.days is not None
    assert measured.plan.terms.cases_per_day == pytest.approx(read.plan.terms.cases_per_day)
