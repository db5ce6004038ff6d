"""Prices that nobody read, and follow by a rule from prices that were.

A few rules carry a few sightings far: the components of SageMaker cost what its hosting costs; a
reserved machine and a savings plan cost a share of on-demand that is one for all sizes of a family;
ECS's managed machines pay a share of their price as a fee. What a rule derives starts no earlier
than what it rests on was seen, says DERIVED and the rule in its note, and is never a `list` price.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from pricing.base import Basis
from pricing.quotes import COMMITMENTS, Group, PriceBook, PriceQuote, Row

CATALOGUE: Final = Path(__file__).parent / "data" / "aws" / "catalogue"
REFERENCE_REGION: Final = "us-east-1"
COMPONENTS_SINCE: Final = date(2026, 1, 1)
"""Hosting prices seen from this day on stand for SageMaker's other components too."""
SAME_PRICE: Final = 0.005
"""Prices closer than this fraction are one price, printed with other digits."""

SAGEMAKER_COMPONENTS: Final = (
    "sagemaker-async",
    "sagemaker-training",
    "sagemaker-training-warm-pool",
    "sagemaker-processing",
    "sagemaker-batch-transform",
    "sagemaker-notebook",
    "sagemaker-studio",
)
PLANNED: Final[Mapping[str, tuple[str, ...]]] = {
    # Services that commitments cover, and the kinds that do.
    "ec2": ("reserved", "savings", "compute"),
    "fargate": ("compute",),
    "lambda": ("compute",),
    "sagemaker-hosting": ("savings",),
    **dict.fromkeys(SAGEMAKER_COMPONENTS, ("savings",)),
}
BURSTABLE_RATIO: Final = 1.20
"""SageMaker's t3, which has no hosting price, over EC2's: seen for notebooks in two regions."""
SPOT_SINCE: Final = date(2024, 1, 1)
MANAGED: Final = "ecs-managed-instances"
MANAGED_SINCE: Final = date(2026, 9, 7)
MANAGED_SHARE: Final = 0.12
MANAGED_GPU_SHARE: Final = 0.078
"""The fee of ECS Managed Instances over the machine's on-demand price.

Source: two fees of ap-northeast-1 seen on 2026-09-07, c6a.large 0.0116 and g6.xlarge 0.0910
USD/hour, beside EC2's 0.0963 and 1.1672.
"""
MANAGED_SOURCE: Final = (
    "observed second-hand, not effective, from this day: fees of c6a.large and g6.xlarge in "
    "ap-northeast-1 (third-party capture 65983411425, AWS pricing API, 2026-09-07)"
)


class Share(NamedTuple):
    """What a commitment costs, as a share of on-demand."""

    fraction: float
    """Effective hourly price over the on-demand one."""
    since: date
    """Day it was seen."""
    basis: Basis
    """`scaled`, or `assumed` where another region's share stands in."""
    rule: str
    """Where it comes from, in words."""
    source: str
    """Where it was read."""


SharesKey = tuple[str, str, str, str]
"""Kind and years (`compute-1y`), payment (`all`, `partial`, `none`), family, region."""


@cache
def load_shares(path: Path = CATALOGUE / "commitments.csv") -> Mapping[SharesKey, Share]:
    """Read what commitments cost as shares of on-demand, as far as it was seen."""
    found: dict[SharesKey, Share] = {}
    if not path.exists():
        return found
    sources: dict[str, str] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for kind, payment, family, region, fraction, seen, source in list(csv.reader(file))[1:]:
            if kind == "source":
                sources[payment] = source
                continue
            since = date.fromisoformat(seen)
            share = Share(float(fraction), since, "scaled", "", sources[source])
            found[kind, payment, family, region] = share
    return found


@cache
def load_types(path: Path = CATALOGUE / "sagemaker_types.csv") -> Mapping[str, frozenset[str]]:
    """Read which types each component of SageMaker can run."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        held: dict[str, set[str]] = {}
        for line in csv.DictReader(file):
            held.setdefault(line["service"], set()).update(line["types"].split())
    return {service: frozenset(types) for service, types in held.items()}


@cache
def share_of(*, service: str, family: str, region: str, purchase: str) -> Share | None:
    """Return what a way to buy costs as a share of on-demand, None where nothing tells.

    An EC2 Instance plan costs what a standard reserved machine does; a Compute plan without
    upfront what a convertible one does, and SageMaker's plan what the Compute plan does: the
    shares agree wherever both were seen. A payment that was seen in us-east-1 only keeps its
    distance there from the one without upfront.

    Args:
        service: billing service, a key of `PLANNED`.
        family: of instances, e.g. `m5`, or of tasks and functions, e.g. `linux-arm64`.
        region: region code.
        purchase: one of `pricing.quotes.COMMITMENTS`.
    """
    plan, _, payment = purchase.partition("y")
    kind, years = plan.split("-")
    paid = payment.removeprefix("-") or "all"
    how = {"reserved": "reserved", "compute": "compute"}.get(kind) or (
        "reserved" if service == "ec2" else "compute"
    )
    shares = load_shares()
    term = f"{years}y"

    def seen(what: str, when: str, where: str) -> Share | None:
        return shares.get((f"{what}-{term}", when, family, where))

    title = f"{years}-year {'standard reserved' if how == 'reserved' else 'Compute plan'}"
    own = seen(how, paid, region)
    if own is not None:
        rule = f"the {title} share of {family} in {region}, seen on {own.since}"
        return own._replace(rule=rule)
    home, base = seen(how, paid, REFERENCE_REGION), seen(how, "none", REFERENCE_REGION)
    near = seen("convertible" if how == "compute" else how, "none", region)
    if near is not None and paid == "none":
        rule = f"the {years}-year convertible reserved share of {family} in {region}, which the "
        return near._replace(rule=f"{rule}Compute plan's equals, seen on {near.since}")
    if near is not None and home is not None and base is not None:
        what = "convertible reserved" if how == "compute" else "standard reserved"
        return Share(
            near.fraction * home.fraction / base.fraction,
            max(near.since, home.since),
            "scaled",
            f"the {years}-year {what} share of {family} in {region} without upfront, seen on "
            f"{near.since}, times {REFERENCE_REGION}'s ratio of the payments",
            f"{near.source}; {home.source}",
        )
    if home is not None:
        rule = f"UNVERIFIED: the {title} share of {family} in {REFERENCE_REGION}, seen on "
        return home._replace(basis="assumed", rule=f"{rule}{home.since}; none was seen here")
    return None


def family_of(*, service: str, sku: str) -> str:
    """Return the family whose share an sku has: of its machines, or of its processor."""
    if service in {"fargate", "lambda"}:
        return sku.rsplit("-", 1)[0] if service == "fargate" else sku.split("-", maxsplit=1)[0]
    return sku.removeprefix("ml.").partition(".")[0]


class ShippedRules:
    """The rules that the shipped tables are read with."""

    def groups(self, held: Collection[Group]) -> Iterator[Group]:
        """Return what can be derived from the groups held."""
        sold = {group[:2] for group in held if group[2] == "on-demand"}
        for service, region in sold:
            if service == "ec2":
                yield (MANAGED, region, "on-demand")
                if (service, region, "spot") not in held:
                    yield (service, region, "spot")
            if service == "sagemaker-hosting":
                for component in SAGEMAKER_COMPONENTS:
                    yield (component, region, "on-demand")
                    yield from _plans(component, region)
            if service not in SAGEMAKER_COMPONENTS:
                yield from _plans(service, region)

    def rows(self, group: Group, *, book: PriceBook) -> Iterable[Row]:
        """Derive the rows of one group."""
        service, region, purchase = group
        if purchase == "spot":
            return _spot(region, book=book)
        if purchase != "on-demand":
            return _committed(service, region, purchase, book=book)
        if service == MANAGED:
            return _managed(region, book=book)
        return chain(_component(service, region, book=book), _burstable(service, region, book=book))


SHIPPED_RULES: Final = ShippedRules()


def _plans(service: str, region: str) -> Iterator[Group]:
    for purchase in COMMITMENTS:
        if purchase.split("-")[0] in PLANNED.get(service, ()):
            yield (service, region, purchase)


def _bases(
    service: str, region: str, *, book: PriceBook, since: date
) -> Iterator[tuple[PriceQuote, date]]:
    """Yield every on-demand price in force on a day or after it, and the day it starts to count."""
    for sku in book.skus(service=service, region=region):
        held = book.history(service=service, sku=sku, region=region)
        for place, quote in enumerate(held):
            later = held[place + 1] if place + 1 < len(held) else None
            ends = later is not None and later.valid_from <= since
            again = later is not None and later.valid_from == quote.valid_from
            if not ends and not again and not quote.tier_from_units:
                yield quote, max(quote.valid_from, since)


def _committed(service: str, region: str, purchase: str, *, book: PriceBook) -> Iterator[Row]:
    for sku in book.skus(service=service, region=region):
        family = family_of(service=service, sku=sku)
        share = share_of(service=service, family=family, region=region, purchase=purchase)
        if share is None or "metal" in sku:
            continue
        days: dict[date, PriceQuote] = {}
        for quote in book.history(service=service, sku=sku, region=region):
            if not quote.tier_from_units:  # the newest that has started by then
                days[max(quote.valid_from, share.since)] = quote
        for day, quote in days.items():
            yield _derived(
                quote,
                service=service,
                purchase=purchase,
                price=quote.price_usd_per_unit * share.fraction,
                since=day,
                basis="assumed" if "assumed" in {quote.basis, share.basis} else "scaled",
                rule=f"on demand x {share.fraction:.4f}, {share.rule}",
                source=f"{share.source}; {quote.source}",
            )


def _spot(region: str, *, book: PriceBook) -> Iterator[Row]:
    """Take a type's spot price where none was seen as its usual share of on-demand elsewhere."""
    elsewhere = sorted(r for s, r, how in book.groups_read if (s, how) == ("ec2", "spot"))
    bases: dict[str, list[PriceQuote]] = {}
    for quote, _ in _bases("ec2", region, book=book, since=SPOT_SINCE):
        bases.setdefault(quote.sku, []).append(quote)
    for sku in book.skus(service="ec2", region=region):
        found = []
        for other in elsewhere:
            seen = book.history(service="ec2", sku=sku, region=other, purchase="spot")
            if seen:
                then = seen[-1].valid_from
                base = book.find(service="ec2", sku=sku, region=other, on=then)
                if base is not None:
                    found.append((seen[-1].price_usd_per_unit / base.price_usd_per_unit, then))
        if not found:
            continue
        share = min(1.0, median(share for share, _ in found))
        since = max(day for _, day in found)
        for day, quote in {max(q.valid_from, since): q for q in bases.get(sku, ())}.items():
            yield _derived(
                quote,
                service="ec2",
                purchase="spot",
                price=quote.price_usd_per_unit * share,
                since=day,
                basis="assumed",
                rule=f"UNVERIFIED: on demand x {share:.3f}, the middle of {len(found)} regions",
                source=quote.source,
            )


def _managed(region: str, *, book: PriceBook) -> Iterator[Row]:
    for quote, day in _bases("ec2", region, book=book, since=MANAGED_SINCE):
        gpu = quote.sku[0] in "gp"
        share = MANAGED_GPU_SHARE if gpu else MANAGED_SHARE
        yield _derived(
            quote,
            service=MANAGED,
            purchase="on-demand",
            price=quote.price_usd_per_unit * share,
            since=day,
            basis="assumed" if quote.basis == "assumed" else "scaled",
            rule=f"{100 * share:g} % of EC2, the fee seen for {'g6' if gpu else 'c6a'}",
            source=f"{MANAGED_SOURCE}; {quote.source}",
        )


def _component(service: str, region: str, *, book: PriceBook) -> Iterator[Row]:
    runs = load_types().get(service, frozenset())
    for sku in book.skus(service="sagemaker-hosting", region=region):
        if sku not in runs:
            continue
        for quote in book.history(service="sagemaker-hosting", sku=sku, region=region):
            if quote.basis != "list" or quote.valid_from < COMPONENTS_SINCE:
                continue
            if _stands(book.history(service=service, sku=sku, region=region), quote):
                continue
            yield _derived(
                quote,
                service=service,
                purchase="on-demand",
                price=quote.price_usd_per_unit,
                since=quote.valid_from,
                basis="scaled",
                rule="the hosting price; SageMaker's components cost the same",
                source=quote.source,
            )


def _burstable(service: str, region: str, *, book: PriceBook) -> Iterator[Row]:
    """Price the types that a component runs and hosting does not sell: t3 at its ratio to EC2."""
    for sku in sorted(load_types().get(service, frozenset())):
        if not sku.startswith("ml.t3."):
            continue
        own = book.history(service=service, sku=sku, region=region)
        for quote in book.history(
            service="ec2", sku=sku.removeprefix("ml."), region=region, purchase="on-demand"
        ):
            price = quote.price_usd_per_unit * BURSTABLE_RATIO
            alike = quote.replace(price_usd_per_unit=price)
            if quote.valid_from >= COMPONENTS_SINCE and not _stands(own, alike):
                yield _derived(
                    quote.replace(sku=sku),
                    service=service,
                    purchase="on-demand",
                    price=price,
                    since=quote.valid_from,
                    basis="scaled",
                    rule=f"EC2's price x {BURSTABLE_RATIO:g}, as seen for notebooks",
                    source=quote.source,
                )


def _stands(own: Iterable[PriceQuote], hosting: PriceQuote) -> bool:
    """Whether a component's own price says the same on that day, by its own sighting."""
    started = [row for row in own if row.valid_from <= hosting.valid_from]
    if not started:
        return False
    now = max(started, key=lambda row: row.valid_from)
    off = abs(now.price_usd_per_unit / hosting.price_usd_per_unit - 1.0)
    return now.basis == "list" and off <= SAME_PRICE


def _derived(
    quote: PriceQuote,
    *,
    service: str,
    purchase: str,
    price: float,
    since: date,
    basis: Basis,
    rule: str,
    source: str,
) -> Row:
    """Make a row that says what it was derived from."""
    marks = f"; {quote.note}" if quote.note else ""
    return Row(
        service,
        quote.sku,
        quote.region,
        purchase,
        quote.unit,
        quote.tier_from_units,
        round(price, 12),
        since,
        quote.checked_on,
        basis,
        source,
        f"DERIVED by rule: {rule}{marks}",
    )
