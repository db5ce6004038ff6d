"""The web application: `/ping` and `/invocations`, as SageMaker and any load balancer ask.

How a request is worked on is a setting, for it decides the tail: `inline` predicts in the event
loop, first come first served, which is best where a prediction is short; `executor` in one thread
per worker, so that `/ping` answers meanwhile; `batch` gathers what waits into one call. A pool of
threads is not offered: with one interpreter lock it is two to four times slower at the tail.
"""

import asyncio
import gc
import os
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.processes.orphans import die_with
from benchmarks.serving.cpu_affinity import take_core
from benchmarks.serving.one_answer import error_body
from benchmarks.serving.package import Package, load_package
from benchmarks.serving.payloads import JSON_TYPE, PayloadError, read_rows, write_answers

Handling = Literal["inline", "executor", "batch"]

MAX_BODY_BYTES = 25_000_000
"""Larger requests are refused; SageMaker's own limit for a real-time endpoint. [B]"""

BODY_LIMIT_S = 60.0
"""Time in which a request must have come, as long as a load balancer waits for its answer. [s]"""

TIME_HEADER, PREDICT_HEADER, WORKER_HEADER = "x-service-ns", "x-predict-ns", "x-worker"
"""Told where timing is on: from the first line of the handler to its answer, and of that from the
rows to the predictions [ns]; the worker's process."""

VARIABLE = "ADVISOR_SERVING_"
"""Settings reach worker processes as environment variables with this prefix."""


def make_app(
    package: Package,
    *,
    handling: Handling = "inline",
    max_batch_rows: int = 64,
    max_wait_ms: float = 0.0,
    with_times: bool = False,
    stall_s: float = 0.0,
    stall_every: int = 0,
) -> Starlette:
    """Return the application around a loaded model.

    Args:
        package: the model.
        handling: see the module.
        max_batch_rows: rows in one call with `batch`.
        max_wait_ms: time that `batch` waits for more after the first; 0 takes what is there. [ms]
        with_times: whether answers tell their service time in `TIME_HEADER`.
        stall_s: for tests of load generators: sleep so long... [s]
        stall_every: ...once in so many requests; 0 never.
    """
    executor = ThreadPoolExecutor(1, thread_name_prefix="model")
    batcher = Batcher(package, executor, max_rows=max_batch_rows, max_wait_s=max_wait_ms / 1e3)
    stalls = _Stalls(stall_s, stall_every)
    worker = str(os.getpid())

    async def predict(rows: Any) -> list[Any]:
        if handling == "batch":
            return await batcher.predict(rows)
        if handling == "executor":
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(executor, package.predict, rows)
        return package.predict(rows)

    async def invocations(request: Request) -> Response:
        began = time.perf_counter_ns()
        stalls.perhaps()
        try:
            rows = read_rows(
                await read_body(request), request.headers.get("content-type", ""), package
            )
            parsed = time.perf_counter_ns()
            answers = await predict(rows)
            predict_ns = time.perf_counter_ns() - parsed
        except PayloadError as error:
            return _error(str(error), error.status)
        except Exception as error:  # noqa: BLE001  # a model's own failure is an answer too
            return _error(f"the model failed: {type(error).__name__}: {error}", 500)
        body, kind = write_answers(answers, request.headers.get("accept", ""))
        response = Response(body, media_type=kind)
        if with_times:
            response.headers[WORKER_HEADER] = worker
            response.headers[PREDICT_HEADER] = str(predict_ns)
            response.headers[TIME_HEADER] = str(time.perf_counter_ns() - began)
        return response

    async def ping(request: Request) -> Response:
        del request
        return Response(b"", media_type=JSON_TYPE)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        _make_ready(package)
        task = asyncio.create_task(batcher.run()) if handling == "batch" else None
        _tell_ready()
        yield
        if task is not None:
            task.cancel()
        executor.shutdown(wait=False)

    return Starlette(
        routes=[
            Route("/ping", ping, methods=["GET"]),
            Route("/invocations", invocations, methods=["POST"]),
        ],
        lifespan=lifespan,
    )


def _make_ready(package: Package) -> None:
    """Pay before the first ping for what is lazy, and settle the process."""
    package.predict(package.sample_rows[:1])
    # What is loaded by now stays: left in the collector's view, each full collection walks all of
    # it and stops the worker for tens of milliseconds, which is the p99 of a fast model.
    gc.collect()
    gc.freeze()
    if os.environ.get(VARIABLE + "FIRST"):
        take_core((), first=True)


def _tell_ready() -> None:
    if folder := os.environ.get(VARIABLE + "READY"):
        (Path(folder) / str(os.getpid())).touch()


class _Stalls:
    """Stops the whole worker now and then, on purpose: what a load generator must not overlook."""

    def __init__(self, stall_s: float, every: int) -> None:
        self._stall_s, self._every, self._count = stall_s, every, 0

    def perhaps(self) -> None:
        self._count += 1
        if self._every and self._count % self._every == 0:
            time.sleep(self._stall_s)


class Batcher:
    """Gathers requests into calls of many rows, one call at a time, in a thread."""

    def __init__(
        self, package: Package, executor: ThreadPoolExecutor, *, max_rows: int, max_wait_s: float
    ) -> None:
        self._package, self._executor = package, executor
        self._max_rows, self._max_wait_s = max_rows, max_wait_s
        self._waiting: asyncio.Queue[tuple[list[Any], asyncio.Future[list[Any]]]] = asyncio.Queue()

    async def predict(self, rows: Any) -> list[Any]:
        """Return the answers of one request."""
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        await self._waiting.put((list(rows), answer))
        return await answer

    async def run(self) -> None:
        """Work on batches for ever."""
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._gather()
            rows = [row for part, _ in batch for row in part]
            try:
                answers = await loop.run_in_executor(self._executor, self._package.predict, rows)
            except Exception:  # noqa: BLE001  # one bad request must not fail its neighbours
                await self._one_by_one(batch)
                continue
            first = 0
            for part, answer in batch:
                if not answer.done():
                    answer.set_result(answers[first : first + len(part)])
                first += len(part)

    async def _gather(self) -> list[tuple[list[Any], "asyncio.Future[list[Any]]"]]:
        batch = [await self._waiting.get()]
        count = len(batch[0][0])
        until = time.monotonic() + self._max_wait_s
        while count < self._max_rows:
            try:
                if self._max_wait_s > 0:
                    left = until - time.monotonic()
                    item = await asyncio.wait_for(self._waiting.get(), max(0.0, left))
                else:
                    item = self._waiting.get_nowait()
            except (asyncio.QueueEmpty, TimeoutError):
                break
            batch.append(item)
            count += len(item[0])
        return batch

    async def _one_by_one(self, batch: list[tuple[list[Any], "asyncio.Future[list[Any]]"]]) -> None:
        loop = asyncio.get_running_loop()
        for part, answer in batch:
            try:
                found = await loop.run_in_executor(self._executor, self._package.predict, part)
            except Exception as error:  # noqa: BLE001
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(found)


async def read_body(request: Request) -> bytes:
    """Read a request's body, up to the limits of size and time.

    Raises:
        PayloadError: it is too large, too slow or not whole.
    """
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > MAX_BODY_BYTES:
        raise _too_large()
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            async for part in request.stream():
                size += len(part)
                if size > MAX_BODY_BYTES:
                    raise _too_large()
                parts.append(part)
    except TimeoutError:
        raise PayloadError(
            f"the request did not come within {BODY_LIMIT_S:g} s: send it at once", status=408
        ) from None
    except ClientDisconnect:
        raise PayloadError("the client went away before its request was whole") from None
    return b"".join(parts)


def _too_large() -> PayloadError:
    return PayloadError(f"at most {MAX_BODY_BYTES:,} bytes: send fewer rows at a time", status=413)


def _error(message: str, status: int) -> Response:
    return Response(error_body(message), status_code=status, media_type=JSON_TYPE)


def app_from_environment() -> Starlette:
    """Return the application that `serve` described to its worker processes."""

    def setting(name: str, default: str) -> str:
        return os.environ.get(VARIABLE + name, default)

    if (parent := setting("PARENT", "")) and os.getpid() != int(parent):
        die_with(int(parent))
    if folder := setting("FOLDER", ""):
        sys.path.append(folder)  # after all others: see `benchmarks.serving.serve`
    if several := setting("SHARED", ""):
        from benchmarks.serving.several_models import Loaded
        from benchmarks.serving.several_models import make_app as make_models_app

        count = int(setting("WORKER_COUNT", "1"))
        return make_models_app(Loaded(Path(several), worker_count=count))
    return make_app(
        load_package(Path(setting("MODEL", "/opt/ml/model"))),
        handling=setting("HANDLING", "inline"),  # type: ignore[arg-type]
        max_batch_rows=int(setting("MAX_BATCH_ROWS", "64")),
        max_wait_ms=float(setting("MAX_WAIT_MS", "0")),
        with_times=setting("TIMES", "") == "1",
        stall_s=float(setting("STALL_S", "0")),
        stall_every=int(setting("STALL_EVERY", "0")),
    )
