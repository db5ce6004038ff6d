"""All candidates carried to all catalogue instances at once, beside one instance at a time.

Prints; asserts no time.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
CANDIDATE_COUNT = 6
REPEATS = 7


def best_s(call: Callable[[], object]) -> float:
    """Time a call a few times; return the fastest. [s]"""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Time both ways and print their ratio."""
    sys.path.insert(0, str(ROOT))
    from advisor.capacity.prediction import predict_candidates
    from pricing.instances import load_catalogue
    from tests.advisor.capacity.test_prediction import run

    names = [shape.instance_type for shape in load_catalogue().shapes]
    runs = [run(name=f"candidate-{i}", number=i) for i in range(CANDIDATE_COUNT)]

    def together() -> object:
        return predict_candidates(runs=runs, instance_types=names)

    def one_by_one() -> object:
        return [predict_candidates(runs=[r], instance_types=[n]) for r in runs for n in names]

    first = time.perf_counter()
    together()
    first_s = time.perf_counter() - first
    ours_s = best_s(together)
    start = time.perf_counter()
    one_by_one()
    loop_s = time.perf_counter() - start
    print(
        f"{CANDIDATE_COUNT} candidates x {len(names)} instances; first call {first_s * 1e3:.0f} ms"
    )
    print(f"together:   {ours_s * 1e3:.1f} ms (aim: below 50)")
    print(f"one by one: {loop_s * 1e3:.0f} ms, {loop_s / ours_s:.0f} times as long")


if __name__ == "__main__":
    main()
