"""What an instance type is: cores, memory, processor, accelerators, credits."""

import csv
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from pricing.base import Record
from pricing.errors import UnknownInstance
from pricing.tables import DATA

CATALOGUE = DATA / "catalogue" / "instances.csv"
SPOT_ADVICE = DATA / "catalogue" / "spot_advice.csv"


class InstanceShape(Record):
    """One instance type that money buys."""

    instance_type: str
    """The vendor's name, e.g. `m5.large`."""
    family: str
    """The part before the dot, e.g. `m5`."""
    vcpu_count: PositiveInt
    """Virtual CPUs as sold; two of them share one core where threads are on."""
    physical_core_count: PositiveInt
    """Physical cores behind the vCPUs."""
    memory_gib: PositiveFloat
    """Main memory. [GiB]"""
    architecture: Literal["x86_64", "arm64"]
    """Instruction set."""
    processor: str | None
    """CPU model as the processor tables spell it; null where unknown."""
    clock_ghz: PositiveFloat | None
    """Sustained clock that the vendor states. [GHz]"""
    l3_cache_mib: PositiveFloat | None
    """Last-level cache of the socket or of the share sold. [MiB]"""
    avx512: bool
    """Whether the processor has AVX-512."""
    amx: bool
    """Whether the processor has matrix tiles (AMX)."""
    burstable: bool
    """Whether the CPU runs on credits: full speed only for a while."""
    credits_per_hour: PositiveFloat | None
    """CPU credits earned per hour; one credit is one vCPU at full speed for a minute."""
    baseline_fraction: PositiveFloat | None
    """Share of each vCPU that can be used for ever without spending credits."""
    gpu_count: NonNegativeInt
    """GPUs in the instance."""
    gpu_model: str | None
    """GPU model, e.g. `NVIDIA A10G`."""
    gpu_memory_gib: PositiveFloat | None
    """Memory of each GPU. [GiB]"""
    neuron_device_count: NonNegativeInt
    """Inferentia or Trainium devices."""
    network: str
    """Network speed as the vendor words it."""
    network_gbps: NonNegativeFloat | None
    """Network speed that holds for ever. [Gbit/s]"""
    ebs_mbps: NonNegativeFloat | None
    """Disk throughput that holds for ever. [Mbit/s]"""
    local_storage_gb: NonNegativeFloat
    """Disk inside the machine, lost at stop. [GB]"""
    source: str
    """Where the facts were read."""

    @property
    def threads_per_core_count(self) -> int:
        """VCPUs per physical core."""
        return self.vcpu_count // self.physical_core_count


class InstanceCatalogue:
    """All instance types, looked up by name."""

    def __init__(self, shapes: Sequence[InstanceShape]) -> None:
        self._by_type = {shape.instance_type: shape for shape in shapes}

    @property
    def shapes(self) -> tuple[InstanceShape, ...]:
        """Every shape, in the order of the table."""
        return tuple(self._by_type.values())

    def get(self, sku: str) -> InstanceShape:
        """Return a shape by its type, with or without the `ml.` of SageMaker.

        Raises:
            UnknownInstance: no such type; the message lists near ones.
        """
        found = self.find(sku)
        if found is not None:
            return found
        near = get_close_matches(sku.removeprefix("ml."), self._by_type, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "see `advisor prices show`"
        raise UnknownInstance(f"no instance type {sku!r} in the catalogue: {hint}")

    def find(self, sku: str) -> InstanceShape | None:
        """Return a shape by its type, with or without `ml.`, or None."""
        return self._by_type.get(sku.removeprefix("ml."))

    def __contains__(self, sku: str) -> bool:
        return self.find(sku) is not None


@cache
def load_catalogue(path: Path = CATALOGUE) -> InstanceCatalogue:
    """Read the instance catalogue (once per process)."""
    with path.open(newline="", encoding="utf-8") as file:
        return InstanceCatalogue(
            [
                InstanceShape.model_validate({key: text or None for key, text in line.items()})
                for line in csv.DictReader(file)
            ]
        )


class SpotAdvice(Record):
    """What the vendor says about a spot pool: not a price, a saving and a risk."""

    region: str
    """Region code."""
    instance_type: str
    """Instance type, Linux."""
    saving_fraction: PositiveFloat
    """Saving against on-demand over the month before."""
    interruption: str
    """Share of instances interrupted in the month before, as a band, e.g. `<5%`."""
    observed_on: str
    """Day the advice was read, ISO."""
    source: str
    """Where it was read."""


@cache
def load_spot_advice(
    path: Path = SPOT_ADVICE,
) -> dict[tuple[str, str], SpotAdvice]:
    """Read the spot advice, keyed by (region, instance type)."""
    with path.open(newline="", encoding="utf-8") as file:
        advice = [SpotAdvice.model_validate(line) for line in csv.DictReader(file)]
    return {(one.region, one.instance_type): one for one in advice}
