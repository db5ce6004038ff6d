"""What would change the answer: the decision asked again, one figure changed at a time.

A break-even is found on the decision itself: values further and further away are asked for, then
the bracket is halved. So the study run with the figure just beyond it has the other answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from pydantic import ValidationError

from advisor.decision.choice.choose import answer_key, choose
from advisor.decision.scenarios.option_space import OptionSpace, option_space_for
from advisor.decision.scenarios.problem import Problem, problem_of
from advisor.decision.whatif.drivers import Driver, drivers_of, with_value
from advisor.recommendation import AnswerKey, BreakEven, Holds, HoldsPoint
from advisor.study.types import Study

CLOSE = 1e-6
"""Relative width of the bracket at which a search ends."""

CHECKS = 16
"""Even parts of the way to a break-even at which the answer is asked for once more."""

HOLDS_STEPS = 9
"""Values of each driver in the region that is mapped, the study's own in the middle."""


@dataclass
class Asker:
    """Asks for the answer of changed studies in their option space, and keeps what it heard."""

    study: Study
    space: OptionSpace
    pause: Callable[[], object] | None = None
    """Called before each question: whoever waits for the answers may end the asking there."""

    def __post_init__(self) -> None:
        """Start with nothing heard."""
        self._heard: dict[tuple[str, float], AnswerKey | None] = {}
        self.now = answer_at(self.study, self.space)

    def at(self, driver: Driver, value: float) -> AnswerKey | None:
        """Return the answer with one driver at a value.

        Raises:
            ValidationError: a study cannot have that value.
        """
        if (driver.key, value) not in self._heard:
            if self.pause is not None:
                self.pause()
            changed = with_value(self.study, driver.key, value)
            space = option_space_for(changed, self.space)
            self._heard[driver.key, value] = answer_at(changed, space)
        return self._heard[driver.key, value]

    def differs(self, driver: Driver, value: float) -> bool | None:
        """Return whether the answer is another one there; null where no study is like that."""
        try:
            return self.at(driver, value) != self.now
        except ValidationError:
            return None


def answer_at(study: Study, space: OptionSpace) -> AnswerKey | None:
    """Return the answer of a study; null where nothing is feasible."""
    problem = problem_of(study, space, whole=False)
    return answer_key(problem, choose(problem, whole=False).best)


def break_evens(
    problem: Problem,
    *,
    drivers: Sequence[Driver] | None = None,
    pause: Callable[[], object] | None = None,
) -> list[BreakEven]:
    """Return, per driver that can change the answer, the nearest value at which it does.

    Args:
        problem: the study in its option space.
        drivers: which figures to vary; all that the study has by default.
        pause: called before each of hundreds of decisions; what it raises ends the search.
    """
    asker = Asker(study=problem.study, space=problem.space, pause=pause)
    found = []
    for driver in drivers_of(problem) if drivers is None else drivers:
        value = nearest_flip(driver, partial(asker.differs, driver))
        if value is not None:
            found.append(
                BreakEven(
                    driver=driver.key,
                    unit=driver.unit,
                    now=driver.now,
                    flips_at=value,
                    to=asker.at(driver, value),
                )
            )
    return sorted(found, key=_distance)


def _distance(found: BreakEven) -> float:
    """Return how far away a break-even is, as a ratio; from zero nothing is near."""
    if found.now <= 0 or found.flips_at <= 0:
        return np.inf
    return float(abs(np.log(found.flips_at / found.now)))


def nearest_flip(driver: Driver, differs: Callable[[float], bool | None]) -> float | None:
    """Return the nearest value, up or down, at which the answer is another one.

    Both sides are looked at step by step, the nearest step first; the first step that differs is
    narrowed down to one millionth, and told from its far side.
    """
    sides = [iter(driver.ladder(up=True)), iter(driver.ladder(up=False))]
    last = [driver.now, driver.now]
    open_sides = [0, 1]
    while open_sides:
        flips = []
        for side in tuple(open_sides):
            value = next(sides[side], None)
            told = None if value is None else differs(value)
            if value is None or told is None:
                open_sides.remove(side)
            elif told:
                flips.append(_narrow(driver, last[side], value, differs))
            else:
                last[side] = value
        if flips:
            nearest = min(flips, key=lambda v: _steps_from(driver.now, v))
            return _nothing_nearer(driver, nearest, differs)
    return None


def _nothing_nearer(driver: Driver, flip: float, differs: Callable[[float], bool | None]) -> float:
    """Look between here and a flip for a nearer one: answers can come and go between two steps.

    The way is cut into even parts; where one of them already differs, the flip before it is
    narrowed down and looked before in turn.
    """
    if driver.moves_options or driver.now <= 0 or flip <= 0:
        return flip
    while True:
        last = driver.now
        parts = np.geomspace(driver.now, flip, CHECKS + 1)[1:-1].tolist()
        if driver.whole:
            parts = [float(v) for v in dict.fromkeys(map(round, parts)) if v not in (last, flip)]
        for value in parts:
            if differs(value):
                nearer = _narrow(driver, last, value, differs)
                break
            last = value
        else:
            return flip
        if _steps_from(driver.now, nearer) >= _steps_from(driver.now, flip) * (1 - CLOSE):
            return flip
        flip = nearer


def _steps_from(now: float, value: float) -> float:
    if now > 0 and value > 0:
        return float(abs(np.log(value / now)))
    return abs(value - now)


def _narrow(
    driver: Driver, same: float, other: float, differs: Callable[[float], bool | None]
) -> float:
    """Halve the way between a value with the answer and one with another, until they touch."""
    smallest = CLOSE * min(abs(other), abs(other - same))  # from zero no ratio ever closes
    while True:
        if driver.whole:
            if abs(other - same) <= 1:
                return other
            middle = float(round((same + other) / 2))
        else:
            if abs(other - same) <= max(smallest, CLOSE * min(abs(other), abs(same))):
                return other
            ratio = same > 0 and other > 0
            middle = float(np.sqrt(same * other)) if ratio else (same + other) / 2
        if differs(middle):
            other = middle
        else:
            same = middle


def holds(problem: Problem, found: Sequence[BreakEven]) -> Holds | None:
    """Map where the choice holds, as the two drivers move that change it nearest.

    Each runs from as far below as it flips above, twice that way in all, evenly on a log scale.
    """
    known = {d.key: d for d in drivers_of(problem)}
    asker = Asker(study=problem.study, space=problem.space)
    near = [b for b in found if not known[b.driver].moves_options and b.now > 0 and b.flips_at > 0]
    if len(near) < 2 or asker.now is None:
        return None
    first, second = near[:2]
    points = []
    for one in _around(first, known[first.driver]):
        for two in _around(second, known[second.driver]):
            try:
                study = with_value(problem.study, first.driver, one)
                answer = answer_at(with_value(study, second.driver, two), problem.space)
            except ValidationError:
                continue
            points.append(
                HoldsPoint(first=one, second=two, answer=answer, holds=answer == asker.now)
            )
    return Holds(
        first_driver=first.driver,
        second_driver=second.driver,
        first_unit=first.unit,
        second_unit=second.unit,
        points=tuple(points),
    )


def _around(found: BreakEven, driver: Driver) -> list[float]:
    reach = max(2 * abs(np.log(found.flips_at / found.now)), np.log(1.1))
    values = found.now * np.exp(np.linspace(-reach, reach, HOLDS_STEPS))
    inside = [float(v) for v in values if driver.low <= v <= driver.high]
    return [float(round(v)) for v in inside] if driver.whole else inside
