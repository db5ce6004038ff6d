"""What others do: no scaling, vCPU, core and clock ratios, and single benchmark scores."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from advisor.arrays import Floats
from evaluation.transfer_cases import (
    MINIMUM_MACHINES,
    OTHER_KIND,
    Cases,
    ensemble_matrix,
    make_cases,
    multi_workloads,
    single_workloads,
)
from evaluation.transfer_data import VISION, Machines, kind_of, stem_of

SCORES = {
    "gzip": "cmp_gzip5_t1",
    "PassMark single thread": "pm_CPU_SINGLETHREAD",
    "PassMark CPU mark": "pm_SUMM_CPU",
    "PassMark FMA": "pm_CPU_fma",
    "Geekbench single": "gb1_score",
    "Geekbench multi": "gbN_score",
    "stress-ng, 1 worker": "sngf_1",
    "stress-ng, all workers": "sngf_max",
    "memory read": "bw_rd_256",
}
"""Single scores that people scale by. Geekbench's contain the very workloads they predict."""

ACROSS_SIZES = "multi-thread-across-sizes"
"""Class of the cases whose machines differ in size too."""


class Measured(NamedTuple):
    """One workload of one size, as measured."""

    workload_class: str
    workload: str
    item: str
    level: Floats


def measured_levels(machines: Machines) -> Iterator[Measured]:
    """Return what is to be predicted of one size."""
    for name in single_workloads(machines):
        kind = "vector-single-thread" if stem_of(name) in VISION else "single-thread"
        yield Measured(kind, stem_of(name), name, machines.levels[name])
    for name in multi_workloads(machines):
        yield Measured("multi-thread", stem_of(name), name, machines.levels[name])
    for (model, kind, tokens), level in machines.llm.items():
        prefill = "llm-prefill" if kind == "pp" else "llm-decode"
        yield Measured(prefill, model, f"{model} {kind}{tokens}", level)


def baseline_scores(machines: Machines) -> dict[str, Floats]:
    """Return ln speed of each machine by each baseline."""
    none = np.zeros(len(machines.processors))
    scores = {
        "no scaling (vCPU ratio)": none,
        "core ratio": np.log(machines.core_count),
        "clock ratio": np.log(machines.clock_ghz),
    }
    for name, column in SCORES.items():
        if column in machines.levels:
            scores[name] = machines.levels[column]
    return scores


def baseline_cases(machines: Machines) -> Iterator[tuple[str, Cases]]:
    """Return the cases of every baseline of one size."""
    for method, score in baseline_scores(machines).items():
        for found in measured_levels(machines):
            if np.isfinite(found.level).sum() >= MINIMUM_MACHINES:
                yield (
                    method,
                    make_cases(
                        workload_class=found.workload_class,
                        workload=found.workload,
                        item=f"{found.item} {machines.vcpu_count}",
                        names=machines.processors,
                        predicted=score[None, :] - score[:, None],
                        level=found.level,
                        spread=np.zeros((score.size, score.size)),
                    ),
                )


def across_sizes(sizes: tuple[Machines, ...]) -> Iterator[tuple[str, Cases]]:
    """Return cases of all-core workloads between machines of other processors and other sizes."""
    names = [f"{p} {m.vcpu_count}" for m in sizes for p in m.processors]
    processors = [p for m in sizes for p in m.processors]
    owner = np.unique(processors, return_inverse=True)[1]
    vcpu = np.concatenate([np.full(len(m.processors), float(m.vcpu_count)) for m in sizes])
    cores = np.concatenate([m.core_count for m in sizes])
    pool = [w for w in multi_workloads(sizes[0]) if all(w in m.levels for m in sizes)]
    levels = {w: np.concatenate([m.levels[w] for m in sizes]) for w in pool}
    foreign = (owner[:, None] != owner[None, :]) & (vcpu[:, None] != vcpu[None, :])
    for workload in pool:
        others = [w for w in pool if w != workload]
        kinds = np.array([kind_of(w) for w in others])
        affinity = np.where(kinds[:, None] == kinds[None, :], 1.0, OTHER_KIND)
        centre, spread = ensemble_matrix(
            np.stack([levels[w] for w in others]),
            kernel=np.where(kinds == kind_of(workload), 1.0, OTHER_KIND),
            affinity=affinity - np.diag(np.diag(affinity)),
            owner=owner,
        )
        for method, predicted in (
            ("ratio ensemble", centre),
            ("no scaling", np.zeros_like(centre)),
            ("vCPU ratio", np.log(vcpu)[None, :] - np.log(vcpu)[:, None]),
            ("core ratio", np.log(cores)[None, :] - np.log(cores)[:, None]),
        ):
            cases = make_cases(
                workload_class=ACROSS_SIZES,
                workload=stem_of(workload),
                item=workload,
                names=names,
                predicted=np.where(foreign, predicted, np.nan),
                level=levels[workload],
                spread=spread,
                relation=lambda _a, _t: "other-size",
            )
            yield method, cases
