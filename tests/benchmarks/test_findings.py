"""Findings are read off the raw durations, and noise is no advice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.reading.findings import findings_of, refused_forms
from benchmarks.storage.records import FormMeasurement, InferenceMeasurement
from tests.benchmarks.factories import candidate, hardware, run


def timed(median_s, *, rows=1, threads=1, count=200, spread=0.02, **changes):
    """Durations around a median, half of them below and half above."""
    durations = tuple(
        median_s * (1 + spread * (i - count // 2) / count) for i in range(count + count % 2 + 1)
    )
    return InferenceMeasurement(
        batch_rows=rows, thread_count=threads, durations_s=durations, **changes
    )


def form(name="onnx", *items, **changes):
    boring = {"form": name, "outcome": "ok", "largest_difference": 2e-7, "inference": items}
    return FormMeasurement(**(boring | changes))


def native(*items):
    return form("native", *items, largest_difference=None)


def found(*forms, inference=None, **changes):
    base = (timed(1e-3), timed(4e-3, rows=4)) if inference is None else inference
    return findings_of([run(inference=base, forms=forms, **changes)])


def kinds(findings):
    return [finding.kind for finding in findings]


def test_a_form_many_times_faster_is_found_with_its_factor():
    (finding,) = found(form("onnx", timed(1e-5, form="onnx"), timed(8e-3, rows=4, form="onnx")))

    assert (finding.kind, finding.form, finding.candidate) == ("faster-form", "onnx", "linear")
    assert finding.factor == pytest.approx(100)
    assert finding.factor_low < finding.factor < finding.factor_high
    assert finding.text == (
        "onnx answers one row 100 times faster; 2.0 times slower at 4 rows; same answers, off by "
        "2e-07"
    )
    assert finding.remedy == "ship the onnx form"


def test_processes_that_disagree_widen_a_factor_until_it_is_no_finding():
    def processes(*medians_s):
        parts = [timed(median_s, count=50).durations_s for median_s in medians_s]
        return InferenceMeasurement(
            batch_rows=1,
            thread_count=1,
            durations_s=tuple(d for part in parts for d in part),
            process_call_counts=tuple(len(part) for part in parts),
            form="onnx",
        )

    (steady,) = found(form("onnx", processes(1e-4, 1.01e-4, 0.99e-4)))
    assert steady.factor == pytest.approx(10, rel=0.02)
    assert found(form("onnx", processes(1e-4, 2e-3, 2e-5))) == ()


def test_a_form_many_times_slower_is_found_too():
    (finding,) = found(form("onnx", timed(3e-2, form="onnx")))

    assert (finding.kind, finding.remedy) == ("slower-form", "stay with the native form")
    assert finding.factor == pytest.approx(30)


def test_a_form_whose_answers_differ_is_no_finding_but_is_told():
    refused = form("onnx", outcome="failed", reason="5% of the labels differ", inference=())

    assert found(refused) == ()
    assert refused_forms(run(forms=(refused,))) == (
        "no onnx form (failed): 5% of the labels differ",
    )


def test_a_data_frame_for_single_rows_is_found():
    (finding,) = found(
        native(timed(2e-4, input_kind="numpy"), timed(6e-4, input_kind="pandas")),
    )

    assert (finding.kind, finding.remedy) == ("data-frame", "hand predict an array")
    assert finding.factor == pytest.approx(3)


def test_threads_that_hurt_a_row_and_help_a_batch_are_both_found():
    inference = (
        timed(1e-3),
        timed(4e-3, threads=2),
        timed(4e-2, rows=64),
        timed(2.2e-2, rows=64, threads=2),
    )
    findings = found(inference=inference, hardware=hardware(logical_cpu_count=2))

    assert kinds(findings) == ["threads", "threads-batch"]
    assert findings[0].text == "2 threads make one row 4.0 times slower than one"
    assert findings[1].factor == pytest.approx(4 / 2.2)


def test_more_threads_than_processors_are_found():
    (finding,) = found(native(timed(2e-2, threads=4)), hardware=hardware(logical_cpu_count=2))

    assert finding.kind == "oversubscription"
    assert finding.text == "4 threads on 2 processors make one row 20 times slower than with 1"


def test_float32_is_judged_on_the_largest_batch():
    (finding,) = found(
        native(
            timed(1e-3, input_kind="numpy"),
            timed(1e-4, input_kind="numpy", precision="float32"),
            timed(3e-2, rows=1024, input_kind="numpy"),
            timed(2e-2, rows=1024, input_kind="numpy", precision="float32"),
        )
    )

    assert finding.kind == "float32"
    assert finding.text == "float32 input makes 1,024 rows 1.5 times faster"


def test_making_arrays_of_json_rows_is_found():
    (finding,) = found(native(timed(1e-3, rows=4, input_kind="numpy")))

    assert finding.kind == "json-rows"
    assert finding.factor == pytest.approx(4)


def test_batching_is_counted_by_the_row():
    (finding,) = found(inference=(timed(1e-3), timed(4e-3, rows=64)))

    assert finding.kind == "batch"
    assert finding.factor == pytest.approx(16)
    assert finding.fast_s == pytest.approx(4e-3 / 64)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "failed", "reason": "it failed"},
        {"device": "cuda"},
        {"candidate": candidate(name="dummy", family="dummy", simplicity_rank=0)},
    ],
)
def test_nothing_is_advised_on_failures_other_devices_and_the_baseline(changes):
    assert found(form("onnx", timed(1e-6, form="onnx")), **changes) == ()


def test_too_few_or_too_noisy_calls_tell_nothing():
    few = form("onnx", timed(1e-5, form="onnx", count=3))
    noisy = form("onnx", timed(6.5e-4, form="onnx", count=6, spread=1.9))

    assert found(few) == ()
    assert found(noisy) == ()


def test_runs_without_forms_of_older_versions_are_read():
    assert found(inference=(timed(1e-3),)) == ()


@given(st.sampled_from([1e-6, 1e-5, 1e-4, 5e-4, 1e-3, 2e-3, 1e-2]))
def test_a_finding_always_says_how_many_times_longer_the_slow_way_takes(form_s):
    for finding in found(form("onnx", timed(form_s, form="onnx"))):
        assert finding.factor == pytest.approx(finding.slow_s / finding.fast_s)
        assert finding.factor >= 1.5
        assert finding.factor_low <= finding.factor <= finding.factor_high


def test_the_largest_factor_comes_first_whatever_the_order_of_the_runs():
    quick = run(
        candidate=candidate(name="b"),
        forms=(form("onnx", timed(1e-5, form="onnx")),),
        inference=(timed(1e-3),),
    )
    quicker = run(
        candidate=candidate(name="a"),
        forms=(form("onnx", timed(1e-6, form="onnx")),),
        inference=(timed(1e-3),),
    )

    assert [f.candidate for f in findings_of([quick, quicker])] == ["a", "b"]
    assert findings_of([quick, quicker]) == findings_of([quicker, quick])
