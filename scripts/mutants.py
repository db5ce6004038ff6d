"""Leave out one line at a time of a new platform, and of a new money key: is it noticed?

Prints each omission with what noticed it, and how many of them were; exits 1 unless all were.
Run it by `make mutants`; it takes a few minutes.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.advisor.platforms.toy.installed import LAWS, add, install, run  # noqa: E402

TOY = (ROOT / "tests/advisor/platforms/toy/toy_host.py").read_text(encoding="utf-8")

ROW_TEST = """
import sys
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", ".",
                      "tests/advisor/platforms/test_contract.py::"
                      "test_every_file_of_a_platform_has_its_row"]))
"""


class Omission(NamedTuple):
    """Something left out."""

    what: str
    source: str
    row: str | None = None
    """The row; null for the right one."""


def omissions() -> Iterator[Omission]:
    """Yield the toy with one thing left out at a time: facts, methods, arguments, the row."""
    for fact in re.finditer(r"^        (\w+)=(?:.*),\n", TOY, re.MULTILINE):
        yield Omission(f"fact {fact[1]}", TOY.replace(fact[0], "", 1))
    for method in re.finditer(r"^    def (\w+)\(.*?(?=^    def |^PLATFORM)", TOY, re.M | re.S):
        yield Omission(f"method {method[1]}", TOY.replace(method[0], "\n\n", 1))
    calls = TOY[TOY.index("    def machines") :]
    for argument in re.finditer(r"^ {16}(\w+)=.*,\n", calls, re.MULTILINE):
        yield Omission(f"argument {argument[1]}", TOY.replace(argument[0], "", 1))
    for name in ("region=region", "purchase=purchase)", 'service="ec2", region'):
        left = {"region=region": "", "purchase=purchase)": ")", 'service="ec2", region': "region"}
        text = TOY.replace(f"{name}, " if name == "region=region" else name, left[name], 1)
        yield Omission(f"argument {name.split('=')[0]} of the machines", text)
    fee = ", put_requests=traffic.requests_per_month"
    yield Omission("argument put_requests of the fee", TOY.replace(fee, "", 1))
    yield Omission("the value PLATFORM", TOY.replace("PLATFORM: Platform = ToyHost()", ""))
    yield Omission("the row", TOY, row="")


def noticed(folder: Path, one: Omission) -> str:
    """Return what notices an omission; empty where nothing does."""
    if one.row is None:
        add(folder, source=one.source)
    else:
        add(folder, source=one.source, row=one.row)
        done = run(folder, ROW_TEST)
        return "" if done.returncode == 0 else "a file of a platform without its row"
    done = run(folder, LAWS)
    if done.returncode == 0 and "every law kept" in done.stdout:
        return ""
    laws = re.findall(r"in (\w+)\n", done.stderr)
    law = next((name for name in reversed(laws) if "_" in name and not name.startswith("_")), "")
    last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no word"
    return f"{law}: {last[:80]}" if law else last[:100]


def main() -> int:
    """Try every omission."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--workers", type=int, default=2, help="tries at a time")
    workers = parser.parse_args().workers
    found = list(omissions())
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        folders = [install(Path(scratch) / str(i)) for i in range(workers)]
        whole = run(folders[0], LAWS)
        if "every law kept" not in whole.stdout:
            print(f"the toy itself breaks a law:\n{whole.stderr[-2000:]}", file=sys.stderr)
            return 1

        def try_every(at: int) -> list[tuple[int, str]]:
            return [(i, noticed(folders[at], found[i])) for i in range(at, len(found), workers)]

        with ThreadPoolExecutor(workers) as pool:
            told = dict(pair for part in pool.map(try_every, range(workers)) for pair in part)
    for place, one in enumerate(found):
        print(f"{'noticed' if told[place] else 'MISSED '}  {one.what}: {told[place] or 'nothing'}")
    caught = sum(bool(word) for word in told.values())
    print(f"{caught} of {len(found)} omissions noticed")
    return 0 if caught == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
