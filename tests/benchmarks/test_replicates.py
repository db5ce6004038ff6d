"""Several processes become one measurement that keeps what each of them said."""

import pytest

from benchmarks.replicates import inconclusive_notes, merge_processes
from benchmarks.stats import by_process


def timed(batch_rows, *durations_s, **changes):
    return {
        "batch_rows": batch_rows,
        "thread_count": 1,
        "durations_s": list(durations_s),
        "inner_call_count": 1,
        "first_call_s": 0.5,
        "inconclusive": None,
    } | changes


def test_the_same_calls_of_several_processes_are_put_together_in_order():
    one, eight = merge_processes(
        [
            [timed(1, 0.1, 0.2), timed(8, 0.8)],
            [timed(1, 0.3, first_call_s=0.9), timed(8, 0.9, 0.7, inconclusive="too wide")],
        ]
    )

    assert one.durations_s == (0.1, 0.2, 0.3)
    assert one.process_call_counts == (2, 1)
    assert one.first_call_s == pytest.approx(0.7)
    assert one.inconclusive is None
    assert by_process(eight.durations_s, eight.process_call_counts) == [(0.8,), (0.9, 0.7)]
    assert eight.inconclusive == "too wide"


def test_one_process_needs_no_counts():
    (only,) = merge_processes([[timed(1, 0.1, 0.2)]])

    assert only.process_call_counts == ()


def test_a_process_that_was_calibrated_otherwise_is_left_out():
    (merged,) = merge_processes(
        [[timed(1, 0.1)], [timed(1, 0.2)], [timed(1, 0.001, inner_call_count=50)]]
    )

    assert merged.durations_s == (0.1, 0.2)


def test_what_is_not_known_well_enough_is_one_note():
    measured = merge_processes([[timed(1, 0.1, inconclusive="too wide"), timed(8, 0.1)]])

    assert inconclusive_notes(measured) == (
        "inconclusive: 1 of 2 timings; at 1 rows, 1 threads too wide",
    )
    assert inconclusive_notes(measured[1:]) == ()
