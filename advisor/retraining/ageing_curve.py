"""How much worse a model of some age is than a fresh one: the law that every interval rests on."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from advisor.arrays import Floats
from advisor.retraining.interval import linear_interval, saturating_interval

LONGEST: Final = 1e6
"""Best intervals beyond this are never. [the curve's unit of time]"""
SHORTEST: Final = 1e-3
"""Best intervals are searched from here on. [the curve's unit of time]"""
SEARCHED: Final = (360, 40, 40, 40, 40)
"""Points of the search for the best interval, each around the best of the one before."""


@dataclass(frozen=True)
class AgeingCurve:
    """A sum of laws of ageing, each levelling off or linear.

        g(a) = A (1 - exp(-a / tau)),  d a where tau is inf                     [error per case]

    What is measured is not g but its mean over each scored period of length `step`, beyond that
    over the first one: d tau (1 - exp(-(a - step) / tau)) at the end a of a period. The law with
    these means has A = d step / (1 - exp(-step / tau)), which is d tau for a step of 0; so a curve
    costs over whole periods just what was measured there.
    """

    slope: Floats
    """Initial slope d of each part. [error per case / time]"""
    tau: Floats
    """Time constant of each part; inf for a linear one. [time]"""
    step: float = 0.0
    """Length of the periods that it was measured in; 0 for a law that is given. [time]"""

    @property
    def amplitude(self) -> Floats:
        """Where each part levels off, A; inf for a linear one. [error per case]"""
        finite = np.where(np.isfinite(self.tau), self.tau, 1.0)
        span = finite if self.step == 0 else self.step / -np.expm1(-self.step / finite)
        return np.where(np.isfinite(self.tau), self.slope * span, np.inf)

    def excess(self, age: Any) -> Floats:
        """g(a), the excess error at an age >= 0. [error per case]"""
        a = np.asarray(age, dtype=np.float64)[..., None]
        finite, amplitude = self._finite()
        curve = np.where(np.isfinite(self.tau), -amplitude * np.expm1(-a / finite), self.slope * a)
        return np.asarray(curve.sum(-1))

    def mean_excess(self, interval: Any) -> Floats:
        """Mean of g over the ages 0 to T of a model that is renewed every T. [error per case]

            A (1 - tau / T (1 - exp(-T / tau))),  d T / 2 where tau is inf

        Args:
            interval: T, > 0. [time]
        """
        t = np.asarray(interval, dtype=np.float64)[..., None]
        finite, amplitude = self._finite()
        ratio = t / finite
        curved = amplitude * (1 + np.expm1(-ratio) / ratio)
        return np.asarray(np.where(np.isfinite(self.tau), curved, self.slope * t / 2).sum(-1))

    def late(self, delay: float) -> "AgeingCurve":
        """The curve where labels come late: a model of age a knows nothing of the last a + L.

        g(a + L) is g(L), the same at every age, and this curve: the linear law as it was, the
        slope d exp(-L / tau) of one that levels off.
        """
        return replace(self, slope=np.asarray(self.slope * np.exp(-delay / self.tau)))

    def in_days(self, period_days: float) -> "AgeingCurve":
        """The curve of days, from one of periods."""
        return AgeingCurve(
            self.slope / period_days, self.tau * period_days, self.step * period_days
        )

    def best_interval(self, ratio: float) -> float:
        """The T at which ratio / T + mean of g is least; inf (never) where renewing never pays.

        Never where the sum of d tau^2, which is A tau of a given law, does not exceed the ratio.

        Args:
            ratio: cost of a release over that of an error on all cases, C / (v n).
                [error per case x time]
        """
        parts = self.slope > 0
        if not parts.any() or not np.isfinite(ratio):
            return np.inf
        slope, tau = self.slope[parts], self.tau[parts]
        if (slope * tau**2).sum() <= ratio:
            return np.inf
        if len(slope) == 1:
            if np.isinf(tau[0]):
                return float(linear_interval(rho=ratio, slope=slope[0]))
            amplitude = self.amplitude[parts][0]
            return float(saturating_interval(rho=ratio, amplitude=amplitude, tau=tau[0]))
        low, high = SHORTEST, LONGEST
        for points in SEARCHED:
            at = np.geomspace(low, high, points)
            best = int(np.argmin(ratio / at + self.mean_excess(at)))
            if at[best] >= LONGEST:
                return np.inf
            low, high = at[max(best - 1, 0)], at[min(best + 1, points - 1)]
        return float(at[best])

    def break_even_ratio(self, interval: float) -> float:
        """The ratio at which an interval is the best one, T g(T) less the integral of g.

        d T^2 / 2 under the linear law. [error per case x time]
        """
        return float(interval * (self.excess(interval) - self.mean_excess(interval)))

    def _finite(self) -> tuple[Floats, Floats]:
        """Time constants and amplitudes with 1 and 0 in place of the infinite ones."""
        finite = np.isfinite(self.tau)
        return np.where(finite, self.tau, 1.0), np.where(finite, self.amplitude, 0.0)
