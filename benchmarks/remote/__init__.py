"""The same harness on machines that are rented for it, with a cap and without orphans.

One file a target, one dict. A line in the ledger comes before the first call, what takes a thing
down before the thing; backwards at the end. docs/how-to/measure-on-aws.md says each step.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.remote.target import Target

MODULES = {
    "sagemaker-processing": "sagemaker_processing",
    "ec2": "ec2",
    "batch": "batch",
    "ecs": "ecs",
    "ssh": "ssh",
}
"""Key of a target -> its file, those that end by themselves first."""


class _Targets(Mapping[str, "Target"]):
    """The targets, each imported at its first use."""

    def __getitem__(self, name: str) -> "Target":
        found: Target = import_module(f"benchmarks.remote.{MODULES[name]}").TARGET
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


TARGETS: Mapping[str, "Target"] = _Targets()
"""Every target by its key."""


def usual_target(sku: str) -> str:
    """Return the target of what is rented: a type of SageMaker, a task's size, or an EC2 type.

    Example:
        >>> usual_target("ml.c7i.large"), usual_target("c8g.large")
        ('sagemaker-processing', 'ec2')
    """
    if sku.startswith("ml."):
        return "sagemaker-processing"
    return "ecs" if "vCPU" in sku else "ec2"
