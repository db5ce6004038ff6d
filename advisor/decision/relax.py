"""When nothing is feasible: the smallest change of each need, alone, that makes something so.

Each is tried on the decision itself, so that the study with that one figure changed really has an
answer.
"""

from collections.abc import Callable

import numpy as np

from advisor.decision.choice import choose
from advisor.decision.ground import Ground
from advisor.decision.setting import setting_of
from advisor.study import Study

MOST = 1_000.0
"""Times that a need is relaxed by at most."""

MOST_HOURS = 744.0
"""A deadline that a study may give: a month. [h]"""

NONE_ALONE = (
    "no single need is enough; relax max_p99_latency_ms, max_usd_per_month and min_quality together"
)

NONE_ALONE_BATCH = (
    "no single need is enough; relax deadline_hours, max_usd_per_month and min_quality together, "
    "or widen cloud.platforms, cloud.purchase or cloud.regions"
)
"""The same for jobs: nobody waits for one answer, so that no p99 can be relaxed."""

CLOSE = 1.002
"""The search ends when the two ends are this close: closer than the three digits that are told."""


def relaxations(study: Study, ground: Ground) -> tuple[str, ...]:
    """Return the smallest change of each need that would do, or say that none alone does."""
    needs = study.needs
    found = []
    if study.workload.pattern == "batch" and needs.deadline_hours is not None:
        found += _smallest(
            study, ground, "deadline_hours", needs.deadline_hours, needs.deadline_hours
        )
    elif needs.max_p99_latency_ms is not None:
        found += _smallest(
            study, ground, "max_p99_latency_ms", needs.max_p99_latency_ms, needs.max_p99_latency_ms
        )
    if needs.max_usd_per_month is not None:
        found += _smallest(
            study, ground, "max_usd_per_month", needs.max_usd_per_month, needs.max_usd_per_month
        )
    found += _quality(study, ground)
    found += _probability(study, ground)
    none = NONE_ALONE_BATCH if study.workload.pattern == "batch" else NONE_ALONE
    return tuple(found) or (none,)


def _works(study: Study, ground: Ground) -> bool:
    return choose(setting_of(study, ground, whole=False), whole=False).best is not None


def _smallest(study: Study, ground: Ground, key: str, now: float, low: float) -> list[str]:
    """Relax one limit upwards: doubled until something is feasible, then halved in between."""

    def works(value: float) -> bool:
        if key == "deadline_hours" and value > MOST_HOURS:
            return False
        return _works(study.replace(needs=study.needs.replace(**{key: value})), ground)

    high = min(low * 2, MOST_HOURS) if key == "deadline_hours" else low * 2
    while not works(high):
        low, high = high, high * 2
        if high > now * MOST:
            return []
    while high / low > CLOSE:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if works(middle) else (middle, high)
    told = round_up(high)
    return [f"needs.{key}: {told:g} instead of {now:g}"] if works(told) else []


def _quality(study: Study, ground: Ground) -> list[str]:
    """Relax the quality needs to what some candidate has, the nearest first."""
    needs, profiles = study.needs, ground.profiles
    found: list[str] = []
    if needs.min_quality is not None:
        reached = [float(np.floor(p.quality * 1e4) / 1e4) for p in profiles if not p.is_baseline]
        lower = sorted({q for q in reached if q < needs.min_quality}, reverse=True)
        found += _first(study, ground, "min_quality", needs.min_quality, lower)
    if needs.max_quality_spread is not None:
        spreads = [float(np.ceil(p.quality_spread * 1e4) / 1e4) for p in profiles]
        wider = sorted({s for s in spreads if s > needs.max_quality_spread})
        found += _first(study, ground, "max_quality_spread", needs.max_quality_spread, wider)
    return found


def _first(study: Study, ground: Ground, key: str, now: float, values: list[float]) -> list[str]:
    for value in values:
        if _works(study.replace(needs=study.needs.replace(**{key: value})), ground):
            return [f"needs.{key}: {value:g} instead of {now:g}"]
    return []


def _probability(study: Study, ground: Ground) -> list[str]:
    """Relax how often the needs must be kept, in steps of five percent."""
    now = study.decision.feasible_probability

    def works(value: float) -> bool:
        relaxed = study.decision.replace(feasible_probability=value)
        return _works(study.replace(decision=relaxed), ground)

    return _stepped(now, works)


def _stepped(now: float, works: Callable[[float], bool]) -> list[str]:
    steps = [round(0.05 * k, 2) for k in range(19, -1, -1) if 0.05 * k < now - 1e-9]
    if not steps or not works(steps[-1]):
        return []
    value = next(step for step in steps if works(step))
    return [f"decision.feasible_probability: {value:g} instead of {now:g}"]


def round_up(value: float) -> float:
    """Round up to three significant digits, so that the relaxed need really is met."""
    step = 10.0 ** (np.floor(np.log10(value)) - 2)
    return float(f"{np.ceil(value / step - 1e-9) * step:.10g}")
