"""Newly scored data for the guard: a table of periods, or rows with labels and predictions."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from advisor.errors import AdvisorError
from advisor.retraining.drift_guard import Guard, ScoredPeriod
from benchmarks.data.column_types.setting import Role
from benchmarks.data.losses import SMALLEST_PROBABILITY
from benchmarks.storage.records import ErrorLoss

if TYPE_CHECKING:
    import pandas as pd

PERIOD_COLUMNS: Final = ("scored_at", "n", "error")
ROW_COLUMNS: Final = ("ts", "y", "prediction")
SECONDS_PER_DAY: Final = 86_400.0

MOST_CLASSES: Final = 20
"""Different whole numbers up to which labels are classes where the guard does not say."""

MOST_SHOWN: Final = 6
"""Values of a set that an error shows."""


@dataclass(frozen=True)
class Scored:
    """What was read."""

    periods: tuple[ScoredPeriod, ...]
    unlabelled_scores: tuple[float, ...]
    """Scores, or else predictions, of rows whose label is not known yet."""
    notes: tuple[str, ...] = ()
    """How columns were read, and what was left out."""


def read_scored(path: Path, *, guard: Guard) -> Scored:
    """Read what was scored since the last retrain.

    Either a table of periods, `scored_at,n,error[,previous_error]`, or rows,
    `ts,y,prediction[,previous_prediction][,score]`, cut into the guard's periods from the first.
    Labels and predictions are compared by the loss that the guard was made with.

    Raises:
        AdvisorError, BenchmarkError: one line that names file and column.
    """
    from benchmarks.data.tabular_files import read_table
    from benchmarks.data.typed_tables import type_columns

    table = read_table(path)
    columns = set(table.columns)
    if columns >= set(PERIOD_COLUMNS):
        typed = type_columns(table, where=str(path), roles={"scored_at": "time"})
        notes = [note for r in typed.readings if r.kind == "time" for note in r.notes]
        return Scored(_table(path, typed.frame), (), (*table.notes, *notes))
    if columns >= set(ROW_COLUMNS):
        answers = [c for c in ("y", "prediction", "previous_prediction") if c in columns]
        roles: dict[str, Role] = {"ts": "time"}
        roles |= dict.fromkeys(answers, "target")
        typed = type_columns(
            table,
            where=str(path),
            roles=roles,
            said=dict.fromkeys(columns - {*answers, "ts", "score"}, "ignore"),
        )
        notes = [note for reading in typed.readings for note in reading.notes]
        return _rows(path, typed.frame, guard=guard, notes=(*table.notes, *notes))
    raise AdvisorError(
        f"{path}: found the columns {', '.join(sorted(columns))}: give"
        f" {','.join(PERIOD_COLUMNS)} per period, or {','.join(ROW_COLUMNS)} per row"
    )


def _table(path: Path, frame: "pd.DataFrame") -> tuple[ScoredPeriod, ...]:
    from pydantic import ValidationError

    has_previous = "previous_error" in frame.columns
    try:
        return tuple(
            ScoredPeriod(
                case_count=int(row["n"]),
                error_per_case=float(row["error"]),
                previous_error_per_case=_known(row["previous_error"]) if has_previous else None,
            )
            for row in frame.sort_values("scored_at", kind="stable").to_dict("records")
        )
    except (ValidationError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise AdvisorError(
            f"{path}: n must be 1 or more and errors zero or more ({first})"
        ) from None


def _known(value: Any) -> float | None:
    return None if value != value else float(value)  # noqa: PLR0124  # NaN


def _rows(path: Path, frame: "pd.DataFrame", *, guard: Guard, notes: tuple[str, ...]) -> Scored:
    import pandas as pd

    if guard.period_days is None:
        raise AdvisorError(
            f"{path}: the guard's periods have no length in days: give a table of periods,"
            f" {','.join(PERIOD_COLUMNS)}"
        )
    if frame["ts"].dtype.kind != "M":
        raise AdvisorError(f"{path}: ts holds what is no time: write 2026-01-31T12:00:00")
    frame = frame[frame["ts"].notna()].sort_values("ts", kind="stable")
    shown = frame["score"] if "score" in frame.columns else frame["prediction"]
    unlabelled = pd.to_numeric(shown[frame["y"].isna()], errors="coerce").dropna()
    unscored = frame["y"].notna() & frame["prediction"].isna()
    if unscored.any():
        notes = (*notes, f"{int(unscored.sum()):,} rows without a prediction were left out")
    labelled = frame[frame["y"].notna() & frame["prediction"].notna()]
    if labelled.empty:
        return Scored(periods=(), unlabelled_scores=tuple(unlabelled.tolist()), notes=notes)
    at_s = labelled["ts"].to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
    since = (at_s - at_s.min()) / (guard.period_days * SECONDS_PER_DAY)
    number = np.floor(since).astype(int)
    wrong = _loss(path, guard.loss, labelled["y"], labelled["prediction"])
    before = None
    if "previous_prediction" in labelled.columns:
        before = _loss(path, guard.loss, labelled["y"], labelled["previous_prediction"])
    periods = [
        ScoredPeriod(
            case_count=int((number == each).sum()),
            error_per_case=float(wrong[number == each].mean()),
            previous_error_per_case=None if before is None else _mean(before[number == each]),
        )
        for each in np.unique(number)
    ]
    return Scored(periods=tuple(periods), unlabelled_scores=tuple(unlabelled.tolist()), notes=notes)


def _mean(losses: NDArray[np.float64]) -> float | None:
    known = losses[np.isfinite(losses)]
    return float(known.mean()) if len(known) else None


# What an error is ---------------------------------------------------------------------------------


def _loss(
    path: Path, loss: ErrorLoss | None, truth: "pd.Series[Any]", predicted: "pd.Series[Any]"
) -> NDArray[np.float64]:
    """Loss of each row, as the guard counts it.

    Raises:
        AdvisorError: labels and predictions are not of one kind, with both sets of values.
    """
    name = _told_loss(path, truth) if loss is None else loss.name
    if name in {"assignment", "objective"}:
        raise AdvisorError(
            f"{path}: the guard watches clusters, which have no labels: give a table of periods,"
            f" {','.join(PERIOD_COLUMNS)}"
        )
    if name == "absolute":
        scale = 1.0 if loss is None or loss.scale is None else loss.scale
        return np.asarray(np.abs(_numbers(path, truth) - _numbers(path, predicted)) / scale)
    known = () if loss is None else loss.class_labels
    if name == "log":
        return _log_losses(path, truth, predicted, known=known)
    labels, guesses = _words(truth), _words(predicted)
    _refuse_unlike(path, labels, guesses, known=known)
    wrong = labels != guesses
    if name == "cost" and loss is not None and len(known) == 2:
        usd = np.where(guesses == known[1], loss.false_positive_usd, loss.false_negative_usd)
        return np.where(wrong, usd, 0.0)
    return np.asarray(wrong, dtype=np.float64)


def _told_loss(path: Path, truth: "pd.Series[Any]") -> str:
    """What an error is where the guard does not say: a wrong class, if there are classes."""
    if truth.dtype.kind in "Ob":
        return "zero-one"
    values = truth.dropna().to_numpy(dtype=float)
    is_class = np.all(values == np.round(values)) and len(np.unique(values)) <= MOST_CLASSES
    if is_class:
        return "zero-one"
    raise AdvisorError(
        f"{path}: y holds numbers ({_listed(_words(truth))}), and the guard does not say how their "
        f"errors are counted: give a table of periods, {','.join(PERIOD_COLUMNS)}, or make the "
        "guard from the data ('advisor cadence DATA --guard')"
    )


def _numbers(path: Path, values: "pd.Series[Any]") -> NDArray[np.float64]:
    import pandas as pd

    found = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(found).all():
        bad = values.to_numpy()[~np.isfinite(found)][0]
        raise AdvisorError(
            f"{path}: {values.name} holds {str(bad)!r}, which is no number: the guard's error is "
            "the difference of two numbers"
        )
    return found


def _log_losses(
    path: Path, truth: "pd.Series[Any]", predicted: "pd.Series[Any]", *, known: tuple[str, ...]
) -> NDArray[np.float64]:
    """-log of the probability of the true class, where predictions are those of the second."""
    labels = _words(truth)
    classes = known or tuple(sorted(set(labels)))
    probability = _numbers(path, predicted)
    fits = len(classes) == 2 and set(labels) <= set(classes)
    if not fits or probability.min() < 0 or probability.max() > 1:
        raise AdvisorError(
            f"{path}: labels are {_listed(labels)}; predictions are {_listed(_words(predicted))}: "
            f"the guard counts the logarithm of the true class's probability: write that "
            f"of {classes[-1]!r}, or give a table of periods, {','.join(PERIOD_COLUMNS)}"
        )
    right = np.where(labels == classes[1], probability, 1 - probability)
    return np.asarray(-np.log(np.clip(right, SMALLEST_PROBABILITY, 1.0)))


def _words(values: "pd.Series[Any]") -> NDArray[np.object_]:
    """Classes as words; a whole number is written without decimals, whatever its column's type."""
    return np.array([_word(value) for value in values.tolist()], dtype=object)


def _word(value: Any) -> str:
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    text = str(value).strip()
    return re.sub(r"^([+-]?\d+)\.0+$", r"\1", text)


def _refuse_unlike(
    path: Path, labels: NDArray[np.object_], guesses: NDArray[np.object_], *, known: tuple[str, ...]
) -> None:
    """Refuse labels and predictions in two spellings: no row would ever be right."""
    seen, given, classes = set(labels), set(guesses), {_word(label) for label in known}
    spellings: dict[str, set[str]] = {}
    for word in seen | given | (classes if seen & classes else set()):
        spellings.setdefault(_plain(word), set()).add(word)
    twice = any(len(each) > 1 for each in spellings.values())
    apart = not seen & given and not (classes and seen | given <= classes)
    foreign = given - seen - classes
    if (
        not twice
        and not apart
        and not (foreign and (classes or len(foreign) > len(seen | given) / 2))
    ):
        return
    raise AdvisorError(
        f"{path}: labels are {_listed(labels)}; predictions are {_listed(guesses)}"
        + (f"; the guard knows {_listed(np.array(known, dtype=object))}" if known else "")
        + ": write both alike (the class that is predicted, spelled as in y)"
    )


def _plain(word: str) -> str:
    """A word without case, blanks, quotes and brackets."""
    return re.sub(r"[\s\[\]()'\"]", "", word).casefold()


def _listed(words: NDArray[np.object_]) -> str:
    different = sorted(set(words.tolist()))
    return ", ".join(different[:MOST_SHOWN]) + (" ..." if len(different) > MOST_SHOWN else "")
