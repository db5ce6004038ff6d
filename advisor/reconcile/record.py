"""The product's own record: how its estimates stood against the bills that came."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from pydantic import ValidationError

from advisor.errors import AdvisorError
from advisor.files import write_whole
from advisor.reconcile.result import Reconciliation
from advisor.records import Record
from benchmarks.statistics.distributions import beta_quantile

FOLDER: Final = "reconciled"
"""Where months are kept, in the study's store."""
MAX_BYTES: Final = 10_000_000


class LineRecord(Record):
    """How one meter stood."""

    meter: str
    """Service of the price book."""
    months: int
    """Months in which both sides had it."""
    median_error_fraction: float
    """Median of |billed - predicted| / predicted. [fraction]"""
    bias_fraction: float
    """Billed over predicted in the mean of logarithms, less one; above 0: we promise too little.
    [fraction]"""


class TrackRecord(Record):
    """Coverage, error and bias over all months that were reconciled."""

    months: int
    """Months of all studies."""
    studies: tuple[str, ...]
    """Their names."""
    judged: int
    """Months whose estimate had a band."""
    covered: int
    """Of these, months whose bill was within the 80% band."""
    coverage_low: float | None
    """80% interval of the true coverage, lower end; null without a judged month. [fraction]"""
    coverage_high: float | None
    """Upper end. [fraction]"""
    median_error_fraction: float | None
    """Median of |billed - predicted| / predicted of whole months. [fraction]"""
    bias_fraction: float | None
    """Billed over predicted of whole months, mean of logarithms, less one. [fraction]"""
    lines: tuple[LineRecord, ...]
    """Per meter, the largest error first."""

    @property
    def sentence(self) -> str:
        """For people."""
        if not self.months:
            return "No month was held against a bill yet."
        plural = "s" if self.months > 1 else ""
        words = f"{self.months} month{plural} of {len(self.studies)} studies held against the bill"
        if self.median_error_fraction is not None and self.bias_fraction is not None:
            words += (
                f": half of them within {self.median_error_fraction:.0%}, "
                f"bills {self.bias_fraction:+.0%} against the estimates"
            )
        if self.judged and self.coverage_low is not None and self.coverage_high is not None:
            words += (
                f"; {self.covered} of {self.judged} within the 80% band (true share "
                f"{self.coverage_low:.0%} to {self.coverage_high:.0%})"
            )
        return words + "."


def keep(found: Reconciliation, *, store: Path, study: Path) -> Path:
    """Keep a month in the study's store and return the file; the same month is replaced."""
    folder = store / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{study.stem}-{found.first_day:%Y-%m}.json"
    write_whole(path, found.model_dump_json(indent=2) + "\n")
    return path


def kept_months(folder: Path) -> list[Reconciliation]:
    """Return all months kept below a folder, by study and day.

    Raises:
        AdvisorError: there is no such folder, or a file does not hold a reconciliation.
    """
    if not folder.is_dir():
        raise AdvisorError(f"{folder}: no such folder")
    found = []
    for path in sorted(folder.rglob(f"{FOLDER}/*.json")):
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            continue
        try:
            found.append(Reconciliation.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"]
            raise AdvisorError(
                f"{path}: is no month that 'advisor reconcile --learn' kept ({problem}): delete it"
            ) from None
    return sorted(found, key=lambda one: (one.study, one.first_day))


def track_record(months: Sequence[Reconciliation]) -> TrackRecord:
    """Sum up how the estimates stood."""
    judged = [m for m in months if m.predicted_usd_low is not None]
    covered = [m for m in judged if _is_within(m)]
    pairs = [(m.billed_usd, m.predicted_usd) for m in months]
    lines: dict[str, list[tuple[float, float]]] = {}
    for month in months:
        sums: dict[str, tuple[float, float]] = {}
        for part in month.parts:
            if part.predicted_usd_per_unit is None or part.billed_usd_per_unit is None:
                continue
            predicted = part.predicted_quantity * part.predicted_usd_per_unit
            billed, before = sums.get(part.meter, (0.0, 0.0))
            own = part.billed_quantity * part.billed_usd_per_unit
            sums[part.meter] = (billed + own, before + predicted)
        for meter, pair in sums.items():
            lines.setdefault(meter, []).append(pair)
    rows = [
        LineRecord(
            meter=meter,
            months=len(all_),
            median_error_fraction=error,
            bias_fraction=bias,
        )
        for meter, all_ in lines.items()
        for error, bias in [_error_and_bias(all_)]
        if error is not None and bias is not None
    ]
    error, bias = _error_and_bias(pairs)
    count, hits = len(judged), len(covered)
    return TrackRecord(
        months=len(months),
        studies=tuple(sorted({m.study for m in months})),
        judged=count,
        covered=hits,
        # Jeffreys' interval: Beta(hits + 1/2, misses + 1/2).
        coverage_low=beta_quantile(0.1, hits + 0.5, count - hits + 0.5) if count else None,
        coverage_high=beta_quantile(0.9, hits + 0.5, count - hits + 0.5) if count else None,
        median_error_fraction=error,
        bias_fraction=bias,
        lines=tuple(sorted(rows, key=lambda row: (-row.median_error_fraction, row.meter))),
    )


def _is_within(month: Reconciliation) -> bool:
    low, high = month.predicted_usd_low, month.predicted_usd_high
    return low is not None and high is not None and low <= month.billed_usd <= high


def _error_and_bias(pairs: Sequence[tuple[float, float]]) -> tuple[float | None, float | None]:
    """Return the median relative error and the mean bias of billed over predicted."""
    kept = [(billed, before) for billed, before in pairs if billed > 0 and before > 0]
    if not kept:
        return None, None
    logs = [math.log(billed / before) for billed, before in kept]
    bias = math.expm1(math.fsum(logs) / len(logs))
    return median(abs(billed - before) / before for billed, before in kept), bias
