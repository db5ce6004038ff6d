"""Fetch prices, check them, show the difference, and add them to the book in one step.

A refresh never changes a file: it adds one new table, written aside and renamed into place, so that
a reader sees the old book or the new one. A source that fails keeps its old rows and does not stop
the others.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pricing.base import Record
from pricing.checks import HALF, check_new_rows, place_of
from pricing.derived import carry
from pricing.errors import CheckFailed, NetworkError, PricingError, TableError
from pricing.instances import load_catalogue, load_spot_advice
from pricing.parts import Parts
from pricing.quotes import Confirmation, PriceBook, Row
from pricing.sources import SOURCES, Via
from pricing.sources.files import Transport
from pricing.tables import load_book, own_folder, read_book, write_table

FEW = 0.1
"""Up to this share of the prices read may break a rule before all of them are refused."""
SILENT_SOURCES = 2
"""Sources in a row that nobody answers for before the rest are not tried."""
WORKERS = 4
"""Files that are read at a time: each holds a block of a megabyte, whatever its size."""
SAME_PRICE = 1e-9
"""Prices closer than this fraction are one price: a decimal string went through a float."""

Report = Callable[[str, int, int | None], None]
"""Called with what is being read, how much of it was, and how much there is, if known."""


class Change(NamedTuple):
    """One row that is new, and the row it takes over from."""

    row: Row
    before: Row | None

    @property
    def moved(self) -> bool:
        """Whether the price is another than the one held."""
        return self.before is not None and not _same_price(self.before, self.row)

    def __str__(self) -> str:
        row = self.row
        what = f"{row.service} {row.sku} {row.region} {row.purchase}"
        tier = f" from {row.tier_from_units:g}" if row.tier_from_units else ""
        new = f"{row.price_usd_per_unit:g} USD/{row.unit} from {row.valid_from}"
        if self.before is None:
            return f"+ {what}{tier}: {new}"
        old = self.before
        if _same_price(old, row):
            return f"= {what}{tier}: {new}, was {old.basis}, is {row.basis}"
        percent = 100 * (row.price_usd_per_unit / old.price_usd_per_unit - 1)
        return f"~ {what}{tier}: {old.price_usd_per_unit:g} -> {new} ({percent:+.1f} %)"


class Failure(Record):
    """A source that could not be read, or whose rows broke a rule."""

    source: str
    """Source name."""
    region: str
    """Region code."""
    message: str
    """What went wrong and what to do."""


class Outcome(NamedTuple):
    """What a refresh found, and the file it wrote, if any."""

    changes: tuple[Change, ...]
    confirmed: tuple[Row, ...]
    confirmations: tuple[Confirmation, ...]
    failures: tuple[Failure, ...]
    differences: tuple[str, ...]
    path: Path | None

    @property
    def moved_count(self) -> int:
        """Prices that are others than those held, what was carried along not counted."""
        return sum(change.moved for change in self.changes if change.row.basis == "list")

    @property
    def read_count(self) -> int:
        """Prices that were read and are known."""
        return len(self.confirmed) + sum(change.row.basis == "list" for change in self.changes)


class Plan(Record):
    """What to refresh and how."""

    regions: tuple[str, ...]
    """Region codes."""
    services: tuple[str, ...]
    """Keys of `pricing.sources.SOURCES`."""
    via: Via = "files"
    """Public offer files, or the API with credentials."""
    dry_run: bool = False
    """Show, and write nothing."""
    jump_note: str = ""
    """Why prices may triple this time; goes into the rows that do. Empty: they are refused."""
    endpoint_url: str | None = None
    """Another address for the API, e.g. a test server or a VPC endpoint."""


def refresh(
    plan: Plan,
    *,
    today: date,
    folder: Path | None = None,
    transport: Transport | None = None,
    report: Report | None = None,
) -> Outcome:
    """Read every source of a plan and add what is new to the book of a folder.

    Args:
        plan: what to read, and how.
        today: the day of reading, UTC.
        folder: where the book's tables are; None for the shipped ones and the user's own, which
            the new table joins.
        transport: how the offer files are reached.
        report: told how far each source has come.

    Returns:
        The changes, the prices that stood, the failures, and the file that was written.

    Raises:
        TableError: the book cannot be read, or its folder cannot be written to.
    """
    book = read_book(folder)
    into = own_folder() if folder is None else folder
    changes: list[Change] = []
    confirmed: list[Row] = []
    failures: list[Failure] = []
    differences: list[str] = []
    address = (transport or Transport()).base_url
    parts = None
    if plan.via == "files" and not plan.dry_run:
        parts = Parts(into, today=today, address=address)
    jobs = [(service, region) for service in plan.services for region in plan.regions]
    read = _read_all(jobs, plan=plan, today=today, transport=transport, report=report, parts=parts)
    for (service, region), found in zip(jobs, read, strict=True):
        try:
            if isinstance(found, PricingError):
                raise found
            if service == "instance-types":
                differences += _catalogue_differences(region, plan=plan, report=report)
                continue
            rows = _known(found, book=book)
            fresh, same = _compare(rows, book=book, jump_note=plan.jump_note)
            held = [*book.rows, *(change.row for change in changes)]
            fresh, refused = _sound(fresh, held=held, read_count=len(rows))
            if refused:
                failures.append(Failure(source=service, region=region, message=refused))
        except PricingError as error:
            failures.append(Failure(source=service, region=region, message=str(error)))
        else:
            changes += fresh
            confirmed += same
    changes += _carried(changes, book=book)
    whole, single = _confirmations(confirmed, changes=changes, book=book)
    path = None
    if not plan.dry_run and (changes or confirmed):
        path = _write([change.row for change in changes] + single, whole, today=today, folder=into)
    if parts is not None:
        parts.clear()
    return Outcome(
        tuple(changes), tuple(confirmed), tuple(whole), tuple(failures), tuple(differences), path
    )


Read = list[Row] | PricingError
"""What came of one source in one region: its rows, or why there are none."""


def _read_all(
    jobs: Sequence[tuple[str, str]],
    *,
    plan: Plan,
    today: date,
    transport: Transport | None,
    report: Report | None,
    parts: Parts | None,
) -> list[Read]:
    """Read every source, several at a time once one has answered.

    Without a network the first two are tried alone, and the rest are not.
    """

    def read(job: tuple[str, str]) -> Read:
        service, region = job
        if service == "instance-types":
            return []
        kept = parts.load(service, region) if parts else None
        if kept is not None:
            return kept
        try:
            rows = _fetch(
                service, region, plan=plan, today=today, transport=transport, report=report
            )
        except PricingError as error:
            return error
        if parts:
            parts.save(service, region, rows)
        return rows

    found: list[Read] = []
    for job in jobs[:SILENT_SOURCES]:
        found.append(read(job))
        if not isinstance(found[-1], NetworkError):
            break
    left = jobs[len(found) :]
    if found and len(found) == SILENT_SOURCES and isinstance(found[-1], NetworkError):
        silent = NetworkError("not tried, for the same reason as above")
        return [*found, *(silent for _ in left)]
    with ThreadPoolExecutor(max_workers=WORKERS if plan.via == "files" else 1) as pool:
        return [*found, *pool.map(read, left)]


def _fetch(
    service: str,
    region: str,
    *,
    plan: Plan,
    today: date,
    transport: Transport | None,
    report: Report | None,
) -> list[Row]:
    """Read one source in one region, and keep what this product sells advice on."""

    def progress(done: int, of: int | None) -> None:
        if report:
            report(f"{service} {region}", done, of)

    if plan.via not in SOURCES[service]:
        ways = " or ".join(SOURCES[service])
        raise PricingError(f"{service} cannot be read via {plan.via}, only via {ways}")
    if plan.via == "files":
        from pricing.sources import files
        from pricing.sources.offers import OFFER_FILES

        rows = files.fetch_rows(
            OFFER_FILES[service], region=region, today=today, transport=transport, progress=progress
        )
    else:
        rows = _fetch_api(service, region, plan=plan, today=today, progress=progress)
    return rows


def _fetch_api(
    service: str,
    region: str,
    *,
    plan: Plan,
    today: date,
    progress: Callable[[int, int | None], None],
) -> list[Row]:
    from pricing.sources import api
    from pricing.sources.offers import OFFER_FILES

    where = plan.endpoint_url
    if service == "savings-plans":
        return api.fetch_savings_plans(
            region=region, today=today, endpoint_url=where, progress=progress
        )
    if service == "spot":
        types = [shape.instance_type for shape in load_catalogue().shapes]
        rows = api.fetch_spot(
            region=region,
            today=today,
            instance_types=types,
            endpoint_url=where,
            progress=progress,
        )
        return [_with_advice(row) for row in rows]
    return api.fetch_rows(
        OFFER_FILES[service], region=region, today=today, endpoint_url=where, progress=progress
    )


def _with_advice(row: Row) -> Row:
    """Say beside a spot price what the vendor advertises about its pool."""
    advice = load_spot_advice().get((row.region, row.sku))
    if advice is None:
        return row
    return row._replace(
        note=f"{row.note}; spot advice {advice.observed_on}: saves "
        f"{100 * advice.saving_fraction:.0f} %, {advice.interruption} interrupted a month"
    )


def _known(rows: Iterable[Row], *, book: PriceBook) -> list[Row]:
    """Keep the machines that the catalogue or the book knows, and all of every other service.

    Raises:
        CheckFailed: nothing is left, or less than half of what the book holds.
    """
    catalogue = load_catalogue()
    kept = [
        row
        for row in rows
        if row.service != "ec2"
        or row.sku in catalogue
        or row.sku in book.skus(service="ec2", region=row.region)
    ]
    if not kept:
        raise CheckFailed("nothing that is known was offered; the format may have changed")
    came: dict[tuple[str, str, str], set[str]] = {}
    for row in kept:
        came.setdefault((row.service, row.region, row.purchase), set()).add(row.sku)
    held: dict[tuple[str, str, str], set[str]] = {}
    for row in book.rows:
        if row.basis == "list":
            held.setdefault((row.service, row.region, row.purchase), set()).add(row.sku)
    for group, skus in came.items():
        usual = len(held.get(group, ()))
        if len(skus) < HALF * usual:
            raise CheckFailed(
                f"{' '.join(group)}: {len(skus)} skus came where the book holds {usual}: the "
                "source was cut off or filtered; nothing of it was added"
            )
    return kept


def _compare(
    rows: Iterable[Row], *, book: PriceBook, jump_note: str
) -> tuple[list[Change], list[Row]]:
    """Split what was read into what is new and what stands as held."""
    held = _newest_rows(book.rows)
    changes: list[Change] = []
    same: list[Row] = []
    for row in dict.fromkeys(rows):
        before = held.get((*row[:4], row.tier_from_units))
        if before is not None and _same_price(before, row) and before.basis == row.basis:
            same.append(row._replace(valid_from=before.valid_from))
            continue
        fresh = row
        if before is not None and row.valid_from <= before.valid_from:
            # The vendor's day precedes ours: the price in force on our day must be the vendor's.
            fresh = row._replace(valid_from=row.checked_on)
        if jump_note and not fresh.note:
            fresh = fresh._replace(note=jump_note)
        changes.append(Change(fresh, before))
    return changes, same


def _carried(changes: Sequence[Change], *, book: PriceBook) -> list[Change]:
    """Let prices follow that rest on one that changed and were not read themselves."""
    # What the rules derive follows by itself, and hides what an old table derived.
    fresh = [change.row for change in changes]
    derived = book.derived_on_demand({row.region for row in fresh})
    rows = [*book.rows, *derived, *fresh]
    moved = carry(
        [(change.before, change.row) for change in changes], newest=_newest_rows(rows).values()
    )
    return [Change(one.row, one.before) for one in moved]


def last_refresh(book: PriceBook, *, region: str) -> date | None:
    """Return the day of the last refresh of a region's prices, None where there was none."""
    read = [(row.checked_on, row.region, row.source) for row in book.rows]
    read += [(one.checked_on, one.region, one.source) for one in book.confirmations]
    return max(
        (
            day
            for day, where, source in read
            if where == region and not source.startswith("observed second-hand")
        ),
        default=None,
    )


def _newest_rows(rows: Iterable[Row]) -> dict[tuple[object, ...], Row]:
    newest: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = (*row[:4], row.tier_from_units)
        before = newest.get(key)
        if before is None or row.valid_from >= before.valid_from:
            newest[key] = row
    return newest


def _same_price(one: Row, other: Row) -> bool:
    return (
        abs(one.price_usd_per_unit - other.price_usd_per_unit)
        <= SAME_PRICE * other.price_usd_per_unit
        and one.unit == other.unit
    )


def _sound(
    changes: list[Change], *, held: Sequence[Row], read_count: int
) -> tuple[list[Change], str]:
    """Split off the few of the rows read that break a rule, and say so.

    Raises:
        CheckFailed: more than a few do: then it is the reading that is wrong.
    """
    findings = check_new_rows([change.row for change in changes], held=held)
    if not findings:
        return changes, ""
    broken = {finding.where for finding in findings}
    kept = [change for change in changes if place_of(change.row) not in broken]
    refused = len(changes) - len(kept)
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    if not refused or refused > FEW * read_count:
        raise CheckFailed(f"{findings[0]}{more}; nothing of it was added")
    return kept, f"refused {refused} of {read_count} prices: {findings[0]}{more}"


def _confirmations(
    confirmed: Sequence[Row], *, changes: Sequence[Change], book: PriceBook
) -> tuple[list[Confirmation], list[Row]]:
    """Say in one line that a whole group stands, row by row where only a part was seen."""
    seen = {(*row[:4], row.tier_from_units) for row in confirmed}
    seen |= {(*change.row[:4], change.row.tier_from_units) for change in changes}
    groups: dict[tuple[str, str, str], set[tuple[object, ...]]] = {}
    for key, row in _newest_rows(book.rows).items():
        if row.basis == "list":
            groups.setdefault((row.service, row.region, row.purchase), set()).add(key)
    whole: dict[tuple[str, str, str], Confirmation] = {}
    single: list[Row] = []
    for row in confirmed:
        group = (row.service, row.region, row.purchase)
        if groups.get(group, set()) <= seen:
            whole[group] = Confirmation(*group, row.checked_on, row.source)
        else:
            single.append(row)
    return list(whole.values()), single


def _catalogue_differences(region: str, *, plan: Plan, report: Report | None) -> list[str]:
    """Say where AWS describes an instance type otherwise than the catalogue does."""
    from pricing.sources import api

    if plan.via != "api":
        raise PricingError("instance-types cannot be read via files, only via api")

    def progress(done: int, of: int | None) -> None:
        if report:
            report(f"instance-types {region}", done, of)

    found = api.fetch_instance_types(
        region=region,
        families=sorted({shape.family for shape in load_catalogue().shapes}),
        endpoint_url=plan.endpoint_url,
        progress=progress,
    )
    lines = []
    for shape in load_catalogue().shapes:
        for name, theirs in found.get(shape.instance_type, {}).items():
            ours = getattr(shape, name)
            if ours != theirs:
                lines.append(f"{shape.instance_type}: {name} is {ours} here, {theirs} at AWS")
    return lines


def _write(
    rows: Sequence[Row], whole: Sequence[Confirmation], *, today: date, folder: Path
) -> Path:
    """Add one table; its name is the day and a fingerprint of what it holds."""
    content = "\n".join(sorted(map(str, [*rows, *whole])))
    mark = hashlib.sha256(content.encode()).hexdigest()[:8]
    path = folder / f"refresh-{today.isoformat()}-{mark}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_table(path, rows=rows, confirmations=whole)
    except OSError as error:
        raise TableError(
            f"{folder}: cannot be written to ({error.strerror}); name a folder of your own with "
            "--book"
        ) from error
    finally:
        load_book.cache_clear()
    return path
