"""Retraining and training as tables and sentences."""

from advisor.recommendation import BASIS_BADGES, Recommendation
from advisor.report.tables.cells import Cell, Column, Table, platform_name, thinned
from advisor.report.words import days, significant, usd


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
                Cell(usd(point.releases_usd_per_month)),
                Cell(usd(point.errors_usd_per_month), basis),
                Cell(usd(point.releases_usd_per_month + point.errors_usd_per_month)),
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
    sentences = [
        f"One release costs {usd(advice.retrain_usd)} USD (training runs, labels, review); at the "
        f"advised interval releases cost {usd(advice.usd_per_month)} USD/month"
        + (
            f" and the ageing model's extra errors {usd(advice.error_usd_per_month)} USD/month."
            if advice.error_usd_per_month is not None
            else "."
        )
    ]
    if advice.decay_per_day is not None:
        sentences.append(
            f"The loss per case grows by {significant(advice.decay_per_day)} for each day of age "
            f"({BASIS_BADGES[advice.basis]} {advice.basis}"
            + (", on a simulated stream)." if advice.simulated else ").")
        )
    if advice.band_5_percent_days is not None:
        low, high = advice.band_5_percent_days
        sentences.append(
            f"Anything from {days(low)} to {days(high)} costs within 5% of the best: choose what "
            "suits the team."
        )
    if advice.now_interval_days is not None:
        sentences.append(f"Today you retrain every {days(advice.now_interval_days)}.")
    return (*sentences, *(note for note in advice.notes if note not in recommendation.warnings))


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
