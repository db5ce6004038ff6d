"""Does learning from bills help? Users whose traffic is not what they said, month after month.

    python -m advisor.evaluation.learning [--studies N] [--json]

Each user's true rate is drawn from the stated band, or, for one user in five, from a band three
times as wide in logarithms (the default was wrong). Twelve months show it with a spread of their
own. The advice is given before and after each further month, and the bill of the true rate is what
its option costs; regret is against the cheapest feasible option at the true rate. Scored beside it:
how often the next month's rate lies within the 80% band.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from datetime import date

import numpy as np

from advisor.decision.choice.choose import choose
from advisor.decision.choice.pruning import draw, undominated
from advisor.decision.scenarios.option_space import OptionSpace, option_space_of
from advisor.decision.scenarios.problem import problem_of
from advisor.recommend import market_on
from advisor.reconcile.learning import RATE, learnt_of
from advisor.reconcile.posterior import MONTH_FACTOR, learn
from advisor.study.learnt import Learnt, Observed
from advisor.study.types import Study
from benchmarks.statistics.distributions import Z_80
from evaluation.decision_studies import evidence_of, random_study, small_catalogue

STUDIES = 200
USERS = 2_000
MONTHS = (0, 1, 3, 12)
"""After how many months the advice is scored."""
WRONG_SHARE = 0.2
"""Users whose traffic is far from what they said. Our assumption."""
ON = date(2026, 11, 21)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite and print its table."""
    parser = argparse.ArgumentParser(
        prog="python -m advisor.evaluation.learning", description="Score what months teach."
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--users", type=int, default=USERS)
    options = parser.parse_args(arguments)
    found = evaluate(study_count=options.studies) | coverage(user_count=options.users)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for key, value in found.items():
            print(f"{key:<36} {value:.4g}")
    return 0


def coverage(*, user_count: int, seed: int = 0) -> dict[str, float]:
    """Return the share of next months within the 80% band, by months that were seen."""
    found = {}
    for months in MONTHS[1:]:
        rng = np.random.default_rng([seed, months])
        held = 0
        for _ in range(user_count):
            factor = float(rng.choice([1.1, 1.25, 2.0]))
            truth = rng.normal(0, math.log(factor) / Z_80)
            seen, after = _months(rng, truth, months), _months(rng, truth, 1)[0]
            known = learn(seen, prior_factor=factor)
            held += abs(math.log(after / known.centre)) <= math.log(known.next_month_factor)
        found[f"coverage_after_{months}_months"] = held / user_count
    return found


def evaluate(*, study_count: int, seed: int = 0) -> dict[str, float]:
    """Return the mean regret after each number of months. [percent]"""
    spaces: dict[str, OptionSpace] = {}
    market = market_on(ON, catalogue=small_catalogue())
    regrets: dict[int, list[float]] = {months: [] for months in MONTHS}
    for index in range(study_count):
        rng = np.random.default_rng([seed, index])
        study = random_study(rng, draw_count=200)
        space = spaces.setdefault(
            study.cloud.model_dump_json(), option_space_of(study, evidence_of(), market)
        )
        factor = study.decision.traffic_factor or 1.25
        width = math.log(factor) / Z_80 * (3.0 if rng.random() < WRONG_SHARE else 1.0)
        truth = rng.normal(0, width)
        seen = _months(rng, truth, max(MONTHS))
        true = _with_rate(study, math.exp(truth) * study.workload.requests_per_s, None)
        for months in MONTHS:
            regret = _regret_percent(_after(study, seen[:months]), true, space)
            if regret is not None:
                regrets[months].append(regret)
    return {
        f"mean_regret_percent_after_{months}_months": math.fsum(all_) / max(1, len(all_))
        for months, all_ in regrets.items()
    } | {"studies": float(study_count)}


def _months(rng: np.random.Generator, truth: float, count: int) -> list[float]:
    """Return what months show over what was said."""
    spread = math.log(MONTH_FACTOR) / Z_80
    return [float(math.exp(truth + spread * z)) for z in rng.normal(size=count)]


def _after(study: Study, ratios: Sequence[float]) -> Study:
    """Return the study as it is read after some months."""
    known: Learnt | None = None
    for number, ratio in enumerate(ratios, start=1):
        seen = Observed(
            month=f"2025-{number:02d}",
            values={RATE: ratio * study.workload.requests_per_s},
            source_sha256="",
        )
        known = learnt_of(study, known, month=seen)
    if known is None:
        return study
    (rate,) = known.inputs
    return _with_rate(study, rate.value, rate.factor)


def _with_rate(study: Study, requests_per_s: float, factor: float | None) -> Study:
    decision = study.decision
    if factor is not None:
        given = decision.model_dump(exclude_unset=True) | {"traffic_factor": factor}
        decision = type(decision).model_validate(given)
    return study.replace(
        workload=study.workload.replace(requests_per_s=requests_per_s), decision=decision
    )


def _regret_percent(advised: Study, true: Study, space: OptionSpace) -> float | None:
    """Return what the advice costs over the best at the true rate; null where nothing is feasible.

    An option that the true traffic leaves without a feasible size costs twice the best: somebody
    has to move in a hurry.
    """
    best = choose(problem_of(advised, space)).best
    if best is None:
        return None
    world = problem_of(true, space)
    rows = undominated(world.options, world.possible)
    owner = world.space.candidate_of[world.options.candidate]
    rows = rows[owner[rows] == owner[best]]
    rows = np.union1d(rows, [best]).astype(np.intp)
    drawn = draw(world, rows)
    usd, met = drawn.outcomes.usd[:, 0], drawn.outcomes.met[:, 0]
    if not met.any():
        return None
    least = float(usd[met].min())
    place = int(np.flatnonzero(rows == best)[0])
    paid = float(usd[place]) if met[place] else 2 * least
    return 100 * max(0.0, paid / least - 1)


if __name__ == "__main__":
    sys.exit(main())
