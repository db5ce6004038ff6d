"""Narrowed studies: what is asked of them is what would be asked of the whole study.

The memo rests on it: a function keeps what it returned for a narrowed study, and gives it again for
every study that narrows to the same one.
"""

import numpy as np
import pytest

from advisor.decision.scenarios import narrowed
from advisor.decision.scenarios.candidate_costs import costs_of
from advisor.decision.scenarios.fleet_memo import no_fleets
from advisor.decision.scenarios.option_space import option_space_of
from advisor.decision.scenarios.problem import problem_of
from advisor.decision.scenarios.uncertainty import draws_of
from advisor.memo import Memo, key_of
from advisor.platforms import in_order
from advisor.platforms.base import Ask
from advisor.profiles import profiles_of
from advisor.recommend import market_on
from advisor.retraining.advice import cadence_of
from tests.advisor.decision.small_worlds import LADDERS, few_machines, random_study
from tests.advisor.factories import ON, study

SEEDS = range(12)


def asked(seed):
    return random_study(np.random.default_rng([31, seed]), draw_count=32)


def space_of(wanted):
    return option_space_of(wanted, LADDERS[0], market_on(ON, catalogue=few_machines()), Memo())


@pytest.mark.parametrize("seed", SEEDS)
def test_draws_are_those_of_the_whole_study(seed):
    wanted = asked(seed)

    whole, narrow = draws_of(wanted), draws_of(narrowed.for_draws(wanted))

    for name in ("traffic", "peak", "start", "drift", "spot", "decay", "runs", "review"):
        assert np.array_equal(getattr(whole, name), getattr(narrow, name)), name


@pytest.mark.parametrize("seed", SEEDS)
def test_options_are_those_of_the_whole_study(seed):
    wanted = asked(seed)
    space = space_of(wanted)

    def options(one):
        ask = Ask(one, space.market, space.profiles, space.machines, Memo())
        return [platform.options(ask) for platform in in_order(one.cloud.platforms)]

    for whole, narrow in zip(options(wanted), options(narrowed.for_question(wanted)), strict=True):
        for name in ("fixed_usd", "request_usd", "work_usd", "p99_s", "replicas", "billed_hours"):
            assert np.array_equal(getattr(whole, name), getattr(narrow, name), equal_nan=True)
        assert whole.limit.tolist() == narrow.limit.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_machines_and_profiles_are_those_of_the_whole_study(seed):
    wanted = asked(seed)

    assert profiles_of(wanted, LADDERS[0]) == profiles_of(narrowed.for_profiles(wanted), LADDERS[0])
    market = market_on(ON, catalogue=few_machines())
    for platform in in_order(wanted.cloud.platforms):
        whole = platform.offers(wanted, market)
        narrow = platform.offers(narrowed.at_list_prices(narrowed.for_options(wanted)), market)
        assert [offer.machines.sku for offer in whole] == [o.machines.sku for o in narrow]


@pytest.mark.parametrize("seed", SEEDS)
def test_retraining_is_that_of_the_whole_study(seed):
    wanted = asked(seed)
    space = space_of(wanted)
    costs = costs_of(wanted, space)

    for profile, cost in zip(space.profiles, costs, strict=True):
        whole = cadence_of(wanted, profile, LADDERS[0], usd_per_run=cost.usd_per_run)
        assert whole.interval == cost.cadence.interval
        assert whole.releases_per_month == cost.cadence.releases_per_month
        assert cost.monthly_usd == pytest.approx(
            whole.retrain_usd * whole.releases_per_month + cost.artefact_usd
        )


def test_fleets_of_a_load_are_kept_and_of_another_load_are_not():
    wanted = study(workload={"requests_per_s": 5_000.0}, decision={"draw_count": 32})
    problem = problem_of(wanted, space_of(wanted))
    classes = np.arange(len(problem.space.classes.first))

    first = problem.fleets(classes)
    calmer = wanted.replace(workload=wanted.workload.replace(requests_per_s=50.0))
    other = problem_of(calmer, problem.space).fleets(classes)
    again = problem_of(wanted, problem.space).fleets(classes)

    assert np.array_equal(first.count, again.count)
    assert (other.count <= first.count).all()
    assert (other.count < first.count).any()


def test_a_table_of_fleets_refuses_other_draws_than_its_own():
    wanted = asked(0)
    problem = problem_of(wanted, space_of(wanted))
    space, draws = problem.space, problem.scenarios.draws

    with pytest.raises(ValueError, match="draws of the service time"):
        no_fleets(
            load=wanted,
            machines=space.machines,
            classes=space.classes,
            draws=draws,
            service=np.ones((3, 5)),
            purchases=("on-demand",),
        )


@pytest.mark.parametrize(
    ("changes", "kept_by"),
    [
        ({"name": "another"}, set()),
        ({"workload": {"requests_per_s": 3.0}}, {"for_question", "for_load", "for_releases"}),
        ({"needs": {"max_usd_per_month": 5.0}}, set()),
        ({"needs": {"availability_zones": 3}}, {"for_question", "for_load"}),
        ({"retraining": {"error_cost_usd": 9.0}}, {"for_releases"}),
        ({"team": {"engineer_usd_per_hour": 9.0}}, {"for_releases"}),
        ({"team": {"hours_per_month": {"ecs-fargate": 9.0}}}, set()),
        ({"decision": {"traffic_factor": 3.0}}, {"for_draws"}),
        ({"decision": {"feasible_probability": 0.5}}, set()),
        ({"decision": {"gpu_speed_factor": 3.0}}, {"for_options", "for_draws"}),
        ({"horizon_months": 7}, {"for_question", "for_draws", "for_releases"}),
        ({"cloud": {"regions": ["eu-west-1"]}}, {"for_options", "for_question"}),
    ],
)
def test_each_figure_is_kept_where_it_counts_and_nowhere_else(changes, kept_by):
    names = ("for_options", "for_profiles", "for_question", "for_load", "for_draws", "for_releases")

    moved = {
        name
        for name in names
        if key_of(getattr(narrowed, name)(study(**changes)))
        != key_of(getattr(narrowed, name)(study()))
    }
    assert moved == kept_by
