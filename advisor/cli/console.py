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


def say(text: str, *, err: bool = False) -> None:
    """Print words of which some may come from a file: none of them moves or colours anything."""
    import typer

    for line in text.split("\n"):
        typer.echo(harmless(line), err=err)


def harmless(line: str) -> str:
    r"""Return a line without what moves the cursor, turns the writing around or cannot be seen.

    Example:
        >>> harmless("a\x1b[2J b")
        'a\ufffd[2J b'
    """
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in line)


@contextlib.contextmanager
def doing(what: str) -> Iterator[None]:
    """Show on stderr what takes its time; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
