"""Price tables on disk: dated rows in CSV files that only ever grow."""

import csv
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

from pricing.errors import TableError
from pricing.quotes import PriceBook, Row

DATA = Path(__file__).parent / "data" / "aws"
COLUMNS = Row._fields


@cache
def load_book(folder: Path = DATA) -> PriceBook:
    """Read every price table of a folder into one book (once per process and folder).

    Raises:
        TableError: a file is missing, or a row cannot be read; the message names file and line.
    """
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise TableError(
            f"{folder}: no price tables (*.csv) here; reinstall, or name another folder"
        )
    rows: list[Row] = []
    for path in paths:
        rows.extend(read_table(path))
    return PriceBook(rows)


def read_table(path: Path) -> list[Row]:
    """Read one table.

    Raises:
        TableError: the header or a row cannot be read; the message names file and line.
    """
    days: dict[str, date] = {}
    rows: list[Row] = []
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        if tuple(next(lines, ())) != COLUMNS:
            raise TableError(f"{path}: the header must be {','.join(COLUMNS)}")
        for line in lines:
            try:
                service, sku, region, purchase, unit, tier, price, since, checked, *rest = line
                basis, source, note = rest
                if since not in days:
                    days[since] = date.fromisoformat(since)
                if checked not in days:
                    days[checked] = date.fromisoformat(checked)
                rows.append(
                    Row(
                        service,
                        sku,
                        region,
                        purchase,
                        unit,
                        float(tier),
                        float(price),
                        days[since],
                        days[checked],
                        basis,
                        source,
                        note,
                    )
                )
            except ValueError as error:
                raise TableError(f"{path}, line {lines.line_num}: {error}") from error
    return rows


def write_table(path: Path, *, rows: Iterable[Row]) -> None:
    """Write a table in one step: a reader sees the old file or the new one, nothing between."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        lines.writerows(as_text(row) for row in rows)
    temporary.replace(path)


def as_text(row: Row) -> tuple[str, ...]:
    """Return a row as its table spells it."""
    return (
        *row[:5],
        f"{row.tier_from_units:g}",
        _number(row.price_usd_per_unit),
        row.valid_from.isoformat(),
        row.checked_on.isoformat(),
        *row[9:],
    )


def _number(value: float) -> str:
    text = f"{value:.12f}".rstrip("0").rstrip(".")
    return text or "0"
