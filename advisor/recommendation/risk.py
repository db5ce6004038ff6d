"""How sure the answer is, and what to measure next."""

from typing import Literal

from advisor.recommendation.option import Basis
from advisor.records import Record


class MeasureNext(Record):
    """A measurement, what it costs, and what knowing its result is worth."""

    action: str
    """What to do, with the command."""
    cost_usd: float
    """Machines rented for it, once; people's time is not counted. [USD]"""
    saves_usd_per_month: float
    """Expected saving from deciding with its result in hand. [USD/month]"""


class UncertainInput(Record):
    """One input that is not certain, and how much of the doubt is its own."""

    name: str
    """Which one, e.g. `traffic level`."""
    low: float
    """Lower end of its 80% band, as a factor on the figure used, or a yearly change."""
    high: float
    """Upper end of it."""
    unit: str
    """What low and high are: `factor` or `fraction/year`."""
    source: str
    """Where the band comes from."""
    basis: Basis
    """`input`, `measured`, `scaled` or `assumed`."""
    information_usd_per_month: float
    """Expected value of knowing it before deciding. [USD/month]"""
    swing_usd_per_month: float
    """Chosen option's mean cost in the highest minus in the lowest fifth of it; 0 where the draws
    cannot tell it from chance. [USD/month]"""


class BudgetRisk(Record):
    """What the budget has to reckon with."""

    budget_usd_per_month: float | None
    """The study's budget; null where there is none. [USD/month]"""
    probability_over: float | None
    """Share of the draws in which the chosen option costs more than the budget."""
    value_at_risk_usd_per_month: float
    """Cost that is exceeded in one draw out of ten. [USD/month]"""
    tail_mean_usd_per_month: float
    """Mean cost of the tenth of the draws that cost most. [USD/month]"""


class Risk(Record):
    """The decision under uncertainty."""

    draw_count: int
    """Draws of everything uncertain, the same for all options."""
    seed: int
    """Seed of the draws."""
    criterion: Literal["expected", "quantile"]
    """What is compared: mean cost, or a quantile of it."""
    quantile: float
    """The quantile, where it is one."""
    wanted_probability_feasible: float
    """An option must meet the needs in at least this share of the draws."""
    inputs: tuple[UncertainInput, ...]
    """Every uncertain input, most valuable to know first."""
    budget: BudgetRisk | None
    """Value at risk; null where nothing is feasible."""
    drawn_option_count: int
    """Options that were drawn; the others cost at least as much as another in every draw."""
    tie: str | None
    """Said where a simpler option was taken within the noise of the cheapest."""
