"""`advisor prices`: look prices up, see what changed, check the tables, read them again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import say
from advisor.cli.help_texts import new_group
from advisor.cli.price_options import (
    Book,
    Json,
    On,
    Regions,
    Services,
    echo_json,
    known_names,
    load_prices,
    price_day,
)
from advisor.cli.price_refresh import drop, refresh
from advisor.cli.price_tables import compare, coverage, show

if TYPE_CHECKING:
    from pricing.diff import Effect
    from pricing.quotes import PriceQuote

BROKEN = 2


def add(app: typer.Typer) -> None:
    """Register the commands."""
    prices = new_group(
        "Look up, compare, check and refresh prices."
        "\n\nExample: advisor prices show ml.m5.large --region eu-west-1"
    )
    for command in (show, compare, coverage, diff, check, age, refresh, drop):
        prices.command()(command)
    app.add_typer(prices, name="prices")


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

    prices = load_prices(book)
    wanted_regions = known_names(regions, prices.regions, "region")
    wanted_services = known_names(services, prices.services, "service")
    changes = tuple(
        change
        for change in changes_between(prices, start=price_day(start), end=price_day(end))
        if change.quote.region in wanted_regions and change.quote.service in wanted_services
    )
    results: tuple[Effect, ...] = ()
    if recommendation:
        every = changes_between(prices, start=price_day(start), end=price_day(end), derived=True)
        results = effects(_read_json(recommendation), every)
    warning = banner((change.quote for change in changes), today=price_day(end))
    if warning:
        say(warning, err=True)
    if as_json:
        echo_json(
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
        echo_json(
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

    prices, day = load_prices(book), price_day(on)
    groups = ages(prices, today=day)
    first = f"{groups[0].service}, {groups[0].region}" if groups else ""
    warning = banner_of_day(groups[0].oldest, today=day, which=first) if groups else None
    if warning:
        say(warning, err=True)
    if as_json:
        echo_json(
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
