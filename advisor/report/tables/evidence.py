"""Where the numbers come from, how old they are, and how to get them again."""

from typing import NamedTuple

from advisor.decision.answer.old_prices import old_price_banner, prices_are_stale
from advisor.recommendation import Basis, MeasureNext, Recommendation
from advisor.report.tables.cells import Cell, Column, Table
from advisor.report.tables.names import origin_of_price, unit_name
from advisor.report.words import BASIS_MEANINGS, MONTH, significant, usd, value_text

MEANT: dict[Basis, str] = {
    "measured": "timed or scored on the machine of the benchmark",
    "scaled": "carried from there to a machine on offer, with a band",
    "list": "a dated row of the price book",
    "assumed": "a default of ours, with its source",
    "input": "given by the study",
}


def bases_table(recommendation: Recommendation) -> Table:
    """How many of the figures are measured, scaled, listed, assumed and given."""
    best = recommendation.best
    counts: dict[Basis, list[str]] = {basis: [] for basis in BASIS_MEANINGS}
    counts["measured"] += [
        _counted(len(recommendation.runs), "benchmark run"),
        _counted(len(recommendation.findings), "finding"),
    ]
    scaled = sum(
        o.p99_latency_ms is not None and o.basis == "scaled" for o in recommendation.ranked
    )
    counts["scaled"].append(_counted(scaled, "answer time"))
    for basis, found in counts.items():
        lines = sum(line.basis == basis for line in best.lines) if best else 0
        found.append(_counted(lines, "line") + " of the bill" if lines else "")
        given = sum(entry.basis == basis for entry in recommendation.assumptions)
        found.append(_counted(given, "input"))
    return Table(
        caption="What the answer rests on",
        columns=(Column("Basis"), Column("What it means"), Column("How much of it")),
        rows=tuple(
            (
                Cell(BASIS_MEANINGS[basis], basis),
                Cell(MEANT[basis]),
                Cell(", ".join(one for one in found if one) or "none"),
            )
            for basis, found in counts.items()
        ),
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}" if count else ""


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
            Column("Price of"),
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
                Cell(f"{quote.service} {quote.sku}"),
                Cell(quote.region),
                Cell(quote.purchase),
                Cell(significant(line.usd_per_unit, digits=6), line.basis),
                Cell(unit_name(line.unit)),
                Cell(quote.valid_from.isoformat()),
                Cell(quote.checked_on.isoformat()),
                Cell(origin_of_price(line.source)),
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


class Banner(NamedTuple):
    """What stands above figures that rest on old prices."""

    text: str
    kind: str
    """`stale` where old prices could change the answer, else `old`."""


def price_banner(recommendation: Recommendation) -> Banner | None:
    """Return what to print above the answer; None while all its prices are fresh."""
    prices, age = recommendation.prices, recommendation.price_age
    text = old_price_banner(prices, age)
    if text is None:
        return None
    return Banner(text, "stale" if prices_are_stale(prices, age) else "old")


def price_sentence(recommendation: Recommendation) -> str:
    """Say how old the prices are."""
    prices = recommendation.prices
    return (
        f"Prices as of {prices.on.isoformat()}; the oldest used was checked on "
        f"{prices.oldest_checked_on.isoformat()}. USD before tax; a month is {MONTH}."
    )


def reproduce_commands(recommendation: Recommendation) -> tuple[str, ...]:
    """The command that gives this answer again, and the inputs it depends on."""
    return (f"advisor recommend STUDY.yaml --on {recommendation.prices.on.isoformat()}",)


def measured_elsewhere(recommendation: Recommendation) -> tuple[str, ...]:
    """Return what was measured on rented machines, and what that changed."""
    return tuple(
        f"{one.option}: {one.why} ({one.on.isoformat()}, at most {one.usd_per_hour:.3g} USD/h)"
        for one in recommendation.measured_there
    )


def measurements(recommendation: Recommendation) -> tuple[str, ...]:
    """Return what to measure next, each with what it costs and saves."""
    return tuple(_measurement(item) for item in recommendation.measure_next)


def _measurement(item: MeasureNext) -> str:
    worth = f"saves {usd(item.saves_usd_per_month)} USD/month" if item.saves_usd_per_month else ""
    cost = f"costs about {significant(item.cost_usd, digits=2)} USD" if item.cost_usd else ""
    figures = "; ".join(part for part in (cost, worth) if part)
    return f"{item.action} ({figures})" if figures else item.action
