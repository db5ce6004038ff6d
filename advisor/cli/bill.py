"""`advisor bill`: price a usage file, line by line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.console import harmless, say

if TYPE_CHECKING:
    from pricing.bill import Bill


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(bill)


def bill(
    usage: Annotated[Path, typer.Argument(help="Usage file (YAML).", metavar="USAGE")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the bill as JSON.")] = False,
    book: Annotated[
        Path | None, typer.Option(help="Folder with the price tables; the built-in by default.")
    ] = None,
    known_on: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="Leave out prices read at their source after this day, to rebuild an old bill.",
        ),
    ] = None,
) -> None:
    """Price a usage file, line by line.

    Example: advisor bill usage.yaml
    """
    from advisor.cli.price_options import parse_day
    from advisor.files import require_file
    from pricing.age import banner
    from pricing.bill import price_file
    from pricing.errors import PricingError
    from pricing.tables import load_book
    from pricing.usage import load_usage

    require_file(usage, otherwise="docs/reference/prices.md shows how one is written")
    content = load_usage(usage)
    prices = load_book(book)
    if known_on is not None:
        prices = prices.known_on(parse_day(known_on))
    try:
        found = price_file(content, book=prices)
    except PricingError as error:
        raise type(error)(f"{usage}: {error}") from error
    warning = banner(found.quotes, today=content.on)
    if warning:
        say(warning, err=True)
    if as_json:
        import json

        typer.echo(json.dumps(found.as_json(), indent=2))
    else:
        _show(found)


def _show(found: "Bill") -> None:
    """Print a bill as a table, its total, and what the reader must know about its prices."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("line", "quantity", "USD/unit", "USD", "price", "since"):
        right = heading in {"quantity", "USD/unit", "USD"}
        table.add_column(
            heading,
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=heading != "line",
        )
    notes: dict[str, None] = {}
    for line in found.lines:
        table.add_row(
            harmless(line.label),
            f"{_short(line.quantity)} {line.unit}",
            f"{line.usd_per_unit:.7g}",
            f"{line.cost_usd:,.2f}",
            line.quote.basis,
            line.quote.valid_from.isoformat(),
        )
        if line.quote.note:
            notes[f"{line.quote.sku}: {line.quote.note}"] = None
    console.print(f"Bill in {found.region} at the prices of {found.on}")
    console.print(table)
    console.print(f"Total: {found.total_usd:,.2f} USD")
    for note in notes:
        console.print(f"  {harmless(note)}", soft_wrap=True)
    for free in found.free_tiers:
        console.print(f"  Free tier, not taken off: {free}", soft_wrap=True)


def _short(quantity: float) -> str:
    """Print a quantity without digits that say nothing."""
    return f"{quantity:,.4f}".rstrip("0").rstrip(".")
