"""Taking down what was left: on every start, here by the ledger, anywhere by the account's tags."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.remote.cloud import Cloud
from benchmarks.remote.errors import explained, kind_of
from benchmarks.remote.job import OWN
from benchmarks.remote.ledger import Ledger
from benchmarks.remote.target import Target


@dataclass(frozen=True)
class Swept:
    """What a sweep did."""

    ended: tuple[str, ...]
    """Run ids of which something was taken down, or found to be gone."""
    refused: tuple[str, ...]
    """What could not be taken down: why, and the command that does it by hand."""
    not_looked: tuple[str, ...] = ()
    """What could not be looked at, and why."""


def sweep(
    ledger: Ledger,
    targets: Mapping[str, Target],
    *,
    cloud_of: Callable[[str], Cloud],
    regions: Iterable[str] = (),
    now: datetime | None = None,
    keep: str = "",
) -> Swept:
    """Take down what dead processes of this machine left, and what in the account is past its time.

    Args:
        ledger: that of this machine.
        targets: `TARGETS`.
        cloud_of: region -> its services.
        regions: where to look in the account, besides those of the ledger.
        now: the moment, UTC; what expires later is left alone unless its process is dead here.
        keep: a campaign that is gone on with, so that it is no orphan.
    """
    now = now or datetime.now(UTC)
    entries = ledger.entries()
    ended: list[str] = []
    refused: list[str] = []
    for entry in entries.values():
        job = entry.job
        if entry.state == "closed" or job.target not in targets or job.campaign == keep:
            continue
        if not (entry.is_orphan or job.expires_at <= now):
            continue
        target = targets[job.target]
        cloud = cloud_of(job.region)
        try:
            spent = target.status(cloud, job)
            target.end(cloud, job.run_id, job.settings)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are swept too
            refused.append(_told(error, target, job.run_id, job.region))
            continue
        # What cannot be told any more is counted as the most that it can have been.
        known = spent.billed_s is not None and spent.kind != "gone"
        usd = (spent.billed_s or 0.0) / 3600 * job.usd_per_hour if known else job.worst_usd
        ledger.close(job.run_id, usd=usd)
        ended.append(job.run_id)
    places = {e.job.region for e in entries.values() if e.job.region != OWN} | set(regions)
    not_looked: list[str] = []
    for region in sorted(places):
        found, problems, unseen = _sweep_account(targets, cloud_of(region), now=now)
        ended += found
        refused += problems
        not_looked += unseen
    return Swept(tuple(dict.fromkeys(ended)), tuple(refused), tuple(not_looked))


def _sweep_account(
    targets: Mapping[str, Target], cloud: Cloud, *, now: datetime
) -> tuple[list[str], list[str], list[str]]:
    """Take down what is past its time in one region; return ended, refused, not looked at."""
    ended, refused, unseen = [], [], []
    for target in targets.values():
        try:
            found = list(target.strays(cloud))
        except Exception as error:  # noqa: BLE001 - a service without rights hides no other
            if kind_of(error) == "rights":
                unseen.append(f"{target.title} in {cloud.region}: no right to list them")
            else:
                refused.append(str(explained(error, doing=f"listing {target.title}s", sku="it")))
            continue
        for stray in found:
            if stray.expires_at > now:
                continue
            try:
                target.end(cloud, stray.run_id, stray.settings)
            except Exception as error:  # noqa: BLE001 - see above
                refused.append(_told(error, target, stray.run_id, cloud.region))
                continue
            ended.append(stray.run_id)
    return ended, refused, unseen


def _told(error: Exception, target: Target, run_id: str, region: str) -> str:
    why = explained(error, doing=f"ending {run_id}", sku=run_id)
    return f"{run_id} was not taken down ({why}): do it with: {target.by_hand(run_id, region)}"
