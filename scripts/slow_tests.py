"""Write `tests/slow_tests.txt`: the tests that `make test-fast` leaves out because they take long.

Usage: python -m pytest -q -n 2 --durations=0 -m "not browser" | python scripts/slow_tests.py

A test function counts as slow when one of its cases, set-up included, takes over 0.25 s or all
together over 4 s, on the machine at hand while it does nothing else. A line is kept while its test
exists, so that a faster machine does not let slow tests back in.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

CASE_S = 0.25
"""A case that takes longer is slow. [s]"""
FUNCTION_S = 4.0
"""All cases of a function together. [s]"""
CONTRACT = {
    "advisor/platforms/test_contract.py::test_a_platform_keeps_its_contract",
    "advisor/test_recommend.py::test_the_json_keeps_the_keys_of_the_contract",
}
"""Never left out: what a contributor wants to know at once."""

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "slow_tests.txt"
LINE = re.compile(r"([\d.]+)s (?:call|setup|teardown)\s+tests/(\S+?\.py)::(.+?)\s*$")


def slow_tests(durations: str) -> set[str]:
    """Return the slow functions in pytest's list of durations, as `folder/file.py::name`."""
    cases: dict[tuple[str, str], float] = defaultdict(float)
    for line in durations.splitlines():
        if found := LINE.match(line):
            cases[found[2], found[3]] += float(found[1])
    functions: dict[str, list[float]] = defaultdict(list)
    for (file, name), seconds in cases.items():
        functions[f"{file}::{name.partition('[')[0]}"].append(seconds)
    return {n for n, all_ in functions.items() if max(all_) > CASE_S or sum(all_) > FUNCTION_S}


def exists(name: str) -> bool:
    """Return whether a test of this name is still there."""
    file, _, function = name.partition("::")
    path = ROOT / "tests" / file
    last = function.rpartition("::")[2]
    return path.exists() and f"def {last}(" in path.read_text(encoding="utf-8")


def main() -> None:
    """Read a list of durations, add what is slow, drop what is gone."""
    kept = set(LIST.read_text(encoding="utf-8").split()) if LIST.exists() else set()
    found = (kept | slow_tests(sys.stdin.read())) - CONTRACT
    names = sorted(name for name in found if exists(name))
    LIST.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    print(f"{len(names)} slow tests, {len(set(names) - kept)} of them new: {LIST.name}")


if __name__ == "__main__":
    main()
