"""What the commands about prices share: their options, and how words become values."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli import completion

if TYPE_CHECKING:
    from datetime import date

    from pricing.quotes import PriceBook

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


def load_prices(folder: Path | None) -> "PriceBook":
    """Return the book of a folder; the shipped prices and the user's own for none."""
    from pricing.tables import load_book

    return load_book(folder)


def price_day(text: str | None) -> "date":
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


def known_names(asked: list[str] | None, known: tuple[str, ...], what: str) -> list[str]:
    """Return the names asked for, all of them for none.

    Raises:
        PricingError: one is not known; the message lists near ones.
    """
    from difflib import get_close_matches

    from pricing.errors import PricingError

    for name in asked or ():
        if name not in known:
            near = get_close_matches(name, known, n=3) or list(known)
            raise PricingError(f"no {what} {name!r}: did you mean {', '.join(near)}?")
    return asked or list(known)


def one_sku(argument: str | None, option: str | None) -> str:
    """Return the sku that was named, as an argument or as an option.

    Raises:
        PricingError: none was, or two were.
    """
    from pricing.errors import PricingError

    name = argument or option
    if name is None or (argument and option and argument != option):
        raise PricingError("name one sku, e.g. 'advisor prices show m5.large'")
    return name


def echo_json(content: object) -> None:
    """Print JSON for programs."""
    import json

    typer.echo(json.dumps(content, indent=2))
