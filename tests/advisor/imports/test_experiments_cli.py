"""`advisor experiments`, from the command line."""

import json

import pytest
from test_histories import mlflow_database, optuna_database

from advisor.cli import run
from tests.faces.pages import measured_study


def test_a_store_becomes_runs_and_money_as_json(tmp_path, capsys):
    path = mlflow_database(tmp_path / "mlflow.db")

    assert run(["experiments", "--mlflow", str(path), "--budget-usd", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["runs"], found["promoted"], found["failed"]) == (11, 2, 2)
    assert found["usd"] == pytest.approx(11 * 0.5 * found["usd_per_run"] / 0.5, rel=1e-6)
    assert found["budget_runs"] == int(1 / found["usd_per_run"])
    assert found["default_machine"] == "m7i.xlarge"


def test_both_histories_are_printed_one_after_the_other(tmp_path, capsys):
    mlflow = mlflow_database(tmp_path / "mlflow.db")
    optuna = optuna_database(tmp_path / "optuna.db")

    assert run(["experiments", "--mlflow", str(mlflow), "--optuna", str(optuna)]) == 0
    text = capsys.readouterr().out
    assert text.count("One promoted model takes") == 2
    assert "A run that was stopped cost 25% of a finished one." in text


def test_without_a_store_the_prior_is_printed_as_one(capsys):
    assert run(["experiments"]) == 0
    assert "no history: the prior alone" in capsys.readouterr().out


def test_a_study_adds_the_order_of_rungs_early_stops_and_the_pace(tmp_path, capsys):
    path = measured_study(tmp_path)

    assert run(["experiments", "--study", str(path)]) == 0
    text = capsys.readouterr().out
    for title in ("the simplest first", "stop bad runs early", "how fast they go"):
        assert f"Experiments: {title}" in text

    assert run(["experiments", "--study", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["histories"] == []
    assert found["study"]["escalation"]
    assert found["study"]["pace"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mlflow", "nowhere.db"], "no such MLflow store"),
        (["--optuna", "nowhere.db"], "no such Optuna storage"),
        (["--machine", "m7i.xlrage"], "m7i.xlrage"),
    ],
)
def test_what_cannot_be_read_or_priced_is_one_line_and_exit_code_one(capsys, arguments, words):
    assert run(["experiments", *arguments]) == 1
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""
