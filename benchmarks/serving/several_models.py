"""Several models behind one server: SageMaker's calls that load, list, drop and invoke them.

What is loaded is written in a folder that all workers share; each worker takes a model into its own
memory when it is first asked for it, and lets go of what the folder no longer names. A call reaches
one worker, and all of them follow.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.errors import BenchmarkError
from benchmarks.serving.one_answer import answer, error_body
from benchmarks.serving.package import MODEL_FILE, Package, load_package, read_manifest
from benchmarks.serving.payloads import JSON_TYPE, PayloadError

MEMORY_PER_FILE_BYTE = 3.0
"""Memory that a loaded model takes for each byte of its file, assumed: forests of scikit-learn take
1 to 3 bytes, compressed files more. What it decides is a refusal before the kernel's."""


class Loaded:
    """The models of this worker, and the folder that tells which ones are loaded at all."""

    def __init__(self, folder: Path, *, worker_count: int) -> None:
        self._folder, self._worker_count = folder, worker_count
        self._held: dict[str, tuple[str, Package]] = {}
        self._lock = Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, name: str, url: str) -> None:
        """Load a model from a folder.

        Raises:
            PayloadError: 409 where the name is loaded, 507 where memory is short, 400 where the
                folder holds no model.
        """
        if self.url_of(name) is not None:
            raise PayloadError(f"{name}: is loaded already", status=409)
        try:
            read_manifest(Path(url))
            wanted = MEMORY_PER_FILE_BYTE * (Path(url) / MODEL_FILE).stat().st_size
            wanted *= self._worker_count
            if wanted > available_bytes():
                raise PayloadError(
                    f"{name}: takes about {wanted / 2**20:,.0f} MiB, which are not free: drop a "
                    "model, or take a larger instance",
                    status=507,
                )
            package = load_package(Path(url))
        except MemoryError:
            raise PayloadError(f"{name}: memory is short", status=507) from None
        except (BenchmarkError, OSError) as error:
            raise PayloadError(f"{name}: {error}") from None
        written = self._path(name)
        part = written.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps({"modelName": name, "modelUrl": url}))
        try:
            os.link(part, written)  # one of two calls at once wins; the other has its 409
        except FileExistsError:
            raise PayloadError(f"{name}: is loaded already", status=409) from None
        finally:
            part.unlink()
        with self._lock:
            self._held[name] = (url, package)

    def drop(self, name: str) -> bool:
        """Let go of a model; say whether it was loaded."""
        with self._lock:
            self._held.pop(name, None)
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def package(self, name: str) -> Package | None:
        """Return a model that is loaded, from the memory of this worker or its folder."""
        url = self.url_of(name)
        with self._lock:
            for one in [n for n in self._held if not self._path(n).is_file()]:
                del self._held[one]
            held = self._held.get(name)
            if url is None:
                return None
            if held is None or held[0] != url:
                held = self._held[name] = (url, load_package(Path(url)))
        return held[1]

    def url_of(self, name: str) -> str | None:
        """Return where a model that is loaded came from."""
        try:
            told: dict[str, str] = json.loads(self._path(name).read_text())
        except FileNotFoundError:
            return None
        return told["modelUrl"]

    def all(self) -> list[dict[str, str]]:
        """Return name and folder of every model that is loaded."""
        told = [json.loads(path.read_text()) for path in self._folder.glob("*.json")]
        return sorted(told, key=lambda one: str(one["modelName"]))

    def _path(self, name: str) -> Path:
        # A name may hold what no file's name may.
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()}.json"


def available_bytes() -> float:
    """Return the memory that this container may still take. [B]"""
    import psutil

    free = float(psutil.virtual_memory().available)
    with contextlib.suppress(OSError, ValueError):
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text()
        free = min(free, float(limit) - float(used)) if limit != "max" else free
    return free


class Calls:
    """SageMaker's calls; models are loaded and asked in a thread, so that a ping is answered."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="models")

    async def _in_thread(self, work: Any, *values: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.executor, work, *values)

    async def ping(self, request: Request) -> Response:
        """Say that the server is up."""
        del request
        return Response(b"", media_type=JSON_TYPE)

    async def load(self, request: Request) -> Response:
        """Load a model from a folder of this machine."""
        from benchmarks.serving.app import read_body

        try:
            asked = json.loads(await read_body(request))
            name, url = asked["model_name"], asked["url"]
        except (ValueError, KeyError, TypeError):
            name = url = None
        except PayloadError as error:
            return _error(str(error), error.status)
        if not (isinstance(name, str) and isinstance(url, str) and name):
            return _error("send model_name and url, two texts", 400)
        try:
            await self._in_thread(self._loaded.load, name, url)
        except PayloadError as error:
            return _error(str(error), error.status)
        return JSONResponse({"modelName": name, "modelUrl": url})

    async def listed(self, request: Request) -> Response:
        """Tell what is loaded."""
        del request
        return JSONResponse({"models": self._loaded.all()})

    async def told(self, request: Request) -> Response:
        """Tell of one model that is loaded."""
        name = request.path_params["name"]
        url = self._loaded.url_of(name)
        return _missing(name) if url is None else JSONResponse({"modelName": name, "modelUrl": url})

    async def drop(self, request: Request) -> Response:
        """Let go of a model."""
        name = request.path_params["name"]
        dropped = self._loaded.drop(name)
        return JSONResponse({"modelName": name}) if dropped else _missing(name)

    async def invoke(self, request: Request) -> Response:
        """Answer one model's request."""
        from benchmarks.serving.app import read_body

        name = request.path_params["name"]
        kind, accept = (request.headers.get(key, "") for key in ("content-type", "accept"))
        try:
            body = await read_body(request)
            package = await self._in_thread(self._loaded.package, name)
        except PayloadError as error:
            return _error(str(error), error.status)
        except (BenchmarkError, MemoryError) as error:
            return _error(f"{name}: cannot be loaded: {error}", 507)
        if package is None:
            return _missing(name)
        work = partial(answer, package, body, content_type=kind, accept=accept)
        status, found, media = await self._in_thread(work)
        return Response(found, status_code=status, media_type=media)


def make_app(loaded: Loaded) -> Starlette:
    """Return the application of several models."""
    calls = Calls(loaded)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        calls.executor.shutdown(wait=False)

    one = "/models/{name:path}"
    return Starlette(
        routes=[
            Route("/ping", calls.ping, methods=["GET"]),
            Route("/models", calls.load, methods=["POST"]),
            Route("/models", calls.listed, methods=["GET"]),
            Route(f"{one}/invoke", calls.invoke, methods=["POST"]),
            Route(one, calls.told, methods=["GET"]),
            Route(one, calls.drop, methods=["DELETE"]),
        ],
        lifespan=lifespan,
    )


def shared_folder() -> Path:
    """Make the folder that tells all workers of this server what is loaded."""
    return Path(tempfile.mkdtemp(prefix="advisor-models-"))


def _missing(name: str) -> Response:
    return _error(f"{name}: is not loaded", 404)


def _error(message: str, status: int) -> Response:
    return Response(error_body(message), status_code=status, media_type=JSON_TYPE)
