"""Any data source -> features, target and time, with one clear line for whatever is wrong.

A source is a CSV or Parquet file, one of scikit-learn's bundled sets, an OpenML name, or our own
generator of drifting streams, which is always labelled as simulated.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data.column_types.column import ColumnKind, ColumnReading
from benchmarks.data.column_types.setting import LARGEST_EXACT, Role
from benchmarks.data.features import Kind, model_input, tidy_columns
from benchmarks.data.sources import load_source
from benchmarks.data.tabular_files import evenly_spaced, read_table, row_limit
from benchmarks.data.target_column import chosen_metric, plain_times, read_target
from benchmarks.data.time_order import refuse_one_class, test_notes, test_start, time_notes
from benchmarks.data.typed_tables import TypedTable, type_columns
from benchmarks.errors import DataError, did_you_mean
from benchmarks.storage.records import DatasetSpec, DataSettings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MIN_ROW_COUNT = 20
"""Fewer rows than this cannot be split into training and test."""

HASHED_ROWS = 20_000
"""Rows whose hash is worked out at once."""


@dataclass(frozen=True)
class TaskData:
    """Data to learn from, ready for every family. Rows are in time order where there is a time."""

    spec: DatasetSpec
    X: "pd.DataFrame"
    """Features; each column one of three kinds, see `benchmarks.data.features`."""
    y: "np.ndarray[Any, Any] | None"
    """Class numbers 0, 1, ... or floats; null for clustering."""
    time: "pd.Series[Any] | None" = None
    """Time of each case (UTC, or a plain number where only the order is known)."""
    label_time: "pd.Series[Any] | None" = None
    """Time each label became known; null where it is known at once."""
    class_labels: tuple[str, ...] = ()
    """Name of each class number."""
    kinds: dict[str, Kind] = field(default_factory=dict)
    """Kind of each feature column."""
    notes: tuple[str, ...] = ()
    """What was left out, treated as missing or sampled."""
    readings: tuple[ColumnReading, ...] = ()
    """What each column of a file was taken for, and on what ground; empty for other sources."""

    @property
    def row_count(self) -> int:
        """Rows at hand."""
        return len(self.X)

    def take(self, rows: "list[int] | np.ndarray[Any, Any]") -> "TaskData":
        """Return the data of some rows only; the spec still speaks of all of them."""
        return replace(
            self,
            X=self.X.iloc[rows].reset_index(drop=True),
            y=None if self.y is None else self.y[rows],
            time=None if self.time is None else self.time.iloc[rows].reset_index(drop=True),
            label_time=None
            if self.label_time is None
            else self.label_time.iloc[rows].reset_index(drop=True),
        )

    def model_input(self) -> "np.ndarray[Any, Any] | pd.DataFrame":
        """Return the features as models take them: an array if all are numbers, else a frame."""
        return model_input(self.X, self.kinds)


def load_data(
    *,
    source: str | None,
    path: Path | str | None,
    target: str | None,
    time: str | None,
    label_time: str | None = None,
    ignore: Sequence[str] = (),
    types: Mapping[str, ColumnKind] | None = None,
    task: str = "auto",
    metric: str = "auto",
    false_positive_usd: float | None = None,
    false_negative_usd: float | None = None,
    folder: Path,
    max_rows: int | None = None,
    max_cells: int | None = None,
) -> TaskData:
    """Load what the study's `data` section names.

    Args:
        source: `builtin:...`, `openml:...` or `simulated:...`; or give `path`.
        path: CSV or Parquet file, relative to `folder`.
        target: column to learn; null asks for clustering.
        time: column with the time of each case, or null.
        label_time: column with the time its label became known, or null.
        ignore: columns that are not features.
        types: what columns of a file are, where their values do not tell.
        task: `auto` or one of the tasks.
        metric: `auto` or a key of `benchmarks.data.quality.METRICS`.
        false_positive_usd: cost of a case of class 0 that is taken for class 1, or null. [USD]
        false_negative_usd: cost of a case of class 1 that is taken for class 0, or null. [USD]
        folder: the study's folder.
        max_rows: keep about so many rows at most, spread evenly; null keeps all.
        max_cells: keep about so many values at most, for wide tables; null keeps all.

    Raises:
        DataError: one line that names file, key, value and remedy.
    """
    asked_target, asked_time = target, time
    if path is not None:
        where, name = str(path), Path(path).stem
        typed, row_count, file_notes = read_typed(
            folder / Path(path).expanduser(),
            where=where,
            target=target,
            time=time,
            label_time=label_time,
            ignore=ignore,
            types=types,
            max_rows=max_rows,
            max_cells=max_cells,
        )
        raw, readings, simulated = typed.frame, typed.readings, False
    elif source is not None:
        where, name = source, source.partition(":")[2].partition(",")[0]
        raw, own_target, own_time = load_source(source)
        row_count, simulated = len(raw), source.startswith("simulated:")
        readings, file_notes = (), ()
        target, time = target or own_target, time or own_time
    else:
        raise DataError("data: give `path` or `source`")
    loaded = _task_data(
        raw,
        where=where,
        name=name,
        source=where,
        row_count=row_count,
        readings=readings,
        simulated=simulated,
        target=target,
        time=time,
        label_time=label_time,
        ignore=tuple(ignore),
        task=task,
        metric=metric,
        has_costs=false_positive_usd is not None or false_negative_usd is not None,
        max_rows=row_limit(len(raw.columns), max_rows, max_cells),
    )
    settings = DataSettings(
        path=None if path is None else str(path),
        source=source,
        target=asked_target,
        time=asked_time,
        label_time=label_time,
        ignore=tuple(ignore),
        types=dict(types or {}),
        task=task,
        metric=metric,
        false_positive_usd=false_positive_usd,
        false_negative_usd=false_negative_usd,
    )
    file_bytes = None if path is None else (folder / Path(path).expanduser()).stat().st_size
    spec = loaded.spec.replace(settings=settings, file_bytes=file_bytes)
    return replace(loaded, spec=spec, notes=(*file_notes, *loaded.notes))


def read_typed(
    path: Path,
    *,
    where: str,
    target: str | None = None,
    time: str | None = None,
    label_time: str | None = None,
    ignore: Sequence[str] = (),
    types: Mapping[str, ColumnKind] | None = None,
    max_rows: int | None = None,
    max_cells: int | None = None,
    only_look: bool = False,
) -> tuple[TypedTable, int, tuple[str, ...]]:
    """Read a file and tell the type of each column; see `type_columns` and `load_data`.

    Returns:
        The table, the rows of the whole file, and what was passed over in it.

    Raises:
        DataError: the file or one of its columns cannot be read, or a named column is not there.
    """
    table = read_table(path, max_rows=max_rows, max_cells=max_cells)
    named = {"target": target, "time": time, "label_time": label_time}
    _refuse_unknown(list(table.columns), named, ignore, where=where, target=target)
    roles: dict[str, Role] = dict.fromkeys(ignore, "ignored")
    roles |= {name: "time" for name in (time, label_time) if name is not None}
    if target is not None:
        roles[target] = "target"
    typed = type_columns(table, where=where, roles=roles, said=types, only_look=only_look)
    return typed, table.row_count, table.notes


def _refuse_unknown(
    known: Sequence[str],
    named: Mapping[str, str | None],
    ignore: Sequence[str],
    *,
    where: str,
    target: str | None,
) -> None:
    """Refuse columns that the data do not have."""
    for key, column in [*named.items(), *(("ignore", column) for column in ignore)]:
        if column is not None and column not in known:
            others = [c for c in known if key == "target" or c != target]
            raise DataError(
                f"{where}: data.{key}: no column {column!r}: {did_you_mean(column, others)}"
            )


def _task_data(
    raw: "pd.DataFrame",
    *,
    where: str,
    name: str,
    source: str,
    row_count: int,
    readings: tuple[ColumnReading, ...],
    simulated: bool,
    target: str | None,
    time: str | None,
    label_time: str | None,
    ignore: tuple[str, ...],
    task: str,
    metric: str,
    has_costs: bool,
    max_rows: int | None,
) -> TaskData:
    raw = raw.rename(columns=lambda column: str(column).strip())
    known = [str(column) for column in raw.columns]
    named = {"target": target, "time": time, "label_time": label_time}
    _refuse_unknown(known, named, ignore, where=where, target=target)
    if target is not None and target in {time, label_time, *ignore}:
        raise DataError(
            f"{where}: data.target: {target!r} is also the time or an ignored column: "
            "a column has one part only"
        )
    used = {target, time, label_time} - {None}
    notes = [
        note
        for reading in readings
        if reading.name not in ignore and (reading.kind != "ignore" or reading.name not in used)
        for note in reading.notes
    ]
    rows = _usable_rows(raw, where=where, target=target, time=time, task=task, notes=notes)
    sampled = len(raw) < row_count or (max_rows is not None and len(rows) > max_rows)
    if max_rows is not None and len(rows) > max_rows:
        rows = rows.iloc[evenly_spaced(len(rows), max_rows)]
    rows = rows.reset_index(drop=True)
    if len(rows) < MIN_ROW_COUNT:
        raise DataError(
            f"{where}: data: {len(rows)} usable rows, at least {MIN_ROW_COUNT} are needed: "
            "add rows, or check for missing targets"
        )
    if sampled:
        notes.append(f"{len(rows):,} of {row_count:,} rows were used, spread evenly over the data")
    dropped = {column for column in (target, time, label_time, *ignore) if column is not None}
    said = {reading.name: reading.kind for reading in readings}
    X, kinds, column_notes = tidy_columns(
        rows.drop(columns=sorted(dropped & set(rows.columns))), said
    )
    if not kinds:
        raise DataError(
            f"{where}: data: no feature column is left besides {sorted(dropped)}: "
            "take columns out of data.ignore, or add some"
        )
    if readings and target is not None and _is_whole(rows[target]):
        rows[target] = rows[target].astype("int64")  # a gap that is gone had made them floats
    found_task, y, labels, target_notes = read_target(rows, where=where, target=target, task=task)
    if time is not None and y is not None and labels:
        target_notes = (*target_notes, *test_notes(y, labels, rows[time]))
        if metric == "roc_auc":
            refuse_one_class(y, where=where)
    spec = DatasetSpec(
        name=name,
        source=source,
        task=found_task,
        target=None if found_task == "clustering" else target,
        time=time,
        row_count=max(row_count, len(rows)),
        used_row_count=len(rows),
        feature_count=len(kinds),
        class_count=len(labels) if found_task == "classification" else None,
        rarest_class_rows=_rarest(y, labels),
        rarest_test_rows=None if time is None else _rarest_in_test(y, labels),
        metric=chosen_metric(
            metric,
            where=where,
            task=found_task,
            class_count=len(labels) if found_task == "classification" else None,
            has_costs=has_costs,
        ),
        simulated=simulated,
        sha256=_content_sha256(X, y, None if time is None else rows[time]),
    )
    return TaskData(
        spec=spec,
        X=X,
        y=y,
        time=None if time is None else rows[time],
        label_time=None if label_time is None else plain_times(rows[label_time], where=where),
        class_labels=labels,
        kinds=kinds,
        notes=(*notes, *column_notes, *target_notes),
        readings=readings,
    )


def _is_whole(target: "pd.Series[Any]") -> bool:
    """Whether a target's floats are whole numbers that an int64 keeps."""
    values = target.to_numpy()
    if values.dtype.kind != "f":
        return False
    return bool((abs(values) < LARGEST_EXACT).all() and (values == values.round()).all())


def _rarest(y: "np.ndarray[Any, Any] | None", labels: tuple[str, ...]) -> int | None:
    """Rows of the class that has the fewest; null where there are no classes."""
    import numpy as np

    return None if y is None or not labels else int(np.bincount(y).min())


def _rarest_in_test(y: "np.ndarray[Any, Any] | None", labels: tuple[str, ...]) -> int | None:
    """Rows of the class that has the fewest in a test on the newest rows."""
    import numpy as np

    if y is None or not labels:
        return None
    start = test_start(len(y), y)
    return int(np.bincount(y[start:], minlength=len(labels)).min())


def _usable_rows(
    raw: "pd.DataFrame",
    *,
    where: str,
    target: str | None,
    time: str | None,
    task: str,
    notes: list[str],
) -> "pd.DataFrame":
    """Drop rows without target or time, and sort by time."""
    rows = raw
    if target is not None and task != "clustering":
        missing = rows[target].isna()
        if missing.all():
            raise DataError(
                f"{where}: data.target: column {target!r} has no value in any of {len(rows)} rows: "
                "name the column that holds the outcome"
            )
        if missing.any():
            notes.append(f"{int(missing.sum()):,} rows without a target were left out")
            rows = rows[~missing]
    if time is not None:
        times = plain_times(rows[time], where=where)
        missing = times.isna()
        if missing.any():
            notes.append(f"{int(missing.sum()):,} rows without a time were left out")
        rows = rows.assign(**{time: times})[~missing]
        notes += time_notes(rows[time])
        if not rows[time].is_monotonic_increasing:
            rows = rows.sort_values(time, kind="stable")
    return rows


def _content_sha256(
    X: "pd.DataFrame", y: "np.ndarray[Any, Any] | None", time: "pd.Series[Any] | None"
) -> str:
    import pandas as pd

    digest = hashlib.sha256(repr(list(X.columns)).encode())
    for start in range(0, len(X), HASHED_ROWS):  # the same hash in a part of the memory
        part = X.iloc[start : start + HASHED_ROWS]
        digest.update(pd.util.hash_pandas_object(part, index=False).to_numpy().tobytes())
    if y is not None:
        digest.update(y.tobytes())
    if time is not None:
        digest.update(pd.util.hash_pandas_object(time, index=False).to_numpy().tobytes())
    return digest.hexdigest()
