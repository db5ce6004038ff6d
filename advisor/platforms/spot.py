"""What interruptions of spot capacity cost a job: how often it starts again."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from advisor import defaults
from advisor.arrays import Floats
from advisor.study.types import HOURS_PER_MONTH
from pricing.instances import load_spot_advice

INTERRUPTED_FRACTION = {"<5%": 0.05, "5-10%": 0.10, "10-15%": 0.15, "15-20%": 0.20, ">20%": 0.30}
"""Share of instances interrupted in a month, at the upper end of each band that AWS publishes; the
open band is taken as 30%, our assumption. [fraction]"""

LONGEST = 20.0
"""A run so long that it hardly ever ends is this many times as long: no one would buy it."""


def repeat_factor(*, run_hours: ArrayLike, interrupted_fraction: ArrayLike) -> Floats:
    """Expected time of a run that starts anew when it is interrupted / its own time.

    Interruptions come at random at the rate that takes the given share of instances in a month:

        rate = -ln(1 - share) / 730 h        factor = (exp(rate T) - 1) / (rate T)

    Args:
        run_hours: T, uninterrupted, >= 0. [h]
        interrupted_fraction: share of instances that are interrupted in a month, in 0..1.

    Returns:
        At least 1, at most `LONGEST`, shape broadcast.

    Raises:
        ValueError: a share is not in 0..1, or a time negative.

    Example:
        >>> round(float(repeat_factor(run_hours=730, interrupted_fraction=0.2)), 4)
        1.1204

    Source:
        Expected completion time of a restarted job under Poisson failures, e.g. A. Duda, 1983.
    """
    hours, share = np.asarray(run_hours, dtype=float), np.asarray(interrupted_fraction, dtype=float)
    if np.any(hours < 0) or np.any(share < 0) or np.any(share >= 1):
        raise ValueError("run_hours must be >= 0 and interrupted_fraction in 0..1")
    expected = np.minimum(-np.log1p(-share) / HOURS_PER_MONTH * hours, 50.0)
    tiny = expected < 1e-9
    factor = np.where(tiny, 1.0, np.expm1(expected) / np.where(tiny, 1.0, expected))
    return np.minimum(factor, LONGEST)


def spot_repeat(types: Sequence[str], *, region: str, run_s: Floats) -> Floats:
    """Return how many times longer spot takes on some machines: by AWS's advice, else ours.

    Args:
        types: instance types; others than EC2's have no advice.
        region: where.
        run_s: time of an uninterrupted run on each. [s], (types,)
    """
    advice = load_spot_advice()
    found = [advice.get((region, name)) for name in types]
    share = np.array([0.0 if a is None else INTERRUPTED_FRACTION[a.interruption] for a in found])
    known = np.array([a is not None for a in found], dtype=bool)
    told = repeat_factor(run_hours=np.nan_to_num(run_s) / 3600, interrupted_fraction=share)
    return np.where(known, told, defaults.SPOT_REPEAT_FACTOR.value)
