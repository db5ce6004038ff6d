"""How many runs a promoted model takes, and what they cost. Pure functions."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from advisor.arrays import Floats
from advisor.errors import AdvisorError
from benchmarks.statistics.distributions import beta_quantile

PRIOR_PROMOTED: Final = 2.0
PRIOR_REST: Final = 8.0
"""Prior Beta(2, 8) of the share of runs that are promoted, where history is thin. Mean 0.2, 90%
between 0.04 and 0.43: published shares of experiments that help run from 8% to 34%."""
PRIOR_SOURCE: Final = "online experiments that improve their metric: 8% to 34% (Kohavi et al.)"


# Runs per promoted model --------------------------------------------------------------------------


@dataclass(frozen=True)
class RunsPerPromotion:
    """How many runs one promoted model takes."""

    mean: float
    """Expected runs to the next promotion. [runs]"""
    low: float
    """Lower end of the 80% interval of 1 / p. [runs]"""
    high: float
    """Upper end of the 80% interval of 1 / p. [runs]"""
    promoted_share: float
    """Posterior mean share of runs that are promoted. [fraction]"""


def runs_per_promotion(
    *,
    promoted_count: int,
    rest_count: int,
    prior_promoted: float = PRIOR_PROMOTED,
    prior_rest: float = PRIOR_REST,
) -> RunsPerPromotion:
    """Expected runs per promoted model, Beta-Binomial.

        p ~ Beta(a, b), a = a0 + promoted, b = b0 + rest;  E[1 / p] = (a + b - 1) / (a - 1)

    Runs since the last promotion are right-censored: they count in `rest_count`, as runs that have
    not been promoted, and there is no promotion at their end.

    Args:
        promoted_count: runs that became a promoted version.
        rest_count: all other runs, failed ones and the open stretch included.
        prior_promoted: a0; a0 + promoted must exceed 1.
        prior_rest: b0.

    Raises:
        AdvisorError: the posterior has no mean.

    Example:
        >>> round(runs_per_promotion(promoted_count=3, rest_count=42).mean, 2)   # 54 / 4
        13.5
    """
    a, b = prior_promoted + promoted_count, prior_rest + rest_count
    if a <= 1 or b <= 0:
        raise AdvisorError(
            f"Beta({a:g}, {b:g}) has no mean number of runs: give at least one promoted run or a"
            " prior above 1"
        )
    low_share, high_share = beta_quantile(0.1, a, b), beta_quantile(0.9, a, b)
    return RunsPerPromotion(
        mean=(a + b - 1) / (a - 1),
        low=1 / high_share,
        high=1 / low_share,
        promoted_share=a / (a + b),
    )


def success_probability(*, share: Any, run_count: Any) -> Floats:
    """Probability of at least one success in N runs, 1 - (1 - p)^N.

    Example:
        >>> round(float(success_probability(share=0.15, run_count=15)), 3)
        0.913
    """
    return np.asarray(-np.expm1(np.asarray(run_count) * np.log1p(-np.asarray(share))))


def runs_for_confidence(*, share: float, confidence: float = 0.9) -> int:
    """Fewest runs that succeed at least once with some confidence, ln(1 - q) / ln(1 - p) up.

    Example:
        >>> runs_for_confidence(share=0.15)
        15
    """
    if not (0 < share < 1 and 0 < confidence < 1):
        raise AdvisorError(
            f"share and confidence must lie between 0 and 1, got {share!r} and {confidence!r}"
        )
    return math.ceil(math.log(1 - confidence) / math.log(1 - share) - 1e-12)


@dataclass(frozen=True)
class Outcomes:
    """What runs come to: favourable (promoted), partial (kept, not promoted), unfavourable."""

    shares: tuple[float, float, float]
    """Posterior mean of each. [fraction]"""
    usd_per_favourable: float
    """Expected spend to the first favourable one. [USD]"""


def outcomes(
    *,
    counts: tuple[int, int, int],
    usd_per_run: tuple[float, float, float],
    prior: tuple[float, float, float] = (2.0, 3.0, 5.0),
) -> Outcomes:
    """Three outcomes under a Dirichlet prior, and the spend to the first favourable one by Wald.

        E[spend] = (sum of share x cost) / share of favourable

    Example:
        >>> found = outcomes(counts=(8, 27, 55), usd_per_run=(10, 10, 5), prior=(2, 3, 5))
        >>> found.shares
        (0.1, 0.3, 0.6)
        >>> found.usd_per_favourable
        70.0
    """
    posterior = np.asarray(counts, dtype=np.float64) + np.asarray(prior)
    shares = posterior / posterior.sum()
    mean_usd = float((shares * np.asarray(usd_per_run)).sum())
    first, second, third = (float(share) for share in shares)
    return Outcomes(shares=(first, second, third), usd_per_favourable=mean_usd / first)


# Spending less per run ----------------------------------------------------------------------------


def early_stopped_cost(
    *,
    usd_per_run: Any,
    favourable_share: Any,
    unfavourable_share: Any,
    cost_share: Any,
    hit_share: Any,
    false_kill_share: Any,
) -> Floats:
    """Spend per favourable run when bad runs are stopped early.

        c (1 - (1 - phi) (u h + p b)) / (p (1 - b))

    Args:
        usd_per_run: c, a full run. [USD]
        favourable_share: p of runs.
        unfavourable_share: u of runs.
        cost_share: phi, what a stopped run has cost of a full one.
        hit_share: h of the unfavourable runs that are stopped.
        false_kill_share: b of the favourable runs that are stopped too.

    Example:
        >>> round(float(early_stopped_cost(usd_per_run=1, favourable_share=0.1,
        ...     unfavourable_share=0.6, cost_share=0.2, hit_share=0.9, false_kill_share=0.02)), 2)
        5.78
    """
    stopped = np.asarray(unfavourable_share) * hit_share + favourable_share * np.asarray(
        false_kill_share
    )
    spent = 1 - (1 - np.asarray(cost_share)) * stopped
    return np.asarray(usd_per_run * spent / (favourable_share * (1 - np.asarray(false_kill_share))))


def successive_halving_runs(*, rung_count: Any, eta: Any, restart: bool) -> Floats:
    """Full runs that successive halving of eta^s configurations costs.

    `restart`: each rung starts anew, s + 1; else it goes on from a checkpoint, 1 + s (1 - 1/eta).

    Args:
        rung_count: s, how often the field is cut to 1 / eta.
        eta: share kept per rung is 1 / eta.
        restart: whether each rung trains from the start.

    Example:
        >>> 27 / float(successive_halving_runs(rung_count=3, eta=3, restart=True))
        6.75
        >>> round(81 / float(successive_halving_runs(rung_count=4, eta=3, restart=False)), 1)
        22.1
    """
    s, eta = np.asarray(rung_count, dtype=np.float64), np.asarray(eta, dtype=np.float64)
    return s + 1 if restart else 1 + s * (1 - 1 / eta)
