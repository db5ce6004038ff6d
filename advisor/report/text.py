"""The answer in a terminal: verdict first, then why, then what would change it."""

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from advisor.recommendation import Option, Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section
from advisor.report.tables import Table
from advisor.report.tables.experiments import experiment_fact
from advisor.report.words import LEGEND, cleaned, headline, quality, usd

RANKED_SHOWN = 6
REJECTED_SHOWN = 6
LONG = 16
"""Rows of a section's table up to which a terminal lists them all."""
TOP = 5
"""Rows that a terminal lists of a longer one."""


def print_recommendation(recommendation: Recommendation, console: Console) -> None:
    """Print the answer, verdict first; plain lines in a pipe or where NO_COLOR is set."""
    safe = cleaned(recommendation)
    first, rest = headline(safe.verdict)
    verdict = Text(first, style="bold" if safe.best else "bold yellow")
    verdict.append(f" {rest}" if rest else "", style="not bold")
    console.print(verdict)
    console.print(
        Group(
            *_relaxations(safe),
            *_facts(safe),
            *_ledger(safe),
            *_options(safe),
            *_ladder(safe),
            *_bullets("Measured ways to serve it", tables.served_ways(safe), "green"),
            *_bullets("Measured where it runs", tables.measured_elsewhere(safe), "green"),
            *_bullets("Not in these figures", safe.excluded, "dim"),
            *_bullets("Before you rely on it", safe.warnings, "yellow"),
            *_bullets("What to measure next", tables.measurements(safe), "cyan"),
            Text(""),
            Text(tables.price_sentence(safe), style="dim"),
            Text(LEGEND, style="dim"),
        ),
        highlight=False,
    )


def print_sections(sections: tuple[Section, ...], console: Console) -> None:
    """Print sections of the report with their tables; charts are left to those who can see them."""
    for section in sections:
        console.print(Text(f"\n{section.title}", style="bold"))
        for words in (*section.sentences, *section.bullets):
            console.print(Text(words), highlight=False)
        for table in section.tables:
            console.print(_grid(table), highlight=False)
            if len(table.rows) > LONG:
                more = len(table.rows) - TOP
                console.print(Text(f"{more} more in the report and the JSON", style="dim"))


def _grid(table: Table) -> Grid:
    """Lay a table out for a terminal: figures keep their width, words break between words."""
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column, longest in zip(table.columns, table.longest, strict=True):
        if column.numeric:
            width = max([longest, *(len(word) for word in column.title.split())])
            grid.add_column(Text(column.title), justify="right", width=width)
        else:
            grid.add_column(Text(column.title), overflow="fold")
    for row in table.rows if len(table.rows) <= LONG else table.rows[:TOP]:
        grid.add_row(*(Text(cell.plain) for cell in row))
    return grid


def _relaxations(recommendation: Recommendation) -> list[Text | Padding]:
    if recommendation.best is not None:
        return []
    return _bullets("What would have to give", recommendation.relaxations, "yellow")


def _facts(recommendation: Recommendation) -> list[Text | Grid]:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column()
    experiments = experiment_fact(recommendation)
    first = tables.first_facts(recommendation)
    for fact in (*first, *tables.facts(recommendation), *experiments):
        words = Text(fact.answer, style="bold")
        words.append(fact.sentence.removeprefix(fact.answer), style="not bold")
        grid.add_row(Text(fact.label), words)
    return [Text(""), grid] if grid.row_count else []


def _ledger(recommendation: Recommendation) -> list[Text | Grid]:
    """What each platform costs, by both amounts, and from when another one wins."""
    if recommendation.best is None:
        return []
    sentences = (
        *tables.strip_sentences(recommendation),
        *tables.hours_sentences(recommendation),
    )
    grid = _grid(tables.ledger_table(recommendation))
    return [Text(""), grid, *(Text(sentence) for sentence in sentences)]


def _options(recommendation: Recommendation) -> list[Text | Grid]:
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    grid.add_column("", width=1)
    grid.add_column("Considered", ratio=5, overflow="fold")
    grid.add_column("AWS bill", justify="right", no_wrap=True)
    grid.add_column("USD/month", justify="right", no_wrap=True)
    grid.add_column(tables.time_title(recommendation), justify="right", no_wrap=True)
    grid.add_column("Why it lost", ratio=6, overflow="fold")
    place_of = tables.where_differs(recommendation)
    for option in tables.telling_options(recommendation, limit=RANKED_SHOWN):
        won = option == recommendation.best
        grid.add_row(
            Text("✔" if won else ""),
            Text(f"{option.name}{place_of(option)}"),
            Text(tables.aws_cell(option).plain),
            _money(option),
            _time(option, recommendation),
            Text("chosen" if won else tables.why_it_lost(option, recommendation)),
            style="bold green" if won else "",
        )
    shown = tables.telling_rejections(recommendation, limit=REJECTED_SHOWN)
    for rejection in shown:
        option = rejection.option
        grid.add_row(
            Text("✘", style="red"),
            Text(f"{option.name}{place_of(option)}"),
            Text(tables.aws_cell(option).plain),
            _money(option),
            _time(option, recommendation),
            Text("; ".join(rejection.reasons)),
        )
    return [
        Text(""),
        grid,
        Text(tables.considered_sentence(recommendation), style="dim"),
    ]


def _ladder(recommendation: Recommendation) -> list[Text | Grid]:
    if not recommendation.ladder:
        return []
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    grid.add_column("Candidate", overflow="fold", ratio=3)
    grid.add_column(Text(recommendation.metric), justify="right", overflow="fold", max_width=12)
    grid.add_column("spread", justify="right", no_wrap=True)
    grid.add_column("USD/month", justify="right", no_wrap=True)
    grid.add_column("Verdict", ratio=6, overflow="fold")
    for step in recommendation.ladder:
        chosen = bool(recommendation.best and step.candidate == recommendation.best.candidate)
        grid.add_row(
            Text(step.candidate),
            Text(quality(step.quality)),
            Text(quality(step.quality_spread)),
            Text(usd(step.usd_per_month)),
            Text(step.verdict),
            style="bold" if chosen else "",
        )
    return [Text(""), grid]


def _money(option: Option) -> Text:
    return Text(tables.cost_cell(option).plain)


def _time(option: Option, recommendation: Recommendation) -> Text:
    return Text(tables.time_cell(option, recommendation).plain)


def _bullets(title: str, items: tuple[str, ...], style: str) -> list[Text | Padding]:
    if not items:
        return []
    lines: list[Text | Padding] = [Text(""), Text(title, style=style)]
    return lines + [Padding(Text(item), (0, 0, 0, 2), expand=False) for item in items]
