"""The plan of many options: each kind of machine is planned once."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.decision.options.machine_classes import MachineClasses
from advisor.decision.options.table import OptionTable, Plan, plan
from advisor.study.types import Study


def plan_rows(
    study: Study,
    table: OptionTable,
    classes: MachineClasses,
    rows: NDArray[np.intp],
    *,
    peaks_per_s: Floats,
    shared_usd: Floats,
) -> Plan:
    """Return the plan of some options at some peak rates, one peak after the other.

    Each kind of machine is planned once: its options differ by price alone, and a fleet that
    follows the traffic has the most replicas of a fixed one.

    Args:
        study: the question.
        table: the options.
        kinds: the machines in it.
        rows: which options.
        peaks_per_s: peak rates. [1/s]
        shared_usd: what the replicas of each share, (peak x row) in one row. [USD/month]
    """
    told, place = np.unique(classes.of_row[rows], return_inverse=True)
    follows, count = table.scaled[rows], len(peaks_per_s)
    pooling = np.ones(len(told))
    pooling[place[follows]] = table.pooling[rows[follows]]
    own = dataclasses.replace(
        table.take(np.tile(classes.first[told], count)),
        scaled=np.full(len(told) * count, follows.any()),
        pooling=np.tile(pooling, count),
    )
    found = plan(study, own, peak_per_s=np.repeat(peaks_per_s, len(told)))
    at = (np.arange(count)[:, None] * len(told) + place).ravel()
    billed = np.where(np.tile(follows, count), found.billed[at], found.replicas[at])
    return Plan(
        replicas=found.replicas[at],
        p50_s=found.p50_s[at],
        p95_s=found.p95_s[at],
        p99_s=found.p99_s[at],
        utilisation=found.utilisation[at],
        fits=np.tile(table.fits[rows], count),
        sold=np.tile(np.isfinite(table.replica_usd[rows]), count),
        meets_latency=found.meets_latency[at],
        serving_usd=shared_usd + billed * np.tile(table.replica_usd[rows], count),
        billed=billed,
    )
