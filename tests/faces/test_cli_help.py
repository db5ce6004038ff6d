"""Help that teaches, words in pipes and narrow terminals, questions of `init`."""

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys

import pytest
import typer
from rich.console import Console

import advisor.recommend  # noqa: F401 - the module, which a name of the package hides
from advisor.cli import app, run
from advisor.cli.help_texts import TeachingCommand, shell_lines
from advisor.cli.whatif import _print_sweep
from advisor.report.text import print_recommendation
from advisor.study.file import load_study
from advisor.study.types import Workload
from tests.faces.factories import hostile, infeasible, recommendation
from tests.faces.pages import measured_study


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
    assert {"--json", "--quiet"} <= {name for option in command.params for name in option.opts}


@pytest.mark.parametrize("words", sorted(commands()))
def test_the_example_of_a_command_is_one_that_it_takes(words, monkeypatch):
    called = []
    monkeypatch.setattr(TeachingCommand, "invoke", lambda _, ctx: called.append(ctx.command_path))
    example = (commands()[words].help or "").partition("Example: ")[2].partition("\n\n")[0]

    assert run(shlex.split(example)[1:]) == 0
    assert called == [f"advisor {words}"]


def groups_and_commands() -> list[str]:
    first_words = {words.rpartition(" ")[0] for words in commands()}
    return sorted({"", *first_words, *commands()})


@pytest.mark.parametrize("words", groups_and_commands())
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_help_fits_the_terminal_and_cuts_no_sentence(words, columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "dumb")

    assert run([*words.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert max(len(line) for line in shown.splitlines()) <= columns
    assert re.search(r"[a-z]\.\.\.(\s|$)", shown) is None
    assert "Example:" in shown
    assert "\x1b" not in shown


def test_the_list_of_commands_has_each_under_a_title_once(capsys):
    run(["--help"])
    shown = re.findall(r"^  ([a-z]+)  ", capsys.readouterr().out, flags=re.MULTILINE)

    assert sorted(shown) == sorted(typer.main.get_command(app).commands)


def test_a_long_example_is_broken_where_a_shell_goes_on():
    lines = shell_lines("advisor report s.yaml --format md -o out.md --json", width=34)

    assert all(len(line) <= 34 for line in lines)
    whole = "\n".join(lines).replace("\\\n", " ")
    assert shlex.split(whole) == shlex.split("advisor report s.yaml --format md -o out.md --json")


@pytest.mark.parametrize("words", sorted(commands()))
def test_every_option_says_what_it_is(words):
    silent = [p.name for p in commands()[words].params if not getattr(p, "help", None)]

    assert silent == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("recomend x", "recommend"),
        ("recommend --jsn x", "--json"),
        ("bench shwo x", "show"),
        ("cadence wacht x", "watch"),
        ("bench x --preset fsat", "did you mean fast?"),
        ("report x -o y --format pfd", "did you mean pdf?"),
        ("prices show ml.m5.lrage", "ml.m5.large"),
        ("prices show m5.large --region us-est-1", "us-east-1"),
        ("hardware show m5.lrage", "m5.large"),
        ("experiments --machine m5.lrage", "m5.large"),
    ],
)
def test_a_slip_of_the_keyboard_is_met_with_what_was_meant_in_one_line(typed, meant, capsys):
    assert run(typed.split()) == 1
    said = capsys.readouterr().err
    assert meant in said
    assert said.startswith("advisor: ")
    assert said.count("\n") == 1


def test_a_study_that_is_not_there_names_the_one_that_is(tmp_path, capsys):
    (tmp_path / "churn.yaml").write_text("data: {source: 'builtin:digits'}")
    kept = tmp_path / "advisor-studies" / "visits" / "advisor.yaml"
    kept.parent.mkdir(parents=True)
    kept.write_text("data: {source: 'builtin:digits'}")

    for typed, meant in (
        ("chrun.yaml", tmp_path / "churn.yaml"),
        ("churn", tmp_path / "churn.yaml"),
        ("visit", kept),
    ):
        assert run(["recommend", str(tmp_path / typed)]) == 1
        assert f"did you mean {meant}?" in capsys.readouterr().err
    assert run(["recommend", str(tmp_path)]) == 1
    assert "such as" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["traffic", "acess.log"], "access.log"),
        (["bill", "acces.log"], "access.log"),
        (["cadence", "acess.log", "--target", "y"], "access.log"),
        (["cadence", "plan", "--error-matrix", "acess.log"], "access.log"),
        (["gate", "x.yaml", "--against", "acess.log"], "access.log"),
    ],
)
def test_a_file_that_is_not_there_names_the_one_that_is(
    arguments, meant, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.log").write_text("x")

    assert run(arguments) == 1
    assert f"did you mean {meant}?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "meant"),
    [
        ("candidates=[lineer]", "linear"),
        ("cloud.platforms=[ecs-fargte]", "ecs-fargate"),
        ("cloud.regions=[us-est-1]", "us-east-1"),
        ("current={platform: ecs-ec, sku: m5.large}", "ecs-ec2"),
        ("cloud.purchase=[spott]", "spot"),
        ("workload.request_per_s=5", "workload.requests_per_s"),
    ],
)
def test_a_slip_in_a_study_is_met_with_what_was_meant(change, meant, tmp_path, capsys):
    path = tmp_path / "churn.yaml"
    path.write_text("data: {source: 'builtin:digits'}")

    assert run(["recommend", str(path), "--set", change]) == 1
    assert f"did you mean {meant}" in capsys.readouterr().err


def test_ctrl_c_is_one_line_and_its_own_exit_code(tmp_path, monkeypatch, capsys):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["advisor.recommend"], "load_evidence", stop)
    (tmp_path / "a.yaml").write_text("data: {source: 'builtin:digits'}")

    assert run(["report", str(tmp_path / "a.yaml"), "-o", str(tmp_path / "r.html")]) == 130
    said = capsys.readouterr()
    assert said.err.strip() == "advisor: stopped; what was finished is kept"
    assert said.out == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.yaml"]


def test_quiet_leaves_the_result_and_errors_alone(tmp_path, capsys):
    assert run(["init", str(tmp_path / "a.yaml"), "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Wrote ")
    assert said.err == ""
    assert run(["init", str(tmp_path / "a.yaml"), "-q"]) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("recommend chu", "churn.yaml"),
        ("bench chu", "churn.yaml"),
        ("bench comp", "compare"),
        ("recommend churn.yaml --set workload.requests", "workload.requests_per_s="),
        ("bench run churn.yaml --candidate random", "random_forest"),
        ("prices show ml.m5.l", "ml.m5.large"),
        ("prices age --o", "--on"),
        ("report churn.yaml --format fo", "focus"),
    ],
)
def test_the_shell_is_offered_studies_keys_families_and_skus(typed, offered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "churn.yaml").write_text("")
    *words, incomplete = typed.split()
    command = typer.main.get_command(app)
    context = command.make_context("advisor", words[:1], resilient_parsing=True)

    while hasattr(command, "commands") and words:
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, list(words), parent=context, resilient_parsing=True)
    known = {name: option for option in context.command.params for name in option.opts}
    last = words[-1] if words else ""
    argument = next((p for p in command.params if p.param_type_name == "argument"), command)
    asked = known.get(last, command if incomplete.startswith("-") else argument)
    assert offered in [item.value for item in asked.shell_complete(context, incomplete)]


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


@pytest.mark.parametrize("make", [recommendation, infeasible, hostile])
@pytest.mark.parametrize("columns", [60, 80, 200])
def test_the_answer_fits_the_terminal(columns, make):
    out = io.StringIO()
    print_recommendation(make(), Console(file=out, width=columns))

    assert [line for line in out.getvalue().splitlines() if len(line) > columns] == []


@pytest.mark.slow
def test_a_pipe_gets_no_colour_and_lines_that_fit(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    path = measured_study(tmp_path)

    assert run(["recommend", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert [line for line in shown.splitlines() if len(line) > 60] == []


def test_init_asks_and_writes_what_was_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "visits.csv").write_text("age,plan,churned\n1,2,0\n")
    answers = "visits.csv\nchurn\n\n\n\nabc\n55\n\n0\n80\n2.5\n2\n\n\n3\n6\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))

    assert run(["init", str(tmp_path / "advisor.yaml"), "--ask"]) == 0
    study = load_study(tmp_path / "advisor.yaml")
    assert (study.data.path, study.data.target) == ("visits.csv", "churned")
    assert study.workload.requests_per_s == 55
    assert study.workload.rows_per_request == 1
    assert study.needs.max_p99_latency_ms == 80
    assert study.data.time is None
    assert study.retraining.error_cost_usd == 2.5
    assert study.retraining.share_that_matters == 1
    assert study.retraining.review_hours is None
    hours = study.team.hours_per_month
    assert (hours["sagemaker-realtime"], hours["ecs-fargate"]) == (3, 6)
    assert "ecs-fargate-scheduled" not in hours
    assert "# " in (tmp_path / "advisor.yaml").read_text()
    assert "age, plan, churned" in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "price"), [("", None), ("none", None), ("0.5", 0.5)])
def test_init_asks_for_jobs_where_there_are_no_requests(tmp_path, monkeypatch, typed, price):
    rest = "0.2\n4\n1\nnone\n" if price else "4\n1\nnone\n"
    answers = f"visits.csv\nchurned\nneither\njobs\n5e7\n2\n3\n{typed}\n{rest}"
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))

    assert run(["init", str(tmp_path / "advisor.yaml"), "--ask"]) == 0
    study = load_study(tmp_path / "advisor.yaml")
    jobs = Workload(pattern="batch", rows_per_job=5e7, jobs_per_day=2)
    assert study.workload == jobs
    assert study.needs.deadline_hours == 3
    assert study.retraining.error_cost_usd == price
    assert study.retraining.share_that_matters == (0.2 if price else None)
    assert study.retraining.review_hours == 4
    jobs_of_sagemaker = {"sagemaker-batch-transform", "sagemaker-processing"}
    assert study.team.hours_per_month == dict.fromkeys(jobs_of_sagemaker, 1.0)


def test_init_asks_in_a_terminal_and_nowhere_else(tmp_path):
    import os
    import pty

    (tmp_path / "visits.csv").write_text("age,visit_date,churned\n1,2025-01-01,0\n")
    ours, theirs = pty.openpty()
    code = "from advisor.cli import run; raise SystemExit(run(['init', 'visits.yaml']))"
    asked = subprocess.Popen(
        [sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path
    )
    os.close(theirs)
    told = {b"Data file": b"visits.csv", b"requests per second": b"7"}
    shown = b""
    with contextlib.suppress(OSError):  # the other end of a pty is gone: its way to end a file
        while chunk := os.read(ours, 1000):
            shown += chunk
            if shown.endswith(b"]: "):  # what is typed before a question may be lost
                answer = next((told[words] for words in told if words in shown), b"")
                os.write(ours, answer + b"\n")
                shown = b""

    assert asked.wait(timeout=60) == 0
    os.close(ours)
    study = load_study(tmp_path / "visits.yaml")
    assert (study.data.path, study.data.target) == ("visits.csv", "churned")
    assert study.data.time == "visit_date"
    assert study.workload.requests_per_s == 7
    assert study.team.hours_per_month == {}


def test_a_dry_run_measures_and_writes_nothing(tmp_path, capsys):
    path = tmp_path / "wine.yaml"
    path.write_text("data: {source: 'builtin:wine'}\ncandidates: [dummy, linear]")

    assert run(["bench", str(path), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "trials of dummy, linear" in said
    assert "nothing was measured" in said
    assert run(["bench", str(path), "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {trial["candidate"] for trial in told["trials"]} >= {"dummy", "linear"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["wine.yaml"]


def test_init_asks_nothing_in_a_pipe(tmp_path, capsys):
    assert run(["init", str(tmp_path / "a.yaml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"path": str(tmp_path / "a.yaml")}


def test_init_says_that_a_study_is_there_before_it_asks(tmp_path, capsys):
    (tmp_path / "a.yaml").write_text("x")

    assert run(["init", str(tmp_path / "a.yaml"), "--ask"]) == 1
    assert "exists already" in capsys.readouterr().err


def test_a_sweep_is_a_table_that_fits_a_pipe_whole(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    row = {"candidate": "random_forest", "platform": "sagemaker-batch-transform"}
    row |= {"sku": "4 vCPU, 8 GiB, arm64", "mean_usd_per_month": 12_345.6, "p99_latency_ms": 1.74e6}
    key = "workload.rows_per_job"

    cost = {"cost": "mean_usd_per_month", "cost_title": "mean USD/month"}
    _print_sweep([key], [{key: 1e6} | row], jobs=True, **cost)
    shown = capsys.readouterr().out
    assert re.split(r"\s{2,}", shown.splitlines()[1].strip()) == [
        "1e+06", "random_forest", "sagemaker-batch-transform", "4 vCPU, 8 GiB, arm64", "12,346",
        "29 min",
    ]  # fmt: skip
    _print_sweep([key], [{key: 3.0} | row], jobs=False, **cost)
    assert "1,740,000" in capsys.readouterr().out
