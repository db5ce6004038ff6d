"""What was worked out for the last few questions, kept for the next one.

The only cache of the engine. What a function returns is kept by the arguments that it takes, so
that a function that takes no more than it depends on can never return a stale answer.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

T = TypeVar("T")

MOST = 4
"""Results of one function that are kept: most figures of a study leave most functions alone."""


class Memo:
    """Results of functions by their arguments, of each function those of the last few.

    Numbers, words, tuples of them and values of a study are told apart by what they say; arrays,
    tables and books by which one they are, and are held on to as long as the result is.

    Example:
        >>> memo, calls = Memo(), []
        >>> def double(x):
        ...     calls.append(x)
        ...     return 2 * x
        >>> memo(double, 4), memo(double, 4), calls
        (8, 8, [4])
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Callable[..., Any], dict[Hashable, tuple[object, Any]]] = {}

    def __call__(
        self, function: Callable[..., T], *args: object, most: int = MOST, **kwargs: object
    ) -> T:
        """Return what a function returns for these arguments, from memory where it is there.

        What the function raises leaves nothing behind.

        Args:
            function: a function whose result depends on its arguments alone.
            args: its arguments; all that it depends on.
            most: results of this function that are kept; the oldest goes first.
            kwargs: arguments by name.
        """
        key = (key_of(args), tuple((name, key_of(value)) for name, value in kwargs.items()))
        with self._lock:
            found = self._kept.setdefault(function, {}).get(key)
        if found is None:
            with self._lock:
                own = self._kept[function]
                # The oldest goes first: two of the largest tables need not stand side by side.
                while len(own) >= most:
                    own.pop(next(iter(own)))
            # What is kept by which one it is must not make room for another of the same address.
            found = ((args, kwargs), function(*args, **kwargs))
            with self._lock:
                self._kept[function][key] = found
        result: T = found[1]
        return result


@dataclass(frozen=True)
class Beside:
    """An argument that changes nothing of the result, such as what is called while it is made."""

    value: Any
    memo_key = ()


def key_of(value: object) -> Hashable:
    """Return what tells one argument from another: what it says, or else which one it is.

    A value of another kind that is told apart by what it says has a `memo_key` of its own.

    Example:
        >>> one, alike = [1], [1]
        >>> key_of((1.0, "a")) == key_of((1.0, "a")), key_of(one) == key_of(alike)
        (True, False)
    """
    if value is None or isinstance(value, str | bytes | float | int | bool | date | Path):
        return type(value), value
    if isinstance(value, BaseModel):
        return type(value), value.model_dump_json()
    if isinstance(value, tuple):
        return (type(value), *[key_of(part) for part in value])
    own_key: Hashable | None = getattr(value, "memo_key", None)
    return ("this one", id(value)) if own_key is None else (type(value), own_key)
