"""What makes a find cheaper, and what is worth trying next: stopping, halving, escalation, budget.

The shares that no history tells are assumptions with their source beside them.
"""

import math

import numpy as np

from advisor.experiments.promotions import (
    PRIOR_PROMOTED,
    PRIOR_REST,
    early_stopped_cost,
    success_probability,
    successive_halving_runs,
)
from advisor.experiments.stopping import Rung, affordable_runs, escalation_order
from advisor.recommendation import Basis, Escalation, ExperimentBudget, HistoryAdvice, RunSaving
from advisor.study.types import Study

UNFAVOURABLE_OF_REST = 0.65
"""Of the runs that lead to no release, the share that is plainly bad, the others being partial."""
STOPPED_OF_BAD = 0.9
"""Share of the plainly bad runs that an early stop catches."""
STOPPED_OF_GOOD = 0.02
"""Share of the good runs that it stops by mistake."""
ETA = 3
"""Successive halving keeps one in so many at each rung."""

RUNGS = (("default", 1, 0.0, 0.0), ("tuned", 15, 0.032, 0.062), ("AutoML", 60, 0.040, 0.070))
"""Rungs that any model has: name, runs, and mean and deviation of the share of the error that it
takes off. Tuned: the mean and spread over eight public temporal data sets of what 120
configurations changed; the others are assumed from it."""
DEEP = ("deep", 0.01, 0.08)
"""Mean and deviation of the share that a deep model takes off a boosted one on tables: assumed."""
DEEP_RUNS = 15
"""Runs that a deep model takes to be tuned; their price is a deep candidate's own where one was
measured, else `DEEP_COST` times that of a run."""
DEEP_COST = 10.0


def savings(
    *, usd_per_run: float, history: HistoryAdvice | None, study: Study
) -> tuple[RunSaving, ...]:
    """Return the cost of one find: all runs to the end, bad ones stopped early, halving."""
    hit = (
        PRIOR_PROMOTED / (PRIOR_PROMOTED + PRIOR_REST) if history is None else history.hit_fraction
    )
    phi = study.experiments.stop_cost_fraction
    basis: Basis = "assumed"
    if history is not None and history.stop_cost_fraction is not None:
        given = "stop_cost_fraction" in study.experiments.model_fields_set
        phi = phi if given else history.stop_cost_fraction
        basis = "measured"
    full = 1 / hit
    stopped = float(
        early_stopped_cost(
            usd_per_run=1.0,
            favourable_share=hit,
            unfavourable_share=UNFAVOURABLE_OF_REST * (1 - hit),
            cost_share=phi,
            hit_share=STOPPED_OF_BAD,
            false_kill_share=STOPPED_OF_GOOD,
        )
    )
    rungs = max(1, round(math.log(full) / math.log(ETA)))
    field = ETA**rungs
    rows: list[tuple[str, float, Basis]] = [
        ("all runs to the end", full, "measured" if history else "assumed"),
        (f"bad runs stopped at {phi:.0%} of their cost", stopped, basis),
    ]
    for restart, how in ((True, "each rung from the start"), (False, "from checkpoints")):
        runs = float(successive_halving_runs(rung_count=rungs, eta=ETA, restart=restart))
        name = f"successive halving of {field} to 1 in {ETA}s, {how}"
        rows.append((name, runs * full / field, "assumed"))
    return tuple(
        RunSaving(
            name=name,
            full_runs=runs,
            usd=runs * usd_per_run,
            saved_fraction=1 - runs / full,
            basis=each,
        )
        for name, runs, each in rows
    )


def escalation(
    *,
    usd_per_run: float,
    deep_usd_per_run: float | None,
    base_error: float,
    usd_per_error: float,
) -> tuple[Escalation, ...]:
    """Return the rungs in the order of their reservation values, the default first.

    Args:
        usd_per_run: one run of the candidate. [USD]
        deep_usd_per_run: one run of a deep candidate; null where none was measured. [USD]
        base_error: error of the candidate as it is. [error per case]
        usd_per_error: worth of one unit of error per case over the life of a release. [USD]
    """
    if base_error <= 0 or usd_per_error <= 0:
        return ()
    deep_usd = DEEP_COST * usd_per_run if deep_usd_per_run is None else deep_usd_per_run
    first = Escalation(
        name=RUNGS[0][0],
        usd=usd_per_run,
        expected_gain_per_case=0.0,
        gain_deviation_per_case=0.0,
        reservation_per_case=0.0,
        pays=True,
        basis="measured",
    )
    rungs = [
        Rung(name, runs * usd_per_run, mean * base_error, deviation * base_error)
        for name, runs, mean, deviation in RUNGS[1:]
    ]
    name, mean, deviation = DEEP
    rungs.append(Rung(name, DEEP_RUNS * deep_usd, mean * base_error, deviation * base_error))
    # A run that costs nothing is worth trying without end; the order then is that of its gain.
    priced = [Rung(r.name, max(r.usd, 1e-9), r.mean, r.deviation) for r in rungs]
    return (
        first,
        *(
            Escalation(
                name=rung.name,
                usd=rung.usd,
                expected_gain_per_case=rung.mean,
                gain_deviation_per_case=rung.deviation,
                reservation_per_case=value,
                pays=value > 0,
                basis="assumed",
            )
            for rung, value in escalation_order(priced, usd_per_score=usd_per_error)
        ),
    )


def budget(
    study: Study, *, usd_per_run: float, run_s: float, hit_fraction: float, gain_usd: "Gain"
) -> ExperimentBudget | None:
    """Turn the study's budget into runs, with what the next one would gain."""
    asked = study.experiments
    if asked.budget_days is None and (asked.budget_usd is None or usd_per_run <= 0):
        return None
    runs = affordable_runs(
        usd_per_run=usd_per_run,
        run_s=run_s,
        budget_usd=asked.budget_usd,
        budget_days=asked.budget_days,
        worker_count=asked.worker_count,
    )
    return ExperimentBudget(
        usd=asked.budget_usd,
        days=asked.budget_days,
        worker_count=asked.worker_count,
        run_count=runs,
        find_probability=float(success_probability(share=hit_fraction, run_count=runs)),
        next_run_gain_usd=gain_usd.step(runs),
        next_run_usd=usd_per_run,
    )


class Gain:
    """Expected best of n runs, against the first of them, in money over the life of a release."""

    def __init__(self, *, usd_per_error: float, spread: float, scores: np.ndarray) -> None:
        """Take the scores of a history where there are two or more, else a normal spread."""
        self.usd_per_error = usd_per_error
        self.spread = spread
        self.scores = scores
        self.is_measured = len(scores) > 1

    def usd(self, run_count: int) -> float:
        """Gain of the best of n runs over the first one. [USD]"""
        from advisor.experiments.gains import expected_best_beyond, normal_best

        if run_count < 1:
            return 0.0
        if not self.is_measured:
            return self.usd_per_error * self.spread * max(0.0, float(normal_best(run_count)))
        best = expected_best_beyond(self.scores, run_count=run_count)
        return self.usd_per_error * max(0.0, best - float(self.scores.mean()))

    def step(self, run_count: int) -> float:
        """Gain of one run more than n. [USD]"""
        return max(0.0, self.usd(run_count + 1) - self.usd(run_count))

    def stopping_count(self, *, usd_per_run: float, most: int) -> int:
        """Fewest runs after which one more gains no more than it costs; steps fall with n."""
        low, high = 0, most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.step(middle) > usd_per_run else (low, middle)
        return high
