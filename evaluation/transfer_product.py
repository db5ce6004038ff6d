"""Calibrates the bands that the product ships: its own references, the suite's held-out cases."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from advisor.arrays import Floats
from advisor.capacity.ratio_ensemble import conformal_quantile
from evaluation.transfer_bands import LEVELS, few_workloads_factor, scores_of
from evaluation.transfer_cases import (
    MINIMUM_MACHINES,
    Cases,
    concatenate,
    ensemble_matrix,
    make_cases,
    multi_workloads,
    single_workloads,
)
from evaluation.transfer_data import Machines, kind_of, stem_of

RELATIONS = ("same-vendor", "cross-vendor", "cross-architecture")
"""From near to far; a farther relation never gets a narrower band."""

REFERENCE_ONLY = ("bw_rd", "ossl", "web")
"""Micro-benchmarks: they vouch for others and are not predicted themselves."""

Workloads = dict[str, tuple[str, Floats]]
"""Name -> what it must not be predicted from, and ln speed of one physical core."""


def product_workloads(machines: Machines) -> dict[str, Workloads]:
    """Return the workloads of each class as the product's table holds them, per physical core."""
    per_core = np.log(machines.core_count)
    single = {n: (stem_of(n), machines.levels[n]) for n in single_workloads(machines)}
    prompts, texts = (
        {
            f"{key[0]} {key[1]}{key[2]}": (key[0], level - per_core)
            for key, level in machines.llm.items()
            if key[1] == kind and key[2] in tokens
        }
        for kind, tokens in (("pp", (16, 128, 512)), ("tg", (16, 128)))
    )
    memory = {
        name: ("bw_rd", machines.levels[name] - per_core)
        for name in ("bw_rd_2", "bw_rd_256", "bw_rd_512")
        if name in machines.levels
    }
    ssl = {
        name: ("openssl", machines.levels[name] - per_core)
        for name in machines.levels
        if name.startswith(("ossl_blake2b", "ossl_sha512", "ossl_sha3"))
    }
    ssl["web_1k_rps_max"] = ("web", machines.levels["web_1k_rps_max"] - per_core)
    return {
        "scalar": {n: w for n, w in single.items() if kind_of(n) != "vision"},
        "vector": {n: w for n, w in single.items() if kind_of(n) == "vision"} | prompts,
        "multi": {n: (stem_of(n), machines.levels[n] - per_core) for n in multi_workloads(machines)}
        | ssl,
        "bandwidth": memory | texts,
    }


def product_cases(machines: Machines) -> list[Cases]:
    """Return held-out cases of every class by the product's own estimate."""
    found = []
    for name, workloads in product_workloads(machines).items():
        for workload, (stem, level) in workloads.items():
            others = [w for w in workloads.values() if w[0] != stem]
            enough = np.isfinite(level).sum() >= MINIMUM_MACHINES
            if workload.startswith(REFERENCE_ONLY) or not enough or len(others) < 2:
                continue
            stems = np.array([other[0] for other in others])
            centre, spread = ensemble_matrix(
                np.stack([other[1] for other in others]),
                kernel=np.ones(len(others)),
                affinity=np.where(stems[:, None] == stems[None, :], 0.0, 1.0),
            )
            found.append(
                make_cases(
                    workload_class=name,
                    workload=stem,
                    item=f"{workload} {machines.vcpu_count}",
                    names=machines.processors,
                    predicted=centre,
                    level=level,
                    spread=spread,
                )
            )
    return found


def band_rows(cases: Cases) -> Iterable[dict[str, object]]:
    """Return the rows of `bands.csv`."""
    for name in sorted(set(cases.workload_class.tolist())):
        of_class = cases.of_class(name)
        widest = [0.0, 0.0]
        for relation in RELATIONS:
            chosen = of_class.where(of_class.relation == relation)
            count = len(set(chosen.workload.tolist()))
            scores = scores_of(chosen)
            for i, level in enumerate(LEVELS):
                if len(chosen):
                    factor = few_workloads_factor(count, level=level)
                    quantile = factor * conformal_quantile(scores, level=level)
                    widest[i] = max(widest[i], quantile)
            yield {
                "workload_class": name,
                "relation": relation,
                "factor_80": f"{widest[0]:.3f}",
                "factor_95": f"{widest[1]:.3f}",
                "case_count": len(chosen),
                "workload_count": count,
            }


def write_bands(sizes: Sequence[Machines], *, path: Path) -> None:
    """Write `bands.csv` from the machines of every size."""
    cases = concatenate([case for machines in sizes for case in product_cases(machines)])
    rows = list(band_rows(cases))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
