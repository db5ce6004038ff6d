"""Models on shared machines: every member's p99 and the memory hold in every bin."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats, Ints
from advisor.capacity.queueing import erlang_c

FULLEST = 0.7
"""Share of the cores that may be busy in the busiest hour."""
TAIL = 0.01
"""Beyond p99."""
MARGIN = 1.25
"""Simulated request by request the wait of a mixture passes its formula by at most so much: 25% on
one core that one request in twenty keeps for 25 times as long, 2% where all are alike."""
ROUNDING = 1e-9
"""Sums of loads that differ by less are equal."""


@dataclass(frozen=True)
class Members:
    """What is packed, a row a model."""

    rate_per_s: Floats
    """Requests in each hour of the day. [1/s], models x hours"""
    service_s: Floats
    """Mean service time. [s]"""
    scv: Floats
    """Squared coefficient of variation of it."""
    memory_gib: Floats
    """What one loaded model takes. [GiB]"""
    room_s: Floats
    """What p99 may wait: the need less the service's own p99 and what is in front. [s]"""

    def __len__(self) -> int:
        """Return how many models there are."""
        return len(self.service_s)

    def take(self, rows: Sequence[int]) -> "Members":
        """Return some of them, in that order."""
        at = list(rows)
        return Members(
            rate_per_s=self.rate_per_s[at],
            service_s=self.service_s[at],
            scv=self.scv[at],
            memory_gib=self.memory_gib[at],
            room_s=self.room_s[at],
        )


@dataclass(frozen=True)
class Machine:
    """A machine type to share."""

    sku: str
    """Its name."""
    cores: int
    """Cores that serve."""
    memory_gib: float
    """What models may take of its memory. [GiB]"""
    usd_per_month: float
    """What one bin costs. [USD/month]"""


@dataclass
class Bin:
    """One machine and who is on it."""

    machine: Machine
    """What it is."""
    members: list[int] = field(default_factory=list)
    """Rows of its models."""


def mixture_wait_p99_s(*, work: Floats, second: Floats, cores: int) -> Floats:
    """Return p99 of the wait of a mixture on some cores; inf where they cannot keep up. [s]

        W99 = ln(C / 0.01) E[S] (1 + scv) / 2 / (c (1 - rho)),   C by Erlang

    Args:
        work: sum of rate x service time: busy cores.
        second: sum of rate x service time^2 x (1 + scv). [s]
        cores: c.

    Example:
        >>> float(mixture_wait_p99_s(work=np.array(0.8),
        ...     second=np.array(0.16), cores=1).round(4))   # M/M/1: 0.5 ln 80
        2.191
    """
    busy = work / cores
    ok = (busy < 1) & (work > 0)
    load = np.where(ok, work, 0.5 * cores)
    waits = np.asarray(erlang_c(offered_load=load, server_count=cores))
    tail = np.log(np.maximum(waits / TAIL, 1.0))
    residual = np.where(ok, second, 1.0) / (2 * load)
    found = tail * residual / (cores * (1 - load / cores))
    return np.where(work <= 0, 0.0, np.where(ok, found, math.inf))


def pack(members: Members, machine: Machine) -> tuple[list[Bin], list[int]]:
    """Return bins of one machine type by first fit, and the rows that fit on none.

    A slow model makes all that share its machine wait: the order is by room, in powers of two,
    then by load, so that those with little room are together. Rows of the same figures are told
    apart by nothing, so that no order of the studies matters but for names.

    Args:
        members: what is packed.
        machine: on what.
    """
    work = members.rate_per_s * members.service_s[:, None]
    second = work * (members.service_s * (1 + members.scv))[:, None]
    peak = work.max(axis=1, initial=0.0)
    band = np.floor(np.log2(np.maximum(members.room_s, 1e-9)))
    order = np.lexsort((members.memory_gib, members.service_s, -peak, band))
    store = _Open(hours=members.rate_per_s.shape[1], machine=machine)
    left = []
    for row in order.tolist():
        one = _One(
            row=row,
            work=work[row],
            second=second[row],
            memory=float(members.memory_gib[row]),
            room=float(members.room_s[row]),
        )
        if not store.put(one):
            left.append(row)
    return store.bins(), sorted(left)


@dataclass(frozen=True)
class _One:
    row: int
    work: Floats
    second: Floats
    memory: float
    room: float


class _Open:
    """The open bins as columns, grown by doubling."""

    def __init__(self, *, hours: int, machine: Machine) -> None:
        self.machine = machine
        self.fullest = FULLEST * machine.cores * (1 + ROUNDING)
        self.count = 0
        self.work, self.second = (np.zeros((16, hours)) for _ in range(2))
        self.memory = np.zeros(16)
        self.room = np.full(16, math.inf)
        self.rows: list[list[int]] = []

    def put(self, one: _One) -> bool:
        """Put a model into the first bin that stays within every member's room."""
        n = self.count
        may = self.memory[:n] + one.memory <= self.machine.memory_gib
        may &= (self.work[:n] + one.work).max(axis=1, initial=0.0) <= self.fullest
        found = np.flatnonzero(may)
        for start in range(0, len(found), 16):
            some = found[start : start + 16]
            fits = self._holds(some, one)
            if fits.any():
                self._add(int(some[fits.argmax()]), one)
                return True
        return self._open(one)

    def _holds(self, some: Ints, one: _One) -> NDArray[np.bool_]:
        wait = mixture_wait_p99_s(
            work=self.work[some] + one.work,
            second=self.second[some] + one.second,
            cores=self.machine.cores,
        ).max(axis=1)
        return np.asarray(MARGIN * wait <= np.minimum(self.room[some], one.room))

    def _open(self, one: _One) -> bool:
        if self.count == len(self.memory):
            self._double()
        machine = self.machine
        fits = one.memory <= machine.memory_gib
        fits &= bool(one.work.max(initial=0.0) <= self.fullest)
        if not (fits and self._holds(np.array([self.count]), one).all()):
            return False
        self.rows.append([])
        self.count += 1
        self._add(self.count - 1, one)
        return True

    def _add(self, at: int, one: _One) -> None:
        self.work[at] += one.work
        self.second[at] += one.second
        self.memory[at] += one.memory
        self.room[at] = min(self.room[at], one.room)
        self.rows[at].append(one.row)

    def _double(self) -> None:
        for name in ("work", "second", "memory"):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
        self.room = np.concatenate([self.room, np.full(len(self.room), math.inf)])

    def bins(self) -> list[Bin]:
        return [Bin(machine=self.machine, members=sorted(rows)) for rows in self.rows]


def fewest_bins(members: Members, machine: Machine) -> int:
    """Return a lower bound of the bins: by load in the busiest hour, and by memory."""
    busiest = float((members.rate_per_s * members.service_s[:, None]).sum(axis=0).max(initial=0.0))
    memory = math.fsum(members.memory_gib)
    by_load = busiest / (FULLEST * machine.cores)
    return max(math.ceil(by_load - 1e-9), math.ceil(memory / machine.memory_gib - 1e-9))


def cheapest_packing(members: Members, machines: Sequence[Machine]) -> tuple[list[Bin], list[int]]:
    """Return the cheapest of the packings by machine type; each bin then on the cheapest that fits.

    Packings that leave fewer models out come first.
    """
    packings = []
    for machine in machines:
        bins, left = pack(members, machine)
        small = [
            Bin(machine=_smallest(members, one.members, machine, machines), members=one.members)
            for one in bins
        ]
        usd = math.fsum(one.machine.usd_per_month for one in small)
        packings.append(((len(left), usd, machine.sku), small, left))
    if not packings:
        return [], list(range(len(members)))
    _, bins, left = min(packings, key=lambda found: found[0])
    return bins, left


def _smallest(
    members: Members, rows: Sequence[int], own: Machine, machines: Sequence[Machine]
) -> Machine:
    fitting = [machine for machine in machines if holds(members, rows, machine)]
    return min([own, *fitting], key=lambda machine: (machine.usd_per_month, machine.sku))


def holds(members: Members, rows: Sequence[int], machine: Machine) -> bool:
    """Return whether some models on one machine keep memory, load and every member's p99."""
    at = list(rows)
    service = members.service_s[at, None]
    work = members.rate_per_s[at] * service
    second = (work * service * (1 + members.scv[at, None])).sum(axis=0)
    busy = work.sum(axis=0)
    wait = mixture_wait_p99_s(work=busy, second=second, cores=machine.cores)
    return bool(
        math.fsum(members.memory_gib[at]) <= machine.memory_gib
        and busy.max(initial=0.0) <= FULLEST * machine.cores * (1 + ROUNDING)
        and MARGIN * wait.max(initial=0.0) <= members.room_s[at].min(initial=math.inf)
    )
