"""Retraining and training as tables and sentences."""

from advisor.recommendation import BASIS_BADGES, GrowthAdvice, Recommendation
from advisor.report.tables.cells import Cell, Column, Table, platform_name, thinned
from advisor.report.words import days, percent, significant, small_usd, usd


def retraining_table(recommendation: Recommendation) -> Table:
    """The figures behind the curve of cost against retraining interval."""
    basis = recommendation.retraining.basis
    return Table(
        caption="Cost against the interval between releases, USD/month",
        columns=(
            Column("Retrain every"),
            Column("Releases", numeric=True),
            Column("Errors of an ageing model", numeric=True),
            Column("Together", numeric=True),
        ),
        rows=tuple(
            (
                Cell(days(point.interval_days)),
                Cell(small_usd(point.releases_usd_per_month)),
                Cell(small_usd(point.errors_usd_per_month), basis),
                Cell(small_usd(point.releases_usd_per_month + point.errors_usd_per_month)),
            )
            for point in thinned(recommendation.retraining.curve, 12)
        ),
    )


def decay_table(recommendation: Recommendation) -> Table:
    """The figures behind the error against the model's age."""
    return Table(
        caption="Error against the age of the model",
        columns=(
            Column("Age, days", numeric=True),
            Column("Loss per case", numeric=True),
            Column("Cases", numeric=True),
        ),
        rows=tuple(
            (
                Cell(significant(point.age_days)),
                Cell(significant(point.error_per_case, digits=4), recommendation.retraining.basis),
                Cell(f"{point.case_count:,}"),
            )
            for point in thinned(recommendation.retraining.decay_points, 16)
        ),
    )


def retraining_details(recommendation: Recommendation) -> tuple[str, ...]:
    """The figures of the retraining advice, one sentence each."""
    advice = recommendation.retraining
    idle = _idle(recommendation)
    billed = (
        "the first one, spread over the study's horizon, is"
        if advice.interval_days is None
        else "at the advised interval releases cost"
    )
    sentences = [
        *((idle,) if idle else ()),
        f"One release costs {usd(advice.retrain_usd)} USD (training runs, labels, review); "
        f"{billed} {small_usd(advice.usd_per_month)} USD/month"
        + (
            ", and the ageing model's extra errors cost "
            f"{small_usd(advice.error_usd_per_month)} USD/month."
            if advice.error_usd_per_month is not None
            else "."
        ),
    ]
    if advice.decay_per_day is not None:
        sentences.append(
            f"The loss per case grows by {significant(advice.decay_per_day)} for each day of age "
            f"({BASIS_BADGES[advice.basis]} {advice.basis}"
            + (", on a simulated stream)." if advice.simulated else ").")
        )
    if advice.band_5_percent_days is not None and "within 5%" not in advice.why:
        low, high = (days(end) for end in advice.band_5_percent_days)
        if low != high:
            sentences.append(
                f"Anything from {low} to {high} costs within 5% of the best: choose what suits the "
                "team."
            )
    if advice.now_interval_days is not None:
        right = (
            f"; that is right only if an error costs {usd(advice.break_even_error_cost_usd)} USD"
            if advice.break_even_error_cost_usd is not None
            else ""
        )
        sentences.append(f"Today you retrain every {days(advice.now_interval_days)}{right}.")
    if advice.label_delay_days > 0:
        sentences.append(
            f"Labels come {days(advice.label_delay_days)} late: a fresh model is that old already, "
            "which is in the errors above."
        )
    if advice.growth is not None:
        sentences.append(growth_sentence(advice.growth))
    if idle:
        return tuple(sentences)
    return (*sentences, *(note for note in advice.notes if note not in recommendation.warnings))


def _idle(recommendation: Recommendation) -> str | None:
    """Say of what the figures are where there is no model to release."""
    if recommendation.best is None:
        return (
            "Nothing meets the needs now: these figures are of the candidate with the lowest "
            "error, for the day that a need is relaxed."
        )
    if recommendation.beats_guessing is False:
        return (
            "No model is better than guessing: these figures are of the guess, which learns "
            "nothing from a release."
        )
    return None


def growth_sentence(growth: GrowthAdvice) -> str:
    """Say how much of the decay is data growth alone."""
    badge = BASIS_BADGES[growth.basis]
    share = (
        f", {percent(min(growth.share_of_decay_fraction, 9.99))} of the decay"
        if growth.share_of_decay_fraction is not None
        else ""
    )
    return (
        "Growing data alone make a model fall behind by "
        f"{significant(growth.slope_per_day, digits=2)} errors per case a day{share} {badge} "
        f"(learning curve with exponent {growth.power:.2g}); when the rows have doubled the right "
        f"interval is {growth.interval_growth:.2g} times as long, without any drift."
    )


def ways_table(recommendation: Recommendation) -> Table:
    """The ways to make a release, each at the interval of its own cost and decay."""
    ways = recommendation.retraining.ways
    least = min((way.usd_per_month for way in ways), default=0.0)
    return Table(
        caption="Ways to make a release, releases and errors of an ageing model together",
        columns=(
            Column("Way"),
            Column("What it is"),
            Column("One release, USD", numeric=True),
            Column("Retrain every"),
            Column("Within 5%"),
            Column("USD/month", numeric=True),
        ),
        rows=tuple(
            (
                Cell(way.name),
                Cell(way.what),
                Cell(usd(way.retrain_usd)),
                Cell("never" if way.interval_days is None else days(way.interval_days), way.basis),
                Cell(" to ".join(dict.fromkeys(map(days, way.band_5_percent_days)))),
                Cell(usd(way.usd_per_month), way.basis),
            )
            for way in ways
        ),
        strong_rows=frozenset(i for i, way in enumerate(ways) if way.usd_per_month == least),
    )


def guard_sentences(recommendation: Recommendation) -> tuple[str, ...]:
    """What to watch between retrains, in the user's units."""
    guard = recommendation.retraining.guard
    if guard is None:
        return ()
    usual = (
        f", and the last period is more than {significant(guard.fluctuation_error_per_case)} "
        f"errors per case above them {BASIS_BADGES[guard.basis]}"
        if guard.fluctuation_error_per_case > 0
        else ""
    )
    early = (
        "Retrain early when the errors beyond the mean of the first "
        f"{guard.reference_period_count} periods of {days(guard.period_days)} have added up to "
        f"{significant(guard.debt_threshold_cases)} errors, "
        f"{usd(guard.debt_threshold_usd)} USD, twice the price of a release{usual}."
    )
    worth = (
        "Score the model before the last one on the same rows too: over one interval the last "
        f"retrain should have saved about {usd(guard.worth_of_a_retrain_usd)} USD of errors. Half "
        "of that or twice of it asks for a new plan."
    )
    promote = (
        "Promote a retrained model only if it beats the present one on the newest labelled "
        "period. Signals without labels are weak: they miss slow decay and fire on harmless change."
    )
    read = (
        "A monitoring job reads the numbers below, or retraining.guard.guard_json of the JSON "
        "report; 'advisor cadence watch SCORED.csv --guard REPORT.json' takes either."
    )
    return early, worth, promote, read


def training_table(recommendation: Recommendation) -> Table:
    """Where the training runs could go."""
    return Table(
        cards=True,
        caption="Where to train, cheapest first",
        columns=(
            Column("Place"),
            Column("Bought"),
            Column("Where, how bought"),
            Column("One run s", numeric=True),
            Column("Billed s", numeric=True),
            Column("USD per run", numeric=True),
        ),
        rows=tuple(
            (
                Cell(platform_name(place.platform)),
                Cell(place.sku),
                Cell(f"{place.region}, {place.purchase}"),
                Cell(significant(place.wall_s), place.basis),
                Cell(significant(place.billed_s), place.basis),
                Cell(significant(place.usd_per_run)),
            )
            for place in recommendation.training.alternatives
        ),
        strong_rows=frozenset({0}) if recommendation.training.alternatives else frozenset(),
    )


def decay_sentence(recommendation: Recommendation) -> str:
    """Say what age adds to the errors, in weeks; empty where nothing is known of it."""
    advice = recommendation.retraining
    told = [one for one in advice.decay_after if one.errors_per_case > 0]
    if not told:
        return ""
    parts = ", ".join(
        f"{significant(1000 * one.errors_per_case, digits=2)} after {one.weeks} "
        f"week{'s' if one.weeks > 1 else ''}"
        for one in told
    )
    return f"More errors in a thousand cases {BASIS_BADGES[advice.basis]}: {parts}."


def interval_map_table(recommendation: Recommendation) -> Table:
    """The interval over what an error and a release might cost, where the study does not say."""
    points = recommendation.retraining.interval_map
    releases = sorted({one.release_usd for one in points})
    found = {(one.error_cost_usd, one.release_usd): one.interval_days for one in points}
    return Table(
        caption="Interval by what an error and a release cost",
        columns=(
            Column("One error costs, USD", numeric=True),
            *(Column(f"release {usd(one)} USD", numeric=True) for one in releases),
        ),
        rows=tuple(
            (
                Cell(f"{error:g}"),
                *(
                    Cell("never" if days_ is None else days(days_))
                    for days_ in (found[error, release] for release in releases)
                ),
            )
            for error in sorted({one.error_cost_usd for one in points})
        ),
    )
