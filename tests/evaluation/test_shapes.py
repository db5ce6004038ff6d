"""Ordinary public data sets, rebuilt by their shape, are read as their publishers meant them."""

import pytest

from advisor.study.file import load_study
from benchmarks.data.datasets import load_data
from evaluation.shapes import SHAPES, main, write_study


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_a_data_set_of_this_shape_is_read(tmp_path, shape):
    study = load_study(write_study(shape, tmp_path))

    found = load_data(
        source=None,
        path=study.data.path,
        target=study.data.target,
        time=study.data.time,
        ignore=study.data.ignore,
        folder=tmp_path,
    )

    assert found.row_count > 800
    assert not [
        reading for reading in found.readings if reading.kind == "ignore" and not reading.name
    ]
    assert any(shape.told in note for note in found.notes) or not shape.told, found.notes


@pytest.mark.slow
def test_a_data_set_comes_to_a_recommendation(capsys):
    assert main(["--only", "wine quality"]) == 0
    assert "0 of 1 did not come to an end" in capsys.readouterr().out
