"""`advisor data`: what a file's columns were taken for, before anything is measured."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import harmless, results_console, say
from advisor.cli.help_texts import new_group

if TYPE_CHECKING:
    from benchmarks.data.column_types.column import ColumnReading

STUDIES = {".yaml", ".yml"}
"""Endings of a study; any other file is taken for data."""


def add(app: typer.Typer) -> None:
    """Register the commands."""
    group = new_group(
        "Look at data files. 'advisor data show' prints what each column was taken for."
        "\n\nExample: advisor data show advisor.yaml"
    )
    group.command("show")(show)
    app.add_typer(group, name="data")


def show(
    file: Annotated[Path, typer.Argument(help="A study, or a CSV or Parquet file.")],
    target: Annotated[str | None, typer.Option(help="Column to predict, for a file.")] = None,
    time: Annotated[
        str | None, typer.Option(help="Column with the time of each case, for a file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Print what each column of a file was taken for, and on what ground.

    A column is told by all of its values. What did not fit is counted, with the rows it stands in;
    'data.types' in a study says what a column is where its values do not tell.

    Example: advisor data show customers.csv --target churned
    """
    readings, row_count, notes = _read(file, target=target, time=time)
    if as_json:
        import json

        from advisor.report.words import visible_json

        found = {
            "rows": row_count,
            "notes": list(notes),
            "columns": [_as_json(reading) for reading in readings],
        }
        typer.echo(visible_json(json.dumps(found, indent=2, ensure_ascii=False)))
        return
    _print(readings, row_count=row_count)
    for note in (*notes, *(note for reading in readings for note in reading.notes)):
        say(f"- {note}")


def _read(
    file: Path, *, target: str | None, time: str | None
) -> tuple[tuple["ColumnReading", ...], int, tuple[str, ...]]:
    from advisor.errors import AdvisorError
    from advisor.files import require_file
    from benchmarks.data.datasets import read_typed

    require_file(file)
    if file.suffix.lower() not in STUDIES:
        typed, row_count, notes = read_typed(
            file, where=str(file), target=target, time=time, only_look=True
        )
        return typed.readings, row_count, notes
    from advisor.study.file import load_study

    data = load_study(file).data
    if data.path is None:
        raise AdvisorError(f"{file}: data.source {data.source!r} is no file: its types are known")
    typed, row_count, notes = read_typed(
        file.parent / Path(data.path).expanduser(),
        where=data.path,
        target=target or data.target,
        time=time or data.time,
        label_time=data.label_time,
        ignore=data.ignore,
        types=data.types,
        only_look=True,
    )
    return typed.readings, row_count, notes


def _as_json(reading: "ColumnReading") -> dict[str, Any]:
    return {
        "name": reading.name,
        "kind": reading.kind,
        "ground": reading.ground,
        "examples": list(reading.examples),
        "values": reading.value_count,
        "missing": reading.missing_count,
        "distinct": reading.distinct_count,
        "misfits": reading.misfit_count,
        "first_misfits": [{"value": misfit.text, "row": misfit.row} for misfit in reading.misfits],
        "question": reading.question,
        "notes": list(reading.notes),
    }


def _print(readings: tuple["ColumnReading", ...], *, row_count: int) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{row_count:,} rows, {len(readings)} columns", title_justify="left")
    for name in ("column", "taken for", "on the ground of"):
        table.add_column(name, overflow="fold")
    for name in ("values", "missing", "different"):
        table.add_column(name, justify="right")
    table.add_column("did not fit", overflow="fold")
    table.add_column("examples", overflow="fold")
    for reading in readings:
        misfits = ", ".join(map(str, reading.misfits))
        cells = (
            reading.name,
            reading.kind + (" ?" if reading.question else ""),
            reading.ground,
            f"{reading.value_count:,}",
            f"{reading.missing_count:,}",
            f"{reading.distinct_count:,}",
            f"{reading.misfit_count:,}: {misfits}" if reading.misfit_count else "",
            ", ".join(text[:24] for text in reading.examples),
        )
        table.add_row(*(Text(harmless(cell)) for cell in cells))
    results_console().print(table)
