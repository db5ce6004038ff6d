"""The serving suite: what its cells sum up to, and one real cell."""

import json

import pytest

from evaluation.serving import main
from evaluation.serving_progress import time_left
from evaluation.serving_table import Cell, steal_note, summarise


def cell(**changes):
    case = dict.fromkeys(Cell.__dataclass_fields__, 1.0) | {
        "model": "linear",
        "level": 0.5,
        "repeat": 0,
        "predicted_p99_ms": 11.0,
        "predicted_p99_low_ms": 9.0,
        "predicted_p99_high_ms": 13.0,
        "measured_p99_ms": 10.0,
        "mm1_p99_ms": 16.0,
        "request_count": 1000,
        "validity": "ok",
        "reason": "",
    }
    return Cell(**(case | changes))


def test_errors_are_medians_by_load():
    found = summarise(
        [
            cell(),
            cell(model="b", predicted_p99_ms=9.5),
            cell(model="c", predicted_p99_ms=10.3),
            cell(level=0.85, predicted_p99_ms=12.0),
        ]
    )

    assert found["p99_median_ape_percent_to_75"] == 5.0
    assert found["p99_median_ape_percent_85"] == 20.0
    assert found["naive_p99_median_ape_percent"] == 60.0
    assert found["coverage_80"] == 1.0


def test_repeats_of_a_cell_count_by_their_median():
    """A pause of the machine in one run of three is not the cell's p99."""
    found = summarise([cell(repeat=i, measured_p99_ms=ms) for i, ms in enumerate((10, 11, 90))])

    assert found["p99_median_ape_percent_to_75"] == 0.0
    assert found["coverage_80"] == pytest.approx(0.667)


def test_the_models_error_is_told_from_a_change_of_the_machines_speed():
    """The machine was 20% slower than just before; knowing that, the model was 4% off."""
    found = summarise(
        [
            cell(
                predicted_p99_ms=5.0,
                predicted_p99_high_ms=6.0,
                same_speed_p99_ms=10.4,
                same_speed_p99_low_ms=9.0,
                same_speed_p99_high_ms=12.0,
                speed_ratio=1.2,
            )
        ]
    )

    assert found["p99_median_ape_percent_to_75"] == 50.0
    assert found["same_speed_p99_median_ape_percent_to_75"] == 4.0
    assert found["speed_ratio_median_change_percent"] == 20.0
    assert (found["coverage_80"], found["same_speed_coverage_80"]) == (0.0, 1.0)


def test_invalid_cells_are_listed_and_count_nowhere():
    found = summarise(
        [cell(), cell(model="b", validity="late-generator", measured_p99_ms=None, reason="late")]
    )

    assert [c["model"] for c in found["invalid"]] == ["b"]
    assert found["p99_median_ape_percent_to_75"] == 10.0


def test_above_89_percent_a_figure_is_a_failure():
    refused = cell(level=0.92, predicted_p99_ms=None, predicted_p99_low_ms=None)

    assert summarise([cell(), refused])["refused_above_89"] is True
    assert summarise([cell(level=0.92)])["refused_above_89"] is False
    assert "not predictable" in summarise([refused])["table"]


def test_time_taken_by_other_machines_is_noted_and_old_cells_are_left_out():
    cells = [cell(steal_fraction=s) for s in (0.0, 0.02, 0.08, None)]

    assert steal_note(cells, limit_fraction=0.05) == (
        "other machines on this host took 2.0% of the server's cores in the median cell, 8.0% at "
        "most (steal); above 5% in 1 of 3 cells"
    )
    assert steal_note([cell(steal_fraction=None)], limit_fraction=0.05) == ""
    assert steal_note([cell(steal_fraction=0.0)], limit_fraction=0.05) == ""


def test_the_time_left_is_told_roughly():
    assert time_left(14.2 * 60) == "about 14 min left"
    assert time_left(40) == "less than a minute left"


@pytest.mark.slow
def test_one_real_cell_is_predicted_before_it_is_measured(tmp_path, capsys):
    keep = tmp_path / "cells.jsonl"
    arguments = [
        *("--json", "--models", "linear", "--levels", "0.3", "--repeats", "1"),
        *("--load-s", "4", "--keep", str(keep)),
    ]
    main(arguments)
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert printed.err.startswith("cell 1 of 1, less than a minute left: linear at 30%")
    assert 0 <= found["cells"][0]["steal_fraction"] <= 1

    kinds = [next(iter(json.loads(line))) for line in keep.read_text().splitlines()]
    assert kinds == ["forecast", "cell"]
    assert {
        *("cells", "p99_median_ape_percent_to_75", "p99_median_ape_percent_85"),
        *("refused_above_89", "naive_p99_median_ape_percent", "coverage_80", "invalid", "table"),
    } <= set(found)
    assert found["cells"][0]["predicted_p99_ms"] > 0

    main(arguments)  # a second time nothing is run again
    assert json.loads(capsys.readouterr().out)["cells"] == found["cells"]
    assert len(keep.read_text().splitlines()) == 2
