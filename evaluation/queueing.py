"""Hold the queueing formulas against simulation: `python -m advisor.evaluation.queueing`."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from advisor.capacity.queueing import (
    ROUTINGS,
    Routing,
    allen_cunneen_wait_s,
    lognormal_knots,
    sojourn_quantiles_s,
    station_waiting,
)
from evaluation.closed_forms import mmc_sojourn_quantile_s
from evaluation.simulation import (
    gamma_services_s,
    kiefer_wolfowitz_waits_s,
    lognormal_services_s,
    poisson_arrivals_s,
    routed_waits_s,
)

SERVERS = (1, 2, 4, 8)
LOADS = (0.5, 0.7, 0.85)
VARIATIONS = (0.0, 0.25, 1.0, 4.0)
ROUTED_REPLICAS = 4
WARM_UP_SHARE = 0.05
"""Share of the requests dropped at the start, where the queue is still empty."""


def central_rows(*, request_count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Return simulated and predicted mean wait and p99 of one queue, over a grid."""
    rng = np.random.default_rng(seed)
    for servers in SERVERS:
        for load in LOADS:
            for scv in VARIATIONS:
                for law, draw in (("gamma", gamma_services_s), ("lognormal", lognormal_services_s)):
                    rate = load * servers
                    arrivals = poisson_arrivals_s(
                        arrival_per_s=rate, request_count=request_count, rng=rng
                    )
                    services = draw(
                        service_s=1.0, service_scv=scv, request_count=request_count, rng=rng
                    )
                    waits = kiefer_wolfowitz_waits_s(
                        arrival_s=arrivals, service_s=services, server_count=servers
                    )
                    steady = slice(int(WARM_UP_SHARE * request_count), None)
                    p99_s = float(np.quantile((waits + services)[steady], 0.99))
                    case = {"arrival_per_s": rate, "service_s": 1.0, "service_scv": scv}
                    wait_s, ours_s = predicted(
                        **case, workers=servers, replicas=1, routing="central"
                    )
                    crude_s = float(allen_cunneen_wait_s(**case, server_count=servers))
                    naive_s = mmc_sojourn_quantile_s(
                        probability=0.99, arrival_per_s=rate, service_s=1.0, server_count=servers
                    )
                    yield {
                        "servers": servers,
                        "load": load,
                        "service_scv": scv,
                        "law": law,
                        "mean_wait_error_percent": percent(wait_s, float(waits[steady].mean())),
                        "allen_cunneen_error_percent": percent(
                            crude_s, float(waits[steady].mean())
                        ),
                        "p99_error_percent": percent(ours_s, p99_s),
                        "mmc_p99_error_percent": percent(naive_s, p99_s),
                    }


def routed_rows(*, request_count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Return simulated and predicted p99 of four replicas, by routing."""
    rng = np.random.default_rng(seed)
    for workers in (1, 4):
        for load in LOADS:
            rate = load * workers * ROUTED_REPLICAS
            arrivals = poisson_arrivals_s(arrival_per_s=rate, request_count=request_count, rng=rng)
            services = lognormal_services_s(
                service_s=1.0, service_scv=0.25, request_count=request_count, rng=rng
            )
            for routing in ROUTINGS:
                waits = routed_waits_s(
                    arrival_s=arrivals,
                    service_s=services,
                    replica_count=ROUTED_REPLICAS,
                    workers_per_replica=workers,
                    routing=routing,
                    rng=rng,
                )
                p99_s = float(np.quantile(waits + services, 0.99))
                _, ours_s = predicted(
                    arrival_per_s=rate,
                    service_s=1.0,
                    service_scv=0.25,
                    workers=workers,
                    replicas=ROUTED_REPLICAS,
                    routing=routing,
                )
                yield {
                    "routing": routing,
                    "workers": workers,
                    "load": load,
                    "p99_service_times": round(p99_s, 2),
                    "p99_error_percent": percent(ours_s, p99_s),
                }


def predicted(
    *,
    arrival_per_s: float,
    service_s: float,
    service_scv: float,
    workers: int,
    replicas: int,
    routing: Routing,
) -> tuple[float, float]:
    """Return mean wait and p99 by the formulas. [s]"""
    waiting = station_waiting(
        arrival_per_s=arrival_per_s,
        service_s=service_s,
        service_scv=service_scv,
        workers_per_replica=workers,
        replica_count=replicas,
        routing=routing,
    )
    knots = lognormal_knots(service_s=service_s, service_scv=service_scv)
    p99_s = sojourn_quantiles_s(probabilities=(0.99,), waiting=waiting, service_knots_s=knots)[0]
    return float(waiting.mean_s), float(p99_s)


def percent(found: float, truth: float) -> float:
    """Signed error, in percent of the truth."""
    return round(100 * (found / truth - 1), 1)


def evaluate(*, request_count: int, seed: int = 1) -> dict[str, Any]:
    """Return every cell and the medians by variation of service."""
    central = list(central_rows(request_count=request_count, seed=seed))
    summary = []
    for scv in VARIATIONS:
        cells = [row for row in central if row["service_scv"] == scv]
        medians: dict[str, Any] = {"service_scv": scv, "cells": len(cells)}
        for key in (
            "mean_wait_error_percent",
            "allen_cunneen_error_percent",
            "p99_error_percent",
            "mmc_p99_error_percent",
        ):
            errors = np.abs([row[key] for row in cells])
            medians[key] = round(float(np.median(errors)), 1)
            medians[f"worst_{key}"] = round(float(errors.max()), 1)
        summary.append(medians)
    routed = list(routed_rows(request_count=request_count, seed=seed))
    return {"summary": summary, "routing": routed, "cells": central}


def as_markdown(result: dict[str, Any]) -> str:
    """Return the summary and the routing table for people."""
    parts = []
    for name in ("summary", "routing"):
        rows = result[name]
        lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
        lines += ["| " + " | ".join(str(v) for v in row.values()) + " |" for row in rows]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m advisor.evaluation.queueing", description=__doc__
    )
    parser.add_argument("--requests", type=int, default=200_000, help="simulated per cell")
    parser.add_argument("--json", action="store_true", help="print JSON in place of tables")
    options = parser.parse_args(argv)
    found = evaluate(request_count=options.requests)
    print(json.dumps(found, indent=2, allow_nan=False) if options.json else as_markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
