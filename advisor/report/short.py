"""The answer in forty lines of a terminal: what, both amounts, how sure, what flips it, caveats.

`advisor recommend --all` prints the whole page of `text.py`.
"""

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from advisor.platforms import facts_of
from advisor.recommendation import BASIS_BADGES, Recommendation
from advisor.report import tables
from advisor.report.words import LEGEND, cleaned, days, headline, significant

NARROW = 72
"""Below so many columns no bars are drawn. [characters]"""


def print_short(recommendation: Recommendation, console: Console) -> None:
    """Print the answer in at most forty lines of eighty columns."""
    safe = cleaned(recommendation)
    first, rest = headline(safe.verdict)
    verdict = Text(first, style="bold" if safe.best else "bold yellow")
    verdict.append(f" {rest}" if rest else "", style="not bold")
    console.print(verdict)
    if safe.best is None:
        _lines(console, "What would have to give", safe.relaxations)
    else:
        console.print(Text(facts_of(safe.best.platform).summary, style="dim"), highlight=False)
        console.print(_facts(safe), highlight=False)
        console.print(_ledger(safe, console), highlight=False)
        for sentence in tables.hours_sentences(safe)[:1]:
            console.print(Text(sentence), highlight=False)
        _lines(console, "It flips", flips(safe))
    _lines(console, "Before you sign", tables.caveats(safe))
    console.print(Text(LEGEND, style="dim"))
    console.print(
        Text("More: advisor recommend STUDY --all, advisor explain STUDY, advisor report STUDY"),
        style="dim",
        highlight=False,
    )


def _facts(recommendation: Recommendation) -> Grid:
    """Both amounts, the interval and the chance, a line each where that is possible."""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column()
    retraining, best = recommendation.retraining, recommendation.best
    rows = [(fact.label, fact.sentence) for fact in tables.amount_facts(recommendation)]
    if retraining.kind == "unknown":
        rows.append(("Retrain", f"unknown. {tables.decay_sentence(recommendation)}"))
    elif retraining.interval_days is not None and recommendation.beats_guessing is not False:
        stream = ", on a simulated stream" if retraining.simulated else ""
        badge = BASIS_BADGES[retraining.basis]
        rows.append(("Retrain", f"every {days(retraining.interval_days)} {badge}{stream}"))
    if best is not None and best.probability_cheapest_aws is not None:
        by_bill = tables.hundred(best.probability_cheapest_aws)
        words = f"cheapest in {by_bill} of 100 draws of the AWS bill"
        if recommendation.rank_by == "with-people" and best.probability_platform_best is not None:
            words += f", in {tables.hundred(best.probability_platform_best)} with your people"
        rows.append(("How sure", words))
    for label, words in rows:
        grid.add_row(Text(label), Text(words))
    return grid


def _ledger(recommendation: Recommendation, console: Console) -> Grid:
    """The platforms as rows, with bars where there is room and somebody looks."""
    table = tables.ledger_table(recommendation)
    drawn = console.is_terminal and console.width >= NARROW
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in table.columns:
        numeric = column.numeric
        grid.add_column(Text(column.title), justify="right" if numeric else "left", no_wrap=True)
        if drawn and column.title == "AWS bill":
            grid.add_column("", no_wrap=True)
    for place, row in enumerate(table.rows):
        cells = []
        for column, cell in zip(table.columns, row, strict=True):
            cells.append(Text(cell.plain))
            if drawn and column.title == "AWS bill":
                cells.append(Text(cell.blocks))
        grid.add_row(*cells, style="bold" if place in table.strong_rows else "")
    return grid


def flips(recommendation: Recommendation) -> tuple[str, ...]:
    """What changes the answer soonest: the traffic, an assumption, a figure of the study."""
    found = list(tables.strip_sentences(recommendation)[:2])
    deciding = recommendation.deciding_assumption
    if deciding is not None:
        found.append(
            f"our assumption {tables.figure_name(deciding.name)} = {significant(deciding.now)} "
            f"decides: at {significant(deciding.flips_at)} it is {tables.answer_words(deciding.to)}"
        )
    elif recommendation.break_even:
        nearest = recommendation.break_even[0]
        found.append(
            f"{tables.figure_name(nearest.driver)}, now {significant(nearest.now)}: at "
            f"{significant(nearest.flips_at)} {nearest.unit} {tables.answer_words(nearest.to)}"
        )
    return tuple(found)


def _lines(console: Console, title: str, items: tuple[str, ...]) -> None:
    if items:
        console.print(Text(title, style="cyan"))
    for item in items:
        console.print(Text(f"  {item}"), highlight=False)
