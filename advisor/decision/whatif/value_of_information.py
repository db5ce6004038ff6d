"""What knowing an input before deciding is worth, and the cheapest way to know it."""

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.arrays import Floats
from advisor.decision.choice.engine import Engine
from advisor.decision.scenarios.uncertainty import Spread, as_learnt, scores, service_spread
from advisor.platforms import facts_of
from advisor.recommendation import MeasureNext, Option, RetrainingAdvice, UncertainInput
from advisor.retraining.spending import CALENDAR_DAYS
from advisor.study.types import HOURS_PER_MONTH

BINS = 25
"""Parts that the draws of one input are cut into: inside one, the input is as good as known."""

WORTH_SAYING_USD = 0.5
"""What knowing must save for a measurement to be proposed. [USD/month]"""

LEAST_CAP_USD = 0.5
"""Cap that is proposed for a measurement at least; else what an hour of the machine costs. [USD]"""

SAMPLING_ERRORS = 3.0
"""Standard errors that a swing must exceed to be told: 0.3% of inputs without one then seem to
have one, so that of ten it is one answer in forty."""

FIFTH = 1.3998
"""Mean of the highest fifth of a normal distribution. [standard deviations]"""


@dataclass(frozen=True)
class Known:
    """One input, its band and what it is worth."""

    spread: Spread
    information_usd: float
    swing_usd: float


def information_usd(usd: Floats, z: Floats) -> float:
    """Return the expected saving of choosing with an input known. [USD/month]

        EVPPI = min_o E[c_o] - E[min_o E[c_o | z]]

    The inner mean is that of the draws whose z lies in the same part of its range. A minimum of
    noisy means is too small: so the options are chosen on one half of the draws and paid on the
    other, both ways round.

    Args:
        usd: cost, (option x draw), an even number of draws. [USD/month]
        z: the input in each draw, any monotone scale.
    """
    order = np.argsort(z, kind="stable")
    count = usd.shape[1] // (2 * BINS) * 2 * BINS
    if usd.shape[0] < 2 or not count:
        return 0.0
    parts = usd[:, order[:count]].reshape(usd.shape[0], BINS, -1)
    halves = parts[:, :, 0::2].mean(axis=2), parts[:, :, 1::2].mean(axis=2)
    saved = []
    for chosen_on, paid_on in (halves, halves[::-1]):
        at_once = paid_on[int(chosen_on.mean(axis=1).argmin())].mean()
        informed = paid_on[chosen_on.argmin(axis=0), np.arange(BINS)].mean()
        saved.append(at_once - informed)
    return max(0.0, float(np.mean(saved)))


def swings_usd(usd: Floats, inputs: Sequence[Floats]) -> Floats:
    """Return what each input moves a cost by, from the middle of its lowest fifth to its highest.

    By least squares on all inputs together, so that what the others do is not taken for it. One
    within the sampling error of so few draws is 0: with many inputs some always seem to matter.

        error_j = sqrt(s^2 (X'X)^-1_jj),  s^2 = |usd - X b|^2 / (draws - columns)

    Args:
        usd: cost of one option in each draw. [USD/month]
        inputs: normal scores of each input.
    """
    columns = np.column_stack([np.ones(usd.size), *inputs])
    slopes = np.linalg.lstsq(columns, usd, rcond=None)[0]
    spare = usd.size - columns.shape[1]
    if spare <= 0:
        return np.zeros(len(inputs))
    variance = float(((usd - columns @ slopes) ** 2).sum()) / spare
    errors = np.sqrt(variance * np.diag(np.linalg.pinv(columns.T @ columns)))
    told = np.where(np.abs(slopes) > SAMPLING_ERRORS * errors, slopes, 0.0)[1:]
    return np.asarray(told * 2 * FIFTH, dtype=np.float64)


def known_inputs(engine: Engine) -> tuple[Known, ...]:
    """Return every uncertain input of the chosen option, the most valuable to know first."""
    best = engine.choice.best
    if best is None:
        return ()
    usd = _ranked_usd(engine)
    own = engine.risk.usd(best)
    problem, draws = engine.problem, engine.problem.scenarios.draws
    platform = problem.options.platform_of(best)
    candidate = engine.profiles[int(problem.options.candidate[best])]
    streams = {
        "training time": f"training {candidate.name}",
        "people's hours": f"hours {platform}",
    }
    named = [(spread, streams.get(spread.name, spread.name)) for spread in draws.spreads]
    named += _speeds(engine, best)
    inputs = [scores(stream, draws.seed, draws.count)[1:] for _, stream in named]
    own_way = {"people's hours": _hours_information_usd, "decay": _decay_information_usd}
    found = [
        Known(
            spread=as_learnt(spread, engine.evidence.learnt),
            information_usd=own_way[spread.name](engine)
            if spread.name in own_way
            else information_usd(usd, z),
            swing_usd=float(swing),
        )
        for (spread, _), z, swing in zip(named, inputs, swings_usd(own, inputs), strict=True)
    ]
    return tuple(sorted(found, key=lambda k: (-k.information_usd, -abs(k.swing_usd))))


def ways_to_run(engine: Engine) -> NDArray[np.bool_]:
    """Return which drawn options are feasible ways to run the chosen candidate."""
    drawn, options = engine.choice.drawn, engine.problem.options
    owner = engine.candidate_of[options.candidate]
    ours: NDArray[np.bool_] = drawn.feasible & (
        owner[drawn.outcomes.rows] == owner[engine.choice.best]
    )
    return ours


def _ranked_usd(engine: Engine) -> Floats:
    """Return the ways to run the chosen candidate, (option x draw). [USD/month]"""
    drawn = engine.choice.drawn
    usd: Floats = drawn.outcomes.usd[ways_to_run(engine), 1:]
    # Only what is the cheapest somewhere, or nearly so on average, can be chosen by knowing more.
    near = np.unique(np.concatenate([usd.argmin(axis=0), np.argsort(usd.mean(axis=1))[:40]]))
    chosen: Floats = usd[near]
    return chosen


def _hours_information_usd(engine: Engine) -> float:
    """Return what knowing the hours of every platform is worth. [USD/month]

    Hours only add to cost, so that the mean given all of them is exact.
    """
    drawn, problem = engine.choice.drawn, engine.problem
    rows = drawn.outcomes.rows
    ranked = ways_to_run(engine)
    means = drawn.outcomes.usd[ranked, 1:].mean(axis=1)
    platform = problem.options.platform_at[rows[ranked]]
    people = problem.scenarios.people_usd[:, 1:]
    cheapest = np.array(
        [
            (means[platform == p] - people[p].mean()).min() if (platform == p).any() else np.inf
            for p in range(len(people))
        ]
    )
    return max(0.0, float(means.min() - (cheapest[:, None] + people).min(axis=0).mean()))


def _decay_information_usd(engine: Engine) -> float:
    """Return what an interval chosen with the decay known saves. [USD/month]"""
    best = engine.choice.best
    if best is None:
        return 0.0
    cost = engine.costs[int(engine.problem.options.candidate[best])]
    spending, draws = cost.cadence.spending, engine.problem.scenarios.draws
    chosen = cost.cadence.interval.days or spending.horizon_days
    days = np.array([*(d for d in CALENDAR_DAYS if d < spending.horizon_days), chosen], dtype=float)
    total = spending.releases_usd(days)[:, None] + np.outer(
        spending.ageing_usd(days), draws.decay[1:]
    )
    return max(0.0, float(total[-1].mean() - total.min(axis=0).mean()))


def _speeds(engine: Engine, best: int) -> list[tuple[Spread, str]]:
    """Return the bands of the chosen option's measurement and of its transfer."""
    problem = engine.problem
    profile = engine.profiles[int(problem.options.candidate[best])]
    measured = service_spread(engine.study, profile.service_relative_error)
    found = [(measured, f"service {profile.name}{profile.form}")]
    groups = engine.problem.groups
    if problem.options.stands[best]:
        group = int(problem.options.group[best])
        own = engine.study.decision.transfer_factor
        factor = float(groups.up[group]) if own is None else own
        if factor > 1:
            spread = Spread(
                name="transfer between machines",
                value=factor,
                source="back-tested band of the transfer, see docs/explanation/transfer.md"
                if own is None
                else "study: decision.transfer_factor",
                basis="scaled" if own is None else "input",
            )
            found.append((spread, f"chip {groups.chip[group]}"))
    return found


def uncertain_inputs(known: Sequence[Known]) -> tuple[UncertainInput, ...]:
    """Return the inputs as they are shown."""
    return tuple(
        UncertainInput(
            name=k.spread.name,
            low=k.spread.band[0],
            high=k.spread.band[1],
            unit=k.spread.unit,
            source=k.spread.source,
            basis=k.spread.basis,
            information_usd_per_month=k.information_usd,
            swing_usd_per_month=k.swing_usd,
        )
        for k in known
    )


def measure_next(
    engine: Engine, known: Sequence[Known], best: Option | None, retraining: RetrainingAdvice
) -> tuple[MeasureNext, ...]:
    """Return what to measure next, the most valuable first; what must be said comes in any case."""
    saves = {k.spread.name: k.information_usd for k in known}
    found = [_speed_action(engine, best, saves)] if best is not None else []
    found.append(_decay_action(retraining, saves.get("decay", 0.0)))
    found += [
        MeasureNext(action=action, cost_usd=0.0, saves_usd_per_month=saves[name])
        for name, action in _ACTIONS.items()
        if saves.get(name, 0.0) >= WORTH_SAYING_USD
    ]
    fast = any(r.preset == "fast" for r in engine.evidence.runs)
    if fast or saves.get("measured latency", 0.0) >= WORTH_SAYING_USD:
        jobs = engine.study.workload.pattern == "batch"
        closer = f"Measure the {'time of a call' if jobs else 'latency'} more closely: "
        why = "Runs are of the fast preset: " if fast else closer
        found.append(
            MeasureNext(
                action=f"{why}'advisor bench STUDY --preset standard' uses all rows.",
                cost_usd=0.0,
                saves_usd_per_month=saves.get("measured latency", 0.0),
            )
        )
    told = [action for action in found if action is not None]
    return tuple(sorted(told, key=lambda m: -m.saves_usd_per_month))


_ACTIONS = {
    "traffic level": "Count a week of requests in the access log and set workload.requests_per_s, "
    "with decision.traffic_factor for what is left of the doubt.",
    "peak over mean": "Take the busiest minutes of a month from the access log and set "
    "workload.peak_requests_per_s.",
    "traffic growth": "Compare last year's requests month by month and set "
    "decision.growth_per_year_fraction.",
    "cold start": "Deploy a trial serverless endpoint, invoke it cold, and set "
    "decision.start_factor.",
    "spot price": "Read three months of spot prices of the type and set "
    "decision.spot_price_factor.",
    "runs per release": "Count the training runs behind the last releases and set "
    "retraining.runs_per_release.",
    "training time": "Time one training run on the machine named under training.",
    "people's hours": "Keep a time sheet for a month and set team.hours_per_month.",
}
"""The cheapest way to know each input."""


def _speed_action(
    engine: Engine, best: Option | None, saves: dict[str, float]
) -> MeasureNext | None:
    if best is None:
        return None
    if facts_of(best.platform).billing == "by-request":
        return MeasureNext(
            action="Latency and cold starts of serverless are assumed: deploy "
            f"{best.candidate} to a trial endpoint of {best.sku} in {best.region} and invoke it "
            "cold and warm.",
            cost_usd=0.0,
            saves_usd_per_month=saves.get("cold start", 0.0),
        )
    if best.basis == "measured":
        return None
    row = engine.choice.best
    replica_usd = 0.0 if row is None else float(engine.problem.options.replica_usd[row])
    usd_per_hour = replica_usd / HOURS_PER_MONTH
    cost_usd = usd_per_hour * defaults.MEASURING_S.value / 3600
    jobs = engine.study.workload.pattern == "batch"
    what = "The time of a job" if jobs else "Latency"
    on = shlex.quote(best.sku)
    cap_usd = max(LEAST_CAP_USD, math.ceil(usd_per_hour * 10) / 10)
    return MeasureNext(
        action=f"{what} is carried from this machine: measure it on one {best.sku} "
        f"({best.region}) with 'advisor remote run STUDY --on {on} --region {best.region} "
        f"--cap-usd {cap_usd:g}'; 'advisor remote plan STUDY' weighs the others.",
        cost_usd=cost_usd,
        saves_usd_per_month=saves.get("transfer between machines", 0.0),
    )


def _decay_action(retraining: RetrainingAdvice, saves_usd: float) -> MeasureNext | None:
    if retraining.basis == "assumed" and not retraining.simulated:
        action = (
            "The decay is assumed: name a time column in data.time and run 'advisor bench STUDY', "
            "or set retraining.decay_per_day."
        )
    elif retraining.simulated:
        action = (
            "The decay was measured on a simulated stream: give data with a time column to "
            "measure your own."
        )
    elif saves_usd >= WORTH_SAYING_USD:
        action = "Back-test over more periods: 'advisor bench STUDY' on a longer history."
    else:
        return None
    return MeasureNext(action=action, cost_usd=0.0, saves_usd_per_month=saves_usd)
