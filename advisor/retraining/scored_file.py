"""Newly scored data for the guard: a table of periods, or rows with labels and predictions."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from advisor.errors import AdvisorError
from advisor.retraining.drift_guard import Guard, ScoredPeriod

if TYPE_CHECKING:
    import pandas as pd

PERIOD_COLUMNS: Final = ("scored_at", "n", "error")
ROW_COLUMNS: Final = ("ts", "y", "prediction")


@dataclass(frozen=True)
class Scored:
    """What was read."""

    periods: tuple[ScoredPeriod, ...]
    unlabelled_scores: tuple[float, ...]
    """Scores, or else predictions, of rows whose label is not known yet."""


def read_scored(path: Path, *, guard: Guard) -> Scored:
    """Read what was scored since the last retrain.

    Either a table of periods, `scored_at,n,error[,previous_error]`, or rows,
    `ts,y,prediction[,previous_prediction][,score]`, cut into the guard's periods from the first.

    Raises:
        AdvisorError: one line that names file and column.
    """
    frame = _read(path)
    columns = set(frame.columns)
    if columns >= set(PERIOD_COLUMNS):
        return Scored(periods=_table(path, frame), unlabelled_scores=())
    if columns >= set(ROW_COLUMNS):
        return _rows(path, frame, guard=guard)
    raise AdvisorError(
        f"{path}: found the columns {', '.join(map(str, frame.columns))}: give"
        f" {','.join(PERIOD_COLUMNS)} per period, or {','.join(ROW_COLUMNS)} per row"
    )


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            return pd.read_parquet(path)
        return pd.read_csv(path)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        first = str(error).partition("\n")[0]
        raise AdvisorError(f"{path}: cannot be read as a table ({first})") from None


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


def _rows(path: Path, frame: "pd.DataFrame", *, guard: Guard) -> Scored:
    import numpy as np
    import pandas as pd

    if guard.period_days is None:
        raise AdvisorError(
            f"{path}: the guard's periods have no length in days: give a table of periods,"
            f" {','.join(PERIOD_COLUMNS)}"
        )
    try:
        at = pd.to_datetime(frame["ts"], utc=True)
    except (ValueError, TypeError):
        raise AdvisorError(f"{path}: ts holds what is no time: write 2026-01-31T12:00:00") from None
    frame = frame.assign(ts=at).sort_values("ts", kind="stable")
    shown = frame["score"] if "score" in frame.columns else frame["prediction"]
    unlabelled = pd.to_numeric(shown[frame["y"].isna()], errors="coerce").dropna()
    labelled = frame[frame["y"].notna()]
    since = (labelled["ts"] - labelled["ts"].min()) / pd.Timedelta(days=guard.period_days)
    number = np.floor(since.to_numpy(dtype=float)).astype(int)
    wrong = _loss(labelled["y"], labelled["prediction"])
    before = None
    if "previous_prediction" in labelled.columns:
        before = _loss(labelled["y"], labelled["previous_prediction"])
    periods = [
        ScoredPeriod(
            case_count=int((number == each).sum()),
            error_per_case=float(wrong[number == each].mean()),
            previous_error_per_case=None
            if before is None
            else float(before[number == each].mean()),
        )
        for each in np.unique(number)
    ]
    return Scored(periods=tuple(periods), unlabelled_scores=tuple(unlabelled.tolist()))


def _loss(truth: "pd.Series[Any]", predicted: "pd.Series[Any]") -> Any:
    """0/1 loss: 1 where the prediction is not the label."""
    return (truth.to_numpy() != predicted.to_numpy()).astype(float)
