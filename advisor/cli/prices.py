"""`advisor prices`: look prices up, see what changed, check the tables, read them again."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli import completion
from advisor.cli.console import say
from advisor.cli.help_texts import new_group

if TYPE_CHECKING:
    from datetime import date

    from pricing.diff import Effect
    from pricing.quotes import PriceBook, PriceQuote
    from pricing.refresh import Outcome, Plan

FAILED, BROKEN = 1, 2
DEFAULT_STUDY = "advisor.yaml"
FEE = "ecs-managed-instances"
MOST_NAMED = 3

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Book = Annotated[
    Path | None, typer.Option(help="Folder with the price tables; the built-in by default.")
]
On = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Day whose prices apply; today by default.")
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="REGION",
        help="Region; may be repeated; all by default.",
        autocompletion=completion.regions,
    ),
]
Services = Annotated[
    list[str] | None,
    typer.Option(
        "--service",
        metavar="SERVICE",
        help="Service; may be repeated; all by default.",
        autocompletion=completion.services,
    ),
]


class Via(StrEnum):
    """Ways to read prices."""

    files = "files"
    api = "api"


def add(app: typer.Typer) -> None:
    """Register the commands."""
    prices = new_group(
        "Look up, compare, check and refresh prices."
        "\n\nExample: advisor prices show ml.m5.large --region eu-west-1"
    )
    for command in (show, compare, coverage, diff, check, age, refresh, drop):
        prices.command()(command)
    app.add_typer(prices, name="prices")


Sku = Annotated[
    str | None,
    typer.Argument(
        help="What to look up, e.g. m5.large or ml.m5.large.", autocompletion=completion.skus
    ),
]
SkuOption = Annotated[
    str | None,
    typer.Option(
        "--sku", help="The same as an option, for scripts.", autocompletion=completion.skus
    ),
]


def show(
    sku: Sku = None,
    sku_option: SkuOption = None,
    all_regions: Annotated[
        bool, typer.Option("--all-regions", help="One line a region, the cheapest first.")
    ] = False,
    regions: Regions = None,
    services: Services = None,
    on: On = None,
    history: Annotated[bool, typer.Option("--history", help="Every price ever recorded.")] = False,
    book: Book = None,
    as_json: Json = False,
) -> None:
    """Show the prices of a sku, with near matches when there is none of that name.

    Example: advisor prices show ml.m5.large --region eu-west-1 --history
    """
    from pricing.errors import QuoteNotFound

    prices, day = _load(book), _day(on)
    wanted_regions = _known(regions, prices.regions, "region")
    wanted_services = _known(services, prices.services, "service")
    name = _one_sku(sku, sku_option)
    places = [
        place
        for place in _places(prices, sku=name)
        if place[2] in wanted_regions
        and place[0] in wanted_services
        and (services or place[0] != FEE)  # a fee is asked for by its name
    ]
    if all_regions and places:
        say(_region_table(prices, sku=name, places=places, day=day, as_json=as_json))
        return
    if not places:
        raise QuoteNotFound(_nothing_of(prices, sku=name))
    found: list[PriceQuote] = []
    for service, item, region, purchase in places:
        where = {"service": service, "sku": item, "region": region, "purchase": purchase}
        if history:
            found += prices.history(**where)
        elif prices.find(**where, on=day) is not None:
            found += prices.tiers(**where, on=day)
    if not found:
        first = min(
            quote.valid_from
            for service, item, region, purchase in places
            for quote in prices.history(service=service, sku=item, region=region, purchase=purchase)
        )
        raise QuoteNotFound(f"no price for {name!r} on {day}: the first one we hold starts {first}")
    _print_quotes(found, day=day, as_json=as_json)


def _one_sku(argument: str | None, option: str | None) -> str:
    from pricing.errors import PricingError

    name = argument or option
    if name is None or (argument and option and argument != option):
        raise PricingError("name one sku, e.g. 'advisor prices show m5.large'")
    return name


def _places(prices: "PriceBook", *, sku: str) -> list[tuple[str, str, str, str]]:
    """Return where and how a sku is priced, but for commitments that a rule derives."""
    read = {row[:4] for row in prices.rows if row.sku == sku}
    derived = {
        (service, sku, region, purchase)
        for service in prices.services
        for region in prices.regions
        if sku in prices.skus(service=service, region=region)
        for purchase in ("on-demand", "spot")
        if prices.history(service=service, sku=sku, region=region, purchase=purchase)
    }
    return sorted(read | derived)


def _nothing_of(prices: "PriceBook", *, sku: str) -> str:
    """Say that a sku is not priced there, and what is."""
    from difflib import get_close_matches

    held = _places(prices, sku=sku)
    if held:
        elsewhere = sorted({f"{service} in {region}" for service, _, region, _ in held})
        hint = f": it is priced as {', '.join(elsewhere)}"
    else:
        skus = sorted({row.sku for row in prices.rows})
        small = sku.lower()
        near = get_close_matches(small, skus, n=5) or [s for s in skus if small in s][:5]
        hint = f": did you mean {', '.join(near)}?" if near else ""
    return f"no price for {sku!r} in the regions and services asked for{hint}"


def _region_table(
    prices: "PriceBook",
    *,
    sku: str,
    places: list[tuple[str, str, str, str]],
    day: "date",
    as_json: bool,
) -> str:
    """Return a sku's price in every region, the cheapest first, one part a service and purchase."""
    import json

    groups: dict[tuple[str, str], list[PriceQuote]] = {}
    for service, item, region, purchase in places:
        quote = prices.find(service=service, sku=item, region=region, purchase=purchase, on=day)
        if quote is not None and purchase in {"on-demand", "spot"}:
            groups.setdefault((service, purchase), []).append(quote)
    for quotes in groups.values():
        quotes.sort(key=lambda quote: (quote.price_usd_per_unit, quote.region))
    if as_json:
        every = [quote.model_dump(mode="json") for quotes in groups.values() for quote in quotes]
        return json.dumps(every, indent=2)
    lines = [f"{sku}, in force on {day}"]
    for (service, purchase), quotes in sorted(groups.items()):
        cheapest = quotes[0].price_usd_per_unit
        lines.append(f"{service}, {purchase}, USD/{quotes[0].unit}")
        lines += [
            f"  {quote.region:<15} {quote.price_usd_per_unit:>12.7g} "
            f"{quote.price_usd_per_unit / cheapest:>6.2f} x  {quote.basis:<7} "
            f"read {quote.checked_on}"
            for quote in quotes
        ]
    return "\n".join(lines)


def compare(
    sku: Sku = None,
    sku_option: SkuOption = None,
    regions: Regions = None,
    services: Services = None,
    on: On = None,
    book: Book = None,
    as_json: Json = False,
) -> None:
    """Compare the ways to buy a machine, a task or a function: each commitment as a share.

    Shows the regions from the cheapest on, then what each way to buy costs beside on demand, in
    the regions named, or in the cheapest.

    Example: advisor prices compare m7g.xlarge --region eu-west-1
    """
    from pricing.errors import QuoteNotFound
    from pricing.quotes import PURCHASES

    prices, day = _load(book), _day(on)
    name = _one_sku(sku, sku_option)
    plain = {
        (service, region): quote
        for service, item, region, purchase in _places(prices, sku=name)
        if purchase == "on-demand"
        and (quote := prices.find(service=service, sku=item, region=region, on=day)) is not None
    }
    if not plain:
        raise QuoteNotFound(_nothing_of(prices, sku=name))
    wanted = _known(regions, prices.regions, "region") if regions else []
    found: list[dict[str, Any]] = []
    sold = sorted({service for service, _ in plain})
    # SageMaker's components cost the same, and a fee is no way to buy.
    first = [one for one in ("ec2", "sagemaker-hosting") if one in sold] or sold
    for service in _known(services, tuple(sold), "service") if services else first:
        ordered = sorted(
            (quote.price_usd_per_unit, region)
            for (s, region), quote in plain.items()
            if s == service
        )
        for region in wanted or [ordered[0][1]]:
            base = plain.get((service, region))
            if base is None:
                continue
            ways = [
                quote
                for purchase in PURCHASES
                if (
                    quote := prices.find(
                        service=service, sku=name, region=region, purchase=purchase, on=day
                    )
                )
            ]
            found.append(
                {
                    "service": service,
                    "region": region,
                    "unit": base.unit,
                    "regions": [{"region": where, "usd": usd} for usd, where in ordered],
                    "ways": [
                        {
                            "purchase": quote.purchase,
                            "usd": quote.price_usd_per_unit,
                            "share": quote.price_usd_per_unit / base.price_usd_per_unit,
                            "basis": quote.basis,
                            "checked_on": quote.checked_on.isoformat(),
                        }
                        for quote in ways
                    ],
                }
            )
    if as_json:
        _echo_json({"sku": name, "on": day.isoformat(), "found": found})
        return
    for place in found:
        _print_ways(name, place)


def _print_ways(sku: str, place: dict[str, Any]) -> None:
    """Print the regions of a service by price, and the ways to buy in one of them."""
    from textwrap import wrap

    regions = ", ".join(f"{one['region']} {one['usd']:.6g}" for one in place["regions"])
    say(f"{place['service']} {sku}, USD/{place['unit']}")
    for line in wrap(f"by region: {regions}", 76, break_on_hyphens=False):
        say(f"  {line}")
    say(f"  in {place['region']}:")
    for way in place["ways"]:
        say(
            f"    {way['purchase']:<20} {way['usd']:>12.7g}  {100 * way['share']:>5.1f} %  "
            f"{way['basis']:<7} {way['checked_on']}"
        )


def coverage(
    regions: Regions = None,
    services: Services = None,
    each: Annotated[
        bool, typer.Option("--each", help="One line for each service and region.")
    ] = False,
    on: On = None,
    book: Book = None,
    as_json: Json = False,
) -> None:
    """Show how many prices in force were read, derived or assumed, and how old they are.

    Example: advisor prices coverage --each --region eu-west-1
    """
    from pricing.age import coverage as covered

    prices, day = _load(book), _day(on)
    found = [
        one
        for one in covered(prices, on=day, by_region=each or bool(regions))
        if one.region in {"", *_known(regions, prices.regions, "region")}
        and one.service in _known(services, prices.services, "service")
    ]
    if as_json:
        _echo_json(
            [
                one._asdict() | {"oldest": one.oldest.isoformat(), "newest": one.newest.isoformat()}
                for one in found
            ]
        )
        return
    for region in sorted({one.region for one in found}):
        say(f"{region or 'all regions':<36} prices  read derived assumed oldest..newest")
        for one in (each for each in found if each.region == region):
            how = {"on-demand": "", "commitments": "plans"}.get(one.purchase, one.purchase)
            say(
                f"  {f'{one.service} {how}':<34} {one.price_count:>6} {one.read:>5} "
                f"{one.derived:>7} {one.assumed:>7}  {one.oldest:%y-%m}..{one.newest:%y-%m}"
            )


def diff(
    start: Annotated[str, typer.Argument(metavar="FROM", help="Earlier day, YYYY-MM-DD.")],
    end: Annotated[str, typer.Argument(metavar="TO", help="Later day, YYYY-MM-DD.")],
    recommendation: Annotated[
        Path | None,
        typer.Option(help="A saved recommendation or bill (JSON): what the changes do to it."),
    ] = None,
    regions: Regions = None,
    services: Services = None,
    book: Book = None,
    as_json: Json = False,
) -> None:
    """Show which prices differ between two days, and what that does to a saved recommendation.

    Example: advisor prices diff 2025-01-01 2026-11-01 --service ec2 --region us-east-1
    """
    from pricing.age import banner
    from pricing.diff import changes_between, effects

    prices = _load(book)
    wanted_regions = _known(regions, prices.regions, "region")
    wanted_services = _known(services, prices.services, "service")
    changes = tuple(
        change
        for change in changes_between(prices, start=_day(start), end=_day(end))
        if change.quote.region in wanted_regions and change.quote.service in wanted_services
    )
    results: tuple[Effect, ...] = ()
    if recommendation:
        every = changes_between(prices, start=_day(start), end=_day(end), derived=True)
        results = effects(_read_json(recommendation), every)
    warning = banner((change.quote for change in changes), today=_day(end))
    if warning:
        say(warning, err=True)
    if as_json:
        _echo_json(
            {
                "from": start,
                "to": end,
                "changes": [
                    {
                        "service": change.quote.service,
                        "sku": change.quote.sku,
                        "region": change.quote.region,
                        "purchase": change.quote.purchase,
                        "unit": change.quote.unit,
                        "before_usd_per_unit": change.before and change.before.price_usd_per_unit,
                        "after_usd_per_unit": change.after and change.after.price_usd_per_unit,
                    }
                    for change in changes
                ],
                "effects": [effect._asdict() for effect in results],
            }
        )
        return
    for change in changes:
        say(_change_text(change.before, change.after))
    say(f"{len(changes)} prices differ between {start} and {end}")
    if results and not any(effect.line_count for effect in results):
        say(f"no line of {recommendation} is touched")
        return
    for effect in results:
        say(
            f"{effect.name}: {effect.before_usd:,.2f} -> {effect.after_usd:,.2f} USD "
            f"({effect.line_count} lines touched)"
        )


def check(book: Book = None, as_json: Json = False) -> None:
    """Hold every price against every rule; exit 2 when one is broken.

    Example: advisor prices check
    """
    from pricing.checks import RULES, check_rows
    from pricing.tables import read_book

    prices = read_book(book)
    findings = check_rows(prices.rows)
    if as_json:
        _echo_json(
            {
                "row_count": len(prices),
                "rules": list(RULES),
                "sha256": prices.sha256,
                "findings": [finding._asdict() for finding in findings],
            }
        )
    else:
        for finding in findings:
            say(str(finding))
        say(f"{len(prices):,} prices, {len(RULES)} rules, {len(findings)} broken")
        say(f"book {prices.sha256}")
    if findings:
        raise typer.Exit(BROKEN)


def age(on: On = None, book: Book = None, as_json: Json = False) -> None:
    """Show how long ago each group of prices was read at its source, oldest first.

    Example: advisor prices age
    """
    from pricing.age import ages, banner_of_day

    prices, day = _load(book), _day(on)
    groups = ages(prices, today=day)
    first = f"{groups[0].service}, {groups[0].region}" if groups else ""
    warning = banner_of_day(groups[0].oldest, today=day, which=first) if groups else None
    if warning:
        say(warning, err=True)
    if as_json:
        _echo_json(
            {
                "on": day.isoformat(),
                "groups": [
                    group._asdict()
                    | {
                        "oldest": group.oldest.isoformat(),
                        "newest": group.newest.isoformat(),
                        "oldest_age_days": (day - group.oldest).days,
                    }
                    for group in groups
                ],
            }
        )
        return
    for group in groups:
        say(
            f"{(day - group.oldest).days:>5} days  {group.service} {group.region} "
            f"{group.purchase}: {group.sku_count} skus, {group.list_count} of them read, "
            f"{group.oldest} to {group.newest}"
        )


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
    prices, today = _load(book), _day(None)
    wanted = _regions_of(study, every=every, asked=regions, book=book, known=prices.regions)
    days = _days(if_older)
    if days is not None:
        last = [last_refresh(prices, region=region) for region in wanted]
        oldest = min((day for day in last if day), default=None)
        if oldest and None not in last and (today - oldest).days <= days:
            if as_json:
                _echo_json({"skipped": True, "last_refresh": oldest.isoformat()})
                return
            say(f"the prices were read on {oldest}: within {days} days, nothing to do")
            return
    ways = [name for name, how in SOURCES.items() if via.value in how]
    plan = Plan(
        regions=tuple(wanted),
        services=tuple(_known(services, tuple(SOURCES), "service") if services else ways),
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
        _echo_json({"folder": str(own_folder()), "dropped": [path.name for path in dropped]})
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
        return _known(asked, known, "region")
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
    answer = recommend(loaded, evidence, on=_day(None), book=book, what_if=False)
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
            old, new = book.find(**where, on=_day(None)), after.find(**where, on=_day(None))
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
            plan, today=_day(None), folder=folder, transport=transport, report=report
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
        _echo_json(
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


def _load(folder: Path | None) -> "PriceBook":
    from pricing.tables import load_book

    return load_book(folder)


def _day(text: str | None) -> "date":
    """Return the day that was asked for, today (UTC) for none."""
    from datetime import UTC, datetime

    return datetime.now(tz=UTC).date() if text is None else parse_day(text)


def parse_day(text: str) -> "date":
    """Read a day.

    Raises:
        PricingError: it is not one.
    """
    from datetime import date

    from pricing.errors import PricingError

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PricingError(f"{text!r} is not a day like 2026-07-01") from error


def _known(asked: list[str] | None, known: tuple[str, ...], what: str) -> list[str]:
    from difflib import get_close_matches

    from pricing.errors import PricingError

    for name in asked or ():
        if name not in known:
            near = get_close_matches(name, known, n=3) or list(known)
            raise PricingError(f"no {what} {name!r}: did you mean {', '.join(near)}?")
    return asked or list(known)


def _read_json(path: Path) -> dict[str, Any]:
    import json

    from pricing.errors import PricingError

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PricingError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise PricingError(f"{path}: not a JSON file") from error
    if not isinstance(content, dict):
        raise PricingError(f"{path}: neither a recommendation nor a bill")
    return content


def _echo_json(content: object) -> None:
    import json

    typer.echo(json.dumps(content, indent=2))


def _change_text(before: "PriceQuote | None", after: "PriceQuote | None") -> str:
    quote = after or before
    assert quote is not None
    what = f"{quote.service} {quote.sku} {quote.region} {quote.purchase}"
    if before is None:
        return f"+ {what}: {quote.price_usd_per_unit:g} USD/{quote.unit} ({quote.basis})"
    if after is None:
        return f"- {what}: was {quote.price_usd_per_unit:g} USD/{quote.unit}"
    return (
        f"~ {what}: {before.price_usd_per_unit:g} -> {after.price_usd_per_unit:g} USD/{quote.unit}"
    )


def _print_quotes(found: "list[PriceQuote]", *, day: "date", as_json: bool) -> None:
    from pricing.age import banner

    warning = banner(found, today=day)
    if warning:
        say(warning, err=True)
    if as_json:
        _echo_json([quote.model_dump(mode="json") for quote in found])
        return
    for quote in found:
        tier = f" from {quote.tier_from_units:g}" if quote.tier_from_units else ""
        note = f"  {quote.note}" if quote.note else ""
        say(
            f"{quote.service} {quote.sku} {quote.region} {quote.purchase}{tier}: "
            f"{quote.price_usd_per_unit:.10g} USD/{quote.unit}  {quote.basis}, "
            f"from {quote.valid_from}, checked {quote.checked_on}{note}"
        )
