"""Connections that send nothing, or half of a request: let go, so that `/ping` always gets in."""

import asyncio
import resource
from typing import Any, ClassVar

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_LIMIT_S = 60.0
"""Time in which the head of a request must have come. [s]"""

SPARE_FILES = 64
"""Files that a server needs besides its connections."""

MOST_CONNECTIONS = 4_096
"""Connections of a worker at once; the oldest of those that ask nothing makes room."""

Base: Any = AutoHTTPProtocol


class Patient(Base):  # type: ignore[misc]  # uvicorn chooses its parser when it is imported
    """uvicorn's protocol, with an end to its patience."""

    waiting: ClassVar[dict["Patient", None]] = {}
    """Connections without a whole request, the oldest first."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Take a connection; where there are too many, the oldest idle one goes."""
        super().connection_made(transport)
        self._impatient: asyncio.TimerHandle | None = None
        self._wait()
        if len(self.connections) > most_connections():
            oldest = next(iter(self.waiting))
            self.waiting.pop(oldest)
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._wait_no_more()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self.waiting[self] = None  # uvicorn itself closes what is kept too long

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self.waiting.setdefault(self, None)
        if self._impatient is None:
            self._impatient = self.loop.call_later(HEAD_LIMIT_S, self._give_up)

    def _wait_no_more(self) -> None:
        self.waiting.pop(self, None)
        if self._impatient is not None:
            self._impatient.cancel()
            self._impatient = None

    def _give_up(self) -> None:
        self._wait_no_more()
        if not self.transport.is_closing():
            self.transport.abort()


def most_connections() -> int:
    """Return how many connections a worker can hold: fewer than the files that it may open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files < 0 else max(8, min(MOST_CONNECTIONS, files - SPARE_FILES))


def allow_more_files() -> None:
    """Take as many open files as the system grants without asking."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
