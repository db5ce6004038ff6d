"""What can be wrong with a measurement; a message says what, where and what to do."""

import difflib
from collections.abc import Iterable


class BenchmarkError(Exception):
    """An expected error: one line on stderr, exit code 1."""


class DataError(BenchmarkError):
    """The data cannot be learnt from as they stand."""


class CandidateError(BenchmarkError):
    """A candidate does not exist or does not fit the task."""


class StoreError(BenchmarkError):
    """The run store cannot be read or written."""


def did_you_mean(word: str, known: Iterable[object]) -> str:
    """Return `did you mean ...?` for near matches, else the first names that exist."""
    names = [str(name) for name in known]
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    if near:
        return f"did you mean {', '.join(near)}?"
    more = ", ..." if len(names) > MAX_NAMES_SHOWN else ""
    return f"one of {', '.join(names[:MAX_NAMES_SHOWN])}{more}" if names else "there is none"


MAX_NAMES_SHOWN = 12
"""Names listed in one message; a file may have a thousand columns."""
