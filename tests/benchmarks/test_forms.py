"""Every form a model converts to gives the native answers; one that cannot says why."""

import functools
import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.families import FAMILIES, SKLEARN_SERVING, TORCH_SERVING, Setup
from benchmarks.families.artefacts import save_model
from benchmarks.forms import FORMS, NotApplicableError, NotConvertibleError, Sample, forms_for
from benchmarks.forms.bench import FormsBench
from benchmarks.forms.checking import (
    FLIP_LIMIT_FRACTION,
    PROBABILITY_TOLERANCE,
    VALUE_TOLERANCE,
    compare_answers,
)
from benchmarks.forms.grid import GRIDS, FormGrid, grid_of
from benchmarks.forms.onnx_trees import folded_threshold
from benchmarks.processes.isolation import JobResult
from benchmarks.session.presets import PRESETS

WIDTH = 5
KINDS = {f"x{i}": "number" for i in range(WIDTH)}
CLASS_COUNTS = {"binary": 2, "several": 4}
CONVERTED = [
    *[("onnx", name) for name in ("linear", "random_forest", "hist_gradient_boosting")],
    *[("onnx", "torch_mlp"), ("torch-eager", "torch_mlp"), ("torch-export", "torch_mlp")],
    ("native", "linear"),
]
"""Forms and families that agree; torch.compile is tried once, since it takes seconds."""


@functools.cache
def rows():
    rng = np.random.default_rng(0)
    found = np.round(rng.normal(size=(240, WIDTH)), 1)  # coarse: values meet split thresholds
    found[rng.random(found.shape) < 0.05] = np.nan
    return found


@functools.cache
def fitted(family, kind):
    X = rows()
    signal = np.nan_to_num(X) @ np.arange(1, WIDTH + 1)
    if kind == "values":
        y, task, classes = signal, "regression", None
    else:
        classes, task = CLASS_COUNTS[kind], "classification"
        y = np.digitize(signal, np.quantile(signal, np.linspace(0, 1, classes + 1)[1:-1]))
    setup = Setup(task=task, kinds=KINDS, class_count=classes)
    return FAMILIES[family].make(setup).fit(X, y), task


def parsed_rows():
    return [[None if np.isnan(v) else float(v) for v in row] for row in rows()]


def made(form, family, kind, folder):
    model, task = fitted(family, kind)
    FORMS[form].convert(model, Sample(task=task, kinds=KINDS, features=rows()), folder)
    return FORMS[form].load(folder, thread_count=1)


@pytest.mark.parametrize("kind", ["values", *CLASS_COUNTS])
@pytest.mark.parametrize(("form", "family"), CONVERTED)
def test_a_form_gives_the_native_answers(tmp_path, form, family, kind):
    model, task = fitted(family, kind)
    served = made(form, family, kind, tmp_path)
    prepared = served.prepare(parsed_rows(), KINDS)
    is_label = task == "classification"

    found = compare_answers(
        native=model.predict(rows()),
        found=served.predict(prepared),
        native_scores=model.predict_proba(rows()) if is_label else None,
        found_scores=served.scores(prepared) if is_label else None,
        is_label=is_label,
    )

    assert found.reason is None
    assert (found.flipped_fraction == 0.0) == is_label
    assert found.largest_difference < 1e-5


@pytest.mark.parametrize(("form", "family"), CONVERTED)
def test_a_form_answers_one_row_as_it_answers_many(tmp_path, form, family):
    served = made(form, family, "several", tmp_path)

    many = served.predict(served.prepare(parsed_rows(), KINDS))
    one = served.predict(served.prepare(parsed_rows()[7:8], KINDS))

    assert np.shape(one) == (1,)
    assert one[0] == many[7]


def test_a_compiled_model_gives_the_native_answers_and_compiles_into_its_own_folder(tmp_path):
    model, task = fitted("torch_mlp", "several")
    FORMS["torch-compile"].convert(model, Sample(task=task, kinds=KINDS, features=rows()), tmp_path)
    code = (
        "import json, sys, warnings; from pathlib import Path; from benchmarks.forms import FORMS\n"
        "warnings.simplefilter('ignore')\n"
        "served = FORMS['torch-compile'].load(Path(sys.argv[1]), thread_count=1)\n"
        "rows, kinds = json.load(sys.stdin)\n"
        "print(json.dumps(served.predict(served.prepare(rows, kinds)).tolist()))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        input=json.dumps([parsed_rows(), KINDS]),
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == model.predict(rows()).tolist()
    assert any((tmp_path / "compiled").rglob("*.so"))


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
@pytest.mark.parametrize("kind", ["values", *CLASS_COUNTS])
def test_a_booster_alone_gives_the_answers_of_its_wrapper(tmp_path, library, kind):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    model, task = fitted(library, kind)
    served = made("booster", library, kind, tmp_path)
    prepared = served.prepare(parsed_rows(), KINDS)

    np.testing.assert_allclose(served.predict(prepared), model.predict(rows()), rtol=1e-6)
    if task == "classification":
        np.testing.assert_allclose(
            served.scores(prepared), model.predict_proba(rows()), rtol=1e-5, atol=1e-7
        )


# What has no form ---------------------------------------------------------------------------------


def test_a_model_without_a_converter_is_refused_with_the_reason(tmp_path):
    with pytest.raises(NotConvertibleError, match="skl2onnx cannot convert it"):
        made("onnx", "dummy", "several", tmp_path)


def test_columns_that_are_no_numbers_are_refused_by_the_torch_forms(tmp_path):
    model, _ = fitted("torch_mlp", "several")
    mixed = Sample(task="classification", kinds=KINDS | {"c": "category"}, features=rows())

    with pytest.raises(NotConvertibleError, match="only columns of numbers"):
        FORMS["torch-eager"].convert(model, mixed, tmp_path)


def test_dates_have_no_onnx_form(tmp_path):
    model, _ = fitted("linear", "several")
    dates = Sample(task="classification", kinds=KINDS | {"d": "date"}, features=rows())

    with pytest.raises(NotConvertibleError, match="date columns"):
        FORMS["onnx"].convert(model, dates, tmp_path)


@pytest.mark.parametrize("form", ["torch-eager", "torch-export", "booster"])
def test_a_form_for_other_models_is_not_reported_at_all(tmp_path, form):
    with pytest.raises(NotApplicableError):
        made(form, "linear", "several", tmp_path)


def test_a_preprocessing_step_that_is_not_known_is_named(tmp_path):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PowerTransformer

    forest = fitted("random_forest", "several")[0][-1]
    model = make_pipeline(PowerTransformer().fit(np.nan_to_num(rows())), forest)
    sample = Sample(task="classification", kinds=KINDS, features=rows())

    with pytest.raises(NotConvertibleError, match="step PowerTransformer has no such form"):
        FORMS["onnx"].convert(model, sample, tmp_path)


# The check ----------------------------------------------------------------------------------------


def compared(**changes):
    labels = np.arange(2_000) % 2
    boring = {
        "native": labels,
        "found": labels,
        "native_scores": None,
        "found_scores": None,
        "is_label": True,
    }
    return compare_answers(**(boring | changes))


def test_labels_may_differ_in_one_row_of_a_thousand_and_no_more():
    labels = np.arange(2_000) % 2
    few, many = labels.copy(), labels.copy()
    few[:2] = 1 - few[:2]
    many[:3] = 1 - many[:3]

    assert compared(found=few).reason is None
    assert compared(found=few).flipped_fraction == FLIP_LIMIT_FRACTION
    assert "0.1% of the labels differ" in compared(found=many).reason


def test_probabilities_may_differ_by_the_tolerance_and_no_more():
    scores = np.full((2_000, 2), 0.5)

    near = compared(native_scores=scores, found_scores=scores + 0.9 * PROBABILITY_TOLERANCE)
    far = compared(native_scores=scores, found_scores=scores + 1.1 * PROBABILITY_TOLERANCE)

    assert near.reason is None
    assert "probabilities differ by up to 0.00011" in far.reason


def test_values_are_compared_in_standard_deviations_of_the_native_ones():
    values = np.array([0.0, 200.0])  # standard deviation 100

    near = compared(native=values, found=values + 99 * VALUE_TOLERANCE, is_label=False)
    far = compared(native=values, found=values + 101 * VALUE_TOLERANCE, is_label=False)

    assert near.reason is None
    assert far.largest_difference == pytest.approx(1.01 * VALUE_TOLERANCE)
    assert "standard deviations" in far.reason


def test_nan_and_missing_answers_are_no_agreement():
    labels = np.arange(2_000) % 2

    assert compared(found=np.full(2_000, np.nan)).reason == "it answers NaN or infinity"
    assert compared(found=labels[:5]).reason == "it gives 5 answers for 2000 rows"
    assert (
        "scores 3 classes of 2"
        in compared(native_scores=np.zeros((2_000, 2)), found_scores=np.zeros((2_000, 3))).reason
    )


# Thresholds ---------------------------------------------------------------------------------------

few_numbers = st.sampled_from([-3.0, -1.0, -0.1, 0.0, 1e-3, 0.5, 1.0, 7.25, 1e6])


@settings(max_examples=60, deadline=None)
@given(few_numbers, few_numbers, st.sampled_from([1e-3, 0.3, 1.0, 17.0]))
def test_a_folded_threshold_sends_every_number_to_the_side_of_the_scaled_one(
    threshold, mean, scale
):
    found = folded_threshold(
        threshold=np.array([threshold]), mean=np.array([mean]), scale=np.array([scale])
    )[0]
    near = [found]
    for towards in (-np.inf, np.inf):
        value = found
        for _ in range(5):
            value = np.nextafter(value, towards)
            near.append(value)

    for value in near:
        scaled = np.float32((np.float64(value) - mean) / scale)
        assert (np.float64(scaled) <= threshold) == (value <= found)


# What is measured ---------------------------------------------------------------------------------


def test_every_preset_has_a_grid_and_others_measure_nothing_more():
    assert set(PRESETS) <= set(GRIDS)
    assert grid_of("tiny").estimate_s(form_count=3) == 0.0
    assert all(set(grid.forms) <= set(FORMS) for grid in GRIDS.values())


def test_forms_are_tried_on_the_models_they_are_meant_for():
    every = tuple(FORMS)

    assert forms_for(SKLEARN_SERVING, every) == ("onnx",)
    assert forms_for(TORCH_SERVING, every) == (
        "onnx",
        "torch-eager",
        "torch-export",
        "torch-compile",
    )
    assert forms_for(("lightgbm",), every) == ("booster", "onnx")


GRID = FormGrid(forms=("onnx", "torch-eager"), batch_rows=(1, 8))


def measured(tmp_path, family, *, grid=GRID, spoil=None, spoil_from=0):
    """Run the trials of the forms in this process, as the harness does in others."""
    from benchmarks.forms import trial

    model, task = fitted(family, "several")
    save_path, rows_path = tmp_path / "model.joblib", tmp_path / "rows.json"
    save_model(model, save_path)
    rows_path.write_text(json.dumps({"kinds": KINDS, "rows": parsed_rows()}))

    asked_for = []

    def run_trial(asked):
        name = asked.function.rpartition(":")[2]
        asked_for.append(name)
        if name == spoil and asked_for.count(name) > spoil_from:
            return JobResult("timeout", {}, "took longer than 1 s", 1.0, "")
        return JobResult("ok", getattr(trial, name)(**asked.payload), None, 0.1, "")

    return FormsBench(
        grid=grid,
        task=task,
        serving_modules=FAMILIES[family].serving_modules,
        save_path=save_path,
        rows_path=rows_path,
        cpu_count=2,
        run_trial=run_trial,
    ).measure()


def test_a_form_is_recorded_with_its_size_its_start_its_memory_and_its_timings(tmp_path):
    (found,), notes = measured(tmp_path, "linear")

    assert (found.form, found.outcome, notes) == ("onnx", "ok", ())
    assert [(i.batch_rows, i.thread_count, i.form) for i in found.inference] == [
        (1, 1, "onnx"),
        (8, 1, "onnx"),
    ]
    assert found.compared_row_count == 240
    assert min(found.artefact_bytes, found.import_s, found.load_s, found.convert_s) > 0
    assert found.serving_memory_bytes >= found.extra_worker_memory_bytes > 0


def test_a_form_that_cannot_be_is_recorded_with_its_reason(tmp_path):
    (found,), _ = measured(tmp_path, "dummy")

    assert (found.outcome, found.inference) == ("skipped", ())
    assert "skl2onnx cannot convert it" in found.reason


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("convert_form", "conversion: took longer than 1 s"),
        ("serve_form", "took longer than 1 s"),
    ],
)
def test_a_trial_that_ends_badly_is_an_outcome_of_that_form_only(tmp_path, spoil, reason):
    found, _ = measured(tmp_path, "torch_mlp", spoil=spoil)

    assert [(f.form, f.outcome, f.reason) for f in found] == [
        ("onnx", "timeout", reason),
        ("torch-eager", "timeout", reason),
    ]


def test_ready_arrays_frames_and_crowded_threads_are_timed_in_the_native_form(tmp_path):
    grid = FormGrid(
        inputs=(("numpy", "float64"), ("numpy", "float32"), ("pandas", "float64")),
        input_batch_rows=(1, 8),
        crowded=True,
    )
    (native,), _ = measured(tmp_path, "linear", grid=grid)

    assert [
        (i.input_kind, i.precision, i.batch_rows, i.thread_count) for i in native.inference
    ] == [
        ("numpy", "float64", 1, 1),
        ("numpy", "float64", 8, 1),
        ("numpy", "float32", 1, 1),
        ("numpy", "float32", 8, 1),
        ("pandas", "float64", 1, 1),
        ("pandas", "float64", 8, 1),
        ("json", "float64", 1, 4),
    ]


def test_several_processes_time_each_form_and_the_ready_input(tmp_path):
    grid = FormGrid(
        forms=("onnx",),
        batch_rows=(1, 8),
        inputs=(("numpy", "float64"),),
        input_batch_rows=(1,),
        crowded=True,
        process_count=3,
    )
    (native, onnx), _ = measured(tmp_path, "linear", grid=grid)

    for found in (native, onnx):
        assert [len(i.process_call_counts) for i in found.inference] == [3, 3]
        assert [len(i.durations_s) for i in found.inference] == [3, 3]
    assert [i.thread_count for i in native.inference] == [1, 4]


def test_a_form_whose_second_process_fails_keeps_what_the_first_one_said(tmp_path):
    grid = FormGrid(forms=("onnx",), batch_rows=(1,), process_count=3)
    (found,), _ = measured(tmp_path, "linear", grid=grid, spoil="serve_form", spoil_from=1)

    assert (found.outcome, len(found.inference), len(found.inference[0].durations_s)) == (
        "ok",
        1,
        1,
    )


def test_nothing_of_a_converted_form_is_left_behind(tmp_path):
    measured(tmp_path, "linear")

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "model",
        "model.joblib",
        "rows.json",
    ]
    assert list((tmp_path / "model").iterdir()) == []
