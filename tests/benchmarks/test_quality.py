"""Our metrics against scikit-learn's, and by hand."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from benchmarks.data.quality import (
    METRICS,
    errors_per_case,
    quality,
    roc_auc,
    silhouette,
    target_scale,
)

rng = np.random.default_rng(7)
TRUTH = rng.integers(0, 3, size=200)
PREDICTED = np.where(rng.random(200) < 0.7, TRUTH, rng.integers(0, 3, size=200))
SCORES = rng.dirichlet(np.ones(3), size=200)
VALUES = rng.normal(size=200)
GUESSES = VALUES + rng.normal(scale=0.4, size=200)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy"])
def test_classification_metrics_are_scikit_learns(name):
    expected = getattr(metrics, f"{name}_score")(TRUTH, PREDICTED)

    assert quality(metric=name, truth=TRUTH, predicted=PREDICTED) == pytest.approx(expected)


def test_regression_metrics_are_scikit_learns():
    assert quality(metric="r2", truth=VALUES, predicted=GUESSES) == pytest.approx(
        metrics.r2_score(VALUES, GUESSES)
    )
    assert quality(metric="neg_mae", truth=VALUES, predicted=GUESSES) == pytest.approx(
        -metrics.mean_absolute_error(VALUES, GUESSES)
    )


def test_roc_auc_of_several_classes_is_scikit_learns_one_against_rest():
    found = quality(metric="roc_auc", truth=TRUTH, predicted=PREDICTED, scores=SCORES)

    assert found == pytest.approx(metrics.roc_auc_score(TRUTH, SCORES, multi_class="ovr"))


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.4, 0.7])), min_size=2))
def test_roc_auc_of_two_classes_is_scikit_learns_with_ties(cases):
    truth = np.array([int(label) for label, _ in cases])
    score = np.array([value for _, value in cases])
    assume(0 < truth.sum() < len(truth))

    found = roc_auc(truth=truth, scores=np.column_stack([1 - score, score]))

    assert found == pytest.approx(metrics.roc_auc_score(truth, score))


def test_roc_auc_needs_probabilities():
    with pytest.raises(ValueError, match="predict_proba"):
        quality(metric="roc_auc", truth=TRUTH, predicted=PREDICTED)


def test_silhouette_is_scikit_learns():
    points = np.concatenate([rng.normal(size=(60, 4)), 3 + rng.normal(size=(50, 4))])
    labels = np.repeat([0, 1, 2], [50, 59, 1])  # the last one alone in its cluster

    assert silhouette(points=points, labels=labels) == pytest.approx(
        metrics.silhouette_score(points, labels)
    )


def test_silhouette_of_one_cluster_is_zero():
    assert silhouette(points=np.zeros((5, 2)), labels=np.zeros(5)) == 0.0


def test_silhouette_of_many_points_is_that_of_a_sample():
    points = np.concatenate([rng.normal(size=(3_000, 2)), 9 + rng.normal(size=(3_000, 2))])
    labels = np.repeat([0, 1], 3_000)

    assert silhouette(points=points, labels=labels) == pytest.approx(
        metrics.silhouette_score(points[::5], labels[::5]), abs=0.02
    )


def test_each_wrong_class_costs_one_unit():
    errors = errors_per_case(
        task="classification", truth=np.array([0, 1, 2]), predicted=np.array([0, 2, 2])
    )

    assert errors.tolist() == [0.0, 1.0, 0.0]


def test_an_error_of_one_mad_costs_one_unit():
    training = np.array([0.0, 1.0, 2.0, 3.0, 100.0])  # median 2, deviations 2 1 0 1 98: MAD 1

    errors = errors_per_case(
        task="regression",
        truth=np.array([5.0, 5.0]),
        predicted=np.array([6.0, 2.0]),
        scale=target_scale(training),
    )

    assert errors.tolist() == [1.0, 3.0]


def test_the_scale_of_a_mostly_constant_target_is_not_zero():
    assert target_scale(np.array([0.0, 0.0, 0.0, 0.0, 5.0])) == 1.0
    assert target_scale(np.zeros(4)) == 1.0


def test_every_metric_belongs_to_a_task():
    assert {metric.task for metric in METRICS.values()} == {
        "classification",
        "regression",
        "clustering",
    }
