"""The view of the candidates."""

from advisor.report.sections.models import SPREAD_AND_PLACE, models
from tests.advisor.report.factories import (
    bare,
    finding,
    titles,
)
from tests.faces import factories as made


def test_models_are_told_with_metric_and_data_and_the_spread_where_one_is_drawn():
    plain, drawn = models(bare()), models(bare(ladder=made.ladder()))

    assert plain[0].sentences == ("Quality is accuracy on held-out rows; 8 rows.",)
    unpriced = tuple(step.replace(usd_per_month=None) for step in made.ladder())
    assert drawn[0].sentences[1:] == (SPREAD_AND_PLACE,)
    assert models(bare(ladder=unpriced))[0].sentences == plain[0].sentences


def test_learning_and_findings_are_sections_where_there_are_some():
    answer = bare(learning=made.learning(), findings=(finding(),))

    assert titles(models(answer)) == [
        "Models: the simplest that is good enough",
        "Models: what more rows would bring",
        "Models: ways to serve them",
    ]
    assert len(models(bare())) == 1
