"""Answer times and times of jobs, as tables."""

import pytest

from advisor.recommendation import LoadPoint, MeasuredQuantile
from advisor.report.tables.latency import (
    MOST_POINTS,
    MOST_TIMED,
    frontier,
    frontier_table,
    job_table,
    load_table,
    measured_table,
    timed_options,
)
from tests.advisor.report.factories import (
    bare,
    column,
    cost_line,
    costing,
    numeric,
    of,
    texts,
    turned_down,
    way,
)
from tests.faces.factories import job, latency


def point(rate=20.0, high: float | None = 9.0, **changes) -> LoadPoint:
    values = {"requests_per_s": rate, "p50_ms": 3.04, "p99_ms": 8.0, "p99_ms_low": 6.0}
    return LoadPoint(**values | {"p99_ms_high": high} | changes)


def test_a_row_of_the_load_has_rate_busy_share_median_p99_and_band():
    table = load_table(latency(curve=(point(), point(380.0, None, p99_ms=120.4))))

    assert texts(table) == [
        ["20", "5%", "3 ◐", "8 ◐", "6 to 9"],
        ["380", "95%", "3 ◐", "120 ◐", "6 to overloaded"],
    ]
    assert len(numeric(table)) == 5


@pytest.mark.parametrize("full", [None, 0.0])
def test_how_busy_is_not_known_without_a_full_rate(full):
    table = load_table(latency(curve=(point(),), full_at_requests_per_s=full))

    assert column(table, "Busy") == ["n/a"]


def test_a_long_curve_is_thinned_in_its_table():
    many = tuple(point(float(rate)) for rate in range(1, 41))
    table = load_table(latency(curve=many))

    assert len(table.rows) == MOST_POINTS
    assert (texts(table)[0][0], texts(table)[-1][0]) == ("1", "40")
    assert load_table(latency(curve=())).rows == ()


def test_a_job_is_in_time_up_to_its_deadline_and_no_longer():
    advice = job()
    first = advice.curve[0]
    curve = [first.replace(row_count=rows, wall_s=wall) for rows, wall in
             ((5e5, 7199.0), (1e6, 7200.0), (2e6, 7201.0))]  # fmt: skip
    table = job_table(advice.replace(curve=tuple(curve)))

    assert column(table, "In time") == ["yes", "yes", "no"]
    assert column(table, "Rows") == ["500,000", "1 million", "2 million"]
    assert column(table, "Job takes") == ["2.0 h ◐"] * 3


def test_the_band_of_a_job_changes_its_unit_with_its_length():
    advice = job()
    (one,) = (advice.curve[0].replace(wall_s=600.0, wall_s_low=90.0, wall_s_high=5400.0),)
    table = job_table(advice.replace(curve=(one,)))

    assert texts(table)[0][1:3] == ["10 min ◐", "1.5 min to 1.5 h"]


def timed(usd: float, ms: float | None, **changes):
    return costing(usd, f"{usd:g} USD, {ms} ms", p99_latency_ms=ms, **changes)


def test_the_frontier_has_what_none_beats_in_both_cost_and_time():
    slow, mid, fast = timed(10.0, 50.0), timed(20.0, 20.0), timed(30.0, 5.0)
    beaten, twin = timed(25.0, 20.0), timed(30.0, 6.0)
    answer = of(mid, beaten, fast, slow, twin, timed(5.0, None), timed(0.0, 1.0))

    assert frontier(answer) == (slow, mid, fast)


def test_of_two_at_one_price_the_faster_is_on_the_frontier():
    slow, fast = timed(10.0, 9.0), timed(10.0, 4.0)

    assert frontier(of(slow, fast)) == (fast,)


def test_what_a_faster_answer_costs_is_counted_from_the_cheapest():
    best = timed(10.0, 50.0)
    dear = way("dear", cost_line(12.0), cost_line(20.5, basis="assumed"), p99_latency_ms=5.0)
    table = frontier_table(of(best, dear))

    assert texts(table) == [
        ["10 USD, 50.0 ms", "10 ○", "±0", "50 ◐"],
        ["dear", "32 △", "+22", "5 ◐"],
    ]
    assert table.strong_rows == {0}
    assert table.cards
    assert numeric(table) == ["USD/month", "More USD/month", "p99 ms"]


def test_nothing_chosen_leaves_no_row_standing_out():
    assert frontier_table(bare(ranked=(timed(10.0, 5.0),))).strong_rows == frozenset()
    assert frontier_table(bare()).rows == ()


def test_a_job_has_no_frontier():
    answer = of(timed(10.0, 50.0), job=job())

    assert frontier(answer) == ()
    assert timed_options(answer) == ()


def test_too_slow_ones_of_the_chosen_model_are_drawn_beside_the_feasible():
    best, other = timed(10.0, 50.0), timed(20.0, 60.0)
    slow = timed(3.0, 500.0)
    rejected = (
        turned_down(slow),
        turned_down(timed(4.0, 400.0, candidate="x")),
        turned_down(timed(5.0, None)),
        turned_down(timed(6.0, 300.0, priced=False)),
        turned_down(timed(0.0, 300.0)),
    )

    assert timed_options(of(best, other, rejected=rejected)) == (best, other, slow)
    assert timed_options(bare(rejected=rejected)) == ()


def test_an_option_for_cents_is_drawn_too():
    cheap = timed(0.01, 50.0)

    assert frontier(of(cheap)) == timed_options(of(cheap)) == (cheap,)


def test_each_option_is_drawn_once_and_only_so_many():
    many = [timed(10.0 + n, 50.0 + n) for n in range(60)]

    found = timed_options(of(*many))

    assert len(found) == len(set(found)) == MOST_TIMED


def quantile(share: float, value: float | None = 2.0, **changes) -> MeasuredQuantile:
    values = {"quantile_fraction": share, "value_ms": value, "low_ms": 1.9, "high_ms": 2.125}
    return MeasuredQuantile(**values | changes)


def test_a_measured_quantile_has_its_interval_and_too_few_calls_are_said():
    measured = (
        quantile(0.5),
        quantile(0.99, 2.0, high_ms=None),
        quantile(0.999, None, low_ms=None, high_ms=None),
    )
    table = measured_table(latency(measured=measured))

    assert texts(table) == [
        ["50%", "2 ●", "1.9 to 2.12"],
        ["99%", "2 ●", "n/a"],
        ["99.9%", "too few calls", "n/a"],
    ]
    assert numeric(table) == ["ms", "95% interval"]


@pytest.mark.parametrize(("rows", "words"), [(1, "1 row"), (2, "2 rows"), (4096, "4,096 rows")])
def test_the_rows_of_a_call_are_counted(rows, words):
    table = measured_table(latency(measured_rows=rows))

    assert table.caption == f"Measured time of one call of {words}"
