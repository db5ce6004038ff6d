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


KEY = "deploy_usd"
"""A new money key of `retraining`: what else a release costs."""

KEY_EDITS = {
    "the field's words": (
        "advisor/study/releases.py",
        "    label_cost_usd: Annotated[\n",
        f"""    {KEY}: Annotated[
        Usd, Key("Deploying one release", tried=Tried(0.0, 1e9, from_zero=_FROM_NOTHING))
    ] = 0.0
    \"\"\"What else a release costs. [USD]\"\"\"
""",
    ),
    "the price of a release": (
        "advisor/retraining/advice.py",
        "        + retraining.label_cost_usd\n",
        f"        + retraining.{KEY}\n",
    ),
    "the draws": (
        "advisor/decision/scenarios/problem.py",
        "            + retraining.label_cost_usd\n",
        f"            + retraining.{KEY}\n",
    ),
    "the line of the bill": (
        "advisor/decision/answer/bill.py",
        "    if study.retraining.label_cost_usd > 0:\n",
        f"""    lines.append(
        CostLine(
            label="Deploying",
            group="labels",
            quantity_per_month=releases,
            unit="releases",
            usd_per_unit=study.retraining.{KEY},
            usd_per_month=releases * study.retraining.{KEY},
            basis="input",
            source="study: retraining.{KEY}",
        )
    )
""",
    ),
}
"""What a new money key takes: file, the line it is put before, its text."""

ALIKE = "test_a_key_moves_columns_draws_and_bill_alike_or_is_listed"
KEY_TESTS = (
    f"tests/advisor/test_money_keys.py::{ALIKE}[retraining.{KEY}]",
    "tests/advisor/test_study_figures.py",
)

KEY_TEST = f"""
import sys
import pytest
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", ".",
                      *{KEY_TESTS!r}]))
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


def with_key(folder: Path, *, without: str) -> None:
    """Put a new money key into a copy of the packages, one of its places left out."""
    for what, (file, before, text) in KEY_EDITS.items():
        whole = (ROOT / file).read_text(encoding="utf-8")
        if whole.count(before) != 1:
            raise SystemExit(f"{file}: {before.strip()!r} stands there {whole.count(before)} times")
        added = "" if what == without else text
        if what == without == "the field's words":
            added = f"    {KEY}: Usd = 0.0\n" + text[text.index('    """') :]
        changed = whole.replace(before, added + before)
        (folder / file).write_text(changed, encoding="utf-8")


def key_noticed(folder: Path, what: str) -> str:
    """Return what notices that a place of a new money key was left out; empty for nothing."""
    with_key(folder, without=what)
    done = run(folder, KEY_TEST)
    if done.returncode == 0:
        return ""
    found = re.findall(r"^E +(.*)", done.stdout, re.MULTILINE)
    return found[0][:100] if found else (done.stderr.strip().splitlines() or ["refused"])[-1][:100]


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
        tried = [(f"platform, {one.what}", told[place]) for place, one in enumerate(found)]
        if refused := key_noticed(install(Path(scratch) / "key"), "nothing"):
            print(f"the new key itself breaks a test: {refused}", file=sys.stderr)
            return 1
        tried += [
            (f"money key, {what}", key_noticed(Path(scratch) / "key", what)) for what in KEY_EDITS
        ]
    for what, by in tried:
        print(f"{'noticed' if by else 'MISSED '}  {what}: {by or 'nothing'}")
    caught = sum(bool(by) for _, by in tried)
    print(f"{caught} of {len(tried)} omissions noticed")
    return 0 if caught == len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
