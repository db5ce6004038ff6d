"""The contract that every family keeps, on numbers only and on mixed columns."""

import functools

import numpy as np
import pytest

from benchmarks.data.datasets import TaskData, load_data
from benchmarks.data.features import features_from_rows, served_rows
from benchmarks.data.quality import quality, silhouette
from benchmarks.data.splits import split_rows
from benchmarks.errors import CandidateError, DataError
from benchmarks.families import (
    FAMILIES,
    Setup,
    family_of,
    ladder,
    missing_library,
    need_library,
    resolve_candidates,
)
from benchmarks.families.artefacts import (
    encoded,
    load_model,
    parameter_count,
    place_model,
    save_model,
)
from benchmarks.families.decisioning import cost_threshold
from tests.benchmarks.factories import candidate, mixed_frame

CASES = [
    (name, task, columns)
    for name, family in FAMILIES.items()
    if missing_library(candidate(family=name)) is None
    for task in sorted(family.tasks)
    for columns in ("numbers", "mixed")
]
contract = pytest.mark.parametrize(("name", "task", "columns"), CASES)

LEARNERS = sorted({name for name, task, _ in CASES if task == "regression"})
"""Families with a target; cluster numbers are arbitrary, so that a seed may rename them."""

SEEDED = {"random_forest", "torch_mlp", "torch_cnn", "torch_transformer"}
"""Families whose answers depend on the seed even on small data."""


@functools.cache
def data_for(task, columns, folder) -> TaskData:
    target = {"classification": "label", "regression": "value", "clustering": None}[task]
    frame = mixed_frame().drop(columns=[c for c in ("label", "value") if c != target])
    if columns == "numbers":
        frame = frame.drop(columns=["colour", "since"])
    path = folder / f"{task}-{columns}.parquet"
    frame.to_parquet(path)
    return load_data(source=None, path=path, target=target, time=None, folder=folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("families")


def setup_for(data, **changes):
    boring = {
        "task": data.spec.task,
        "kinds": data.kinds,
        "class_count": data.spec.class_count,
        "seed": 0,
    }
    return Setup(**(boring | changes))


@functools.cache
def fitted(name, task, columns, folder, seed=0):
    data = data_for(task, columns, folder)
    train = data.take(split_rows(data, seed=0)[0])
    model = FAMILIES[name].make(setup_for(data, seed=seed))
    return model.fit(train.model_input(), train.y)


def held_out(task, columns, folder):
    data = data_for(task, columns, folder)
    return data.take(split_rows(data, seed=0)[1])


@contract
def test_it_fits_and_predicts_one_row_and_many(folder, name, task, columns):
    model, test = fitted(name, task, columns, folder), held_out(task, columns, folder)

    many = model.predict(test.model_input())
    one = model.predict(test.take([3]).model_input())

    assert np.shape(many) == (test.row_count,)
    assert np.isfinite(many).all()
    assert one[0] == pytest.approx(many[3], rel=1e-4)


@contract
def test_it_predicts_the_same_from_rows_as_they_are_served(folder, name, task, columns):
    model, test = fitted(name, task, columns, folder), held_out(task, columns, folder)

    served = features_from_rows(served_rows(test.X, test.kinds), test.kinds)

    np.testing.assert_allclose(model.predict(served), model.predict(test.model_input()), rtol=1e-6)


@contract
def test_it_predicts_the_same_after_saving_and_loading(folder, name, task, columns):
    model, test = fitted(name, task, columns, folder), held_out(task, columns, folder)
    path = folder / f"{name}-{task}-{columns}.joblib"

    size_bytes = save_model(model, path)
    again = load_model(path, thread_count=1)

    assert size_bytes == path.stat().st_size
    np.testing.assert_array_equal(
        again.predict(test.model_input()), model.predict(test.model_input())
    )


@contract
def test_the_same_seed_gives_the_same_model(folder, name, task, columns):
    data, test = data_for(task, columns, folder), held_out(task, columns, folder)
    train = data.take(split_rows(data, seed=0)[0])

    again = FAMILIES[name].make(setup_for(data)).fit(train.model_input(), train.y)

    np.testing.assert_array_equal(
        again.predict(test.model_input()),
        fitted(name, task, columns, folder).predict(test.model_input()),
    )


@pytest.mark.parametrize("name", LEARNERS)
def test_another_seed_changes_what_is_random_and_nothing_else(folder, name):
    test = held_out("regression", "numbers", folder)

    first = fitted(name, "regression", "numbers", folder, seed=0).predict(test.model_input())
    other = fitted(name, "regression", "numbers", folder, seed=1).predict(test.model_input())

    assert np.array_equal(first, other) == (name not in SEEDED)


@contract
def test_it_does_not_change_its_input(folder, name, task, columns):
    model, test = fitted(name, task, columns, folder), held_out(task, columns, folder)
    before = test.X.copy(deep=True)

    model.predict(test.model_input())

    assert test.X.equals(before)


@contract
def test_it_learns_something(folder, name, task, columns):
    model, test = fitted(name, task, columns, folder), held_out(task, columns, folder)
    predicted = model.predict(test.model_input())

    if task == "clustering":
        test = data_for(task, columns, folder)
        predicted = model.predict(test.model_input())
        points = encoded(model, test.model_input())
        at_random = np.random.default_rng(0).permutation(predicted)
        assert silhouette(points=points, labels=predicted) > silhouette(
            points=points, labels=at_random
        )
    elif name != "dummy":
        dummy = fitted("dummy", task, columns, folder).predict(test.model_input())
        metric = test.spec.metric
        assert quality(metric=metric, truth=test.y, predicted=predicted) > quality(
            metric=metric, truth=test.y, predicted=dummy
        )


@contract
def test_unknown_categories_and_gaps_are_no_error(folder, name, task, columns):
    model, test = fitted(name, task, columns, folder), held_out(task, columns, folder)
    row = [None if kind != "category" else "violet" for kind in test.kinds.values()]

    predicted = model.predict(features_from_rows([row], test.kinds))

    assert np.isfinite(predicted).all()


@pytest.mark.parametrize("name", LEARNERS)
def test_classifiers_give_probabilities_where_a_metric_may_want_them(folder, name):
    model = fitted(name, "classification", "mixed", folder)
    test = held_out("classification", "mixed", folder)

    scores = model.predict_proba(test.model_input())

    assert scores.shape == (test.row_count, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, rtol=1e-5)


def test_only_torch_models_have_weights_to_count(folder):
    assert parameter_count(fitted("linear", "regression", "numbers", folder)) is None
    assert parameter_count(fitted("torch_mlp", "regression", "numbers", folder)) == (
        (2 * 128 + 128) + (128 * 64 + 64) + (64 + 1)
    )


def test_threads_can_be_set_on_a_fitted_model(folder):
    model = fitted("random_forest", "regression", "numbers", folder)

    place_model(model, device="cpu", thread_count=3)

    assert model[-1].n_jobs == 3
    place_model(model, device="cpu", thread_count=1)


# The ladder ---------------------------------------------------------------------------------------


def test_every_module_of_this_folder_that_makes_models_is_in_the_ladder():
    assert {family.module.rpartition(".")[2] for family in FAMILIES.values()} == set(FAMILIES)


def test_the_ladder_begins_with_the_simplest():
    assert [c.name for c in ladder("classification")] == [
        "dummy",
        "linear",
        "random_forest",
        "hist_gradient_boosting",
        "torch_mlp",
    ]
    assert [c.name for c in ladder("clustering")] == [
        "kmeans",
        "minibatch_kmeans",
        "gaussian_mixture",
    ]


def test_ones_own_models_come_after_the_ladder():
    found = resolve_candidates([("mine", "my_module:make"), "default"], task="regression")

    assert [c.name for c in found] == [*(c.name for c in ladder("regression")), "mine"]
    assert found[-1].family == "import"


def test_a_name_twice_is_one_candidate():
    assert len(resolve_candidates(["linear", "default", "linear"], task="regression")) == 5


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["randm_forest"], "did you mean random_forest"),
        (["kmeans"], "kmeans does not do classification"),
        ([("mine", "my_module")], "not of the form module:function"),
        ([("mine", "my module:make")], "not of the form module:function"),
        ([("mine", "model.pkl")], "any code when it is read.*'trusted-file:model.pkl'"),
        (["model.joblib"], "is a pickle.*'file:model.skops'"),
        (["model.skops"], "write import: 'file:model.skops'"),
        ([("mine", "net.onnx")], "an ONNX graph cannot be trained here: name a function"),
        ([("linear", "my_module:make")], "two models are named 'linear'"),
        ([("mine", "a:make"), ("mine", "b:make")], "two models are named 'mine'"),
    ],
)
def test_a_candidate_that_cannot_be_is_refused_with_a_remedy(wanted, expected):
    with pytest.raises(CandidateError, match=expected):
        resolve_candidates(wanted, task="classification")


def test_an_unknown_family_is_refused():
    with pytest.raises(CandidateError, match="did you mean linear"):
        family_of(candidate(family="lineer"))


# Families beside the ladder -----------------------------------------------------------------------


def test_families_beside_the_ladder_are_asked_for_by_name():
    names = [c.name for c in resolve_candidates(["default", "knn"], task="classification")]

    assert "knn" in names
    assert not {"knn", "lightgbm", "torch_cnn"} & {c.name for c in ladder("classification")}


def test_an_absent_library_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    reason = missing_library(candidate(family="lightgbm"))

    assert reason.startswith("lightgbm is not installed: pip install")
    assert "model-deployment-advisor[boosting]" in reason
    assert missing_library(candidate(family="linear")) is None
    with pytest.raises(CandidateError, match=r"model-deployment-advisor\[boosting\]"):
        need_library("no_such_library")


def test_the_study_may_give_the_number_of_clusters():
    (five,) = resolve_candidates(["kmeans:5"], task="clustering")

    assert (five.name, five.family, five.cluster_count) == ("kmeans:5", "kmeans", 5)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("dbscan:5", "dbscan takes no number of clusters"),
        ("kmeans:one", "the number of clusters is 2 to 1000"),
        ("kmeans:1", "the number of clusters is 2 to 1000"),
        ("kmeans:", "the number of clusters is 2 to 1000"),
    ],
)
def test_a_number_of_clusters_that_cannot_be_is_refused(wanted, expected):
    with pytest.raises(CandidateError, match=expected):
        resolve_candidates([wanted], task="clustering")


def blobs(count, *, seed=0):
    rng = np.random.default_rng(seed)
    centres = 20 * rng.normal(size=(count, 4))
    return np.concatenate([centre + rng.normal(size=(40, 4)) for centre in centres])


NUMBERS = {f"x{i}": "number" for i in range(4)}


@pytest.mark.parametrize("count", [3, 6])
@pytest.mark.parametrize("name", ["kmeans", "minibatch_kmeans", "gaussian_mixture", "pca_kmeans"])
def test_the_number_of_clusters_that_the_data_have_is_found(name, count):
    model = FAMILIES[name].make(Setup(task="clustering", kinds=NUMBERS)).fit(blobs(count))

    assert model[-1].cluster_count_ == count


def test_the_given_number_of_clusters_is_kept():
    setup = Setup(task="clustering", kinds=NUMBERS, cluster_count=5)

    assert len(set(FAMILIES["kmeans"].make(setup).fit(blobs(3)).predict(blobs(3)))) == 5


def test_dbscan_puts_a_far_row_into_no_group_and_a_near_one_into_its_group():
    model = FAMILIES["dbscan"].make(Setup(task="clustering", kinds=NUMBERS)).fit(blobs(3))
    groups = model.predict(blobs(3))

    assert model.predict(np.full((1, 4), 1e6))[0] == -1
    for start in (0, 40, 80):
        own = set(groups[start : start + 40]) - {-1}
        assert len(own) == 1


def test_an_isolation_forest_flags_the_row_that_stands_apart():
    X = np.concatenate([blobs(1), np.full((1, 4), 500.0)])
    model = FAMILIES["isolation_forest"].make(Setup(task="clustering", kinds=NUMBERS)).fit(X)

    assert model.predict(X)[-1] == 1
    assert set(model.predict(X)) == {0, 1}


# Decisions by cost --------------------------------------------------------------------------------


def overlapping(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size=600)
    return rng.normal(size=(600, 4)) + 0.8 * y[:, None], y


@pytest.mark.parametrize(("false_positive_usd", "false_negative_usd"), [(1.0, 20.0), (20.0, 1.0)])
def test_deciding_by_cost_costs_less_than_deciding_by_the_likeliest(
    false_positive_usd, false_negative_usd
):
    (X, y), (later, truth) = overlapping(0), overlapping(1)
    costs = {"false_positive_usd": false_positive_usd, "false_negative_usd": false_negative_usd}
    setup = Setup(task="classification", kinds=NUMBERS, class_count=2, **costs)
    model = FAMILIES["decisioning"].make(setup).fit(X, y)
    likeliest = model.predict_proba(later).argmax(axis=1)

    def cost(predicted):
        return -quality(
            metric="neg_cost_usd",
            truth=truth,
            predicted=predicted,
            costs_usd=(false_positive_usd, false_negative_usd),
        )

    assert cost(model.predict(later)) < cost(likeliest)


def test_the_threshold_is_where_both_decisions_cost_the_same():
    t = cost_threshold(false_positive_usd=3.0, false_negative_usd=12.0)

    assert (1 - t) * 3.0 == pytest.approx(t * 12.0)
    assert cost_threshold(false_positive_usd=0.0, false_negative_usd=0.0) == 0.5


def test_costs_of_two_kinds_make_money_the_metric_and_need_two_classes(tmp_path):
    load = functools.partial(load_data, path=None, target=None, time=None, folder=tmp_path)

    found = load(source="builtin:breast_cancer", false_positive_usd=1.0, false_negative_usd=9.0)

    assert found.spec.metric == "neg_cost_usd"
    assert found.spec.settings.error_costs_usd == (1.0, 9.0)
    setup = Setup.of(candidate(family="decisioning"), spec=found.spec, kinds=found.kinds)
    assert (setup.false_positive_usd, setup.false_negative_usd) == (1.0, 9.0)
    with pytest.raises(DataError, match="price the errors of two classes, found 10 classes"):
        load(source="builtin:digits", false_negative_usd=9.0)
    with pytest.raises(DataError, match="found regression"):
        load(source="builtin:diabetes", false_negative_usd=9.0)


# The small networks -------------------------------------------------------------------------------


def test_64_columns_are_a_picture_and_other_numbers_a_line():
    from benchmarks.families.torch_cnn import build_convolutions

    assert build_convolutions(feature_count=64, output_count=10).shape == (1, 8, 8)
    assert build_convolutions(feature_count=9, output_count=10).shape == (1, 9)
    assert build_convolutions(feature_count=30, output_count=10).shape == (1, 30)


def test_every_column_reaches_the_transformers_answer():
    import torch

    from benchmarks.families.torch_transformer import build_transformer

    torch.manual_seed(0)
    rows = torch.randn(1, 7, requires_grad=True)
    build_transformer(feature_count=7, output_count=2)(rows).sum().backward()

    assert (rows.grad != 0).all()
