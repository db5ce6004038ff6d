"""What everybody reads: options, break-even, what is left out, price date, short answers."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present
from advisor.report.sections.risk import break_even
from advisor.report.tables.experiments import experiment_fact

IN_SHORT = "In short"
MORE = "More short answers"
LEDGER = "What each platform costs"
STRIP = "Cheapest platform as the traffic grows"
BEFORE = "Before you sign"
OPTIONS = "Options considered"


def first_page(recommendation: Recommendation) -> tuple[Section, ...]:
    """What everybody reads; on paper the first five sections fill the first page."""
    return present(*_to_sign(recommendation), *_to_argue(recommendation))


def _to_sign(recommendation: Recommendation) -> tuple[Section, ...]:
    """What it costs, how sure that is, where it flips, and what to mend first."""
    if recommendation.best is None:
        return (
            Section("What would have to give", bullets=recommendation.relaxations),
            Section(BEFORE, bullets=tables.caveats(recommendation)),
        )
    return (
        Section(IN_SHORT, facts=tables.first_facts(recommendation)),
        Section(
            STRIP,
            sentences=tables.strip_sentences(recommendation),
            chart="platform-strip",
        ),
        Section(
            LEDGER,
            sentences=tables.hours_sentences(recommendation)[:1],
            tables=(tables.ledger_table(recommendation),),
        ),
        Section(BEFORE, bullets=tables.caveats(recommendation)),
    )


def _to_argue(recommendation: Recommendation) -> tuple[Section, ...]:
    flips = break_even(recommendation)
    return (
        Section(
            MORE,
            facts=(*tables.facts(recommendation), *experiment_fact(recommendation)),
        ),
        Section(
            OPTIONS,
            sentences=(tables.considered_sentence(recommendation),),
            tables=(tables.options_table(recommendation),),
        ),
        flips._replace(tables=()) if flips.chart else flips,
        not_in_these_figures(recommendation),
        Section("Why the others do not qualify", tables=(tables.rejected_table(recommendation),)),
        Section("Where each figure changes the answer", tables=flips.tables)
        if flips.chart
        else Section(""),
        Section("Before you rely on it", bullets=recommendation.warnings),
        Section("What to measure next", bullets=tables.measurements(recommendation)),
    )


def without_banner(
    sections: tuple[Section, ...], recommendation: Recommendation
) -> tuple[Section, ...]:
    """Return sections without the bullet that stands in the banner already."""
    banner = tables.price_banner(recommendation)
    told = banner.text if banner else None
    return present(
        *(
            one._replace(bullets=tuple(bullet for bullet in one.bullets if bullet != told))
            for one in sections
        )
    )


def not_in_these_figures(recommendation: Recommendation) -> Section:
    """What the figures leave out, and how old the prices are."""
    return Section(
        "Not in these figures",
        bullets=(*recommendation.excluded, tables.price_sentence(recommendation)),
    )
