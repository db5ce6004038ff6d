"""Measuring where it will run: what it is worth, on what, and what it may cost at most."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pydantic import NonNegativeFloat

from advisor import defaults
from advisor.decision.choice.engine import Engine
from advisor.decision.whatif.measuring import WorthMeasuring, worth_measuring
from advisor.errors import AdvisorError
from advisor.market import Market
from advisor.platforms.ecs_fargate import parse_task_sku
from advisor.records import Record
from benchmarks.remote import MODULES, TARGETS, usual_target
from benchmarks.remote.errors import RemoteError
from benchmarks.remote.job import OWN, Job, expiry, new_campaign
from pricing.errors import PricingError
from pricing.quotes import PriceBook


class PlannedRun(Record):
    """One machine that is worth measuring, or is asked for."""

    target: str
    """Key of `benchmarks.remote.TARGETS`."""
    sku: str
    """What is rented."""
    region: str
    """Where."""
    platform: str
    """Platform of the option that it tells of; empty where it was asked for by name."""
    chip: str
    """Its processor: one measurement tells of all machines with it."""
    basis: str
    """`scaled` or `assumed`: how its speed is known today."""
    worst_usd: NonNegativeFloat
    """The most that measuring can come to. [USD]"""
    likely_usd: NonNegativeFloat
    """What it comes to if it takes as long as such runs are taken to take. [USD]"""
    worth_usd_per_month: NonNegativeFloat
    """Expected saving of deciding with its speed known. [USD/month]"""

    @property
    def on(self) -> str:
        """What `--on` takes."""
        usual = target_of(self.sku)[0] == self.target
        return self.sku if usual else f"{self.target}:{self.sku}"


def target_of(on: str) -> tuple[str, str]:
    """Return target and sku of what `--on` was given.

    Raises:
        AdvisorError: it names no target.

    Example:
        >>> target_of("c8g.large"), target_of("ec2:c7i.large")
        (('ec2', 'c8g.large'), ('ec2', 'c7i.large'))
    """
    name, colon, rest = on.partition(":")
    if colon and name in MODULES:
        return name, rest
    if colon:
        raise AdvisorError(f"--on {on}: {name!r} is no target: one of {', '.join(MODULES)}")
    return usual_target(on), on


def rate_usd_per_hour(book: PriceBook, *, target: str, sku: str, region: str, on: date) -> float:
    """Return what an hour of a target's machine comes to at most: at list, on demand. [USD/h]

    Disk and public address are counted. Spare capacity costs at most the on-demand price.

    Raises:
        RemoteError: a price is not known: no price, no run.
    """
    service = TARGETS[target].service
    if service is None:
        return 0.0
    try:
        extras = sum(
            units * book.get(service=name, sku=part, region=region, on=on).price_usd_per_unit
            for name, part, units in TARGETS[target].extras
        )
        if service != "fargate":
            quote = book.get(service=service, sku=sku, region=region, on=on)
            return quote.price_usd_per_unit + extras
        vcpu, memory_gib, architecture = parse_task_sku(sku)
        parts = ((f"linux-{architecture}-vcpu", vcpu), (f"linux-{architecture}-memory", memory_gib))
        return extras + sum(
            units * book.get(service=service, sku=part, region=region, on=on).price_usd_per_unit
            for part, units in parts
        )
    except PricingError as error:
        raise RemoteError(f"no price, no run: {error}") from None
    except ValueError:
        raise RemoteError(
            f"{sku!r} is no size of a task: write it as the answer does, "
            "e.g. '1 vCPU, 2 GiB, arm64'"
        ) from None


def plan_of(engine: Engine, *, ttl_s: float) -> tuple[PlannedRun, ...]:
    """Return the machines that are worth measuring, the most valuable first.

    Args:
        engine: the judged options.
        ttl_s: a machine ends by itself after that long. [s]
    """
    planned = (_planned(engine.market, one, ttl_s=ttl_s) for one in worth_measuring(engine))
    return tuple(run for run in planned if run is not None)


def _planned(market: Market, one: WorthMeasuring, *, ttl_s: float) -> PlannedRun | None:
    """Plan one machine: on its own service, else on EC2, where the same hardware has a price."""
    plain = one.sku.removeprefix("ml.")
    for target, sku in (target_of(one.sku), ("ec2", plain)):
        if target not in MODULES:
            continue
        try:
            usd = rate_usd_per_hour(
                market.book, target=target, sku=sku, region=one.region, on=market.on
            )
        except RemoteError:
            continue
        return PlannedRun(
            target=target,
            sku=sku,
            region=one.region,
            platform=one.platform,
            chip=one.chip,
            basis=one.basis,
            worst_usd=TARGETS[target].worst_usd(usd_per_hour=usd, ttl_s=ttl_s),
            likely_usd=usd * min(defaults.MEASURING_S.value, ttl_s) / 3600,
            worth_usd_per_month=one.worth_usd_per_month,
        )
    return None


def worth_it(runs: Sequence[PlannedRun], *, months: float) -> tuple[PlannedRun, ...]:
    """Return the runs whose worth over some months is more than they likely cost."""
    return tuple(run for run in runs if run.worth_usd_per_month * months > run.likely_usd)


def jobs_of(
    asked: Sequence[str],
    *,
    book: PriceBook,
    on: date,
    region: str,
    ttl_s: int,
    bucket: str | None,
    store: Path,
    study: str,
    commands: Sequence[Sequence[str]],
    settings: dict[str, str],
    spot: bool = False,
) -> tuple[Job, ...]:
    """Return the jobs that were asked for, each with its worst cost.

    Args:
        asked: what `--on` was given, one each.
        book: prices.
        on: the day whose prices apply.
        region: where machines are rented.
        ttl_s: each ends by itself after that long. [s]
        bucket: name of the bucket that study and results go through; null where none is needed.
        store: the study's store, through which those of a machine of one's own go.
        study: name of the study's file.
        commands: arguments of `advisor` that are run there.
        settings: what the targets need besides.
        spot: ask for spare capacity.

    Raises:
        AdvisorError, RemoteError: a target, a price or the bucket is missing.
    """
    campaign = new_campaign()
    jobs = []
    for number, name in enumerate(asked, start=1):
        target, sku = target_of(name)
        where = TARGETS[target]
        if where.service is not None and not bucket:
            raise RemoteError(
                f"{target} needs --bucket: study and results go through a bucket of yours"
            )
        usd = rate_usd_per_hour(book, target=target, sku=sku, region=region, on=on)
        shares = len(commands) if where.shares else 1
        jobs.append(
            Job(
                run_id=f"{campaign}-{number}",
                target=target,
                sku=sku,
                region=region if where.service is not None else OWN,
                ttl_s=ttl_s,
                usd_per_hour=usd,
                worst_usd=where.worst_usd(usd_per_hour=usd, ttl_s=ttl_s, shares=shares),
                expires_at=expiry(ttl_s, margin_s=where.reap_s + where.end_s),
                spot=spot,
                folder=f"s3://{bucket}/advisor-remote/{campaign}"
                if where.service is not None
                else str(store / "remote" / campaign),
                study=study,
                commands=tuple(tuple(command) for command in commands),
                shares=shares,
                settings={k: v for k, v in settings.items() if v}
                | ({"host": sku} if where.service is None else _shape_settings(sku)),
            )
        )
    return tuple(jobs)


def _shape_settings(sku: str) -> dict[str, str]:
    """Return what the catalogue tells of an instance type; nothing of what it does not know."""
    from pricing.instances import load_catalogue

    try:
        shape = load_catalogue().get(sku.removeprefix("ml."))
    except PricingError:
        return {}
    return {
        "architecture": shape.architecture,
        "vcpu": str(shape.vcpu_count),
        "memory_mib": str(int(shape.memory_gib * 1024 * defaults.MEMORY_HEADROOM.value)),
    }
