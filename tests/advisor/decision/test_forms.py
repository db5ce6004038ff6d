"""The option table chooses among the forms of a candidate: the same answers, another price."""

from datetime import date

import pytest

from advisor.decision.choice.engine import prepare
from advisor.profiles import profiles_of
from advisor.recommend import market_on, recommend
from benchmarks.storage.records import FormMeasurement, InferenceMeasurement
from tests.advisor.factories import evidence, run, study

ON = date(2026, 11, 1)


def form(name="onnx", *, service_s=0.0001, **changes):
    boring = {
        "form": name,
        "outcome": "ok",
        "largest_difference": 1e-7,
        "flipped_fraction": 0.0,
        "compared_row_count": 100,
        "artefact_bytes": 500_000,
        "import_s": 0.1,
        "load_s": 0.05,
        "serving_memory_bytes": 80 * 2**20,
        "extra_worker_memory_bytes": 40 * 2**20,
        "inference": tuple(
            InferenceMeasurement(
                batch_rows=rows,
                thread_count=1,
                durations_s=tuple(service_s * (1 + 0.01 * (i % 5)) * rows**0.5 for i in range(200)),
                form=name,
            )
            for rows in (1, 64, 1024)
        ),
    }
    return FormMeasurement(**(boring | changes))


def engine(*runs, **changes):
    needs = {"workload": {"requests_per_s": 2000.0}} | changes
    return prepare(
        study(**needs),
        evidence(*runs),
        market_on(ON),
    )


def test_each_verified_form_is_a_profile_of_its_own_the_native_first():
    forest = run("random_forest", 2, service_s=0.01, forms=(form(),))

    native, onnx = profiles_of(study(), evidence(forest))

    assert (native.form, native.form_rank, native.label) == ("native", 0, "random_forest")
    assert (onnx.form, onnx.form_rank, onnx.label) == ("onnx", 1, "random_forest (onnx)")
    assert onnx.service_s == pytest.approx(0.0001, rel=0.05)
    assert onnx.memory_gib == pytest.approx(80 / 1024)
    assert onnx.extra_worker_memory_gib == pytest.approx(40 / 1024)
    assert (onnx.qualities, onnx.errors_per_case) == (native.qualities, native.errors_per_case)


def test_a_form_whose_answers_differ_is_no_option():
    forest = run("random_forest", 2, forms=(form(outcome="failed", reason="differs"),))

    assert [p.form for p in profiles_of(study(), evidence(forest))] == ["native"]


def test_a_form_that_a_simpler_one_beats_in_everything_is_left_out():
    worse = form("torch-eager", service_s=0.001, serving_memory_bytes=90 * 2**20)
    forest = run("random_forest", 2, service_s=0.01, forms=(form(), worse))

    assert [p.form for p in profiles_of(study(), evidence(forest))] == ["native", "onnx"]


def test_a_form_that_saves_replicas_is_chosen_and_the_ladder_has_each_candidate_once():
    found = engine(run("random_forest", 2, service_s=0.02, forms=(form(),)))
    answer = recommend_with(found)

    assert answer.best.form == "onnx"
    assert answer.best.candidate == "random_forest"
    assert "random_forest (onnx)" in answer.best.name
    assert [step.candidate for step in answer.ladder] == ["random_forest"]
    assert len(answer.runs) == 1


def test_the_simplest_form_wins_where_another_saves_nothing():
    found = engine(
        run("linear", 1, service_s=0.0005, forms=(form(),)),
        workload={"requests_per_s": 1.0},
    )

    assert recommend_with(found).best.form == "native"


def test_a_faster_form_never_makes_the_best_option_dearer():
    alone = engine(run("random_forest", 2, service_s=0.02))
    both = engine(run("random_forest", 2, service_s=0.02, forms=(form(),)))

    assert recommend_with(both).best.usd_per_month <= recommend_with(alone).best.usd_per_month


def recommend_with(found):
    return recommend(
        found.study,
        found.evidence,
        on=ON,
        what_if=False,
    )
