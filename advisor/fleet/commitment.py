"""How much to commit to, over what all models spend together: a newsvendor's question."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import Floats

DRAWS = 2_000
"""Hours of possible years that the spend is drawn for."""
Z_80 = 1.2815515655446004
"""80% of a normal lie this many deviations to either side."""
CHUNK = 512
"""Models drawn at a time: bounds the memory at any number of models."""


@dataclass(frozen=True)
class SpendDoubt:
    """How the spend of a year differs from that of today."""

    common_half_width: float = 0.15
    """80% of outcomes of all models' common growth lie this close. [fraction]"""
    own_half_width: float = 0.35
    """The same of each model's own. [fraction]"""
    gone_fraction: float = 0.2
    """Share of the models that are switched off within the year."""


@dataclass(frozen=True)
class Commitment:
    """A commitment to spend, and what it comes to over the drawn hours."""

    usd_per_hour: float
    """What is committed to, at the discounted price. [USD/h]"""
    covered_usd_per_hour: float
    """List spend that it covers. [USD/h]"""
    list_usd_per_hour: float
    """Mean spend without it. [USD/h]"""
    paid_usd_per_hour: float
    """Mean spend with it. [USD/h]"""

    @property
    def saved_fraction(self) -> float:
        """Share of the list spend that it saves."""
        return 1 - self.paid_usd_per_hour / self.list_usd_per_hour if self.list_usd_per_hour else 0


def commitment_cost(spend: Floats, *, covered: float, discount: float) -> float:
    """Return the mean hourly cost of a commitment that covers a level of list spend. [USD/h]

        cost(c) = c + E[(X - c / (1 - d))+]       c = (1 - d) L

    Args:
        spend: X, list spend of equally likely hours. [USD/h]
        covered: L, level of list spend that is covered. [USD/h]
        discount: d, what a commitment takes off the list. [fraction]
    """
    return float((1 - discount) * covered + np.maximum(spend - covered, 0.0).mean())


def best_commitment(spend: Floats, *, discount: float) -> Commitment:
    """Return the commitment of least expected cost: cover the d-quantile of the spend.

    At a discount of 28% that is the level which 72% of the hours exceed, not the mean.

    Args:
        spend: list spend of equally likely hours. [USD/h]
        discount: what a commitment takes off the list. [fraction]

    Example:
        >>> best_commitment(np.array([5.0, 5.0]), discount=0.28).covered_usd_per_hour
        5.0
        >>> best_commitment(np.array([0.0, 1.0, 2.0, 3.0]), discount=0.0).usd_per_hour
        0.0
    """
    level = (
        float(np.quantile(spend, discount, method="inverted_cdf"))
        if discount > 0 and len(spend)
        else 0.0
    )
    return Commitment(
        usd_per_hour=(1 - discount) * level,
        covered_usd_per_hour=level,
        list_usd_per_hour=float(spend.mean()) if len(spend) else 0.0,
        paid_usd_per_hour=commitment_cost(spend, covered=level, discount=discount)
        if len(spend)
        else 0.0,
    )


@dataclass(frozen=True)
class DrawnSpend:
    """The spend of possible hours, and what each model alone would save."""

    total: Floats
    """List spend of all models, one figure a drawn hour. [USD/h]"""
    saved_alone_usd_per_hour: float
    """What commitments save if each model buys its own, by its own quantile. [USD/h]"""


def drawn_spend(
    usd_per_hour: Sequence[float] | Floats,
    *,
    discount: float,
    doubt: SpendDoubt | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> DrawnSpend:
    """Draw the list spend of hours within the coming year.

    A drawn hour lies anywhere in the year; a model is gone by then with the share of
    `gone_fraction` that corresponds to it. Growth is lognormal with a mean of one.

    Args:
        usd_per_hour: list spend of each model today. [USD/h]
        discount: what a commitment takes off the list. [fraction]
        doubt: growth and departures; ours by default.
        draws: hours that are drawn.
        seed: seed of the draws.
    """
    doubt = doubt or SpendDoubt()
    now = np.sort(np.asarray(usd_per_hour, dtype=np.float64))[::-1]  # no order of studies matters
    rng = np.random.default_rng(seed)
    at = rng.random(draws)
    common = _lognormal(rng.standard_normal(draws), doubt.common_half_width)
    total = np.zeros(draws)
    alone = 0.0
    for start in range(0, len(now), CHUNK):
        level = now[start : start + CHUNK, None]
        own = _lognormal(rng.standard_normal((len(level), draws)), doubt.own_half_width)
        here = rng.random((len(level), 1)) >= doubt.gone_fraction * at
        spend = level * own * common * here
        total += spend.sum(axis=0)
        if discount > 0:
            covered = np.quantile(spend, discount, axis=1, method="inverted_cdf", keepdims=True)
            paid = (1 - discount) * covered[:, 0] + np.maximum(spend - covered, 0).mean(axis=1)
            alone += float((spend.mean(axis=1) - paid).sum())
    return DrawnSpend(total=total, saved_alone_usd_per_hour=alone)


def _lognormal(normal: Floats, half_width: float) -> Floats:
    """Return factors with a mean of one, 80% of them within about a half-width."""
    sigma = np.log1p(half_width) / Z_80
    return np.asarray(np.exp(sigma * normal - sigma**2 / 2))
