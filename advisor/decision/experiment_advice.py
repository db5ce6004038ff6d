"""How many training runs to pay for: the gate, the gain against the runs, and their pace."""

import numpy as np

from advisor import defaults
from advisor.decision.engine import Engine
from advisor.decision.words import figure
from advisor.experiments import (
    GATE_FRACTION,
    GATE_RUN_COUNT,
    PRIOR_PROMOTED,
    PRIOR_REST,
    PRIOR_SOURCE,
    normal_best,
    normal_stopping_count,
    runs_for_confidence,
    velocity,
)
from advisor.recommendation import (
    Assumption,
    Basis,
    ExperimentAdvice,
    ExperimentPace,
    GainPoint,
    HitRate,
    TrainingAdvice,
    TrainingPlace,
)
from advisor.study import DAYS_PER_MONTH, Study

HIT_FRACTIONS = (0.1, PRIOR_PROMOTED / (PRIOR_PROMOTED + PRIOR_REST), 0.33)
"""Share of runs that lead to a release: the ends of the published range and the prior's mean."""

WORKER_COUNTS = (1, 2, 4, 8)
"""Parallel workers that the pace is told for."""

SPREAD_FRACTION = 0.016
"""Standard deviation of the error from run to run, as a share of the error itself."""

SPREAD_SOURCE = (
    "assumed: on eight public problems with a time order 120 configurations lowered the error by "
    "under 4% on seven, and the best of 120 normal runs is 2.5 standard deviations better; a "
    "stand-in until a history of runs is read with 'advisor experiments'"
)

MOST_RUNS = 100_000
"""No more runs per release are looked at; a study takes no more either."""

CURVE_POINTS = 40
"""Points of the curve of gain against runs, before equal ones are dropped."""

FEWEST_ON_CURVE = 20
"""The curve goes at least so far. [runs]"""


def experiment_advice(
    engine: Engine, candidate: int, training: TrainingAdvice
) -> ExperimentAdvice | None:
    """Return how many runs of a candidate are worth their price.

    None where there is no error to lower, as in clustering, and where nothing can be trained.
    """
    study, profile = engine.study, engine.profiles[candidate]
    cost = engine.costs[candidate]
    base_error = profile.error_per_case
    if base_error is None or cost.place_row is None:
        return None
    life_days = cost.cadence.interval.days or cost.cadence.spending.horizon_days
    error_usd_per_day = study.retraining.error_cost_usd * study.cases_per_day
    one_percent_usd = GATE_FRACTION * base_error * error_usd_per_day * life_days
    pilot_usd = GATE_RUN_COUNT * training.usd_per_run
    spread = SPREAD_FRACTION * base_error
    usd_per_deviation = spread * error_usd_per_day * life_days
    stop = normal_stopping_count(
        usd_per_deviation=usd_per_deviation, usd_per_run=training.usd_per_run, most=MOST_RUNS
    )
    search_pays = pilot_usd < one_percent_usd
    return ExperimentAdvice(
        candidate=profile.name,
        runs_per_release=training.runs_per_release,
        runs_basis=_basis(study, "runs_per_release"),
        usd_per_run=training.usd_per_run,
        usd_per_release=training.usd_per_release,
        usd_per_month=training.usd_per_month,
        spend_basis="scaled",
        hit_rates=_hit_rates(training.usd_per_run),
        hit_rate_source=PRIOR_SOURCE,
        life_days=life_days,
        base_error_per_case=base_error,
        one_percent_usd=one_percent_usd,
        value_basis=_basis(study, "error_cost_usd", "cases_per_day"),
        pilot_run_count=GATE_RUN_COUNT,
        pilot_usd=pilot_usd,
        search_pays=search_pays,
        spread_per_case=spread,
        spread_source=SPREAD_SOURCE,
        gain_basis="assumed",
        curve=_curve(
            usd_per_deviation=usd_per_deviation * DAYS_PER_MONTH / life_days,
            usd_per_run=training.usd_per_run * DAYS_PER_MONTH / life_days,
            through=(training.runs_per_release, stop),
        ),
        stopping_run_count=stop,
        stopping_is_bounded=stop == MOST_RUNS,
        pace=_pace(training),
        why=_why(
            profile.name,
            search_pays=search_pays,
            pilot_usd=pilot_usd,
            one_percent_usd=one_percent_usd,
            life_days=life_days,
        ),
    )


def _basis(study: Study, *keys: str) -> Basis:
    """Return `input` where the study gives all of some figures, else `assumed`."""
    return "input" if set(keys) <= study.retraining.model_fields_set else "assumed"


def _hit_rates(usd_per_run: float) -> tuple[HitRate, ...]:
    counts = [runs_for_confidence(share=fraction) for fraction in HIT_FRACTIONS]
    return tuple(
        HitRate(
            hit_fraction=fraction,
            run_count=count,
            spend_usd=count * usd_per_run,
            basis="assumed",
        )
        for fraction, count in zip(HIT_FRACTIONS, counts, strict=True)
    )


def _curve(
    *, usd_per_deviation: float, usd_per_run: float, through: tuple[int, ...]
) -> tuple[GainPoint, ...]:
    """Return gain and spend against the runs behind each release, the telling counts among them.

    Args:
        usd_per_deviation: worth of one standard deviation of the loss. [USD/month]
        usd_per_run: one more run behind each release. [USD/month]
        through: counts that the curve has a point at. [runs]
    """
    farthest = min(MOST_RUNS, max(FEWEST_ON_CURVE, *(3 * count for count in through)))
    spaced = np.geomspace(1, farthest, CURVE_POINTS).round().astype(int)
    counts = np.unique([*spaced, *through])
    gains = usd_per_deviation * normal_best(counts)
    return tuple(
        GainPoint(
            run_count=int(count),
            expected_gain_usd_per_month=max(0.0, float(gain)),
            spend_usd_per_month=int(count) * usd_per_run,
        )
        for count, gain in zip(counts, gains, strict=True)
    )


def _pace(training: TrainingAdvice) -> tuple[ExperimentPace, ...]:
    """Return experiments per week on the cheapest sku of each platform."""
    first: dict[str, TrainingPlace] = {}
    for place in training.alternatives:
        first.setdefault(place.platform, place)
    return tuple(
        row
        for place in first.values()
        for row in _pace_at(place, runs_per_release=training.runs_per_release)
    )


def _pace_at(place: TrainingPlace, *, runs_per_release: int) -> list[ExperimentPace]:
    repeated = defaults.SPOT_REPEAT_FACTOR.value if place.purchase == "spot" else 1.0
    run_s = (place.wall_s + defaults.TRAINING_START_S.value) * repeated
    found = velocity(
        run_s=run_s,
        usd_per_hour=place.usd_per_run / run_s * 3600,
        worker_count=WORKER_COUNTS,
        runs_per_promoted_model=runs_per_release,
    )
    return [
        ExperimentPace(
            platform=place.platform,
            sku=place.sku,
            region=place.region,
            purchase=place.purchase,
            worker_count=count,
            run_s=run_s,
            runs_per_week=float(found.runs_per_week[i]),
            usd_per_week=float(found.usd_per_week[i]),
            release_hours=float(found.days_per_promotion[i]) * 24,
            hours_saved_by_one_more=float(found.days_saved_by_one_more[i]) * 24,
            basis=place.basis,
        )
        for i, count in enumerate(WORKER_COUNTS)
    ]


def _why(
    name: str,
    *,
    search_pays: bool,
    pilot_usd: float,
    one_percent_usd: float,
    life_days: float,
) -> str:
    """Say what the gate says."""
    worth = (
        f"{GATE_FRACTION:.0%} of the errors of {name} is worth {_usd(one_percent_usd)} USD over "
        f"the {life_days:,.0f} days that a release lives"
    )
    pilot = f"a pilot of {GATE_RUN_COUNT} runs costs {_usd(pilot_usd)} USD"
    if search_pays:
        return f"{worth} and {pilot}: looking for a better model pays, people not counted."
    return f"{worth} but {pilot}: keep the default settings."


def _usd(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 or amount == 0 else figure(amount)


def assumptions_of_experiments(advice: ExperimentAdvice | None) -> tuple[Assumption, ...]:
    """Return what the advice on experiments rests on beside the study's own figures."""
    if advice is None:
        return ()
    low, high = advice.hit_rates[0].hit_fraction, advice.hit_rates[-1].hit_fraction
    return (
        Assumption(
            name="hit rate of experiments",
            value=f"{low:g} to {high:g}",
            unit="share of runs",
            source=advice.hit_rate_source,
            basis="assumed",
        ),
        Assumption(
            name="gate of experiments",
            value=GATE_FRACTION,
            unit=f"share of the base error that {GATE_RUN_COUNT} runs must cost less than",
            source="a prior from eight temporal data sets, where 120 runs bought under 4% on seven",
            basis="assumed",
        ),
        Assumption(
            name="spread of experiments",
            value=advice.spread_per_case,
            unit="loss per case, standard deviation from run to run, taken as normal",
            source=advice.spread_source,
            basis="assumed",
        ),
    )
