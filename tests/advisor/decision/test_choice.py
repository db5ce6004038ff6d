"""The choice against a slow oracle, and the short way to the answer against the long one."""

import numpy as np
import pytest

from advisor.decision.choice.choose import choose
from advisor.decision.choice.pruning import draw, lower_bound_usd, undominated
from advisor.decision.scenarios.outcomes import criterion_usd
from advisor.decision.scenarios.problem import problem_of
from tests.advisor.decision.slow_oracle import costs_and_met, decide, fleets
from tests.advisor.decision.small_worlds import (
    LADDERS,
    choosy,
    fast_first,
    random_study,
    space,
)

CHUNKS, CHUNK = 40, 50
"""Parts in which the slow oracle decides 2,000 studies."""

FAST_CHUNKS = 2
"""Of them, those that `make test-fast` decides too."""

DRAWS = 16
"""Draws of each of them: the rule is the same for 16 as for 1,000."""


@pytest.mark.parametrize("chunk", fast_first(CHUNKS, fast=FAST_CHUNKS))
def test_the_chosen_option_is_the_optimum_that_a_slow_loop_finds(chunk):
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        rng = np.random.default_rng(seed)
        wanted = choosy(rng, random_study(rng, draw_count=DRAWS))
        problem = problem_of(wanted, space(wanted, measured=seed % len(LADDERS)))

        best, usd = decide(problem)
        found = choose(problem)

        assert (found.best in best) if best else (found.best is None), seed
        if usd is not None:
            assert found.criterion_of(found.best) == pytest.approx(usd, rel=1e-9), seed


@pytest.mark.parametrize("seed", range(60))
def test_the_short_way_to_the_answer_ends_where_the_long_one_does(seed):
    wanted = random_study(np.random.default_rng(1000 + seed), draw_count=64)
    problem = problem_of(wanted, space(wanted))

    assert choose(problem, whole=False).best == choose(problem).best


@pytest.mark.parametrize("seed", range(12))
def test_costs_feasibility_and_replicas_equal_a_plain_loop_to_a_billionth(seed):
    rng = np.random.default_rng(seed)
    wanted = random_study(rng, draw_count=32)
    problem = problem_of(wanted, space(wanted))
    rows = rng.choice(np.flatnonzero(problem.possible), size=12, replace=False)

    found = draw(problem, rows).outcomes

    planned = fleets(problem, rows.tolist())
    for place, row in enumerate(rows):
        costs, met, replicas = costs_and_met(problem, int(row), planned.get(int(row)))
        assert found.usd[place] == pytest.approx(costs, rel=1e-9)
        assert found.met[place].tolist() == met
        assert found.replicas[place].tolist() == replicas


@pytest.mark.parametrize("seed", range(20))
def test_an_option_left_out_is_beaten_in_every_draw(seed):
    wanted = random_study(np.random.default_rng(seed), draw_count=32)
    problem = problem_of(wanted, space(wanted))
    kept = undominated(problem.options, problem.possible)
    left = np.setdiff1d(np.flatnonzero(problem.possible), kept)[:40]

    winners, losers = draw(problem, kept).outcomes, draw(problem, left).outcomes

    for place, row in enumerate(left):
        rivals = problem.options.machine_class[kept] == problem.options.machine_class[row]
        assert (winners.usd[rivals] <= losers.usd[place] * (1 + 1e-12)).all(axis=1).any()


@pytest.mark.parametrize("seed", range(20))
def test_no_mean_cost_falls_below_its_bound(seed):
    wanted = random_study(np.random.default_rng(seed), draw_count=64)
    problem = problem_of(wanted, space(wanted))
    rows = undominated(problem.options, problem.possible)
    usd = draw(problem, rows).outcomes

    within = usd.replicas.max(axis=1) < 1000

    bound = lower_bound_usd(problem, rows)
    assert (bound <= usd.usd[:, 1:].mean(axis=1) * (1 + 1e-9))[within].all()
    assert within.any()


def test_a_cautious_study_compares_a_quantile():
    wanted = random_study(np.random.default_rng(3), draw_count=100)
    cautious = wanted.replace(decision=wanted.decision.replace(risk="quantile", quantile=0.9))
    usd = np.arange(101.0)[None, :]

    assert criterion_usd(cautious, usd)[0] == 90.0
    assert criterion_usd(wanted.replace(decision=wanted.decision.replace(risk="expected")), usd)[
        0
    ] == pytest.approx(50.5)


def test_the_same_study_twice_gives_the_same_draws_and_another_seed_others():
    wanted = random_study(np.random.default_rng(5), draw_count=64)
    other = wanted.replace(decision=wanted.decision.replace(seed=wanted.decision.seed + 1))
    first, again, third = (problem_of(s, space(s)) for s in (wanted, wanted, other))

    assert np.array_equal(first.scenarios.peak_per_s, again.scenarios.peak_per_s)
    assert not np.array_equal(first.scenarios.peak_per_s, third.scenarios.peak_per_s)
