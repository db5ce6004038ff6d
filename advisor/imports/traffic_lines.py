"""Lines of a record of traffic, and those that could not be read."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from advisor.errors import AdvisorError

BAD_SHARE = 0.05
"""More lines than this that cannot be read mean that it is another kind of file. [fraction]"""

LEAST_TOGETHER = 3
"""Unreadable lines of which most stand side by side are no accident: they stop the file."""

Entry = tuple[datetime, float]
"""Time and requests."""


class TrafficFileError(AdvisorError):
    """A file that holds no traffic that we can read."""


class Lines:
    """Counts lines, and those that could not be read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines, self.count, self.number = lines, 0, 0
        self.bad: list[tuple[int, str]] = []
        """Line number and content of lines that could not be read."""
        self.notes: list[str] = []
        self.are_rates = False
        """Whether the counts are requests per second."""

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.number += 1
            if line.strip():
                self.count += 1
                yield line

    def refuse(self, line: str, number: int | None = None) -> None:
        """Note a line that could not be read."""
        self.bad.append((self.number if number is None else number, line.strip()[:60]))

    def check(self, path: Path, kind: str) -> list[str]:
        """Return what is to be said of lines that were left out.

        Raises:
            TrafficFileError: they are too many, or stand together: what they say is missing.
        """
        if not self.bad:
            return self.notes
        number, text = self.bad[0]
        where = f"the first is line {number:,}: {text!r}"
        if len(self.bad) > BAD_SHARE * self.count:
            raise TrafficFileError(
                f"{path}: {len(self.bad):,} of {self.count:,} lines cannot be read as {kind}: "
                f"{where}"
            )
        numbers = [number for number, _ in self.bad]
        near = sum(later - earlier <= 2 for earlier, later in pairwise(numbers))
        if len(numbers) >= LEAST_TOGETHER and near >= len(numbers) / 2:
            raise TrafficFileError(
                f"{path}: {len(self.bad):,} lines that stand together cannot be read as {kind}: "
                f"{where}; write these counts like the others"
            )
        words = "line" if len(self.bad) == 1 else "lines"
        return [*self.notes, f"{len(self.bad):,} {words} could not be read, left out: {where}"]
