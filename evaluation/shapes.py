"""Ordinary public data sets rebuilt by their shape: columns, oddities, sizes; no value of them.

    python -m advisor.evaluation.shapes [--only NAME] [--folder FOLDER]

Each is written as its publisher writes it, benchmarked with a guess and a linear model, and
recommended. A line each says what was read, what was told, and how it ended.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaluation import shape_tables as tables

SEED = 25
"""The shapes are the same each time."""


@dataclass(frozen=True)
class Shape:
    """A data set as its publisher writes it."""

    name: str
    """Whose shape it is."""
    file: str
    target: str
    write: Callable[[Path, Any], None]
    time: str | None = None
    ignore: tuple[str, ...] = ()
    told: str = ""
    """Words that a note on the reading must hold; empty where nothing is odd."""


SHAPES = (
    Shape("census income", "census.csv", "income", tables.census),
    Shape("ship's passengers", "passengers.csv", "Survived", tables.passengers),
    Shape("bank marketing", "bank.csv", "y", tables.bank),
    Shape("telephone churn", "churn.csv", "Churn", tables.churn, ignore=("customerID",)),
    Shape(
        "card defaults",
        "cards.csv",
        "default payment next month",
        tables.cards,
        told="line before",
    ),
    Shape("credit risk", "credit.txt", "risk", tables.credit),
    Shape("bike sharing", "bikes.csv", "cnt", tables.bikes, time="dteday", ignore=("instant",)),
    Shape("taxi trips", "taxis.parquet", "fare_amount", tables.taxis, time="tpep_pickup_datetime"),
    Shape(
        "online retail",
        "shop.csv",
        "Cancelled",
        tables.shop,
        time="InvoiceDate",
        told="Windows-1252",
    ),
    Shape("house prices", "houses.csv", "SalePrice", tables.houses),
    Shape("air quality", "air.csv", "AH", tables.air, time="Date", told="decimal comma"),
    Shape(
        "household power",
        "power.txt",
        "Global_intensity",
        tables.power,
        time="Date",
        told="day first",
    ),
    Shape("forest cover", "forest.csv", "Cover_Type", tables.forest),
    Shape("wine quality", "wine.csv", "quality", tables.wine),
    Shape("card fraud", "fraud.csv", "Class", tables.fraud, told="few rows of a class"),
    Shape(
        "flight delays", "flights.csv", "late", tables.flights, time="flight_date", told="yyyymmdd"
    ),
    Shape("hospital readmission", "hospital.csv", "readmitted", tables.hospital),
    Shape("store sales", "stores.csv", "Sales", tables.stores, time="Date", told="runs backwards"),
    Shape("rooms to let", "rooms.csv", "price", tables.rooms, ignore=("id", "description")),
    Shape("engine wear", "engines.txt", "rul", tables.engines),
    Shape("short messages", "messages.csv", "v1", tables.messages, ignore=("v2",)),
)


def write_study(shape: Shape, folder: Path) -> Path:
    """Write a shape's file and a study of it; return the study's path."""
    folder.mkdir(parents=True, exist_ok=True)
    shape.write(folder / shape.file, np.random.default_rng(SEED))
    lines = [f"  path: {shape.file}", f'  target: "{shape.target}"']
    if shape.time:
        lines.append(f"  time: {shape.time}")
    if shape.ignore:
        lines.append(f"  ignore: [{', '.join(shape.ignore)}]")
    path = folder / f"{Path(shape.file).stem}.yaml"
    path.write_text("data:\n" + "\n".join(lines) + "\ncandidates: [dummy, linear]\n")
    return path


def main(arguments: list[str] | None = None) -> int:
    """Benchmark and recommend each shape; print a line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", help="name of one shape")
    parser.add_argument("--folder", type=Path, help="where files are kept; a temporary one if not")
    given = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        print(f"{'data set':22}{'bench':>6}{'recommend':>11}{'s':>6}  verdict")
        for shape in SHAPES:
            if given.only not in {None, shape.name}:
                continue
            study = write_study(shape, folder / Path(shape.file).stem)
            start = time.monotonic()
            bench = _run("bench", study)
            answer = _run("recommend", study)
            took_s = time.monotonic() - start
            ended = bench.returncode == 0 and answer.returncode in {0, 2}
            failed += not ended
            first = " ".join(answer.stdout.split()) if ended else bench.stderr + answer.stderr
            print(
                f"{shape.name:22}{bench.returncode:>6}{answer.returncode:>11}{took_s:>6.0f}  "
                f"{first[:110]}",
                flush=True,
            )
    print(f"{failed} of {len(SHAPES) if given.only is None else 1} did not come to an end")
    return 1 if failed else 0


def _run(command: str, study: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "advisor", command, str(study), "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
