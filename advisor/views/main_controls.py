"""The few figures that come first, for requests that are answered and for jobs by a deadline."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from advisor.report.words import counted, significant
from advisor.views.presets import DEADLINE, JOBS, P99, PEAK, RATE, ROWS

E12 = (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2)
"""Steps of 20%: as fine as these estimates deserve."""

PATTERNS: Mapping[str, str] = MappingProxyType(
    {"online": "Requests, each answered", "batch": "Jobs, by a deadline"}
)
"""What the deployed model is asked for: the first control of all."""


def _decades(low: int, high: int, digits: Iterable[float] = E12) -> tuple[float, ...]:
    kept = list(digits)
    steps = [float(f"{digit}e{power}") for power in range(low, high) for digit in kept]
    return (*steps, float(f"1e{high}"))


class Primary(NamedTuple):
    """One of the few controls that come first."""

    key: str
    label: str
    steps: tuple[float | None, ...]
    unit: str
    whole: bool = False
    seldom: str = ""
    """Unit of the time between two, where there is less than one; empty where there is none."""

    def text(self, value: float | None) -> str:
        """Write a step of the control."""
        if value is None:
            return "no limit"
        if self.seldom and value < 1:
            return f"one in {significant(1 / value)}{self.seldom}"
        return f"{counted(value, digits=4)}{self.unit}"


_MONEY = (
    Primary("retraining.error_cost_usd", "One error costs", (0.0, *_decades(-4, 4)), " USD"),
    Primary(
        "retraining.runs_per_release",
        "Training runs per release",
        _decades(0, 4, (1, 2, 3, 5, 7)),
        "",
        True,
    ),
    Primary(
        "team.engineer_usd_per_hour",
        "An engineer's hour costs",
        tuple(float(usd) for usd in (0, *range(20, 205, 5), 250, 300)),
        " USD",
    ),
)

_TIMES_A_DAY = (1 / 30, 1 / 14, 1 / 7, 0.5, 1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 144, 288, 720, 1440)

PRIMARY: Mapping[str, tuple[Primary, ...]] = MappingProxyType(
    {
        "online": (
            Primary(RATE, "Mean request rate", _decades(-2, 4), " /s"),
            Primary(
                PEAK, "Peak, times the mean", (1, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 50), " ×"
            ),
            Primary(P99, "Slowest 1% answered within", (*_decades(0, 4), None), " ms"),
            *_MONEY,
        ),
        "batch": (
            Primary(ROWS, "Rows of one job", _decades(2, 10), ""),
            Primary(JOBS, "Jobs", _TIMES_A_DAY, " a day", seldom=" days"),
            Primary(
                DEADLINE,
                "A job is done within",
                (*_decades(-2, 0, (2, 5)), *(2, 3, 4, 6, 8, 12, 24, 48, 168, 744)),
                " h",
            ),
            *_MONEY,
        ),
    }
)
"""With the pattern at most seven: all others stand under the assumptions."""


def steps_with(primary: Primary, values: Iterable[Any]) -> list[float | None]:
    """Return a control's steps with some values among them, in order, `no limit` last."""
    wanted = {*primary.steps, *values}
    numbers = sorted(value for value in wanted if value is not None)
    if primary.whole:
        numbers = sorted({int(value) for value in numbers})
    return [*numbers, None] if None in wanted else [*numbers]
