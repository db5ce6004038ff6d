"""The retraining planner: from ageing and prices to an interval, what it costs, how sure it is.

One planner, in days, for every face. Where only the order of the data is known a period stands for
a day, here and in what is printed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from advisor.errors import AdvisorError
from advisor.retraining.ageing import Ageing
from advisor.retraining.interval_doubt import central_interval, hindsight_intervals, never_share
from advisor.retraining.spending import Interval, Spending, choose_interval
from advisor.study.types import DAYS_PER_MONTH

PRUDENCE: Final = 2.0
"""The prudent interval is the best one if a release cost this many times as much."""


@dataclass(frozen=True)
class Terms:
    """What a retraining plan is asked for."""

    release_usd: float
    """One release: runs, labels, review. [USD]"""
    error_cost_usd: float
    """One unit of error of one case. [USD]"""
    cases_per_day: float
    """Cases whose errors cost money. [1/day]"""
    horizon_days: float
    """How long the answer must hold. [days]"""
    label_delay_days: float = 0.0
    """Time until a label is known, beyond what the errors honour. [days]"""
    now_interval_days: float | None = None
    """Interval in use now. [days]"""

    @property
    def error_usd_per_day(self) -> float:
        """One unit of error per case, on all cases of a day. [USD/day]"""
        return self.error_cost_usd * self.cases_per_day

    @property
    def ratio_days(self) -> float:
        """A release over errors on all cases, C / (v n); inf where errors cost nothing. [days]"""
        money = self.error_usd_per_day
        return self.release_usd / money if money > 0 else math.inf


@dataclass(frozen=True)
class Plan:
    """An interval, with all that it follows from."""

    ageing: Ageing
    terms: Terms
    spending: Spending
    interval: Interval

    @cached_property
    def t_star_days(self) -> float:
        """Where releases and ageing cost least; inf for never. [days]"""
        best = self.spending.curve.best_interval(self.terms.ratio_days)
        return max(self.ageing.shortest_days, best)

    @property
    def days(self) -> float:
        """The interval that is paid for: the whole horizon where a model is never retrained.

        It is still released once, and that release is paid for too. [days]
        """
        return self.interval.days or self.terms.horizon_days

    @property
    def releases_per_month(self) -> float:
        """Releases, the first one spread over the horizon. [1/month]"""
        return DAYS_PER_MONTH / self.days

    @property
    def ageing_usd_per_month(self) -> float:
        """Errors that the model makes because it ages between releases. [USD/month]"""
        return float(self.spending.ageing_usd(self.days))

    @property
    def usd_per_month(self) -> float:
        """Releases and ageing together. [USD/month]"""
        return float(self.spending.total_usd(self.days))

    @property
    def prudent_days(self) -> float | None:
        """The interval if a release cost twice as much; None for never. [days]"""
        dearer = replace(self.spending, release_usd=PRUDENCE * self.spending.release_usd)
        return choose_interval(dearer, shortest_days=self.ageing.shortest_days).days

    @property
    def break_even_error_cost_usd(self) -> float | None:
        """What an error must cost for the interval in use now to be the best one.

            v = C / (n (T g(T) - integral of g)),  2 C / (n d T^2) under the linear law

        None without such an interval, or where nothing decays. [USD]
        """
        now, terms = self.terms.now_interval_days, self.terms
        if now is None or terms.release_usd <= 0 or terms.cases_per_day <= 0:
            return None
        ratio = self.spending.curve.break_even_ratio(now)
        return terms.release_usd / (terms.cases_per_day * ratio) if ratio > 0 else None

    def interval_80_days(self) -> tuple[float, float] | None:
        """80% interval of the best interval, inf for never; None where nothing was measured."""
        measured = self.ageing.measured
        if measured is None:
            return None
        if math.isinf(self.terms.ratio_days):
            return math.inf, math.inf
        period = measured.period_days
        low, high = central_interval(
            hindsight_intervals(measured.draws, rho=self.terms.ratio_days / period),
            holding=self.t_star_days / period,
        )
        return low * period, high * period

    def probability_never(self) -> float | None:
        """Share of the resampled curves under which retraining never pays. [fraction]"""
        measured = self.ageing.measured
        if measured is None:
            return None
        return never_share(measured.draws, rho=self.terms.ratio_days / measured.period_days)

    def notes(self, *, unit: str = "days", per: float = 1.0) -> tuple[str, ...]:
        """What a reader must know, times in units of so many days."""
        notes = list(self.ageing.notes)
        best, measured = self.t_star_days, self.ageing.measured
        if measured is not None:
            longest = measured.matrix.longest_age * measured.period_days
            if longest < best < math.inf:
                notes.append(
                    f"the best interval, {best / per:,.0f} {unit}, is beyond the oldest model that"
                    f" was scored ({longest / per:,.0f} {unit}): extrapolation, watch the guard"
                    " instead of the calendar"
                )
            if best <= measured.period_days:
                notes.append(
                    "the best interval is one period or less: a shorter period would tell more"
                )
        if self.interval.days is None:
            notes.append("do not schedule retraining, monitor only: ship the guard with the model")
        if math.isinf(self.terms.ratio_days):
            notes.append("errors cost nothing as given, so retraining never pays")
        return tuple(notes)


def plan_retraining(ageing: Ageing, terms: Terms) -> Plan:
    """Plan retraining: the longest calendar interval that costs hardly more than the best one.

    Labels that come late make every model older than it looks: a constant error more, and a
    flatter law where the curve levels off.

    Raises:
        AdvisorError: an amount is negative or not finite.
    """
    _require_amounts(terms)
    curve, late = ageing.curve, 0.0
    if terms.label_delay_days > 0:
        late = float(curve.excess(terms.label_delay_days))
        curve = curve.late(terms.label_delay_days)
    spending = Spending(
        curve=curve,
        release_usd=terms.release_usd,
        error_usd_per_month=terms.error_usd_per_day * DAYS_PER_MONTH,
        horizon_days=terms.horizon_days,
        late_error=late,
    )
    return Plan(
        ageing=ageing,
        terms=terms,
        spending=spending,
        interval=choose_interval(spending, shortest_days=ageing.shortest_days),
    )


@dataclass(frozen=True)
class Way:
    """One way to make a release, and the plan that its own cost and decay lead to."""

    name: str
    what: str
    """What it is, in a few words."""
    plan: Plan


def plan_way(
    plan: Plan, name: str, *, what: str, release_usd: float, ageing: Ageing | None = None
) -> Way:
    """Plan another way to make the releases of a plan.

    Args:
        plan: the plan whose terms it shares.
        name: its name.
        what: what it is.
        release_usd: one release made so. [USD]
        ageing: how its models age; as those of the plan where None.
    """
    terms = replace(plan.terms, release_usd=release_usd)
    return Way(name, what, plan_retraining(ageing or plan.ageing, terms))


def _require_amounts(terms: Terms) -> None:
    amounts: Sequence[tuple[str, float]] = (
        ("the cost of a retrain", terms.release_usd),
        ("the cost of an error", terms.error_cost_usd),
        ("cases per day", terms.cases_per_day),
        ("the label delay", terms.label_delay_days),
        ("the interval in use now", terms.now_interval_days or 0.0),
    )
    for name, value in amounts:
        if not (math.isfinite(value) and value >= 0):
            raise AdvisorError(f"{name} must be zero or more, got {value!r}")
