"""Where results and progress are printed."""

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_COLUMNS = 120
"""Width of a table that goes to a file or another program and not to a terminal."""


ASCII_MARKS = {
    "●": "*",
    "◐": "~",
    "○": "o",
    "△": "^",
    "✎": ">",
    "…": "...",
    "×": "x",
    "·": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "±": "+-",
    "’": "'",
    "•": "*",
    "“": '"',
    "”": '"',
    "✓": "v",
    "✗": "x",
    "█": "#",
    "▇": "#",
    "▆": "#",
    "▅": "=",
    "▄": "=",
    "▃": "-",
    "▂": "-",
    "▁": "_",
    "─": "-",
    "━": "-",
    "│": "|",
    "┃": "|",
    "═": "=",
}
"""What stands for a character that an output's encoding does not have."""


def _ascii_mark(error: UnicodeError) -> tuple[str, int]:
    """Write a mark in ASCII where the encoding has no other, `?` where there is none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(ASCII_MARKS.get(char, "?") for char in missing), error.end


def fit_surroundings() -> None:
    """Make do with any output: one that is not UTF-8, and a width that is no width.

    Some containers, pipes and editors set COLUMNS=0, which would print nothing at all.
    """
    for name in ("COLUMNS", "LINES"):
        if os.environ.get(name, "").strip().lstrip("0") == "" and name in os.environ:
            del os.environ[name]
    codecs.register_error("advisor-marks", _ascii_mark)
    if isinstance(sys.stdout, io.TextIOWrapper) and os.environ.get("PYTHONUNBUFFERED"):
        # Unbuffered, a write that the disk takes in part loses the rest without a word.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout = open(  # noqa: SIM115 - stands for stdout to the end
                sys.stdout.fileno(),
                "w",
                encoding=sys.stdout.encoding,
                errors=sys.stdout.errors,
                closefd=False,
            )
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", None) or "utf-8").lower()
        if isinstance(stream, io.TextIOWrapper) and not encoding.startswith("utf"):
            stream.reconfigure(errors="advisor-marks")


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
