"""Faster or slower only where the interval says so."""

import math

import numpy as np
import pytest

from benchmarks.reading.compare import compare_runs, find_run, pairs_across, pairs_to_compare
from benchmarks.reading.run_interval import disturbance_ln, run_interval
from benchmarks.reading.run_lines import comparison_lines, run_lines, run_row
from benchmarks.storage.records import (
    Circumstances,
    FormMeasurement,
    InferenceMeasurement,
    ReferenceCheck,
)
from tests.benchmarks.factories import candidate, hardware, run, training


def timings(median_s, *, processes=3, spread=0.01, seed=0, calls=400):
    rng = np.random.default_rng(seed)
    durations = median_s * np.exp(rng.normal(0.0, spread, processes * calls))
    return InferenceMeasurement(
        batch_rows=1,
        thread_count=1,
        durations_s=tuple(durations.tolist()),
        process_call_counts=(calls,) * processes if processes > 1 else (),
    )


def measured(median_s, **changes):
    options = {key: changes.pop(key) for key in ("processes", "spread", "seed") if key in changes}
    return run(inference=(timings(median_s, **options),), **changes)


def headline(old, new):
    (found,) = [row for row in compare_runs(old, new) if row.is_headline]
    return found


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.1, "slower"), (0.9, "faster"), (1.0, "cannot tell")]
)
def test_the_verdict_is_the_intervals(factor, verdict):
    row = headline(measured(1e-3, seed=1), measured(factor * 1e-3, id="new", seed=2))

    assert row.verdict == verdict
    assert row.ratio == pytest.approx(factor, rel=0.02)
    assert row.lower < row.ratio < row.upper


def test_one_process_cannot_tell_two_percent_apart_and_three_can():
    few = headline(measured(1e-3, processes=1), measured(1.02e-3, processes=1, seed=3))
    many = headline(measured(1e-3), measured(1.02e-3, seed=3))

    assert few.verdict == "cannot tell"
    assert many.verdict == "slower"


def test_a_machine_that_became_slower_is_corrected_for_and_said_so():
    def around(seconds):
        check = ReferenceCheck(trial="serve", before_s=seconds, after_s=seconds)
        return Circumstances(references=(check,))

    old = measured(1e-3, circumstances=around(0.002))
    new = measured(1.5e-3, seed=4, circumstances=around(0.003))

    row = headline(old, new)

    assert row.ratio == pytest.approx(1.0, rel=0.02)
    assert "50% slower by the reference workload" in row.note


def test_a_run_that_was_disturbed_cannot_tell_half_from_whole_but_ten_from_one():
    checks = tuple(
        ReferenceCheck(trial=str(n), before_s=0.002, after_s=0.002 if n % 2 else 0.005)
        for n in range(10)
    )
    noisy = measured(1e-3, circumstances=Circumstances(references=checks))

    half = headline(noisy, measured(0.5e-3, id="half"))

    assert half.verdict == "cannot tell"
    assert "the old run by 150%" in half.note
    assert headline(noisy, measured(1e-2, id="ten")).verdict == "slower"


def test_another_machine_is_said_and_not_corrected():
    new = measured(2e-3, hardware=hardware(host_id="other"))

    assert headline(measured(1e-3), new).note == "not the same machine"


def test_trainings_are_compared_seed_by_seed():
    """Seeds differ fourfold, each is 10% slower: paired, the ratio is exact."""

    def walls(factor):
        return tuple(training(seed=s, wall_s=factor * (1 + s)) for s in range(4))

    rows = compare_runs(run(training=walls(1.0)), run(training=walls(1.1)))
    (row,) = [row for row in rows if row.what.startswith("training")]

    assert row.verdict == "slower"
    assert (row.lower, row.upper) == (pytest.approx(1.1), pytest.approx(1.1))


def test_too_few_calls_are_no_interval():
    few = run(
        inference=(InferenceMeasurement(batch_rows=1, thread_count=1, durations_s=(1.0, 2.0)),)
    )

    row = headline(few, few)
    assert (row.verdict, row.ratio, row.note) == (
        "cannot tell",
        None,
        "too few calls for an interval",
    )


def test_runs_are_found_by_candidate_by_id_or_as_the_last_two():
    first, second = run(id="20260101-a"), run(id="20260102-b")
    other = run(id="20260103-c", candidate=candidate(name="other"))
    runs = [first, second, other]

    assert pairs_to_compare(runs) == [(first, second)]
    assert pairs_to_compare(runs, ["linear", "other"]) == [(second, other)]
    assert pairs_to_compare(runs, ["20260101", "linear"]) == [(first, second)]
    assert find_run(runs, "linear") == second
    assert pairs_across([first], [second, other], names=(), where="there") == [(first, second)]
    for problem in (
        lambda: pairs_to_compare([first, other]),
        lambda: pairs_to_compare(runs, ["linear", "linear"]),
        lambda: find_run(runs, "linaer"),
        lambda: pairs_across([first], [other], names=(), where="there"),
    ):
        with pytest.raises(LookupError):
            problem()


def test_what_is_shown_of_a_run_are_intervals_growth_and_circumstances():
    shown = "\n".join(
        run_lines(
            measured(
                1e-3,
                circumstances=Circumstances(other_load_fraction=0.5),
                training=tuple(training(seed=s, epoch_count=7 + s) for s in range(3)),
                notes=("noisy",),
            ),
            quality=0.99,
        )
    )

    assert "ms a call with the 95% interval" in shown
    assert "stopped after 7 to 9 passes" in shown
    assert "this machine does not tell" in shown
    assert "other programs at most 50%" in shown
    assert "accuracy of 0.99: not reached" in shown
    assert "note: noisy" in shown
    assert len(run_row([run(), run(id="2", outcome="timeout", reason="slow")])) == 3


def test_what_each_verified_form_takes_to_ship_is_shown_and_ready_input_by_its_precision():
    onnx = FormMeasurement(
        form="onnx",
        outcome="ok",
        artefact_bytes=5_000,
        import_s=0.1,
        load_s=0.02,
        serving_memory_bytes=90 * 2**20,
        extra_worker_memory_bytes=50 * 2**20,
    )
    refused = FormMeasurement(form="booster", outcome="skipped", reason="no such form")
    ready = InferenceMeasurement(
        batch_rows=1,
        thread_count=1,
        durations_s=(1e-3,) * 10,
        input_kind="numpy",
        precision="float32",
    )
    native = FormMeasurement(form="native", outcome="ok", inference=(ready,))
    shown = run_lines(run(forms=(native, onnx, refused), extra_worker_memory_bytes=80 * 2**20))

    start = shown.index("to ship")
    rows = [line.split() for line in shown[start + 2 : start + 4]]
    assert [row[0] for row in rows] == ["native", "onnx"]
    assert rows[0][-4:] == ["150", "MiB", "80", "MiB"]
    assert rows[1][1:] == ["0.005", "MB", "100", "ms", "20", "ms", "90", "MiB", "50", "MiB"]
    assert not any("booster" in line for line in shown)
    assert any(line.endswith("numpy float32") for line in shown)


def test_a_run_that_was_disturbed_shows_wider_intervals_and_says_so():
    checks = tuple(
        ReferenceCheck(trial=str(n), before_s=0.002, after_s=0.002 if n % 2 else 0.003)
        for n in range(10)
    )
    steady, noisy = (
        measured(1e-3, circumstances=Circumstances(references=references))
        for references in (checks[1:2], checks)
    )

    assert disturbance_ln(steady) == 0
    assert disturbance_ln(noisy) == pytest.approx(math.log(1.5))
    narrow, wide = (
        run_interval(run.inference[0], 0.5, disturbance_ln=disturbance_ln(run))
        for run in (steady, noisy)
    )
    assert wide.value_s == narrow.value_s
    assert wide.upper_s / wide.value_s >= 1.5 > narrow.upper_s / narrow.value_s
    assert wide.value_s / wide.lower_s >= 1.5
    assert "the 95% interval, widened by 50% for the machine's speed" in "\n".join(run_lines(noisy))


def test_a_comparison_is_shown_with_interval_and_verdict():
    old, new = measured(1e-3), measured(2e-3, id="new", seed=5)

    lines = comparison_lines(old, new, compare_runs(old, new))

    assert any("1 row, 1 thread, p50" in line and line.endswith("slower") for line in lines)
    assert math.isclose(compare_runs(old, new)[0].ratio, 2.0, rel_tol=0.02)
