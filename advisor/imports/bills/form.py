"""The one form that every bill is read into, and what can be wrong with one."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal, NamedTuple

from advisor.errors import AdvisorError

Kind = Literal[
    "usage",
    "negation",
    "commitment",
    "unused_commitment",
    "discounts",
    "credits",
    "refunds",
    "corrections",
    "fees",
    "tax",
]
"""What a row is of. Only `usage` can be held against an estimate; `negation` and `commitment` are
cash alone, since amortised cost has them in the use that they paid for."""

Owner = Literal["ours", "others", "untagged"]
"""Whose a row is, by resource first, then by tag."""

UNKNOWN: Final = "unknown"
"""Meter of a usage type that this product does not know: shown by its name, never dropped."""


class BillError(AdvisorError):
    """A bill that cannot be read as it stands."""


class Scope(NamedTuple):
    """Which rows of a shared bill are the model's; all of them where nothing is named."""

    tag: tuple[str, str] | None = None
    """Key and value of a cost allocation tag."""
    resource: str | None = None
    """Words in the resource's id or ARN, e.g. an endpoint's name."""


class BillRow(NamedTuple):
    """What one day was billed for one thing, bought one way."""

    day: date
    """First day of the use, UTC."""
    end: datetime
    """Latest end of the use, UTC."""
    span_hours: float
    """Longest time that one row of the bill is of: 1 in an hourly bill. [h]"""
    period: date
    """First day of the month whose bill the row is in."""
    meter: str
    """Service of the price book, e.g. `sagemaker-hosting`; `unknown` for what it does not know."""
    sku: str
    """What is bought, as the price book names it; the usage type for an unknown meter."""
    region: str
    """AWS region, `global` where the bill names none."""
    purchase: str
    """`on-demand`, `spot`, `savings` or `reserved`."""
    quantity: float
    """Units used; 0 for what is no use."""
    unit: str
    """The price book's unit, or the bill's for an unknown meter."""
    list_usd: float | None
    """Public on-demand price of the use; null where the bill does not tell. [USD]"""
    cash_usd: float
    """What the invoice says. [USD]"""
    amortised_usd: float
    """What the use cost with its share of what was paid in advance. [USD]"""
    kind: Kind
    """What the row is of."""
    owner: Owner
    """Whose it is."""
    usage_type: str
    """The bill's own name, as it stands there."""


@dataclass(frozen=True)
class Bill:
    """A bill in the one form."""

    form: str
    """`CUR 2.0`, `CUR`, `FOCUS` or `Cost Explorer`."""
    rows: tuple[BillRow, ...]
    """Added up by day, thing and kind."""
    row_count: int
    """Rows that were read."""
    left_out_row_count: int = 0
    """Rows that are parts of another row, and not billed themselves."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""

    @property
    def cash_usd(self) -> float:
        """The invoice: every row's cash. [USD]"""
        return math.fsum(row.cash_usd for row in self.rows)

    @property
    def amortised_usd(self) -> float:
        """Every row's amortised cost. [USD]"""
        return math.fsum(row.amortised_usd for row in self.rows)


def checked(bill: Bill, *, cash_usd: float, where: str) -> Bill:
    """Return the bill, once its rows add up to the cash that the file holds.

    Args:
        bill: as read.
        cash_usd: sum of the file's own cash column, added up apart from the rows. [USD]
        where: name of the file, for the message.

    Raises:
        BillError: they do not: rows were lost or counted twice.
    """
    if not math.isclose(bill.cash_usd, cash_usd, rel_tol=1e-9, abs_tol=1e-6):
        raise BillError(
            f"{where}: its rows add up to {bill.cash_usd:,.6f} USD and not to the "
            f"{cash_usd:,.6f} USD of its cash column: the file holds a form that is not known here"
        )
    return bill


def known_currency(currency: str, *, where: str) -> None:
    """Refuse a bill in another currency.

    Raises:
        BillError: it is not in US dollars.
    """
    if currency != "USD":
        raise BillError(
            f"{where}: is in the currency {currency or '(none given)'!r}, and prices here are in "
            "USD: export the bill in USD"
        )


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a zone is taken to be in it, as bills are."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def owner_of(*, scope: Scope, tag: str | None, is_resource: bool) -> Owner:
    """Say whose a row is: by its resource, then by its tag; never spread silently.

    Example:
        >>> owner_of(scope=Scope(tag=("model", "churn")), tag=None, is_resource=False)
        'untagged'
    """
    if scope == Scope() or is_resource:
        return "ours"
    if scope.tag is None:
        return "others"
    if not tag:
        return "untagged"
    return "ours" if tag == scope.tag[1] else "others"


def notes_of(rows: Iterable[BillRow]) -> tuple[str, ...]:
    """Say what a reader must know of the rows: usage types that no meter is known for."""
    unknown = sorted({row.usage_type for row in rows if row.meter == UNKNOWN})
    if not unknown:
        return ()
    shown = ", ".join(unknown[:5]) + (" and others" if len(unknown) > 5 else "")
    return (f"{len(unknown):,} usage types are of no known meter: {shown}",)
