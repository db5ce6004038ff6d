"""How many training runs to pay for: the gate, the gain against the runs, and their pace."""

import numpy as np

from advisor import defaults
from advisor.decision.answer.experiment_spending import (
    DEEP,
    RUNGS,
    STOPPED_OF_BAD,
    STOPPED_OF_GOOD,
    UNFAVOURABLE_OF_REST,
    Gain,
    budget,
    escalation,
    savings,
)
from advisor.decision.answer.words import figure
from advisor.decision.choice.engine import Engine
from advisor.decision.scenarios.run_history import measured_scores
from advisor.experiments.gains import normal_stopping_count
from advisor.experiments.promotions import (
    PRIOR_PROMOTED,
    PRIOR_REST,
    PRIOR_SOURCE,
    runs_for_confidence,
)
from advisor.experiments.stopping import GATE_FRACTION, GATE_RUN_COUNT, velocity
from advisor.recommendation import (
    Assumption,
    Basis,
    ExperimentAdvice,
    ExperimentPace,
    GainPoint,
    HistoryAdvice,
    HitRate,
    TrainingAdvice,
    TrainingPlace,
)
from advisor.study.types import DAYS_PER_MONTH, Study
from advisor.training import training_places

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

MEASURED_REACH = 10
"""A measured gain is extrapolated to so many times the runs behind it."""

MOST_INSTANCES = 400
"""Priced places that the pace is told of, cheapest run first."""

FEWEST_ON_CURVE = 20
"""The curve goes at least so far. [runs]"""


def experiment_advice(
    engine: Engine, candidate: int, training: TrainingAdvice
) -> ExperimentAdvice | None:
    """Return how many runs of a candidate are worth their price.

    None where there is no error to lower, as in clustering, and where nothing can be trained.
    """
    study, profile = engine.study, engine.profiles[candidate]
    cost, history = engine.costs[candidate], engine.history
    base_error = profile.error_per_case
    if base_error is None or cost.place_row is None:
        return None
    life_days = cost.cadence.interval.days or cost.cadence.spending.horizon_days
    usd_per_error = study.retraining.error_usd * study.cases_per_day * life_days
    one_percent_usd = GATE_FRACTION * base_error * usd_per_error
    pilot_usd = GATE_RUN_COUNT * training.usd_per_run
    scores = measured_scores(study, engine.evidence.histories)
    spread = SPREAD_FRACTION * base_error if len(scores) < 2 else float(np.std(scores))
    gain = Gain(usd_per_error=usd_per_error, spread=spread, scores=scores)
    stop = _stopping_count(gain, usd_per_run=training.usd_per_run)
    search_pays = pilot_usd < one_percent_usd
    run_s = _run_s(cost.places.place(cost.place_row))
    return ExperimentAdvice(
        candidate=profile.name,
        runs_per_release=training.runs_per_release,
        runs_basis=_runs_basis(engine),
        usd_per_run=training.usd_per_run,
        usd_per_release=training.usd_per_release,
        usd_per_month=training.usd_per_month,
        spend_basis="scaled",
        hit_rates=_hit_rates(training.usd_per_run, history),
        hit_rate_source=PRIOR_SOURCE,
        life_days=life_days,
        base_error_per_case=base_error,
        one_percent_usd=one_percent_usd,
        value_basis=_basis(study, "error_cost_usd", "cases_per_day"),
        pilot_run_count=GATE_RUN_COUNT,
        pilot_usd=pilot_usd,
        search_pays=search_pays,
        spread_per_case=spread,
        spread_source=SPREAD_SOURCE
        if not gain.is_measured
        else f"measured: {study.history.metric} of {len(scores):,} finished runs of the history",
        gain_basis="measured" if gain.is_measured else "assumed",
        curve=_curve(
            gain,
            months=life_days / DAYS_PER_MONTH,
            usd_per_run=training.usd_per_run,
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
        history=history,
        savings=savings(usd_per_run=training.usd_per_run, history=history, study=study),
        escalation=escalation(
            usd_per_run=training.usd_per_run,
            deep_usd_per_run=_deep_usd_per_run(engine),
            base_error=base_error,
            usd_per_error=usd_per_error,
        ),
        budget=budget(
            study,
            usd_per_run=training.usd_per_run,
            run_s=run_s,
            hit_fraction=_hit_fraction(history),
            gain_usd=gain,
        ),
        next_run_gain_usd=gain.step(training.runs_per_release),
        instances=_instances(engine, candidate, runs_per_release=training.runs_per_release),
    )


def _stopping_count(gain: Gain, *, usd_per_run: float) -> int:
    if gain.is_measured:
        most = min(MOST_RUNS, MEASURED_REACH * len(gain.scores))
        return gain.stopping_count(usd_per_run=usd_per_run, most=most)
    return normal_stopping_count(
        usd_per_deviation=gain.spread * gain.usd_per_error, usd_per_run=usd_per_run, most=MOST_RUNS
    )


def _runs_basis(engine: Engine) -> Basis:
    """Return `measured` where a history gave the runs per release."""
    if engine.history is not None and engine.history.is_used:
        return "measured"
    return _basis(engine.study, "runs_per_release")


def _hit_fraction(history: HistoryAdvice | None) -> float:
    return HIT_FRACTIONS[1] if history is None else history.hit_fraction


def _deep_usd_per_run(engine: Engine) -> float | None:
    """Return the price of a run of the cheapest deep candidate; None where none was measured."""
    found = [
        cost.usd_per_run
        for profile, cost in zip(engine.profiles, engine.costs, strict=True)
        if profile.parameter_count is not None and cost.place_row is not None
    ]
    return min(found, default=None)


def _basis(study: Study, *keys: str) -> Basis:
    """Return `input` where the study gives all of some figures, else `assumed`."""
    return "input" if set(keys) <= study.retraining.model_fields_set else "assumed"


def _hit_rates(usd_per_run: float, history: HistoryAdvice | None) -> tuple[HitRate, ...]:
    rates: list[tuple[float, Basis]] = [(fraction, "assumed") for fraction in HIT_FRACTIONS]
    if history is not None:
        rates.insert(0, (history.hit_fraction, "measured"))
    found = []
    for fraction, basis in rates:
        count = runs_for_confidence(share=fraction)
        found.append(
            HitRate(
                hit_fraction=fraction, run_count=count, spend_usd=count * usd_per_run, basis=basis
            )
        )
    return tuple(found)


def _curve(
    gain: Gain, *, months: float, usd_per_run: float, through: tuple[int, ...]
) -> tuple[GainPoint, ...]:
    """Return gain and spend against the runs behind each release, the telling counts among them.

    Args:
        gain: worth of the best of so many runs over the life of a release.
        months: how long a release lives. [months]
        usd_per_run: one run. [USD]
        through: counts that the curve has a point at. [runs]
    """
    farthest = min(MOST_RUNS, max(FEWEST_ON_CURVE, *(3 * count for count in through)))
    spaced = np.geomspace(1, farthest, CURVE_POINTS).round().astype(int)
    counts = np.unique([*spaced, *through])
    return tuple(
        GainPoint(
            run_count=int(count),
            expected_gain_usd_per_month=gain.usd(int(count)) / months,
            spend_usd_per_month=int(count) * usd_per_run / months,
        )
        for count in counts
    )


def _pace(training: TrainingAdvice) -> tuple[ExperimentPace, ...]:
    """Return experiments per week on the cheapest sku of each platform."""
    first: dict[str, TrainingPlace] = {}
    for place in training.alternatives:
        first.setdefault(place.platform, place)
    return tuple(
        row
        for place in first.values()
        for row in _pace_at(place, WORKER_COUNTS, runs_per_release=training.runs_per_release)
    )


def usd_per_run_by_purchase(engine: Engine, candidate: int) -> dict[str, float]:
    """Return the cheapest run on demand and on spot, whatever the study buys; [USD]."""
    study, found = engine.study, {}
    for purchase in ("on-demand", "spot"):
        cloud = study.cloud.replace(training_purchase=(purchase,))
        places = training_places(
            study.replace(cloud=cloud),
            engine.profiles[candidate],
            market=engine.market,
            memo=engine.space.memo,
        )
        row = places.cheapest() if len(places.usd_per_run) else None
        if row is not None:
            found[purchase] = float(places.usd_per_run[row])
    return found


def _instances(
    engine: Engine, candidate: int, *, runs_per_release: int
) -> tuple[ExperimentPace, ...]:
    """Return the pace at the study's workers on every priced place, cheapest run first."""
    places = engine.costs[candidate].places
    usd = places.usd_per_run
    priced = np.flatnonzero(np.isfinite(usd))
    workers = (engine.study.experiments.worker_count,)
    return tuple(
        row
        for at in priced[np.lexsort((places.wall_s[priced], usd[priced]))][:MOST_INSTANCES]
        for row in _pace_at(places.place(int(at)), workers, runs_per_release=runs_per_release)
    )


def _run_s(place: TrainingPlace) -> float:
    """Return the wall-clock of one run at a place, start and repeats on spot counted. [s]"""
    repeated = defaults.SPOT_REPEAT_FACTOR.value if place.purchase == "spot" else 1.0
    return (place.wall_s + defaults.TRAINING_START_S.value) * repeated


def _pace_at(
    place: TrainingPlace, worker_counts: tuple[int, ...], *, runs_per_release: int
) -> list[ExperimentPace]:
    run_s = _run_s(place)
    found = velocity(
        run_s=run_s,
        usd_per_hour=place.usd_per_run / run_s * 3600,
        worker_count=worker_counts,
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
        for i, count in enumerate(worker_counts)
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
        f"the {f'{life_days:,.0f} days' if round(life_days) != 1 else 'day'} that a release lives"
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
    assumed = [rate.hit_fraction for rate in advice.hit_rates if rate.basis == "assumed"]
    low, high = assumed[0], assumed[-1]
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
            unit="loss per case, standard deviation from run to run"
            + ("" if advice.gain_basis == "measured" else ", taken as normal"),
            source=advice.spread_source,
            basis=advice.gain_basis,
        ),
        Assumption(
            name="bad runs that an early stop catches",
            value=STOPPED_OF_BAD,
            unit=f"share of the plainly bad runs, {UNFAVOURABLE_OF_REST:.0%} of those that lead to "
            f"no release; {STOPPED_OF_GOOD:.0%} of the good ones are stopped by mistake",
            source="our assumption; a history of pruned trials measures what a stopped run costs",
            basis="assumed",
        ),
        Assumption(
            name="gain of tuned, AutoML and deep",
            value=", ".join(f"{name} {mean:.1%}" for name, _, mean, _ in RUNGS[1:])
            + f", {DEEP[0]} {DEEP[1]:.1%}",
            unit="share of the error that it takes off, mean; the spread is twice that or more",
            source="tuned: eight public temporal data sets, 120 configurations each; the others "
            "assumed from it",
            basis="assumed",
        ),
    )
