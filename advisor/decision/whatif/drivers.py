"""The figures of a study that can change its answer, and the study with one of them changed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from advisor.decision.scenarios.problem import Problem
from advisor.platforms import facts_of
from advisor.study.types import HOURS_PER_MONTH, Study

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
    """Return the drivers that a study has, the most telling first."""
    study = problem.study
    work, needs, retraining, team = study.workload, study.needs, study.retraining, study.team
    batch = work.pattern == "batch"
    peak = work.peak_requests_per_s
    found = []
    if batch:
        found.append(Driver("workload.rows_per_job", "rows", work.job_rows, 1.0, 1e12))
    else:
        highest = 1e8 if peak is None else peak
        found.append(Driver("workload.requests_per_s", "1/s", work.requests_per_s, 1e-6, highest))
        found.append(
            Driver(
                "workload.peak_requests_per_s",
                "1/s",
                work.peak_per_s,
                work.requests_per_s,
                1e9,
            )
        )
    if batch and needs.deadline_hours is not None:
        found.append(Driver("needs.deadline_hours", "h", needs.deadline_hours, 1e-3, 1e5))
    elif needs.max_p99_latency_ms is not None:
        found.append(Driver("needs.max_p99_latency_ms", "ms", needs.max_p99_latency_ms, 1e-3, 1e7))
    if needs.max_usd_per_month is not None:
        found.append(
            Driver("needs.max_usd_per_month", "USD/month", needs.max_usd_per_month, 1e-2, 1e9)
        )
    money = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
    found += [
        Driver(
            "team.engineer_usd_per_hour", "USD/h", team.engineer_usd_per_hour, 0.0, 1e4,
            from_zero=(1.0, 10.0, 50.0, 100.0, 200.0),
        ),
        *_hours(problem),
        Driver(
            "retraining.error_cost_usd", "USD", retraining.error_cost_usd, 0.0, 1e9,
            from_zero=(1e-6, 1e-4, 1e-2, 1.0, 100.0),
        ),
        Driver(
            "retraining.cases_per_day", "1/day", study.cases_per_day, 0.0, 1e13,
            from_zero=(1.0, 100.0, 1e4, 1e6),
        ),
        Driver(
            "retraining.label_cost_usd", "USD", retraining.label_cost_usd, 0.0, 1e9,
            from_zero=money,
        ),
        Driver(
            "retraining.review_hours", "h", retraining.review_hours, 0.0, 1e6, from_zero=money
        ),
        Driver(
            "retraining.runs_per_release", "runs", float(retraining.runs_per_release), 1.0, 1e5,
            whole=True,
        ),
        Driver("horizon_months", "months", float(study.horizon_months), 1.0, 120.0, whole=True),
    ]  # fmt: skip
    decay = retraining.decay_per_day
    if decay is not None:
        found.append(
            Driver(
                "retraining.decay_per_day", "1/day", decay, 0.0, 1.0,
                from_zero=(1e-6, 1e-5, 1e-4, 1e-3, 1e-2),
            )
        )  # fmt: skip
    return (*found, *_prices(problem), *_gpu(problem))


def _hours(problem: Problem) -> list[Driver]:
    team = problem.study.team
    return [
        Driver(
            f"team.hours_per_month.{name}", "h/month", team.upkeep_hours(name), 0.0,
            HOURS_PER_MONTH, from_zero=(1.0, 2.0, 5.0, 10.0, 20.0),
        )
        for name in _possible_platforms(problem)
    ]  # fmt: skip


def _possible_platforms(problem: Problem) -> list[str]:
    """Return the platforms that have an option at all: no job answers a request at once."""
    options, needs = problem.options, problem.study.needs
    late_s = options.p99_fixed_s
    in_time = options.stands | (
        late_s <= (np.inf if needs.max_p99_latency_ms is None else needs.max_p99_latency_ms / 1e3)
    )
    able = np.unique(options.platform_at[problem.possible & in_time])
    return [options.platforms[int(i)] for i in able]


def _prices(problem: Problem) -> list[Driver]:
    sold = {facts_of(name).discount_service for name in problem.options.platforms}
    discounts = problem.study.cloud.discounts
    return [
        Driver(
            f"cloud.discounts.{service}", "fraction", discounts.get(service, 0.0), 0.0, 0.99,
            from_zero=(0.05, 0.15, 0.3, 0.6, 0.95), moves_options=True,
        )
        for service in sorted(sold)
    ]  # fmt: skip


def _gpu(problem: Problem) -> list[Driver]:
    if not problem.space.machines.on_gpu.any():
        return []
    now = problem.study.decision.gpu_speed_factor
    return [Driver("decision.gpu_speed_factor", "factor", now, 1e-3, 1e4, moves_options=True)]


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
