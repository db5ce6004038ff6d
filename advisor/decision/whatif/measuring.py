"""Which machines are worth measuring: by what knowing each one's speed would save."""

from dataclasses import dataclass

import numpy as np

from advisor.arrays import Floats
from advisor.decision.choice.engine import Engine
from advisor.decision.scenarios.uncertainty import scores
from advisor.decision.whatif.value_of_information import information_usd, ways_to_run
from advisor.platforms import facts_of

MOST_WAYS = 40
"""Ways to run the chosen candidate that are weighed: the cheapest on average."""


@dataclass(frozen=True)
class WorthMeasuring:
    """A machine whose speed was carried from another one, and what knowing it is worth."""

    platform: str
    """Platform of the option that it would serve."""
    side: str
    """`SageMaker` or `ECS`."""
    sku: str
    """What is bought."""
    region: str
    """AWS region."""
    chip: str
    """Processor or GPU: measuring one machine tells of all with the same."""
    basis: str
    """`scaled` or `assumed`: how its speed is known today."""
    worth_usd_per_month: float
    """Expected saving of deciding with its speed known. [USD/month]"""


def worth_measuring(engine: Engine) -> tuple[WorthMeasuring, ...]:
    """Return the machines that the answer hesitates between, the most valuable to know first.

    Per chip the expected value of knowing its speed before deciding (`information_usd`), given to
    the cheapest machine with it; machines that were measured are left out.
    """
    best = engine.choice.best
    if best is None:
        return ()
    drawn, problem = engine.choice.drawn, engine.problem
    options, groups = problem.options, problem.groups
    mine = np.flatnonzero(ways_to_run(engine))
    usd: Floats = drawn.outcomes.usd[mine, 1:]
    means = usd.mean(axis=1)
    near = np.argsort(means, kind="stable")[:MOST_WAYS]
    near = np.unique(np.concatenate([near, np.unique(usd.argmin(axis=0))]))
    near = near[np.argsort(means[near], kind="stable")]
    rows = drawn.outcomes.rows[mine[near]]
    draws = problem.scenarios.draws
    found: dict[str, WorthMeasuring] = {}
    for row in rows:
        basis = str(options.basis[row])
        if basis == "measured" or not options.stands[row]:
            continue
        chip = str(groups.chip[int(options.group[row])])
        if chip in found:
            continue
        z = scores(f"chip {chip}", draws.seed, draws.count)[1:]
        platform = options.platform_of(int(row))
        found[chip] = WorthMeasuring(
            platform=platform,
            side=facts_of(platform).side,
            sku=str(options.sku[row]),
            region=str(options.region[row]),
            chip=chip,
            basis=basis,
            worth_usd_per_month=information_usd(usd[near], z),
        )
    return tuple(sorted(found.values(), key=lambda w: -w.worth_usd_per_month))
