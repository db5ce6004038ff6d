"""The main job on real data: benchmark, recommend and report, as a user would call them."""

import json
import math
from pathlib import Path

import pytest

from advisor.cli import run
from tests.given import STREAMS, needs_streams


def study_in(folder: Path, text: str) -> Path:
    path = folder / "advisor.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def answer(study: Path, capsys: pytest.CaptureFixture[str], *extra: str) -> dict:
    """Benchmark, recommend and return the answer, after the laws that hold for every one."""
    assert run(["bench", str(study)]) == 0
    capsys.readouterr()
    assert run(["recommend", str(study), "--json", *extra]) == 0
    found = json.loads(capsys.readouterr().out)
    options = [*found["ranked"], *(r["option"] for r in found["rejected"])]
    for option in options:
        total = math.fsum(line["usd_per_month"] for line in option["lines"])
        assert abs(total - option["usd_per_month"]) < 0.005
        assert all(line["basis"] and line["source"] for line in option["lines"])
    platforms = {option["platform"] for option in options}
    assert any(p.startswith("sagemaker") for p in platforms)
    assert any(p.startswith("ecs") for p in platforms)
    assert all(r["reasons"] for r in found["rejected"])
    assert found["best"] == found["ranked"][0]
    return found


def steps(found: dict) -> dict[str, dict]:
    return {step["candidate"]: step for step in found["ladder"]}


@needs_streams
def test_the_electricity_stream_is_decided_with_a_measured_decay(tmp_path, capsys):
    stream = STREAMS / "elec2.parquet"
    study = study_in(
        tmp_path,
        f"""
name: elec2
data: {{path: {stream}, target: y, time: ts, ignore: [nswprice_unused]}}
candidates: [dummy, linear, hist_gradient_boosting]
retraining: {{error_cost_usd: 0.5, cases_per_day: 48}}
""",
    )

    found = answer(study, capsys)

    assert found["retraining"]["basis"] in {"measured", "scaled"}
    assert not found["retraining"]["simulated"]
    assert len(found["retraining"]["decay_points"]) > 5
    # Chance is 0.575 (the price falls more often than it rises).
    assert steps(found)["linear"]["quality"] > 0.62
    assert found["best"]["candidate"] != "dummy"
    assert "45,312 rows" in found["data"]


def test_digits_are_decided_with_the_whole_ladder(tmp_path, capsys):
    found = answer(study_in(tmp_path, 'data: {source: "builtin:digits"}'), capsys)

    ladder = steps(found)
    assert list(ladder)[:2] == ["dummy", "linear"]
    assert len(ladder) == 5
    assert ladder["dummy"]["quality"] < 0.2
    assert ladder["linear"]["quality"] > 0.85
    assert found["best"]["candidate"] != "dummy"
    assert found["retraining"]["basis"] == "assumed"


def test_diabetes_is_decided_as_a_regression(tmp_path, capsys):
    text = 'data: {source: "builtin:diabetes"}\ncandidates: [dummy, linear, random_forest]'
    study = study_in(tmp_path, text)

    found = answer(study, capsys)

    assert found["metric"] == "r2"
    # Published test R2 of linear models on this set is around 0.4 to 0.5.
    assert 0.2 < steps(found)["linear"]["quality"] < 0.7

    for report_format in ("html", "md", "json"):
        report = tmp_path / f"report.{report_format}"
        code = run(["report", str(study), "--format", report_format, "-o", str(report)])
        assert code == 0
        assert found["best"]["candidate"] in report.read_text(encoding="utf-8")


def test_the_same_study_store_and_book_give_the_same_bytes(tmp_path, capsys):
    study = study_in(tmp_path, 'data: {source: "builtin:wine"}\ncandidates: [dummy, linear]')
    assert run(["bench", str(study)]) == 0
    reports = []
    for name in ("first.html", "second.html"):
        path = tmp_path / name
        assert run(["report", str(study), "-o", str(path), "--on", "2026-11-01"]) == 0
        reports.append(path.read_bytes())

    assert reports[0] == reports[1]


def test_ones_own_model_takes_its_place_after_the_ladder(tmp_path, capsys):
    (tmp_path / "my_models.py").write_text(
        "from sklearn.naive_bayes import GaussianNB\n\ndef make_model():\n    return GaussianNB()\n"
    )
    found = answer(
        study_in(
            tmp_path,
            'data: {source: "builtin:wine"}\n'
            'candidates: [dummy, linear, {name: bayes, import: "my_models:make_model"}]',
        ),
        capsys,
    )

    assert list(steps(found)) == ["dummy", "linear", "bayes"]
    assert steps(found)["bayes"]["quality"] > 0.8


def test_clustering_needs_no_target(tmp_path, capsys):
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    centres = rng.normal(scale=8, size=(4, 5))
    rows = pd.DataFrame(centres[rng.integers(0, 4, 400)] + rng.normal(size=(400, 5)))
    rows.add_prefix("x").to_csv(tmp_path / "rows.csv", index=False)

    found = answer(study_in(tmp_path, "data: {path: rows.csv}"), capsys)

    assert {"kmeans", "minibatch_kmeans", "gaussian_mixture"} <= set(steps(found))
    assert found["metric"] == "silhouette"
