"""What a reconciliation says; `advisor reconcile --json` prints it as it stands."""

import math
from collections.abc import Mapping
from datetime import date

from pydantic import model_validator

from advisor.records import Record


class Part(Record):
    """One meter and sku in one region: what was expected, what was billed, and why they differ.

    The five last figures add up to what was billed less what was predicted.
    """

    meter: str
    """Service of the price book; `unknown` for a usage type that it does not hold."""
    sku: str
    """What is bought; the usage type for an unknown meter."""
    region: str
    """AWS region."""
    unit: str
    """What one unit is."""
    predicted_quantity: float
    """Units expected in the days of the bill."""
    billed_quantity: float
    """Units billed in them."""
    predicted_usd_per_unit: float | None
    """Price expected; null where none was predicted. [USD]"""
    billed_usd_per_unit: float | None
    """Amortised price paid; null where none was billed. [USD]"""
    by_quantity_usd: float
    """More or fewer units at the predicted price: (Qa - Qp) Pp. [USD]"""
    by_price_usd: float
    """The predicted units at another price: (Pa - Pp) Qp. [USD]"""
    joint_usd: float
    """Both at once: (Qa - Qp) (Pa - Pp). [USD]"""
    not_predicted_usd: float
    """Billed and not predicted. [USD]"""
    not_billed_usd: float
    """Predicted and not billed, at most 0. [USD]"""

    @property
    def difference_usd(self) -> float:
        """Billed less predicted. [USD]"""
        return math.fsum(
            (
                self.by_quantity_usd,
                self.by_price_usd,
                self.joint_usd,
                self.not_predicted_usd,
                self.not_billed_usd,
            )
        )


class Reconciliation(Record):
    """A bill held against an answer."""

    study: str
    """Name of the study."""
    option: str
    """The option of the answer that the bill is held against."""
    bill: str
    """Form of the bill."""
    first_day: date
    """First day of use in the bill, UTC."""
    last_day: date
    """Last full day of it, UTC."""
    hours: float
    """Hours of these days; the estimate's month has 730. [h]"""
    predicted_usd: float
    """The estimate's vendor lines, scaled to these days. People's hours and labels are in no bill.
    [USD]"""
    predicted_usd_low: float | None
    """Lower end of its 80% band; null where it was not drawn. [USD]"""
    predicted_usd_high: float | None
    """Upper end of that band. [USD]"""
    billed_usd: float
    """Amortised cost of the use in these days. [USD]"""
    difference_usd: float
    """Billed less predicted. [USD]"""
    parts: tuple[Part, ...]
    """Why they differ, per meter, sku and region: largest first. Add up to the difference."""
    apart: Mapping[str, float]
    """What is no use of the model's, by kind: `tax`, `credits`, `refunds`, `fees`, `discounts`,
    `unused_commitment`, `corrections`; `untagged` and `others` in a bill of many;
    `incomplete_days` for use after the last full day. [USD]"""
    cash_usd: float
    """The invoice: all rows' cash. [USD]"""
    list_usd: float | None
    """Public on-demand price of the use; null where the bill does not tell. [USD]"""
    timing_usd: float
    """Cash less amortised: paid now for use at another time, or the other way round. [USD]"""
    causes: tuple[str, ...]
    """The three largest causes as sentences."""
    verdict: str
    """`as predicted` within the answer's 80% band, else which input left its own."""
    notes: tuple[str, ...]
    """What a reader must know."""

    @model_validator(mode="after")
    def _adds_up(self) -> "Reconciliation":
        parts = math.fsum(part.difference_usd for part in self.parts)
        size = max(1.0, abs(self.predicted_usd), abs(self.billed_usd))
        if abs(parts - self.difference_usd) > 1e-6 * size:
            raise ValueError(f"parts add up to {parts}, not {self.difference_usd}")
        whole = math.fsum((self.billed_usd, *self.apart.values(), self.timing_usd))
        if abs(whole - self.cash_usd) > 1e-6 * max(size, abs(self.cash_usd)):
            raise ValueError(f"use, what is apart and timing add up to {whole}, not the invoice")
        return self
