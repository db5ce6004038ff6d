"""Judge the transfer between machines on public data: `python -m advisor.evaluation.transfer`.

Each workload is predicted on each machine from each other machine of the same size. Of the target
only other workloads are known; the target's processor and the workload (of language models: the
model) are left out of whatever is learnt, weights and bands alike.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from advisor.arrays import Floats
from advisor.errors import AdvisorError
from evaluation.transfer_bands import Bands, calibrated_bands, coverage, width_percent
from evaluation.transfer_baselines import ACROSS_SIZES, across_sizes, baseline_cases
from evaluation.transfer_cases import (
    MINIMUM_MACHINES,
    Cases,
    concatenate,
    cpu_cases,
    llm_cases,
    prefill16_cases,
)
from evaluation.transfer_data import (
    Machines,
    excluded_processors,
    load_machines,
    require_folder,
)
from evaluation.transfer_gpu import cnn_cases, roofline_errors, transformer_cases
from evaluation.transfer_product import write_bands

HEADLINES = {
    "single_thread_median_ape_percent": "single-thread",
    "multi_thread_median_ape_percent": "multi-thread",
    "llm_prefill_median_ape_percent": "llm-prefill",
    "llm_prefill16_median_ape_percent": "llm-prefill16",
    "llm_decode_median_ape_percent": "llm-decode",
    "gpu_transformer_median_ape_percent": "gpu-transformer",
    "gpu_cnn_median_ape_percent": "gpu-cnn",
    "gpu_cnn_with_mix_median_ape_percent": "gpu-cnn-mix",
    "vector_single_thread_median_ape_percent": "vector-single-thread",
}
"""Key of the result -> class of the cases."""

OURS = "ours"
MINIMUM_RANKED = 3
"""Fewer targets than this are not worth ranking."""


def ape_percent(error: Floats) -> Floats:
    """Absolute percentage error of the predicted speed."""
    result: Floats = 100 * np.abs(np.exp(error) - 1)
    return result


def all_cases(folder: Path, sizes: Sequence[Machines]) -> Cases:
    """Return the cases of every class that the folder has data for."""
    found: list[Cases] = []
    for machines in sizes:
        found += [*cpu_cases(machines), *llm_cases(machines), *prefill16_cases(machines)]
    found += [*transformer_cases(folder), *cnn_cases(folder)]
    return concatenate([cases for cases in found if len(cases)])


def evaluate(folder: Path, *, old_processors: bool = False) -> dict[str, Any]:
    """Return the whole result, ready for JSON; a class without data is null."""
    require_folder(folder)
    sizes = load_machines(folder, old_processors=old_processors)
    cases = all_cases(folder, sizes)
    if not len(cases):
        raise AdvisorError(f"{folder} has no workload measured on {MINIMUM_MACHINES} machines")
    by_class = {name: cases.of_class(name) for name in np.unique(cases.workload_class).tolist()}
    bands = {name: calibrated_bands(found) for name, found in by_class.items()}
    half_80 = np.concatenate([bands[name].half_80 for name in by_class])
    half_95 = np.concatenate([bands[name].half_95 for name in by_class])
    ordered = concatenate(list(by_class.values()))
    result: dict[str, Any] = {"cases": len(cases)}
    for key, name in HEADLINES.items():
        found = by_class.get(name)
        result[key] = None if found is None else _rounded(np.median(ape_percent(found.error)))
    return result | {
        "coverage_80": _rounded(coverage(ordered, half_80), digits=3),
        "coverage_95": _rounded(coverage(ordered, half_95), digits=3),
        "median_width_80_percent": _rounded(width_percent(half_80)),
        "rank_tau": _rounded(rank_tau(cases), digits=3),
        "table": [
            *(row_of(name, OURS, found, bands[name]) for name, found in by_class.items()),
            *_baseline_rows(folder, sizes),
        ],
        "sizes_vcpu": [machines.vcpu_count for machines in sizes],
        "processors": sorted({p for machines in sizes for p in machines.processors}),
        "left_out_processors": [] if old_processors else list(excluded_processors(folder)),
    }


def _rounded(value: float, *, digits: int = 2) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None


def row_of(name: str, method: str, cases: Cases, bands: Bands | None = None) -> dict[str, Any]:
    """Return one row of the table."""
    row = {"workload_class": name, "method": method} | _errors_of(cases.error)
    if bands is not None:
        row |= {
            "coverage_80": _rounded(coverage(cases, bands.half_80), digits=3),
            "coverage_95": _rounded(coverage(cases, bands.half_95), digits=3),
            "width_80_percent": _rounded(width_percent(bands.half_80)),
            "width_95_percent": _rounded(width_percent(bands.half_95)),
            "rank_tau": _rounded(rank_tau(cases), digits=3),
        }
    return row


def _errors_of(error: Floats) -> dict[str, Any]:
    error = error[np.isfinite(error)]
    if not error.size:
        return {"cases": 0}
    errors = ape_percent(error)
    return {
        "cases": int(error.size),
        "median_ape_percent": _rounded(np.median(errors)),
        "mean_ape_percent": _rounded(errors.mean()),
        "p90_ape_percent": _rounded(np.quantile(errors, 0.9)),
        "bias_percent": _rounded(100 * np.expm1(np.median(error))),
    }


def _baseline_rows(folder: Path, sizes: Sequence[Machines]) -> Iterable[dict[str, Any]]:
    grouped: dict[tuple[str, str], list[Cases]] = {}
    for machines in sizes:
        for method, cases in baseline_cases(machines):
            if len(cases):
                name = str(cases.workload_class[0])
                grouped.setdefault((name, method), []).append(cases)
    if len(sizes) > 1:
        for method, cases in across_sizes(tuple(sizes)):
            grouped.setdefault((ACROSS_SIZES, method), []).append(cases)
    for (name, method), parts in sorted(grouped.items()):
        yield row_of(name, method, concatenate(parts))
    for method, error in roofline_errors(folder).items():
        yield {"workload_class": "gpu-transformer", "method": method} | _errors_of(error)


def rank_tau(cases: Cases) -> float:
    """Median Kendall tau of predicted and true order of the targets, by workload and anchor."""
    keys = np.char.add(np.char.add(cases.item, "|"), cases.anchor)
    order = np.argsort(keys, kind="stable")
    _, starts = np.unique(keys[order], return_index=True)
    found = [
        _kendall(cases.predicted[rows], cases.true[rows])
        for rows in np.split(order, starts[1:])
        if rows.size >= MINIMUM_RANKED
    ]
    return float(np.median(found)) if found else float("nan")


def _kendall(left: Floats, right: Floats) -> float:
    upper = np.triu_indices(left.size, k=1)
    signs = (np.sign(x[:, None] - x[None, :])[upper] for x in (left, right))
    return float(np.mean(np.prod(np.stack(list(signs)), axis=0)))


COLUMNS = (
    ("workload_class", "class"),
    ("method", "method"),
    ("cases", "cases"),
    ("median_ape_percent", "median %"),
    ("mean_ape_percent", "mean %"),
    ("p90_ape_percent", "p90 %"),
    ("bias_percent", "bias %"),
    ("coverage_80", "in 80%"),
    ("coverage_95", "in 95%"),
    ("width_80_percent", "± 80%"),
    ("rank_tau", "tau"),
)


def as_markdown(result: dict[str, Any]) -> str:
    """Return the table for people."""
    lines = [
        "| " + " | ".join(title for _, title in COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
    ]
    for row in result["table"]:
        cells = ("" if row.get(key) is None else str(row[key]) for key, _ in COLUMNS)
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    lines += [f"{key}: {result[key]}" for key in result if key != "table"]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m advisor.evaluation.transfer", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of public measurements")
    parser.add_argument(
        "--old-processors",
        action="store_true",
        help="judge on processors without AVX2 or Arm's dot product too",
    )
    parser.add_argument(
        "--write-bands", type=Path, metavar="CSV", help="write the bands that the product ships"
    )
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args(argv)
    try:
        if options.write_bands is not None:
            require_folder(options.data)
            write_bands(load_machines(options.data), path=options.write_bands)
            print(f"wrote {options.write_bands}", file=sys.stderr)
            return 0
        found = evaluate(options.data, old_processors=options.old_processors)
    except AdvisorError as error:
        print(f"advisor: {error}", file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2, allow_nan=False) if options.json else as_markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
