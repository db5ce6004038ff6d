"""Where results and progress are printed."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_COLUMNS = 120
"""Width of a table that goes to a file or another program and not to a terminal."""


def results_console() -> "Console":
    """Return the console of results: as wide as the terminal, wider than most in a pipe."""
    from rich.console import Console

    fixed = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if fixed else PIPE_COLUMNS)


@contextlib.contextmanager
def doing(what: str) -> Iterator[None]:
    """Show on stderr what takes its time; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
