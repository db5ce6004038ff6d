"""Ten thousand options planned at once, and ten million requests by the recursion.

Prints; asserts no time.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
OPTION_COUNT = 10_000
LOOP_COUNT = 200
REQUEST_COUNT = 10_000_000
EVENT_COUNT = 300_000
REPEATS = 5


def best_s(call: Callable[[], object]) -> float:
    """Time a call a few times; return the fastest. [s]"""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def event_loop(arrivals: list[float], services: list[float]) -> list[float]:
    """Wait of each request at one worker, one event after the other."""
    waits, free = [], 0.0
    for arrived, served in zip(arrivals, services, strict=True):
        start = max(arrived, free)
        free = start + served
        waits.append(start - arrived)
    return waits


def main() -> None:
    """Time both parts and print their ratios."""
    sys.path.insert(0, str(ROOT))
    from advisor.capacity.replicas import plan_replicas
    from evaluation.simulation import lindley_waits_s

    rng = np.random.default_rng(0)
    columns = {
        "arrival_per_s": rng.uniform(1, 2000, OPTION_COUNT),
        "service_mean_s": 10 ** rng.uniform(-4, -1, OPTION_COUNT),
        "service_scv": rng.uniform(0, 1, OPTION_COUNT),
        "workers_per_replica": rng.integers(1, 97, OPTION_COUNT),
    }
    fixed = {"fixed_overhead_s": 0.005, "max_p99_s": 0.1, "minimum_count": 2}
    ours_s = best_s(lambda: plan_replicas(**columns, **fixed))
    start = time.perf_counter()
    for i in range(LOOP_COUNT):
        plan_replicas(**{name: column[i] for name, column in columns.items()}, **fixed)
    loop_s = (time.perf_counter() - start) * OPTION_COUNT / LOOP_COUNT
    print(f"plan of {OPTION_COUNT:,} options: {ours_s * 1e3:.0f} ms (aim: below 50); one by one")
    print(f"{loop_s:.1f} s, {loop_s / ours_s:.0f} times as long")

    arrivals = np.cumsum(rng.exponential(1.0, REQUEST_COUNT))
    services = rng.gamma(4.0, 0.175, REQUEST_COUNT)
    start = time.perf_counter()
    waits = lindley_waits_s(arrival_s=arrivals, service_s=services)
    p99 = np.quantile(waits + services, [0.5, 0.95, 0.99])[2]
    exact_s = time.perf_counter() - start
    some = arrivals[:EVENT_COUNT].tolist(), services[:EVENT_COUNT].tolist()
    plain_s = best_s(lambda: event_loop(*some)) * REQUEST_COUNT / EVENT_COUNT
    print(
        f"percentiles of {REQUEST_COUNT:,} requests: {exact_s:.2f} s (aim: below 2), p99 {p99:.2f}"
    )
    print(f"a plain event loop: {plain_s:.1f} s, {plain_s / exact_s:.1f} times as long")


if __name__ == "__main__":
    main()
