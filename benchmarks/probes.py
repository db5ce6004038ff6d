"""What this machine can do: a few quick probes, each named after its unit, under 3 s together.

They feed the transfer of measurements to other machines, whose catalogue has the same workloads.
Each is the best of a few repeats: a probe asks what the machine can do, not what it did meanwhile.
"""

import bz2
import hashlib
import time
import zlib
from collections.abc import Callable

LOOP_COUNT = 200_000
"""Iterations of the loop that is timed."""

HASH_COUNT = 64
"""Blocks of 16 KiB that are hashed."""

TEXT_BYTES = 1_000_000
"""Text that is compressed. [B]"""


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
    }


def run_all_threads_probes(*, probe_s: float) -> dict[str, float]:
    """Probe all threads together; the process was started with all of them."""
    return {"gemm_fp32_all_threads_gflop_per_s": _gemm_gflop_per_s(probe_s)}


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


def _gemm_gflop_per_s(probe_s: float, *, size: int = 1024) -> float:
    import numpy as np

    rng = np.random.default_rng(0)
    left = rng.random((size, size), dtype=np.float32)
    right = rng.random((size, size), dtype=np.float32)
    return 2.0 * size**3 / 1e9 / _best_s(lambda: left @ right, budget_s=probe_s)


def _copy_gb_per_s(probe_s: float, *, size_bytes: int = 64_000_000) -> float:
    """Read one byte and write one byte: two bytes moved for each byte copied."""
    import numpy as np

    source = np.ones(size_bytes // 8)
    target = np.empty_like(source)
    return 2.0 * size_bytes / 1e9 / _best_s(lambda: np.copyto(target, source), budget_s=probe_s)


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
