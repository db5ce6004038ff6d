"""How many experiments a promoted model takes, what they cost, and when the next one pays.

Pure functions of numbers and arrays: the closed forms first, then the one decision that they
serve, whether to pay for another run.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.errors import AdvisorError
from benchmarks.statistics.distributions import beta_quantile

PRIOR_PROMOTED: Final = 2.0
PRIOR_REST: Final = 8.0
"""Prior Beta(2, 8) of the share of runs that are promoted, where history is thin. Mean 0.2, 90%
between 0.04 and 0.43: published shares of experiments that help run from 8% to 34%."""
PRIOR_SOURCE: Final = "online experiments that improve their metric: 8% to 34% (Kohavi et al.)"
GATE_RUN_COUNT: Final = 8
"""Runs of a pilot, and of the gate in front of it."""
GATE_FRACTION: Final = 0.01
"""The pilot must cost less than this share of the base error is worth. A prior from eight temporal
data sets, where 120 runs bought under 4% on seven of them."""
SECONDS_PER_WEEK: Final = 7 * 86_400


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


# What another run gains ---------------------------------------------------------------------------


def expected_best(scores: Sequence[float] | Floats, *, run_count: int) -> float:
    """Expected best of n runs, from N >= n scores, by the unbiased U-statistic.

        sum over i of C(i - 1, n - 1) / C(N, n) x_(i),  x ascending, larger is better

    Raises:
        AdvisorError: n is not between 1 and N.

    Example:
        >>> round(expected_best([1.0, 2.0, 3.0], run_count=2), 4)   # pairs: (2 + 3 + 3) / 3
        2.6667
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    total = len(ordered)
    if not 1 <= run_count <= total:
        raise AdvisorError(
            f"the best of {run_count} cannot be told from {total} scores: ask for 1 to {total}"
        )
    rank = np.arange(1, total + 1)
    log_ways = _log_choose(rank - 1, run_count - 1) - _log_choose(np.array([total]), run_count)
    weight = np.where(rank >= run_count, np.exp(log_ways), 0.0)
    return float((weight * ordered).sum() / weight.sum())


def _log_choose(n: NDArray[Any], k: int) -> Floats:
    safe = np.maximum(n, k)
    logs = [math.lgamma(m + 1) - math.lgamma(m - k + 1) for m in safe.tolist()]
    return np.asarray(logs) - math.lgamma(k + 1)


def next_run_gain(scores: Sequence[float] | Floats) -> float:
    """Gain of one more run, estimated from the last one: (best - second best) / N.

    It is the last step of the curve of `expected_best`. [score]

    Example:
        >>> round(next_run_gain([0.80, 0.90, 0.84]), 4)
        0.02
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    if len(ordered) < 2:
        raise AdvisorError("the gain of a run needs at least two scores: run once more")
    return float((ordered[-1] - ordered[-2]) / len(ordered))


def expected_best_beyond(scores: Sequence[float] | Floats, *, run_count: int) -> float:
    """Expected best of more runs than there are scores: a power law in the last increments.

    The increments of `expected_best` over the second half of the runs are fitted with c n^-q in
    logarithms, and added up to `run_count`. An extrapolation, to be called one where it is shown.
    """
    total = len(scores)
    if run_count <= total:
        return expected_best(scores, run_count=run_count)
    at = np.arange(max(2, total // 2), total + 1)
    curve = np.array([expected_best(scores, run_count=int(n)) for n in (at[0] - 1, *at)])
    steps = np.diff(curve)
    rising = steps > 0
    if rising.sum() < 2:
        return float(curve[-1])
    slope, level = np.polyfit(np.log(at[rising]), np.log(steps[rising]), 1)
    more = np.arange(total + 1, run_count + 1)
    return float(curve[-1] + np.exp(level + min(slope, -1.0) * np.log(more)).sum())


def normal_best(run_count: Any) -> Floats:
    """Expected best of n standard normal scores.

        E[max] = end - integral of Phi(x)^n up to an end that no score passes

    Args:
        run_count: n >= 1, a number or an array. [runs]

    Returns:
        Standard deviations above the mean, shape of the counts.

    Example:
        >>> [round(float(each), 4) for each in normal_best([1, 2, 3, 10])]
        [0.0, 0.5642, 0.8463, 1.5388]
    """
    x, share = _normal_grid()
    n = np.asarray(run_count, dtype=np.float64)
    below = share ** n[..., np.newaxis]
    return np.asarray(x[-1] - np.trapezoid(below, x, axis=-1))


def normal_stopping_count(*, usd_per_deviation: float, usd_per_run: float, most: int) -> int:
    """Fewest runs after which one more gains no more than it costs, for normal scores.

        E[best of n + 1] - E[best of n] = integral of Phi(x)^n (1 - Phi(x)),  which falls with n

    Args:
        usd_per_deviation: worth of one standard deviation of the score. [USD]
        usd_per_run: price of one run, in the same time. [USD]
        most: no more runs than this are looked at. [runs]

    Example:
        >>> normal_stopping_count(usd_per_deviation=1.0, usd_per_run=0.5, most=100)   # 0.56, 0.28
        2
    """
    x, share = _normal_grid()

    def pays(n: int) -> bool:
        step = float(np.trapezoid(share**n * (1 - share), x))
        return usd_per_deviation * step > usd_per_run

    low, high = 0, most  # pays(low) is true or low is 0; the answer lies in (low, high]
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if pays(middle) else (low, middle)
    return high


@lru_cache(maxsize=1)
def _normal_grid() -> tuple[Floats, Floats]:
    """Return x around 0, far enough for a million runs, and the share of scores below each."""
    x = np.linspace(-9.0, 9.0, 3601)
    return x, np.array([_normal_above(-u) for u in x.tolist()])


def _normal_above(u: float) -> float:
    """Return the share of a standard normal above u, exact far out too."""
    return math.erfc(u / math.sqrt(2)) / 2


# When to stop -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stopping:
    """The score that is good enough, and how many runs it takes to find."""

    reservation: float
    """Stop at the first score above this. [score]"""
    expected_runs: float
    """Runs until then, 1 / P(X > z). [runs]"""


def normal_stopping(*, mean: float, deviation: float, cost_per_value: float) -> Stopping:
    """Reservation value of normal scores, c / V = E[(X - z)+], by Newton's steps.

        E[(X - z)+] = s (phi(u) - u (1 - Phi(u))),  u = (z - mu) / s

    Example:
        >>> found = normal_stopping(mean=0.80, deviation=0.02, cost_per_value=0.0005)
        >>> round(found.reservation, 4), round(found.expected_runs, 1)
        (0.8314, 17.1)
    """
    if deviation <= 0 or cost_per_value <= 0:
        raise AdvisorError(
            f"deviation and cost must be positive, got {deviation!r} and {cost_per_value!r}"
        )

    wanted = cost_per_value / deviation
    u, above = -wanted, 1.0  # E[(X - u)+] >= -u: never beyond the root, which Newton comes up to
    while True:
        above = _normal_above(u)
        gap = math.exp(-u * u / 2) / math.sqrt(2 * math.pi) - u * above - wanted
        if gap <= 1e-15 * wanted or u + gap / above <= u:
            break
        u += gap / above
    return Stopping(reservation=mean + deviation * u, expected_runs=1 / above)


@dataclass(frozen=True)
class Rung:
    """One step up the ladder: the library's defaults, tuned, AutoML, deep."""

    name: str
    usd: float
    """What trying it costs. [USD]"""
    mean: float
    """Score expected of it. [score]"""
    deviation: float
    """How unsure that is. [score]"""


def escalation_order(
    rungs: Sequence[Rung], *, usd_per_score: float
) -> tuple[tuple[Rung, float], ...]:
    """Order in which options are worth trying, with the score each is worth trying up to.

    Options are opened in the order of their reservation values while the best score found is below
    the next one's: the simplest first, escalate only if it pays.

    Source:
        M. L. Weitzman, "Optimal search for the best alternative", Econometrica 47, 1979.
    """
    indexed = [
        (
            rung,
            normal_stopping(
                mean=rung.mean, deviation=rung.deviation, cost_per_value=rung.usd / usd_per_score
            ).reservation,
        )
        for rung in rungs
    ]
    return tuple(sorted(indexed, key=lambda pair: (-pair[1], pair[0].usd, pair[0].name)))


@dataclass(frozen=True)
class NextRun:
    """Whether one more run pays."""

    pays: bool
    gain_usd: float
    """What it is expected to gain over the model's life. [USD]"""
    cost_usd: float
    """What it costs. [USD]"""
    reason: str
    """Why, for people."""


def next_run(
    scores: Sequence[float],
    *,
    usd_per_run: float,
    usd_per_score: float,
    base_error: float,
) -> NextRun:
    """Decide on the next run: gate, pilot, then the spacing of the two best.

    The gate lets a search start only if eight runs cost less than 1% of the base error is worth;
    then eight runs are made; then one more as long as (best - second best) / N is worth its cost.

    Args:
        scores: of the runs so far, larger is better, the default model's first.
        usd_per_run: cost of one run. [USD]
        usd_per_score: V = v n x periods that the model will live, the worth of one unit. [USD]
        base_error: error of the default model. [error per case]
    """
    gate_usd = usd_per_score * GATE_FRACTION * base_error
    pilot_usd = GATE_RUN_COUNT * usd_per_run
    if pilot_usd >= gate_usd:
        return NextRun(
            pays=False,
            gain_usd=gate_usd / GATE_RUN_COUNT,
            cost_usd=usd_per_run,
            reason=f"the gate: {GATE_RUN_COUNT} runs cost {pilot_usd:,.2f} USD and"
            f" {GATE_FRACTION:.0%} of the error is worth {gate_usd:,.2f} USD; keep the defaults",
        )
    if len(scores) < GATE_RUN_COUNT:
        return NextRun(
            pays=True,
            gain_usd=gate_usd / GATE_RUN_COUNT,
            cost_usd=usd_per_run,
            reason=f"the pilot: run {len(scores) + 1} of {GATE_RUN_COUNT}",
        )
    gain_usd = usd_per_score * next_run_gain(scores)
    pays = gain_usd > usd_per_run
    return NextRun(
        pays=pays,
        gain_usd=gain_usd,
        cost_usd=usd_per_run,
        reason=f"the next run is expected to gain {gain_usd:,.2f} USD and costs"
        f" {usd_per_run:,.2f} USD" + ("" if pays else ": stop"),
    )


# Budget and velocity ------------------------------------------------------------------------------


def affordable_runs(
    *,
    usd_per_run: float,
    run_s: float,
    budget_usd: float | None = None,
    budget_days: float | None = None,
    worker_count: int = 1,
) -> int:
    """Runs that a budget of money, of days, or of both pays for.

    Example:
        >>> affordable_runs(usd_per_run=2.0, run_s=3600, budget_usd=100, budget_days=1.0)
        24
    """
    limits = []
    if budget_usd is not None and usd_per_run > 0:
        limits.append(budget_usd / usd_per_run)
    if budget_days is not None:
        limits.append(math.floor(budget_days * 86_400 / run_s + 1e-9) * worker_count)
    if not limits:
        raise AdvisorError("a budget needs an amount of USD, with a price per run, or of days")
    return math.floor(min(limits) + 1e-9)


@dataclass(frozen=True)
class Velocity:
    """How fast experiments go on each instance, at k workers at a time; arrays over instances."""

    runs_per_week: Floats
    """Experiments per week at k workers. [1/week]"""
    usd_per_week: Floats
    """What k busy workers cost. [USD/week]"""
    usd_per_run: Floats
    """Price of one experiment. [USD]"""
    days_per_promotion: Floats
    """Wall-clock to one promoted model at k workers. [days]"""
    days_saved_by_one_more: Floats
    """What one more worker takes off that. [days]"""


def velocity(
    *,
    run_s: Any,
    usd_per_hour: Any,
    worker_count: Any = 1,
    overhead_s: Any = 0.0,
    runs_per_promoted_model: float = 1.0,
) -> Velocity:
    """Experiments per week on each priced instance, and what one more parallel worker buys.

    Runs of one promoted model go in waves of k: ceil(runs / k) waves of one run each.

    Args:
        run_s: wall-clock of one run on each instance. [s]
        usd_per_hour: price of each instance. [USD/h]
        worker_count: k, runs at a time, each on an instance of its own.
        overhead_s: time to start and stop around each run. [s]
        runs_per_promoted_model: runs that one promoted model takes.

    Example:
        >>> found = velocity(run_s=3600, usd_per_hour=0.5, worker_count=2)
        >>> float(found.runs_per_week), float(found.usd_per_run)
        (336.0, 0.5)
    """
    each_s = np.asarray(run_s, dtype=np.float64) + overhead_s
    workers = np.asarray(worker_count, dtype=np.float64)
    price = np.asarray(usd_per_hour, dtype=np.float64)
    per_week = workers * SECONDS_PER_WEEK / each_s
    days = np.ceil(runs_per_promoted_model / workers) * each_s / 86_400
    fewer = np.ceil(runs_per_promoted_model / (workers + 1)) * each_s / 86_400
    return Velocity(
        runs_per_week=per_week,
        usd_per_week=price * workers * 168,
        usd_per_run=price * each_s / 3600,
        days_per_promotion=days,
        days_saved_by_one_more=days - fewer,
    )
