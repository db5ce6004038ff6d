"""One load test: a server, requests and a study's need; what it showed, in words or JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from advisor.cli.console import say

if TYPE_CHECKING:
    from advisor.study.types import Study
    from benchmarks.serving.launch import Layout
    from benchmarks.serving.loadrun import LoadResult, Samples, Target
    from benchmarks.serving.search import Trial


class Job:
    """One load test: a server, requests, and a study's need."""

    def __init__(
        self,
        *,
        target: "Target",
        requests: list[bytes],
        study: "Study",
        layout: "Layout",
        workers: int,
        named_by_user: bool,
        as_json: bool,
        name: str,
    ) -> None:
        self.target, self.requests, self.study, self.layout = target, requests, study, layout
        self.workers, self.named_by_user = workers, named_by_user
        self.as_json, self.name = as_json, name
        need_ms = study.needs.max_p99_latency_ms
        self.need_s = None if need_ms is None else need_ms / 1e3
        self.answer_begins = b""  # how an answer of the model's begins
        self.found: tuple[float, float | None] | None = None  # valid rate [1/s] and its p99 [ms]
        if layout.note:
            say(f"- {layout.note}", err=True)

    def run_once(
        self, *, rate_per_s: float, arrivals: Any, duration_s: float, recording: Path | None
    ) -> int:
        """Send one rate; print what it showed."""
        import numpy as np

        from benchmarks.serving.arrivals import LoadError, schedule_s
        from benchmarks.serving.loadrun import judge_load

        if arrivals == "recorded" and recording is None:
            raise LoadError("--arrivals recorded needs --recording FILE: an access log, say")
        due = schedule_s(
            pattern=arrivals,
            rate_per_s=rate_per_s,
            duration_s=duration_s,
            rng=np.random.default_rng(0),
            profile=self.study.workload.profile,
            recorded_s=_recorded_s(recording) if recording else (),
        )
        samples = self._send(due_s=due)
        result = judge_load(samples, duration_s=duration_s, need_s=self.need_s)
        if not samples.is_ok.any():
            raise LoadError(
                f"{self.target.host}:{self.target.port}: none of {samples.status.size:,} requests "
                "was answered by the model: is the server still there?"
            )
        if self.as_json:
            self._print_json({"load": result.model_dump(mode="json")})
        else:
            say(self._line(result))
        if result.validity == "ok":
            self.found = result.rate_per_s, result.p99_ms
        return 0 if result.validity == "ok" else 3

    def find_max(self, *, duration_s: float) -> int:
        """Search the highest rate within the need; print it and every run."""
        import numpy as np

        from benchmarks.serving.arrivals import LoadError, schedule_s
        from benchmarks.serving.search import Limits, find_max, usual_length_s

        if self.need_s is None:
            raise LoadError("--find-max needs a need: set needs.max_p99_latency_ms in the study")
        capacity = self._capacity_per_s()
        rng = np.random.default_rng(0)

        def run(rate_per_s: float, length_s: float) -> "Samples":
            due = schedule_s(pattern="poisson", rate_per_s=rate_per_s, duration_s=length_s, rng=rng)
            return self._send(due_s=due)

        length_s = usual_length_s([0.3 * capacity], wanted_s=duration_s)
        found = find_max(
            run,
            need_s=self.need_s,
            capacity_per_s=capacity,
            limits=Limits(run_s=length_s, total_s=12 * length_s),
            on_trial=self._show_trial,
        )
        if self.as_json:
            self._print_json({"capacity_per_s": capacity, "search": found.model_dump(mode="json")})
        elif found.max_requests_per_s is None:
            say(f"{self.name}: no rate keeps p99 within {found.need_ms:g} ms ({found.stopped})")
        else:
            say(
                f"{self.name}: {found.max_requests_per_s:.4g} requests/s keep p99 within "
                f"{found.need_ms:g} ms, {found.max_requests_per_s / capacity:.0%} of its capacity "
                f"of {capacity:.4g}/s ({found.stopped})"
            )
        if any(trial.verdict == "invalid" for trial in found.trials):
            return 3
        self.found = found.max_requests_per_s or 0.0, None
        return 0 if found.max_requests_per_s is not None else 2

    def _send(self, **when: Any) -> "Samples":
        """Send the requests to the server: at what times, or by how many connections."""
        from benchmarks.serving.loadrun import send_load

        return send_load(
            self.target,
            requests=self.requests,
            placement=self.layout.placement,
            named_by_user=self.named_by_user,
            answer_begins=self.answer_begins,
            **when,
        )

    def _capacity_per_s(self) -> float:
        """Requests that the server answers when always busy. [1/s]"""
        import numpy as np

        from benchmarks.serving.arrivals import LoadError
        from benchmarks.serving.calibrate import BUSY_CONNECTIONS

        samples = self._send(closed_connections=BUSY_CONNECTIONS * self.workers, duration_s=3.0)
        answered = np.sort(samples.done_s[samples.is_ok])
        if answered.size < 10:
            raise LoadError(
                f"{self.target.host}:{self.target.port} answered {answered.size} requests in 3 s: "
                "is the server there, and does it take these rows?"
            )
        gaps = np.diff(answered)
        return float(1 / gaps[gaps < 0.125].mean()) if answered.size > 40 else answered.size / 3

    def _show_trial(self, trial: "Trial") -> None:
        say(f"  {self._line(trial.result)}: {trial.verdict}", err=True)

    def _line(self, result: "LoadResult") -> str:
        if result.validity != "ok":
            lost = result.error_count + result.timeout_count
            failed = f"; {lost:,} of {result.request_count:,} had no answer" if lost else ""
            return (
                f"{result.rate_per_s:,.4g} requests/s: {result.validity}: {result.reason}{failed}"
            )
        p50, p95, p99 = (
            "none" if ms is None else f"{ms:.2f}"
            for ms in (result.p50_ms, result.p95_ms, result.p99_ms)
        )
        lost = result.error_count + result.timeout_count
        failed = f", {result.error_count} errors, {result.timeout_count} time-outs" if lost else ""
        return (
            f"{self.name} at {result.rate_per_s:,.4g} requests/s: p50 {p50}, p95 {p95}, "
            f"p99 {p99} ms of {result.request_count:,} requests{failed}"
        )

    def _print_json(self, found: dict[str, Any]) -> None:
        import json

        head = {
            "candidate": self.name,
            "target": f"{self.target.host}:{self.target.port}",
            "workers": self.workers,
            "note": self.layout.note,
        }
        typer.echo(json.dumps(head | found, indent=2, allow_nan=False))


def _recorded_s(path: Path) -> Any:
    """Times of requests as a record of counts per minute tells them, spread over each minute."""
    import numpy as np

    from advisor.imports.traffic import read_traffic

    counts = np.round(read_traffic(path).counts).astype(int)
    rng = np.random.default_rng(0)
    minutes = np.repeat(np.arange(counts.size), counts)
    return np.sort(60 * (minutes + rng.random(minutes.size)))
