"""What this machine can do: quick probes, each named after its unit, under 20 s together.

They feed the transfer of measurements to other machines, whose catalogue has the same workloads.
Each is the best of a few repeats: a probe asks what the machine can do, not what it did meanwhile.
The probes of a GPU are in `benchmarks.machine.devices`, beside the rest of torch.
"""

import bz2
import hashlib
import json
import os
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOOP_COUNT = 200_000
"""Iterations of the loop that is timed."""

HASH_COUNT = 64
"""Blocks of 16 KiB that are hashed."""

TEXT_BYTES = 1_000_000
"""Text that is compressed. [B]"""


BestS = Callable[[Callable[[], object]], float]
"""Times a call and returns its best time. [s]"""

CALL_COUNT = 50_000
"""Function calls that are timed together."""

REPEATS = 200
"""Calls of a small library function that are timed together."""

CHASE_COUNT = 100_000
"""Accesses of the memory latency."""

CHASE_BYTES = 128 * 2**20
"""Memory that is walked through at random, larger than the caches. [B]"""

TREE_DEPTH, TREE_ROWS = 10, 4_096
"""A full tree of this depth, walked by so many rows at once."""


def run_single_thread_probes(*, probe_s: float) -> dict[str, float]:
    """Probe one core for `probe_s` each; the process was started with one thread."""
    text = generated_text(TEXT_BYTES)
    block = text[:16_384]

    def best_s(call: Callable[[], object]) -> float:
        return _best_s(call, budget_s=probe_s)

    megabytes = len(text) / 1e6
    hashed_megabytes = HASH_COUNT * len(block) / 1e6
    return {
        "python_loop_ns_per_iteration": 1e9 * best_s(lambda: _loop(LOOP_COUNT)) / LOOP_COUNT,
        "gzip_5_mb_per_s": megabytes / best_s(lambda: zlib.compress(text, 5)),
        "bz2_5_mb_per_s": megabytes / best_s(lambda: bz2.compress(text, 5)),
        "sha256_16k_mb_per_s": hashed_megabytes
        / best_s(lambda: [hashlib.sha256(block).digest() for _ in range(HASH_COUNT)]),
        "gemm_fp32_1_thread_gflop_per_s": _gemm_gflop_per_s(probe_s),
        "copy_1_thread_gb_per_s": _copy_gb_per_s(probe_s),
    } | _more_single_thread(best_s, probe_s=probe_s)


def _more_single_thread(best_s: BestS, *, probe_s: float) -> dict[str, float]:
    """Probe what a small model's call is made of: interpreter, parsing, arrays, memory, trees."""
    import numpy as np

    rng = np.random.default_rng(0)
    row, weights = rng.random((1, 30)), rng.random((30, 8))
    numbers = json.dumps(rng.random(30).tolist())
    return {
        "python_call_ns_per_call": 1e9 * best_s(lambda: _calls(CALL_COUNT)) / CALL_COUNT,
        "json_30_floats_ns_per_call": 1e9 * best_s(lambda: _repeat(json.loads, numbers)) / REPEATS,
        "numpy_matvec_30x8_ns_per_call": 1e9
        * best_s(lambda: _repeat(row.__matmul__, weights))
        / REPEATS,
        "gemm_fp64_1_thread_gflop_per_s": _gemm_gflop_per_s(probe_s, dtype="float64"),
        "read_1_thread_gb_per_s": _read_gb_per_s(probe_s),
        "memory_latency_ns_per_access": memory_latency_ns(probe_s=probe_s),
        "tree_traversal_ns_per_node": _tree_ns_per_node(probe_s),
    }


def run_all_threads_probes(*, probe_s: float, thread_count: int = 1) -> dict[str, float]:
    """Probe all threads together; the process was started with all of them."""
    return {
        "gemm_fp32_all_threads_gflop_per_s": _gemm_gflop_per_s(probe_s),
        "gemm_fp64_all_threads_gflop_per_s": _gemm_gflop_per_s(probe_s, dtype="float64"),
        "copy_all_threads_gb_per_s": _threads_copy_gb_per_s(probe_s, thread_count=thread_count),
    }


def run_disk_probes(*, folder: Path, size_bytes: int = 32 * 2**20) -> dict[str, float]:
    """Write and read a file: what saving and loading a model may take at best.

    Reading comes from the system's cache, as a model that was just deployed does.
    """
    block = os.urandom(2**20)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="advisor-probe-") as file:
        start = time.perf_counter()
        for _ in range(size_bytes // len(block)):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        write_s = time.perf_counter() - start
        start = time.perf_counter()
        Path(file.name).read_bytes()
        read_s = time.perf_counter() - start
    return {
        "disk_write_mb_per_s": size_bytes / 1e6 / write_s,
        "disk_cached_read_mb_per_s": size_bytes / 1e6 / read_s,
    }


def generated_text(size_bytes: int) -> bytes:
    """Return made-up words in a random order, the same on every machine."""
    state, words = 12_345, []
    vocabulary = [f"{a}{b}{c}" for a in "bdfglmnprst" for b in "aeiou" for c in ("n", "r", "st")]
    length = 0
    while length < size_bytes:
        state = (1_103_515_245 * state + 12_345) % 2**31  # a linear congruential generator
        # Squaring the draw makes some words common and most rare, as in prose.
        word = vocabulary[(state >> 8) ** 2 * len(vocabulary) >> 46]
        words.append(word)
        length += len(word) + 1
    return " ".join(words).encode()[:size_bytes]


def _loop(count: int) -> int:
    total = 0
    for number in range(count):
        total += number & 3
    return total


def _one(number: int) -> int:
    return number


def _calls(count: int) -> None:
    call = _one
    for number in range(count):
        call(number)


def _repeat(call: Callable[[Any], object], argument: object) -> None:
    for _ in range(REPEATS):
        call(argument)


def _gemm_gflop_per_s(probe_s: float, *, size: int = 1024, dtype: str = "float32") -> float:
    import numpy as np

    rng = np.random.default_rng(0)
    left = rng.random((size, size)).astype(dtype)
    right = rng.random((size, size)).astype(dtype)
    return 2.0 * size**3 / 1e9 / _best_s(lambda: left @ right, budget_s=probe_s)


def _copy_gb_per_s(probe_s: float, *, size_bytes: int = 64_000_000) -> float:
    """Read one byte and write one byte: two bytes moved for each byte copied."""
    import numpy as np

    source = np.ones(size_bytes // 8)
    target = np.empty_like(source)
    return 2.0 * size_bytes / 1e9 / _best_s(lambda: np.copyto(target, source), budget_s=probe_s)


def _read_gb_per_s(probe_s: float, *, size_bytes: int = 64_000_000) -> float:
    import numpy as np

    source = np.ones(size_bytes // 8)
    return size_bytes / 1e9 / _best_s(source.max, budget_s=probe_s)


def _threads_copy_gb_per_s(
    probe_s: float, *, thread_count: int, size_bytes: int = 64_000_000
) -> float:
    """Copy with each thread its own memory; numpy lets go of the interpreter meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    sources = [np.ones(size_bytes // 8) for _ in range(thread_count)]
    targets = [np.empty_like(source) for source in sources]
    with ThreadPoolExecutor(thread_count) as pool:
        best_s = _best_s(lambda: list(pool.map(np.copyto, targets, sources)), budget_s=probe_s)
    return 2.0 * thread_count * size_bytes / 1e9 / best_s


def memory_latency_ns(*, probe_s: float, size_bytes: int | None = None) -> float:
    """Return how much longer an access takes that no cache holds than one that the first does. [ns]

    Walks a random cycle, each access telling the next. The same walk over 16 KiB is subtracted: it
    is the interpreter's own time, a part of which the processor hides behind the memory's, so that
    the figure is a lower bound.
    """
    far_s = _chase_s(size_bytes or CHASE_BYTES, probe_s=probe_s)
    near_s = _chase_s(16 * 2**10, probe_s=probe_s)
    return max(1e-3, 1e9 * (far_s - near_s) / CHASE_COUNT)


def _chase_s(size_bytes: int, *, probe_s: float) -> float:
    import numpy as np

    count = size_bytes // 8
    order = np.random.default_rng(0).permutation(count)
    following = np.empty(count, dtype=np.int64)
    following[order[:-1]], following[order[-1]] = order[1:], order[0]
    buffer: Any = following  # numpy's types do not tell that it is one
    view = memoryview(buffer)
    place = 0

    def walk() -> None:
        nonlocal place
        here = place
        for _ in range(CHASE_COUNT):
            here = view[here]
        place = here  # go on from there: what was just visited is in the caches

    return _best_s(walk, budget_s=probe_s)


def _tree_ns_per_node(probe_s: float) -> float:
    """Walk a full tree, level by level for all rows: look up, compare, go left or right."""
    import numpy as np

    rng = np.random.default_rng(0)
    features = rng.random((TREE_ROWS, 30))
    node_count = 2**TREE_DEPTH - 1
    column, threshold = rng.integers(0, 30, node_count), rng.random(node_count)
    rows = np.arange(TREE_ROWS)

    def walk() -> None:
        node = np.zeros(TREE_ROWS, dtype=np.int64)
        for _ in range(TREE_DEPTH):
            node = 2 * node + 1 + (features[rows, column[node]] > threshold[node])

    return 1e9 * _best_s(walk, budget_s=probe_s) / (TREE_ROWS * TREE_DEPTH)


def _best_s(
    call: Callable[[], object],
    *,
    budget_s: float,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Call once to warm up, then at least 3 times and until the budget is spent; the least. [s]"""
    call()
    begin = clock()
    best_s, count = float("inf"), 0
    while count < 3 or clock() - begin < budget_s:
        start = clock()
        call()
        best_s = min(best_s, clock() - start)
        count += 1
    return best_s
