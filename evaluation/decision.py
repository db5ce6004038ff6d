"""Is the advice calibrated? Worlds drawn from the stated distributions, and the advice scored.

    python -m advisor.evaluation.decision --json [--studies N] [--seed N] [--rank-by aws-bill]

For each random study the advice is given; then one true world is drawn from the stated
distributions with a seed that the advice has not seen, each option's replicas in it are those that
keep p99 when the queue is simulated request by request (exact recursions, on the options that
matter), and the bill of that world is what the option costs. Scored are the stated probability of
being the cheapest against how often that came true, whether the 80% band held the cost, and what
was lost against the cheapest option of that world. `--oracle` studies more are decided by plain
loops over options and draws, which share no code with the columns beside the queue's formula.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.decision.choice.choose import choose
from advisor.decision.choice.pruning import LEAST_TIE_USD, draw, undominated
from advisor.decision.choice.risk import BAND, cheapest_of_each_draw
from advisor.decision.scenarios.option_space import OptionSpace, option_space_of
from advisor.decision.scenarios.outcomes import Outcomes
from advisor.decision.scenarios.problem import Problem, problem_of
from advisor.recommend import market_on
from evaluation.decision_studies import evidence_of, random_study, small_catalogue
from evaluation.decision_world import billed_more, simulated_replicas

STUDIES = 1_000
"""Studies that are scored."""

DRAWS = 400
"""Draws behind each advice."""

TRUE_SEED = 1_000_003
"""Added to a study's seed: the true world is none of the advice's own draws."""

BINS = 10
"""Bins of stated probability."""

SIMULATED_OPTIONS = 3
"""Options of each study, the cheapest in the true world, whose queue is simulated."""

ON = date(2026, 11, 21)
"""Day whose prices apply."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite and print its table."""
    parser = argparse.ArgumentParser(
        prog="python -m advisor.evaluation.decision",
        description="Score the decision on simulated worlds.",
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rank-by", choices=("aws-bill", "with-people"), default="with-people")
    options = parser.parse_args(arguments)
    found = evaluate(study_count=options.studies, seed=options.seed, rank_by=options.rank_by)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for key, value in found.items():
            print(f"{key:<28} {value}")
    return 0


def evaluate(*, study_count: int, seed: int = 0, rank_by: str = "with-people") -> dict[str, float]:
    """Return the scores over random studies.

    Keys: `studies`, `ece` (expected calibration error of the probability of being the cheapest),
    `coverage_80` (fraction) and its standard error, `paid_less_percent` and `paid_more_percent`
    (bills below and above the band), `mean_regret_percent`, `optimum_found_percent` (the chosen
    option's criterion is the least of all, ties within 2% counted, by a loop over every option),
    `simulated_options`, `replicas_as_simulated_percent`.
    """
    spaces: dict[str, OptionSpace] = {}
    market = market_on(ON, catalogue=small_catalogue())
    stated: list[float] = []
    came_true: list[float] = []
    places: list[int] = []
    regrets: list[float] = []
    optimal: list[bool] = []
    simulated = agreeing = 0
    for index in range(study_count):
        rng = np.random.default_rng([seed, index])
        study = random_study(rng, draw_count=DRAWS, rank_by=rank_by)
        key = study.cloud.model_dump_json()
        if key not in spaces:
            spaces[key] = option_space_of(study, evidence_of(), market)
        problem = problem_of(study, spaces[key])
        choice = choose(problem)
        if choice.best is None:
            continue
        optimal.append(_is_optimal(problem, choice.best))
        rows, usd, met, checked, same = _true_world(problem, choice.best)
        simulated, agreeing = simulated + checked, agreeing + same
        owner = problem.space.candidate_of[problem.options.candidate]
        _, winners = cheapest_of_each_draw(problem, choice, int(owner[choice.best]))
        true_usd = np.where(met, usd, np.inf)
        if not np.isfinite(true_usd).any():
            continue
        # The probability is said of the options that are feasible by the advice: of these one wins.
        said = np.isin(rows, choice.drawn.outcomes.rows[choice.drawn.feasible])
        winner = int(rows[np.where(said, true_usd, np.inf).argmin()])
        for row in np.unique(winners[winners >= 0]):
            stated.append(float((winners == row).mean()))
            came_true.append(float(row == winner))
        place = int(np.flatnonzero(choice.drawn.outcomes.rows == choice.best)[0])
        low, high = np.quantile(choice.drawn.outcomes.usd[place, 1:], BAND)
        paid = float(usd[rows == choice.best][0])
        places.append(int(paid > high) - int(paid < low))
        regrets.append(max(0.0, paid / float(true_usd.min()) - 1))
    held = np.array(places) == 0
    return {
        "studies": len(held),
        "ece": calibration_error(np.array(stated), np.array(came_true)),
        "coverage_80": float(np.mean(held)),
        "coverage_80_standard_error": float(held.std() / math.sqrt(held.size)),
        "paid_less_percent": 100 * float(np.mean(np.array(places) < 0)),
        "paid_more_percent": 100 * float(np.mean(np.array(places) > 0)),
        "mean_regret_percent": 100 * float(np.mean(regrets)),
        "optimum_found_percent": 100 * float(np.mean(optimal)),
        "simulated_options": simulated,
        "replicas_as_simulated_percent": 100 * agreeing / max(1, simulated),
    }


def calibration_error(stated: Floats, came_true: Floats) -> float:
    """Return the expected calibration error.

        sum over bins of (n_b / n) |mean stated - mean came true|

    Args:
        stated: probabilities, in 0..1.
        came_true: 1 where it did, else 0.

    Example:
        >>> float(calibration_error(np.array([0.5, 0.5]), np.array([1.0, 0.0])))
        0.0
    """
    place = np.minimum((stated * BINS).astype(int), BINS - 1)
    gaps = [
        (place == b).sum() * abs(float(stated[place == b].mean() - came_true[place == b].mean()))
        for b in np.unique(place)
    ]
    return float(math.fsum(gaps) / max(1, stated.size))


def _is_optimal(problem: Problem, best: int) -> bool:
    """Whether no feasible way to run the chosen candidate is cheaper than a tie, by a loop."""
    rows = np.flatnonzero(problem.possible)
    owner = problem.space.candidate_of[problem.options.candidate[rows]]
    own = rows[owner == problem.space.candidate_of[problem.options.candidate[best]]]
    drawn = draw(problem, own)
    least, chosen = math.inf, math.inf
    for place, row in enumerate(own.tolist()):
        if not drawn.feasible[place]:
            continue
        paid = [float(v) for v in drawn.outcomes.usd[place, 1:]]
        if problem.study.decision.risk == "quantile":
            wanted = math.ceil(problem.study.decision.quantile * len(paid))
            usd = sorted(paid)[max(0, wanted - 1)]
        else:
            usd = math.fsum(paid) / len(paid)
        least = min(least, usd)
        chosen = usd if row == best else chosen
    return chosen <= least * 1.02 + LEAST_TIE_USD


def _true_world(
    problem: Problem, best: int
) -> tuple[NDArray[np.intp], Floats, NDArray[np.bool_], int, int]:
    """Return the ways to run the chosen candidate in one true world, the cheapest simulated.

    The world is a draw of the same distributions with another seed. Its cheapest options and the
    chosen one have their replicas found by simulating the queue, and pay for those.
    """
    decision = problem.study.decision
    given = decision.model_dump(exclude_unset=True)
    given |= {"seed": decision.seed + TRUE_SEED, "draw_count": 16}
    study = problem.study.replace(decision=type(decision).model_validate(given))
    world = problem_of(study, problem.space)
    rows = undominated(world.options, world.possible)
    owner = world.space.candidate_of[world.options.candidate[rows]]
    rows = rows[owner == world.space.candidate_of[world.options.candidate[best]]]
    rows = np.union1d(rows, [best]).astype(np.intp)
    found: Outcomes = world.outcomes(rows)
    usd, met = found.usd[:, 1].copy(), found.met[:, 1].copy()
    cheapest = np.argsort(np.where(met, usd, np.inf))[:SIMULATED_OPTIONS]
    checked = same = 0
    for place in np.union1d(cheapest, np.flatnonzero(rows == best)):
        row = int(rows[place])
        if not (world.options.stands[row] and met[place]):
            continue
        replicas = simulated_replicas(world, row, planned=int(found.replicas[place, 1]))
        if replicas is None:
            continue
        checked += 1
        same += replicas == found.replicas[place, 1]
        price = world.scenarios.price[world.options.purchase_at[row], 1]
        more = billed_more(world, row, planned=int(found.replicas[place, 1]), needed=replicas)
        usd[place] += more * world.options.replica_usd[row] * price
    return rows, usd, met, checked, same


if __name__ == "__main__":
    sys.exit(main())
