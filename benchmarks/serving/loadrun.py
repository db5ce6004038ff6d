"""One run of load: send it, and say only what its samples allow."""

import ipaddress
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Floats
from benchmarks.serving.arrivals import MAX_DURATION_S, MAX_REQUESTS, LoadError
from benchmarks.serving.generator import BROKEN, COLUMNS, TIMED_OUT
from benchmarks.serving.payloads import JSON_TYPE
from benchmarks.statistics.stats import QuantileInterval, quantile_interval
from benchmarks.storage.records import Record
from benchmarks.storage.scratch import scratch_folder

Validity = Literal["ok", "late-generator", "over-saturated", "too-few", "unanswered"]

WARM_UP_S = 2.0
"""Left out at the start of each run. [s]"""

LATE_S = 1e-3
"""A request sent so much after its time is late, or 5% of the need where that is more. [s]"""

LATE_SHARE = 0.01
"""More late requests than this invalidate a run. [fraction]"""

LATE_OF_NEED = 0.05
"""See `LATE_S`. [fraction]"""

WINDOWS = 20
"""Windows of a run whose trend tells over-saturation."""

T_95 = 2.101
"""Student's t for 95%, two-sided, 18 degrees of freedom: 20 windows."""

LOST_SHARE = 0.02
"""An over-saturated server answers at least so much less than is asked. [fraction]"""

START_LIMIT_S = 30.0
"""Time that a generator may take besides the load itself. [s]"""


@dataclass(frozen=True)
class Target:
    """Where load is sent."""

    host: str
    """Name or address."""
    port: int
    """TCP port."""
    path: str = "/invocations"
    """Path of the requests."""

    def ip(self, *, named_by_user: bool = False) -> str:
        """Return the address to send to: of this machine only, unless the user named the host.

        Raises:
            LoadError: the host is unknown, or another machine that nobody named.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0][4][0]
        except (OSError, UnicodeError) as error:
            raise LoadError(f"{self.host}:{self.port}: no such host ({error})") from None
        if not (named_by_user or ipaddress.ip_address(str(found)).is_loopback):
            raise LoadError(
                f"{self.host} is not this machine: load goes to another one only when you name it "
                "with --url"
            )
        return str(found)


@dataclass(frozen=True)
class Placement:
    """Where the generator runs."""

    cores: tuple[int, ...] = ()
    """Cores it stays on; any where empty."""
    first: bool = False
    """Whether it asks to run before other programs."""


@dataclass(frozen=True)
class Samples:
    """Raw samples of a run, one entry per request, times from its start."""

    scheduled_s: Floats
    sent_s: Floats
    done_s: Floats
    status: Floats
    service_ns: Floats
    predict_ns: Floats
    worker: Floats
    outstanding: Floats
    scheduling: str = "normal"
    """How the generator was scheduled: `real-time` or `normal`."""

    @property
    def latency_s(self) -> Floats:
        """Time from when a request was due to its answer. [s]"""
        return self.done_s - self.scheduled_s

    @property
    def lateness_s(self) -> Floats:
        """Time from when a request was due to when it was sent. [s]"""
        return self.sent_s - self.scheduled_s

    @property
    def is_ok(self) -> NDArray[np.bool_]:
        """Whether the model answered it: with success, and as its first answers began."""
        return (self.status >= 200) & (self.status < 300)

    def after(self, begin_s: float) -> "Samples":
        """Return the samples due from some time on."""
        kept = self.scheduled_s >= begin_s
        columns = {name: getattr(self, name)[kept] for name in COLUMNS}
        return Samples(**columns, scheduling=self.scheduling)


class LoadResult(Record):
    """What one run of load showed."""

    rate_per_s: float
    """Requests that were due. [1/s]"""
    completed_per_s: float
    """Requests that were answered with success. [1/s]"""
    request_count: int
    """Requests due, warm-up left out."""
    error_count: int
    """Answers with an error status, and broken connections."""
    timeout_count: int
    """Requests without an answer in time."""
    validity: Validity
    """`ok`, or why there are no percentiles."""
    reason: str
    """For any other validity than `ok`: what happened and what to do."""
    p50_ms: float | None
    """Median latency from the scheduled time; null where none can be said. [ms]"""
    p95_ms: float | None
    """95th percentile; null where none can be said. [ms]"""
    p99_ms: float | None
    """99th percentile; null where none can be said. [ms]"""
    p99_low_ms: float | None
    """Lower bound of p99, 95%, as if requests were independent. [ms]"""
    p99_high_ms: float | None
    """Upper bound of p99; null where the samples do not give one. [ms]"""
    service_p99_ms: float | None
    """99th percentile from when it was really sent: what a closed loop would have told. [ms]"""
    max_ms: float | None
    """Slowest answer. [ms]"""
    lateness_p99_ms: float
    """99th percentile of the generator's own lateness. [ms]"""
    late_fraction: float
    """Share of requests that were sent too late."""
    scheduling: str
    """`real-time` where the generator ran before other programs, else `normal`."""


def request_bytes(
    body: bytes, *, target: Target, content_type: str = JSON_TYPE, accept: str = JSON_TYPE
) -> bytes:
    """Return a whole HTTP request."""
    head = (
        f"POST {target.path} HTTP/1.1\r\nhost: {target.host}:{target.port}\r\n"
        f"content-type: {content_type}\r\naccept: {accept}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send_load(
    target: Target,
    *,
    requests: Sequence[bytes],
    due_s: Floats | None = None,
    closed_connections: int = 0,
    duration_s: float = 0.0,
    timeout_s: float = 10.0,
    placement: Placement = Placement(),  # frozen
    max_connections: int = 2_000,
    named_by_user: bool = False,
    answer_begins: bytes = b"",
) -> Samples:
    """Send load and return its samples: open loop at `due_s`, or closed loop for `duration_s`.

    An answer of success whose body does not start with `answer_begins` counts as an error.

    Raises:
        LoadError: the generator failed, or the load is larger than a run may be.
    """
    ip = target.ip(named_by_user=named_by_user)
    due = np.zeros(0) if due_s is None else due_s
    length_s = duration_s if closed_connections else float(due[-1]) if due.size else 0.0
    if length_s > MAX_DURATION_S or due.size > MAX_REQUESTS:
        raise LoadError(f"a run has at most {MAX_REQUESTS:,} requests in {MAX_DURATION_S:,.0f} s")
    with scratch_folder("load") as folder:
        path = Path(folder) / "plan.json"
        path.with_suffix(".bodies").write_bytes(b"".join(requests))
        path.with_suffix(".due").write_bytes(np.ascontiguousarray(due, dtype="d").tobytes())
        plan = {
            "ip": ip,
            "port": target.port,
            "body_sizes": [len(r) for r in requests],
            "timeout_s": timeout_s,
            "max_connections": max_connections,
            "warm_connections": min(64, max_connections),
            "cores": placement.cores,
            "first": placement.first,
            "closed_connections": closed_connections,
            "duration_s": duration_s,
            "max_requests": MAX_REQUESTS,
            "answer_begins": answer_begins.decode("latin-1"),
        }
        path.write_text(json.dumps(plan))
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "benchmarks.serving.generator", str(path)],
                capture_output=True,
                text=True,
                check=False,
                timeout=length_s + timeout_s + START_LIMIT_S,
                env={**os.environ, "ADVISOR_SERVING_PARENT": str(os.getpid())},
            )
        except subprocess.TimeoutExpired:
            raise LoadError("the load generator did not end in time: the machine is busy") from None
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise LoadError(f"the load generator failed: {last[0]}")
        columns = {name: np.fromfile(path.with_suffix(f".{name}")) for name in COLUMNS}
    return Samples(**columns, scheduling=json.loads(done.stdout)["scheduling"])


def judge_load(
    samples: Samples,
    *,
    duration_s: float,
    need_s: float | None = None,
    warm_up_s: float = WARM_UP_S,
) -> LoadResult:
    """Say what a run of open-loop load allows one to say.

    A late generator or an over-saturated server leaves no percentile; a percentile from too few
    requests is not stated. Requests that failed or timed out count as slower than any answer: a
    percentile that falls among them is null.
    """
    kept = samples.after(warm_up_s)
    count = kept.status.size
    length_s = max(1e-9, duration_s - warm_up_s)
    latency = np.where(kept.is_ok, kept.latency_s, np.inf)
    limit_s = max(LATE_S, LATE_OF_NEED * (need_s or 0.0))
    late = float((kept.lateness_s > limit_s).mean()) if count else 0.0
    validity, reason = _validity(kept, late=late, limit_s=limit_s, length_s=length_s)
    is_valid = validity == "ok"
    found = {p: _interval(latency, p) if is_valid else None for p in (0.5, 0.95, 0.99)}
    service = np.where(kept.is_ok, kept.done_s - kept.sent_s, np.inf)
    p99 = found[0.99]
    if is_valid and p99 is not None and p99.value_s is None:
        validity = "too-few"
        reason = f"{count} requests are too few for p99: 299 at least; run longer"
    if validity == "ok" and p99 is not None and not np.isfinite(p99.value_s or 0.0):
        validity = "unanswered"
        reason = (
            f"{int((~kept.is_ok).sum()):,} of {count:,} requests were not answered by the model: "
            "p99 falls among them; lower the rate, or look at the server's own log"
        )
    answered = latency[np.isfinite(latency)]
    lateness = float(np.quantile(kept.lateness_s, 0.99)) if count else 0.0
    return LoadResult(
        rate_per_s=count / length_s,
        completed_per_s=float(kept.is_ok.sum()) / length_s,
        request_count=count,
        error_count=int(((kept.status != TIMED_OUT) & ~kept.is_ok).sum()),
        timeout_count=int((kept.status == TIMED_OUT).sum()),
        validity=validity,
        reason=reason,
        p50_ms=_ms(found[0.5].value_s) if found[0.5] else None,
        p95_ms=_ms(found[0.95].value_s) if found[0.95] else None,
        p99_ms=_ms(p99.value_s) if p99 else None,
        p99_low_ms=_ms(p99.lower_s) if p99 else None,
        p99_high_ms=_ms(p99.upper_s) if p99 else None,
        service_p99_ms=_ms(_interval(service, 0.99).value_s) if is_valid else None,
        max_ms=_ms(float(answered.max())) if is_valid and answered.size else None,
        lateness_p99_ms=1e3 * max(0.0, lateness),
        late_fraction=late,
        scheduling=samples.scheduling,
    )


def _validity(
    kept: Samples, *, late: float, limit_s: float, length_s: float
) -> tuple[Validity, str]:
    if late > LATE_SHARE:
        return "late-generator", (
            f"the generator sent {late:.1%} of the requests more than {1e3 * limit_s:g} ms late: "
            "no figure is valid; give it a core of its own, or lower the rate"
        )
    if is_over_saturated(kept, length_s=length_s):
        return "over-saturated", (
            "requests came faster than they were answered, and the queue grew to the end: "
            "there is no percentile; lower the rate"
        )
    return "ok", ""


def is_over_saturated(samples: Samples, *, length_s: float) -> bool:
    """Whether the queue grew throughout a run.

    Over windows of the run, requests under way and latency both rise (slope of a straight line,
    95%), and in its second half at least 2% fewer were answered in time than were due. One of them
    alone is also true of a queue that is merely long.
    """
    count = samples.status.size
    if count < 5 * WINDOWS:
        return False
    window = np.minimum((np.arange(count) * WINDOWS) // count, WINDOWS - 1)
    waited = np.where(samples.status == TIMED_OUT, length_s, samples.latency_s)
    rising = all(_rises(_means(column, window)) for column in (samples.outstanding, waited))
    if not rising:
        return False
    begin_s = float(samples.scheduled_s[count // 2])
    end_s = float(samples.scheduled_s[-1])
    asked = count - count // 2
    ended = (samples.done_s >= begin_s) & (samples.done_s <= end_s)
    answered = int((ended & (samples.status != TIMED_OUT) & (samples.status != BROKEN)).sum())
    return answered < (1 - LOST_SHARE) * asked


def _means(values: Floats, window: NDArray[np.int_]) -> Floats:
    means: Floats = np.bincount(window, weights=values) / np.bincount(window)
    return means


def _rises(means: Floats) -> bool:
    """Whether the slope of a straight line is above 0 with 95% confidence."""
    x = np.arange(means.size) - (means.size - 1) / 2
    slope = float(x @ means / (x @ x))
    rest = means - means.mean() - slope * x
    error = float(np.sqrt(rest @ rest / (means.size - 2) / (x @ x)))
    return slope > T_95 * error


def _interval(latency_s: Floats, quantile: float) -> QuantileInterval:
    return quantile_interval(latency_s.tolist(), quantile=quantile)


def _ms(value_s: float | None) -> float | None:
    return None if value_s is None or not np.isfinite(value_s) else 1e3 * value_s
