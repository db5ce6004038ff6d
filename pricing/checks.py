"""The rules that every price table obeys; used by refresh, by CI and by the tests alike."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple, get_args

from pricing.base import Basis
from pricing.quotes import PURCHASES, Row, Unit
from pricing.rules import SAGEMAKER_COMPONENTS as RULED_COMPONENTS
from pricing.rules import SHIPPED_RULES
from pricing.tables import as_text

LARGEST_JUMP: Final = 3.0
"""A price that moves by this factor or more needs a note that says why."""
REGION_TOLERANCE: Final = 0.002
"""How far a size may stand off its family's regional ratio, as a fraction of the price."""
REGION_TOLERANCE_USD: Final = 1.01e-4
"""The same in dollars: list prices are printed to a ten-thousandth."""
DERIVED: Final = frozenset(RULED_COMPONENTS)
HALF: Final = 0.5
"""A region with fewer skus than this share of what is usual is half-empty."""
REFERENCE_REGION: Final = "us-east-1"

SAGEMAKER_COMPONENTS: Final = (
    "sagemaker-hosting",
    "sagemaker-async",
    "sagemaker-training",
    "sagemaker-training-warm-pool",
    "sagemaker-processing",
    "sagemaker-batch-transform",
    "sagemaker-notebook",
    "sagemaker-studio",
)
SAGEMAKER_RATIOS: Final[Mapping[str, tuple[float, float]]] = {
    # family: (ratio of .xlarge, ratio of every other size)
    **dict.fromkeys(("t3", "m5", "c5", "r5", "m4", "m5d", "c5d", "r5d"), (1.20, 1.20)),
    **dict.fromkeys(("m6g", "c6g", "r6g", "c6i", "c7g", "c8g", "r8g"), (1.20, 1.20)),
    **dict.fromkeys(("c7i", "m7i", "r7i"), (1.20, 1.20)),
    **dict.fromkeys(("g4dn", "g5", "g6", "g6e"), (1.40, 1.25)),
    "g7e": (1.25, 1.25),
    "p3": (1.25, 1.25),
    **dict.fromkeys(("p4d", "p4de", "p5", "p5en", "p6-b200", "trn1"), (1.15, 1.15)),
    "inf1": (1.30, 1.20),
    "inf2": (1.306, 1.20),
}
"""SageMaker / EC2 in one region, verified on real prices; constant across sizes of a class."""
SAGEMAKER_SIZES: Final[Mapping[str, float]] = {"p3.8xlarge": 1.20, "p3.16xlarge": 1.15}
"""The same where one size stands apart; a day before 2026 saw 1.25 for all of p3."""
ALSO_SEEN: Final[Mapping[str, tuple[float, ...]]] = {"inf2": (1.15,), "p3": (1.25,)}
"""Ratios that a family has in some regions, or had, beside its usual one."""
RATIO_TOLERANCE: Final = 0.004
"""How far a hosting price may stand off its ratio, as a fraction: c8g in us-east-1 has 1.196."""


class Finding(NamedTuple):
    """One broken rule."""

    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.rule}]"


Rule = Callable[[Sequence[Row]], Iterable[Finding]]


def check_rows(rows: Sequence[Row]) -> list[Finding]:
    """Hold every row of a book against every rule; an empty list is a sound book."""
    return [finding for rule in RULES.values() for finding in rule(rows)]


def check_new_rows(new: Sequence[Row], *, held: Sequence[Row]) -> list[Finding]:
    """Hold rows that are about to be added against the rules, together with the book they join."""
    fresh = set(new)
    related = {row.service for row in new}
    if related.intersection(("ec2", *SAGEMAKER_COMPONENTS)):
        related.update(("ec2", *SAGEMAKER_COMPONENTS))  # they are held against each other
    held = [row for row in held if row.service in related]
    places = {place_of(row) for row in new} | {f"{row.service} in {row.region}" for row in new}
    before = set(check_rows(held))
    return [
        finding
        for finding in check_rows([*held, *fresh])
        if finding not in before and finding.where in places
    ]


def place_of(row: Row) -> str:
    """Say which thing a row prices, where and how it is bought."""
    return f"{row.service} {row.sku} in {row.region} ({row.purchase})"


def positive_prices(rows: Sequence[Row]) -> Iterable[Finding]:
    """No zero, no negative, nothing that is not a number."""
    for row in rows:
        if not (math.isfinite(row.price_usd_per_unit) and row.price_usd_per_unit > 0):
            yield Finding(
                "positive-prices",
                place_of(row),
                f"a price of {row.price_usd_per_unit:g}; an unknown price has no row",
            )


def known_words(rows: Sequence[Row]) -> Iterable[Finding]:
    """Units, bases and purchases are ours; dates make sense; a source is named."""
    units, bases = set(get_args(Unit)), set(get_args(Basis)) - {"input"}
    for row in rows:
        where = place_of(row)
        if row.unit not in units:
            yield Finding("known-words", where, f"unit {row.unit!r} is not one of ours")
        if row.basis not in bases:
            yield Finding("known-words", where, f"basis {row.basis!r} is not one of ours")
        if row.purchase not in PURCHASES:
            yield Finding("known-words", where, f"purchase {row.purchase!r} is not one of ours")
        if not row.source:
            yield Finding("known-words", where, "names no source")
        if row.tier_from_units < 0:
            yield Finding("known-words", where, f"tier starts at {row.tier_from_units:g}")
        if row.service.startswith("ebs") and row.unit == "gib-hour":
            yield Finding("known-words", where, "disks are billed by the month")


def marks_match_basis(rows: Sequence[Row]) -> Iterable[Finding]:
    """What was derived says so, and what says so is not shown as a list price."""
    for row in rows:
        if "DERIVED" in row.note and row.basis == "list":
            yield Finding("marks-match-basis", place_of(row), "DERIVED, but its basis is list")
        if row.basis == "scaled" and "DERIVED" not in row.note:
            yield Finding(
                "marks-match-basis", place_of(row), "scaled, but its note says no DERIVED"
            )


def one_price_a_day(rows: Sequence[Row]) -> Iterable[Finding]:
    """One thing has one price from one day on: two are a mix, e.g. of tenancies."""
    seen: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = (*row[:4], row.valid_from, row.tier_from_units)
        other = seen.setdefault(key, row)
        if other.price_usd_per_unit != row.price_usd_per_unit:
            yield Finding(
                "one-price-a-day",
                place_of(row),
                f"two prices from {row.valid_from}: {other.price_usd_per_unit:g} and "
                f"{row.price_usd_per_unit:g}",
            )


def whole_tiers(rows: Sequence[Row]) -> Iterable[Finding]:
    """Tiers start at 0 and get no dearer."""
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[*row[:4], row.valid_from].append(row)
    for tiers in groups.values():
        if len(tiers) == 1 and tiers[0].tier_from_units == 0:
            continue
        ordered = sorted(tiers, key=lambda row: row.tier_from_units)
        if ordered[0].tier_from_units != 0:
            yield Finding("whole-tiers", place_of(ordered[0]), "the first tier does not start at 0")
        for lower, upper in pairwise(ordered):
            if upper.price_usd_per_unit > lower.price_usd_per_unit * (1 + 1e-9):
                yield Finding("whole-tiers", place_of(upper), "a higher tier is dearer")


def no_jumps(rows: Sequence[Row]) -> Iterable[Finding]:
    """A price does not triple or fall to a third without a note."""
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[*row[:4], row.tier_from_units].append(row)
    for history in groups.values():
        ordered = sorted(history, key=lambda row: row.valid_from)
        for before, after in pairwise(ordered):
            low, high = sorted((before.price_usd_per_unit, after.price_usd_per_unit))
            if low > 0 and high >= LARGEST_JUMP * low * (1 - 1e-9) and not after.note:
                yield Finding(
                    "no-jumps",
                    place_of(after),
                    f"went from {before.price_usd_per_unit:g} to {after.price_usd_per_unit:g} on "
                    f"{after.valid_from}, and no note says why",
                )


def no_half_empty_region(rows: Sequence[Row]) -> Iterable[Finding]:
    """No region holds less than half of the skus that a service usually has."""
    skus: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    regions = {row.region for row in rows}
    sold = {(row.service, row.region, "on-demand") for row in rows if row.purchase == "on-demand"}
    for row in rows:
        if row.purchase == "on-demand":
            skus[row.service, row.purchase][row.region].add(row.sku)
    derivable = {group[:2] for group in SHIPPED_RULES.groups(sold)}
    for (service, _), held in skus.items():
        usual = median(len(held.get(region, ())) for region in regions)
        for region in regions:
            count = len(held.get(region, ()))
            # What the rules derive need not be held, and one of one says nothing of a cut source.
            derived = service in DERIVED and (service, region) in derivable
            if count < HALF * usual and usual > 1 and not derived:
                yield Finding(
                    "no-half-empty-region",
                    f"{service} in {region}",
                    f"{count} skus where {usual:g} are usual: the source was cut off or filtered",
                )


def _newest(rows: Iterable[Row]) -> dict[tuple[str, str, str], Row]:
    """Return the newest on-demand row of every (service, sku, region) that is not marked STALE."""
    found: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        if row.purchase != "on-demand" or "STALE" in row.note:
            continue
        held = found.get(row[:3])
        if held is None or row.valid_from >= held.valid_from:
            found[row[:3]] = row
    return found


def constant_regional_ratio(rows: Sequence[Row]) -> Iterable[Finding]:
    """A region's price over the reference region's is the same for every size of a family.

    A dedicated host, pre-installed software or a capacity block stands out at once.
    """
    newest = _newest(row for row in rows if row.service == "ec2")
    families: dict[tuple[str, str], list[tuple[Row, float]]] = defaultdict(list)
    for (_, sku, region), row in newest.items():
        base = newest.get(("ec2", sku, REFERENCE_REGION))
        if base is not None and base.price_usd_per_unit > 0 and region != REFERENCE_REGION:
            ratio = row.price_usd_per_unit / base.price_usd_per_unit
            families[sku.split(".")[0], region].append((row, ratio))
    for (family, _), sizes in families.items():
        if len(sizes) < 3:
            continue
        usual = median(ratio for _, ratio in sizes)
        for row, ratio in sizes:
            off_usd = abs(row.price_usd_per_unit * (1 - usual / ratio)) if ratio else math.inf
            digits = max(REGION_TOLERANCE_USD, 0.51 * _display_step_usd(row))
            digits += 0.51 * ratio * _display_step_usd(newest["ec2", row.sku, REFERENCE_REGION])
            if abs(ratio / usual - 1) > REGION_TOLERANCE and off_usd > digits:
                yield Finding(
                    "constant-regional-ratio",
                    place_of(row),
                    f"{ratio:.4f} of the {REFERENCE_REGION} price, where {family} is {usual:.4f}",
                )


def sagemaker_ratio(instance_type: str) -> float | None:
    """Return SageMaker / EC2 of a type whose family's ratio was verified, else None."""
    family, _, size = instance_type.removeprefix("ml.").partition(".")
    ratios = SAGEMAKER_RATIOS.get(family)
    apart = SAGEMAKER_SIZES.get(f"{family}.{size}")
    if apart is not None:
        return apart
    if ratios is None or "metal" in size:
        return None
    return ratios[0] if size == "xlarge" else ratios[1]


def constant_sagemaker_ratio(rows: Sequence[Row]) -> Iterable[Finding]:
    """SageMaker over EC2 is the size class's ratio, in every region, within display rounding."""
    newest = _newest(row for row in rows if "UNVERIFIED" not in row.note)
    for (service, sku, region), row in newest.items():
        if service not in SAGEMAKER_COMPONENTS:
            continue
        ratio = sagemaker_ratio(sku)
        ec2 = newest.get(("ec2", sku.removeprefix("ml."), region))
        if ratio is None or ec2 is None:
            continue
        family = sku.removeprefix("ml.").partition(".")[0]
        expected = ratio * ec2.price_usd_per_unit
        allowed = _display_step_usd(row) + ratio * 0.5 * 1e-4 + RATIO_TOLERANCE * expected
        # EC2's own price may be printed with three digits only.
        allowed += ratio * 0.5 * _display_step_usd(ec2)
        if not any(
            abs(row.price_usd_per_unit - one * ec2.price_usd_per_unit) <= allowed
            for one in (ratio, *ALSO_SEEN.get(family, ()))
        ):
            yield Finding(
                "constant-sagemaker-ratio",
                place_of(row),
                f"{row.price_usd_per_unit:g} is not {ratio:g} x EC2's {ec2.price_usd_per_unit:g} "
                f"= {expected:.4f}",
            )


def _display_step_usd(row: Row) -> float:
    """One unit of the last digit that the price was printed with, a cent at most."""
    _, _, decimals = as_text(row)[6].partition(".")
    return float(10.0 ** -max(2, len(decimals)))


RULES: Mapping[str, Rule] = {
    "positive-prices": positive_prices,
    "known-words": known_words,
    "marks-match-basis": marks_match_basis,
    "one-price-a-day": one_price_a_day,
    "whole-tiers": whole_tiers,
    "no-jumps": no_jumps,
    "no-half-empty-region": no_half_empty_region,
    "constant-regional-ratio": constant_regional_ratio,
    "constant-sagemaker-ratio": constant_sagemaker_ratio,
}
"""Every rule by its name."""
