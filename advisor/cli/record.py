"""`advisor record`: how the product's own estimates stood against the bills."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.console import say

if TYPE_CHECKING:
    from advisor.reconcile.record import TrackRecord


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(record)


def record(
    folder: Annotated[
        Path, typer.Argument(help="Folder with studies; all below it are counted.")
    ] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show how past estimates stood against their bills: coverage, error and bias.

    Reads every month that 'advisor reconcile --learn' kept below the folder.

    Example: advisor record studies
    """
    from advisor.reconcile.record import kept_months, track_record

    found = track_record(kept_months(folder))
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    say(found.sentence)
    if found.lines:
        _show(found)


def _show(found: "TrackRecord") -> None:
    """Print a line per meter."""
    from rich import box
    from rich.table import Table

    from advisor.cli.console import harmless, results_console

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("meter", overflow="fold")
    for heading in ("months", "median error", "bias"):
        table.add_column(heading, justify="right")
    for line in found.lines:
        table.add_row(
            harmless(line.meter),
            str(line.months),
            f"{line.median_error_fraction:.1%}",
            f"{line.bias_fraction:+.1%}",
        )
    results_console().print(table, markup=False)
