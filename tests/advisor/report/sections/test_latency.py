"""The view of answer times, of jobs and of traffic."""

import pytest

from advisor.recommendation import (
    CarriedChain,
    CarriedStep,
    JobPoint,
    ScalingOutcome,
)
from advisor.report.sections.latency import NOTHING, latency
from tests.advisor.report.factories import (
    bare,
    costing,
    of,
    section,
    titles,
)
from tests.faces import factories as made


def test_of_nothing_feasible_no_answer_time_is_drawn():
    (found,) = latency(bare())

    assert found.sentences == (NOTHING,)


def loaded(**changes):
    return of(
        costing(10.0, "a", p99_latency_ms=50.0),
        costing(20.0, "b", p99_latency_ms=5.0),
        latency=made.latency(**changes),
    )


def test_answer_time_has_load_frontier_and_measured_times():
    assert titles(latency(loaded())) == [
        "Latency: how it answers under load",
        "Latency: what a faster answer costs",
        "Latency: what was measured",
    ]
    assert [one.chart for one in latency(loaded())] == [
        *("latency-by-load", "cost-by-latency", "measured-latency"),
    ]
    assert "Latency: what was measured" not in titles(latency(loaded(measured=())))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "the chosen option: its replicas as planned for the peak of 60 requests/s"),
        ({"is_chosen": False}, "the best option that keeps replicas (the chosen one adds"),
        ({}, "p99 reaches the need of 100 ms at 372 requests/s."),
        ({"reaches_need_at_requests_per_s": None}, "stays within the need of 100 ms until"),
        ({}, "Every worker is busy at 400 requests/s"),
        ({"curve": ()}, "serverless adds a container for each request at a time"),
    ],
)
def test_the_load_is_told_in_sentences(changes, words):
    assert words in " ".join(latency(loaded(**changes))[0].sentences)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 3),
        ({"need_ms": None, "reaches_need_at_requests_per_s": None}, 2),
        ({"full_at_requests_per_s": None}, 2),
        ({"curve": ()}, 1),
    ],
)
def test_what_is_not_known_of_the_load_is_not_told(changes, count):
    assert len(latency(loaded(**changes))[0].sentences) == count


def test_a_load_without_a_curve_has_no_chart():
    assert latency(loaded(curve=()))[0].chart is None


@pytest.mark.parametrize(("rows", "words"), [(1, "of 1 row,"), (64, "of 64 rows,")])
def test_the_measured_calls_are_counted(rows, words):
    _, told = section(latency(loaded(measured_rows=rows)), "Latency: what was measured").sentences

    assert told.startswith("500 calls ")
    assert words in told


@pytest.mark.parametrize(
    ("machines", "words"), [(1, "one machine scores"), (3, "3 machines share")]
)
def test_a_job_is_told_with_its_start_and_its_deadline(machines, words):
    answer = bare(latency=made.latency(), job=made.job(machines=machines))
    first, second = latency(answer)[0].sentences

    assert latency(answer)[0].title == "Latency: how long one job takes"
    assert f"{words} the 1 million rows of a job in 14 min, of which 4 min are the start" in first
    assert first.endswith("; 2.0 h are allowed.")
    assert "up to 12 million rows in time" in second
    assert latency(answer)[0].chart == "job-time"


def flows(**changes):
    answer = loaded().replace(traffic=made.traffic(**changes))
    return section(latency(answer), "Latency: traffic and scaling")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "a day's bell around midday is assumed"),
        ({"basis": "input"}, "The study's own day: 20 requests/s on average"),
        ({"basis": "input", "hours": made.traffic().hours * 7}, "The study's own week: "),
        ({}, "carries 280 within 100 ms with headroom left."),
        ({"need_ms": None}, "carries 280 with headroom left."),
    ],
)
def test_the_traffic_is_told_with_what_it_is_held_against(changes, words):
    assert words in flows(**changes).sentences[0]


def outcome(name: str, usd: float, out: float = 0.0, target: float | None = None):
    return ScalingOutcome(
        name=name,
        mean_replicas=1.5,
        most_replicas=2,
        serving_usd_per_month=usd,
        p99_ms=12.0,
        out_of_need_fraction=out,
        target_per_minute=target,
    )


FIXED = outcome("fixed", 100.0)


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        ((FIXED,), "saves nothing"),
        ((FIXED, outcome("scheduled", 99.5)), "saves nothing"),
        ((FIXED, outcome("scheduled", 99.0)), "With a schedule by the hour it would take 1.5"),
        ((FIXED, outcome("scheduled", 70.0, out=0.02)), "saves nothing"),
        ((FIXED, outcome("scheduled", 70.0, out=0.01)), "and save 30 USD/month"),
        (
            (FIXED, outcome("scheduled", 70.0), outcome("target-tracking", 60.0, target=5400.0)),
            "With target tracking at 5,400 requests per replica and minute",
        ),
        (
            (FIXED, outcome("scheduled", 60.0), outcome("target-tracking", 70.0, target=5400.0)),
            "With a schedule by the hour",
        ),
        ((FIXED, outcome("scheduled", 120.0)), "keep the replicas fixed"),
    ],
)
def test_scaling_is_advised_where_it_saves_and_keeps_the_need(ways, words):
    assert words in flows(scaling=ways).sentences[1]


def test_a_carried_time_has_its_chain():
    step = CarriedStep(label="x", factor=1.0, value_ms=2.0, low_ms=1.0, high_ms=3.0, basis="scaled")
    chain = CarriedChain(
        option="m",
        candidate="m",
        sku="s",
        measured_on="A",
        processor="B",
        relation="same-vendor",
        host_count=1,
        steps=(step,),
        low_95_ms=1.0,
        high_95_ms=4.0,
        note="",
    )
    found = latency(loaded().replace(carried=(chain,)))

    assert titles(found)[-1] == "Latency: from the measured time to this machine"
    assert len(found[-1].tables) == 1


def test_a_job_of_one_size_is_still_told():
    curve_of_one = (JobPoint(row_count=1e6, wall_s=9.0, wall_s_low=8.0, wall_s_high=10.0),)
    answer = bare(latency=made.latency(), job=made.job(curve=curve_of_one))

    assert len(latency(answer)[0].tables[0].rows) == 1
