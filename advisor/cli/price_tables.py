"""`advisor prices show`, `compare` and `coverage`: what things cost, where, and how it is known."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import say
from advisor.cli.price_options import (
    Book,
    Json,
    On,
    Regions,
    Services,
    Sku,
    SkuOption,
    echo_json,
    known_names,
    load_prices,
    one_sku,
    price_day,
)

if TYPE_CHECKING:
    from datetime import date

    from pricing.quotes import PriceBook, PriceQuote

FEE = "ecs-managed-instances"


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

    prices, day = load_prices(book), price_day(on)
    wanted_regions = known_names(regions, prices.regions, "region")
    wanted_services = known_names(services, prices.services, "service")
    name = one_sku(sku, sku_option)
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


def _print_quotes(found: "list[PriceQuote]", *, day: "date", as_json: bool) -> None:
    from pricing.age import banner

    warning = banner(found, today=day)
    if warning:
        say(warning, err=True)
    if as_json:
        echo_json([quote.model_dump(mode="json") for quote in found])
        return
    for quote in found:
        tier = f" from {quote.tier_from_units:g}" if quote.tier_from_units else ""
        note = f"  {quote.note}" if quote.note else ""
        say(
            f"{quote.service} {quote.sku} {quote.region} {quote.purchase}{tier}: "
            f"{quote.price_usd_per_unit:.10g} USD/{quote.unit}  {quote.basis}, "
            f"from {quote.valid_from}, checked {quote.checked_on}{note}"
        )


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

    prices, day = load_prices(book), price_day(on)
    name = one_sku(sku, sku_option)
    plain = {
        (service, region): quote
        for service, item, region, purchase in _places(prices, sku=name)
        if purchase == "on-demand"
        and (quote := prices.find(service=service, sku=item, region=region, on=day)) is not None
    }
    if not plain:
        raise QuoteNotFound(_nothing_of(prices, sku=name))
    wanted = known_names(regions, prices.regions, "region") if regions else []
    found: list[dict[str, Any]] = []
    sold = sorted({service for service, _ in plain})
    # SageMaker's components cost the same, and a fee is no way to buy.
    first = [one for one in ("ec2", "sagemaker-hosting") if one in sold] or sold
    for service in known_names(services, tuple(sold), "service") if services else first:
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
        echo_json({"sku": name, "on": day.isoformat(), "found": found})
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

    prices, day = load_prices(book), price_day(on)
    found = [
        one
        for one in covered(prices, on=day, by_region=each or bool(regions))
        if one.region in {"", *known_names(regions, prices.regions, "region")}
        and one.service in known_names(services, prices.services, "service")
    ]
    if as_json:
        echo_json(
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
