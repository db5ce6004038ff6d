"""Judge the reader of files on random tables: `python -m advisor.evaluation.files`.

A table of known types is written in one of many dialects (separators, decimals, quoting, orders of
a date, epochs, encodings, Parquet types) and read back. Each column then has its type and values
again, or a note or an error names it; what differs without a word is counted apart and must be 0.
"""

import argparse
import csv
import io
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from benchmarks.errors import DataError

Kind = Literal["float", "whole", "truth", "word", "name", "day", "moment", "big", "prose"]

WORDS: Final = (
    ("red", "green", "blue"),
    ("None", "low", "high"),
    ("NA", "EU", "US", "null"),
    ("yes", "no"),
    ("Müller", "Öl", "Straße", "plain"),
    ("a, b", 'say "hi"', "c;d", "tab\there"),
    ("A1", "B2", "C3", "10D"),
)
"""Sets of words that columns of classes are drawn from."""


@dataclass(frozen=True)
class Column:
    """A column as it is meant."""

    name: str
    kind: Kind
    values: tuple[Any, ...]
    """float, int, bool, str, date or datetime; None where missing."""


@dataclass(frozen=True)
class Way:
    """How a dialect writes a file."""

    name: str
    delimiter: str = ","
    number: Callable[[float], str] = repr
    day: Callable[[date], str] = date.isoformat
    moment: Callable[[datetime], str] = lambda at: at.isoformat(sep="T")
    encoding: str = "utf-8"
    newline: str = "\n"
    quoting: Literal[0, 1, 2, 3] = csv.QUOTE_MINIMAL
    before: str = ""
    row_names: bool = False
    missing: str = ""
    parquet: str | None = None
    """`typed`, `texts` or `narrow`; None for a text file."""


@dataclass
class Tally:
    """What became of columns."""

    same: int = 0
    told: int = 0
    silent: list[str] = field(default_factory=list)


# Ways of writing ----------------------------------------------------------------------------------


def _comma(value: float) -> str:
    return repr(value).replace(".", ",")


def _grouped(mark: str, decimal: str) -> Callable[[float], str]:
    def write(value: float) -> str:
        text = f"{value:,.6f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
        return text.replace(",", "\0").replace(".", decimal).replace("\0", mark)

    return write


def _accounts(value: float) -> str:
    text = repr(abs(value))
    return f"({text})" if value < 0 else text


def _epoch(per_s: int) -> Callable[[datetime], str]:
    return lambda at: str(int(at.replace(tzinfo=UTC).timestamp()) * per_s)


def _offsets(at: datetime) -> str:
    hours = 2 if at.month in range(4, 10) else 1
    return f"{(at + timedelta(hours=hours)).isoformat()}+0{hours}:00"


def _dated(form: str, clock: str = " %H:%M:%S") -> dict[str, Any]:
    return {"day": lambda d: d.strftime(form), "moment": lambda at: at.strftime(form + clock)}


WAYS: Final = (
    Way("comma"),
    Way("semicolon", ";"),
    Way("tab", "\t"),
    Way("bar", "|"),
    Way("all quoted", quoting=csv.QUOTE_ALL),
    Way("CRLF with a BOM", encoding="utf-8-sig", newline="\r\n"),
    Way("CR line ends", newline="\r"),
    Way("UTF-16", encoding="utf-16", delimiter="\t"),
    Way("Windows-1252", encoding="cp1252"),
    Way("sep= line", ";", before="sep=;\n"),
    Way("comments", before="# exported\n# by hand\n"),
    Way("row names", row_names=True, quoting=csv.QUOTE_NONNUMERIC),
    Way("NA for missing", missing="NA"),
    Way("dashes for missing", missing="-"),
    Way("decimal comma", ";", number=_comma),
    Way("decimal comma, tabs", "\t", number=_comma),
    Way("decimal comma, quoted", ",", number=_comma, quoting=csv.QUOTE_ALL),
    Way("thousands", ",", number=_grouped(",", ".")),
    Way("thousands, European", ";", number=_grouped(".", ",")),
    Way("thousands, blanks", ";", number=_grouped("\u00a0", ",")),
    Way("thousands, Swiss", ";", number=_grouped("'", ".")),
    Way("per cent", number=lambda v: f"{v * 100:.10g}%"),
    Way("dollars", number=lambda v: f"{'-' if v < 0 else ''}${_grouped(',', '.')(abs(v))}"),
    Way("euros", ";", number=lambda v: f"{_comma(v)} €"),
    Way("accounts", number=_accounts),
    Way("unicode minus", number=lambda v: repr(v).replace("-", "\u2212")),
    Way("blanks around", number=lambda v: f"  {v!r} "),
    Way("day first", **_dated("%d/%m/%Y")),
    Way("month first", **_dated("%m/%d/%Y")),
    Way("dots", ";", number=_comma, **_dated("%d.%m.%Y", " %H:%M")),
    Way("two-digit years", **_dated("%d.%m.%y")),
    Way("month first, am and pm", **_dated("%m/%d/%Y", " %I:%M:%S %p")),
    Way("months by name", **_dated("%d-%b-%Y")),
    Way("months by name first", **_dated("%B %d, %Y")),
    Way(
        "yyyymmdd", day=lambda d: d.strftime("%Y%m%d"), moment=lambda t: t.strftime("%Y%m%d%H%M%S")
    ),
    Way("epoch s", moment=_epoch(1)),
    Way("epoch ms", moment=_epoch(1_000)),
    Way("epoch us", moment=_epoch(1_000_000)),
    Way("epoch ns", moment=_epoch(1_000_000_000)),
    Way("ISO with mixed offsets", moment=_offsets),
    Way("ISO with UTC", moment=lambda at: f"{at.isoformat(sep=' ')} UTC"),
    Way("Parquet", parquet="typed"),
    Way("Parquet of texts", parquet="texts"),
    Way("Parquet, narrow types", parquet="narrow"),
)
"""Dialects, each as some program writes it."""


# Tables -------------------------------------------------------------------------------------------


def random_table(rng: random.Random) -> tuple[Column, ...]:
    """Make a table of a few columns of known types; some values are missing."""
    row_count = rng.choice((12, 40, 150, 400))
    kinds: list[Kind] = ["float", "moment"]
    kinds += rng.choices(
        ("float", "whole", "truth", "word", "name", "day", "moment", "big", "prose"),
        k=rng.randrange(2, 7),
    )
    rng.shuffle(kinds)
    return tuple(
        Column(_name(kind, place, rng), kind, tuple(_values(kind, row_count, rng)))
        for place, kind in enumerate(kinds)
    )


def _name(kind: Kind, place: int, rng: random.Random) -> str:
    stem = rng.choice(("amount", "x", "Größe", "col name", "ts", "created_at", "value"))
    if kind in {"day", "moment"}:
        stem = rng.choice(("ts", "when", "created_at", "x"))
    return f"{stem} {place}"


def _values(kind: Kind, row_count: int, rng: random.Random) -> list[Any]:
    words = rng.choice(WORDS)
    makers: dict[Kind, Callable[[], Any]] = {
        "float": _floats(rng),
        "whole": _wholes(rng),
        "truth": lambda: rng.random() < 0.5,
        "word": lambda: rng.choice(words),
        "name": lambda: f"id-{rng.randrange(10**8):08d}",
        "day": lambda: date(2019, 1, 1) + timedelta(days=rng.randrange(2_400)),
        "moment": _moments(rng),
        "big": lambda: rng.randrange(5 * 10**18, 9 * 10**18),
        "prose": lambda: " ".join(rng.choices(("good", "bad,", '"so"', "fine; yes"), k=9)),
    }
    share = rng.choice((0.0, 0.0, 0.1))
    return [None if rng.random() < share else makers[kind]() for _ in range(row_count)]


def _floats(rng: random.Random) -> Callable[[], float]:
    digits, scale = rng.choice((0, 1, 2, 3, 4)), rng.choice((1.0, 50.0, 4_000.0, 2e6))
    return lambda: round(rng.gauss(0.0, 1.0) * scale, digits)


def _wholes(rng: random.Random) -> Callable[[], int]:
    top = rng.choice((2, 10, 999, 50_000, 3_000_000))
    return lambda: rng.randrange(top)


def _moments(rng: random.Random) -> Callable[[], datetime]:
    start, step = datetime(2021, 3, 1), rng.choice((60, 3_600, 86_400))  # noqa: DTZ001  # UTC
    return lambda: start + timedelta(seconds=step * rng.randrange(20_000))


# Writing ------------------------------------------------------------------------------------------


def write_table(table: Sequence[Column], way: Way, folder: Path) -> Path:
    """Write a table in a dialect; return the file."""
    if way.parquet is not None:
        return _write_parquet(table, way.parquet, folder)
    texts = [[_text(value, column.kind, way) for value in column.values] for column in table]
    if way.encoding == "cp1252":
        texts = [[t.encode("cp1252", "ignore").decode("cp1252") for t in c] for c in texts]
    out = io.StringIO(newline="")
    out.write(way.before)
    writer = csv.writer(
        out, delimiter=way.delimiter, quoting=way.quoting, lineterminator=way.newline
    )
    writer.writerow([column.name for column in table])
    for number, row in enumerate(zip(*texts, strict=True), start=1):
        writer.writerow([str(number), *row] if way.row_names else row)
    path = folder / "table.csv"
    path.write_bytes(out.getvalue().encode(way.encoding))
    return path


def _text(value: Any, kind: Kind, way: Way) -> str:
    if value is None:
        return way.missing if kind in {"float", "whole", "day", "moment"} else ""
    if kind in {"float", "whole"}:
        return way.number(value)
    if kind == "day":
        return way.day(value)
    if kind == "moment":
        return way.moment(value)
    return str(value)


def _write_parquet(table: Sequence[Column], how: str, folder: Path) -> Path:
    import decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = []
    for column in table:
        values = list(column.values)
        if how == "texts":
            arrays.append(pa.array([None if v is None else str(v) for v in values], pa.string()))
        elif how == "narrow" and column.kind == "float":
            exact = [None if v is None else decimal.Decimal(repr(v)) for v in values]
            arrays.append(pa.array(exact, pa.decimal128(30, 6)))
        elif how == "narrow" and column.kind == "word":
            arrays.append(pa.array(values, pa.string()).dictionary_encode())
        elif how == "narrow" and column.kind == "moment":
            arrays.append(pa.array(values, pa.timestamp("ns", tz="Europe/Berlin")))
        elif how == "narrow" and column.kind == "day":
            arrays.append(pa.array(values, pa.date64()))
        else:
            arrays.append(pa.array(values))
    path = folder / "table.parquet"
    pq.write_table(pa.Table.from_arrays(arrays, names=[c.name for c in table]), path)
    return path


# Judging ------------------------------------------------------------------------------------------


def judge(table: Sequence[Column], way: Way, folder: Path, tally: Tally) -> None:
    """Write a table, read it, and count what became of each column."""
    from benchmarks.data.datasets import read_typed

    path = write_table(table, way, folder)
    time = next(column.name for column in table if column.kind == "moment")
    try:
        typed, _, _ = read_typed(path, where=path.name, time=time)
    except DataError as error:
        named = [c.name for c in table if repr(c.name) in str(error)]
        if named:
            tally.told += 1
        else:
            tally.silent.append(f"{way.name}: {error}")
        return
    for column in table:
        if column.name not in typed.frame.columns:
            tally.silent.append(f"{way.name}: {column.kind} {column.name!r} is gone")
            continue
        found = typed.frame[column.name].tolist()
        wrong = _difference(column, found, way)
        if wrong is None:
            tally.same += 1
        elif any(repr(column.name) in note for note in typed.reading(column.name).notes):
            tally.told += 1
        else:
            tally.silent.append(f"{way.name}: {column.kind} {column.name!r}: {wrong}")


def _difference(column: Column, found: Sequence[Any], way: Way) -> str | None:
    """Where a column that was read differs from what was meant; None where it does not."""
    if len(found) != len(column.values):
        return f"{len(found)} rows of {len(column.values)}"
    for row, (meant, read) in enumerate(zip(column.values, found, strict=True), start=1):
        if not _same(meant, read, column.kind, way):
            return f"row {row}: {meant!r} became {read!r}"
    return None


def _same(meant: Any, read: Any, kind: Kind, way: Way) -> bool:
    is_missing = read is None or read != read  # noqa: PLR0124  # NaN and NaT
    if meant is None or is_missing:
        return meant is None and is_missing
    if kind in {"float", "whole"}:
        return not isinstance(read, str) and abs(float(read) - meant) <= 1e-9 * max(1, abs(meant))
    if kind == "truth":
        return read in {True, False} and bool(read) is bool(meant)
    if kind == "day":
        return bool(_at(read) == datetime(meant.year, meant.month, meant.day))  # noqa: DTZ001  # UTC
    if kind == "moment":
        lost = way.moment(meant) == way.moment(meant.replace(second=0)) and meant.second
        return bool(_at(read) == (meant.replace(second=0) if lost else meant))
    expected = str(meant)
    if way.encoding == "cp1252":
        expected = expected.encode("cp1252", "ignore").decode("cp1252")
    return bool(str(read) == expected)


def _at(read: Any) -> datetime | None:
    return read.to_pydatetime() if hasattr(read, "to_pydatetime") else None


def evaluate(table_count: int, *, seed: int = 0) -> dict[str, Any]:
    """Write and read so many tables; return counts, all in all and by dialect."""
    rng = random.Random(seed)
    tallies = {way.name: Tally() for way in WAYS}
    tables: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(table_count):
            way = WAYS[number % len(WAYS)]
            tables[way.name] += 1
            judge(random_table(rng), way, Path(folder), tallies[way.name])
    silent = [each for tally in tallies.values() for each in tally.silent]
    return {
        "tables": table_count,
        "dialects": len(WAYS),
        "same": sum(tally.same for tally in tallies.values()),
        "told": sum(tally.told for tally in tallies.values()),
        "silently_different": len(silent),
        "silent": silent[:50],
        "by_dialect": {
            name: {"tables": tables[name], "same": tally.same, "told": tally.told}
            for name, tally in tallies.items()
        },
    }


def as_text(found: dict[str, Any]) -> str:
    """Return the counts for people."""
    head = (
        f"{found['tables']:,} tables in {found['dialects']} dialects: {found['same']:,} columns "
        f"read back as they were, {found['told']:,} with a note or an error that names them, "
        f"{found['silently_different']} silently different"
    )
    lines = [head, *found["silent"]]
    width = max(len(name) for name in found["by_dialect"])
    for name, row in found["by_dialect"].items():
        lines.append(f"{name:<{width}}  {row['same']:>6,} the same  {row['told']:>5,} told")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Write and read random tables; exit 2 where one is silently different."""
    parser = argparse.ArgumentParser(prog="python -m advisor.evaluation.files", description=__doc__)
    parser.add_argument("--tables", type=int, default=2_000, help="tables to write and read")
    parser.add_argument("--seed", type=int, default=0, help="of the tables")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args(argv)
    found = evaluate(options.tables, seed=options.seed)
    print(json.dumps(found, indent=2) if options.json else as_text(found))
    return 2 if found["silently_different"] else 0


if __name__ == "__main__":
    sys.exit(main())
