"""From the models' own answers to one decision for all: nothing here adds up single answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from advisor.arrays import Floats, Ints
from advisor.errors import AdvisorError
from advisor.fleet.answer import (
    CalendarAnswer,
    ExperimentsAnswer,
    FamilyCommitment,
    FleetAnswer,
    Infeasible,
    ModelAnswer,
    SharedMachine,
)
from advisor.fleet.commitment import best_commitment, drawn_spend
from advisor.fleet.model import FleetModel, Place
from advisor.fleet.release_calendar import (
    BASE_DAYS,
    level_phases,
    power_of_two,
    stretch_to_hours,
)
from advisor.fleet.run_budget import MOST_RUNS, shrunken_spreads, spend_on_runs
from advisor.fleet.setup import FleetSetup
from advisor.fleet.shared_hours import shared_platforms
from advisor.fleet.sharing import SHARED, Moved, beside_usd, moves, shared_place
from advisor.study.types import DAYS_PER_MONTH, HOURS_PER_MONTH


@dataclass
class _Fleet:
    """What is decided so far, a row a model."""

    models: list[FleetModel]
    setup: FleetSetup
    platforms: list[str]
    place: list[Place | None] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    bound: int = 0
    days: Floats = field(default_factory=lambda: np.zeros(0))
    phase: Ints = field(default_factory=lambda: np.zeros(0, dtype=int))

    @cached_property
    def machine_of(self) -> dict[int, tuple[int, float]]:
        """Number of the shared machine of each moved model, and its part of it."""
        return {
            row: (number, part)
            for number, one in enumerate(self.moved)
            for row, part in zip(one.rows, one.part, strict=True)
        }


def decide(models: Sequence[FleetModel], setup: FleetSetup, *, on: str) -> FleetAnswer:
    """Decide for all models together.

    Args:
        models: each one's own answer; their order never matters.
        setup: what holds for all.
        on: day of the prices, YYYY-MM-DD.

    Raises:
        AdvisorError: there is no model at all.
    """
    if not models:
        raise AdvisorError("a fleet needs at least one study: none was found")
    ordered = sorted(models, key=lambda model: model.study)
    running = [model for model in ordered if model.places]
    fleet = _Fleet(
        models=running,
        setup=setup,
        platforms=sorted({place.platform for model in running for place in model.places}),
    )
    _place(fleet)
    calendar = _retrain(fleet)
    experiments, runs = _experiments(fleet)
    commitment = _commit(fleet)
    infeasible = tuple(
        Infeasible(study=model.study, reasons=model.reasons)
        for model in ordered
        if not model.places
    )
    return _answer(
        fleet,
        calendar=calendar,
        experiments=(experiments, runs),
        commitment=commitment,
        infeasible=infeasible,
        on=on,
    )


def _upkeep(fleet: _Fleet) -> dict[str, tuple[float, float]]:
    """Return hours and money that each platform takes if one model uses it.

    The largest that a study gives: a team that runs it for many runs it as its most careful study.
    """
    found: dict[str, tuple[float, float]] = {}
    for model in fleet.models:
        for place in model.places:
            hours, usd = found.get(place.platform, (0.0, 0.0))
            found[place.platform] = (
                max(hours, place.upkeep_hours),
                max(usd, place.upkeep_hours * model.hour_usd),
            )
    return found


def _place(fleet: _Fleet) -> None:
    """Choose platforms, then the machines that are worth sharing."""
    share = fleet.setup.hours.share_per_model
    at = {name: column for column, name in enumerate(fleet.platforms)}
    cost = np.full((len(fleet.models), len(at)), math.inf)
    fixed = np.zeros(len(at))
    upkeep = _upkeep(fleet)
    for row, model in enumerate(fleet.models):
        for place in model.places:
            own = place.upkeep_hours * model.hour_usd * share if model.with_people else 0.0
            cost[row, at[place.platform]] = place.rank_usd_per_month + own
    if any(model.with_people for model in fleet.models):
        fixed = np.array([upkeep[name][1] * (1 - share) for name in fleet.platforms])
    own_place = np.array([at[model.platform or ""] for model in fleet.models], dtype=int)
    if len(fleet.models) == 1:  # alone, its own answer has weighed all of it, and its doubt
        chosen = own_place
    else:
        chosen = shared_platforms(cost, fixed, own=own_place).place
    fleet.place = [
        next(one for one in model.places if at[one.platform] == column)
        for model, column in zip(fleet.models, chosen.tolist(), strict=True)
    ]
    if fleet.setup.shared_machines and len(fleet.models) > 1:
        is_new = SHARED not in {place.platform for place in fleet.place if place}
        extra = upkeep.get(SHARED, (0.0, 0.0))[1] if is_new else 0.0
        fleet.moved, fleet.bound = moves(fleet.models, fleet.place, extra)


def _retrain(fleet: _Fleet) -> CalendarAnswer | None:
    """Round the intervals so that they fit together, and spread the releases over the weeks."""
    count = len(fleet.models)
    fleet.days, fleet.phase = np.full(count, math.inf), np.zeros(count, dtype=int)
    rows = [row for row, model in enumerate(fleet.models) if model.releases]
    plans = [plan for model in fleet.models if (plan := model.releases)]
    if not rows:
        return None
    own = np.array([plan.interval_days for plan in plans])
    hours = np.array([plan.hours for plan in plans])
    limit = fleet.setup.hours.releases_per_week
    limit = None if limit is None else limit * BASE_DAYS / 7
    rounded = own
    if len(rows) > 1:  # one model alone shares its calendar with nobody
        low, high = (np.array([plan.band_days[end] for plan in plans]) for end in (0, 1))
        rounded = power_of_two(own, low, high)
    cost = np.array([plan.release_usd for plan in plans])
    errors = np.array([plan.errors_usd_per_month for plan in plans])
    found = stretch_to_hours(
        best_days=own,
        release_usd=cost,
        hours=hours,
        ageing_usd_per_day2=np.maximum(errors / (DAYS_PER_MONTH * own), 1e-12),
        hours_per_slot=math.inf if limit is None else limit,
        rounded=rounded,
    )
    days = found.days
    fleet.days[rows] = days
    if len(rows) == 1:
        one = float(hours[0] * BASE_DAYS / days[0])
        levelled, together = (one,), one
    else:
        calendar = level_phases(days, hours)
        fleet.phase[rows] = calendar.phase
        levelled = tuple(calendar.hours_per_slot.tolist())
        together = math.fsum(np.maximum(hours, hours * BASE_DAYS / days))
    return CalendarAnswer(
        slot_days=BASE_DAYS,
        hours_per_slot=levelled,
        mean_hours=math.fsum(levelled) / len(levelled),
        peak_hours=max(levelled),
        together_hours=together,
        limit_hours=limit,
        is_feasible=limit is None or found.hours_per_slot <= limit * (1 + 1e-9),
        usd_per_hour=found.usd_per_hour,
        stretched=tuple(
            fleet.models[row].study
            for row, before, after in zip(rows, rounded, days, strict=True)
            if after > before
        ),
    )


def _experiments(fleet: _Fleet) -> tuple[ExperimentsAnswer | None, dict[int, int]]:
    """Spend the budget of experiments where the next dollar gains most."""
    budget = fleet.setup.experiments_budget_usd
    rows = [row for row, model in enumerate(fleet.models) if model.runs]
    if budget is None or not rows:
        return None, {}
    asked = [runs for model in fleet.models if (runs := model.runs)]
    raw = np.array([math.nan if one.spread is None else one.spread for one in asked])
    spread = shrunken_spreads(raw, np.array([float(one.spread_runs) for one in asked]))
    value = np.array([one.unit_usd for one in asked]) * np.nan_to_num(spread)
    cost = np.array([one.run_usd for one in asked])
    found = spend_on_runs(value, cost, budget_usd=budget)
    each = [
        spend_on_runs(value[i : i + 1], cost[i : i + 1], budget_usd=budget / len(rows)).gain_usd
        for i in range(len(rows))
    ]
    measured = int(np.isfinite(raw).sum())
    answer = ExperimentsAnswer(
        budget_usd=budget,
        spend_usd=found.spend_usd,
        gain_usd=found.gain_usd,
        last_dollar_gain_usd=found.last_dollar_gain,
        equal_gain_usd=math.fsum(each),
        models=int((found.runs > 1).sum()),
        spread_basis=f"measured over the seeds of {measured} of {len(rows)} models and drawn "
        "toward the fleet's; the others take the fleet's (assumed)",
    )
    return answer, dict(zip(rows, found.runs.tolist(), strict=True))


def _commit(fleet: _Fleet) -> tuple[FamilyCommitment, ...]:
    """Commit over what all models spend together, a family at a time."""
    found = []
    spend = _committable(fleet)
    for family, discount in sorted(fleet.setup.commitment.discounts.items()):
        hourly = np.array(spend.get(family, [])) / HOURS_PER_MONTH
        if not hourly.size:
            continue
        settings = fleet.setup.commitment
        drawn = drawn_spend(hourly, discount=discount, doubt=settings.doubt, seed=settings.seed)
        best = best_commitment(drawn.total, discount=discount)
        saved = best.list_usd_per_hour - best.paid_usd_per_hour
        found.append(
            FamilyCommitment(
                family=family,
                discount_fraction=discount,
                usd_per_hour=best.usd_per_hour,
                covers_usd_per_hour=best.covered_usd_per_hour,
                list_usd_per_hour=best.list_usd_per_hour,
                saves_usd_per_month=saved * HOURS_PER_MONTH,
                alone_saves_usd_per_month=drawn.saved_alone_usd_per_hour * HOURS_PER_MONTH,
            )
        )
    return tuple(found)


def _committable(fleet: _Fleet) -> dict[str, list[float]]:
    """Return the on-demand spend of each family, a figure a model or shared machine."""
    spend: dict[str, list[float]] = {}
    on_shared = fleet.machine_of
    for row, place in enumerate(fleet.place):
        if place is not None and row not in on_shared:
            for family, usd in place.committable.items():
                spend.setdefault(family, []).append(usd)
    for one in fleet.moved:
        spend.setdefault("compute", []).append(one.machine.usd_per_month * one.copies)
    return spend


@dataclass(frozen=True)
class _Bill:
    """One model's bill in the fleet."""

    usd: float
    """Beside what is shared. [USD/month]"""
    aws_usd: float
    serving_usd: float
    release_hours: float
    more_errors_usd: float


def _bill(fleet: _Fleet, row: int) -> _Bill:
    model, place = fleet.models[row], fleet.place[row]
    assert place is not None
    usd, aws = place.usd_per_month, place.aws_usd_per_month
    serving = place.serving_usd_per_month
    shared = fleet.machine_of.get(row)
    if shared is not None and (there := shared_place(model)) is not None:
        gone = there.machine_usd_per_month + there.balancer_usd_per_month
        usd = beside_usd(there) + shared[1]
        aws = there.aws_usd_per_month - gone + shared[1]
        serving = there.serving_usd_per_month - gone + shared[1]
    plan, days = model.releases, float(fleet.days[row])
    if plan is None:
        return _Bill(usd, aws, serving, 0.0, 0.0)
    more = 0.0
    if days != plan.interval_days:
        more = DAYS_PER_MONTH / days - DAYS_PER_MONTH / plan.interval_days
    return _Bill(
        usd=usd + more * plan.release_usd,
        aws_usd=aws + more * plan.aws_usd,
        serving_usd=serving,
        release_hours=plan.hours * DAYS_PER_MONTH / days,
        more_errors_usd=plan.errors_usd_per_month * (days / plan.interval_days - 1),
    )


def _answer(
    fleet: _Fleet,
    *,
    calendar: CalendarAnswer | None,
    experiments: tuple[ExperimentsAnswer | None, dict[int, int]],
    commitment: tuple[FamilyCommitment, ...],
    infeasible: tuple[Infeasible, ...],
    on: str,
) -> FleetAnswer:
    """Put the bills together: each shared thing once, borne in parts by those who use it."""
    bills = [_bill(fleet, row) for row in range(len(fleet.models))]
    used = [_platform(fleet, row) for row in range(len(fleet.models))]
    share, upkeep = fleet.setup.hours.share_per_model, _upkeep(fleet)
    users = {name: used.count(name) for name in set(used)}
    parts, hours = [], math.fsum(bill.release_hours for bill in bills)
    for row, name in enumerate(used):
        own = next(one for one in fleet.models[row].places if one.platform == name)
        fixed_hours, fixed_usd = upkeep[name]
        own_usd = own.upkeep_hours * fleet.models[row].hour_usd
        alone = users[name] == 1
        parts.append(own_usd if alone else own_usd * share + fixed_usd * (1 - share) / users[name])
        hours += (
            own.upkeep_hours
            if alone
            else own.upkeep_hours * share + fixed_hours * (1 - share) / users[name]
        )
    models = tuple(
        _model(fleet, row, bills[row], parts[row], experiments[1].get(row))
        for row in range(len(fleet.models))
    )
    saved = math.fsum(one.saves_usd_per_month for one in commitment)
    total = math.fsum(model.usd_per_month for model in models) - saved
    aws = math.fsum(bill.aws_usd for bill in bills) - saved
    single = math.fsum(model.usd_per_month for model in fleet.models)
    return FleetAnswer(
        name=fleet.setup.name,
        verdict=_verdict(fleet, (total, aws, hours), used=sorted(users), left_out=len(infeasible)),
        models=models,
        platforms=tuple(sorted(users)),
        usd_per_month=total,
        machines_usd_per_month=math.fsum(bill.serving_usd for bill in bills),
        hours_per_month=hours,
        aws_usd_per_month=aws,
        sum_of_single_answers_usd_per_month=single,
        shared_machines=tuple(
            SharedMachine(
                name=_machine_name(number, one),
                sku=one.machine.sku,
                copies=one.copies,
                usd_per_month=one.usd_per_month,
                studies=tuple(fleet.models[row].study for row in one.rows),
            )
            for number, one in enumerate(fleet.moved)
        ),
        fewest_shared_machines=fleet.bound,
        commitment=commitment,
        calendar=calendar,
        experiments=experiments[0],
        infeasible=infeasible,
        notes=_notes(fleet, calendar, experiments[1]),
        on=on,
    )


def _platform(fleet: _Fleet, row: int) -> str:
    place = fleet.place[row]
    assert place is not None
    return SHARED if row in fleet.machine_of else place.platform


def _machine_name(number: int, one: Moved) -> str:
    return f"shared {number + 1}: {one.copies} x {one.machine.sku}, {len(one.rows)} models"


def _model(fleet: _Fleet, row: int, bill: _Bill, part: float, runs: int | None) -> ModelAnswer:
    model, place = fleet.models[row], fleet.place[row]
    assert place is not None
    shared = fleet.machine_of.get(row)
    platform, plan, days = _platform(fleet, row), model.releases, float(fleet.days[row])
    usd = bill.usd + part
    changed = []
    if platform != model.platform:
        changed.append(f"runs on {platform}, alone it would on {model.platform}")
    if shared is not None:
        changed.append("shares its machine")
    if plan is not None and days != plan.interval_days:
        changed.append(f"retrained every {days:g} days, alone every {plan.interval_days:g}")
    return ModelAnswer(
        study=model.study,
        platform=platform,
        place=place.name if shared is None else _machine_name(shared[0], fleet.moved[shared[0]]),
        interval_days=days if math.isfinite(days) else None,
        phase_days=float(fleet.phase[row]) * BASE_DAYS if math.isfinite(days) else None,
        usd_per_month=usd,
        saves_usd_per_month=model.usd_per_month - usd - bill.more_errors_usd,
        single_usd_per_month=model.usd_per_month,
        changed=tuple(changed),
        runs=runs,
        warning=model.warning,
    )


def _verdict(
    fleet: _Fleet, sums: tuple[float, float, float], *, used: Sequence[str], left_out: int
) -> str:
    total, aws, hours = sums
    count = len(fleet.models)
    if not count:
        return f"Nothing runs: none of {left_out} models has a feasible option"
    said = f"{count} model{'s' if count > 1 else ''} on {', '.join(used)}"
    said += f": {total:,.0f} USD/month, of which AWS bills {aws:,.0f}; {hours:,.1f} hours a month"
    return said + (f"; {left_out} without a feasible option" if left_out else "")


def _notes(fleet: _Fleet, calendar: CalendarAnswer | None, runs: dict[int, int]) -> tuple[str, ...]:
    notes = []
    most = sum(count >= MOST_RUNS for count in runs.values())
    if most:
        notes.append(
            f"{most} models get the most runs that are looked at, {MOST_RUNS}: their gain rests on "
            "a spread over few seeds; read the runs of the past with 'history' in their studies"
        )
    if not any(place.upkeep_hours for model in fleet.models for place in model.places):
        notes.append(
            "No study gives hours of upkeep: platforms are chosen by the AWS bill alone; give "
            "team.hours_per_month in the studies"
        )
    if not fleet.setup.commitment.discounts:
        notes.append("Nothing is committed: give commitment.discounts in fleet.yaml")
    if calendar is not None and not calendar.is_feasible:
        notes.append(
            f"Releases take {calendar.mean_hours:,.1f} h a week where hours.releases_per_week "
            f"gives {calendar.limit_hours:,.1f}, at the longest intervals too: give more hours, or "
            "fewer models"
        )
    return tuple(notes)
