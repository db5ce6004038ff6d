"""Ways to retrain: what each costs, and which is the cheapest in total."""

import math

import numpy as np
import pytest
from cadence_matrices import cells, linear
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.retraining.plan import plan_retraining
from advisor.retraining.release_ways import Way, cheapest, retrain_cost_usd, spot_train_s


def plan(*, cost, slope):
    return plan_retraining(
        cells=cells(linear(slope)),
        period_days=7.0,
        retrain_cost_usd=cost,
        error_cost_usd=2.0,
        cases_per_day=1000 / 7,
        draw_count=0,
    )


def test_a_retrain_is_machine_time_labels_people_and_deployment():
    found = retrain_cost_usd(
        train_s=7200,
        usd_per_hour=0.5,
        run_count=10,
        label_count=200,
        usd_per_label=0.05,
        people_hours=4,
        usd_per_people_hour=95,
        deploy_usd=3,
    )

    assert float(found) == pytest.approx(10 + 10 + 380 + 3)


@pytest.mark.parametrize("checkpoint_s", [math.inf, 900.0])
def test_time_on_spot_is_what_a_simulation_of_interruptions_takes(checkpoint_s):
    rng = np.random.default_rng(0)
    rate, total = 0.5 / 3600, 3600.0
    stretch = min(checkpoint_s, total)
    times = []
    for _ in range(20_000):
        spent, left = 0.0, total
        while left > 0:
            until = rng.exponential(1 / rate)
            if until >= stretch:
                spent, left = spent + stretch, left - stretch
            else:
                spent += until
        times.append(spent)

    found = spot_train_s(train_s=total, interruption_per_hour=0.5, checkpoint_s=checkpoint_s)
    assert float(found) == pytest.approx(np.mean(times), rel=0.01)


@given(st.sampled_from([60.0, 3600.0]), st.sampled_from([0.0, 0.1, 1.0]))
def test_spot_never_takes_less_and_checkpoints_never_more(train_s, rate):
    whole = float(spot_train_s(train_s=train_s, interruption_per_hour=rate))
    saved = float(spot_train_s(train_s=train_s, interruption_per_hour=rate, checkpoint_s=30.0))

    assert train_s * (1 - 1e-12) <= saved <= whole * (1 + 1e-12)


def test_a_warm_start_wins_only_if_its_own_decay_is_not_much_faster():
    scratch = Way("from scratch", plan(cost=50.0, slope=1e-3))
    warm = Way("warm", plan(cost=10.0, slope=1.5e-3))
    fast_decay = Way("warm, but fading", plan(cost=40.0, slope=3e-3))

    assert cheapest([scratch, warm]).name == "warm"
    assert cheapest([scratch, fast_decay]).name == "from scratch"


def test_equal_ways_go_to_the_one_named_first_and_none_is_refused():
    one, two = (Way(name, plan(cost=50.0, slope=1e-3)) for name in ("one", "two"))

    assert cheapest([two, one]).name == "two"
    with pytest.raises(AdvisorError, match="name at least one"):
        cheapest([])
