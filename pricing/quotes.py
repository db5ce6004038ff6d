"""Quotes, and the book that finds the one in force on a day."""

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from threading import RLock
from typing import Any, Literal, NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat

from pricing.base import Basis, Record
from pricing.errors import QuoteNotFound

Unit = Literal[
    "hour",
    "second",
    "vcpu-hour",
    "gib-hour",
    "gib-second",
    "gb",
    "gb-month",
    "lcu-hour",
    "iops-month",
    "mibps-month",
    "1k-requests",
    "item-month",
    "usd",
]

PlanPurchase = Literal[
    "savings-1y",
    "savings-1y-partial",
    "savings-1y-none",
    "savings-3y",
    "savings-3y-partial",
    "savings-3y-none",
    "compute-1y",
    "compute-1y-partial",
    "compute-1y-none",
    "compute-3y",
    "compute-3y-partial",
    "compute-3y-none",
]
"""Savings plans: of one family or of SageMaker (`savings`), or of any compute (`compute`).

All is paid upfront, or a half (`-partial`), or nothing (`-none`); rates are effective hourly ones.
"""
Purchase = Literal[
    "on-demand",
    "spot",
    "reserved-1y",
    "reserved-1y-partial",
    "reserved-1y-none",
    "reserved-3y",
    "reserved-3y-partial",
    "reserved-3y-none",
    PlanPurchase,
]
PLAN_PURCHASES: tuple[PlanPurchase, ...] = get_args(PlanPurchase)
PURCHASES: tuple[Purchase, ...] = get_args(Purchase)
COMMITMENTS: tuple[Purchase, ...] = PURCHASES[2:]
"""Every way to buy that binds for years."""


class PriceQuote(Record):
    """One price for one unit, exactly as the vendor bills it."""

    service: str
    """Billing service, e.g. `sagemaker-hosting`, `ec2`, `fargate`."""
    sku: str
    """What is bought, the vendor's own name where it has one, e.g. `ml.m5.large`."""
    region: str
    """The vendor's region code, e.g. `eu-west-1`."""
    purchase: Purchase = "on-demand"
    """How it is bought."""
    unit: Unit
    """What one unit of quantity is."""
    tier_from_units: NonNegativeFloat = 0.0
    """First quantity of the month that it applies to, in units; 0 where there are no tiers."""
    price_usd_per_unit: PositiveFloat
    """Price before tax, credits and discounts. An unknown price has no quote, never 0."""
    valid_from: date
    """First day this price is known to apply, UTC. A new price is a new row; old rows stay."""
    checked_on: date
    """Last day the price was read at its source, UTC."""
    basis: Basis
    """A dated `list` price, `scaled` by a stated ratio, `assumed`, or the user's `input`."""
    source: str
    """Where the number was read, precise enough to read it again."""
    note: str = ""
    """What a reader must know: DERIVED, STALE and UNVERIFIED stand here."""


class Row(NamedTuple):
    """One line of a price table, dates parsed, nothing else changed."""

    service: str
    sku: str
    region: str
    purchase: str
    unit: str
    tier_from_units: float
    price_usd_per_unit: float
    valid_from: date
    checked_on: date
    basis: str
    source: str
    note: str


_UNITS, _PURCHASES, _BASES = (frozenset(get_args(words)) for words in (Unit, Purchase, Basis))


def is_price(row: Row) -> bool:
    """Whether a row is a sound quote, told without making one."""
    return (
        0.0 < row[6] < math.inf
        and row[4] in _UNITS
        and row[3] in _PURCHASES
        and row[9] in _BASES
        and 0.0 <= row[5] < math.inf
    )


class Confirmation(NamedTuple):
    """Every list price of a service in a region was read again on a day, and stood as held."""

    service: str
    region: str
    purchase: str
    checked_on: date
    source: str


class Withdrawal(NamedTuple):
    """From a day on a thing is no longer sold: a price that was held before is none any more."""

    service: str
    sku: str
    region: str
    purchase: str
    since: date
    source: str
    note: str


Key = tuple[str, str, str, str]
Entry = tuple[date, float, date, int]
"""First day, tier, day of reading, and number of the row: they sort by what is in force."""


Group = tuple[str, str, str]
"""Service, region and purchase: what is derived, and confirmed, together."""


class Rules(Protocol):
    """How prices that nobody read follow from prices that were."""

    def groups(self, held: Collection[Group]) -> Iterable[Group]:
        """Return the groups that can be derived from those held."""
        ...

    def rows(self, group: Group, *, book: "PriceBook") -> Iterable[Row]:
        """Derive the rows of one group; each says so in its note."""
        ...


NO_TIER, GONE = -1.0, -1
"""A withdrawal stands in the index before every tier of its day, as the row that is none."""


class PriceBook:
    """All quotes, indexed; what was read is immutable. A quote is made when it is first asked for.

    With `rules`, what they derive is found like everything else; a group of it is made when one
    of its prices is first asked for. `rows` holds what was read, `all_rows` both.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        confirmations: Sequence[Confirmation] = (),
        withdrawals: Sequence[Withdrawal] = (),
        rules: Rules | None = None,
    ) -> None:
        self._read: tuple[Row, ...] = tuple(rows)
        self._rows: list[Row] = list(self._read)
        self._confirmations: tuple[Confirmation, ...] = tuple(confirmations)
        confirmed: dict[tuple[str, str, str], date] = {}
        for one in confirmations:
            group = (one.service, one.region, one.purchase)
            confirmed[group] = max(confirmed.get(group, one.checked_on), one.checked_on)
        self._confirmed: Mapping[Group, date] = confirmed
        index: dict[Key, list[Entry]] = {}
        for number, row in enumerate(self._read):
            entry = (row[7], row[5], row[8], number)
            key = row[:4]
            if key in index:
                index[key].append(entry)
            else:
                index[key] = [entry]
        self._withdrawals: tuple[Withdrawal, ...] = tuple(withdrawals)
        for gone in self._withdrawals:
            if gone[:4] in index:
                index[gone[:4]].append((gone.since, NO_TIER, gone.since, GONE))
        for entries in index.values():
            if len(entries) > 1:
                entries.sort()
        self._index: dict[Key, list[Entry]] = index
        self._quotes: dict[int, PriceQuote] = {}
        self._skus: dict[tuple[str, str], tuple[str, ...]] = {}
        self._places: dict[tuple[str, str], set[str]] = {}
        for service, sku, region, _ in index:
            self._places.setdefault((service, region), set()).add(sku)
        self._rules = rules
        self._lock = RLock()
        held = {(service, region, purchase) for service, _, region, purchase in index}
        self._held: frozenset[Group] = frozenset(held)
        self._deriving: set[Group] = set()
        self._to_derive: set[Group] = set(rules.groups(held)) if rules else set()

    def __len__(self) -> int:
        return len(self._read)

    def __iter__(self) -> Iterator[PriceQuote]:
        return (self._quote(number) for number in range(len(self._read)))

    @property
    def confirmations(self) -> tuple[Confirmation, ...]:
        """Every later reading that found whole groups unchanged."""
        return self._confirmations

    @property
    def withdrawals(self) -> tuple[Withdrawal, ...]:
        """Everything that is no longer sold, and since when."""
        return self._withdrawals

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row that was read."""
        return self._read

    @property
    def groups_read(self) -> frozenset[Group]:
        """Every service, region and purchase of which something was read."""
        return self._held

    def all_rows(self) -> tuple[Row, ...]:
        """Return every row that was read, then every row that the rules derive."""
        for group in sorted(self._to_derive):
            self._derive(group)
        return tuple(self._rows)

    def derived_on_demand(self, regions: Collection[str]) -> tuple[Row, ...]:
        """Return what the rules derive for some regions, but for commitments."""
        for group in sorted(self._to_derive):
            if group[1] in regions and group[2] not in COMMITMENTS:
                self._derive(group)
        return tuple(
            row
            for row in self._rows[len(self._read) :]
            if row.region in regions and row.purchase not in COMMITMENTS
        )

    def _derive(self, group: Group) -> None:
        """Make the derived rows of a group, once, whatever threads ask for it."""
        with self._lock:
            if group not in self._to_derive or group in self._deriving or self._rules is None:
                return
            self._deriving.add(group)  # a rule may ask what was read of its own group
            made: dict[Key, list[Entry]] = {}
            for row in self._rules.rows(group, book=self):
                made.setdefault(row[:4], []).append((row[7], row[5], row[8], len(self._rows)))
                self._rows.append(row)
            for key, entries in made.items():
                self._index[key] = sorted([*self._index.get(key, ()), *entries])
                self._places.setdefault((key[0], key[2]), set()).add(key[1])
            self._to_derive.discard(group)

    def _entries(self, key: Key) -> list[Entry] | None:
        if self._to_derive:
            group = (key[0], key[2], key[3])
            if group in self._to_derive:
                self._derive(group)
        return self._index.get(key)

    def get(
        self, *, service: str, sku: str, region: str, on: date, purchase: str = "on-demand"
    ) -> PriceQuote:
        """Return the quote in force on a day; for a tiered price, its first tier.

        Raises:
            QuoteNotFound: nothing matches; the message lists what would have.
        """
        entries = self._entries((service, sku, region, purchase))
        if entries is not None:
            number = _in_force(entries, on)
            if number is not None:
                return self._quotes.get(number) or self._quote(number)
        raise QuoteNotFound(
            self._not_found(service=service, sku=sku, region=region, purchase=purchase, on=on)
        )

    def find(
        self, *, service: str, sku: str, region: str, on: date, purchase: str = "on-demand"
    ) -> PriceQuote | None:
        """Return the quote in force on a day, or None."""
        entries = self._entries((service, sku, region, purchase))
        number = None if entries is None else _in_force(entries, on)
        return None if number is None else self._quote(number)

    def tiers(
        self, *, service: str, sku: str, region: str, on: date, purchase: str = "on-demand"
    ) -> tuple[PriceQuote, ...]:
        """Return every tier of the price in force on a day, lowest quantity first.

        Raises:
            QuoteNotFound: nothing matches; the message lists what would have.
        """
        first = self.get(service=service, sku=sku, region=region, purchase=purchase, on=on)
        entries = self._entries((service, sku, region, purchase)) or []
        newest = {tier: number for since, tier, _, number in entries if since == first.valid_from}
        return tuple(self._quote(newest[tier]) for tier in sorted(newest))

    def column(
        self,
        *,
        service: str,
        skus: Sequence[str],
        region: str,
        on: date,
        purchase: str = "on-demand",
    ) -> NDArray[np.float64]:
        """Return one price per sku, NaN where there is none, never 0. [USD/unit], (skus,)"""
        prices = np.full(len(skus), np.nan)
        for place, sku in enumerate(skus):
            entries = self._entries((service, sku, region, purchase))
            number = None if entries is None else _in_force(entries, on)
            if number is not None:
                prices[place] = self._rows[number].price_usd_per_unit
        return prices

    def history(
        self, *, service: str, sku: str, region: str, purchase: str = "on-demand"
    ) -> tuple[PriceQuote, ...]:
        """Return every quote ever recorded for one thing, oldest first."""
        entries = self._entries((service, sku, region, purchase)) or []
        return tuple(self._quote(number) for *_, number in entries if number != GONE)

    def skus(self, *, service: str, region: str) -> tuple[str, ...]:
        """Return the skus that have a price, sorted."""
        found = self._skus.get((service, region))
        if found is None:
            # A commitment binds to what can be had on demand: it adds no sku.
            for purchase in ("on-demand", "spot"):
                self._entries((service, "", region, purchase))
            found = tuple(sorted(self._places.get((service, region), ())))
            self._skus[service, region] = found
        return found

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Every billing service of the book, sorted."""
        return tuple(sorted({group[0] for group in self._groups}))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Every region of the book, sorted."""
        return tuple(sorted({group[1] for group in self._groups}))

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of all rows that were read, whatever file or order they stand in."""
        every = (*self._read, *self._confirmations, *self._withdrawals)
        lines = sorted("\x1f".join(map(str, row)) for row in every)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def with_rows(self, rows: Iterable[Row]) -> "PriceBook":
        """Return the book with more rows, e.g. what a refresh has read."""
        return PriceBook(
            [*self._read, *rows],
            confirmations=self._confirmations,
            withdrawals=self._withdrawals,
            rules=self._rules,
        )

    def known_on(self, day: date) -> "PriceBook":
        """Return the book as it stood on a day: without what was read at a source later."""
        return PriceBook(
            [row for row in self._read if row.checked_on <= day],
            confirmations=[one for one in self._confirmations if one.checked_on <= day],
            withdrawals=[one for one in self._withdrawals if one.since <= day],
            rules=self._rules,
        )

    def checked_on(self, row: Row) -> date:
        """Return the last day a row was read: its own, or a later one that confirmed its group."""
        later = self._confirmed.get((row.service, row.region, row.purchase))
        if later is None or later <= row.checked_on or row.basis != "list":
            return row.checked_on
        newest = self._index[row[:4]][-1]
        return later if newest[0] == row.valid_from else row.checked_on

    @staticmethod
    def oldest_checked_on(quotes: Iterable[PriceQuote]) -> date | None:
        """Return the day of the quote that was checked longest ago, None for no quotes."""
        return min((quote.checked_on for quote in quotes), default=None)

    @cached_property
    def _groups(self) -> frozenset[Group]:
        return self._held.union(self._rules.groups(self._held) if self._rules else ())

    def _quote(self, number: int) -> PriceQuote:
        quote = self._quotes.get(number)
        if quote is None:
            row = self._rows[number]
            fields: dict[str, Any] = dict(zip(Row._fields, row, strict=True))
            if self._confirmed:
                fields["checked_on"] = self.checked_on(row)
            quote = PriceQuote(**fields)
            self._quotes[number] = quote
        return quote

    def _not_found(self, *, service: str, sku: str, region: str, purchase: str, on: date) -> str:
        wanted = f"no {service} price for {sku!r} in {region} ({purchase}) on {on.isoformat()}"
        entries = self._entries((service, sku, region, purchase))
        if entries and entries[0][0] <= on:
            gone = max(since for since, *_, number in entries if number == GONE and since <= on)
            return f"{wanted}: it is not sold there since {gone.isoformat()}"
        if entries:
            return f"{wanted}: the first one we hold starts {entries[0][0].isoformat()}"
        if service not in self.services:
            near = get_close_matches(service, self.services, n=3) or self.services[:3]
            return f"{wanted}: no such service, did you mean {', '.join(near)}?"
        skus = self.skus(service=service, region=region)
        if not skus:
            held = self._regions_of(service)
            near = get_close_matches(region, held, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            return (
                f"{wanted}: the book holds no {service} prices for that region, only for "
                f"{', '.join(held)}{hint}"
            )
        if sku in skus:
            ways = [p for p in PURCHASES if self._entries((service, sku, region, p))]
            return f"{wanted}: held only as {', '.join(ways)}"
        elsewhere = [
            r for r in self._regions_of(service) if self._entries((service, sku, r, purchase))
        ]
        if elsewhere:
            return f"{wanted}: it is priced in {', '.join(elsewhere)} only"
        if f"ml.{sku}" in skus:
            return f"{wanted}: did you mean ml.{sku}?"
        near = get_close_matches(sku, skus, n=3) or list(skus[:3])
        return f"{wanted}: did you mean {', '.join(near)}?"

    def _regions_of(self, service: str) -> tuple[str, ...]:
        return tuple(sorted({region for held, region, _ in self._groups if held == service}))


def _in_force(entries: list[Entry], on: date) -> int | None:
    """Return the row of the newest price that has started: lowest tier, read last."""
    newest = None
    for entry in reversed(entries):
        valid_from = entry[0]
        if valid_from <= on:
            if newest is None:
                newest = entry
            elif valid_from != newest[0]:
                break
            elif entry[1] < newest[1]:
                newest = entry
    return None if newest is None or newest[3] == GONE else newest[3]
