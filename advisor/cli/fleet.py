"""`advisor fleet`: many models, one decision."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from advisor.cli.console import say
from advisor.cli.help_texts import TeachingTyper
from advisor.cli.recommend import FEASIBLE, NOTHING_FEASIBLE, On

if TYPE_CHECKING:
    from advisor.fleet.answer import FleetAnswer

FolderOrTable = Annotated[
    Path, typer.Argument(help="Folder of studies, or a table with a row per model.")
]
EngineName = Annotated[
    str, typer.Option("--engine", help="Where the work is done: `local` or `ray`.")
]
Address = Annotated[
    str | None, typer.Option(help="Ray cluster to join; one is started here by default.")
]
TOP = 10
"""Models that the terminal shows."""


def add(app: typer.Typer) -> None:
    """Register the group."""
    group = TeachingTyper(
        name="fleet",
        help="Measure many models and decide them together."
        "\n\nExample: advisor fleet recommend models/",
        no_args_is_help=True,
    )
    group.command()(bench)
    group.command()(recommend)
    app.add_typer(group, name="fleet")


def bench(
    folder: FolderOrTable,
    preset: Annotated[str, typer.Option(help="How much to measure: see 'advisor bench'.")] = "fast",
    engine: EngineName = "local",
    address: Address = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Measure every study of a folder or table.

    Each goes into its own store and has its machine's cores to itself. What is measured is not
    measured again, and what was
    stopped half-way goes on. Exits 2 when no study has a run that can be used.

    Example: advisor fleet bench models/ --preset fast
    """
    import json
    from dataclasses import asdict

    from advisor.fleet.engines import engine_named
    from advisor.fleet.measuring import bench_fleet

    found = []
    with _Progress("studies measured") as bar:
        where = engine_named(engine, address=address)
        for one in bench_fleet(folder, engine=where, preset=preset, progress=bar):
            found.append(one)
            if one.error is not None:
                say(f"{one.study}: {one.error}", err=True)
    found.sort(key=lambda one: one.study)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        ok, failed = sum(one.ok for one in found), sum(one.failed for one in found)
        lost = sum(one.error is not None for one in found)
        say(f"{len(found)} studies: {ok} runs can be used, {failed} failed; {lost} not measured")
        say(f"Next: advisor fleet recommend {folder}", err=True)
    raise typer.Exit(FEASIBLE if any(one.ok for one in found) else NOTHING_FEASIBLE)


def recommend(
    folder: FolderOrTable,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Report to write: .html, .md, .csv or .json."),
    ] = None,
    engine: EngineName = "local",
    address: Address = None,
    on: On = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Decide for all models together.

    Platforms, machines, commitment, calendar and experiments, from the runs in each store. What
    holds for all stands in `fleet.yaml` in the folder.
    Studies that were answered before are not answered again. Exits 2 when nothing is feasible.

    Example: advisor fleet recommend models/ -o fleet.html
    """
    from advisor.cli.recommend import day_of
    from advisor.fleet.decide import decide
    from advisor.fleet.engines import engine_named
    from advisor.fleet.loading import load_fleet

    day = day_of(on).isoformat()
    with _Progress("studies answered") as bar:
        found = load_fleet(
            folder, on=day, engine=engine_named(engine, address=address), progress=bar
        )
    answer = decide(found.models, found.setup, on=day)
    if output is not None:
        from advisor.fleet.report import write_fleet_report

        write_fleet_report(answer, output)
        say(f"Wrote {output}.", err=as_json)
    if as_json:
        from advisor.report.words import visible_json

        typer.echo(visible_json(answer.model_dump_json(indent=2)))
    elif output is None:
        _print(answer)
    raise typer.Exit(FEASIBLE if answer.models else NOTHING_FEASIBLE)


def _print(answer: "FleetAnswer") -> None:
    """Print the verdict, what is shared, and the models that matter most."""
    from advisor.fleet.report import lines_of

    for line in lines_of(answer, top=TOP):
        say(line)


class _Progress:
    """How far it is, on stderr: a bar in a terminal, a line each tenth elsewhere."""

    def __init__(self, what: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        self.bar = Progress(
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task(what, total=None)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, done: int, total: int) -> None:
        self.bar.update(self.task, completed=done, total=total)
