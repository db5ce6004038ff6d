"""`advisor runs`: the stores of measured runs."""

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import say
from advisor.cli.help_texts import new_group


def add(app: typer.Typer) -> None:
    """Register the commands."""
    group = new_group(
        "The stores of measured runs."
        "\n\nExample: advisor runs merge from-c7g/.advisor --into .advisor"
    )
    group.callback()(_group)
    group.command()(merge)
    app.add_typer(group, name="runs")


def _group() -> None:
    """Keep 'merge' a command of its own while it is the only one."""


def merge(
    stores: Annotated[
        list[Path],
        typer.Argument(help="Stores of other machines, or the folders of their studies."),
    ],
    into: Annotated[
        Path, typer.Option(help="The store to add to; a study keeps it beside itself.")
    ] = Path(".advisor"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Put the runs of other machines into one store.

    A run that is there already is left alone, so that merging twice changes nothing. Two files of
    one id and other content, or a file that cannot be read, refuse the whole merge.

    Example: advisor runs merge from-c7g/.advisor from-m6i/.advisor --into .advisor
    """
    from benchmarks.storage.merge import merge_stores
    from benchmarks.storage.records import BenchmarkRun

    done = merge_stores(stores, into=into)
    hosts = {
        (record.hardware.host_id, record.hardware.processor): None
        for record in (*done.added, *done.present)
        if isinstance(record, BenchmarkRun)
    }
    if as_json:
        import json

        found = {
            "into": str(into),
            "added": [record.id for record in done.added],
            "present": [record.id for record in done.present],
            "processors": [processor for _, processor in hosts],
        }
        typer.echo(json.dumps(found, indent=2))
        return
    say(f"{into}: {len(done.added)} added, {len(done.present)} were there already")
    for _, processor in hosts:
        say(f"  measured on {processor}")
