"""The harness beside pyperf and torch.utils.benchmark on six workloads, and its own overhead.

Each tool runs each workload in processes of its own, in turns, so that what the machine does
meanwhile falls on all of them. The figure of each is the same: the median over blocks of 0.1 s of
the mean time of a call, for a mean of a loop is all that the other two tools know. Agreement: each
pair's ratio has 1 in its 95% interval, from the figures of the processes (Welch's t on logarithms).
Overhead: the harness's time of a call against a bare loop around `time.perf_counter_ns`, in the
same process, in turns.

    python tests/speed/speed_harness.py             # about 3 minutes
    python tests/speed/speed_harness.py --quick     # half a minute, wider intervals
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PROCESS_COUNT = 5
BLOCK_S = 0.1
TOOLS = ("harness", "pyperf", "torch")
OVERHEAD_ROUNDS = 9
OVERHEAD_FRACTION = 0.01
OVERHEAD_S = 1e-6


def workloads() -> dict[str, Callable[[], object]]:
    """Return six calls from microseconds to tens of milliseconds."""
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    text = json.dumps(rng.random(30).tolist())
    left = rng.random((256, 256), dtype=np.float32)
    rows = rng.random((512, 20))
    labels = (rows[:, 0] > 0.5).astype(int)
    linear = LogisticRegression().fit(rows, labels)
    forest = RandomForestClassifier(20, n_jobs=None, random_state=0).fit(rows, labels)
    numbers = list(range(2_000))
    one = rows[:1]
    return {
        "json.loads of 30 floats": lambda: json.loads(text),
        "sum of 2,000 integers": lambda: sum(numbers),
        "matrix product 256": lambda: left @ left,
        "logistic regression, 1 row": lambda: linear.predict(one),
        "sort of 20,000 floats": lambda: np.sort(np.tile(rows[:, 0], 40)),
        "forest of 20 trees, 512 rows": lambda: forest.predict(rows),
    }


def measure_with(tool: str, call: Callable[[], object], *, wanted_s: float) -> float:
    """Return one process's median time of a call by a tool. [s]"""
    if tool == "harness":
        from benchmarks.statistics.timing import Budget, time_calls

        budget = Budget(wanted_s=wanted_s, min_count=20, limit_s=4 * wanted_s, max_count=10**6)
        return median_of_blocks(time_calls(lambda _: call(), budget=budget).durations_s)
    if tool == "torch":
        from torch.utils.benchmark import Timer

        timer = Timer("call()", globals={"call": call}, num_threads=1)
        loops = max(1, round(BLOCK_S / timer.blocked_autorange(min_run_time=BLOCK_S).median))
        blocks = [timer.timeit(loops).mean for _ in range(max(3, round(wanted_s / BLOCK_S)))]
        return float(statistics.median(blocks))
    return with_pyperf(call, wanted_s=wanted_s)


def median_of_blocks(durations_s: Sequence[float]) -> float:
    """Return the median, over blocks of `BLOCK_S`, of the mean duration in each. [s]"""
    means: list[float] = []
    block, spent_s = 0, 0.0
    for duration in durations_s:
        block, spent_s = block + 1, spent_s + duration
        if spent_s >= BLOCK_S:
            means.append(spent_s / block)
            block, spent_s = 0, 0.0
    return statistics.median(means or [statistics.fmean(durations_s)])


def with_pyperf(call: Callable[[], object], *, wanted_s: float) -> float:
    """Time as pyperf's worker does: calibrate loops to 100 ms, one warm-up, then values. [s]"""
    import pyperf

    clock, loops = pyperf.perf_counter, 1

    def value() -> float:
        start = clock()
        for _ in range(loops):
            call()
        return clock() - start

    while value() < 0.1:
        loops *= 2
    value()
    count = max(3, round(wanted_s / 0.1))
    values = [value() / loops for _ in range(count)]
    run = pyperf.Run(values, metadata={"name": "call"}, collect_metadata=False)
    return float(pyperf.Benchmark([run]).median())


def overhead(call: Callable[[], object]) -> tuple[float, float]:
    """Return the bare loop's median of a call and what the harness states more. [s]"""
    from benchmarks.statistics.timing import Budget, time_calls

    clock = time.perf_counter_ns
    differences, bare = [], []
    call()
    for round_number in range(OVERHEAD_ROUNDS):
        order = (0, 1) if round_number % 2 == 0 else (1, 0)
        found = [0.0, 0.0]
        for which in order:
            if which == 0:
                durations = []
                end = clock() + 200_000_000
                while clock() < end:
                    start = clock()
                    call()
                    durations.append(clock() - start)
                found[0] = statistics.median(durations) / 1e9
            else:
                budget = Budget(wanted_s=0.2, min_count=5, limit_s=1.0, max_count=10**6)
                timing = time_calls(lambda _: call(), budget=budget)
                found[1] = statistics.median(timing.durations_s)
        bare.append(found[0])
        differences.append(found[1] - found[0])
    return statistics.median(bare), statistics.median(differences)


def in_a_process(mode: str, name: str, *, wanted_s: float) -> list[float]:
    """Run this script for one workload in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, __file__, "--mode", mode, "--name", name, "--wanted", str(wanted_s)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment, cwd=root
    )
    return [float(text) for text in done.stdout.split()[-2:]]


def ratio_interval(new: list[float], old: list[float]) -> tuple[float, float, float]:
    """Return new / old with Welch's 95% interval on logarithms."""
    from scipy.special import stdtrit

    a, b = ([math.log(value) for value in values] for values in (new, old))
    va, vb = statistics.variance(a) / len(a), statistics.variance(b) / len(b)
    center = statistics.fmean(a) - statistics.fmean(b)
    freedom = (va + vb) ** 2 / max(1e-30, va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    half = float(stdtrit(max(1.0, freedom), 0.975)) * math.sqrt(va + vb)
    return math.exp(center), math.exp(center - half), math.exp(center + half)


def main() -> None:
    """Print all tools side by side, then the overhead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--mode", choices=[*TOOLS, "overhead"])
    parser.add_argument("--name")
    parser.add_argument("--wanted", type=float, default=1.0)
    asked = parser.parse_args()
    if asked.mode:
        call = workloads()[asked.name]
        if asked.mode == "overhead":
            print(*overhead(call))
        else:
            print(0.0, measure_with(asked.mode, call, wanted_s=asked.wanted))
        return
    processes, wanted_s = (3, 0.3) if asked.quick else (PROCESS_COUNT, 1.0)
    print(f"{'workload':<30} {'harness':>10} {'pyperf':>10} {'torch':>10}", end="   ")
    print(f"{'harness / pyperf':<24} {'harness / torch':<24} agree")
    agreed = 0
    names = list(workloads())
    for name in names:
        found: dict[str, list[float]] = {tool: [] for tool in TOOLS}
        for number in range(processes):
            for tool in TOOLS[number % 3 :] + TOOLS[: number % 3]:
                found[tool].append(in_a_process(tool, name, wanted_s=wanted_s)[1])
        ratios = [ratio_interval(found["harness"], found[tool]) for tool in ("pyperf", "torch")]
        both = all(low <= 1 <= high for _, low, high in ratios)
        agreed += both
        medians = [f"{1e6 * statistics.median(found[tool]):7.2f} us" for tool in TOOLS]
        shown = [f"{r:.3f} ({low:.3f} to {high:.3f})" for r, low, high in ratios]
        print(f"{name:<30} {' '.join(medians)}   {'   '.join(shown)}   {'yes' if both else 'NO'}")
    print(f"{agreed} of {len(names)} workloads agree within their joint 95% confidence\n")
    print(f"{'workload':<30} {'bare loop':>12} {'harness adds':>14} {'share':>8}   target met")
    for name in names:
        bare_s, added_s = in_a_process("overhead", name, wanted_s=wanted_s)
        met = added_s < max(OVERHEAD_FRACTION * bare_s, OVERHEAD_S)
        print(f"{name:<30} {1e6 * bare_s:9.2f} us {1e9 * added_s:11.0f} ns "
              f"{added_s / bare_s:8.2%}   {'yes' if met else 'NO'}")  # fmt: skip


if __name__ == "__main__":
    main()
