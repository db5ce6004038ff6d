"""The JSON of `aws cloudwatch` -> times and counts."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from advisor.imports.traffic_lines import Entry, Lines, TrafficFileError

REQUESTS: Final = re.compile(r"(?i)invocations\b|request_?count|requests?\b|\bcount\b")
"""Names of metrics that count requests."""


def _time(text: str) -> datetime:
    text = text.strip()
    if re.fullmatch(r"\d{10}(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    if re.fullmatch(r"\d{13}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _count(text: str) -> float:
    value = float(text.strip() or "0")
    if not (0 <= value < 1e12):
        raise ValueError(f"{text.strip()!r} is no number of requests")
    return value


def cloudwatch_entries(text: str, path: Path, lines: Lines) -> Iterator[Entry]:
    """Read what `get-metric-data` or `get-metric-statistics` printed.

    Raises:
        TrafficFileError: it is neither, or holds no metric that counts requests.
    """
    try:
        document = json.loads(text)
        results = document.get("MetricDataResults") if isinstance(document, dict) else None
        if results is not None:
            if document.get("NextToken"):
                lines.notes.append("the export is not complete: it has a NextToken for the rest")
            for result in _of_one_metric(results, path, lines):
                for stamp, value in zip(result["Timestamps"], result["Values"], strict=True):
                    yield _time(str(stamp)), _count(str(value))
            return
        points = document["Datapoints"] if isinstance(document, dict) else document
        for point in points:
            yield _time(str(point["Timestamp"])), _count(str(point["Sum"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrafficFileError(
            f"{path}: is not an export of CloudWatch ({type(error).__name__}: {error}): use "
            "'aws cloudwatch get-metric-data' or get-metric-statistics with the statistic Sum and "
            "a period of 60 s"
        ) from None


def _of_one_metric(results: list[Any], path: Path, lines: Lines) -> list[Any]:
    """Keep the metric that counts requests where an export holds several."""
    names = [str(result.get("Label") or result.get("Id") or "") for result in results]
    if len(set(names)) < 2:
        return results
    counting = [bool(REQUESTS.search(name)) and "error" not in name.lower() for name in names]
    if not any(counting):
        raise TrafficFileError(
            f"{path}: holds {len(results)} metrics ({', '.join(names[:4])}): export the one that "
            "counts requests"
        )
    left = [name for name, kept in zip(names, counting, strict=True) if not kept]
    if left:
        lines.notes.append(f"left out of the export: {', '.join(left)}")
    kept = [result for result, keep in zip(results, counting, strict=True) if keep]
    if len(kept) > 1:
        lines.notes.append(f"{len(kept)} metrics of requests are added up")
    return kept
