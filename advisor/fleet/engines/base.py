"""What every engine can do: call a function with each item, wherever there is room."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Outcome:
    """What became of one item."""

    index: int
    """Which item."""
    value: Any = None
    """What the function returned."""
    error: str | None = None
    """Why there is no value, in a line; null where there is one."""


class Engine(Protocol):
    """Somewhere that functions are called."""

    name: str

    def map(
        self, function: Callable[..., Any], items: Sequence[tuple[Any, ...]], *, exclusive: bool
    ) -> Iterator[Outcome]:
        """Call a function of a module with each item; yield the outcomes as they come.

        A worker that is killed costs its item a try, never the others theirs.

        Args:
            function: found by its name in a module, so that another process finds it too.
            items: arguments of each call, small and plain.
            exclusive: whether a call owns its machine's cores: for what takes times.
        """


MOST_TRIES = 3
"""A call whose process was killed so often is given up."""
