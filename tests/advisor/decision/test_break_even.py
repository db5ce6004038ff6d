"""Break-evens, checked by deciding again just below and just above each of them."""

import numpy as np
import pytest

from advisor.decision.choice.choose import answer_key, choose
from advisor.decision.scenarios.option_space import option_space_for, option_space_of
from advisor.decision.scenarios.problem import problem_of
from advisor.decision.whatif.drivers import drivers_of, with_value
from advisor.decision.whatif.sensitivity import answer_at, break_evens
from advisor.decision.whatif.value_of_information import information_usd
from advisor.recommend import market_on
from pricing.instances import InstanceCatalogue, load_catalogue
from tests.advisor.decision.small_worlds import ON, TYPES, fast_first, random_study, space
from tests.advisor.factories import evidence, run, study

GRID = 8
"""Values between here and a break-even at which the answer must be the present one."""


def answer(study, whole_ground):
    problem = problem_of(study, option_space_for(study, whole_ground))
    return answer_key(problem, choose(problem).best)


@pytest.mark.parametrize("seed", fast_first(200, fast=20))
def test_the_answer_changes_at_a_break_even_and_nowhere_nearer(seed):
    rng = np.random.default_rng(seed)
    study = random_study(rng, draw_count=32)
    own = space(study)
    problem = problem_of(study, own)
    drivers = [d for d in drivers_of(problem) if not d.moves_options and d.now > 0]
    driver = drivers[int(rng.integers(len(drivers)))]
    now = answer(study, own)

    found = break_evens(problem, drivers=[driver])

    assert len(found) <= 1
    for one in found:
        assert answer(with_value(study, driver.key, one.flips_at), own) == one.to != now
        up = one.flips_at > one.now
        if driver.whole:
            before = one.flips_at + (-1 if up else 1)
        else:
            before = one.flips_at * (1 - 2e-6 if up else 1 + 2e-6)
        for value in np.geomspace(one.now, before, GRID + 1)[1:]:
            told = float(round(value)) if driver.whole else float(value)
            assert answer(with_value(study, driver.key, told), own) == now


@pytest.mark.parametrize("seed", fast_first(16, fast=4))
def test_the_answer_changes_at_the_break_even_of_a_discount(seed):
    """The slow answer is of an option space made from nothing, the fast one on a carried one."""
    rng = np.random.default_rng(seed)
    study = random_study(rng, draw_count=32)
    own = space(study)
    problem = problem_of(study, own)
    drivers = [d for d in drivers_of(problem) if d.key.startswith("cloud.discounts")]

    found = break_evens(problem, drivers=drivers)

    now = answer(study, own)
    for one in found:
        for value, told in ((one.flips_at, one.to), (one.flips_at * (1 - 2e-6), now)):
            moved = with_value(study, one.driver, value)
            assert answer(moved, space(moved)) == told
        assert one.to != now


def test_asked_about_a_gpus_speed_the_answer_is_that_of_a_ground_made_from_nothing():
    wanted = study(
        workload={"requests_per_s": 3_000.0},
        cloud={"platforms": ["ecs-ec2", "sagemaker-realtime"]},
        decision={"draw_count": 32},
    )
    measured = evidence(run("torch_mlp", 4, service_s=0.05, parameter_count=50_000_000))
    shapes = tuple(s for s in load_catalogue().shapes if s.instance_type in {*TYPES, "g4dn.xlarge"})
    market = market_on(ON, catalogue=InstanceCatalogue(shapes=shapes))
    own = option_space_of(wanted, measured, market)
    assert own.machines.on_gpu.any()

    for factor in (0.05, 0.5, 2.0, 20.0, 1000.0):
        moved = with_value(wanted, "decision.gpu_speed_factor", factor)
        told = answer(moved, option_space_of(moved, measured, market))
        assert answer_at(moved, option_space_for(moved, own)) == told


def test_knowing_what_decides_between_two_options_is_worth_half_their_distance():
    """One option costs z more than the other: known, the smaller is taken, worth E|z| / 2."""
    z = np.linspace(-1, 1, 1000)
    usd = np.stack([100 + z, 100 - z])

    assert information_usd(usd, z) == pytest.approx(0.5, abs=0.03)


def test_knowing_what_changes_nothing_is_worth_nothing():
    rng = np.random.default_rng(0)
    usd = np.stack([100 + rng.normal(size=1000), 110 + rng.normal(size=1000)])

    assert information_usd(usd, rng.normal(size=1000)) == pytest.approx(0.0, abs=0.05)
