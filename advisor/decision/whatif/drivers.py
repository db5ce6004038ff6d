"""The figures of a study that can change its answer, and the study with one of them changed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from advisor.decision.scenarios.problem import Problem
from advisor.platforms import facts_of
from advisor.study.figures import Figure, figures, value_of
from advisor.study.types import Study

NEAR = (1.02, 1.05, 1.1, 1.18, 1.3, 1.45, 1.65, 2.0, 2.5, 3.3, 5.0, 8.0, 15.0, 40.0, 100.0)
"""Factors up and down at which an answer is asked for, the nearest first."""

COARSE = (1.5, 4.0, 20.0, 100.0)
"""The same for drivers that move machines or prices, which take longer."""


@dataclass(frozen=True)
class Driver:
    """One figure that `--set` can change."""

    key: str
    """Dotted key."""
    unit: str
    """The study's own unit."""
    now: float
    low: float
    """Least value allowed."""
    high: float
    """Greatest value allowed."""
    whole: bool = False
    """Whether it counts whole things."""
    from_zero: tuple[float, ...] = ()
    """Values looked at where it is 0 now."""
    moves_options: bool = False
    """Whether machines or prices change with it, so that asking takes longer."""

    def ladder(self, *, up: bool) -> tuple[float, ...]:
        """Return the values to look at on one side, the nearest first."""
        if self.now == 0:
            return tuple(v for v in self.from_zero if v <= self.high) if up else ()
        factors = COARSE if self.moves_options else NEAR
        values = [self.now * f if up else self.now / f for f in factors]
        inside = [v for v in values if self.low < v < self.high]
        end = self.high if up else self.low
        if len(inside) < len(values) and end not in (0.0, self.now):
            inside.append(end)
        if self.whole:
            inside = [float(v) for v in dict.fromkeys(map(round, inside)) if v != self.now]
        return tuple(inside)


def drivers_of(problem: Problem) -> tuple[Driver, ...]:
    """Return the drivers that a study has, in the order of its file."""
    return tuple(driver for figure in figures().values() for driver in _drivers(figure, problem))


def _drivers(figure: Figure, problem: Problem) -> list[Driver]:
    """Return the drivers of one key: one, one for each entry of a map, or none."""
    if figure.told.tried is None:
        return []
    if figure.key == "team.hours_per_month":
        return _hours(figure, problem)
    if figure.key == "cloud.discounts":
        return _prices(figure, problem)
    if figure.key == "decision.gpu_speed_factor" and not problem.space.machines.on_gpu.any():
        return []
    now = _now(problem.study, figure.key)
    return [] if now is None else [_driver(figure, now, within=_bounds(problem.study, figure.key))]


def _driver(
    figure: Figure, now: float, *, below: str = "", within: tuple[float, float] = (-np.inf, np.inf)
) -> Driver:
    tried = figure.told.tried
    assert tried is not None
    return Driver(
        key=f"{figure.key}.{below}" if below else figure.key,
        unit=figure.unit or "factor",
        now=float(now),
        low=max(tried.low, within[0]),
        high=min(tried.high, within[1]),
        whole=figure.is_whole,
        from_zero=tried.from_zero,
        moves_options=tried.moves_options,
    )


def _now(study: Study, key: str) -> float | None:
    """Return the value of a driver as it holds now; null where this study has no such figure."""
    work, needs = study.workload, study.needs
    jobs = work.pattern == "batch"
    held_to_deadline = jobs and needs.deadline_hours is not None
    follows: dict[str, float | None] = {
        "workload.rows_per_job": work.job_rows if jobs else None,
        "workload.requests_per_s": None if jobs else work.requests_per_s,
        "workload.peak_requests_per_s": None if jobs else work.peak_per_s,
        "needs.max_p99_latency_ms": None if held_to_deadline else needs.max_p99_latency_ms,
        "retraining.cases_per_day": study.cases_per_day,
    }
    found: float | None = follows[key] if key in follows else value_of(study, key)
    return found


def _bounds(study: Study, key: str) -> tuple[float, float]:
    """Return what a study's other figures allow: the mean lies below a peak that was given."""
    work = study.workload
    if key == "workload.requests_per_s" and work.peak_requests_per_s is not None:
        return -np.inf, work.peak_requests_per_s
    if key == "workload.peak_requests_per_s":
        return work.requests_per_s, np.inf
    return -np.inf, np.inf


def _hours(figure: Figure, problem: Problem) -> list[Driver]:
    if not problem.scenarios.counts_people:
        return []  # they move nothing that is ranked
    upkeep = problem.study.team.upkeep_hours
    return [_driver(figure, upkeep(name), below=name) for name in _possible_platforms(problem)]


def _possible_platforms(problem: Problem) -> list[str]:
    """Return the platforms that have an option at all: no job answers a request at once."""
    options, needs = problem.options, problem.study.needs
    late_s = options.p99_fixed_s
    in_time = options.stands | (
        late_s <= (np.inf if needs.max_p99_latency_ms is None else needs.max_p99_latency_ms / 1e3)
    )
    able = np.unique(options.platform_at[problem.possible & in_time])
    return [options.platforms[int(i)] for i in able]


def _prices(figure: Figure, problem: Problem) -> list[Driver]:
    sold = {facts_of(name).discount_service for name in problem.options.platforms}
    discounts = problem.study.cloud.discounts
    return [_driver(figure, discounts.get(name, 0.0), below=name) for name in sorted(sold)]


def with_value(study: Study, key: str, value: float) -> Study:
    """Return a study with one dotted key changed, as `--set` would."""
    section, _, field = key.partition(".")
    if not field:
        return _changed(study, {section: int(value) if float(value).is_integer() else value})
    record = getattr(study, section)
    name, _, below = field.partition(".")
    new: Any = value
    if below:
        new = {**getattr(record, name), below: value}
    elif float(value).is_integer() and _counts(type(record), name):
        new = int(value)
    if section == "workload" and study.workload.pattern == "batch":
        return study.replace(workload=study.workload.replace(**{name: new}))
    given = record.model_dump(exclude_unset=True) | {name: new}
    if key == "needs.deadline_hours":
        given.pop("max_p99_latency_ms", None)  # a batch study keeps the deadline in both
    return _changed(study, {section: type(record).model_validate(given)})


def _counts(record: type[BaseModel], name: str) -> bool:
    """Whether a field of a record counts whole things."""
    field = record.model_fields.get(name)
    return field is not None and field.annotation is int


def _changed(study: Study, changes: dict[str, Any]) -> Study:
    given = {name: getattr(study, name) for name in study.model_fields_set} | changes
    return Study.model_validate(given)
