"""What a deployment did, from the JSON of CloudWatch's `get_metric_data`.

An answer names each metric by its label alone; with the question's `MetricDataQueries` in the same
file, namespace, statistic and period are known too.
"""

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from advisor.errors import AdvisorError
from advisor.files import require_file

REQUESTS: Final = ("Invocations", "RequestCount")
"""Metrics that count requests."""
REPLICAS: Final = ("RunningTaskCount", "InstanceCount", "DesiredTaskCount", "HealthyHostCount")
"""Metrics that count what runs."""
_NAMES: Final = (
    "InvocationsPerInstance", *REQUESTS, "ModelLatency", "OverheadLatency", "ModelSetupTime",
    "TargetResponseTime", "CPUUtilization", "CpuUtilized", *REPLICAS,
)  # fmt: skip


class MetricsError(AdvisorError):
    """A file of metrics that cannot be read as it stands."""


class Metric(NamedTuple):
    """One metric over time, oldest first."""

    name: str
    """CloudWatch's name, e.g. `Invocations`."""
    statistic: str
    """`Sum`, `Average`, `p99`...; empty where the file does not tell."""
    period_s: float
    """Length of each point. [s]"""
    at: tuple[datetime, ...]
    """Start of each point, UTC."""
    values: tuple[float, ...]
    """What was counted or measured in it."""
    partial: bool
    """Whether CloudWatch says that points are missing."""

    def total(self, *, first: date, end: date) -> float:
        """Return the sum over whole days, from the first to before the end.

        Raises:
            MetricsError: it is a quantile or a mean, which cannot be added up.
        """
        if self.statistic not in {"Sum", "SampleCount", ""}:
            raise MetricsError(f"{self.name} {self.statistic} cannot be added up: ask for the Sum")
        return math.fsum(self._within(first, end))

    def mean(self, *, first: date, end: date) -> float | None:
        """Return the mean over whole days; null without points.

        Raises:
            MetricsError: it is a quantile: those of parts are not that of the whole.
        """
        if re.fullmatch(r"(p|tm|wm|tc|ts|iqm)\d*.*", self.statistic, re.IGNORECASE):
            raise MetricsError(
                f"{self.name} {self.statistic}: quantiles cannot be averaged: ask for one over the "
                "whole time"
            )
        found = self._within(first, end)
        return math.fsum(found) / len(found) if found else None

    def covers(self, *, first: date, end: date) -> bool:
        """Say whether its points reach from the first day to the end, a period each."""
        if not self.at:
            return False
        last = self.at[-1] + timedelta(seconds=self.period_s)
        day = timedelta(days=1)
        return self.at[0] < _start(first) + day and last > _start(end) - day

    def _within(self, first: date, end: date) -> list[float]:
        low, high = _start(first), _start(end)
        return [v for at, v in zip(self.at, self.values, strict=True) if low <= at < high]


def read_metrics(paths: Sequence[Path]) -> tuple[Metric, ...]:
    """Read files of metrics; pages of one answer become one metric.

    Raises:
        MetricsError: one line that says what is wrong and what is wanted.
    """
    found: dict[_Key, dict[datetime, float]] = {}
    periods: dict[_Key, float | None] = {}
    status: dict[_Key, str] = {}
    for path in paths:
        require_file(path, otherwise="save one with 'aws cloudwatch get-metric-data'")
        for one in _results(path):
            found.setdefault(one.key, {}).update(one.points)
            periods[one.key] = one.period_s
            status[one.key] = one.status
    metrics = []
    for key, points in found.items():
        at = sorted(points)
        steps = [(b - a).total_seconds() for a, b in pairwise(at)]
        metrics.append(
            Metric(
                name=key[1],
                statistic=key[2],
                period_s=periods[key] or (min(steps) if steps else 60.0),
                at=tuple(at),
                values=tuple(points[moment] for moment in at),
                partial=status[key] == "PartialData",
            )
        )
    return tuple(metrics)


def is_metrics(document: Any) -> bool:
    """Say whether a JSON document is an answer of `get_metric_data`."""
    return isinstance(document, dict) and "MetricDataResults" in document


_Key = tuple[str, str, str]
"""Id, name and statistic."""


class _Result(NamedTuple):
    key: _Key
    period_s: float | None
    points: dict[datetime, float]
    status: str


def _results(path: Path) -> list[_Result]:
    """Return what a file holds, in its own order: the newest point may come first."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        queries = document.get("MetricDataQueries", [])
        asked = {one["Id"]: one.get("MetricStat", {}) for one in queries}
        found = []
        for result in document["MetricDataResults"]:
            stat = asked.get(result["Id"], {})
            label = str(result.get("Label", ""))
            name = stat.get("Metric", {}).get("MetricName") or _name(f"{label} {result['Id']}")
            pairs = zip(result["Timestamps"], result["Values"], strict=True)
            found.append(
                _Result(
                    key=(result["Id"], name or label, str(stat.get("Stat") or _statistic(label))),
                    period_s=float(stat["Period"]) if "Period" in stat else None,
                    points={_time(stamp): float(value) for stamp, value in pairs},
                    status=str(result.get("StatusCode", "Complete")),
                )
            )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MetricsError(
            f"{path}: is no answer of 'aws cloudwatch get-metric-data' "
            f"({type(error).__name__}: {error})"
        ) from None
    return found


def _name(words: str) -> str:
    """Find a metric's name in a label or an id, whose case may differ."""
    plain = re.sub(r"[^a-z0-9]", "", words.lower())
    return next((name for name in _NAMES if name.lower() in plain), "")


def _statistic(label: str) -> str:
    match = re.search(r"\b(Sum|Average|Minimum|Maximum|SampleCount|p\d+(\.\d+)?)\b", label)
    return match[1] if match else ""


def _time(text: Any) -> datetime:
    if isinstance(text, int | float):
        return datetime.fromtimestamp(text, UTC)
    at = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
