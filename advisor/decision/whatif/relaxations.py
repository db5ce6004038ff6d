"""When nothing is feasible: the smallest change of each need that makes something so.

Each is tried on the decision itself, so that the study with that one figure changed really has an
answer.
"""

import itertools
from collections.abc import Callable

import numpy as np

from advisor.decision.choice.choose import choose
from advisor.decision.scenarios.option_space import OptionSpace
from advisor.decision.scenarios.problem import problem_of
from advisor.study.types import Study

MOST = 1_000.0
"""Times that a need is relaxed by at most."""

MOST_HOURS = 744.0
"""A deadline that a study may give: a month. [h]"""

QUALITY = frozenset({"min_quality", "max_quality_spread"})
"""Needs that are relaxed to what a candidate has."""

NONE_ALONE = (
    "no need and no two of them are enough; relax max_p99_latency_ms, max_usd_per_month and "
    "min_quality together"
)

NONE_ALONE_BATCH = (
    "no need and no two of them are enough; relax deadline_hours, max_usd_per_month and "
    "min_quality together, or widen cloud.platforms, cloud.purchase or cloud.regions"
)
"""The same for jobs: nobody waits for one answer, so that no p99 can be relaxed."""

CLOSE = 1.002
"""The search ends when the two ends are this close: closer than the three digits that are told."""


def relaxations(study: Study, space: OptionSpace) -> tuple[str, ...]:
    """Return the smallest change of each need that would do; of two together where none does."""
    keys = _keys(study)
    found = []
    for key in keys:
        value = _least(study, space, key)
        if value is not None:
            found.append(_told(study, key, value))
    found += _probability(study, space)
    if not found:
        found = _together(study, space, keys)
    none = NONE_ALONE_BATCH if study.workload.pattern == "batch" else NONE_ALONE
    return tuple(found) or (none,)


def _keys(study: Study) -> list[str]:
    """Return the needs that a study has and that can be relaxed."""
    needs = study.needs
    given = {
        "deadline_hours": needs.deadline_hours if study.workload.pattern == "batch" else None,
        "max_p99_latency_ms": None
        if study.workload.pattern == "batch"
        else needs.max_p99_latency_ms,
        "max_usd_per_month": needs.max_usd_per_month,
        "min_quality": needs.min_quality,
        "max_quality_spread": needs.max_quality_spread,
    }
    return [key for key, value in given.items() if value is not None]


def _told(study: Study, key: str, value: float) -> str:
    return f"needs.{key}: {value:g} instead of {getattr(study.needs, key):g}"


def _together(study: Study, space: OptionSpace, keys: list[str]) -> list[str]:
    """Return, of each pair of needs, the smallest change of both that would do.

    The first is relaxed as little as it can be with the second out of the way, then the second as
    little as the first then leaves it.
    """
    found = []
    for first, second in itertools.combinations(keys, 2):
        free = _with(study, second, _loosest(study, second))
        value = _least(free, space, first)
        if value is None:
            continue
        eased = _with(study, first, value)
        other = _least(eased, space, second)
        if other is not None:
            found.append(f"{_told(study, first, value)}, with {_told(study, second, other)}")
    return found


def _with(study: Study, key: str, value: float | None) -> Study:
    return study.replace(needs=study.needs.replace(**{key: value}))


def _loosest(study: Study, key: str) -> float | None:
    """Return a need as far relaxed as it is looked at; null is none at all."""
    if key == "deadline_hours":
        return MOST_HOURS
    return None if key in QUALITY else float(getattr(study.needs, key)) * MOST


def _works(study: Study, space: OptionSpace) -> bool:
    return choose(problem_of(study, space, whole=False), whole=False).best is not None


def _least(study: Study, space: OptionSpace, key: str) -> float | None:
    """Return the least relaxed value of one need that makes something feasible; null if none."""
    if key in QUALITY:
        return next(
            (v for v in _reached(study, space, key) if _works(_with(study, key, v), space)), None
        )
    return _smallest(study, space, key)


def _smallest(study: Study, space: OptionSpace, key: str) -> float | None:
    """Relax one limit upwards: doubled until something is feasible, then halved in between."""
    now = low = float(getattr(study.needs, key))

    def works(value: float) -> bool:
        allowed = key != "deadline_hours" or value <= MOST_HOURS
        return allowed and _works(_with(study, key, value), space)

    most = min(now * MOST, MOST_HOURS) if key == "deadline_hours" else now * MOST
    high = min(low * 2, most)
    while not works(high):
        if high >= most:
            return None
        low, high = high, min(high * 2, most)
    while high / low > CLOSE:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if works(middle) else (middle, high)
    told = round_up(high)
    return told if works(told) else None


def _reached(study: Study, space: OptionSpace, key: str) -> list[float]:
    """Return what the candidates have of a quality need that is missed, the nearest first."""
    now, profiles = getattr(study.needs, key), space.profiles
    if key == "min_quality":
        reached = {float(np.floor(p.quality * 1e4) / 1e4) for p in profiles if not p.is_baseline}
        return sorted((q for q in reached if q < now), reverse=True)
    return sorted(
        {s for p in profiles if (s := float(np.ceil(p.quality_spread * 1e4) / 1e4)) > now}
    )


def _probability(study: Study, space: OptionSpace) -> list[str]:
    """Relax how often the needs must be kept, in steps of five percent."""
    now = study.decision.feasible_probability

    def works(value: float) -> bool:
        relaxed = study.decision.replace(feasible_probability=value)
        return _works(study.replace(decision=relaxed), space)

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
