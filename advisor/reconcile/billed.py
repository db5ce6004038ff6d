"""The part of a bill that can be held against an estimate, and what stands apart from it."""

import calendar
import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from advisor.errors import AdvisorError
from advisor.imports.bills import Bill, BillRow
from advisor.reconcile.predicted import Key
from pricing.base import HOURS_PER_MONTH

_DAY: Final = timedelta(days=1)


class Days(NamedTuple):
    """The days of a bill that are whole."""

    first: date
    """First day of use."""
    end: date
    """Day after the last full one."""

    @property
    def hours(self) -> float:
        """Hours in them. [h]"""
        return 24.0 * (self.end - self.first).days

    def share(self, unit: str) -> float:
        """Return what a month of the estimate is to be multiplied by.

        Hours are compared with hours, since a month has 672 to 744 of them and ours 730; what is
        billed by the month, whatever its length, with the share of the calendar month.
        """
        if not unit.endswith("-month"):
            return self.hours / HOURS_PER_MONTH
        shares = Counter((day.year, day.month) for day in self._all())
        return sum(count / calendar.monthrange(*month)[1] for month, count in shares.items())

    def _all(self) -> list[date]:
        return [self.first + n * _DAY for n in range((self.end - self.first).days)]


class Billed(NamedTuple):
    """One meter and sku of the bill, in its full days."""

    quantity: float
    """Units."""
    unit: str
    """What one unit is."""
    usd: float
    """Amortised cost. [USD]"""
    bought: dict[str, tuple[float, float]]
    """Units and cost by how they were bought. [unit, USD]"""
    usage_types: tuple[str, ...]
    """The bill's own names."""


class Split(NamedTuple):
    """A bill taken apart."""

    days: Days
    """Its full days."""
    billed: dict[Key, Billed]
    """Use in these days."""
    apart: dict[str, float]
    """Amortised cost of all that is no use of the model's in these days, by kind. [USD]"""


def split(bill: Bill, *, until: date | None = None) -> Split:
    """Take a bill apart: use in full days, and the rest by its kind.

    Args:
        bill: as read.
        until: last day to compare; the last full one by default.

    Raises:
        AdvisorError: the bill has no full day of use.
    """
    # What arrives late for an earlier month says nothing of the days that the bill is of.
    use = [row for row in bill.rows if row.kind == "usage" and row.day >= row.period]
    days = full_days(use, until=until)
    taken: dict[Key, list[BillRow]] = {}
    apart: dict[str, list[float]] = {}
    for row in bill.rows:
        where = _kind(row, days)
        if where == "usage":
            taken.setdefault((row.meter, row.sku, row.region), []).append(row)
        else:
            apart.setdefault(where, []).append(row.amortised_usd)
    sums = {kind: math.fsum(amounts) for kind, amounts in sorted(apart.items())}
    billed = {key: _added(rows) for key, rows in taken.items()}
    return Split(days, billed, {kind: usd for kind, usd in sums.items() if usd})


def full_days(use: Sequence[BillRow], *, until: date | None) -> Days:
    """Return the days that the bill has whole: the newest come in for a day or two.

    An hourly bill tells where its last day ends; a daily one of a month that goes on does not, and
    its last day is left out.

    Raises:
        AdvisorError: there is none.
    """
    if not use:
        raise AdvisorError("the bill has no row of use: give one of a month in which the model ran")
    first = min(row.day for row in use)
    latest = max(row.end for row in use)
    end = latest.date()
    month_goes_on = end.day != 1 or latest.time() != datetime.min.time()
    is_daily = all(row.span_hours >= 24 for row in use)
    if month_goes_on and is_daily and end - first > _DAY:
        end -= _DAY
    if until is not None:
        end = min(end, until + _DAY)
    if any(row.span_hours > 24 and row.day < end < row.end.date() for row in use):
        raise AdvisorError(
            f"the bill has rows of a whole month, which cannot be cut after {end - _DAY}: export "
            "it by the day, or leave --until out"
        )
    if end <= first:
        raise AdvisorError(
            f"the bill has no full day of use from {first}: give one of at least a day, or a later "
            "--until"
        )
    return Days(first, end)


def _kind(row: BillRow, days: Days) -> str:
    """Return what a row counts as."""
    if row.owner != "ours":
        return row.owner
    if row.kind in {"usage", "corrections"}:
        # A correction that says which month it corrects belongs to it, where that is here.
        if row.kind == "corrections" and not (row.quantity and days.first <= row.day < days.end):
            return "corrections"
        if row.day < days.first:
            return "corrections"
        return "usage" if row.day < days.end else "incomplete_days"
    return row.kind


def _added(rows: Sequence[BillRow]) -> Billed:
    bought: dict[str, tuple[float, float]] = {}
    for row in rows:
        quantity, usd = bought.get(row.purchase, (0.0, 0.0))
        bought[row.purchase] = (quantity + row.quantity, usd + row.amortised_usd)
    return Billed(
        quantity=math.fsum(row.quantity for row in rows),
        unit=rows[0].unit,
        usd=math.fsum(row.amortised_usd for row in rows),
        bought=bought,
        usage_types=tuple(sorted({row.usage_type for row in rows})),
    )
