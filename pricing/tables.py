"""Price tables on disk: dated rows in CSV files that only ever grow."""

import csv
import os
import shutil
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import Final

from pydantic import ValidationError

from pricing.errors import TableError
from pricing.quotes import Confirmation, PriceBook, PriceQuote, Row, Withdrawal, is_price
from pricing.rules import SHIPPED_RULES

DATA = Path(__file__).parent / "data" / "aws"
COLUMNS = Row._fields
ALL_SKUS = "*"
SOURCE: Final = "source"
"""The service of a line that gives a long source its short name, within its own table."""


def own_folder() -> Path:
    """Return where the user's own refreshed tables are, by the XDG base directories."""
    home = os.environ.get("XDG_DATA_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "share"
    return base / "advisor" / "prices"


def drop_own_tables() -> tuple[Path, ...]:
    """Remove the user's refreshed tables; return which ones there were.

    Raises:
        TableError: one cannot be removed.
    """
    found = tuple(sorted(own_folder().glob("refresh-*.csv")))
    try:
        for path in found:
            path.unlink()
    except OSError as error:
        raise TableError(f"{own_folder()}: cannot be emptied: {error.strerror}") from error
    finally:
        load_book.cache_clear()
    return found


@cache
def load_book(folder: Path | None = None) -> PriceBook:
    """Read every price table of a folder into one book of sound quotes (once per process).

    Args:
        folder: where the tables are; None for the shipped ones and the user's own.

    Raises:
        TableError: a file is missing, or a row cannot be read or is no price; the message names
            the file and the line, or what is priced.
    """
    book = read_book(folder)
    for row in book.rows:
        if not is_price(row):
            raise TableError(
                f"{folder}: {_problem(row)}; 'advisor prices check' shows every such row"
            )
    return book


def _problem(row: Row) -> str:
    """Say what makes a row no price."""
    try:
        PriceQuote(**row._asdict())
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        what = f"{row.service} {row.sku} {row.region} {row.purchase}"
        return f"{what}: {where}: {problem['msg']}, got {problem['input']!r}"
    raise AssertionError(f"a sound row was refused: {row}")


def read_book(folder: Path | None = None) -> PriceBook:
    """Read every price table of a folder as it stands, sound or not, e.g. to check it.

    Args:
        folder: where the tables are; None for the shipped ones and the user's own.

    Raises:
        TableError: a file is missing, or a row cannot be read; the message names file and line.
    """
    paths = sorted((folder or DATA).glob("*.csv"))
    if not paths:
        raise TableError(
            f"{folder or DATA}: no price tables (*.csv) here; reinstall, or name another folder"
        )
    rows: list[Row] = []
    confirmations: list[Confirmation] = []
    withdrawals: list[Withdrawal] = []
    for path in paths:
        read_table(path, rows=rows, confirmations=confirmations, withdrawals=withdrawals)
    if folder is None:
        for path in sorted(own_folder().glob("refresh-*.csv")):
            try:
                read_table(path, rows=rows, confirmations=confirmations, withdrawals=withdrawals)
            except TableError as error:
                raise TableError(
                    f"{error}; 'advisor prices drop' removes the prices that you refreshed"
                ) from error
    return PriceBook(
        rows, confirmations=confirmations, withdrawals=withdrawals, rules=SHIPPED_RULES
    )


def start_book(folder: Path) -> bool:
    """Copy the shipped tables into a folder that holds none; return whether that was needed.

    Raises:
        TableError: the folder cannot be made or written to.
    """
    if any(folder.glob("*.csv")):
        return False
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir()
        for path in DATA.glob("*.csv"):
            shutil.copy2(path, aside)
        aside.replace(folder)  # an empty folder of that name gives way
    except OSError as error:
        raise TableError(f"{folder}: a book cannot be started here: {error.strerror}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return True


def read_table(
    path: Path,
    *,
    rows: list[Row],
    confirmations: list[Confirmation],
    withdrawals: list[Withdrawal] | None = None,
) -> None:
    """Read one table and add what it holds to the lists given.

    Raises:
        TableError: the header or a row cannot be read; the message names file and line.
    """
    days: dict[str, date] = {}
    sources: dict[str, str] = {}
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        if tuple(next(lines, ())) != COLUMNS:
            raise TableError(f"{path}: the header must be {','.join(COLUMNS)}")
        for line in lines:
            try:
                service, sku, region, purchase, unit, tier, price, since, checked, *rest = line
                basis, source, note = rest
                if source[:1] == "@":
                    source = sources[source]
                if service == SOURCE:
                    sources[f"@{sku}"] = note
                    continue
                if since not in days:
                    days[since] = date.fromisoformat(since)
                if checked not in days:
                    days[checked] = date.fromisoformat(checked)
                if sku == ALL_SKUS:
                    group = (service, region, purchase, days[checked], source)
                    confirmations.append(Confirmation(*group))
                    continue
                if not price and withdrawals is not None:
                    thing = (service, sku, region, purchase)
                    withdrawals.append(Withdrawal(*thing, days[since], source, note))
                    continue
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
            except KeyError as error:
                raise TableError(
                    f"{path}, line {lines.line_num}: no line of the service 'source' above it "
                    f"names {error}"
                ) from error


def write_table(
    path: Path,
    *,
    rows: Iterable[Row],
    confirmations: Iterable[Confirmation] = (),
    sources: Mapping[str, str] | None = None,
    withdrawals: Iterable[Withdrawal] = (),
) -> None:
    """Write a table in one step: a reader sees the old file or the new one, nothing between.

    Args:
        path: where it shall be.
        rows: its rows, in their order.
        confirmations: its confirmations.
        sources: short names of the sources that many rows share, by the long one.
        withdrawals: what is no longer sold.
    """
    short = sources or {}
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.tmp")
    try:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(COLUMNS)
            lines.writerows((SOURCE, name, *[""] * 9, long) for long, name in sorted(short.items()))
            for row in rows:
                text = as_text(row)
                if row.source in short:
                    text = (*text[:10], f"@{short[row.source]}", text[11])
                lines.writerow(text)
            lines.writerows(_withdrawal_text(one, sources=short) for one in withdrawals)
            lines.writerows(_confirmation_text(one) for one in confirmations)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _withdrawal_text(one: Withdrawal, *, sources: Mapping[str, str]) -> tuple[str, ...]:
    """Spell a withdrawal as a row without a price."""
    day = one.since.isoformat()
    source = f"@{sources[one.source]}" if one.source in sources else one.source
    return (*one[:4], "", "", "", day, day, "list", source, one.note)


def _confirmation_text(one: Confirmation) -> tuple[str, ...]:
    """Spell a confirmation as a row for all skus, without a price of its own."""
    day = one.checked_on.isoformat()
    place = (one.service, ALL_SKUS, one.region, one.purchase)
    return (*place, "", "", "", day, day, "list", one.source, "all list prices read again")


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
