"""The container's other commands: `train` by SageMaker's contract, and `score` over files."""

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.serving.objects import (
    ARCHIVE,
    ObjectError,
    fetch,
    leave,
    model_at_start,
    pack,
    share,
)

TRAINING_FILE = "training.json"
"""What to learn: `candidate` (a family, or `[name, import]`) and `data` (the study's keys)."""
PART = "ADVISOR_PART"
"""Variable that says which part of the files a container scores: `i/n`."""
CHUNK_ROWS = 8_192
"""Rows of one call of the model while scoring: memory stays the same however long the file."""


def main(command: str, argv: Sequence[str]) -> int:
    """Run `train` or `score`; return the exit code, 1 with one line for an expected error."""
    try:
        return train(argv) if command == "train" else score(argv)
    except BenchmarkError as error:
        print(f"{command}: {error}", file=sys.stderr)
        failure = Path(os.environ.get("ADVISOR_PREFIX", "/opt/ml")) / "output"
        if command == "train" and failure.is_dir():
            (failure / "failure").write_text(str(error))  # what SageMaker shows as the reason
        return 1


def train(argv: Sequence[str]) -> int:
    """Learn from the channel `training` and write a model folder, and its archive where asked."""
    from benchmarks.data.datasets import load_data
    from benchmarks.families import resolve_candidates
    from benchmarks.serving.package import device_of_environment, write_package
    from benchmarks.tasks.trial_tasks import train as fit

    parser = argparse.ArgumentParser(prog="train")
    parser.add_argument("--prefix", default=os.environ.get("ADVISOR_PREFIX", "/opt/ml"))
    options = parser.parse_args(argv)
    prefix = Path(options.prefix)
    channel, into = prefix / "input" / "data" / "training", prefix / "model"
    if uri := os.environ.get("ADVISOR_DATA_URI"):
        fetch(uri, channel)
    asked = _asked(channel)
    data = load_data(**asked["data"], folder=channel)
    named = asked["candidate"]
    learner = resolve_candidates(
        [named if isinstance(named, str) else tuple(named)], task=data.spec.task
    )[-1]
    with tempfile.TemporaryDirectory(prefix="advisor-train-") as scratch:
        import pickle

        here = Path(scratch)
        (here / "data.pickle").write_bytes(pickle.dumps(data))
        found = fit(
            data_path=str(here / "data.pickle"),
            candidate=learner.model_dump(),
            seed=int(asked.get("seed", 0)),
            row_count=data.row_count,
            thread_count=os.cpu_count() or 1,
            device=device_of_environment(),
            save_path=str(here / "model.joblib"),
            rows_path=str(here / "rows.json"),
        )
        write_package(
            model_path=here / "model.joblib",
            rows_path=here / "rows.json",
            candidate=learner,
            folder=into,
        )
        print(f"train: {learner.name}, quality {found['measurement']['quality']:.4g}")
        if uri := os.environ.get("ADVISOR_OUTPUT_URI"):
            out = here / "out"
            out.mkdir()
            pack(into, out / ARCHIVE)
            leave(out, uri)
    return 0


def _asked(channel: Path) -> dict[str, Any]:
    path = channel / TRAINING_FILE
    try:
        asked: dict[str, Any] = json.loads(path.read_text())
        candidate, data = asked["candidate"], asked["data"]
        told = isinstance(candidate, str | list) and isinstance(data, dict)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ObjectError(
            f"{path}: cannot be read ({error}): 'advisor deploy' writes one; copy it beside the "
            "training data"
        ) from None
    if not told:
        raise ObjectError(f"{path}: `candidate` must be a name or names and `data` a mapping")
    wanted = ("source", "path", "target", "time")
    asked["data"] = dict.fromkeys(wanted) | data
    return asked


def score(argv: Sequence[str]) -> int:
    """Score every CSV or Parquet file of a folder, a chunk of rows at a time."""
    from benchmarks.serving.package import load_package

    parser = argparse.ArgumentParser(prog="score")
    parser.add_argument("--model", default="/opt/ml/model")
    parser.add_argument("--input", default="/opt/ml/processing/input")
    parser.add_argument("--output", default="/opt/ml/processing/output")
    options = parser.parse_args(argv)
    model, source, into = Path(options.model), Path(options.input), Path(options.output)
    work = Path(tempfile.mkdtemp(prefix="advisor-score-"))
    if uri := os.environ.get("ADVISOR_MODEL_URI"):
        model = model_at_start(uri)
    elif (model / ARCHIVE).is_file():
        model = model_at_start(str(model / ARCHIVE))
    part = _part()
    if uri := os.environ.get("ADVISOR_INPUT_URI"):
        source = work / "in"
        fetch(uri, source, part=part)
        part = (1, 1)
    left_at = os.environ.get("ADVISOR_OUTPUT_URI")
    if left_at:
        into = work / "out"
    package = load_package(model)
    into.mkdir(parents=True, exist_ok=True)
    files = [source] if source.is_file() else sorted(source.rglob("*"))
    files = [f for f in files if f.suffix in {".csv", ".parquet"} and f.is_file()]
    if not files and os.environ.get(PART, "1/1") == "1/1":
        raise ObjectError(f"{source}: holds no .csv or .parquet file to score")
    for file in share(files, part):
        name = Path(file.name) if file == source else file.relative_to(source)
        count = _score_file(package, file, into / name)
        print(f"score: {name}, {count:,} rows")
    if left_at:
        leave(into, left_at)
    return 0


def _part() -> tuple[int, int]:
    """Return which part of the files this container scores: `i/n` of the environment."""
    text = os.environ.get(PART, "1/1")
    found = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", text)
    if found is None or int(found[1]) > int(found[2]):
        raise ObjectError(f"{PART}={text!r}: is no part such as 2/3")
    return int(found[1]), int(found[2])


def _score_file(package: Any, file: Path, into: Path) -> int:
    """Write the predictions of one file, in its own format, whole or not at all."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    into.parent.mkdir(parents=True, exist_ok=True)
    part = into.parent / f".{into.name}.part"
    writer: Any = None
    count = 0
    try:
        for frame in _chunks(file):
            answers = package.predict(_rows(frame, package, file))
            table = pa.table({"prediction": answers})
            if writer is None:
                make = pa.csv.CSVWriter if file.suffix == ".csv" else pa.parquet.ParquetWriter
                writer = make(str(part), table.schema)
            writer.write_table(table)
            count += len(answers)
    except (pa.ArrowException, ValueError) as error:
        told = str(error).splitlines()[0]
        raise ObjectError(f"{file}: cannot be scored: {told}") from None
    finally:
        if writer is not None:
            writer.close()
        if sys.exc_info()[0] is not None:
            part.unlink(missing_ok=True)
    if writer is None:
        raise ObjectError(f"{file}: has no rows to score")
    part.replace(into)
    return count


def _chunks(file: Path) -> Iterator[Any]:
    if file.suffix == ".csv":
        import pandas as pd

        yield from pd.read_csv(file, chunksize=CHUNK_ROWS)
        return
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(file).iter_batches(batch_size=CHUNK_ROWS):
        yield batch.to_pandas()


def _rows(frame: Any, package: Any, file: Path) -> list[list[Any]]:
    """Return a chunk's rows in the order of the model's columns, as a JSON parser leaves them."""
    import pandas as pd

    from benchmarks.data.features import served_rows

    missing = [name for name in package.kinds if name not in frame.columns]
    if missing:
        raise ObjectError(f"{file}: the column {missing[0]!r} is missing, which the model takes")
    for name, kind in package.kinds.items():
        if kind == "date":
            frame[name] = pd.to_datetime(frame[name])
    return served_rows(frame, package.kinds)
