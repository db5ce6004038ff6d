"""What is known of one key of a study beside its type: it stands on the field itself.

    error_cost_usd: Annotated[Usd, Key("Cost of one error", slider=..., tried=...)] = 1.0

Every face reads it from there, see `figures.py`: a key without one is refused by its name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

E12 = (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2)
"""Steps of 20%: as fine as these estimates deserve."""


def decades(low: int, high: int, digits: Iterable[float] = E12) -> tuple[float, ...]:
    """Return the steps of a slider from 10^low to 10^high.

    Example:
        >>> decades(0, 1, (1, 2, 5))
        (1.0, 2.0, 5.0, 10.0)
    """
    kept = list(digits)
    steps = [float(f"{digit}e{power}") for power in range(low, high) for digit in kept]
    return (*steps, float(f"1e{high}"))


@dataclass(frozen=True)
class Slider:
    """How a figure is moved that comes first in the explorer."""

    steps: tuple[float | None, ...]
    """Its steps; null, the last, sets no limit."""
    unit: str = ""
    """What is written behind a step, its space included."""
    label: str = ""
    """What the slider is called; empty for the key's own label."""
    seldom: str = ""
    """Unit of the time between two, where there is less than one; empty where there is none."""


@dataclass(frozen=True)
class Tried:
    """What is tried with a figure to find what would change the answer."""

    low: float
    """Least value, in the key's own unit."""
    high: float
    """Greatest value."""
    from_zero: tuple[float, ...] = ()
    """Values looked at where it is 0 now."""
    moves_options: bool = False
    """Whether machines or prices change with it, so that asking takes longer."""


@dataclass(frozen=True)
class Key:
    """One key of a study for people and for the questions asked of it."""

    label: str
    """What people call it."""
    source: str = ""
    """Where its default comes from; empty for ours without more to say."""
    pattern: Literal["", "online", "batch"] = ""
    """The only pattern that has it; empty for both."""
    slider: Slider | None = None
    """How it is moved; null where it stands under the assumptions."""
    tried: Tried | None = None
    """What is tried with it; null where it is no driver of the answer."""
