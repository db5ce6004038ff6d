"""The view of experiments."""

import pytest

from advisor.report.sections.experiments import HIT_RATES, NO_EXPERIMENTS, experiments
from tests.advisor.report.factories import (
    bare,
    titles,
)
from tests.advisor.report.tables.test_experiments import history, rung, saving
from tests.faces import factories as made


def test_without_an_error_that_costs_nothing_is_said_of_experiments():
    (found,) = experiments(bare())

    assert found.sentences == (NO_EXPERIMENTS,)


def test_experiments_have_gain_hits_and_pace():
    found = experiments(bare(experiments=made.experiments()))

    assert titles(found) == [
        "Experiments: what the next run gains",
        "Experiments: how many until one is found",
        "Experiments: how fast they go",
    ]
    assert found[1].sentences == (HIT_RATES,)
    assert titles(experiments(bare(experiments=made.experiments(pace=())))) == titles(found)[:2]


def test_a_history_stands_in_place_of_the_published_shares():
    found = experiments(bare(experiments=made.experiments(history=history())))

    assert HIT_RATES not in found[1].sentences
    assert found[1].sentences[0].startswith("1,320 runs in mlruns")


def test_the_pace_on_every_place_is_a_section_of_its_own():
    advice = made.experiments()
    found = experiments(bare(experiments=advice.replace(instances=advice.pace)))

    assert titles(found)[-1] == "Experiments: the pace on every priced machine"


@pytest.mark.parametrize(
    ("part", "title"),
    [
        ({"escalation": (rung("default"),)}, "Experiments: the simplest first"),
        ({"savings": (saving("all", 0.0),)}, "Experiments: stop bad runs early"),
    ],
)
def test_rungs_and_stopping_are_sections_where_there_are_some(part, title):
    plain = titles(experiments(bare(experiments=made.experiments())))
    found = titles(experiments(bare(experiments=made.experiments(**part))))

    assert [one for one in found if one not in plain] == [title]
