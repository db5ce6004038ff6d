"""What is not certain, as common draws: one column per world, the same worlds for every option.

Each input is a factor with median 1 (lognormal) or a yearly change (normal), stratified over the
draws, from a stream of its own: adding an input does not move the others. Column 0 is the study
taken at its word: every factor 1, no growth and no drift.
"""

import dataclasses
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from advisor import defaults
from advisor.arrays import Floats
from advisor.recommendation import Basis
from advisor.study.learnt import LearntInput
from advisor.study.types import MONTHS_PER_YEAR, Study
from benchmarks.statistics.distributions import Z_80


@dataclass(frozen=True)
class Spread:
    """The band of one input, as the study or a default of ours gives it."""

    name: str
    value: float
    """A factor >= 1, or half the width of a yearly change."""
    source: str
    basis: Basis
    mean: float = 0.0
    """Centre of a yearly change; no meaning for a factor."""
    unit: str = "factor"

    @property
    def band(self) -> tuple[float, float]:
        """Ends of the 80% band."""
        if self.unit == "factor":
            return 1 / self.value, self.value
        return self.mean - self.value, self.mean + self.value


@lru_cache(maxsize=512)
def scores(name: str, seed: int, count: int) -> Floats:
    """Return standard normal scores of one input, stratified: one in each of `count` equal parts.

    Column 0 is the middle of the distribution, for the study at its word; `count` draws follow.
    """
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    drawn = _middles(count)[rng.permutation(count)]
    found = np.concatenate([[0.0], drawn])
    found.setflags(write=False)
    return found


@lru_cache(maxsize=8)
def _middles(count: int) -> Floats:
    inverse = NormalDist().inv_cdf
    return np.array([inverse((k + 0.5) / count) for k in range(count)])


def lognormal_factor(z: Floats, factor: float) -> Floats:
    """Return f^(z / z_80): 80% of the draws lie within / f and x f."""
    drawn: Floats = np.exp(np.log(factor) / Z_80 * z)
    return drawn


@dataclass(frozen=True)
class Draws:
    """The inputs that all options share, one column per draw, column 0 the study at its word."""

    count: int
    """Draws, column 0 not counted."""
    traffic: Floats
    """Mean request rate over the study's, growth to the middle of the horizon counted."""
    peak: Floats
    """Peak rate over the study's."""
    start: Floats
    """Cold start over the expected one."""
    drift: Floats
    """On-demand prices over today's."""
    spot: Floats
    """Cost of a spot replica over today's spot price."""
    decay: Floats
    """Decay slope over the planned one."""
    runs: Floats
    """Training runs behind a release over the planned ones."""
    review: Floats
    """Hours of review over the planned ones."""
    seed: int
    spreads: tuple[Spread, ...]

    def spread(self, name: str) -> Spread:
        """Return the band of one input."""
        return next(s for s in self.spreads if s.name == name)

    def purchase(self, name: str) -> Floats:
        """Return what a replica costs over today's price, by the way it is bought.

        A commitment keeps its price for its term.
        """
        if name == "spot":
            return self.spot
        if name.endswith("y") and name != "on-demand":
            return np.ones_like(self.drift)
        return self.drift

    def hours(self, platform: str) -> Floats:
        """Return people's hours of a platform over the planned ones.

        One factor of the team for all platforms, and a small one of each: a slow team is slow
        everywhere. Their mean is 1, so that hours which are given are hours that are paid.
        """
        team = lognormal_factor(
            scores("hours of the team", self.seed, self.count), self.spread("people's hours").value
        )
        own = lognormal_factor(
            scores(f"hours {platform}", self.seed, self.count), defaults.PLATFORM_HOURS_FACTOR.value
        )
        found = team * own
        found[1:] /= found[1:].mean()
        return found

    def training(self, candidate: str) -> Floats:
        """Return the time of a candidate's training run over the predicted one."""
        z = scores(f"training {candidate}", self.seed, self.count)
        return lognormal_factor(z, self.spread("training time").value)


def spreads_of(study: Study, *, decay_is_known: bool) -> tuple[Spread, ...]:
    """Return the band of every input, the study's own where it gives one."""
    own = study.decision
    decay = defaults.DECAY_FACTOR_MEASURED if decay_is_known else defaults.DECAY_FACTOR_ASSUMED
    return (
        _spread("traffic level", own.traffic_factor, defaults.TRAFFIC_FACTOR),
        _spread("peak over mean", own.peak_factor, defaults.PEAK_SPREAD),
        _spread("cold start", own.start_factor, defaults.START_FACTOR),
        _spread("spot price", own.spot_price_factor, defaults.SPOT_PRICE_FACTOR),
        _spread("decay", own.decay_factor, decay),
        _spread("runs per release", own.runs_factor, defaults.RUNS_FACTOR),
        _spread("training time", own.training_factor, defaults.TRAINING_FACTOR),
        _spread("people's hours", own.hours_factor, defaults.HOURS_FACTOR),
        _spread("hours of review", own.hours_factor, defaults.HOURS_FACTOR),
        _spread(
            "traffic growth",
            own.growth_half_width_fraction,
            defaults.GROWTH_HALF_WIDTH,
            mean=own.growth_per_year_fraction,
        ),
        _spread(
            "price drift",
            own.price_drift_half_width_fraction,
            defaults.PRICE_DRIFT_HALF_WIDTH,
            mean=own.price_drift_per_year_fraction,
        ),
    )


def _spread(
    name: str, own: float | None, ours: defaults.Default, *, mean: float | None = None
) -> Spread:
    key = ours.name.removesuffix("_assumed").removesuffix("_given").removesuffix("_measured")
    suffix = "" if mean is None else "_fraction"
    return Spread(
        name=name,
        value=ours.value if own is None else own,
        source=ours.source if own is None else f"study: decision.{key}{suffix}",
        basis="assumed" if own is None else "input",
        mean=mean or 0.0,
        unit="factor" if mean is None else "fraction/year",
    )


def as_learnt(spread: Spread, learnt: Sequence[LearntInput]) -> Spread:
    """Return a band with where it comes from: what was learnt of it, if anything was."""
    for item in learnt:
        if item.input == spread.name and spread.basis == "input":
            return dataclasses.replace(spread, source=item.source, basis="measured")
    return spread


def draws_of(study: Study, decay_is_known: bool = False) -> Draws:
    """Return the common draws of a study."""
    spreads = spreads_of(study, decay_is_known=decay_is_known)
    named = {s.name: s for s in spreads}
    count, seed = study.decision.draw_count, study.decision.seed
    years = study.horizon_months / MONTHS_PER_YEAR / 2  # the middle of the horizon stands for it

    def factor(name: str) -> Floats:
        return lognormal_factor(scores(name, seed, count), named[name].value)

    def after_years(name: str) -> Floats:
        spread = named[name]
        yearly = spread.mean + spread.value / Z_80 * scores(name, seed, count)
        grown: Floats = np.maximum(1 + yearly, 0.05) ** years
        grown[0] = 1.0
        return grown

    traffic = factor("traffic level") * after_years("traffic growth")
    drift = after_years("price drift")
    fallback = study.decision.spot_fallback_fraction
    if fallback is None:
        fallback = defaults.SPOT_FALLBACK_FRACTION.value
    # Hours that fall back cost the on-demand price in place of the spot price.
    dearer = 1 / (1 - defaults.SPOT_DISCOUNT.value)
    spot = factor("spot price") * (1 - fallback) + fallback * dearer * drift
    spot[0] = 1.0
    return Draws(
        count=count,
        traffic=traffic,
        peak=traffic * factor("peak over mean"),
        start=factor("cold start"),
        drift=drift,
        spot=spot,
        decay=factor("decay"),
        runs=factor("runs per release"),
        review=factor("hours of review"),
        seed=seed,
        spreads=spreads,
    )


def service_spread(study: Study, relative_error: float) -> Spread:
    """Return the band of a candidate's measured service time."""
    own = study.decision.service_factor
    return Spread(
        name="measured latency",
        value=1 + relative_error if own is None else own,
        source="the benchmark's own interval" if own is None else "study: decision.service_factor",
        basis="measured" if own is None else "input",
    )


def service_factor(
    study: Study, *, candidate: str, relative_error: float, count: int, seed: int
) -> Floats:
    """Return a candidate's true service time over the measured one."""
    spread = service_spread(study, relative_error)
    return lognormal_factor(scores(f"service {candidate}", seed, count), spread.value)


def transfer_factors(
    study: Study,
    *,
    chips: Sequence[str],
    up: Floats,
    down: Floats,
    count: int,
    seed: int,
) -> Floats:
    """Return true over predicted service time of each chip, (chip x draw).

    The two halves of the back-tested band may differ: up is its upper end over the prediction,
    down its lower end, each reached with z_80.
    """
    if not len(chips):
        return np.ones((0, count + 1))
    own = study.decision.transfer_factor
    if own is not None:
        up, down = np.full_like(up, own), np.full_like(down, 1 / own)
    z = np.stack([scores(f"chip {chip}", seed, count) for chip in chips])
    ends = np.where(z > 0, np.log(up)[:, None], -np.log(down)[:, None])
    factors: Floats = np.exp(ends / Z_80 * z)
    return factors
