"""Several processes become one measurement that keeps what each of them said."""

import pytest

from benchmarks.statistics.replicates import Replicates, inconclusive_notes, merge_processes
from benchmarks.statistics.stats import by_process


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


def tried(outcomes, *, wanted, spare):
    """Try as many processes as are needed; `outcomes` says which ones others disturb."""
    found, pending = Replicates(wanted, spare), iter(enumerate(outcomes))
    while found.needs_another():
        number, is_disturbed = next(pending)
        found.add({"number": number}, is_disturbed=is_disturbed)
    return [value["number"] for value in found.kept()], found.left_out_count


@pytest.mark.parametrize(
    ("outcomes", "kept", "left_out_count"),
    [
        ([False, False, False], [0, 1, 2], 0),
        ([True, False, False, False], [1, 2, 3], 1),
        ([True, False, True, False, False], [1, 3, 4], 2),
        ([True, False, True, True, False], [1, 4, 0, 2, 3], 0),
        ([True] * 5, [0, 1, 2, 3, 4], 0),
    ],
)
def test_disturbed_processes_are_repeated_and_count_only_where_others_are_too_few(
    outcomes, kept, left_out_count
):
    assert tried(outcomes, wanted=3, spare=2) == (kept, left_out_count)


def test_without_spare_processes_all_count_and_a_failed_one_is_not_repeated():
    assert tried([True, False], wanted=2, spare=0) == ([1, 0], 0)
    found = Replicates(2, 2)
    found.add({}, is_disturbed=False)
    found.failed_count = 1
    assert not found.needs_another()
    assert found.kept() == [{}]


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
