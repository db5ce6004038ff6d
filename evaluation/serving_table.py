"""What the cells of the serving suite sum up to."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Cell:
    """One model at one share of its capacity, once: what was predicted and what was measured."""

    model: str
    level: float
    repeat: int
    rate_per_s: float
    utilisation: float
    offline_ms: float
    service_ms: float
    in_situ_factor: float
    server_overhead_ms: float
    idle_extra_ms: float
    pace_sd: float
    speed_sd: float
    predicted_p50_ms: float | None
    predicted_p95_ms: float | None
    predicted_p99_ms: float | None
    predicted_p99_low_ms: float | None
    predicted_p99_high_ms: float | None
    offline_p99_ms: float
    mm1_p50_ms: float | None
    mm1_p95_ms: float | None
    mm1_p99_ms: float | None
    cpu_per_request_ms: float
    others_fraction: float
    measured_p50_ms: float | None
    measured_p95_ms: float | None
    measured_p99_ms: float | None
    measured_p99_low_ms: float | None
    measured_p99_high_ms: float | None
    request_count: int
    lateness_p99_ms: float
    validity: str
    reason: str
    same_speed_p99_ms: float | None = None
    """p99 of the same model from the service times of the run itself: what the prediction would
    have been, had it known the machine's speed during the run. No prediction. [ms]"""
    same_speed_p99_low_ms: float | None = None
    same_speed_p99_high_ms: float | None = None
    speed_ratio: float | None = None
    """Service time of requests that waited, in the run / as it was expected."""
    steal_fraction: float | None = None
    """Of the server's cores, taken by other machines of the host; null in cells kept before it was
    noted. [fraction]"""


def summarise(cells: Sequence[Cell]) -> dict[str, Any]:
    """Return the suite's answer: errors by load, coverage of the bands, what was refused.

    Errors are those of the median over the repeats of a cell where there are several: a pause of
    the machine is the p99 of a short run, and is in one repeat of three, seldom in two.
    """
    merged = _merged(cells)
    low = [c for c in merged if c["level"] <= 0.75]
    high = [c for c in merged if 0.75 < c["level"] <= 0.89]
    above = [c for c in cells if c.level > 0.89]
    return {
        "cells": [asdict(cell) for cell in cells],
        "p99_median_ape_percent_to_75": _median_ape(low, "predicted_p99_ms"),
        "p99_median_ape_percent_85": _median_ape(high, "predicted_p99_ms"),
        "p50_median_ape_percent_to_75": _median_ape(low, "predicted_p50_ms", "measured_p50_ms"),
        "p95_median_ape_percent_to_75": _median_ape(low, "predicted_p95_ms", "measured_p95_ms"),
        "same_speed_p99_median_ape_percent_to_75": _median_ape(low, "same_speed_p99_ms"),
        "same_speed_p99_median_ape_percent_85": _median_ape(high, "same_speed_p99_ms"),
        "same_speed_coverage_80": _coverage(cells, "same_speed_p99"),
        "speed_ratio_median_change_percent": _speed_change(cells),
        "refused_above_89": bool(above) and all(c.predicted_p99_ms is None for c in above),
        "naive_p99_median_ape_percent": _median_ape(low, "mm1_p99_ms"),
        "offline_p99_median_ape_percent": _median_ape(low, "offline_p99_ms"),
        "coverage_80": _coverage(cells),
        "invalid": [
            {"model": c.model, "level": c.level, "repeat": c.repeat, "reason": c.reason}
            for c in cells
            if c.validity != "ok"
        ],
        "table": as_markdown(merged),
    }


def steal_note(cells: Sequence[Cell], *, limit_fraction: float) -> str:
    """Say how much of the server's cores other machines took; empty where none or not noted."""
    stolen = [c.steal_fraction for c in cells if c.steal_fraction is not None]
    if not stolen or max(stolen) <= 0:
        return ""
    above = sum(s > limit_fraction for s in stolen)
    return (
        f"other machines on this host took {statistics.median(stolen):.1%} of the server's cores "
        f"in the median cell, {max(stolen):.1%} at most (steal); above {limit_fraction:.0%} in "
        f"{above} of {len(stolen)} cells"
    )


def _merged(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Return one row per model and level: medians over the valid repeats."""
    rows = []
    for key in dict.fromkeys((c.model, c.level) for c in cells):
        all_repeats = [c for c in cells if (c.model, c.level) == key]
        good = [c for c in all_repeats if c.validity == "ok"]
        row: dict[str, Any] = {"model": key[0], "level": key[1], "repeats": len(good)}
        row["invalid"] = len(all_repeats) - len(good)
        for name in (
            *("predicted_p50_ms", "predicted_p95_ms", "predicted_p99_ms"),
            *("predicted_p99_low_ms", "predicted_p99_high_ms"),
            *("measured_p50_ms", "measured_p95_ms", "measured_p99_ms"),
            *("mm1_p99_ms", "offline_p99_ms", "service_ms", "in_situ_factor"),
            *("same_speed_p99_ms", "speed_ratio"),
        ):
            values = [v for c in good if (v := getattr(c, name)) is not None]
            row[name] = statistics.median(values) if values else None
        rows.append(row)
    return rows


def _median_ape(
    rows: Sequence[dict[str, Any]], predicted: str, measured: str = "measured_p99_ms"
) -> float | None:
    """Return the median absolute error in percent of what was measured."""
    errors = [
        100 * abs(row[predicted] / row[measured] - 1)
        for row in rows
        if row[predicted] is not None and row[measured] is not None
    ]
    return round(statistics.median(errors), 1) if errors else None


def _coverage(cells: Sequence[Cell], name: str = "predicted_p99") -> float | None:
    """Return the share of runs whose p99 fell into its band."""
    bands = [
        (getattr(c, f"{name}_low_ms"), c.measured_p99_ms, getattr(c, f"{name}_high_ms"))
        for c in cells
        if c.validity == "ok"
    ]
    inside = [low <= found <= high for low, found, high in bands if None not in (low, found, high)]
    return round(sum(inside) / len(inside), 3) if inside else None


def _speed_change(cells: Sequence[Cell]) -> float | None:
    """Return by how much the machine's speed in a run was off what it was just before, median."""
    off = [abs(c.speed_ratio - 1) for c in cells if c.validity == "ok" and c.speed_ratio]
    return round(100 * statistics.median(off), 1) if off else None


HEADINGS = (
    *("model", "load", "runs", "p50 ms predicted / measured", "p95 ms", "p99 ms"),
    *(
        "80% band of p99",
        "p99 at the run's speed",
        "M/M/1 p99 ms",
        "offline p99 ms",
        "service ms",
        "in-situ factor",
    ),
)


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table for people."""
    lines = [
        f"| {' | '.join(HEADINGS)} |",
        "|" + "---|" * len(HEADINGS),
    ]
    for row in rows:
        runs = f"{row['repeats']}" + (f" ({row['invalid']} invalid)" if row["invalid"] else "")
        low, high = row["predicted_p99_low_ms"], row["predicted_p99_high_ms"]
        band = f"{_number(low)} to {_number(high)}" if low is not None else "not predictable"
        lines.append(
            f"| {row['model']} | {row['level']:.2f} | {runs} | {_pair(row, 'p50')} | "
            f"{_pair(row, 'p95')} | {_pair(row, 'p99')} | {band} | "
            f"{_number(row['same_speed_p99_ms'])} | {_number(row['mm1_p99_ms'])} | "
            f"{_number(row['offline_p99_ms'])} | {_number(row['service_ms'])} | "
            f"{_number(row['in_situ_factor'])} |"
        )
    return "\n".join(lines)


def _pair(row: dict[str, Any], name: str) -> str:
    return f"{_number(row[f'predicted_{name}_ms'])} / {_number(row[f'measured_{name}_ms'])}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"
