"""The load generator: a process of its own, with the standard library only.

Open loop: each request has a scheduled time and is sent then, whatever became of the others, on a
pool of kept connections that grows as far as needed. Latency counts from the scheduled time, so
that a server that stalls is charged for every request that it kept waiting, sent or not. Closed
loop: some connections that each send when they were answered; that finds a server's capacity and
compares with other generators, and is no measure of latency under load.

Started by `benchmarks.serving.loadrun`, which writes the plan and reads the samples.
"""

import contextlib
import ctypes
import gc
import json
import math
import os
import select
import socket
import sys
import time
from array import array
from collections import deque
from pathlib import Path
from typing import Any

from benchmarks.serving.cpu_affinity import take_core

PR_SET_TIMERSLACK = 29
"""Linux: how late the system may wake us. 1 ns in place of 50 us."""

TIMED_OUT, BROKEN, FOREIGN = 0, -1, -2
"""In place of an HTTP status: no answer in time; a connection that failed or broke; a success that
is no answer of the model."""

MOST_ANSWER_BYTES = 32 * 2**20
"""A longer answer is none of a model: nothing says that it ends. [B]"""

CHUNK_HEAD_BYTES = 16
"""Of a body that comes in pieces, each with its length before it. [B]"""

BURST_S, REST_S = 0.8, 0.25
"""A closed loop keeps a server busy so long, then lets it rest: Linux stops a real-time program
that fills more than 0.95 of a second. [s]"""

COLUMNS = (
    *("scheduled_s", "sent_s", "done_s", "status"),
    *("service_ns", "predict_ns", "worker", "outstanding"),
)


class Connection:
    """One kept connection and the request under way on it."""

    __slots__ = ("buffer", "connected", "need", "number", "pending", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self.need = -1
        self.number = -1
        self.connected = False
        self.pending = b""


class Generator:
    """Sends requests and notes when they were scheduled, sent and answered."""

    def __init__(self, plan: dict[str, Any], bodies: list[bytes]) -> None:
        self.address = (plan["ip"], plan["port"])
        self.family = socket.AF_INET6 if ":" in plan["ip"] else socket.AF_INET
        self.bodies = bodies
        self.timeout_s = plan["timeout_s"]
        self.max_connections = plan["max_connections"]
        self.answer_begins = plan["answer_begins"].encode("latin-1")
        self.poll = select.epoll()
        self.by_fd: dict[int, Connection] = {}
        self.idle: deque[Connection] = deque()
        self.waiting: deque[int] = deque()
        self.under_way: deque[tuple[int, Connection]] = deque()
        self.open_count = 0
        self.outstanding_count = 0
        self.columns = {name: array("d") for name in COLUMNS}

    # Requests -------------------------------------------------------------------------------------

    def schedule(self, at_s: float) -> None:
        """Send a request now that was due at a time."""
        number = len(self.columns["scheduled_s"])
        values = (at_s, 0.0, 0.0, TIMED_OUT, 0.0, 0.0, 0.0, self.outstanding_count)
        for name, value in zip(COLUMNS, values, strict=True):
            self.columns[name].append(value)
        self.outstanding_count += 1
        self._dispatch(number)

    def _dispatch(self, number: int) -> None:
        if self.idle:
            self._send(self.idle.popleft(), number)
        elif self.open_count < self.max_connections:
            self._send(self._connect(), number)
        else:
            self.waiting.append(number)

    def _connect(self) -> Connection:
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):  # a refusal is told by the poll
            sock.connect_ex(self.address)
        connection = Connection(sock)
        self.by_fd[sock.fileno()] = connection
        self.open_count += 1
        self.poll.register(sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
        return connection

    def warm_up(self, count: int) -> None:
        """Open some connections before the load begins."""
        for _ in range(count):
            connection = self._connect()
            connection.number = -2
        end = time.perf_counter() + 5.0
        while len(self.idle) < self.open_count and time.perf_counter() < end:
            self.serve_events(0.01)

    def _send(self, connection: Connection, number: int) -> None:
        connection.number = number
        connection.buffer, connection.need = b"", -1
        connection.pending = self.bodies[number % len(self.bodies)]
        self.under_way.append((number, connection))
        self.columns["sent_s"][number] = time.perf_counter()
        if connection.connected:
            self._flush(connection)

    def _flush(self, connection: Connection) -> None:
        try:
            sent = connection.sock.send(connection.pending)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end(connection, BROKEN, keep=False)
            return
        connection.pending = connection.pending[sent:]
        wanted = select.EPOLLIN | (select.EPOLLOUT if connection.pending else 0)
        if connection.pending or not sent:
            self.poll.modify(connection.sock.fileno(), wanted)

    def _end(
        self, connection: Connection, status: float, *, keep: bool, at_s: float | None = None
    ) -> None:
        number = connection.number
        connection.number = -1
        if number >= 0:
            self.columns["done_s"][number] = time.perf_counter() if at_s is None else at_s
            self.columns["status"][number] = status
            self.outstanding_count -= 1
        if not keep:
            fd = connection.sock.fileno()
            if fd >= 0:
                self.by_fd.pop(fd, None)
                with contextlib.suppress(OSError):
                    self.poll.unregister(fd)
                connection.sock.close()
                self.open_count -= 1
        else:
            self.idle.append(connection)
        if self.waiting and (self.idle or self.open_count < self.max_connections):
            self._dispatch(self.waiting.popleft())

    # Answers --------------------------------------------------------------------------------------

    def serve_events(self, wait_s: float, *, exact: bool = True) -> None:
        """Handle whatever happened; wait for it for at most some time.

        The poll itself waits in whole milliseconds; `exact` waits to the microsecond before it.
        """
        if wait_s > 0 and exact:
            ready, _, _ = select.select([self.poll.fileno()], [], [], wait_s)
            if not ready:
                return
        for fd, events in self.poll.poll(0 if exact else wait_s):
            connection = self.by_fd.get(fd)
            if connection is None:
                continue
            if events & select.EPOLLOUT:
                self._writable(connection)
            if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                self._readable(connection)

    def _writable(self, connection: Connection) -> None:
        if connection.sock.fileno() < 0:
            return
        if not connection.connected:
            if connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._end(connection, BROKEN, keep=False)
                return
            connection.connected = True
            self.poll.modify(connection.sock.fileno(), select.EPOLLIN)
            if connection.number == -2:
                self._end(connection, BROKEN, keep=True)
                return
        if connection.pending:
            self._flush(connection)

    def _readable(self, connection: Connection) -> None:
        if connection.sock.fileno() < 0:
            return
        try:
            data = connection.sock.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        now = time.perf_counter()
        if not data:
            if connection in self.idle:
                self.idle.remove(connection)
            self._end(connection, BROKEN, keep=False)
            return
        connection.buffer += data
        if len(connection.buffer) > MOST_ANSWER_BYTES:
            self._end(connection, FOREIGN, keep=False)
            return
        if connection.need < 0 and not self._head(connection):
            return
        if len(connection.buffer) >= connection.need:
            code = connection.buffer[9:12]
            number, status = connection.number, float(code) if code.isdigit() else FOREIGN
            if self.answer_begins and 200 <= status < 300:
                body = connection.buffer[connection.buffer.find(b"\r\n\r\n") + 4 :]
                if self.answer_begins not in body[: len(self.answer_begins) + CHUNK_HEAD_BYTES]:
                    status = FOREIGN
            if number >= 0:
                self.columns["service_ns"][number] = _header(connection.buffer, b"x-service-ns")
                self.columns["predict_ns"][number] = _header(connection.buffer, b"x-predict-ns")
                self.columns["worker"][number] = _header(connection.buffer, b"x-worker")
            closing = b"connection: close" in connection.buffer[:512].lower()
            self._end(connection, status, keep=not closing, at_s=now)

    def _head(self, connection: Connection) -> bool:
        end = connection.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        length = _header(connection.buffer[: end + 2], b"content-length", missing=-1.0)
        if length > MOST_ANSWER_BYTES:
            self._end(connection, FOREIGN, keep=False)
            return False
        if length < 0:  # chunked: its last piece is empty
            done = connection.buffer.endswith(b"0\r\n\r\n")
            connection.need = len(connection.buffer) if done else -1
            return done
        connection.need = end + 4 + int(length)
        return True

    def drop_late(self, now: float) -> None:
        """Give up on requests that were due longer ago than the time-out."""
        due = self.columns["scheduled_s"]
        while self.under_way:
            number, connection = self.under_way[0]
            over = connection.number != number  # answered meanwhile
            if not over and now - due[number] < self.timeout_s:
                break
            self.under_way.popleft()
            if not over:
                self._end(connection, TIMED_OUT, keep=False)
        while self.waiting and now - due[self.waiting[0]] >= self.timeout_s:
            number = self.waiting.popleft()
            self.columns["done_s"][number] = now
            self.outstanding_count -= 1


def _header(head: bytes, name: bytes, *, missing: float = 0.0) -> float:
    at = head.find(name + b": ")
    if at < 0:
        lowered = head[:2048].lower()
        at = lowered.find(name + b":")
        if at < 0:
            return missing
    start = at + len(name) + 1
    try:
        value = float(head[start : head.index(b"\r\n", start)])
    except ValueError:
        return missing
    return value if math.isfinite(value) else missing


def run_open(generator: Generator, due_s: "array[float]") -> float:
    """Send each request at its time; return when the times count from."""
    begin = time.perf_counter() + 0.01
    clock = time.perf_counter
    position, count = 0, len(due_s)
    end_s = (due_s[-1] if count else 0.0) + generator.timeout_s + 0.5
    while position < count or generator.outstanding_count:
        now = clock() - begin
        while position < count and due_s[position] <= now:
            generator.schedule(begin + due_s[position])
            position += 1
            if position % 16 == 0:  # answers must not wait behind a burst
                generator.serve_events(0.0)
            now = clock() - begin
        if now > end_s:
            break
        generator.drop_late(clock())
        rest = due_s[position] - (clock() - begin) if position < count else 0.05
        generator.serve_events(min(0.05, max(0.0, rest)))
    return begin


def run_closed(generator: Generator, *, connections: int, duration_s: float, most: int) -> None:
    """Keep some connections busy for a time, in bursts: see `BURST_S`."""
    clock = time.perf_counter
    end = clock() + duration_s
    while clock() < end and len(generator.columns["scheduled_s"]) < most:
        burst_end = min(end, clock() + BURST_S)
        while (now := clock()) < burst_end and len(generator.columns["scheduled_s"]) < most:
            while generator.outstanding_count < connections:
                generator.schedule(clock())
            generator.drop_late(now)
            generator.serve_events(0.05, exact=False)
        drained_by = clock() + generator.timeout_s
        while generator.outstanding_count and clock() < drained_by:
            generator.drop_late(clock())
            generator.serve_events(0.01)
        if clock() < end:
            time.sleep(REST_S)


def main(plan_path: str) -> None:
    """Run a plan and write its samples beside it."""
    path = Path(plan_path)
    plan = json.loads(path.read_text())
    raw = path.with_suffix(".bodies").read_bytes()
    bodies, first = [], 0
    for size in plan["body_sizes"]:
        bodies.append(raw[first : first + size])
        first += size
    due = array("d")
    due.frombytes(path.with_suffix(".due").read_bytes())
    scheduling = take_core(tuple(plan["cores"]), first=plan["first"])
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    generator = Generator(plan, bodies)
    generator.warm_up(plan["warm_connections"])
    gc.collect()
    gc.freeze()
    gc.disable()
    began = time.perf_counter()
    if plan["closed_connections"]:
        run_closed(
            generator,
            connections=plan["closed_connections"],
            duration_s=plan["duration_s"],
            most=plan["max_requests"],
        )
    else:
        began = run_open(generator, due)
    for name, column in generator.columns.items():
        shift = began if name in {"scheduled_s", "sent_s", "done_s"} else 0.0
        array("d", [value - shift for value in column]).tofile(
            path.with_suffix(f".{name}").open("wb")
        )
    print(json.dumps({"scheduling": scheduling, "connections": generator.open_count}))


if __name__ == "__main__":
    if parent := os.environ.get("ADVISOR_SERVING_PARENT"):
        from benchmarks.processes.orphans import die_with

        die_with(int(parent))
    main(sys.argv[1])
