"""Bands, what flips the answer, what to measure next."""

from advisor.recommendation import Recommendation
from advisor.report import tables
from advisor.report.sections.parts import Section, present
from advisor.report.words import percent, significant, usd

WHY_NOT = "Risk: why not another kind"

CHEAPER_FROM = (
    "Cheaper from: where that option would cost less in the mean of the draws. The answer may "
    "change a little before, since of options that cost the same the simplest is taken."
)


def break_even(recommendation: Recommendation) -> Section:
    """How far each figure may move before the answer changes, with where it stands now."""
    nearest = recommendation.break_even[:1]
    return Section(
        "What would change the answer",
        sentences=tuple(
            f"Nearest: {tables.figure_name(one.driver)}, now {significant(one.now)}, changes the "
            f"answer at {significant(one.flips_at)} {one.unit} to {tables.answer_words(one.to)}."
            for one in nearest
        ),
        chart="break-even" if nearest else None,
        tables=(tables.break_even_table(recommendation),),
    )


def risk(recommendation: Recommendation) -> tuple[Section, ...]:
    """How sure the answer is, and what would change it."""
    return present(
        Section("Risk: what to measure next", bullets=tables.measurements(recommendation)),
        Section(
            "Risk: how sure the cost is",
            sentences=_draws(recommendation),
            chart="cost-bands",
            tables=(tables.bands_table(recommendation),),
        )
        if tables.banded_options(recommendation)
        else Section(""),
        Section(
            "Risk: where the doubt comes from",
            chart="swings",
            tables=(tables.inputs_table(recommendation),),
        ),
        break_even(recommendation)._replace(title="Risk: what flips the answer", chart=None),
        Section(
            "Risk: where the answer holds",
            chart="holds",
            tables=(tables.holds_table(recommendation),),
        ),
        Section(
            WHY_NOT,
            sentences=(CHEAPER_FROM,) if recommendation.rivals else (),
            tables=(tables.rivals_table(recommendation),),
        ),
        Section(
            "Risk: as the traffic grows",
            sentences=_growth(recommendation),
            tables=(tables.horizon_table(recommendation),),
        ),
        Section("Risk: what runs today", sentences=_today(recommendation)),
    )


def _draws(recommendation: Recommendation) -> tuple[str, ...]:
    found = recommendation.risk
    if found is None:
        return ()
    said = [
        (
            f"{found.draw_count:,} draws of everything uncertain, the same for all options; a band "
            "holds four draws out of five."
        )
    ]
    if found.budget is not None:
        said.append(
            f"One draw in ten costs more than {usd(found.budget.value_at_risk_usd_per_month)} "
            f"USD/month; those cost {usd(found.budget.tail_mean_usd_per_month)} on average."
        )
        if found.budget.probability_over is not None:
            said.append(
                f"The budget of {usd(found.budget.budget_usd_per_month)} USD/month is exceeded in "
                f"{percent(found.budget.probability_over)} of the draws."
            )
    return (*said, *((found.tie,) if found.tie else ()))


def _growth(recommendation: Recommendation) -> tuple[str, ...]:
    found = recommendation.horizon
    if found is None:
        return ()
    if found.changes_in_month is None:
        holds = "The answer holds over the horizon."
    else:
        month = f"month {found.changes_in_month}"
        when = found.changes_on.isoformat() if found.changes_on else month
        holds = f"From {when} on it is {tables.answer_words(found.changes_to)}."
    growth = found.growth_per_year_fraction
    grows = (
        f"Traffic {'grows' if growth > 0 else 'shrinks'} by {percent(abs(growth))} a year."
        if growth
        else "Traffic is taken to stay as it is (workload.growth_per_month)."
    )
    return (f"{grows} {holds}", f"{found.commitment.why[:1].upper()}{found.commitment.why[1:]}.")


def _today(recommendation: Recommendation) -> tuple[str, ...]:
    found = recommendation.present
    if found is None:
        return ()
    return (f"{found.name} costs {usd(found.usd_per_month)} USD/month. {found.why}",)
