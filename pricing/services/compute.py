"""Machines and containers: EC2, Fargate, Kubernetes, ECS's managed machines."""

from collections.abc import Mapping

from pricing import meters
from pricing.errors import UsageError
from pricing.lines import Line
from pricing.services.base import (
    PER_HOUR,
    RENTED,
    Item,
    Offered,
    Prices,
    Quantities,
    Service,
    by_the_hour,
    given,
    sku_of,
)


def _ec2(line: Line, prices: Prices) -> list[Item]:
    hours = float(meters.ec2_billed_hours(hours=given(line.hours)))
    return [Item("", hours * line.count, prices.quote("ec2", sku_of(line), line.purchase))]


def require_fargate_size(
    *, vcpu_count: float, memory_gib: float, os: str = "linux", architecture: str = "x86_64"
) -> None:
    """Refuse a task size that cannot be had.

    Raises:
        UsageError: the message lists the sizes that can.
    """
    memories = meters.FARGATE_SIZES.get(vcpu_count)
    if memories is None:
        sizes = ", ".join(f"{size:g}" for size in meters.FARGATE_SIZES)
        raise UsageError(f"Fargate has no {vcpu_count:g} vCPU: it has {sizes}")
    if memory_gib not in memories:
        sizes = ", ".join(f"{size:g}" for size in memories)
        raise UsageError(
            f"Fargate has no {memory_gib:g} GiB with {vcpu_count:g} vCPU: it has {sizes}"
        )
    if os == "windows" and architecture != "x86_64":
        raise UsageError("Fargate runs Windows on x86_64 only")
    if os == "windows" and vcpu_count not in meters.FARGATE_WINDOWS_VCPU:
        raise UsageError(f"Fargate runs Windows on 1, 2 or 4 vCPU, not {vcpu_count:g}")


def _fargate_task(line: Line, prices: Prices) -> list[Item]:
    vcpu, memory = given(line.vcpu), given(line.memory_gib)
    require_fargate_size(
        vcpu_count=vcpu, memory_gib=memory, os=line.os, architecture=line.architecture
    )
    if line.purchase not in {"on-demand", "spot"}:
        raise UsageError(f"a Fargate task is bought on-demand or spot, not {line.purchase}")
    if line.os == "windows" and line.purchase == "spot":
        raise UsageError("Fargate has no spot capacity for Windows")
    disk = line.ephemeral_gib
    if line.os == "windows" and given(disk) > meters.FARGATE_FREE_EPHEMERAL_GIB:
        raise UsageError("Fargate has no extra ephemeral disk for Windows")
    if disk is not None and disk > meters.FARGATE_LARGEST_EPHEMERAL_GIB:
        raise UsageError(
            f"Fargate has at most {meters.FARGATE_LARGEST_EPHEMERAL_GIB:g} GiB of ephemeral disk, "
            f"got {disk:g}"
        )
    duration_s = line.duration_s if line.hours is None else line.hours * meters.SECONDS_PER_HOUR
    minimum_s = (
        meters.FARGATE_WINDOWS_MINIMUM_S if line.os == "windows" else meters.FARGATE_MINIMUM_S
    )
    billed_s = float(meters.fargate_billed_s(duration_s=given(duration_s), minimum_s=minimum_s))
    hours = billed_s / meters.SECONDS_PER_HOUR * line.count
    platform = f"{line.os}-{line.architecture}"
    items = [
        Item("vCPU", hours * vcpu, prices.quote("fargate", f"{platform}-vcpu", line.purchase)),
        Item(
            "memory", hours * memory, prices.quote("fargate", f"{platform}-memory", line.purchase)
        ),
    ]
    if line.os == "windows":
        licence = prices.quote("fargate", f"{platform}-licence")
        items.append(Item("Windows licence", hours * vcpu, licence))
    extra = given(disk) - meters.FARGATE_FREE_EPHEMERAL_GIB
    if extra > 0:
        items.append(
            Item("ephemeral disk", hours * extra, prices.quote("fargate", "ephemeral-storage"))
        )
    return items


def _fargate_vcpu(line: Line, prices: Prices) -> list[Item]:
    return [Item("", given(line.hours), prices.quote("fargate", "linux-x86_64-vcpu"))]


def _fargate_gib(line: Line, prices: Prices) -> list[Item]:
    return [Item("", given(line.hours), prices.quote("fargate", "linux-x86_64-memory"))]


def _eks(line: Line, prices: Prices) -> list[Item]:
    quote = prices.quote(line.service, "cluster")
    hours = given(line.hours) * line.count
    if line.sku in {None, "cluster"}:
        return [Item("", hours, quote)]
    if line.sku != "extended-support":
        raise UsageError(f"eks: sku is cluster or extended-support, got {line.sku!r}")
    extra = prices.quote(line.service, "extended-support")
    return [Item("cluster", hours, quote), Item("extended support", hours, extra)]


def _fargate_offers() -> tuple[Offered, ...]:
    gib_hours = {**PER_HOUR, "gb-hours": 1.0}
    found = []
    for vendor, ours in (
        ("", "linux-x86_64"),
        ("ARM-", "linux-arm64"),
        ("Windows-", "windows-x86_64"),
    ):
        cpu, memory = f"Fargate-{vendor}vCPU-Hours:perCPU", f"Fargate-{vendor}GB-Hours"
        found += [
            Offered("AmazonECS", cpu, ("fargate", f"{ours}-vcpu", "vcpu-hour"), PER_HOUR),
            Offered("AmazonECS", memory, ("fargate", f"{ours}-memory", "gib-hour"), gib_hours),
        ]
    licence = ("fargate", "windows-x86_64-licence", "vcpu-hour")
    disk = ("fargate", "ephemeral-storage", "gib-hour")
    return (
        *found,
        Offered("AmazonECS", "Fargate-Windows-OS-Hours:perCPU", licence, PER_HOUR),
        Offered("AmazonECS", "Fargate-EphemeralStorage-GB-Hours", disk, gib_hours),
    )


SERVICES: Mapping[str, Service] = {
    "ec2": Service(Quantities(("sku", "hours"), ("purchase", "count")), _ec2),
    "ecs-managed-instances": Service(RENTED, by_the_hour),
    "fargate-task": Service(
        Quantities(
            required=("vcpu", "memory_gib"),
            one_of=("duration_s", "hours"),
            optional=("count", "architecture", "os", "ephemeral_gib", "purchase"),
        ),
        _fargate_task,
        offered=_fargate_offers(),
    ),
    "fargate-vcpu-hours": Service(Quantities(("hours",)), _fargate_vcpu),
    "fargate-gib-hours": Service(Quantities(("hours",)), _fargate_gib),
    "eks": Service(
        Quantities(("hours",), ("sku", "count")),
        _eks,
        offered=(
            Offered(
                "AmazonEKS", "AmazonEKS-Hours:perCluster", ("eks", "cluster", "hour"), PER_HOUR
            ),
            Offered(
                "AmazonEKS",
                "AmazonEKS-Hours:extendedSupport",
                ("eks", "extended-support", "hour"),
                PER_HOUR,
            ),
        ),
    ),
}
"""What machines and containers are billed by."""
