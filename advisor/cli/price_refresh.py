"""`advisor prices refresh` and `drop`: read prices again, or go back to the shipped ones."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli import completion
from advisor.cli.console import say
from advisor.cli.price_options import (
    Json,
    Regions,
    Services,
    echo_json,
    known_names,
    load_prices,
    price_day,
)

if TYPE_CHECKING:
    from pricing.quotes import PriceBook
    from pricing.refresh import Outcome, Plan

FAILED = 1
DEFAULT_STUDY = "advisor.yaml"
MOST_NAMED = 3


class Via(StrEnum):
    """Ways to read prices."""

    files = "files"
    api = "api"


def refresh(
    study: Annotated[
        Path | None,
        typer.Argument(
            help="Study whose regions are read, and whose bill is told before and after.",
            autocompletion=completion.studies,
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every region that the product knows.")
    ] = False,
    if_older: Annotated[
        str,
        typer.Option(
            metavar="DAYS", help="Only where the last refresh is longer ago, e.g. 30d; for scripts."
        ),
    ] = "",
    regions: Regions = None,
    services: Services = None,
    via: Annotated[
        Via, typer.Option(help="Public offer files, or the API with your credentials.")
    ] = Via.files,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the difference, write nothing.")
    ] = False,
    accept_jumps: Annotated[
        str, typer.Option(metavar="WHY", help="Let prices triple this time, and note why.")
    ] = "",
    files_url: Annotated[
        str | None, typer.Option(help="Another address for the offer files, e.g. a mirror.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(help="Another address for the API, e.g. a VPC endpoint.")
    ] = None,
    book: Annotated[
        Path | None, typer.Option(help="Folder for the new prices; your own by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read prices again at AWS, check them, show what differs, and add what is new.

    Needs no account: AWS's public offer files are read, for the regions of the study, or of
    advisor.yaml here, or for the first region. What is new joins the shipped prices from then on;
    'advisor prices drop' takes it away. Killed, it goes on where it stopped. A source that fails
    keeps its old rows and does not stop the others; exit 1 when any failed.

    Example: advisor prices refresh churn.yaml --if-older 30d
    """
    from pricing.refresh import Plan, last_refresh
    from pricing.sources import SOURCES
    from pricing.sources.files import Transport, require_network
    from pricing.tables import start_book

    if book and start_book(book):
        say(f"started a book of your own in {book} with the built-in prices", err=True)
    prices, today = load_prices(book), price_day(None)
    wanted = _regions_of(study, every=every, asked=regions, book=book, known=prices.regions)
    days = _days(if_older)
    if days is not None:
        last = [last_refresh(prices, region=region) for region in wanted]
        oldest = min((day for day in last if day), default=None)
        if oldest and None not in last and (today - oldest).days <= days:
            if as_json:
                echo_json({"skipped": True, "last_refresh": oldest.isoformat()})
                return
            say(f"the prices were read on {oldest}: within {days} days, nothing to do")
            return
    ways = [name for name, how in SOURCES.items() if via.value in how]
    plan = Plan(
        regions=tuple(wanted),
        services=tuple(known_names(services, tuple(SOURCES), "service") if services else ways),
        via=via.value,
        dry_run=dry_run,
        jump_note=accept_jumps,
        endpoint_url=endpoint_url,
    )
    transport = Transport(base_url=files_url) if files_url else Transport()
    if via is Via.files:
        require_network(transport)
    before = None if study is None else _bill_of(study, book=prices)
    outcome = _run_refresh(plan, folder=book, transport=transport)
    effect = "" if before is None else _effect_on(before, outcome, book=prices)
    _print_outcome(outcome, dry_run=dry_run, as_json=as_json, effect=effect)
    if outcome.failures:
        raise typer.Exit(FAILED)


def drop(as_json: Json = False) -> None:
    """Take the prices away that you refreshed: the shipped ones count again.

    Example: advisor prices drop
    """
    from pricing.tables import drop_own_tables, own_folder

    dropped = drop_own_tables()
    if as_json:
        echo_json({"folder": str(own_folder()), "dropped": [path.name for path in dropped]})
        return
    say(f"dropped {len(dropped)} refreshed tables from {own_folder()}")


def _regions_of(
    study: Path | None,
    *,
    every: bool,
    asked: list[str] | None,
    book: Path | None,
    known: tuple[str, ...],
) -> list[str]:
    """Return the regions to read: those asked for, the study's, or every one."""
    from advisor.study.file import load_study
    from advisor.study.types import Cloud

    if asked or every or (book and study is None):
        return known_names(asked, known, "region")
    path = study or (Path(DEFAULT_STUDY) if Path(DEFAULT_STUDY).is_file() else None)
    cloud = load_study(path).cloud if path else Cloud()
    return list(dict.fromkeys(cloud.regions))


def _days(text: str) -> int | None:
    """Read a number of days such as `30d`.

    Raises:
        PricingError: it is none.
    """
    import re

    from pricing.errors import PricingError

    if not text:
        return None
    found = re.fullmatch(r"(\d{1,4})d?", text.strip())
    if found is None:
        raise PricingError(f"--if-older {text!r}: write days, such as 30d")
    return int(found[1])


def _bill_of(study: Path, *, book: "PriceBook") -> dict[str, Any]:
    """Return the answer of a study at the prices held, as saved ones are compared."""
    from advisor.recommend import load_evidence, recommend
    from advisor.study.file import load_study

    loaded = load_study(study)
    evidence = load_evidence(study, loaded, store=None)
    answer = recommend(loaded, evidence, on=price_day(None), book=book, what_if=False)
    found: dict[str, Any] = answer.model_dump(mode="json")
    return found


def _effect_on(answer: dict[str, Any], outcome: "Outcome", *, book: "PriceBook") -> str:
    """Say what the new prices do to the chosen option's bill, what is derived from them too."""
    after = book.with_rows([change.row for change in outcome.changes])
    for chosen in answer["ranked"][:1]:
        before_usd = after_usd = 0.0
        for line in chosen["lines"]:
            quote = line["quote"]
            if not quote:
                continue
            where = {name: quote[name] for name in ("service", "sku", "region", "purchase")}
            old, new = (
                book.find(**where, on=price_day(None)),
                after.find(**where, on=price_day(None)),
            )
            before_usd += line["usd_per_month"]
            moved = new.price_usd_per_unit / old.price_usd_per_unit if old and new else 1.0
            after_usd += line["usd_per_month"] * moved
        return f"your bill: {before_usd:,.2f} -> {after_usd:,.2f} USD/month ({chosen['name']})"
    return ""


def _run_refresh(plan: "Plan", *, folder: Path | None, transport: Any) -> "Outcome":
    """Refresh with progress bars on stderr."""
    from rich.console import Console
    from rich.progress import Progress

    from pricing.refresh import refresh as refresh_book

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, of: int | None) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done, total=of)

        return refresh_book(
            plan, today=price_day(None), folder=folder, transport=transport, report=report
        )


def _print_outcome(outcome: "Outcome", *, dry_run: bool, as_json: bool, effect: str = "") -> None:
    told: dict[str, list[str]] = {}
    for failure in outcome.failures:
        told.setdefault(failure.message, []).append(f"{failure.source} {failure.region}")
    for message, sources in told.items():
        some = ", ".join(sources[:MOST_NAMED])
        more = f" and {len(sources) - MOST_NAMED} more" if len(sources) > MOST_NAMED else ""
        say(f"{some}{more}: kept the old prices: {message}", err=True)
    if as_json:
        echo_json(
            {
                "changes": [str(change) for change in outcome.changes],
                "confirmed_count": len(outcome.confirmed),
                "differences": list(outcome.differences),
                "failures": [failure.model_dump() for failure in outcome.failures],
                "path": str(outcome.path) if outcome.path else None,
                "moved_count": outcome.moved_count,
                "read_count": outcome.read_count,
                "effect": effect or None,
            }
        )
        return
    for change in outcome.changes:
        say(str(change))
    for difference in outcome.differences:
        say(difference)
    say(
        f"{len(outcome.changes)} new prices, {len(outcome.confirmed)} unchanged, "
        f"{len(outcome.failures)} sources failed"
    )
    summary = f"{outcome.moved_count} of {outcome.read_count} prices changed"
    say(f"{summary}; {effect}" if effect else summary)
    if dry_run:
        say("dry run: nothing was written")
    elif outcome.path:
        say(f"added {outcome.path}")
