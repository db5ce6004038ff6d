"""Simulated streams: one seed gives the same rows, and the drift is the one promised."""

import numpy as np
import pytest

from benchmarks.data.drift_streams import (
    COLOURS,
    FLIP,
    SHAPES,
    SHIFT,
    SLOPES,
    concept_angle,
    error_per_radian,
    make_stream,
)
from benchmarks.errors import BenchmarkError


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_sorted_by_time_and_has_both_labels_and_a_category(shape):
    frame = make_stream(f"simulated:{shape},rows=1000,periods=20")

    assert frame["ts"].is_monotonic_increasing
    assert set(frame["y"]) == {0, 1}
    assert frame["colour"].dtype == "category"
    assert (frame["ts"].iloc[-1] - frame["ts"].iloc[0]).days <= 20 * 7


def test_the_same_spec_gives_the_same_rows_and_another_seed_does_not():
    first, again, other = (
        make_stream(f"simulated:random_walk,rows=500,seed={seed}") for seed in (1, 1, 2)
    )

    assert first.equals(again)
    assert not first.equals(other)


@pytest.mark.parametrize(("shape", "per_period"), SLOPES.items())
def test_a_model_of_the_first_concept_loses_the_promised_slope(shape, per_period):
    """Oracle: count the errors of the true rule of period 0 in the last tenth of the stream."""
    frame = make_stream(f"simulated:{shape},rows=200000,periods=100")
    frozen = frame["x0"] > frame["colour"].map(COLOURS).astype(float)

    wrong = (frozen != frame["y"]).to_numpy()[-20_000:].mean()

    assert wrong == pytest.approx(FLIP + 95 * per_period, abs=0.012)


def test_an_abrupt_shift_costs_what_it_says():
    angles = concept_angle(
        np.array([0.0, 24.9, 25.1]), shape="abrupt", periods=100, rng=np.random.default_rng(0)
    )

    assert angles[0] == angles[1]
    assert (angles[2] - angles[1]) * error_per_radian() == pytest.approx(SHIFT)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("simulated:linaer", "did you mean linear?"),
        ("simulated:zzz", "choose one of none, linear"),
        ("simulated:linear,row=5", "did you mean rows?"),
        ("simulated:linear,rows=many", "must be a whole number, got 'many'"),
        ("simulated:linear,rows=5", "write rows=100"),
    ],
)
def test_a_wrong_spec_is_told_with_what_to_write(spec, words):
    with pytest.raises(BenchmarkError, match=words.replace("?", r"\?")):
        make_stream(spec)
