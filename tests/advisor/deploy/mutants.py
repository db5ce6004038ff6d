"""Every way to spoil one place of a template: a leaf dropped or changed, a resource dropped.

Nobody chose these faults, so that the share of them that is found says more than a list would.
"""

import copy
from collections.abc import Iterator
from typing import Any

WORDS = ("Description", "AlarmDescription", "GroupDescription", "ConstraintDescription")
"""What is read by people alone."""


def mutants(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what was done and the spoilt template, one place at a time, of its resources."""
    for path, value in _places(template["Resources"], ("Resources",)):
        if path[-1] in WORDS or (path[-1] == "Sid"):
            continue
        where = ".".join(map(str, path[1:]))
        spoilt = copy.deepcopy(template)
        parent = _at(spoilt, path[:-1])
        del parent[path[-1]]
        yield f"drop {where}", spoilt
        other = _changed(value)
        if other is not None:
            spoilt = copy.deepcopy(template)
            _at(spoilt, path[:-1])[path[-1]] = other
            yield f"change {where} from {value!r} to {other!r}", spoilt


def _places(part: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in items:
        yield (*at, key), value
        if isinstance(value, dict | list):
            yield from _places(value, (*at, key))


def _at(template: dict[str, Any], path: tuple[Any, ...]) -> Any:
    found: Any = template
    for key in path:
        found = found[key]
    return found


def _changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value * 2 + 1
    if isinstance(value, str):
        return f"{value}x"
    return None
