"""Whole answers, kept as JSON: a change that means to change no figure changes none.

A change that does mean to: `python -m tests.golden.write`, and say in its commit which and why.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.golden.studies import GOLDEN, NOT_COMPARED, answer_json, path_of

RENAMED_KEYS: dict[str, tuple[str, str]] = {}
"""Keys that have another name than in the kept answers: old path -> (new path, reason).

A path is written `ranked[].lines[].usd`, an index of a list as `[]`.
"""

RELATIVE = 1e-9
"""Figures nearer than this are the same: sums in another order, another processor."""

FAST = {"jobs", "queue", "nothing-feasible"}
"""Kinds whose answers take the least time: `make test-fast` compares these."""

SHOWN = 20
"""Differences told at most."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every figure and text of some JSON with its path; empty lists and objects too."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, part in enumerate(value):
            yield from leaves(part, f"{path}[{index}]")
    else:
        yield path, value


def rule_of(path: str) -> str:
    """Return a path with its indices left out: `ranked[3].name` is `ranked[].name`."""
    parts = path.split("[")
    return parts[0] + "".join("[" + part[part.index("]") :] for part in parts[1:])


def renamed(path: str, names: dict[str, tuple[str, str]]) -> str:
    """Return the path under which an answer holds today what a kept answer holds at `path`."""
    for old, (new, _) in names.items():
        if rule_of(path) == old or rule_of(path).startswith((f"{old}.", f"{old}[")):
            assert old.count("[]") == new.count("[]"), f"{old} -> {new}: not the same lists"
            indices = [part.partition("]")[0] for part in path.split("[")[1:]]
            moved = new + rule_of(path)[len(old) :]
            for index in indices:
                moved = moved.replace("[]", f"[{index}]", 1)
            return moved
    return path


def same(kept: Any, found: Any) -> bool:
    """Return whether two leaves are the same, numbers within rounding."""
    if isinstance(kept, bool) or isinstance(found, bool):
        return kept is found
    if isinstance(kept, int | float) and isinstance(found, int | float):
        return math.isclose(kept, found, rel_tol=RELATIVE, abs_tol=1e-12)
    return bool(kept == found)


def differences(
    kept: Any, found: Any, *, names: dict[str, tuple[str, str]] = RENAMED_KEYS
) -> list[str]:
    """Return a line for every leaf in which two answers differ."""
    before = {renamed(path, names): value for path, value in leaves(kept)}
    now = dict(leaves(found))
    told = []
    for path in [*before, *(path for path in now if path not in before)]:
        if rule_of(path) in NOT_COMPARED:
            continue
        if path not in now:
            told.append(f"{path}: was {before[path]!r}, is gone")
        elif path not in before:
            told.append(f"{path}: is new, {now[path]!r}")
        elif not same(before[path], now[path]):
            told.append(f"{path}: was {before[path]!r}, is {now[path]!r}")
    return told


@pytest.mark.parametrize(
    "kind", [k if k in FAST else pytest.param(k, marks=pytest.mark.slow) for k in GOLDEN]
)
def test_the_answer_is_the_kept_one(kind):
    kept = json.loads(path_of(kind).read_text(encoding="utf-8"))
    told = differences(kept, answer_json(kind))

    assert not told, (
        f"{len(told)} leaves of the answer '{kind}' changed; if that is meant: python -m "
        "tests.golden.write\n  " + "\n  ".join(told[:SHOWN])
    )


@pytest.mark.slow
def test_each_kind_is_what_it_is_called():
    answers = {kind: answer_json(kind) for kind in GOLDEN}
    best = {kind: found["best"] and found["best"]["platform"] for kind, found in answers.items()}

    assert best["online"] in {"sagemaker-serverless", "sagemaker-realtime", "ecs-fargate"}
    assert best["jobs"] == "sagemaker-batch-transform"
    assert best["queue"] == "sagemaker-async"
    assert best["many-models"] == "sagemaker-multi-model"
    assert best["nothing-feasible"] is None
    assert answers["gpu"]["gpu"]["serving"]["needed"]
    assert {path_of(kind).name for kind in GOLDEN} == {
        path.name for path in path_of("online").parent.glob("*.json")
    }


def test_the_comparison_finds_what_changed_and_forgives_what_was_renamed():
    kept = {"ranked": [{"name": "a", "usd": 1.0}, {"name": "b", "usd": 2.0}], "gone": []}
    found = {"ranked": [{"name": "a", "usd": 1.0 + 1e-12}, {"name": "c", "usd": 2.1}], "new": 3}

    assert differences(kept, found, names={}) == [
        "ranked[1].name: was 'b', is 'c'",
        "ranked[1].usd: was 2.0, is 2.1",
        "gone: was [], is gone",
        "new: is new, 3",
    ]
    moved = {"best": [{"name": "a", "price_usd": 1.0}, {"name": "b", "price_usd": 2.0}], "gone": []}
    names = {
        "ranked[].usd": ("best[].price_usd", "the more precise word"),
        "ranked": ("best", "the better word"),
    }
    assert differences(kept, moved, names=names) == []
    assert differences(True, 1, names={}) == [": was True, is 1"]
