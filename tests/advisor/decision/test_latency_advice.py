"""What is told of answer times is what the plan says, and what was measured."""

from datetime import date

import pytest

from advisor.decision.answer.latency import latency_advice, learning_curves
from advisor.recommend import market_on, prepare, recommend
from advisor.study.file import parse_study
from tests.advisor.factories import evidence, ladder

ON = date(2026, 11, 21)


def study(need_ms=60.0, **workload):
    document = {
        "data": {"source": "builtin:digits"},
        "workload": workload,
        "needs": {"max_p99_latency_ms": need_ms},
    }
    return parse_study(document, where="test")


def answered(**workload):
    question = study(**workload)
    found = evidence(*ladder())
    engine = prepare(question, found, market_on(ON))
    return engine, latency_advice(engine), recommend(question, found, on=ON, what_if=False)


def test_the_curve_passes_through_the_p99_that_was_planned():
    _, advice, answer = answered(requests_per_s=400)

    option = next(o for o in answer.ranked if o.replicas > 0)
    here = next(p for p in advice.curve if p.requests_per_s == advice.peak_requests_per_s)
    assert here.p99_ms == pytest.approx(option.p99_latency_ms, rel=1e-9)
    assert here.p50_ms == pytest.approx(option.p50_latency_ms, rel=1e-9)
    assert here.p99_ms_low == pytest.approx(option.p99_latency_ms_low, rel=1e-9)


def test_more_load_never_answers_faster():
    _, advice, _ = answered(requests_per_s=400)

    times = [point.p99_ms for point in advice.curve]
    assert times == sorted(times)
    assert advice.curve[-1].requests_per_s < advice.full_at_requests_per_s


def test_the_need_is_met_below_its_rate_and_not_above():
    _, advice, _ = answered(requests_per_s=400)
    limit = advice.reaches_need_at_requests_per_s

    assert limit is not None
    for point in advice.curve:
        assert (point.p99_ms <= advice.need_ms) == (point.requests_per_s <= limit)


def test_the_measured_distribution_never_falls_and_hides_what_too_few_calls_tell():
    _, advice, _ = answered()

    known = [q.value_ms for q in advice.measured if q.value_ms is not None]
    assert known == sorted(known)
    assert advice.measured[-1].value_ms is None
    assert advice.measured[-1].high_ms is None


def test_learning_curves_are_the_runs_own():
    engine, _, _ = answered()

    for curve in learning_curves(engine):
        run = next(r for r in engine.evidence.runs if r.candidate.name == curve.candidate)
        assert {p.row_count for p in curve.points} == {p.row_count for p in run.learning_curve}
        assert [p.row_count for p in curve.points] == sorted(p.row_count for p in curve.points)
