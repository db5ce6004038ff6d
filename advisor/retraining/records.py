"""The values that a retraining plan is made of."""

from typing import Literal

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from advisor.records import Record
from advisor.study.types import DAYS_PER_MONTH

Basis = Literal["measured", "assumed", "input"]
Span = tuple[PositiveFloat | None, PositiveFloat | None]
"""Shortest and longest interval; null for never."""


class Decay(Record):
    """How fast the model loses."""

    model: Literal["none", "linear", "saturating"]
    """Law of the fitted curve."""
    amplitude: NonNegativeFloat | None
    """Excess error at which the curve saturates; null for the linear law. [error per case]"""
    tau_periods: PositiveFloat | None
    """Time constant; null for the linear law. [periods]"""
    tau_days: PositiveFloat | None
    """Time constant; null for the linear law or where a period has no length. [days]"""
    slope_per_period: float
    """Linear slope of error on age, with period effects where they can be told.
    [error per case / period]"""
    slope_per_day: float | None
    """The same; null where a period has no length. [error per case / day]"""
    basis: Basis
    """`measured` by a back-test, `input` by the user, or `assumed`."""
    source: str
    """Where it comes from, for people."""


class CurvePoint(Record):
    """One point of cost against interval."""

    interval_periods: PositiveFloat
    """Retrain every so many periods. [periods]"""
    interval_days: PositiveFloat | None
    """The same; null where a period has no length. [days]"""
    usd_per_period: NonNegativeFloat
    """Training, excess and unavoidable errors together. [USD/period]"""
    usd_per_month: NonNegativeFloat | None
    """The same in a month of 730 h. [USD/month]"""


class Cost(Record):
    """What a period costs, by cause."""

    training: NonNegativeFloat
    """Retraining. [USD/period]"""
    excess_error: NonNegativeFloat
    """Errors that a fresh model would not make. [USD/period]"""
    unavoidable_error: NonNegativeFloat
    """Errors that a fresh model makes too. [USD/period]"""


class RetrainingPlan(Record):
    """How often to retrain, what it costs, and how sure that is. Never is null."""

    period_days: PositiveFloat | None
    """Length of a period; null where the data only have an order. [days]"""
    rho: NonNegativeFloat | None
    """Retrain cost in error-rate periods, C / (v n); null where errors cost nothing. [periods]"""
    t_star_periods: PositiveFloat | None
    """Where the predicted cost is least; null for never. [periods]"""
    interval_periods: PositiveInt | None
    """The calendar interval recommended; null for never. [periods]"""
    band_1pct_periods: Span
    """Intervals within 1% of the least total cost. [periods]"""
    band_5pct_periods: Span
    """Intervals within 5% of the least total cost. [periods]"""
    interval_80_periods: tuple[PositiveFloat | None, PositiveFloat | None] | None
    """80% interval of the best interval; null without resampling. [periods]"""
    prudent_interval_periods: PositiveInt | None
    """The calendar interval if a retrain cost twice as much; null for never. [periods]"""
    probability_never: float | None
    """Share of resamples in which retraining never pays; null without resampling. [fraction]"""
    usd_per_period: Cost
    """Cost at the recommended interval, by cause."""
    break_even_error_cost_usd: PositiveFloat | None
    """What an error must cost for the interval in use now to be right; null if none is. [USD]"""
    now_usd_per_period: NonNegativeFloat | None
    """Total cost at the interval in use now; null if none is given. [USD/period]"""
    decay: Decay
    """How fast the model loses."""
    curve: tuple[CurvePoint, ...]
    """Total cost against interval, for charts."""
    diagnostics: tuple[str, ...]
    """What a reader must know."""

    @property
    def interval_days(self) -> float | None:
        """The calendar interval recommended; None for never or where a period has no length."""
        return self._days(self.interval_periods)

    @property
    def t_star_days(self) -> float | None:
        """Where the predicted cost is least; None for never. [days]"""
        return self._days(self.t_star_periods)

    @property
    def prudent_interval_days(self) -> float | None:
        """The calendar interval if a retrain cost twice as much; None for never. [days]"""
        return self._days(self.prudent_interval_periods)

    @property
    def band_1pct_days(self) -> tuple[float | None, float | None]:
        """Intervals within 1% of the least total cost. [days]"""
        return self._days(self.band_1pct_periods[0]), self._days(self.band_1pct_periods[1])

    @property
    def band_5pct_days(self) -> tuple[float | None, float | None]:
        """Intervals within 5% of the least total cost. [days]"""
        return self._days(self.band_5pct_periods[0]), self._days(self.band_5pct_periods[1])

    @property
    def interval_80_days(self) -> tuple[float | None, float | None] | None:
        """80% interval of the best interval; an end is None for never. [days]"""
        if self.interval_80_periods is None:
            return None
        return self._days(self.interval_80_periods[0]), self._days(self.interval_80_periods[1])

    @property
    def basis(self) -> Basis:
        """Basis of the decay, which is the basis of the interval."""
        return self.decay.basis

    @property
    def retrains_per_month(self) -> float:
        """Retrains in a month of 730 h; 0 for never or where a period has no length."""
        days = self.interval_days
        return 0.0 if days is None else DAYS_PER_MONTH / days

    @property
    def training_usd_per_month(self) -> float | None:
        """Retraining. [USD/month]"""
        return self._monthly(self.usd_per_period.training)

    @property
    def excess_error_usd_per_month(self) -> float | None:
        """Errors that a fresh model would not make. [USD/month]"""
        return self._monthly(self.usd_per_period.excess_error)

    @property
    def unavoidable_error_usd_per_month(self) -> float | None:
        """Errors that a fresh model makes too. [USD/month]"""
        return self._monthly(self.usd_per_period.unavoidable_error)

    @property
    def usd_per_month(self) -> float | None:
        """Training and excess errors: what the interval decides. [USD/month]"""
        return self._monthly(self.usd_per_period.training + self.usd_per_period.excess_error)

    def _days(self, periods: float | None) -> float | None:
        if periods is None or self.period_days is None:
            return None
        return periods * self.period_days

    def _monthly(self, usd_per_period: float) -> float | None:
        if self.period_days is None:
            return None
        return usd_per_period * DAYS_PER_MONTH / self.period_days
