"""`advisor bench`: measure the candidates of a study; look at runs, compare and export them."""

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import typer

from advisor.cli import bench_runs, completion
from advisor.cli.console import say
from advisor.cli.help_texts import DefaultedGroup, new_group

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.session.plan import Plan
    from benchmarks.session.plan import Progress as _Progress
    from benchmarks.session.runner import BenchResult


NOTHING_USABLE = 1
"""Exit code where every candidate failed."""

MOST_LABEL_CHARACTERS = 48
"""Of what is being done, beside the progress bar."""


def add(app: typer.Typer) -> None:
    """Register the commands."""
    group = new_group(
        "Measure the candidate models of a study. 'advisor bench STUDY' is short for "
        "'advisor bench run STUDY' ('advisor bench run --help' shows its options)."
        "\n\nExample: advisor bench advisor.yaml --preset standard",
        cls=_StudyFirst,
    )
    group.command("run")(bench)
    bench_runs.add(group)
    app.add_typer(group, name="bench")


class _StudyFirst(DefaultedGroup):
    """Takes what is no command of its own for a study to measure."""

    usual = "run"


def bench(
    study: Annotated[
        Path,
        typer.Argument(
            help="The study file, e.g. advisor.yaml.", autocompletion=completion.studies
        ),
    ],
    preset: Annotated[
        Literal["fast", "standard", "rigorous"],
        typer.Option(
            help="fast: about 3 minutes at most, rows sampled, one process; standard: all rows, "
            "three processes; rigorous: ten seeds, ten processes, for hours."
        ),
    ] = "fast",
    candidate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Measure only this candidate of the study; may be repeated.",
            autocompletion=completion.families,
        ),
    ] = None,
    device: Annotated[
        Literal["cpu", "cuda", "all"], typer.Option(help="Where to measure; all: what there is.")
    ] = "all",
    again: Annotated[
        bool, typer.Option("--again", help="Measure again what the store already holds.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on where a stopped benchmark was; so it does anyway."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be measured and for how long; stop.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the runs as JSON.")] = False,
    progress_lines: Annotated[
        bool,
        typer.Option(
            "--progress-lines", help="Progress on stderr as one JSON object per line, for programs."
        ),
    ] = False,
) -> None:
    """Measure the candidate models of a study.

    A run that is already there is not repeated, and one that was stopped half-way goes on. A
    candidate that fails is a run with an outcome and a reason; the others go on.

    Example: advisor bench advisor.yaml --preset fast
    """
    from rich.console import Console

    if again and resume:
        raise typer.BadParameter("--again measures anew, --resume goes on: choose one")
    asked: dict[str, Any] = {
        "preset": preset,
        "candidates": candidate or (),
        "device": device,
        "again": again,
    }
    if dry_run:
        _print_plan(_planned(study, asked), as_json=as_json)
        return
    result = bench_study(
        study,
        **asked,
        messages=None if progress_lines else Console(stderr=True),
        progress_lines=progress_lines,
    )
    if as_json:
        typer.echo(_as_json(result))
    else:
        from benchmarks.reading.run_table import WIDE_COLUMNS

        print_result(result, Console(width=None if sys.stdout.isatty() else WIDE_COLUMNS))
    if not any(run.outcome == "ok" for run in result.runs):
        say("No candidate has a run that can be used: the reasons stand above", err=True)
        raise typer.Exit(NOTHING_USABLE)
    if not as_json:
        say(f"Next: advisor recommend {study}", err=True)


class _Planned(Exception):
    """The plan is made: nothing is measured."""


def _planned(study: Path, asked: dict[str, Any]) -> "Plan":
    """Return what a benchmark would do; nothing is measured or written."""
    plans: list[Plan] = []

    def note(plan: "Plan") -> None:
        plans.append(plan)
        raise _Planned

    with contextlib.suppress(_Planned):
        bench_study(study, **asked, on_plan=note)
    return plans[0]


def _print_plan(plan: "Plan", *, as_json: bool) -> None:
    import json

    from benchmarks.session.plan import plan_lines

    if as_json:
        steps = [
            {"candidate": t.candidate, "label": t.label, "estimate_s": t.estimate_s}
            for t in plan.trials
        ]
        told = {"preset": plan.preset, "estimate_s": plan.estimate_s, "trials": steps}
        typer.echo(json.dumps(told | {"lines": list(plan_lines(plan))}, indent=2))
        return
    for line in plan_lines(plan):
        say(line)
    say("Dry run: nothing was measured.")


def bench_study(
    study_path: Path,
    *,
    preset: str = "fast",
    candidates: "list[str] | tuple[str, ...]" = (),
    device: str = "all",
    again: bool = False,
    store: Path | None = None,
    messages: "Console | None" = None,
    progress_lines: bool = False,
    on_plan: "Callable[[Plan], None] | None" = None,
) -> "BenchResult":
    """Measure a study's candidates, with the plan and a progress bar on `messages`.

    Args:
        study_path: the study file.
        preset: `fast`, `standard` or `rigorous`.
        candidates: names to measure; all of the study's when empty.
        device: `cpu`, `cuda` or `all` that are at hand.
        again: measure again what the store already holds.
        store: folder of the runs; `.advisor` beside the study when None.
        messages: where plan and progress are shown; nowhere when None.
        progress_lines: tell plan and progress on stderr as one JSON object per line.
        on_plan: told the plan in place of `messages`; may raise to stop before anything runs.

    Raises:
        StudyError, BenchmarkError: one line for people.
    """
    from advisor.study.file import load_study
    from benchmarks.session.runner import run_study_benchmarks
    from benchmarks.storage.records import DataSettings
    from benchmarks.storage.store import DEFAULT_FOLDER, RunStore

    study = load_study(study_path)
    folder = study_path.resolve().parent
    drifting = study.retraining.backtest_source
    with _Lines() if progress_lines else _Bar(messages) as bar:
        return run_study_benchmarks(
            data_settings=DataSettings(**study.data.model_dump()),
            candidates=[
                item if isinstance(item, str) else (item.name, item.import_path)
                for item in study.candidates
            ],
            store=RunStore(store or folder / DEFAULT_FOLDER),
            folder=folder,
            preset=preset,
            devices=None if device == "all" else (device,),  # type: ignore[arg-type]
            only=tuple(candidates),
            rows_per_request=study.workload.rows_per_request,
            backtest_settings=None if drifting is None else DataSettings(source=drifting),
            again=again,
            on_plan=on_plan or bar.show_plan,
            on_progress=bar.show_progress,
        )


def print_result(result: "BenchResult", console: "Console") -> None:
    """Print a table of runs, and under it what must be known beside the numbers."""
    from rich import box
    from rich.table import Table

    from benchmarks.reading.findings import findings_of, refused_forms
    from benchmarks.reading.run_table import (
        backtest_line,
        columns_for,
        run_cells,
        run_remarks,
        shared_remarks,
    )

    spec = result.plan.dataset
    columns = columns_for(console.width, all_ok=all(run.outcome == "ok" for run in result.runs))
    table = Table(
        title=_safe(f"{spec.name}: {spec.task}, quality is {spec.metric}"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in columns:
        is_text = column in {"candidate", "outcome"}
        table.add_column(
            column,
            justify="left" if is_text else "right",
            no_wrap=column != "candidate",  # a long name makes way for the figures
            overflow="fold",
        )
    for run in result.runs:
        cells = run_cells(run)
        table.add_row(*(_safe(cells[column]) for column in columns))
    console.print(table)
    shared = shared_remarks(result.runs)
    for remark in shared:
        console.print(f"- {_safe(remark)}", highlight=False, soft_wrap=True)
    for run in result.runs:
        for remark in run_remarks(run):
            if remark not in shared:
                console.print(
                    f"- {_safe(f'{run.candidate.name}: {remark}')}",
                    highlight=False,
                    soft_wrap=True,
                )
        for remark in refused_forms(run):
            console.print(
                f"- {_safe(f'{run.candidate.name}: {remark}')}", highlight=False, soft_wrap=True
            )
    for note in result.notes:
        console.print(f"- {_safe(note)}", highlight=False, soft_wrap=True)
    for backtest in result.backtests:
        console.print(
            f"- back-test of {_safe(backtest_line(backtest))}", highlight=False, soft_wrap=True
        )
    findings = findings_of(result.runs)
    if findings:
        console.print("Findings, the largest factor first:", highlight=False)
    for finding in findings:
        line = f"{finding.candidate}: {finding.text}: {finding.remedy}"
        console.print(f"- {_safe(line)}", highlight=False, soft_wrap=True)


def _safe(text: str) -> str:
    """Return text that neither styles nor moves anything in the terminal."""
    from rich.markup import escape

    from advisor.report.words import clean_sentence

    return escape(clean_sentence(text))


def _as_json(result: "BenchResult") -> str:
    import json

    from benchmarks.reading.findings import findings_of

    findings = findings_of(result.runs)
    return json.dumps(
        {
            "runs": [run.model_dump(mode="json") for run in result.runs],
            "backtests": [run.model_dump(mode="json") for run in result.backtests],
            "findings": [finding.model_dump(mode="json") for finding in findings],
        },
        indent=2,
    )


class _Bar:
    """Plan and progress on a console; nothing at all without one."""

    def __init__(self, console: "Console | None") -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._console = console
        self._progress = Progress(
            TextColumn("{task.fields[label]}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("about {task.fields[left]} left"),
            console=console,
            transient=True,
            disable=console is None or not console.is_terminal,
        )
        self._told_tenths = 0
        self._task = self._progress.add_task("", total=1, label="reading the data", left="?")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show_plan(self, plan: "Plan") -> None:
        """Print what will be done and about how long it takes."""
        if self._console is None:
            return
        from advisor.report.words import clean_sentence
        from benchmarks.session.plan import plan_lines

        for line in plan_lines(plan):
            words = clean_sentence(line)
            self._console.print(words, highlight=False, markup=False, soft_wrap=True)

    def show_progress(self, progress: object) -> None:
        """Move the bar."""
        from advisor.report.words import clean_sentence
        from benchmarks.session.plan import Progress

        assert isinstance(progress, Progress)
        if self._console is not None and not self._console.is_terminal:
            self._tell_tenth(progress)
            return
        self._progress.update(
            self._task,
            completed=progress.done_count,
            total=max(1, progress.total_count),
            label=clean_sentence(progress.label)[:MOST_LABEL_CHARACTERS],
            left=progress.remaining_text,
        )

    def _tell_tenth(self, progress: "_Progress") -> None:
        """Print a line for each tenth of the way: what a log keeps where no bar can move."""
        tenths = 10 * progress.done_count // max(1, progress.total_count)
        if tenths == self._told_tenths or self._console is None:
            return
        from advisor.report.words import clean_sentence

        self._told_tenths = tenths
        self._console.print(
            f"{progress.done_count}/{progress.total_count} {clean_sentence(progress.label)}, about "
            f"{progress.remaining_text} left",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


class _Lines:
    """Plan and progress on stderr, one JSON object per line: what another program reads."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show_plan(self, plan: "Plan") -> None:
        """Tell what will be done and about how long it takes."""
        from benchmarks.session.plan import plan_lines

        _tell(plan=list(plan_lines(plan)), estimate_s=plan.estimate_s)

    def show_progress(self, progress: object) -> None:
        """Tell where it stands."""
        from benchmarks.session.plan import Progress

        assert isinstance(progress, Progress)
        _tell(
            label=progress.label,
            done_count=progress.done_count,
            total_count=progress.total_count,
            remaining_s=progress.remaining_s,
        )


def _tell(**said: object) -> None:
    import json

    print(json.dumps(said), file=sys.stderr, flush=True)
