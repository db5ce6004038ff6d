"""A user's own scikit-learn estimator or torch module, from an import path."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.data.datasets import load_data
from benchmarks.errors import CandidateError
from benchmarks.families import IMPORTED, Setup
from benchmarks.families.artefacts import load_model, parameter_count, save_model
from tests.benchmarks.factories import mixed_frame


@pytest.fixture(autouse=True)
def _own_models_can_be_imported(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    yield
    sys.modules.pop("own_models", None)


@pytest.fixture(scope="module")
def data():
    return load_data(
        source="builtin:breast_cancer", path=None, target=None, time=None, folder=Path()
    )


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    mixed_frame().drop(columns="value").to_parquet(folder / "data.parquet")
    return load_data(source=None, path="data.parquet", target="label", time=None, folder=folder)


def make(data, function, **changes):
    boring = {
        "task": data.spec.task,
        "kinds": data.kinds,
        "class_count": data.spec.class_count,
        "import_path": f"own_models:{function}",
    }
    return IMPORTED.make(Setup(**(boring | changes)))


@pytest.mark.parametrize(
    "function", ["tree", "own_pipeline", "sized_network", "lazy_network", "one_logit"]
)
def test_it_learns_and_predicts_the_same_after_loading(tmp_path, data, function):
    model = make(data, function).fit(data.model_input(), data.y)
    predicted = model.predict(data.model_input())
    save_model(model, tmp_path / "model.joblib")

    again = load_model(tmp_path / "model.joblib")

    assert np.mean(predicted == data.y) > 0.9
    np.testing.assert_array_equal(again.predict(data.model_input()), predicted)


@pytest.mark.parametrize("function", ["tree", "lazy_network"])
def test_mixed_columns_are_prepared_for_it(mixed, function):
    model = make(mixed, function).fit(mixed.model_input(), mixed.y)

    assert np.isfinite(model.predict(mixed.model_input())).all()


def test_a_pipeline_of_ones_own_is_taken_as_it_is(data):
    model = make(data, "own_pipeline")

    assert [name for name, _ in model.steps] == ["standardscaler", "logisticregression"]


def test_it_gets_our_seed_where_it_takes_one(data):
    assert make(data, "tree", seed=5)[-1].random_state == 5


def test_a_torch_module_is_counted_and_its_weights_are_saved_once(tmp_path, data):
    model = make(data, "lazy_network").fit(data.model_input(), data.y)

    weight_count = parameter_count(model)
    size_bytes = save_model(model, tmp_path / "model.joblib")

    assert weight_count == 30 * 16 + 16 + 16 * 2 + 2
    assert size_bytes < 2 * 4 * weight_count + 10_000


def test_seeds_change_a_torch_module_and_the_same_seed_does_not(data):
    def outputs(seed):
        model = make(data, "lazy_network", seed=seed).fit(data.model_input(), data.y)
        return model.predict_proba(data.model_input())

    first = outputs(0)

    np.testing.assert_array_equal(first, outputs(0))
    assert not np.array_equal(first, outputs(1))


@pytest.mark.parametrize(
    ("function", "error", "expected"),
    [
        ("wrong_size", ValueError, "its last layer needs 2 outputs"),
        ("explodes", FloatingPointError, "validation loss became"),
    ],
)
def test_a_torch_module_that_cannot_be_trained_says_why(data, function, error, expected):
    with pytest.raises(error, match=expected):
        make(data, function).fit(data.model_input(), data.y)


@pytest.mark.parametrize(
    ("import_path", "expected"),
    [
        ("own_modles:tree", "put own_modles.py beside the study"),
        ("own_models:treee", "did you mean tree"),
        ("own_models:nothing", "returned NoneType"),
    ],
)
def test_what_cannot_be_imported_says_what_to_do(data, import_path, expected):
    with pytest.raises(CandidateError, match=expected):
        make(data, "tree", import_path=import_path)


def test_a_torch_module_does_not_cluster(data):
    with pytest.raises(CandidateError, match="cannot be trained to cluster"):
        make(data, "lazy_network", task="clustering")
