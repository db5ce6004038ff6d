"""Logs with a line per request -> times: web servers, load balancers, JSON lines."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from advisor.imports.traffic_lines import Entry, Lines

LOG_TIME: Final = re.compile(r"\[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\]")
LOG_FORMAT: Final = "%d/%b/%Y:%H:%M:%S %z"
ISO_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[T \t]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?"
)
"""As load balancers, IIS, CloudFront and most programs write it."""

_COUNT_BEHIND: Final = re.compile(r"^[\"']?[^,;\t]*[\"']?\s*[,;\t]\s*[\"']?[\d.,' ]+[\"']?\s*$")
LEAST_WORDS: Final = 3
"""A line of a log has so many words at least."""


def is_log(head: Sequence[str]) -> bool:
    """Whether the lines are one request each: most hold a time among other words."""
    lines = [line for line in head if line.strip() and not line.startswith("#")]
    if any(LOG_TIME.search(line) for line in lines):
        return True
    rows = [
        line
        for line in lines
        if ISO_TIME.search(line)
        and not _COUNT_BEHIND.match(line)
        and (line.lstrip().startswith("{") or len(line.split()) > LEAST_WORDS)
    ]
    return len(lines) > 1 and len(rows) >= 0.9 * len(lines)


def log_lines(lines: Lines) -> Iterator[Entry]:
    """Read one request a line."""
    cache: dict[str, datetime] = {}
    for line in lines:
        if line.startswith("#"):
            continue
        common = LOG_TIME.search(line)
        match = common or ISO_TIME.search(line)
        if match is None:
            lines.refuse(line)
            continue
        text = match.group(1) if common else match.group(0)
        minute = text[:17] + text[20:] if common else text
        if minute not in cache:
            try:
                cache[minute] = _common_time(text) if common else _iso_time(text)
            except ValueError:
                lines.refuse(line)
                continue
        yield cache[minute], 1.0


def _common_time(text: str) -> datetime:
    return datetime.strptime(text, LOG_FORMAT)  # noqa: DTZ007  # %z is in it


def _iso_time(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("\t", " ").replace(",", "."))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
