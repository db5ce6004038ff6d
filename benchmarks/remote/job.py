"""What is run elsewhere: a job, what it may come to, and how it stands."""

import math
import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from benchmarks.remote.errors import RemoteError
from benchmarks.storage.records import Record, RentedMachine

PREFIX = "advisor-"
"""Begins the name of everything that a run makes."""

RUN_TAG, EXPIRES_TAG = "advisor:run", "advisor:expires"
"""Tags of everything that a run makes: whose it is, and when it may be taken down by anybody."""

OWN = "own"
"""Region of a machine of one's own."""


class Job(Record):
    """One machine that is rented to run the harness."""

    run_id: str = Field(pattern=r"^advisor-[0-9a-f]{8}-\d+$")
    """Name of everything that it makes, so that a lost answer can be undone unheard."""
    target: str
    """Key of `TARGETS`."""
    sku: str
    """What is rented."""
    region: str
    """Where, `own` for a machine of one's own."""
    ttl_s: PositiveInt
    """It ends by itself after that long. [s]"""
    usd_per_hour: NonNegativeFloat
    """At most this; 0 for a machine of one's own. [USD/h]"""
    worst_usd: NonNegativeFloat
    """The most that it can come to. [USD]"""
    expires_at: datetime
    """From then on anybody may take it down, UTC."""
    spot: bool = False
    """Whether spare capacity is asked for."""
    folder: str
    """Where the study and the results are kept, e.g. `s3://bucket/advisor-remote/1f...`."""
    study: str
    """Name of the study's file in that folder."""
    commands: tuple[tuple[str, ...], ...]
    """What is run there, one after the other: arguments of `advisor`."""
    shares: PositiveInt = 1
    """Machines that share the candidates, children of an array."""
    settings: dict[str, str] = Field(default_factory=dict)
    """What the target needs besides, e.g. `image`, `role`, `subnet`."""

    @property
    def campaign(self) -> str:
        """What the jobs of one command share."""
        return self.run_id.rsplit("-", 1)[0]

    @property
    def tags(self) -> dict[str, str]:
        """Tags of all that it makes."""
        return {RUN_TAG: self.run_id, EXPIRES_TAG: self.expires_at.isoformat()}

    @property
    def store(self) -> str:
        """Where its results are kept."""
        return f"{self.folder}/store/{self.run_id}"

    @property
    def rented(self) -> RentedMachine:
        """What its runs say of the machine."""
        return RentedMachine(
            target=self.target,
            sku=self.sku,
            region=self.region,
            spot=self.spot,
            usd_per_hour=self.usd_per_hour,
        )

    def setting(self, name: str) -> str:
        """Return what the target needs.

        Raises:
            RemoteError: it was not given.
        """
        if not self.settings.get(name):
            option = name.replace("_", "-")
            raise RemoteError(f"{self.target} needs --{option}: see 'advisor remote run --help'")
        return self.settings[name]


class Status(Record):
    """How a job stands."""

    kind: Literal["starting", "running", "done", "failed", "gone"]
    """`gone`: nothing of that name was found."""
    reason: str = ""
    """For `failed`: what the service says."""
    billed_s: float | None = None
    """Machine time that is billed, of all machines together; null where it is not known. [s]"""

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.kind in {"done", "failed", "gone"}


def new_campaign() -> str:
    """Return a name that no other command has."""
    return f"{PREFIX}{secrets.token_hex(4)}"


def worst_usd(
    *, usd_per_hour: float, ttl_s: float, reap_s: float = 0.0, end_s: float = 0.0, shares: int = 1
) -> float:
    """Return the most that a machine can come to before it is certainly gone. [USD]

        worst = rate x (ttl + reap interval + deletion) / 3600 x machines

    Args:
        usd_per_hour: at most this. [USD/h]
        ttl_s: it ends by itself after that long. [s]
        reap_s: between two tries of what takes it down. [s]
        end_s: starting and ending that are billed. [s]
        shares: machines.

    Raises:
        RemoteError: the rate is not known.

    Example:
        >>> round(worst_usd(usd_per_hour=0.36, ttl_s=1800, reap_s=600, end_s=300), 2)
        0.27
    """
    if not math.isfinite(usd_per_hour) or usd_per_hour < 0:
        raise RemoteError("no price, no run: what the machine costs is not known")
    return usd_per_hour * (ttl_s + reap_s + end_s) / 3600 * shares


def expiry(ttl_s: float, *, now: datetime | None = None, margin_s: float = 0.0) -> datetime:
    """Return when anybody may take a thing down."""
    at = (now or datetime.now(UTC)) + timedelta(seconds=ttl_s + margin_s)
    return at.replace(microsecond=0)
