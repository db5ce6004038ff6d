"""What months of observation make of an input's band: lognormal, in closed form.

Every uncertain input of an answer is a factor with an 80% band / f to x f, so that its logarithm is
normal with spread s0 = ln f / z. Months y, each with a spread t of its own, give

    1/s^2 = 1/s0^2 + n/t^2        m = s^2 (m0/s0^2 + sum y / t^2)

and the next month lies within exp(m -+ z sqrt(s^2 + t^2)) four times in five. Where the months lie
far from what was assumed, |mean y - m0| > 2.5 sqrt(s0^2 + t^2/n), the assumption was wrong: the
months are taken and it is dropped, rather than a mean of wrong and right.

Source:
    A. Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.5 (normal mean, known variance).
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from benchmarks.statistics.distributions import Z_80

MONTH_FACTOR: Final = 1.25
"""80% band of a month around the mean of many, while few are known. Our assumption, 1.1 to 1.5."""
SURPRISE: Final = 2.5
"""Standard deviations from which the assumption is dropped. [standard deviations]"""
ENOUGH_MONTHS: Final = 6
"""Months from which their own spread counts with the assumed one."""


class Posterior(NamedTuple):
    """What is known of a factor after some months."""

    centre: float
    """Median of the long-run factor."""
    factor: float
    """80% band of it: / and x this."""
    next_month_factor: float
    """80% band of the next month: / and x this."""
    month_count: int
    """Months observed."""
    is_surprise: bool
    """Whether what was assumed was dropped."""


def learn(
    ratios: Sequence[float], *, prior_factor: float, month_factor: float = MONTH_FACTOR
) -> Posterior:
    """Return what months of observation make of a band.

    Args:
        ratios: what was observed over what was assumed, one a month.
        prior_factor: the assumed 80% band, / and x, above 1.
        month_factor: 80% band of one month around the mean of many.

    Raises:
        ValueError: a ratio or a band that is no positive number, or a band of nothing.

    Example:
        >>> found = learn([4.0], prior_factor=1.5, month_factor=1.5)
        >>> round(found.centre, 9), found.is_surprise
        (4.0, True)
        >>> round(learn([1.21], prior_factor=1.5, month_factor=1.5).centre, 9)
        1.1
    """
    if not (prior_factor > 1 and month_factor > 1):
        raise ValueError(f"a band must be above 1, got {prior_factor!r} and {month_factor!r}")
    if not all(math.isfinite(ratio) and ratio > 0 for ratio in ratios):
        raise ValueError(f"a ratio must be a positive number, got {list(ratios)!r}")
    prior = math.log(prior_factor) / Z_80
    logs = [math.log(ratio) for ratio in ratios]
    month = _month_spread(logs, math.log(month_factor) / Z_80)
    count = len(logs)
    mean = math.fsum(logs) / count if count else 0.0
    surprised = count > 0 and abs(mean) > SURPRISE * math.hypot(prior, month / math.sqrt(count))
    before = 0.0 if surprised else prior**-2
    precision = before + count / month**2
    centre = count * mean / month**2 / precision
    return Posterior(
        centre=math.exp(centre),
        factor=math.exp(Z_80 * precision**-0.5),
        next_month_factor=math.exp(Z_80 * math.sqrt(1 / precision + month**2)),
        month_count=count,
        is_surprise=surprised,
    )


def _month_spread(logs: Sequence[float], assumed: float) -> float:
    """Return the spread of a month: the assumed one, weighed with the months' own once many."""
    count = len(logs)
    if count < ENOUGH_MONTHS:
        return assumed
    mean = math.fsum(logs) / count
    own = math.fsum((y - mean) ** 2 for y in logs)
    weight = float(ENOUGH_MONTHS)
    return math.sqrt((weight * assumed**2 + own) / (weight + count - 1))
