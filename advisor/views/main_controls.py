"""The few figures that come first, for requests that are answered and for jobs by a deadline.

Which they are, and their steps, stands on the study's fields.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from advisor.report.words import counted, significant
from advisor.study.figures import Figure, figures
from advisor.study.keys import Slider

PATTERNS: Mapping[str, str] = MappingProxyType(
    {"online": "Requests, each answered", "batch": "Jobs, by a deadline"}
)
"""What the deployed model is asked for: the first control of all."""


class Primary(NamedTuple):
    """One of the few controls that come first."""

    figure: Figure
    slider: Slider

    @property
    def key(self) -> str:
        """Dotted key."""
        return self.figure.key

    @property
    def label(self) -> str:
        """What it is called."""
        return self.slider.label or self.figure.told.label

    @property
    def none_is_least(self) -> bool:
        """Whether no figure means that nothing is counted, rather than that all goes."""
        return self.key.startswith("retraining.")

    def text(self, value: float | None) -> str:
        """Write a step of the control."""
        if value is None:
            return "not counted" if self.none_is_least else "no limit"
        if self.slider.seldom and value < 1:
            return f"one in {significant(1 / value)}{self.slider.seldom}"
        return f"{counted(value, digits=4)}{self.slider.unit}"


PRIMARY: Mapping[str, tuple[Primary, ...]] = MappingProxyType(
    {
        pattern: tuple(
            Primary(figure, figure.told.slider)
            for figure in figures().values()
            if figure.told.slider is not None and figure.told.pattern in {"", pattern}
        )
        for pattern in PATTERNS
    }
)
"""With the pattern at most seven: all others stand under the assumptions."""


def steps_with(primary: Primary, values: Iterable[Any]) -> list[float | None]:
    """Return a control's steps with some values among them, in order.

    No figure comes last where it means no limit, first where it means that nothing is counted.
    """
    wanted = {*primary.slider.steps, *values}
    numbers = sorted(value for value in wanted if value is not None)
    if primary.figure.is_whole:
        numbers = sorted({int(value) for value in numbers})
    if None not in wanted:
        return [*numbers]
    return [None, *numbers] if primary.none_is_least else [*numbers, None]
