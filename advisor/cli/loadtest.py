"""`advisor loadtest`: a candidate behind a real server, under real open-loop load."""

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from advisor.cli import completion
from advisor.cli.console import say
from advisor.cli.load_job import Job

if TYPE_CHECKING:
    from advisor.study.types import Study
    from benchmarks.serving.calibrate import Busy
    from benchmarks.serving.loadrun import Target
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
    from advisor.study.file import load_study
    from benchmarks.serving.arrivals import check_count
    from benchmarks.serving.build_package import request_bodies
    from benchmarks.serving.calibrate import measure_busy
    from benchmarks.serving.first_answers import first_answers
    from benchmarks.serving.launch import plan_cores, running_server
    from benchmarks.serving.loadrun import request_bytes
    from benchmarks.serving.payloads import BINARY_TYPE, JSON_TYPE
    from benchmarks.storage.scratch import scratch_folder

    question = load_study(study)
    named = None if url is None else _target(url)  # wrong words before a training, not after
    if rate is not None:
        check_count(rate_per_s=rate, duration_s=duration_s)
    layout = plan_cores(worker_count=workers)
    content_type = BINARY_TYPE if payload == "binary" else JSON_TYPE
    with scratch_folder("loadtest") as scratch:
        folder = keep or Path(scratch) / "model"
        served = _ship(question, study, candidate, into=folder)
        bodies = request_bodies(
            folder,
            rows_per_request=question.workload.rows_per_request,
            content_type=content_type,
        )

        def load(target: "Target", *, named_by_user: bool, measured: "Busy | None" = None) -> int:
            requests = [request_bytes(b, target=target, content_type=content_type) for b in bodies]
            job = Job(
                target=target,
                requests=requests,
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

        def send(job: Job) -> int:
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
                requests = [
                    request_bytes(b, target=server.target, content_type=content_type)
                    for b in bodies
                ]
                measured = measure_busy(
                    server, requests, layout=layout, worker_count=workers, length_s=BUSY_S
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
    served: Served, measured: "Busy", job: Job, *, study: Path, handling: Any, payload: Any
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
