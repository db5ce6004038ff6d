"""Seeded streams that drift in a known way, for demos, tests and the evaluation suite.

A case has five standard normal features x0..x4 and a category, colour. Its label is

    y = [w(t) . x > b(colour)], flipped with probability FLIP

with w(t) a unit vector in the plane of x0 and x1 at angle theta(t). A model that knew the concept
at angle theta0 exactly errs, once the concept stands at theta, in about

    FLIP + (1 - 2 FLIP) * |theta - theta0| / pi * mean(exp(-b^2 / 2))

of the cases (the rate at which a Gaussian crosses a level, by Rice), so that a rate of turning is
a rate of decay, and the shape of theta(t) is the shape of the drift.
"""

import difflib
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

PREFIX: Final = "simulated:"
SHAPES: Final = ("none", "linear", "slow", "abrupt", "seasonal", "random_walk")
OPTIONS: Final = {"rows": 24_000, "periods": 120, "seed": 0}
"""Options of a spec and what they are when not given."""
FLIP: Final = 0.1
"""Share of labels that are noise: the error that no model can avoid."""
COLOURS: Final = {"blue": -0.5, "green": 0.0, "red": 0.5}
"""Threshold b of each category."""
PERIOD_DAYS: Final = 7
"""A period of a simulated stream is a week."""
SLOPES: Final = {"linear": 0.002, "slow": 0.0004}
"""Excess error per period of age, of the shapes that turn steadily. [error per case / period]"""
SHIFT: Final = 0.06
"""Excess error of a model from before an abrupt shift. [error per case]"""
SHIFT_COUNT: Final = 3
"""Abrupt shifts in a stream, evenly spaced."""
SEASON_PERIODS: Final = 52.0
"""Length of a season. [periods]"""
SEASON_AMPLITUDE: Final = 0.04
"""Excess error of a model from mid-season at the turn of the season. [error per case]"""
WALK_STEP: Final = 0.012
"""Standard deviation of one period's step of the random walk. [error per case]"""
START: Final = "2024-01-01"
"""First day of every simulated stream."""


def error_per_radian() -> float:
    """Excess error of a model per radian that the concept has turned since. [error per case]

    Example:
        >>> round(error_per_radian(), 4)
        0.2347
    """
    crossing = math.fsum(math.exp(-b * b / 2) for b in COLOURS.values()) / len(COLOURS)
    return (1 - 2 * FLIP) / math.pi * crossing


def make_stream(spec: str) -> "pd.DataFrame":
    """Return a simulated stream: columns `ts`, `x0`..`x4`, `colour`, `y`; one row per case.

    Args:
        spec: `simulated:SHAPE[,rows=N][,periods=N][,seed=N]`. SHAPE is one of `SHAPES`.

    Raises:
        DataError: a shape or an option that does not exist, or a value that cannot be.

    Example:
        >>> list(make_stream("simulated:linear,rows=500,periods=10").columns)
        ['ts', 'x0', 'x1', 'x2', 'x3', 'x4', 'colour', 'y']
    """
    import pandas as pd

    shape, options = parse_spec(spec)
    rows, periods = options["rows"], options["periods"]
    rng = np.random.default_rng([options["seed"], SHAPES.index(shape)])
    at = np.sort(rng.uniform(0, periods, rows))
    theta = concept_angle(at, shape=shape, periods=periods, rng=rng)
    x = rng.standard_normal((rows, 5))
    names = np.array(list(COLOURS))
    colour = rng.integers(0, len(names), rows)
    level = np.cos(theta) * x[:, 0] + np.sin(theta) * x[:, 1]
    truth = level > np.array(list(COLOURS.values()))[colour]
    y = truth ^ (rng.random(rows) < FLIP)
    seconds = (at * PERIOD_DAYS * 86_400).astype("int64")
    frame = pd.DataFrame({"ts": pd.Timestamp(START) + pd.to_timedelta(seconds, unit="s")})
    for column in range(x.shape[1]):
        frame[f"x{column}"] = x[:, column].astype("float32")
    frame["colour"] = pd.Categorical(names[colour], categories=list(names))
    frame["y"] = y.astype("int8")
    return frame


def concept_angle(
    at: NDArray[np.float64], *, shape: str, periods: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Angle of the concept at the given times. [radian]

    Args:
        at: times. [periods]
        shape: one of `SHAPES`.
        periods: length of the stream. [periods]
        rng: draws the steps of the random walk; the other shapes draw nothing.
    """
    per_radian = error_per_radian()
    if shape in SLOPES:
        return at * SLOPES[shape] / per_radian
    if shape == "abrupt":
        every = periods / (SHIFT_COUNT + 1)
        return np.floor(at / every) * SHIFT / per_radian
    if shape == "seasonal":
        return SEASON_AMPLITUDE / per_radian * np.sin(2 * np.pi * at / SEASON_PERIODS)
    if shape == "random_walk":
        walk = np.cumsum(rng.normal(0, WALK_STEP / per_radian, periods + 1))
        found: NDArray[np.float64] = walk[np.floor(at).astype(int)]
        return found
    return np.zeros_like(at)


def parse_spec(spec: str) -> tuple[str, dict[str, int]]:
    """Split `simulated:SHAPE,option=value,...` into the shape and all options.

    Raises:
        DataError: a shape or an option that does not exist, or a value that cannot be.

    Example:
        >>> parse_spec("simulated:abrupt,seed=3")
        ('abrupt', {'rows': 24000, 'periods': 120, 'seed': 3})
    """
    shape, *given = [part.strip() for part in spec.removeprefix(PREFIX).split(",")]
    if shape not in SHAPES:
        raise DataError(
            f"no simulated stream of shape {shape!r} in {spec!r}: {_near(shape, SHAPES)}"
        )
    options = dict(OPTIONS)
    for part in given:
        name, _, value = part.partition("=")
        if name not in OPTIONS:
            raise DataError(f"no option {name!r} in {spec!r}: {_near(name, tuple(OPTIONS))}")
        if not value.isdecimal():
            raise DataError(f"{name} in {spec!r} must be a whole number, got {value!r}")
        options[name] = int(value)
    for name, least in {"rows": 100, "periods": 4}.items():
        if options[name] < least:
            raise DataError(
                f"{name} in {spec!r} must be at least {least}, got {options[name]}:"
                f" write {name}={least}"
            )
    return shape, options


def _near(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known)
    if close:
        return f"did you mean {', '.join(close)}?"
    return f"choose one of {', '.join(known)}"
