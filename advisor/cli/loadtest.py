"""`advisor loadtest`: a candidate behind a real server, under real open-loop load."""

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from advisor.cli import completion
from advisor.cli.console import say

if TYPE_CHECKING:
    from advisor.study.types import Study
    from benchmarks.serving.calibrate import Busy
    from benchmarks.serving.launch import Layout
    from benchmarks.serving.loadrun import LoadResult, Target
    from benchmarks.serving.search import Trial
    from benchmarks.storage.records import Candidate, DatasetSpec

BUSY_S = 3.0
"""Time that a server of ours is kept busy to see what it adds to the model's own time. [s]"""


class Served(NamedTuple):
    """What is behind the server."""

    candidate: "Candidate"
    dataset: "DatasetSpec"
    rows_per_request: int
    offline_s: float
    """Mean time of `predict` alone. [s]"""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(loadtest)


def loadtest(
    study: Annotated[
        Path,
        typer.Argument(
            help="The study file, e.g. advisor.yaml.", autocompletion=completion.studies
        ),
    ],
    candidate: Annotated[
        str | None,
        typer.Option(
            help="The candidate; the study's first by default.", autocompletion=completion.families
        ),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Requests per second; the study's mean by default.", min=0)
    ] = None,
    find_max: Annotated[
        bool, typer.Option("--find-max", help="Find the highest rate within the p99 need.")
    ] = False,
    arrivals: Annotated[
        Literal["poisson", "constant", "diurnal", "recorded"],
        typer.Option(help="When requests are sent; diurnal follows the study's profile."),
    ] = "poisson",
    recording: Annotated[
        Path | None, typer.Option(help="Access log or counts per minute, for recorded.")
    ] = None,
    duration_s: Annotated[
        float, typer.Option("--duration-s", help="Length of one run, 2 s warm-up included.", min=3)
    ] = 20.0,
    workers: Annotated[
        int, typer.Option(help="Worker processes of the server, one core each.", min=1)
    ] = 1,
    handling: Annotated[
        Literal["inline", "executor", "batch"],
        typer.Option(help="inline: in the event loop; executor: one thread; batch: gather calls."),
    ] = "inline",
    payload: Annotated[
        Literal["json", "binary"], typer.Option(help="Requests as JSON or as .npy arrays.")
    ] = "json",
    url: Annotated[
        str | None,
        typer.Option(help="Load this server in place of one started here, e.g. http://HOST:8080."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Write the model folder here, for the container image.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Serve a candidate for real and load it: latency counts from when each request was due.

    The server runs on this machine, on cores of its own, and stops at the end. What it adds to the
    model's own time is kept in the study's store: 'advisor recommend' then uses it in place of what
    it assumes. Exit code 3: the run is invalid (late generator), over-saturated or too short for a
    p99.

    Example: advisor loadtest advisor.yaml --candidate linear --find-max
    """
    import tempfile

    from advisor.study.file import load_study
    from benchmarks.serving.arrivals import check_count
    from benchmarks.serving.build_package import request_bodies
    from benchmarks.serving.calibrate import measure_busy
    from benchmarks.serving.first_answers import first_answers
    from benchmarks.serving.launch import plan_cores, running_server
    from benchmarks.serving.loadrun import request_bytes
    from benchmarks.serving.payloads import BINARY_TYPE, JSON_TYPE

    question = load_study(study)
    named = None if url is None else _target(url)  # wrong words before a training, not after
    if rate is not None:
        check_count(rate_per_s=rate, duration_s=duration_s)
    layout = plan_cores(worker_count=workers)
    content_type = BINARY_TYPE if payload == "binary" else JSON_TYPE
    with tempfile.TemporaryDirectory(prefix="advisor-loadtest-") as scratch:
        folder = keep or Path(scratch) / "model"
        served = _ship(question, study, candidate, into=folder)
        bodies = request_bodies(
            folder,
            rows_per_request=question.workload.rows_per_request,
            content_type=content_type,
        )

        def load(target: "Target", *, named_by_user: bool, measured: "Busy | None" = None) -> int:
            job = _Job(
                target=target,
                requests=[
                    request_bytes(b, target=target, content_type=content_type) for b in bodies
                ],
                study=question,
                layout=layout,
                workers=workers,
                named_by_user=named_by_user,
                as_json=as_json,
                name=served.candidate.name,
            )
            job.answer_begins = first_answers(
                target,
                bodies,
                content_type=content_type,
                row_count=question.workload.rows_per_request,
                named_by_user=named_by_user,
            )
            code = send(job)
            if measured is not None and job.found is not None:
                _keep(served, measured, job, study=study, handling=handling, payload=payload)
            return code

        def send(job: "_Job") -> int:
            if find_max:
                return job.find_max(duration_s=duration_s)
            return job.run_once(
                rate_per_s=question.workload.requests_per_s if rate is None else rate,
                arrivals=arrivals,
                duration_s=duration_s,
                recording=recording,
            )

        if named is not None:
            code = load(named, named_by_user=True)
        else:
            with running_server(
                folder,
                layout=layout,
                worker_count=workers,
                handling=handling,
                folder=study.resolve().parent,
            ) as server:
                measured = measure_busy(
                    server,
                    [
                        request_bytes(b, target=server.target, content_type=content_type)
                        for b in bodies
                    ],
                    layout=layout,
                    worker_count=workers,
                    length_s=BUSY_S,
                )
                code = load(server.target, named_by_user=False, measured=measured)
    raise typer.Exit(code)


def _ship(question: "Study", study: Path, candidate: str | None, *, into: Path) -> Served:
    """Train a candidate and write its model folder."""
    from benchmarks.data.datasets import load_data
    from benchmarks.errors import CandidateError, did_you_mean
    from benchmarks.families import resolve_candidates
    from benchmarks.serving.build_package import MAX_TRAINING_ROWS, ship_model
    from benchmarks.storage.records import DataSettings

    settings = DataSettings(**question.data.model_dump())
    data = load_data(
        **dict(settings),
        folder=study.resolve().parent,
        max_rows=2 * MAX_TRAINING_ROWS,
        max_cells=20_000_000,
    )
    resolved = resolve_candidates(
        [c if isinstance(c, str) else (c.name, c.import_path) for c in question.candidates],
        task=data.spec.task,
    )
    names = [c.name for c in resolved]
    if candidate is not None and candidate not in names:
        raise CandidateError(
            f"--candidate {candidate}: not in the study: {did_you_mean(candidate, names)}"
        )
    chosen = next((c for c in resolved if c.name == candidate), resolved[0])
    say(f"Training {chosen.name} on {data.spec.name} and starting its server", err=True)
    shipped = ship_model(
        data,
        chosen,
        folder=study.resolve().parent,
        into=into,
        rows_per_request=question.workload.rows_per_request,
        timing_s=1.0,
    )
    return Served(
        candidate=chosen,
        dataset=data.spec.replace(settings=settings),
        rows_per_request=question.workload.rows_per_request,
        offline_s=statistics.fmean(shipped.offline_s),
    )


def _keep(
    served: Served, measured: "Busy", job: "_Job", *, study: Path, handling: Any, payload: Any
) -> None:
    """Add what was measured of the server to the study's store."""
    import secrets
    from datetime import UTC, datetime

    from advisor.evidence import store_path
    from benchmarks.machine.host import read_host
    from benchmarks.storage.records import LoadTest
    from benchmarks.storage.store import RunStore

    at = datetime.now(UTC)
    rate_per_s, p99_ms = job.found or (0.0, None)
    test = LoadTest(
        id=f"{at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}",
        started_at=at,
        candidate=served.candidate,
        dataset=served.dataset,
        hardware=read_host(),
        handling=handling,
        payload=payload,
        worker_count=job.workers,
        rows_per_request=served.rows_per_request,
        capacity_per_s=measured.capacity_per_s,
        predict_s=measured.predict_s,
        offline_s=served.offline_s,
        p99_ms=p99_ms,
        rate_per_s=rate_per_s,
    )
    path = RunStore(store_path(study)).append(test)
    say(
        f"- the server adds {1e3 * test.server_s:.3g} ms to the "
        f"{1e3 * test.predict_s:.3g} ms of predict in it: kept in {path}, "
        + (
            "not used by 'advisor recommend', which plans for one call each"
            if handling == "batch"
            else f"used by 'advisor recommend {study}'"
        ),
        err=True,
    )


def _target(url: str) -> "Target":
    from urllib.parse import urlsplit

    from benchmarks.serving.arrivals import LoadError
    from benchmarks.serving.loadrun import Target

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise LoadError(f"--url {url}: {error}: write http://HOST:PORT") from None
    if parts.scheme != "http" or not host:
        raise LoadError(
            f"--url {url}: write http://HOST:PORT; TLS and signed requests are not supported: load "
            "the container behind them"
        )
    path = parts.path if parts.path not in {"", "/"} else "/invocations"
    return Target(host, port or 80, path)


class _Job:
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
        from benchmarks.serving.loadrun import judge_load, send_load

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
        samples = send_load(
            self.target,
            requests=self.requests,
            due_s=due,
            placement=self.layout.placement,
            named_by_user=self.named_by_user,
            answer_begins=self.answer_begins,
        )
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
        from benchmarks.serving.loadrun import Samples, send_load
        from benchmarks.serving.search import Limits, find_max, usual_length_s

        if self.need_s is None:
            raise LoadError("--find-max needs a need: set needs.max_p99_latency_ms in the study")
        capacity = self._capacity_per_s()
        rng = np.random.default_rng(0)

        def run(rate_per_s: float, length_s: float) -> Samples:
            due = schedule_s(pattern="poisson", rate_per_s=rate_per_s, duration_s=length_s, rng=rng)
            return send_load(
                self.target,
                requests=self.requests,
                due_s=due,
                placement=self.layout.placement,
                named_by_user=self.named_by_user,
                answer_begins=self.answer_begins,
            )

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

    def _capacity_per_s(self) -> float:
        """Requests that the server answers when always busy. [1/s]"""
        import numpy as np

        from benchmarks.serving.arrivals import LoadError
        from benchmarks.serving.calibrate import BUSY_CONNECTIONS
        from benchmarks.serving.loadrun import send_load

        samples = send_load(
            self.target,
            requests=self.requests,
            closed_connections=BUSY_CONNECTIONS * self.workers,
            duration_s=3.0,
            placement=self.layout.placement,
            named_by_user=self.named_by_user,
            answer_begins=self.answer_begins,
        )
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
