"""The answer over a grid of figures of the study: winner, cost and p99 at each point."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from pydantic import ValidationError

from advisor.decision.choice.choose import choose, sku_of
from advisor.decision.scenarios.option_space import OptionSpace, option_space_for
from advisor.decision.scenarios.problem import Problem, problem_of
from advisor.decision.whatif.drivers import with_value
from advisor.errors import StudyError
from advisor.options.replicas import plan
from advisor.study.figures import study_keys
from advisor.study.types import Study

SWEEP_DRAWS = 100
"""Draws at each point of a sweep, unless the study itself gives fewer."""

MOST_POINTS = 100_000
"""Points of one sweep at most."""

OF_REQUESTS = ("workload.requests_per_s", "workload.peak_requests_per_s")
"""Figures that a study of jobs cannot be given: its rate follows from its jobs."""


@dataclass(frozen=True)
class Axis:
    """One figure and the values that it takes."""

    key: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Point:
    """The answer at one point of the grid; all but the values null where nothing is feasible."""

    values: tuple[float, ...]
    candidate: str | None
    platform: str | None
    sku: str | None
    region: str | None
    purchase: str | None
    replicas: int | None
    usd_per_month: float | None
    """Mean cost over the draws, or the quantile that the study compares. [USD/month]"""
    p99_latency_ms: float | None


def parse_axis(text: str) -> Axis:
    """Read `key=low:high:count` with `log` at the end for a logarithmic axis.

    Raises:
        StudyError: it is not of that form.

    Example:
        >>> parse_axis("workload.requests_per_s=1:100:3log").values
        (1.0, 10.0, 100.0)
    """
    key, equals, span = text.partition("=")
    parts = span.split(":")
    wrong = StudyError(
        f"--vary {text!r}: write key=low:high:count, e.g. workload.requests_per_s=1:1000:40log"
    )
    if not (equals and key and len(parts) == 3):
        raise wrong
    log = parts[2].endswith("log")
    try:
        low, high, count = float(parts[0]), float(parts[1]), int(parts[2].removesuffix("log"))
    except ValueError:
        raise wrong from None
    if not (np.isfinite([low, high]).all() and 1 <= count <= MOST_POINTS) or high < low:
        raise wrong
    if log and low <= 0:
        raise StudyError(f"--vary {text!r}: a logarithmic axis starts above 0")
    values = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
    return Axis(key=key.strip(), values=tuple(float(v) for v in values))


def sweep(study: Study, space: OptionSpace, axes: Sequence[Axis]) -> Iterator[Point]:
    """Ask for the answer at every point of a grid, the last axis fastest.

    Raises:
        StudyError: a key is no figure of the study, a value is not allowed, or there are too many.
    """
    count = int(np.prod([len(a.values) for a in axes]))
    if count > MOST_POINTS:
        raise StudyError(f"{count:,} points are too many for one sweep: at most {MOST_POINTS:,}")
    draws = min(SWEEP_DRAWS, study.decision.draw_count)
    given = study.decision.model_dump(exclude_unset=True) | {"draw_count": draws}
    study = study.replace(decision=type(study.decision).model_validate(given))
    for values in itertools.product(*(a.values for a in axes)):
        changed = study
        for axis, value in zip(axes, values, strict=True):
            changed = _changed(changed, axis.key, value)
        space = option_space_for(changed, space)
        yield _point(problem_of(changed, space, whole=False), values)


def compared(study: Study) -> str:
    """Return what the costs of a sweep are: the mean of the draws, or the study's quantile."""
    own = study.decision
    return f"{own.quantile:.0%} quantile" if own.risk == "quantile" else "mean"


def _changed(study: Study, key: str, value: float) -> Study:
    if study.workload.pattern == "batch" and key in OF_REQUESTS:
        raise StudyError(
            f"--vary {key}: the rate of a batch study follows from its jobs: vary "
            "workload.rows_per_job or workload.jobs_per_day"
        )
    parts = key.split(".")
    if not all(parts) or parts[0] not in Study.model_fields:
        raise _no_figure(key)
    try:
        return with_value(study, key, value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "extra_forbidden":
            raise _no_figure(key) from None
        told = first["msg"].removeprefix("Value error, ")
        raise StudyError(f"--vary {key}: {value:g}: {told[:1].lower()}{told[1:]}") from None
    except (AttributeError, TypeError, ValueError):
        raise _no_figure(key) from None


def _no_figure(key: str) -> StudyError:
    near = get_close_matches(key, study_keys(), n=3)
    hint = (
        f"did you mean {', '.join(near)}?"
        if near
        else "name one as --set does, e.g. workload.requests_per_s"
    )
    return StudyError(f"--vary {key!r}: is no figure of a study: {hint}")


def _point(problem: Problem, values: tuple[float, ...]) -> Point:
    choice = choose(problem, whole=False)
    row = choice.best
    if row is None:
        return Point(values, None, None, None, None, None, None, None, None)
    options = problem.options
    place = int(np.flatnonzero(choice.judged.rows == row)[0])
    p99_s = float(options.p99_s[row])
    if options.stands[row]:
        own = problem.space.machines.take(options.machine[[row]])
        p99_s = float(
            plan(problem.study, own, peak_per_s=problem.study.workload.peak_per_s).p99_s[0]
        )
    return Point(
        values=values,
        candidate=problem.space.profiles[int(options.candidate[row])].name,
        platform=options.platform_of(row),
        sku=sku_of(problem, row),
        region=str(options.region[row]),
        purchase=options.purchase_of(row),
        replicas=int(choice.judged.planned[place]),
        usd_per_month=float(choice.judged.criterion_usd[place]),
        p99_latency_ms=p99_s * 1e3 if np.isfinite(p99_s) else None,
    )
