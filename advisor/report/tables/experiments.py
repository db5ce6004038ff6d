"""The advice on experiments as tables and sentences, the same for every face."""

from advisor.recommendation import BASIS_BADGES, ExperimentAdvice, HistoryAdvice, Recommendation
from advisor.report.tables import Cell, Column, Fact, Table, platform_name, thinned
from advisor.report.words import percent, significant, usd

SHOWN_POINTS = 12
"""Points of the curve of gain against runs in its table, the telling ones not counted."""

SHOWN_INSTANCES = 25
"""Priced places in the table of their pace."""

PEOPLE_LIMIT_RUNS = 1_000
"""From so many runs on their price no longer decides: somebody has to set them up and read them."""


def experiment_fact(recommendation: Recommendation) -> tuple[Fact, ...]:
    """The short answer: does a budget for experiments pay, and up to how many runs."""
    advice = recommendation.experiments
    if advice is None or recommendation.best is None:
        return ()
    if not advice.search_pays:
        answer = "Keep the default settings"
    elif advice.stopping_run_count < advice.pilot_run_count:
        answer = f"A pilot of {advice.pilot_run_count} runs, no more yet"
    elif advice.stopping_run_count >= PEOPLE_LIMIT_RUNS:
        answer = "People's time is the limit, not runs"
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
    return gate, paid, _gain_sentence(advice), *_next_run_sentences(advice)


def _next_run_sentences(advice: ExperimentAdvice) -> tuple[str, ...]:
    """What one run more gains against its cost, and what the budget pays for."""
    found = []
    if advice.next_run_gain_usd is not None:
        pays = "it pays" if advice.next_run_gain_usd > advice.usd_per_run else "it does not pay"
        found.append(
            f"One run more than the {advice.runs_per_release:,} is expected to gain "
            f"{usd(advice.next_run_gain_usd)} USD {BASIS_BADGES[advice.gain_basis]} over the life "
            f"of a release and costs {usd(advice.usd_per_run)} USD: {pays}."
        )
    if advice.budget is not None:
        limits = [
            *([f"{usd(advice.budget.usd)} USD"] if advice.budget.usd is not None else []),
            *([_days(advice.budget.days)] if advice.budget.days is not None else []),
        ]
        found.append(
            f"A budget of {' and '.join(limits)} pays for {runs(f'{advice.budget.run_count:,}')} "
            f"at {advice.budget.worker_count} at a time; one of them leads to a release with "
            f"{percent(advice.budget.find_probability)}. The next one after them would gain "
            f"{usd(advice.budget.next_run_gain_usd)} USD and cost "
            f"{usd(advice.budget.next_run_usd)} USD."
        )
    return tuple(found)


def _days(count: float) -> str:
    return f"{significant(count)} day{'' if count == 1 else 's'}"


def history_sentences(history: HistoryAdvice) -> tuple[str, ...]:
    """What the runs of the past come to."""
    low, high = history.runs_per_promoted_model_80
    badge = BASIS_BADGES[history.basis]
    used = (
        "and is what the answer plans with"
        if history.is_used
        else "but the study sets its own runs_per_release, which the answer plans with"
    )
    spent = (
        f", {usd(history.usd_per_promoted_model)} USD per promoted model"
        if history.usd_per_promoted_model is not None
        else ""
    )
    phi = (
        f" A stopped run cost {percent(history.stop_cost_fraction)} of a full one."
        if history.stop_cost_fraction is not None
        else ""
    )
    return (
        (
            f"{history.run_count:,} runs in {' and '.join(history.sources)}: "
            f"{history.finished_count:,} finished, {history.failed_count:,} failed, "
            f"{history.pruned_count:,} stopped early, {history.promoted_count:,} promoted, "
            f"{history.open_run_count:,} since the last promotion."
        ),
        (
            f"One promoted model takes {history.runs_per_promoted_model:.1f} runs ({low:.0f} to "
            f"{high:.0f}, 80%) {badge}, {used}."
        ),
        (
            f"They cost {usd(history.usd)} USD, {usd(history.usd_per_run)} USD a run{spent} "
            f"{badge}; {history.default_machine_run_count:,} runs without a tag are priced as "
            f"{history.default_machine} at {usd(history.default_machine_usd_per_hour)} USD/h.{phi}"
        ),
        *history.notes,
    )


def escalation_table(advice: ExperimentAdvice) -> Table:
    """The rungs in the order in which they are worth trying."""
    return Table(
        caption="What is worth trying next, in order; loss per case",
        columns=(
            Column("Rung"),
            Column("Costs USD", numeric=True),
            Column("Expected gain", numeric=True),
            Column("Give or take", numeric=True),
            Column("Worth up to a gain of", numeric=True),
            Column(""),
        ),
        rows=tuple(
            (
                Cell(step.name),
                Cell(usd(step.usd), advice.spend_basis),
                Cell(significant(step.expected_gain_per_case, digits=2), step.basis),
                Cell(significant(step.gain_deviation_per_case, digits=2), step.basis),
                Cell(significant(step.reservation_per_case, digits=2), step.basis),
                Cell("first" if not number else "worth trying" if step.pays else "does not pay"),
            )
            for number, step in enumerate(advice.escalation)
        ),
        strong_rows=frozenset(i for i, step in enumerate(advice.escalation) if step.pays),
    )


def savings_table(advice: ExperimentAdvice) -> Table:
    """What one find costs when bad runs are stopped early, or the field is halved."""
    return Table(
        caption="What one model worth a release costs, by how runs are stopped",
        columns=(
            Column("How"),
            Column("Full runs", numeric=True),
            Column("USD", numeric=True),
            Column("Saved", numeric=True),
        ),
        rows=tuple(
            (
                Cell(each.name),
                Cell(significant(each.full_runs), each.basis),
                Cell(usd(each.usd), advice.spend_basis),
                Cell(percent(each.saved_fraction)),
            )
            for each in advice.savings
        ),
    )


def instance_table(advice: ExperimentAdvice) -> Table:
    """Experiments per week on every priced machine, at the study's workers."""
    return Table(
        cards=True,
        caption=f"The {min(SHOWN_INSTANCES, len(advice.instances))} cheapest of "
        f"{len(advice.instances):,} priced places, one run's wall-clock and the week",
        columns=(
            Column("Place"),
            Column("Workers", numeric=True),
            Column("Run s", numeric=True),
            Column("Runs/week", numeric=True),
            Column("USD/run", numeric=True),
            Column("Release h", numeric=True),
            Column("One more saves h", numeric=True),
        ),
        rows=tuple(
            (
                Cell(f"{platform_name(row.platform)}, {row.sku}, {row.region}, {row.purchase}"),
                Cell(f"{row.worker_count}"),
                Cell(significant(row.run_s), row.basis),
                Cell(significant(row.runs_per_week), row.basis),
                Cell(usd(row.usd_per_week / row.runs_per_week), row.basis),
                Cell(significant(row.release_hours), row.basis),
                Cell(significant(row.hours_saved_by_one_more), row.basis),
            )
            for row in advice.instances[:SHOWN_INSTANCES]
        ),
    )


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
            Column("Workers", numeric=True),
            Column("Runs/week", numeric=True),
            Column("USD/week", numeric=True),
            Column("Release h", numeric=True),
            Column("One more saves h", numeric=True),
        ),
        rows=tuple(
            (
                Cell(f"{platform_name(row.platform)}, {row.sku}, {row.region}, {row.purchase}"),
                Cell(f"{row.worker_count}"),
                Cell(significant(row.runs_per_week), row.basis),
                Cell(usd(row.usd_per_week), row.basis),
                Cell(significant(row.release_hours), row.basis),
                Cell(significant(row.hours_saved_by_one_more), row.basis),
            )
            for row in advice.pace
        ),
    )
