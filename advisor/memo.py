"""What was made for the last few questions, kept for the next one."""

from collections.abc import Callable, Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def last_few(tables: dict[K, T], key: K, make: Callable[[], T], *, most: int) -> T:
    """Return what was made for a key, or make it and let the oldest go.

    The oldest goes first: two of the largest tables need not stand in memory at once.

    Args:
        tables: what is kept, changed in place.
        key: what is asked for.
        make: makes it where it is not kept; what it raises leaves nothing behind.
        most: how many are kept.

    Example:
        >>> kept = {1: "one", 2: "two"}
        >>> last_few(kept, 3, lambda: "three", most=2), kept
        ('three', {2: 'two', 3: 'three'})
    """
    if key not in tables:
        while len(tables) >= most:
            tables.pop(next(iter(tables)), None)
        tables[key] = make()
    return tables[key]
