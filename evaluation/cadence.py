"""Judge the retraining plan on a folder of streams: `python -m advisor.evaluation.cadence`.

A cell is a stream x configuration x retrain cost. The plan is made from at most eight trainings on
the first half of the periods, and every policy is charged for the second half.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from advisor.errors import AdvisorError
from advisor.retraining.ageing import Ageing, ageing_of, recent_cases
from advisor.retraining.plan import Plan, Terms, plan_retraining
from evaluation.cadence_matrices import (
    FullMatrix,
    full_matrix,
    load_stream,
    pick_configurations,
)
from evaluation.cadence_scoring import (
    RHOS,
    Cell,
    Result,
    debt_trigger,
    detector_trigger,
    regret,
    triggered_cost,
)

SHAPES: Final = ("none", "linear", "slow", "abrupt", "seasonal", "random_walk")
"""The simulated streams, one of each shape."""
DETECTORS: Final = ("ADWIN", "Page-Hinkley", "DDM")
"""Drift detectors of river, at their defaults."""
CALENDARS: Final = {"every period": 1.0, "every 4": 4.0, "every 13": 13.0, "never": math.inf}
"""Fixed intervals that need no data. [periods]"""
PLAN: Final = "plan: T*"
"""The policy that the headline figures speak of."""
DEFAULT_CACHE: Final = Path("~/.cache/model-deployment-advisor/cadence")
"""Where finished trainings are kept."""


@dataclass(frozen=True)
class Judged:
    """One cell: what each policy cost, and whether the 80% interval held the optimum."""

    results: tuple[Result, ...]
    t_star: float | None
    interval: float | None
    interval_80: tuple[float | None, float | None]
    best: float
    covered: bool
    training_count: int


def judge(matrix: FullMatrix) -> Iterator[Judged]:
    """Judge all policies on all retrain costs of one matrix."""
    from benchmarks.session.backtest import spaced_origins

    first = Cell(matrix, RHOS[0])
    days = matrix.period_days or 1.0
    ageing = ageing_of(first.history(spaced_origins(first.start)), period_days=days)
    assert ageing.measured is not None
    for rho in RHOS:
        cell = Cell(matrix, rho)
        plan = _plan(cell, ageing)
        low, high = (end / days for end in plan.interval_80_days() or (math.inf, math.inf))
        best, t_star = cell.best_interval(), plan.t_star_days / days
        chosen = plan.interval.days
        yield Judged(
            results=tuple(_results(cell, plan, days=days)),
            t_star=t_star if math.isfinite(t_star) else None,
            interval=None if chosen is None else chosen / days,
            interval_80=(_known(low), _known(high)),
            best=best,
            covered=cell.as_never(low) <= best <= cell.as_never(high),
            training_count=len(ageing.measured.matrix.origins),
        )


def _known(interval: float) -> float | None:
    return interval if math.isfinite(interval) else None


def _plan(cell: Cell, ageing: Ageing) -> Plan:
    """Plan for the second half; a period stands for a day where it has no length."""
    assert ageing.measured is not None
    days = ageing.measured.period_days
    terms = Terms(
        release_usd=cell.retrain_cost,
        error_cost_usd=1.0,
        cases_per_day=recent_cases(ageing.measured.matrix) / days,
        horizon_days=cell.horizon * days,
    )
    return plan_retraining(ageing, terms)


def _results(cell: Cell, plan: Plan, *, days: float) -> Iterator[Result]:
    yield regret(cell, PLAN, cell.cost_of(plan.t_star_days / days))
    yield regret(cell, "plan: calendar", cell.cost_of((plan.interval.days or math.inf) / days))
    for name, interval in CALENDARS.items():
        yield regret(cell, name, cell.cost_of(interval))
    yield regret(cell, "debt rule", triggered_cost(cell, debt_trigger(cell)))
    for name in DETECTORS:
        trigger = detector_trigger(cell, name)
        if trigger is not None:
            yield regret(cell, name, triggered_cost(cell, trigger))
    yield regret(cell, "best fixed in hindsight", float(cell.fixed_costs().min()))


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures of a suite; keys that end with `_percent` are percent, the others are not."""
    if not judged:
        raise AdvisorError("no cell could be judged: streams need 16 periods or more")
    results = [result for each in judged for result in each.results]
    plan = [r for r in results if r.policy == PLAN]
    regrets = np.array([r.regret for r in plan])
    strict = [r.strict_regret for r in plan if r.strict_regret is not None]
    return {
        "cells": len(judged),
        "mean_regret_percent": 100 * float(regrets.mean()),
        "median_regret_percent": 100 * float(np.median(regrets)),
        "share_within_5_percent": 100 * float((regrets <= 0.05).mean()),
        "coverage_80": float(np.mean([each.covered for each in judged])),
        "strict_median_percent": 100 * float(np.median(strict)) if strict else None,
        "trainings_per_cell": max(each.training_count for each in judged),
        "table": table(results),
        "by_stream": by_stream(judged),
    }


def table(results: Sequence[Result]) -> list[dict[str, Any]]:
    """One row per policy, in percent of the best fixed interval's cost."""
    rows = []
    for policy in dict.fromkeys(r.policy for r in results):
        own = [r for r in results if r.policy == policy]
        percent = 100 * np.array([r.regret for r in own])
        rows.append(
            {
                "policy": policy,
                "cells": len(own),
                "mean_percent": float(percent.mean()),
                "median_percent": float(np.median(percent)),
                "p90_percent": float(np.quantile(percent, 0.9)),
                "share_within_5_percent": float(100 * (percent <= 5).mean()),
                "mean_percent_by_rho": {
                    f"{rho:g}": float(np.mean([100 * r.regret for r in own if r.rho == rho]))
                    for rho in RHOS
                },
            }
        )
    return rows


def by_stream(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Mean regret and coverage of the plan, per stream and configuration."""
    rows: dict[tuple[str, str], list[tuple[Judged, Result]]] = {}
    for each in judged:
        own = next(r for r in each.results if r.policy == PLAN)
        rows.setdefault((own.stream, own.configuration), []).append((each, own))
    return [
        {
            "stream": stream,
            "configuration": configuration,
            "mean_percent": 100 * float(np.mean([r.regret for _, r in cells])),
            "coverage_80": float(np.mean([j.covered for j, _ in cells])),
            "t_star_periods": [j.t_star for j, _ in cells],
            "best_periods": [j.best if math.isfinite(j.best) else None for j, _ in cells],
        }
        for (stream, configuration), cells in rows.items()
    ]


def as_markdown(found: dict[str, Any]) -> str:
    """The regret table for people and for the docs."""
    lines = [
        "| policy | cells | mean | median | p90 | within 5% | "
        + " | ".join(f"rho {rho:g}" for rho in RHOS)
        + " |",
        "|---|" + "---|" * (5 + len(RHOS)),
    ]
    for row in found["table"]:
        means = " | ".join(f"{mean:.2f}" for mean in row["mean_percent_by_rho"].values())
        lines.append(
            f"| {row['policy']} | {row['cells']} | {row['mean_percent']:.2f} |"
            f" {row['median_percent']:.2f} | {row['p90_percent']:.1f} |"
            f" {row['share_within_5_percent']:.0f} | {means} |"
        )
    strict = found["strict_median_percent"]
    lines += [
        "",
        f"{found['cells']} cells, {found['trainings_per_cell']} trainings each. Plan: mean regret"
        f" {found['mean_regret_percent']:.2f}%, median {found['median_regret_percent']:.2f}%,"
        f" {found['share_within_5_percent']:.0f}% of cells within 5%; the 80% interval holds the"
        f" hindsight optimum in {100 * found['coverage_80']:.0f}% of cells; strict median "
        + ("not known." if strict is None else f"{strict:.0f}%."),
    ]
    return "\n".join(lines)


def evaluate(
    sources: Iterable[str | Path],
    *,
    configurations: Iterable[str] | None = None,
    cache: Path,
    period: str | None = None,
    worker_count: int = 2,
) -> dict[str, Any]:
    """Judge streams; those that cannot be judged are told in `skipped`."""
    from benchmarks.data.periods import parse_period
    from benchmarks.errors import BenchmarkError

    length = None if period is None else parse_period(period)
    chosen = pick_configurations(configurations)
    judged: list[Judged] = []
    skipped: list[str] = []
    for source in sources:
        name = source if isinstance(source, str) else source.name
        try:
            data = load_stream(source)
            for configuration in chosen:
                _say(f"{name}: {configuration.name}")
                matrix = full_matrix(
                    source,
                    configuration=configuration,
                    cache=cache,
                    period=length,
                    worker_count=worker_count,
                    progress=_Progress(name, configuration.name),
                    data=data,
                )
                judged.extend(judge(matrix))
        except (AdvisorError, BenchmarkError) as error:
            skipped.append(f"{name}: {error}")
            _say(f"skipped {name}: {error}")
    return summary(judged) | {"skipped": skipped}


class _Progress:
    """Says on stderr how many trainings are done, every tenth of them, with the time left."""

    def __init__(self, stream: str, configuration: str) -> None:
        self.label = f"{stream}: {configuration}"
        self.started_s = time.monotonic()
        self.first_done: int | None = None

    def __call__(self, done: int, total: int) -> None:
        if self.first_done is None:
            self.first_done = done
        if done % max(1, total // 10) and done != total:
            return
        new = done - self.first_done
        per_training_s = (time.monotonic() - self.started_s) / max(new, 1)
        left = f", {per_training_s * (total - done):.0f} s left" if new else ""
        _say(f"{self.label}: {done} of {total} trainings{left}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m advisor.evaluation.cadence", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--streams", type=Path, help="folder of *.parquet streams")
    parser.add_argument(
        "--simulated", action="store_true", help="add the six simulated streams, one per shape"
    )
    parser.add_argument("--configs", help="comma-separated configurations; all three by default")
    parser.add_argument("--period", help="length of a period, e.g. 7d or 500rows")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="finished trainings")
    parser.add_argument("--workers", type=int, default=2, help="child processes at a time")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args(argv)
    try:
        sources = _sources(options.streams, simulated=options.simulated)
        names = options.configs.split(",") if options.configs else None
        count = len(pick_configurations(names))
        _say(
            f"{len(sources)} streams x {count} configurations x {len(RHOS)} retrain costs, about"
            f" 100 trainings per stream and configuration; finished ones are in {options.cache}"
        )
        found = evaluate(
            sources,
            configurations=names,
            cache=options.cache.expanduser(),
            period=options.period,
            worker_count=options.workers,
        )
    except AdvisorError as error:
        print(f"advisor: {error}", file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2, allow_nan=False) if options.json else as_markdown(found))
    return 0


def _sources(folder: Path | None, *, simulated: bool) -> list[str | Path]:
    found: list[str | Path] = []
    if folder is not None:
        found += sorted(folder.glob("*.parquet"))
        if not found:
            raise AdvisorError(f"{folder}: no *.parquet file: give the folder of the streams")
    if simulated:
        found += [f"simulated:{shape}" for shape in SHAPES]
    if not found:
        raise AdvisorError("nothing to judge: give --streams DIR, --simulated, or both")
    return found


if __name__ == "__main__":
    sys.exit(main())
