"""What every place to measure at can do: start a job, tell how it stands, take it down."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from benchmarks.machine.host import RENTED
from benchmarks.remote.cloud import Cloud
from benchmarks.remote.errors import RemoteError
from benchmarks.remote.job import EXPIRES_TAG, OWN, PREFIX, RUN_TAG, Job, Status, worst_usd

DISK_GIB = 30
"""Disk of a rented machine. [GiB]"""

HOURS_PER_MONTH = 730
"""Hours of the month that disks are billed by."""

POLL_S = 5.0
"""Between two questions whether a thing is gone. [s]"""

PATIENCE = 60
"""Questions before a thing that is being ended is said to be left."""


@dataclass(frozen=True)
class Stray:
    """Something of ours that was found in the account."""

    target: str
    """Key of `TARGETS`."""
    run_id: str
    """Whose it is."""
    expires_at: datetime
    """From then on anybody may take it down."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Where it is, as the target's `end` needs it."""


class Target(ABC):
    """A way to rent a machine, or to use one's own, for a measurement."""

    name: ClassVar[str]
    """Key of `TARGETS`."""
    title: ClassVar[str]
    """Name for people."""
    service: ClassVar[str | None]
    """Billing service of its machines; null for a machine of one's own."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Settings without which it cannot start."""
    reap_s: ClassVar[float] = 0.0
    """Between two tries of what takes it down when nobody else does. [s]"""
    end_s: ClassVar[float] = 60.0
    """Starting and ending that may be billed besides its time. [s]"""
    shares: ClassVar[bool] = False
    """Whether several commands go to as many machines."""
    extras: ClassVar[tuple[tuple[str, str, float], ...]] = ()
    """What is billed beside the machine: service, sku, units an hour."""
    actions: ClassVar[tuple[str, ...]] = ()
    """Every right that it takes, `service:Action`, calls and those that a call asks for."""
    quota_codes: ClassVar[str | None] = None
    """What the quotas of its machines are called: `{sku} for ... usage`."""

    def worst_usd(self, *, usd_per_hour: float, ttl_s: float, shares: int = 1) -> float:
        """Return the most that a job can come to. [USD]"""
        return worst_usd(
            usd_per_hour=usd_per_hour,
            ttl_s=ttl_s,
            reap_s=self.reap_s,
            end_s=self.end_s,
            shares=shares,
        )

    def check(self, job: Job) -> None:
        """Refuse a job that lacks what it needs, before anything is written or called.

        Raises:
            RemoteError: a setting is missing.
        """
        for name in self.needs:
            job.setting(name)

    @abstractmethod
    def start(self, cloud: Cloud, job: Job) -> None:
        """Start it: what ends it comes before, or with, what costs. Twice is as once.

        Raises:
            RemoteError: it was refused.
        """

    @abstractmethod
    def status(self, cloud: Cloud, job: Job) -> Status:
        """Return how it stands."""

    @abstractmethod
    def end(self, cloud: Cloud, run_id: str, settings: Mapping[str, str]) -> None:
        """Take down all of it, what costs first; nothing there is fine.

        Raises:
            RemoteError: it was refused, or something is still there.
        """

    def strays(self, cloud: Cloud) -> Iterator[Stray]:
        """Find what is ours in the account: both our prefix and our tag, from whatever machine."""
        del cloud
        return iter(())

    def by_hand(self, run_id: str, region: str) -> str:
        """Return the command that takes it down without this program."""
        return f"advisor remote sweep --region {region}  # {run_id}"


def environment(job: Job) -> dict[str, str]:
    """Return the variables that the harness finds on the machine."""
    found = {RENTED: job.rented.model_dump_json()}
    return found if job.region == OWN else found | {"AWS_DEFAULT_REGION": job.region}


def inside_command(job: Job, *, source: str | None = None, store: str | None = None) -> list[str]:
    """Return the command that runs there: fetch the study, measure, send each result home.

    Args:
        job: what.
        source: folder with the study, where the service has brought it already.
        store: folder whose files the service takes home.
    """
    return [
        *("python", "-m", "benchmarks.remote.inside"),
        *("--source", source or f"{job.folder}/study"),
        *("--store", store or job.store),
        *("--study", job.study),
        *("--seconds", str(job.ttl_s)),
        *("--commands", json.dumps(job.commands)),
    ]


def stray_of(target: str, tags: Mapping[str, str], **settings: str) -> Stray | None:
    """Return what tags say of a thing, null unless both prefix and tags are ours."""
    run_id, expires = tags.get(RUN_TAG, ""), tags.get(EXPIRES_TAG, "")
    if not run_id.startswith(PREFIX):
        return None
    try:
        at = datetime.fromisoformat(expires)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return Stray(target=target, run_id=run_id, expires_at=at, settings=settings)


def wait_until(cloud: Cloud, done: Callable[[], bool], *, what: str) -> None:
    """Ask until something is so.

    Raises:
        RemoteError: it was not within `PATIENCE` questions.
    """
    for _ in range(PATIENCE):
        if done():
            return
        cloud.sleep(POLL_S)
    raise RemoteError(f"{what} is still there after {PATIENCE * POLL_S:.0f} s")
