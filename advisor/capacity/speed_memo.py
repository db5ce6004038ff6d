"""Speed ratios, kept: the same few hosts and machines are asked for at every move of a slider."""

from collections.abc import Sequence
from functools import lru_cache

from advisor.capacity.processors import WorkloadClass
from advisor.capacity.transfer import SpeedRatios, speed_ratios
from benchmarks.storage.records import HardwareProfile

KEPT = 256
"""Answers kept; a study asks for a dozen."""


def carried_speed(
    host: HardwareProfile, instance_types: Sequence[str], *, workload_class: WorkloadClass
) -> SpeedRatios:
    """Return `speed_ratios`, from memory where the same was asked before."""
    return _ratios(host.model_dump_json(), tuple(instance_types), workload_class)


@lru_cache(maxsize=KEPT)
def _ratios(
    host_json: str, instance_types: tuple[str, ...], workload_class: WorkloadClass
) -> SpeedRatios:
    return speed_ratios(
        host=HardwareProfile.model_validate_json(host_json),
        instance_types=instance_types,
        workload_class=workload_class,
    )
