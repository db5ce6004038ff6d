"""What a history of runs comes to: runs per promoted model, their cost, and what the next gains."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.experiments.gains import expected_best
from advisor.experiments.promotions import (
    PRIOR_SOURCE,
    early_stopped_cost,
    runs_for_confidence,
    runs_per_promotion,
)
from advisor.experiments.stopping import affordable_runs, next_run, velocity
from advisor.imports.history import RunHistory

BAR_WIDTH = 40
"""Width of the longest bar of the gain against runs. [characters]"""
BAR_ROWS = 12
"""Rows of that picture, about."""
CURVE_POINT_COUNT = 24
"""Points of the curve of gain against runs."""


@dataclass(frozen=True)
class Prices:
    """Price of each machine type that occurs."""

    usd_per_hour: Mapping[str, float]
    default: str
    """Machine of runs that no tag names."""


@dataclass(frozen=True)
class Budget:
    """What the user wants to know about the runs to come."""

    usd: float | None = None
    days: float | None = None
    worker_count: int = 1
    usd_per_score: float | None = None
    """Worth of one unit of score over the model's life: v x n x periods. [USD]"""
    base_error: float = 0.1
    """Error of the default model, for the gate. [error per case]"""


def spend(
    history: RunHistory | None, *, prices: Prices, budget: Budget | None = None
) -> dict[str, Any]:
    """Put a history, or the prior where there is none, into the figures that are printed.

    Null is what cannot be told.
    """
    budget = budget or Budget()
    promoted = 0 if history is None else history.promoted_count
    rest = 0 if history is None else history.run_count - promoted
    runs = runs_per_promotion(promoted_count=promoted, rest_count=rest)
    found: dict[str, Any] = {
        "source": "no history: the prior alone" if history is None else history.source,
        "runs": 0 if history is None else history.run_count,
        "promoted": promoted,
        "runs_per_promoted_model": runs.mean,
        "runs_per_promoted_model_80": [runs.low, runs.high],
        "promoted_share": runs.promoted_share,
        "runs_for_90_percent": runs_for_confidence(share=runs.promoted_share),
        "prior": PRIOR_SOURCE,
        "basis": "assumed" if history is None else "measured",
    }
    if history is not None:
        found |= _of_history(history, prices=prices, runs=runs.mean, budget=budget)
    return found


def _of_history(
    history: RunHistory, *, prices: Prices, runs: float, budget: Budget
) -> dict[str, Any]:
    hours = history.machine_hours(default=prices.default)
    usd = sum(amount * _price(prices, name) for name, amount in hours.items())
    per_run = usd / history.run_count
    mean_s = history.mean_run_s
    found: dict[str, Any] = {
        "finished": history.count("finished"),
        "failed": history.count("failed"),
        "pruned": history.count("pruned"),
        "running": history.count("running"),
        "hit_share": history.hit_share,
        "phi": history.stopped_cost_share,
        "mean_run_s": mean_s,
        "runs_per_release": list(history.runs_per_release),
        "open_runs": history.open_run_count,
        "machine_hours": hours,
        "default_machine": prices.default,
        "usd": usd,
        "usd_per_run": per_run,
        "usd_per_promoted_model": usd / history.promoted_count if history.promoted_count else None,
        "expected_usd_per_promoted_model": per_run * runs,
        "saved_by_early_stopping_fraction": _early_stopping(history),
        "notes": list(history.notes) + _unpriced(history, prices),
    }
    scores = history.score[np.isfinite(history.score)]
    found["gain_curve"] = _gain_curve(scores)
    found["next_run"] = None
    if budget.usd_per_score is not None and len(scores) > 0:
        verdict = next_run(
            scores.tolist(),
            usd_per_run=per_run,
            usd_per_score=budget.usd_per_score,
            base_error=budget.base_error,
        )
        found["next_run"] = vars(verdict)
    if mean_s:
        found |= _velocity(mean_s, prices=prices, per_run=per_run, runs=runs, budget=budget)
    return found


def _price(prices: Prices, name: str) -> float:
    return prices.usd_per_hour.get(name, prices.usd_per_hour[prices.default])


def _unpriced(history: RunHistory, prices: Prices) -> list[str]:
    unknown = sorted(set(history.machines) - set(prices.usd_per_hour))
    if not unknown:
        return []
    return [f"no price for {', '.join(unknown)}: taken at that of {prices.default} (assumed)"]


def _early_stopping(history: RunHistory) -> float | None:
    """Share of the spend that stopping the pruned runs early has saved."""
    phi, pruned = history.stopped_cost_share, history.count("pruned")
    if phi is None or not pruned or not history.promoted_count:
        return None
    favourable = history.promoted_count / history.run_count
    shares = {"favourable_share": favourable, "unfavourable_share": pruned / history.run_count}
    stopped = early_stopped_cost(
        usd_per_run=1.0, **shares, cost_share=phi, hit_share=1.0, false_kill_share=0.0
    )
    return float(1 - stopped * favourable)


def _gain_curve(scores: Any) -> list[dict[str, float]]:
    """Expected best score against runs."""
    if len(scores) == 0:
        return []
    at = np.unique(np.geomspace(1, len(scores), CURVE_POINT_COUNT).round().astype(int))
    return [{"runs": int(n), "score": expected_best(scores, run_count=int(n))} for n in at]


def _velocity(
    mean_s: float, *, prices: Prices, per_run: float, runs: float, budget: Budget
) -> dict[str, Any]:
    names = sorted(prices.usd_per_hour)
    speed = velocity(
        run_s=mean_s,
        usd_per_hour=np.array([prices.usd_per_hour[name] for name in names]),
        worker_count=budget.worker_count,
        runs_per_promoted_model=runs,
    )
    affordable = None
    if budget.usd is not None or budget.days is not None:
        affordable = affordable_runs(
            usd_per_run=per_run,
            run_s=mean_s,
            budget_usd=budget.usd,
            budget_days=budget.days,
            worker_count=budget.worker_count,
        )
    return {
        "workers": budget.worker_count,
        "runs_per_week": float(np.max(speed.runs_per_week)),
        "days_per_promoted_model": float(np.max(speed.days_per_promotion)),
        "days_saved_by_one_more_worker": float(np.max(speed.days_saved_by_one_more)),
        "usd_per_week": dict(zip(names, np.ravel(speed.usd_per_week).tolist(), strict=True)),
        "budget_runs": affordable,
    }


def lines(found: Mapping[str, Any]) -> list[str]:
    """The figures for people, the answer first."""
    low, high = found["runs_per_promoted_model_80"]
    first = (
        f"One promoted model takes {found['runs_per_promoted_model']:.1f} runs"
        f" ({low:.0f} to {high:.0f}, 80%); {found['runs_for_90_percent']} runs succeed with 90%."
        f"   {found['source']}"
    )
    said = [first]
    if found["basis"] == "assumed":
        return [first, f"Prior: {found['prior']}. Give --mlflow or --optuna for your own."]
    said.append(
        f"{found['runs']:,} runs: {found['finished']:,} finished, {found['failed']:,} failed,"
        f" {found['pruned']:,} pruned, {found['running']:,} running;"
        f" {found['promoted']:,} promoted, {found['open_runs']:,} since the last promotion."
    )
    said.append(
        f"They cost {found['usd']:,.2f} USD, {found['usd_per_run']:,.4f} a run; the next promoted"
        f" model is expected to cost {found['expected_usd_per_promoted_model']:,.2f} USD"
        f" (untagged runs on {found['default_machine']})."
    )
    if "runs_per_week" in found:
        said.append(
            f"At {found['workers']} at a time: {found['runs_per_week']:,.0f} runs a week,"
            f" {found['days_per_promoted_model']:,.2f} days to a promoted model; one more worker"
            f" takes {found['days_saved_by_one_more_worker']:,.2f} days off."
        )
        if found["budget_runs"] is not None:
            said.append(f"The budget pays for {found['budget_runs']:,} runs.")
    if found["phi"] is not None:
        said.append(f"A run that was stopped cost {found['phi']:.0%} of a finished one.")
    if found["next_run"] is not None:
        said.append(f"Next run: {found['next_run']['reason']}.")
    return [*said, *(f"- {note}" for note in found["notes"])]


def gain_bars(found: Mapping[str, Any]) -> list[str]:
    """The gain against runs as bars of text, the best score expected of so many runs."""
    curve = found.get("gain_curve") or []
    if len(curve) < 2:
        return []
    low, high = curve[0]["score"], curve[-1]["score"]
    span = (high - low) or 1.0
    rows = ["Expected best score against runs:"]
    for point in curve[:: max(1, len(curve) // BAR_ROWS)]:
        bar = "#" * max(1, round(BAR_WIDTH * (point["score"] - low) / span))
        rows.append(f"{point['runs']:>8,} {bar:<{BAR_WIDTH}} {point['score']:.5g}")
    return rows
