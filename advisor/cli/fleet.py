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
    str, typer.Option("--engine", help="Where the work is done: `local`, `ray` or `batch`.")
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
    group.command()(recommend)
    app.add_typer(group)


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
    """Decide for all models together: platforms, machines, commitment, calendar, experiments.

    Uses the runs in each study's store. What holds for all stands in `fleet.yaml` in the folder.
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
        typer.echo(answer.model_dump_json(indent=2))
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
