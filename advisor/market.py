"""The market: what can be bought, on which day, at whose prices; and the lines of a bill."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

from advisor.arrays import Floats
from advisor.memo import key_of
from advisor.recommendation import CostLine, LineQuote
from advisor.study.types import Study
from pricing.bill import Bill, price_usage
from pricing.discounts import Discounts, Negotiated
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook
from pricing.usage import UsageLine

Group = Literal["serving", "training", "labels", "people"]


@dataclass(frozen=True)
class Market:
    """The price book, the catalogue, the day whose prices apply, and what was negotiated."""

    book: PriceBook
    catalogue: InstanceCatalogue
    on: date
    negotiated: tuple[Negotiated, ...] = ()
    """Discounts of the study's account; empty at list prices."""

    @cached_property
    def memo_key(self) -> Hashable:
        """What tells one market from another."""
        return tuple(key_of(part) for part in (self.book, self.catalogue, self.on, self.negotiated))

    def at_list(self) -> "Market":
        """Return the same market without negotiated discounts."""
        return replace(self, negotiated=())

    def for_study(self, study: Study) -> "Market":
        """Return the same market at a study's negotiated discounts; one of nothing is none."""
        return replace(
            self,
            negotiated=tuple(
                Negotiated(service=service, discount_fraction=fraction)
                for service, fraction in study.cloud.discounts.items()
                if fraction > 0
            ),
        )

    def price(self, lines: Sequence[UsageLine], *, region: str) -> Bill:
        """Return the bill of some usage."""
        discounts = Discounts(negotiated=self.negotiated)
        return price_usage(lines, region=region, on=self.on, book=self.book, discounts=discounts)

    def usd(self, lines: Sequence[UsageLine], *, region: str) -> float:
        """Return what some usage costs. [USD]"""
        return self.price(lines, region=region).total_usd

    def paid_fraction(self, service: str) -> float:
        """Return the part of a service's on-demand list price that is paid."""
        fits = (d for d in self.negotiated if d.fits(service=service, purchase="on-demand"))
        return 1 - next((d.discount_fraction for d in fits), 0.0)

    def column(self, *, service: str, skus: Sequence[str], region: str, purchase: str) -> Floats:
        """Return the list price of each sku; NaN where it has none. [USD/unit]"""
        return self.book.column(
            service=service, skus=tuple(skus), region=region, purchase=purchase, on=self.on
        )

    def lines(
        self, usage: Sequence[UsageLine], *, group: Group, region: str
    ) -> tuple[CostLine, ...]:
        """Price usage lines and return them as lines of a recommendation."""
        return tuple(
            CostLine(
                label=line.label,
                group=group,
                quantity_per_month=line.quantity,
                unit=line.unit,
                usd_per_unit=line.usd_per_unit,
                usd_per_month=line.cost_usd,
                basis=line.quote.basis,
                source=f"{line.quote.source}, price of {line.quote.valid_from.isoformat()}",
                quote=LineQuote(
                    service=line.quote.service,
                    sku=line.quote.sku,
                    region=line.quote.region,
                    purchase=line.quote.purchase,
                    valid_from=line.quote.valid_from,
                    checked_on=line.quote.checked_on,
                ),
            )
            for line in self.price(usage, region=region).lines
        )


def people_line(*, label: str, hours_per_month: float, study: Study, key: str) -> CostLine:
    """Return a line of people's time at the team's rate.

    Args:
        label: what the time is for.
        hours_per_month: how much of it. [h/month]
        study: whose team.
        key: where in the study the hours stand.
    """
    rate = study.team.engineer_usd_per_hour
    return CostLine(
        label=label,
        group="people",
        quantity_per_month=hours_per_month,
        unit="h",
        usd_per_unit=rate,
        usd_per_month=hours_per_month * rate,
        basis="input",
        source=f"study: {key}, team.engineer_usd_per_hour",
    )


def total_usd(lines: Sequence[CostLine]) -> float:
    """Return the sum of the lines, added without rounding error. [USD/month]"""
    return math.fsum(line.usd_per_month for line in lines)
