"""Why not the others: the best option of every other kind, and where it would overtake."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from pydantic import ValidationError

from advisor.decision.choice.choose import usd_per_loss_month
from advisor.decision.choice.engine import Engine
from advisor.decision.choice.naming import name_of
from advisor.decision.choice.pruning import compared_usd
from advisor.decision.choice.ranking import reasons
from advisor.decision.scenarios.problem import WAITED_FOR, Problem, problem_of
from advisor.decision.whatif.drivers import Driver, drivers_of, with_value
from advisor.platforms import facts_of, title_of
from advisor.profiles import CandidateProfile
from advisor.recommendation import Overtaking, Rival

PAIR_DRIVERS = (
    "workload.requests_per_s",
    "workload.peak_requests_per_s",
    "team.engineer_usd_per_hour",
    "retraining.error_cost_usd",
    "retraining.cases_per_day",
)
"""Drivers by which a pair of options is compared, beside the hours of both platforms."""

STEPS = 12
"""Halvings of the bracket around an overtaking: a thousandth of it and less."""


class Asked(NamedTuple):
    """A question about another kind of option, and the option that stands for it."""

    question: str
    row: int


def rivals(engine: Engine) -> tuple[Rival, ...]:
    """Return the best option of every other kind, the nearest in cost first."""
    best = engine.choice.best
    if best is None:
        return ()
    asked = list(_asked(engine, best))
    rows = [best, *(a.row for a in asked if _qualifies(engine, a.row))]
    places = {row: place for place, row in enumerate(rows)}
    told = {d.key: d for d in drivers_of(engine.problem)}
    gaps = _Gaps(engine, rows)
    found = []
    for one in asked:
        overtakes: tuple[Overtaking, ...] = ()
        if (place := places.get(one.row)) is not None:
            keys = [*PAIR_DRIVERS, *_hours_keys(engine, (best, one.row))]
            drivers = [told[k] for k in keys if k in told]
            overtakes = tuple(o for d in drivers if (o := _overtaking(gaps, d, place)))
        found.append(_rival(engine, best, one, overtakes))
    return tuple(sorted(found, key=lambda r: r.usd_per_month_more))


def _qualifies(engine: Engine, row: int) -> bool:
    """Return whether an option keeps every rule and need, so that cost alone decides."""
    name = engine.profiles[int(engine.options.candidate[row])].name
    fit = engine.choice.unfit[name] is None
    return fit and bool(engine.runs[row]) and engine.risk.feasible(row)


def _asked(engine: Engine, best: int) -> Iterator[Asked]:
    """Pick, for each question, the cheapest option of that kind, feasible ones first."""
    shown = [*engine.order.ranked, *engine.order.rejected]
    shown = [r for r in shown if engine.options.sold[r] and r != best]
    shown.sort(key=lambda r: (not _qualifies(engine, r), engine.risk.criterion_usd(r)))
    options = engine.options
    owner = engine.candidate_of[options.candidate]
    candidate, platform = int(owner[best]), options.platform_of(best)
    taken: set[int] = set()

    def first(fits: Callable[[int], bool]) -> int | None:
        return next((r for r in shown if r not in taken and fits(r)), None)

    def runs_on(name: str, row: int) -> bool:
        return options.platform_of(row) == name and int(owner[row]) == candidate

    def runs(other: int, row: int) -> bool:
        return int(owner[row]) == other

    questions: list[tuple[str, Callable[[int], bool]]] = [
        (f"Why not {title_of(name)}?", partial(runs_on, name))
        for name in options.platforms
        if name != platform
    ]
    if not options.on_gpu[best]:
        questions.append(("Why not a GPU?", lambda r: bool(options.on_gpu[r])))
    questions += [
        (
            f"Why not {profile.name}, {_better_or_simpler(profile, engine.profiles[candidate])}?",
            partial(runs, i),
        )
        for i, profile in enumerate(engine.profiles)
        if profile.form_rank == 0 and i != candidate and not profile.is_baseline
    ]
    if options.stands[best]:
        scaled = bool(options.scaled[best])
        questions.append(
            (
                "Why not a fixed fleet?" if scaled else "Why not autoscaling?",
                lambda r: (
                    owner[r] == candidate
                    and options.platform_of(r) == platform
                    and bool(options.scaled[r]) != scaled
                ),
            )
        )
        questions.append(
            (
                "Why not a smaller machine?",
                lambda r: (
                    owner[r] == candidate
                    and options.platform_of(r) == platform
                    and float(options.replica_usd[r]) < float(options.replica_usd[best])
                ),
            )
        )
    for question, fits in questions:
        row = first(fits)
        if row is not None:
            taken.add(row)
            yield Asked(question, row)


def _better_or_simpler(profile: CandidateProfile, chosen: CandidateProfile) -> str:
    if profile.quality > chosen.quality:
        return "the better model"
    return "the simpler model" if profile.rank < chosen.rank else "the larger model"


def _hours_keys(engine: Engine, rows: Sequence[int]) -> list[str]:
    names = dict.fromkeys(engine.options.platform_of(r) for r in rows)
    return [f"team.hours_per_month.{name}" for name in names]


class _Gaps:
    """Mean cost of some options above the first of them, as one driver moves."""

    def __init__(self, engine: Engine, rows: Sequence[int]) -> None:
        self._engine = engine
        self._rows = np.array(rows, dtype=np.intp)
        self._whole = any(
            facts_of(engine.options.platform_of(row)).billing in WAITED_FOR for row in rows
        )
        self._heard: dict[tuple[str, float], np.typing.NDArray[np.float64] | None] = {}

    def at(self, driver: Driver, value: float) -> np.typing.NDArray[np.float64] | None:
        """Return each option's cost above the first's, errors counted; null for no such study."""
        key = driver.key, value
        if key not in self._heard:
            try:
                study = with_value(self._engine.study, driver.key, value)
            except ValidationError:
                self._heard[key] = None
                return None
            problem = problem_of(study, self._engine.space, whole=self._whole)
            usd = compared_usd(problem, self._rows) + _errors_usd(problem, self._rows)
            self._heard[key] = usd - usd[0]
        return self._heard[key]


def _errors_usd(
    problem: Problem, rows: np.typing.NDArray[np.intp]
) -> np.typing.NDArray[np.float64]:
    """Return what the errors of each option's candidate cost, ageing counted. [USD/month]"""
    per_loss = usd_per_loss_month(problem.study, problem.space.profiles) or 0.0
    errors = [
        (p.error_per_case or 0.0) * per_loss + c.cadence.ageing_usd_per_month
        for p, c in zip(problem.space.profiles, problem.costs, strict=True)
    ]
    found: np.typing.NDArray[np.float64] = np.array(errors)[problem.options.candidate[rows]]
    return found


def _overtaking(gaps: _Gaps, driver: Driver, place: int) -> Overtaking | None:
    """Return the nearest value of a driver at which an option costs less than the first."""
    if driver.whole or driver.now <= 0:
        return None
    here = gaps.at(driver, driver.now)
    if here is None or here[place] < 0:
        return None
    found = []
    for up in (True, False):
        last = driver.now
        for value in driver.ladder(up=up)[::2]:
            gap = gaps.at(driver, value)
            if gap is None:
                break
            if gap[place] < 0:
                found.append(_halved(gaps, driver, place, last, value))
                break
            last = value
    if not found:
        return None
    nearest = min(found, key=lambda v: abs(np.log(v / driver.now)))
    return Overtaking(
        driver=driver.key, unit=driver.unit, now=driver.now, overtakes_at=float(nearest)
    )


def _halved(gaps: _Gaps, driver: Driver, place: int, same: float, other: float) -> float:
    for _ in range(STEPS):
        middle = float(np.sqrt(same * other))
        gap = gaps.at(driver, middle)
        if gap is not None and gap[place] < 0:
            other = middle
        else:
            same = middle
    return other


def _rival(engine: Engine, best: int, one: Asked, overtakes: tuple[Overtaking, ...]) -> Rival:
    options, row = engine.options, one.row
    profile = engine.profiles[int(options.candidate[row])]
    platform, sku = options.platform_of(row), str(options.sku[row])
    more = float((engine.risk.usd(row) - engine.risk.usd(best)).mean())
    return Rival(
        question=one.question,
        name=name_of(engine, row),
        candidate=profile.name,
        platform=platform,
        sku=sku,
        region=str(options.region[row]),
        purchase=options.purchase_of(row),
        usd_per_month_more=more,
        probability_cheaper=engine.risk.probability_cheaper(row, best),
        qualifies=_qualifies(engine, row),
        why_not=_why_not(engine, best, row, more, overtakes),
        overtakes=overtakes,
    )


def _why_not(
    engine: Engine, best: int, row: int, more: float, overtakes: tuple[Overtaking, ...]
) -> str:
    """Say the figures that decide between an option and the chosen one."""
    options = engine.options
    own, chosen = (engine.profiles[int(options.candidate[r])] for r in (row, best))
    parts: list[str] = []
    if not _qualifies(engine, row):
        share = float(engine.risk.probability[engine.risk.place[row]])
        broken = reasons(engine.study, options, row, candidate_reason=None, probability=share)
        parts += broken or (f"it keeps the needs in {share:.0%} of the draws",)
    if own.name != chosen.name:
        verdict = engine.ladder.verdicts.get(own.name)
        if verdict:
            parts.append(verdict)
    team = engine.study.team
    people = team.upkeep_usd(options.platform_of(row)) - team.upkeep_usd(options.platform_of(best))
    if not engine.problem.scenarios.counts_people:
        people = 0.0
    serving = float(options.serving_usd[row] - options.serving_usd[best])
    # The mean of the draws is not the plan: what is left stands there too, so that it adds up.
    rest = more - serving - people
    other = "what the draws change" if own.name == chosen.name else "the model and the draws"
    shares = (
        (serving, "for serving"),
        (people, "for people's hours as planned"),
        (rest, f"for {other}"),
    )
    told = ", ".join(f"{_signed(usd)} {what}" for usd, what in shares if abs(usd) >= 0.5)
    parts.append(
        f"{_signed(more)} USD/month in the mean of the draws" + (f": {told}" if told else "")
    )
    if overtakes:
        nearest = min(overtakes, key=lambda o: abs(np.log(o.overtakes_at / o.now)))
        parts.append(
            f"cheaper from {nearest.driver} = {nearest.overtakes_at:,.4g} {nearest.unit} "
            f"(now {nearest.now:,.4g})"
        )
    return "; ".join(parts)


def _signed(usd: float) -> str:
    """Write a difference of money with its sign; never a negative nothing."""
    return f"{usd:+,.0f}" if abs(usd) >= 0.5 else "+0"
