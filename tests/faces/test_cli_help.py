"""Help that teaches, words in pipes and narrow terminals, questions of `init`."""

import io
import json
import subprocess
import sys

import pytest
import typer

from advisor.cli import app, run
from advisor.study import load_study
from tests.faces.pages import measured_study

OWN_FORMAT = {"bench export"}
"""Commands whose whole output is a file in a format that they are asked for."""


def commands() -> dict[str, object]:
    """Return every command that does something, by the words that call it."""

    def walk(group, words):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from walk(command, (*words, name))
            else:
                yield " ".join((*words, name)), command

    return dict(walk(typer.main.get_command(app), ()))


@pytest.mark.parametrize("words", sorted(commands()))
def test_every_command_shows_an_example_and_speaks_json(words):
    command = commands()[words]

    example = (command.help or "").partition("Example")[2]
    assert f"advisor {words.partition(' ')[0]}" in example
    if words not in OWN_FORMAT:
        assert "--json" in {name for option in command.params for name in option.opts}


@pytest.mark.parametrize("words", sorted(commands()))
def test_every_option_says_what_it_is(words):
    silent = [p.name for p in commands()[words].params if not getattr(p, "help", None)]

    assert silent == []


@pytest.mark.parametrize(
    ("typed", "meant"), [(["recomend", "x"], "recommend"), (["recommend", "--jsn", "x"], "--json")]
)
def test_a_slip_of_the_keyboard_is_met_with_what_was_meant(typed, meant, capsys):
    assert run(typed) == 1
    assert meant in capsys.readouterr().err


def test_a_study_that_is_not_there_names_the_one_that_is(tmp_path, capsys):
    (tmp_path / "churn.yaml").write_text("data: {source: 'builtin:digits'}")

    assert run(["recommend", str(tmp_path / "chrun.yaml")]) == 1
    assert f"did you mean {tmp_path / 'churn.yaml'}?" in capsys.readouterr().err


def test_a_sku_that_is_not_there_names_near_ones(capsys):
    assert run(["prices", "show", "ml.m5.lrage"]) == 1
    assert "ml.m5.large" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_complete(shell):
    shown = subprocess.run(
        [sys.executable, "-c", "from advisor.cli import main; main()"],
        env={
            "_ADVISOR_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": "advisor rec",
            "COMP_CWORD": "1",
            "_TYPER_COMPLETE_ARGS": "advisor rec",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "PATH": "/usr/bin",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert "recommend" in shown.stdout


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_the_answer_fits_the_terminal(columns, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    path = measured_study(tmp_path)

    assert run(["recommend", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > int(columns)] == []


def test_a_pipe_gets_no_colour(tmp_path, capsys):
    path = measured_study(tmp_path)

    run(["recommend", str(path)])
    assert "\x1b" not in capsys.readouterr().out


def test_init_asks_and_writes_what_was_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "visits.csv").write_text("age,plan,churned\n1,2,0\n")
    answers = "visits.csv\n\nabc\n55\n\n0\n80\n2.5\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))

    assert run(["init", str(tmp_path / "advisor.yaml"), "--ask"]) == 0
    study = load_study(tmp_path / "advisor.yaml")
    assert (study.data.path, study.data.target) == ("visits.csv", "churned")
    assert study.workload.requests_per_s == 55
    assert study.workload.rows_per_request == 1
    assert study.needs.max_p99_latency_ms == 80
    assert study.retraining.error_cost_usd == 2.5
    assert "# " in (tmp_path / "advisor.yaml").read_text()
    assert "age, plan, churned" in capsys.readouterr().err


def test_init_asks_nothing_in_a_pipe(tmp_path, capsys):
    assert run(["init", str(tmp_path / "a.yaml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"path": str(tmp_path / "a.yaml")}


def test_init_says_that_a_study_is_there_before_it_asks(tmp_path, capsys):
    (tmp_path / "a.yaml").write_text("x")

    assert run(["init", str(tmp_path / "a.yaml"), "--ask"]) == 1
    assert "exists already" in capsys.readouterr().err
