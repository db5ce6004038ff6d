"""The queueing suite: small, but the same path."""

import json

import pytest

from evaluation import queueing


@pytest.fixture(scope="module")
def found():
    return queueing.evaluate(request_count=20_000)


def test_the_formulas_beat_exponential_service_by_far(found):
    low = next(row for row in found["summary"] if row["service_scv"] == 0.25)

    assert low["p99_error_percent"] < 12
    assert low["mmc_p99_error_percent"] > 3 * low["p99_error_percent"]


def test_every_cell_and_routing_is_there(found):
    assert len(found["cells"]) == 4 * 3 * 4 * 2
    assert {row["routing"] for row in found["routing"]} == set(queueing.ROUTINGS)
    assert json.dumps(found, allow_nan=False)


def test_random_routing_is_the_dearest(found):
    for workers in (1, 4):
        at = {
            r["routing"]: r["p99_service_times"]
            for r in found["routing"]
            if (r["workers"], r["load"]) == (workers, 0.85)
        }

        assert max(at, key=at.__getitem__) == "random"


def test_errors_are_signed_percent():
    assert queueing.percent(1.1, 1.0) == 10.0
    assert queueing.percent(0.5, 1.0) == -50.0
