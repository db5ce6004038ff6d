"""The view of retraining."""

import pytest

from advisor.report.sections.retraining import retraining
from tests.advisor.report.factories import (
    bare,
    of,
    section,
    titles,
    way,
)
from tests.advisor.report.tables.test_retraining import guard, release
from tests.faces import factories as made


def aging(**changes):
    return of(way(), retraining=made.retraining(**changes), training=made.training())


def test_retraining_has_cost_age_and_where_to_train():
    assert titles(retraining(aging())) == [
        *("Retraining: what it costs to wait", "Retraining: how the model ages", "Where to train"),
    ]
    assert retraining(aging())[0].sentences[0] == made.retraining().why


@pytest.mark.parametrize(("simulated", "count"), [(True, 1), (False, 0)])
def test_a_simulated_stream_is_said_above_its_picture(simulated, count):
    found = section(retraining(aging(simulated=simulated)), "Retraining: how the model ages")

    assert len(found.sentences) == count
    assert "SIMULATED" in " ".join(found.sentences) or not simulated


def test_ways_and_guard_are_sections_where_there_are_some():
    found = retraining(aging(ways=(release("refresh", 5.0),), guard=guard(guard_json='{"a":[1]}')))

    assert "Retraining: refresh, redevelop, on spot or warm" in titles(found)
    watched = section(found, "Between retrains: what to watch")
    assert watched.code == ("{", '  "a": [', "    1", "  ]", "}")
    assert len(watched.sentences) == 4


def test_without_points_nothing_is_said_of_age():
    assert titles(retraining(bare())) == ["Retraining: what it costs to wait"]
