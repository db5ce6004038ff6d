"""The advice on experiments as tables and sentences, the same for every face."""

from advisor.recommendation import BASIS_BADGES, ExperimentAdvice, Recommendation
from advisor.report.tables import Cell, Column, Fact, Table, platform_name, thinned
from advisor.report.words import percent, significant, usd

SHOWN_POINTS = 12
"""Points of the curve of gain against runs in its table, the telling ones not counted."""


PEOPLE_LIMIT_RUNS = 1_000
"""From so many runs on their price no longer decides: somebody has to set them up and read them."""


def experiment_fact(recommendation: Recommendation) -> tuple[Fact, ...]:
    """The short answer: does a budget for experiments pay, and up to how many runs."""
    advice = recommendation.experiments
    if advice is None:
        return ()
    if not advice.search_pays:
        answer = "Keep the default settings"
    elif advice.stopping_run_count < advice.pilot_run_count:
        answer = f"A pilot of {advice.pilot_run_count} runs, no more yet"
    elif advice.stopping_run_count >= PEOPLE_LIMIT_RUNS:
        answer = "Runs are no limit; people's time is"
    else:
        rounded = significant(advice.stopping_run_count, digits=2)
        answer = f"Up to about {rounded} runs per release"
    return (Fact("Experiments", f"{answer} {BASIS_BADGES[advice.gain_basis]}", advice.why),)


def stopping_text(advice: ExperimentAdvice) -> str:
    """Write the number of runs from which on the next one does not pay."""
    more = " or more" if advice.stopping_is_bounded else ""
    return f"{advice.stopping_run_count:,}{more}"


def runs(count: str) -> str:
    """Return a count, which may have a badge behind it, with its noun."""
    return f"{count} run" if count.partition(" ")[0] == "1" else f"{count} runs"


def experiment_sentences(advice: ExperimentAdvice) -> tuple[str, ...]:
    """What the runs cost, whether they pay and up to which number, each with its basis."""
    spend, value = BASIS_BADGES[advice.spend_basis], BASIS_BADGES[advice.value_basis]
    here = runs(f"{advice.runs_per_release:,} {BASIS_BADGES[advice.runs_basis]}")
    gate = (
        f"{advice.why} That is the gate in front of a search: {spend} for the price of the runs, "
        f"{value} for the worth of an error."
    )
    paid = (
        f"The study puts {here} behind each release of {advice.candidate}: "
        f"{usd(advice.usd_per_run)} USD a run, {usd(advice.usd_per_release)} USD a release, "
        f"{usd(advice.usd_per_month)} USD/month {spend}. People's hours and labels are not in "
        "these figures."
    )
    return gate, paid, _gain_sentence(advice)


def _gain_sentence(advice: ExperimentAdvice) -> str:
    if advice.spread_per_case == 0:
        return (
            "The candidate makes no errors that a search could lower. Look for a leak before you "
            "look for a better model."
        )
    stop = runs(f"{stopping_text(advice)} {BASIS_BADGES[advice.gain_basis]}")
    return (
        f"If the best of the runs is released, the next one stops paying at {stop}, the gate "
        "aside: from run to run the loss per case is taken to vary by "
        f"{significant(advice.spread_per_case, digits=2)} (standard deviation), "
        f"{advice.spread_source}. The best of many on the same held-out rows is also the luckiest: "
        "the true gain is smaller."
    )


def gain_table(advice: ExperimentAdvice) -> Table:
    """The figures behind the curve of gain against runs."""
    telling = {advice.runs_per_release, advice.stopping_run_count}
    kept = {point.run_count for point in thinned(advice.curve, SHOWN_POINTS)} | telling
    points = [point for point in advice.curve if point.run_count in kept]
    return Table(
        caption="Gain against the runs behind each release, USD/month",
        columns=(
            Column("Runs", numeric=True),
            Column("Expected gain", numeric=True),
            Column("Spend on runs", numeric=True),
            Column("Gain less spend", numeric=True),
            Column(""),
        ),
        rows=tuple(
            (
                Cell(f"{point.run_count:,}"),
                Cell(usd(point.expected_gain_usd_per_month), advice.gain_basis),
                Cell(usd(point.spend_usd_per_month), advice.spend_basis),
                Cell(usd(point.expected_gain_usd_per_month - point.spend_usd_per_month)),
                Cell(_mark(advice, point.run_count)),
            )
            for point in points
        ),
        strong_rows=frozenset(i for i, point in enumerate(points) if point.run_count in telling),
    )


def _mark(advice: ExperimentAdvice, run_count: int) -> str:
    marks = []
    if run_count == advice.runs_per_release:
        marks.append("you are here")
    if run_count == advice.stopping_run_count:
        marks.append(
            "as far as was looked" if advice.stopping_is_bounded else "the next run stops paying"
        )
    return "; ".join(marks)


def hit_table(advice: ExperimentAdvice) -> Table:
    """Runs to a find with 90% probability, for the published range of hit rates."""
    return Table(
        caption=f"Runs to a model worth a release, by 90%; {advice.hit_rate_source}",
        columns=(
            Column("If so many runs lead to one", numeric=True),
            Column("Runs", numeric=True),
            Column("USD", numeric=True),
        ),
        rows=tuple(
            (
                Cell(percent(rate.hit_fraction), rate.basis),
                Cell(f"{rate.run_count:,}"),
                Cell(usd(rate.spend_usd), advice.spend_basis),
            )
            for rate in advice.hit_rates
        ),
    )


def pace_table(advice: ExperimentAdvice) -> Table:
    """Experiments per week by parallel workers, and what one more of them buys."""
    return Table(
        cards=True,
        caption="Experiments per week, cheapest place of each platform, workers always busy",
        columns=(
            Column("Place"),
            Column("Bought"),
            Column("Workers", numeric=True),
            Column("Runs/week", numeric=True),
            Column("USD/week", numeric=True),
            Column("Release h", numeric=True),
            Column("One more saves h", numeric=True),
        ),
        rows=tuple(
            (
                Cell(platform_name(row.platform)),
                Cell(f"{row.sku}, {row.region}, {row.purchase}"),
                Cell(f"{row.worker_count}"),
                Cell(significant(row.runs_per_week), row.basis),
                Cell(usd(row.usd_per_week), row.basis),
                Cell(significant(row.release_hours), row.basis),
                Cell(significant(row.hours_saved_by_one_more), row.basis),
            )
            for row in advice.pace
        ),
    )
