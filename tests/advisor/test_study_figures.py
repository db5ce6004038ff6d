"""What stands on the fields of a study: every face and every question reads it from there."""

from typing import Annotated

import pytest

from advisor.decision.whatif.drivers import drivers_of
from advisor.report.tables.names import figure_name
from advisor.study.figures import figures, figures_of, study_keys
from advisor.study.file import load_study
from advisor.study.keys import Key
from advisor.study.template import study_template
from advisor.study.types import Team, Usd
from advisor.views.main_controls import PATTERNS, PRIMARY
from advisor.views.presets import PEAK
from advisor.views.scenario_values import all_keys
from tests.advisor.factories import engine, study

NEVER_TRIED = {
    "data.false_positive_usd": "measured again with the models",
    "data.false_negative_usd": "measured again with the models",
    "workload.active_hours_per_month": "the rate is tried in its place",
    "decision.hours_factor": "a doubt, drawn",
    "experiments.budget_usd": "a limit on runs, no price",
    "current.usd_per_month": "what is paid today moves no option",
    "current.migration_hours": "the payback of the move tells it",
    "current.migration_usd": "the payback of the move tells it",
}
"""Money and hours that are no drivers, each with its reason."""


def stem(key):
    """The field's key of a control or driver: without a platform or a service behind it."""
    return next(k for k in (key, key.rpartition(".")[0]) if k in figures())


def test_a_new_key_without_a_label_is_refused_by_its_name():
    class Generous(Team):
        bonus_usd: Usd = 0.0

    with pytest.raises(TypeError, match=r"'team\.bonus_usd' has no label.* on Generous\.bonus_usd"):
        list(figures_of(Generous, "team."))


def test_a_new_key_is_known_by_what_stands_on_its_field():
    class Generous(Team):
        bonus_usd: Annotated[Usd, Key("Bonus", source="default: ours")] = 0.0
        """Bonus of the year. [USD/year]"""

    *_, found = figures_of(Generous, "team.")

    assert (found.key, found.told.label, found.unit) == ("team.bonus_usd", "Bonus", "USD/year")


def test_no_two_keys_are_called_the_same():
    labels = [found.told.label for found in figures().values()]

    assert sorted(set(labels)) == sorted(labels)
    assert all(figure_name(key) == found.told.label for key, found in figures().items())


def test_every_control_and_every_driver_comes_from_a_field():
    assert {stem(key) for key in all_keys()} <= set(figures())
    for pattern in ("online", "batch"):
        asked = engine(study(workload={"pattern": pattern}))
        tried = {stem(driver.key) for driver in drivers_of(asked.problem)}

        assert tried <= {key for key, found in figures().items() if found.told.tried}


def test_money_and_hours_are_tried_or_have_a_reason_why_not():
    costs = {key for key in study_keys() if "usd" in key or "hours" in key.rpartition(".")[2]}
    tried = {key for key, found in figures().items() if found.told.tried}

    assert costs - tried == set(NEVER_TRIED)


def test_the_steps_of_a_slider_rise_and_the_study_takes_each(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("data: {source: 'builtin:digits'}\nworkload: {peak_requests_per_s: null}\n")
    for pattern in PATTERNS:
        for primary in PRIMARY[pattern]:
            steps = [step for step in primary.slider.steps if step is not None]

            assert steps == sorted(set(steps)), primary.key
            nothing = 0 if primary.none_is_least else -1
            assert None not in set(primary.slider.steps) - {primary.slider.steps[nothing]}
            if primary.key != PEAK:  # moved as a multiple of the mean
                for step in steps:
                    assert load_study(
                        path, [f"workload.pattern={pattern}", f"{primary.key}={step}"]
                    )


def test_what_is_tried_lies_between_its_ends():
    for found in figures().values():
        if (tried := found.told.tried) is not None:
            assert tried.low < tried.high, found.key
            assert all(tried.low < value <= tried.high for value in tried.from_zero), found.key
            assert bool(tried.from_zero) == (tried.low == 0), found.key


def test_the_template_names_the_source_of_each_default():
    written = study_template()

    for found in figures().values():
        assert not found.told.source or f"({found.told.source})" in written, found.key
