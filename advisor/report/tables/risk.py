"""How sure the answer is, and what would change it, as tables."""

from advisor.recommendation import AnswerKey, Option, Recommendation, Rival
from advisor.report.tables.cells import Cell, Column, Fact, Table, platform_name, thinned
from advisor.report.tables.costs import rate_axis
from advisor.report.tables.names import figure_name
from advisor.report.tables.options import telling_options
from advisor.report.words import UNKNOWN, change, counted, percent, significant, usd

MOST_BANDS = 8
"""Options whose bands are shown."""
MOST_HOLDS = 25


def answer_words(key: AnswerKey | None) -> str:
    """Write an answer in short: who runs, and on what."""
    if key is None:
        return "nothing feasible"
    return f"{key.candidate} on {platform_name(key.platform)}, {key.sku}"


def banded_options(recommendation: Recommendation) -> tuple[Option, ...]:
    """Choose the options whose cost was drawn, the chosen one first."""
    shown = telling_options(recommendation, limit=MOST_BANDS)
    return tuple(o for o in shown if o.usd_per_month_low is not None)


def bands_table(recommendation: Recommendation) -> Table:
    """Cost bands and chances of the telling options."""
    return Table(
        cards=True,
        caption="Cost over the horizon and chances, over all draws, USD/month",
        columns=(
            Column("Option"),
            Column("80% band", numeric=True),
            Column("Mean", numeric=True),
            Column("Cheapest of its model", numeric=True),
            Column("Meets the needs", numeric=True),
            Column("As planned", numeric=True),
            Column("Regret", numeric=True),
        ),
        rows=tuple(
            (
                Cell(option.name),
                Cell(f"{usd(option.usd_per_month_low)} to {usd(option.usd_per_month_high)}"),
                Cell(usd(option.expected_usd_per_month)),
                Cell(percent(option.probability_best)),
                Cell(percent(option.probability_feasible)),
                Cell(percent(option.probability_as_planned)),
                Cell(usd(option.expected_regret_usd)),
            )
            for option in banded_options(recommendation)
        ),
        strong_rows=frozenset({0}) if recommendation.best else frozenset(),
    )


def break_even_table(recommendation: Recommendation) -> Table:
    """Where each driver changes the answer."""
    return Table(
        cards=True,
        caption="Where one figure alone changes the answer, nearest first",
        columns=(
            Column("Figure"),
            Column("Now", numeric=True),
            Column("Changes at", numeric=True),
            Column("Unit"),
            Column("To"),
            Column("In the study"),
        ),
        rows=tuple(
            (
                Cell(figure_name(one.driver)),
                Cell(significant(one.now)),
                Cell(significant(one.flips_at)),
                Cell(one.unit),
                Cell(answer_words(one.to)),
                Cell(one.driver),
            )
            for one in recommendation.break_even
        ),
    )


def rivals_table(recommendation: Recommendation) -> Table:
    """The best option of every other kind, and where it would overtake."""
    return Table(
        cards=True,
        caption="Why not another kind?",
        columns=(
            Column("Question"),
            Column("Its best option"),
            Column("More USD/month", numeric=True),
            Column("Cheaper in", numeric=True),
            Column("Why not"),
            Column("Cheaper from"),
        ),
        rows=tuple(
            (
                Cell(one.question),
                Cell(one.name),
                Cell(change(one.usd_per_month_more)),
                Cell(percent(one.probability_cheaper)),
                Cell(_why(one)),
                Cell(
                    "; ".join(
                        f"{figure_name(o.driver)} {significant(o.overtakes_at)} {o.unit} "
                        f"(now {significant(o.now)})"
                        for o in one.overtakes
                    )
                    or ("no figure alone" if one.qualifies else "does not qualify")
                ),
            )
            for one in recommendation.rivals
        ),
    )


def questions(recommendation: Recommendation) -> tuple[Fact, ...]:
    """What people ask of every answer: why not a GPU, why not another kind; each answered."""
    gpu = recommendation.gpu
    asked = (
        ("Why not a GPU for serving?", gpu.serving.needed, gpu.serving.why),
        ("Why not a GPU for training?", gpu.training.needed, gpu.training.why),
    )
    return (
        *(Fact(question, "", f"{why}.") for question, needed, why in asked if not needed),
        *(_why_not(rival) for rival in recommendation.rivals),
    )


def _why_not(rival: Rival) -> Fact:
    if not rival.qualifies:
        return Fact(rival.question, f"{rival.name} does not qualify", f"{_why(rival)}.")
    more = rival.usd_per_month_more
    money = f"{usd(abs(more))} USD/month {'more' if more >= 0 else 'less'}"
    turns = [
        f"It is cheaper from {figure_name(one.driver)} {significant(one.overtakes_at)} {one.unit} "
        f"on, now {significant(one.now)}."
        for one in rival.overtakes
    ]
    return Fact(
        rival.question,
        f"{rival.name}: {money}, cheaper in {percent(rival.probability_cheaper)} of the draws.",
        " ".join(
            (
                f"{_why(rival)}.",
                *(turns or ("No figure alone makes it cheaper within its range.",)),
            )
        ),
    )


def _why(rival: Rival) -> str:
    """Why not, without the figures of the nearest change: those are listed on their own."""
    return rival.why_not.partition("; cheaper from ")[0]


def inputs_table(recommendation: Recommendation) -> Table:
    """Every uncertain input, the most valuable to know first."""
    risk = recommendation.risk
    return Table(
        cards=True,
        caption="What is uncertain, most valuable to know first",
        columns=(
            Column("Input"),
            Column("80% band", numeric=True),
            Column("Unit"),
            Column("Worth knowing USD/month", numeric=True),
            Column("Swing USD/month", numeric=True),
            Column("Source"),
        ),
        rows=tuple(
            (
                Cell(one.name),
                Cell(f"{significant(one.low)} to {significant(one.high)}", one.basis),
                Cell(one.unit),
                Cell(usd(one.information_usd_per_month)),
                Cell(usd(abs(one.swing_usd_per_month))),
                Cell(one.source),
            )
            for one in (risk.inputs if risk else ())
        ),
    )


def holds_table(recommendation: Recommendation) -> Table:
    """The figures behind the plane of the two most important drivers."""
    found = recommendation.holds
    if found is None:
        return Table(caption="", columns=(), rows=())
    return Table(
        caption="Where the answer holds",
        columns=(
            Column(f"{figure_name(found.first_driver)}, {found.first_unit}", numeric=True),
            Column(f"{figure_name(found.second_driver)}, {found.second_unit}", numeric=True),
            Column("Answer"),
        ),
        rows=tuple(
            (
                Cell(significant(point.first)),
                Cell(significant(point.second)),
                Cell("as now" if point.holds else answer_words(point.answer)),
            )
            for point in thinned(found.points, MOST_HOLDS)
        ),
    )


def horizon_table(recommendation: Recommendation) -> Table:
    """The answer as traffic grows."""
    found = recommendation.horizon
    axis = rate_axis(recommendation)
    return Table(
        caption="The answer as the traffic grows",
        columns=(
            Column("Month", numeric=True),
            Column(axis.column, numeric=True),
            Column("USD/month", numeric=True),
            Column("Answer for that month"),
        ),
        rows=tuple(
            (
                Cell(str(one.month)),
                Cell(
                    counted(one.requests_per_s * axis.per_rate)
                    if recommendation.job
                    else significant(one.requests_per_s)
                ),
                Cell(usd(one.usd_per_month) if one.usd_per_month is not None else UNKNOWN),
                Cell(answer_words(one.answer)),
            )
            for one in (found.months if found else ())
        ),
    )
