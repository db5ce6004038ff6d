"""`advisor bench` and `advisor doctor`, without measuring: the harness is tested elsewhere."""

import json

import pytest

from advisor.cli import run as run_advisor
from benchmarks.errors import DataError
from benchmarks.session.plan import Progress, plan_trials
from benchmarks.session.presets import PRESETS
from benchmarks.session.runner import BenchResult
from benchmarks.storage.records import InferenceMeasurement
from benchmarks.storage.store import RunStore
from tests.benchmarks.factories import backtest, candidate, dataset, run


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "advisor.yaml"
    path.write_text(
        "data: {source: 'builtin:wine'}\n"
        "candidates: [linear, {name: mine, import: 'my_module:make'}]\n"
        "workload: {rows_per_request: 5}\n"
        "retraining: {backtest_source: 'simulated:linear'}\n"
    )
    return path


@pytest.fixture
def asked(monkeypatch):
    """Stand in for the harness; return what it was asked for."""
    found = {}

    def measure(**options):
        plan = plan_trials(
            [(candidate(), "cpu")], dataset=dataset(), preset=PRESETS["fast"], thread_count=1
        )
        options["on_plan"](plan)
        options["on_progress"](
            Progress(label="linear: serving", done_count=3, total_count=8, remaining_s=100.0)
        )
        found.update(options)
        runs = (run(notes=("noisy",)), run(id="2", outcome="timeout", reason="too slow"))
        return BenchResult(
            plan=plan, runs=runs, backtests=(backtest(),), new_run_ids=frozenset(), notes=()
        )

    monkeypatch.setattr("benchmarks.session.runner.run_study_benchmarks", measure)
    return found


def test_it_prints_the_plan_first_then_a_table_with_remarks(study, asked, capsys):
    code = run_advisor(["bench", str(study)])

    out, err = capsys.readouterr()
    assert code == 0
    assert "Plan (fast): 9 trials of linear" in err
    assert f"Next: advisor recommend {study}" in err
    assert "wine: classification, quality is accuracy" in out
    assert "0.9100" in out
    assert "- linear: noisy" in out
    assert "- linear: timeout: too slow" in out
    assert "- back-test of linear: 1 trainings scored on 2 later periods of 7 days" in out


def test_the_study_reaches_the_harness(study, asked):
    run_advisor(
        ["bench", str(study), "--preset", "standard", "--candidate", "mine", "--device", "cpu"]
    )

    assert asked["data_settings"].source == "builtin:wine"
    assert asked["candidates"] == ["linear", ("mine", "my_module:make")]
    assert asked["preset"] == "standard"
    assert asked["only"] == ("mine",)
    assert asked["devices"] == ("cpu",)
    assert asked["rows_per_request"] == 5
    assert asked["backtest_settings"].source == "simulated:linear"
    assert asked["folder"] == study.parent
    assert asked["store"].path == study.parent / ".advisor"
    assert asked["again"] is False


def test_json_is_the_runs_and_nothing_else(study, asked, capsys):
    code = run_advisor(["bench", str(study), "--json"])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [item["outcome"] for item in found["runs"]] == ["ok", "timeout"]
    assert [item["candidate"]["name"] for item in found["backtests"]] == ["linear"]


def test_data_that_cannot_be_used_are_one_line_and_exit_1(study, monkeypatch, capsys):
    def refuse(**_):
        raise DataError("data.csv: data.target: no column 'y'")

    monkeypatch.setattr("benchmarks.session.runner.run_study_benchmarks", refuse)

    code = run_advisor(["bench", str(study)])

    assert code == 1
    assert "advisor: data.csv: data.target: no column 'y'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--preset", "quick"], ["--device", "tpu"], ["--no-such-option"]]
)
def test_a_wrong_option_is_exit_1(study, arguments, capsys):
    assert run_advisor(["bench", str(study), *arguments]) == 1
    assert capsys.readouterr().err


def test_doctor_says_first_whether_the_machine_is_ready(capsys):
    code = run_advisor(["doctor"])

    out = capsys.readouterr().out
    assert code == 0
    assert out.startswith(("Ready to measure.", "Not ready to measure:"))
    assert "processor quota" in out


def test_doctor_gives_a_remedy_for_every_problem(capsys):
    run_advisor(["doctor", "--json"])

    findings = json.loads(capsys.readouterr().out)
    assert {"load", "memory", "swap", "GPU"} <= {finding["check"] for finding in findings}
    assert all(f["severity"] == "ok" or f["remedy"] for f in findings)


# Show, compare, export ----------------------------------------------------------------------------


@pytest.fixture
def stored(study):
    store = RunStore(study.parent / ".advisor")
    slow = InferenceMeasurement(batch_rows=1, thread_count=1, durations_s=(0.002,) * 400)
    store.append(run())
    store.append(run(id="20260103", candidate=candidate(name="mine"), inference=(slow,)))
    return study


def test_the_store_is_shown_as_a_table_and_a_run_in_full(stored, capsys):
    assert run_advisor(["bench", "show", str(stored)]) == 0
    assert "20260103" in capsys.readouterr().out

    assert run_advisor(["bench", "show", str(stored), "mine", "--quality", "0.9"]) == 0
    assert "ms a call with the 95% interval" in capsys.readouterr().out

    assert run_advisor(["bench", "show", str(stored), "2026010", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "20260103"


def test_a_difference_that_can_be_told_is_exit_0(stored, capsys):
    assert run_advisor(["bench", "compare", str(stored), "linear", "mine"]) == 0
    assert "slower" in capsys.readouterr().out


def test_a_difference_that_cannot_be_told_is_exit_3(stored, capsys):
    RunStore(stored.parent / ".advisor").append(run(id="20260104"))

    code = run_advisor(["bench", "compare", str(stored)])

    out, err = capsys.readouterr()
    assert code == 3
    assert "cannot tell" in out
    assert "advisor doctor" in err


def test_two_studies_can_be_compared(stored, tmp_path, capsys):
    folder = tmp_path / "other"
    slow = InferenceMeasurement(batch_rows=1, thread_count=1, durations_s=(0.004,) * 400)
    RunStore(folder).append(run(id="elsewhere", inference=(slow,)))

    assert run_advisor(["bench", "compare", str(stored), "--other", str(folder), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["new"] == "elsewhere"
    assert found["compared"][0]["verdict"] == "slower"


def test_an_export_says_as_json_what_it_wrote(stored, tmp_path, capsys):
    path = tmp_path / "runs.json"

    asked = ["bench", "export", str(stored), "--to", "pyperf", "-o", str(path), "--json"]
    assert run_advisor(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"to": "pyperf", "path": str(path), "run_count": told["run_count"]}
    assert told["run_count"] > 0
    assert path.is_file()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["compare", "STUDY"], "no candidate has two finished runs"),
        (["compare", "STUDY", "linear"], "name two runs to compare"),
        (["compare", "STUDY", "linear", "linear"], "are the same run"),
        (["show", "STUDY", "linaer"], "did you mean linear"),
        (["show", "nowhere.yaml"], "no such file"),
        (["export", "STUDY", "--to", "pyperf", "-o", "no/such/folder.json"], "cannot be written"),
        (["run", "STUDY", "--again", "--resume"], "choose one"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_1(stored, arguments, expected, capsys):
    code = run_advisor(["bench", *(str(stored) if a == "STUDY" else a for a in arguments)])

    assert code == 1
    assert expected in capsys.readouterr().err


def test_a_study_may_come_after_its_options(study, asked):
    assert run_advisor(["bench", "--preset", "rigorous", str(study)]) == 0
    assert asked["preset"] == "rigorous"


def test_probe_prints_the_machine(monkeypatch, capsys):
    monkeypatch.setattr(
        "benchmarks.session.session.probe_machine", lambda *_, **__: ({"a_gb_per_s": 2.0}, ())
    )

    assert run_advisor(["probe"]) == 0
    assert "a_gb_per_s" in capsys.readouterr().out
    assert run_advisor(["probe", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["probes"] == {"a_gb_per_s": 2.0}
