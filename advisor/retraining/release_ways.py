"""Ways to retrain, compared: refresh or redevelop, on demand or spot, from scratch or warm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import Floats
from advisor.errors import AdvisorError
from advisor.retraining.records import RetrainingPlan


def retrain_cost_usd(
    *,
    train_s: Any,
    usd_per_hour: Any,
    run_count: Any = 1.0,
    label_count: Any = 0.0,
    usd_per_label: Any = 0.0,
    people_hours: Any = 0.0,
    usd_per_people_hour: Any = 0.0,
    deploy_usd: Any = 0.0,
) -> Floats:
    """Money per retrain: runs x time x price, labels, review and deployment. [USD]

    Example:
        >>> float(retrain_cost_usd(train_s=1800, usd_per_hour=0.5, run_count=4, people_hours=2,
        ...     usd_per_people_hour=95))
        191.0
    """
    machine = np.asarray(run_count) * np.asarray(train_s) / 3600 * usd_per_hour
    people = np.asarray(people_hours) * usd_per_people_hour
    return np.asarray(machine + np.asarray(label_count) * usd_per_label + people + deploy_usd)


def spot_train_s(*, train_s: Any, interruption_per_hour: Any, checkpoint_s: Any = np.inf) -> Floats:
    """Expected time to finish on spot, with interruptions at a constant rate. [s]

    Without checkpoints an interrupted training starts over, (exp(l t) - 1) / l; with one every
    c seconds only what came after it is lost, t / c stretches of (exp(l c) - 1) / l each.

    Args:
        train_s: time without interruption. [s]
        interruption_per_hour: rate l. [1/h]
        checkpoint_s: time between checkpoints; inf for none. [s]

    Example:
        >>> round(float(spot_train_s(train_s=3600, interruption_per_hour=0.1)), 1)
        3786.2
    """
    total = np.asarray(train_s, dtype=np.float64)
    stretch = np.minimum(np.asarray(checkpoint_s, dtype=np.float64), total)
    rate = np.asarray(interruption_per_hour, dtype=np.float64) / 3600
    safe = np.where(rate > 0, rate, 1e-9)
    each = np.where(rate > 0, np.expm1(safe * stretch) / safe, stretch)
    return np.asarray(total / stretch * each)


@dataclass(frozen=True)
class Way:
    """One way to retrain, with the plan that its own cost and its own decay lead to."""

    name: str
    plan: RetrainingPlan

    @property
    def usd_per_period(self) -> float:
        """Training and all errors at its recommended interval. [USD/period]"""
        cost = self.plan.usd_per_period
        return cost.training + cost.excess_error + cost.unavoidable_error


def cheapest(ways: Sequence[Way]) -> Way:
    """The way that costs least in total; ties go to the one named first.

    A warm start is one of the ways, with its lower cost and the decay that was measured for it.

    Raises:
        AdvisorError: there is no way.
    """
    if not ways:
        raise AdvisorError("no way to retrain was given: name at least one")
    return min(ways, key=lambda way: way.usd_per_period)
