"""Whether to pay for another run, up which ladder, within which budget. Pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from advisor.arrays import Floats
from advisor.errors import AdvisorError
from advisor.experiments.gains import next_run_gain, normal_above

GATE_RUN_COUNT: Final = 8
"""Runs of a pilot, and of the gate in front of it."""
GATE_FRACTION: Final = 0.01
"""The pilot must cost less than this share of the base error is worth. A prior from eight temporal
data sets, where 120 runs bought under 4% on seven of them."""
SECONDS_PER_WEEK: Final = 7 * 86_400


# When to stop -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stopping:
    """The score that is good enough, and how many runs it takes to find."""

    reservation: float
    """Stop at the first score above this. [score]"""
    expected_runs: float
    """Runs until then, 1 / P(X > z). [runs]"""


def normal_stopping(*, mean: float, deviation: float, cost_per_value: float) -> Stopping:
    """Reservation value of normal scores, c / V = E[(X - z)+], by Newton's steps.

        E[(X - z)+] = s (phi(u) - u (1 - Phi(u))),  u = (z - mu) / s

    Example:
        >>> found = normal_stopping(mean=0.80, deviation=0.02, cost_per_value=0.0005)
        >>> round(found.reservation, 4), round(found.expected_runs, 1)
        (0.8314, 17.1)
    """
    if deviation <= 0 or cost_per_value <= 0:
        raise AdvisorError(
            f"deviation and cost must be positive, got {deviation!r} and {cost_per_value!r}"
        )

    wanted = cost_per_value / deviation
    u, above = -wanted, 1.0  # E[(X - u)+] >= -u: never beyond the root, which Newton comes up to
    while True:
        above = normal_above(u)
        gap = math.exp(-u * u / 2) / math.sqrt(2 * math.pi) - u * above - wanted
        if gap <= 1e-15 * wanted or u + gap / above <= u:
            break
        u += gap / above
    return Stopping(reservation=mean + deviation * u, expected_runs=1 / above)


@dataclass(frozen=True)
class Rung:
    """One step up the ladder: the library's defaults, tuned, AutoML, deep."""

    name: str
    usd: float
    """What trying it costs. [USD]"""
    mean: float
    """Score expected of it. [score]"""
    deviation: float
    """How unsure that is. [score]"""


def escalation_order(
    rungs: Sequence[Rung], *, usd_per_score: float
) -> tuple[tuple[Rung, float], ...]:
    """Order in which options are worth trying, with the score each is worth trying up to.

    Options are opened in the order of their reservation values while the best score found is below
    the next one's: the simplest first, escalate only if it pays.

    Source:
        M. L. Weitzman, "Optimal search for the best alternative", Econometrica 47, 1979.
    """
    indexed = [
        (
            rung,
            normal_stopping(
                mean=rung.mean, deviation=rung.deviation, cost_per_value=rung.usd / usd_per_score
            ).reservation,
        )
        for rung in rungs
    ]
    return tuple(sorted(indexed, key=lambda pair: (-pair[1], pair[0].usd, pair[0].name)))


@dataclass(frozen=True)
class NextRun:
    """Whether one more run pays."""

    pays: bool
    gain_usd: float
    """What it is expected to gain over the model's life. [USD]"""
    cost_usd: float
    """What it costs. [USD]"""
    reason: str
    """Why, for people."""


def next_run(
    scores: Sequence[float],
    *,
    usd_per_run: float,
    usd_per_score: float,
    base_error: float,
) -> NextRun:
    """Decide on the next run: gate, pilot, then the spacing of the two best.

    The gate lets a search start only if eight runs cost less than 1% of the base error is worth;
    then eight runs are made; then one more as long as (best - second best) / N is worth its cost.

    Args:
        scores: of the runs so far, larger is better, the default model's first.
        usd_per_run: cost of one run. [USD]
        usd_per_score: V = v n x periods that the model will live, the worth of one unit. [USD]
        base_error: error of the default model. [error per case]
    """
    gate_usd = usd_per_score * GATE_FRACTION * base_error
    pilot_usd = GATE_RUN_COUNT * usd_per_run
    if pilot_usd >= gate_usd:
        return NextRun(
            pays=False,
            gain_usd=gate_usd / GATE_RUN_COUNT,
            cost_usd=usd_per_run,
            reason=f"the gate: {GATE_RUN_COUNT} runs cost {pilot_usd:,.2f} USD and"
            f" {GATE_FRACTION:.0%} of the error is worth {gate_usd:,.2f} USD; keep the defaults",
        )
    if len(scores) < GATE_RUN_COUNT:
        return NextRun(
            pays=True,
            gain_usd=gate_usd / GATE_RUN_COUNT,
            cost_usd=usd_per_run,
            reason=f"the pilot: run {len(scores) + 1} of {GATE_RUN_COUNT}",
        )
    gain_usd = usd_per_score * next_run_gain(scores)
    pays = gain_usd > usd_per_run
    return NextRun(
        pays=pays,
        gain_usd=gain_usd,
        cost_usd=usd_per_run,
        reason=f"the next run is expected to gain {gain_usd:,.2f} USD and costs"
        f" {usd_per_run:,.2f} USD" + ("" if pays else ": stop"),
    )


# Budget and velocity ------------------------------------------------------------------------------


def affordable_runs(
    *,
    usd_per_run: float,
    run_s: float,
    budget_usd: float | None = None,
    budget_days: float | None = None,
    worker_count: int = 1,
) -> int:
    """Runs that a budget of money, of days, or of both pays for.

    Example:
        >>> affordable_runs(usd_per_run=2.0, run_s=3600, budget_usd=100, budget_days=1.0)
        24
    """
    limits = []
    if budget_usd is not None and usd_per_run > 0:
        limits.append(budget_usd / usd_per_run)
    if budget_days is not None:
        limits.append(math.floor(budget_days * 86_400 / run_s + 1e-9) * worker_count)
    if not limits:
        raise AdvisorError("a budget needs an amount of USD, with a price per run, or of days")
    return math.floor(min(limits) + 1e-9)


@dataclass(frozen=True)
class Velocity:
    """How fast experiments go on each instance, at k workers at a time; arrays over instances."""

    runs_per_week: Floats
    """Experiments per week at k workers. [1/week]"""
    usd_per_week: Floats
    """What k busy workers cost. [USD/week]"""
    usd_per_run: Floats
    """Price of one experiment. [USD]"""
    days_per_promotion: Floats
    """Wall-clock to one promoted model at k workers. [days]"""
    days_saved_by_one_more: Floats
    """What one more worker takes off that. [days]"""


def velocity(
    *,
    run_s: Any,
    usd_per_hour: Any,
    worker_count: Any = 1,
    overhead_s: Any = 0.0,
    runs_per_promoted_model: float = 1.0,
) -> Velocity:
    """Experiments per week on each priced instance, and what one more parallel worker buys.

    Runs of one promoted model go in waves of k: ceil(runs / k) waves of one run each.

    Args:
        run_s: wall-clock of one run on each instance. [s]
        usd_per_hour: price of each instance. [USD/h]
        worker_count: k, runs at a time, each on an instance of its own.
        overhead_s: time to start and stop around each run. [s]
        runs_per_promoted_model: runs that one promoted model takes.

    Example:
        >>> found = velocity(run_s=3600, usd_per_hour=0.5, worker_count=2)
        >>> float(found.runs_per_week), float(found.usd_per_run)
        (336.0, 0.5)
    """
    each_s = np.asarray(run_s, dtype=np.float64) + overhead_s
    workers = np.asarray(worker_count, dtype=np.float64)
    price = np.asarray(usd_per_hour, dtype=np.float64)
    per_week = workers * SECONDS_PER_WEEK / each_s
    days = np.ceil(runs_per_promoted_model / workers) * each_s / 86_400
    fewer = np.ceil(runs_per_promoted_model / (workers + 1)) * each_s / 86_400
    return Velocity(
        runs_per_week=per_week,
        usd_per_week=price * workers * 168,
        usd_per_run=price * each_s / 3600,
        days_per_promotion=days,
        days_saved_by_one_more=days - fewer,
    )
