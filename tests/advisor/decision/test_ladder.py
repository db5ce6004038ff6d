"""The ladder: the simplest candidate that is good enough, and why each other one is not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.decision.choice.ladder import LadderCandidate, climb, noise_of_difference


def candidate(name="linear", rank=1, loss=0.10, usd=100.0, **changes) -> LadderCandidate:
    losses = changes.pop("losses", (loss, loss, loss))
    return LadderCandidate(
        **{
            "name": name,
            "rank": rank,
            "losses": losses,
            "case_count": 10_000_000,
            "is_proportion": True,
            "bill_usd_per_month": usd,
        }
        | changes
    )


def test_a_better_candidate_wins_when_its_errors_pay_for_it():
    """0.02 fewer errors x 10,000 USD per unit of loss = 200 USD a month, for 100 more."""
    steps = [candidate(), candidate("forest", 2, loss=0.08, usd=200.0)]

    assert climb(steps, usd_per_loss_month=10_000).chosen == "forest"


def test_it_loses_when_it_costs_more_than_it_saves():
    """The same 200 USD saved, for 201 more on the bill."""
    found = climb(
        [candidate(), candidate("forest", 2, loss=0.08, usd=301.0)], usd_per_loss_month=10_000
    )

    assert found.chosen == "linear"
    assert "does not pay for itself: saves 200" in found.verdicts["forest"]
    assert found.worth_ranking == {"linear"}


def test_a_difference_within_noise_is_a_tie_and_the_simpler_wins():
    steps = [
        candidate(losses=(0.10, 0.12, 0.11)),
        candidate("forest", 2, losses=(0.12, 0.10, 0.10), usd=100.0),
    ]

    found = climb(steps, usd_per_loss_month=1e9)

    assert found.chosen == "linear"
    assert found.worth_ranking == {"linear", "forest"}


def test_a_tie_in_quality_goes_to_the_cheaper_only_beyond_the_cost_tie():
    tie = {"losses": (0.10, 0.101, 0.099)}
    as_dear = [candidate(**tie), candidate("forest", 2, usd=99.0, **tie)]
    cheaper = [candidate(**tie), candidate("forest", 2, usd=90.0, **tie)]

    assert climb(as_dear, usd_per_loss_month=1.0).chosen == "linear"
    assert climb(cheaper, usd_per_loss_month=1.0).chosen == "forest"


def test_the_baseline_is_chosen_only_when_nothing_beats_it():
    dummy = candidate("dummy", 0, loss=0.5, usd=1.0, is_baseline=True)

    better = climb([dummy, candidate(usd=1e6)], usd_per_loss_month=0.01)
    no_better = climb([dummy, candidate(loss=0.5)], usd_per_loss_month=1e9)

    assert better.chosen == "linear"
    assert no_better.chosen == "dummy"
    assert "improve the data" in no_better.verdicts["dummy"]


def test_few_cases_make_a_small_difference_noise():
    """Two losses near 0.05 on 100 cases: sd of the difference is sqrt(0.09/100) = 0.03."""
    a, b = candidate(loss=0.05, case_count=100), candidate("b", loss=0.04, case_count=100)

    assert noise_of_difference(a, b) == pytest.approx(1.96 * 0.03)


def test_seeds_that_disagree_widen_the_noise():
    """Differences -0.01, 0, 0.01: variance 1e-4, of the mean 1e-4/3; t of two degrees is 4.303."""
    a = candidate(losses=(0.10, 0.10, 0.10), is_proportion=False)
    b = candidate("b", losses=(0.11, 0.10, 0.09), is_proportion=False)

    assert noise_of_difference(a, b) == pytest.approx(4.303 * (1e-4 / 3) ** 0.5)


def test_an_unfit_or_unrunnable_candidate_is_told_why():
    steps = [
        candidate(unfit="quality 0.8 is below the need of 0.9"),
        candidate("forest", 2, usd=None),
        candidate("mlp", 4, loss=0.05, usd=5.0),
    ]

    found = climb(steps, usd_per_loss_month=1.0)

    assert found.chosen == "mlp"
    assert found.verdicts["linear"].startswith("quality 0.8")
    assert found.verdicts["forest"] == "no feasible way to run it"


def test_nothing_feasible_chooses_nothing():
    found = climb(
        [candidate(usd=None), candidate("b", 2, unfit="too poor")], usd_per_loss_month=1.0
    )

    assert found.chosen is None
    assert found.worth_ranking == frozenset()


ladders = st.lists(
    st.tuples(
        st.sampled_from([0.05, 0.10, 0.20]),
        st.sampled_from([50.0, 100.0, 101.0, None]),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


def made(raw) -> list[LadderCandidate]:
    return [
        candidate(f"c{i}", i, loss=loss, usd=usd, unfit="poor" if unfit else None)
        for i, (loss, usd, unfit) in enumerate(raw)
    ]


@given(ladders, st.sampled_from([0.0, 1.0, 1e3, 1e6]))
def test_every_candidate_gets_a_verdict_and_only_the_chosen_is_chosen(raw, price):
    rungs = made(raw)
    found = climb(rungs, usd_per_loss_month=price)

    assert set(found.verdicts) == {r.name for r in rungs}
    chosen = [name for name, words in found.verdicts.items() if words.startswith("chosen")]
    assert chosen == ([found.chosen] if found.chosen else [])


@given(ladders, st.sampled_from([1.0, 1e3, 1e6]), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(raw, price, rng: random.Random):
    rungs = made(raw)

    assert climb(rng.sample(rungs, len(rungs)), usd_per_loss_month=price) == climb(
        rungs, usd_per_loss_month=price
    )


@given(ladders)
def test_dearer_errors_never_choose_a_worse_model(raw):
    rungs = made(raw)
    loss = {r.name: r.loss for r in rungs}
    chosen = [climb(rungs, usd_per_loss_month=price).chosen for price in (1.0, 1e3, 1e6)]

    losses = [loss[name] for name in chosen if name is not None]
    assert losses == sorted(losses, reverse=True)


def test_a_cheaper_candidate_whose_difference_is_drowned_in_noise_must_still_pay_for_it():
    """0.012 more errors x 60,000 USD per unit of loss = 720 USD a month lost to save 150."""
    noisy = {"is_proportion": True, "case_count": 100}
    linear = candidate(loss=0.023, usd=507.0, **noisy)
    forest = candidate("forest", 2, loss=0.035, usd=357.0, **noisy)

    assert climb([linear, forest], usd_per_loss_month=60_000).chosen == "linear"
    assert climb([linear, forest], usd_per_loss_month=600).chosen == "forest"


def test_errors_of_an_ageing_model_count_like_its_bill():
    never_retrained = candidate("forest", 2, usd=50.0, ageing_usd_per_month=60.0)

    assert climb([candidate(), never_retrained], usd_per_loss_month=0.0).chosen == "linear"
