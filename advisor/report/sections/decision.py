"""What everybody reads: options, break-even, what is left out, price date, short answers."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present
from advisor.report.sections.risk import break_even
from advisor.report.tables.experiments import experiment_fact

IN_SHORT = "In short"
LEDGER = "What each platform costs"
OPTIONS = "Options considered"


def first_page(recommendation: Recommendation) -> tuple[Section, ...]:
    """What everybody reads; on paper the first four of them fill the first page."""
    flips = break_even(recommendation)
    return present(
        Section("What would have to give", bullets=recommendation.relaxations)
        if recommendation.best is None
        else Section(""),
        Section(
            LEDGER,
            sentences=(
                *tables.strip_sentences(recommendation),
                *tables.hours_sentences(recommendation)[:2],
            ),
            tables=(tables.ledger_table(recommendation),),
        )
        if recommendation.best is not None
        else Section(""),
        Section(
            OPTIONS,
            sentences=(tables.considered_sentence(recommendation),),
            tables=(tables.options_table(recommendation),),
        ),
        flips._replace(tables=()) if flips.chart else flips,
        not_in_these_figures(recommendation),
        Section(
            IN_SHORT,
            facts=(
                *tables.facts(recommendation),
                *experiment_fact(recommendation),
            ),
        ),
        Section("Why the others do not qualify", tables=(tables.rejected_table(recommendation),)),
        Section("Where each figure changes the answer", tables=flips.tables)
        if flips.chart
        else Section(""),
        Section("Before you rely on it", bullets=recommendation.warnings),
        Section("What to measure next", bullets=tables.measurements(recommendation)),
    )


def decision(recommendation: Recommendation) -> tuple[Section, ...]:
    """The same for a page whose verdict stays in sight: the short answers come first."""
    found = first_page(recommendation)
    return tuple(sorted(found, key=lambda section: section.title != IN_SHORT))


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
