"""Where the numbers come from, how old they are, and how to get them again."""

from advisor.recommendation import MeasureNext, Recommendation
from advisor.report.tables.cells import Cell, Column, Table
from advisor.report.words import BASIS_MEANINGS, significant, usd, value_text


def assumptions_table(recommendation: Recommendation) -> Table:
    """Every number that was not measured."""
    return Table(
        cards=True,
        caption="Inputs and assumptions",
        columns=(
            Column("Input"),
            Column("Value", numeric=True),
            Column("Unit"),
            Column("Source"),
            Column("Date"),
            Column("Basis"),
        ),
        rows=tuple(
            (
                Cell(entry.name),
                Cell(value_text(entry.value), entry.basis),
                Cell(entry.unit),
                Cell(entry.source),
                Cell(entry.dated.isoformat() if entry.dated else "its runs'"),
                Cell(BASIS_MEANINGS[entry.basis]),
            )
            for entry in recommendation.assumptions
        ),
    )


def prices_table(recommendation: Recommendation) -> Table:
    """The rows of the price book that the chosen option's bill rests on, with their dates."""
    lines = recommendation.best.lines if recommendation.best else ()
    quotes = {line.quote: line for line in lines if line.quote is not None}
    return Table(
        cards=True,
        caption="Prices of the chosen option",
        columns=(
            Column("Service"),
            Column("What"),
            Column("Region"),
            Column("Bought"),
            Column("USD", numeric=True),
            Column("Unit"),
            Column("Applies from"),
            Column("Checked on"),
            Column("Source"),
        ),
        rows=tuple(
            (
                Cell(quote.service),
                Cell(quote.sku),
                Cell(quote.region),
                Cell(quote.purchase),
                Cell(significant(line.usd_per_unit, digits=6), line.basis),
                Cell(line.unit),
                Cell(quote.valid_from.isoformat()),
                Cell(quote.checked_on.isoformat()),
                Cell(line.source),
            )
            for quote, line in quotes.items()
        ),
    )


def version_lines(recommendation: Recommendation) -> tuple[str, ...]:
    """Return what the answer was made with: program, price book, runs."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("model-deployment-advisor")
    except PackageNotFoundError:
        own = "not installed"
    return (
        f"# advisor {own}",
        f"# price book sha256 {recommendation.prices.sha256}",
        f"# {len(recommendation.runs)} runs, named under Evidence",
    )


def price_sentence(recommendation: Recommendation) -> str:
    """Say how old the prices are."""
    prices = recommendation.prices
    return (
        f"Prices as of {prices.on.isoformat()}; the oldest used was checked on "
        f"{prices.oldest_checked_on.isoformat()}. USD before tax; a month is 730 h."
    )


def reproduce_commands(recommendation: Recommendation) -> tuple[str, ...]:
    """The command that gives this answer again, and the inputs it depends on."""
    return (f"advisor recommend STUDY.yaml --on {recommendation.prices.on.isoformat()}",)


def measurements(recommendation: Recommendation) -> tuple[str, ...]:
    """Return what to measure next, each with what it costs and saves."""
    return tuple(_measurement(item) for item in recommendation.measure_next)


def _measurement(item: MeasureNext) -> str:
    worth = f"saves {usd(item.saves_usd_per_month)} USD/month" if item.saves_usd_per_month else ""
    cost = f"costs about {item.cost_usd:,.2g} USD" if item.cost_usd else ""
    figures = "; ".join(part for part in (cost, worth) if part)
    return f"{item.action} ({figures})" if figures else item.action
