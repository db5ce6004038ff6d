"""What is true of a platform whatever the study: every fact of it stands in its own file."""

from dataclasses import dataclass
from typing import Literal

from advisor.defaults import Default

Billing = Literal["always-on", "by-request", "job", "queue"]
"""How a platform is billed: machines that stand, requests, machines of a job, those of a queue."""

BILLINGS: tuple[Billing, ...] = ("always-on", "by-request", "job", "queue")
"""The order in which the options of a study stand."""


@dataclass(frozen=True)
class Look:
    """How a platform is drawn: told apart in colour, in grey and by its mark."""

    colour: str
    """Of the colours that most readers with colour blindness tell apart."""
    dash: tuple[int, ...]
    """Dashes of its line."""
    mark: str
    """Shape of its point."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One way to run a model. No fact has a default: one that is forgotten is an error, not a 0."""

    name: str
    """Key in a study, such as `ecs-fargate`."""
    title: str
    """Name for people."""
    short_title: str
    """The same for narrow columns."""
    summary: str
    """One sentence for somebody who does not know it."""
    side: str
    """Whose it is in the first question of this product: `SageMaker`, or `ECS` for one's own."""
    billing: Billing
    """How it is billed."""
    look: Look
    """How it is drawn."""
    services: tuple[str, ...]
    """Billing services that may stand on its bill."""
    discount_service: str
    """The service that a negotiated discount of its machines is named by."""
    purchases: tuple[str, ...]
    """Ways to buy it that exist."""
    front: Default | None
    """Time that it adds to each answer, or before a job's first row; null for none. [s]"""
    start: Default | None
    """From asking for a replica to a process that loads the model; null where none is. [s]"""
    check: Default | None
    """From a loaded model to the first request: health checks; null for none. [s]"""
    surge_fraction: float
    """Replicas that run beside the old ones while a release rolls out, over those of the fleet."""
    drain_s: float
    """Time that an old replica still runs once the new ones answer. [s]"""
    waits_for_start: bool
    """Whether scaling out waits for a replica's start before it acts again."""
    reserve: Default | None
    """Memory of a machine that no worker gets; null for none. [GiB]"""
    max_payload_kb: float
    """Largest call of the model. [kB]"""
    max_duration_s: float
    """Longest call of the model. [s]"""
    max_machines: int
    """Most machines of one job or fleet."""
    serves_one: bool
    """Whether it runs one model; a container of one's own holds as many as fit."""
    loads_on_demand: bool
    """Whether it keeps the models in memory that are asked for, and loads the others."""
    advice: str
    """What to set on it for the plan to hold."""
    excludes: tuple[str, ...]
    """What it cannot do that others can."""

    @property
    def replica_start_s(self) -> float:
        """From asking for a replica to a process that loads the model, its checks counted. [s]"""
        return _value(self.start) + _value(self.check)

    @property
    def front_s(self) -> float:
        """Time that it adds to each answer, or before a job's first row. [s]"""
        return _value(self.front)

    @property
    def reserve_gib(self) -> float:
        """Memory of a machine that no worker gets. [GiB]"""
        return _value(self.reserve)


def _value(default: Default | None) -> float:
    return 0.0 if default is None else float(default.value)
