"""Which runs answer a study: those of the same question, on the same data."""

from pathlib import Path

import pytest

from advisor.errors import NoRunsError
from advisor.evidence import load_evidence
from advisor.profiles import profiles_of
from advisor.study.file import parse_study
from advisor.study.types import Study
from benchmarks.storage.records import DataSettings
from benchmarks.storage.store import RunStore
from tests.advisor.factories import dataset, run


def csv_study(folder: Path, **data: object) -> Study:
    return parse_study({"data": {"path": "rows.csv", "target": "y"} | data}, where="test")


def store_run(folder: Path, study: Study, *, file_bytes: int = 4, **changes) -> None:
    settings = DataSettings.model_validate(study.data.model_dump())
    spec = dataset(source="rows.csv", target="y", settings=settings, file_bytes=file_bytes)
    RunStore(folder / ".advisor").append(run(dataset=spec, **changes))


def test_runs_of_another_question_in_the_same_store_are_not_taken(tmp_path):
    (tmp_path / "rows.csv").write_text("abcd")
    with_leak = csv_study(tmp_path)
    store_run(tmp_path, with_leak)

    assert len(load_evidence(tmp_path / "a.yaml", with_leak).runs) == 1
    for changed in ({"ignore": ["leak"]}, {"metric": "roc_auc"}, {"time": "ts"}):
        with pytest.raises(NoRunsError, match="no finished run for these data settings"):
            load_evidence(tmp_path / "a.yaml", csv_study(tmp_path, **changed))


def test_a_file_that_changed_since_it_was_measured_is_said(tmp_path):
    (tmp_path / "rows.csv").write_text("abcd")
    study = csv_study(tmp_path)
    store_run(tmp_path, study)

    assert load_evidence(tmp_path / "a.yaml", study).warnings == ()
    (tmp_path / "rows.csv").write_text("abcdefgh")
    assert "has changed" in load_evidence(tmp_path / "a.yaml", study).warnings[0]
    (tmp_path / "rows.csv").unlink()
    assert "is gone" in load_evidence(tmp_path / "a.yaml", study).warnings[0]


def test_time_on_all_rows_follows_the_fixed_part_and_the_part_per_row(tmp_path):
    """T = 0.5 + 1e-4 n: 5 s measured at 45,000 rows are 8.5 s at 80,000."""
    points = tuple(
        point.replace(wall_s=0.5 + 1e-4 * point.row_count) for point in run().learning_curve
    )
    trained = tuple(t.replace(row_count=45_000, wall_s=5.0) for t in run().training)
    spec = dataset(used_row_count=100_000)
    found = profiles_of(
        csv_study(tmp_path),
        _evidence(run(dataset=spec, learning_curve=points, training=trained)),
    )[0]

    assert found.training_1_thread_s == pytest.approx(8.5, rel=0.01)


def test_a_learning_curve_that_does_not_rise_is_carried_in_proportion(tmp_path):
    points = tuple(point.replace(wall_s=10.0) for point in run().learning_curve)
    trained = tuple(t.replace(row_count=20_000, wall_s=10.0) for t in run().training)
    found = profiles_of(
        csv_study(tmp_path), _evidence(run(learning_curve=points, training=trained))
    )[0]

    assert found.training_1_thread_s == pytest.approx(40.0)


def _evidence(*runs):
    from advisor.evidence import Evidence

    return Evidence(runs=runs, backtests=())
