"""kill -9 at any call: a sweep here, one from elsewhere and the cloud alone leave nothing."""

import pytest

from benchmarks.remote import TARGETS
from tests.benchmarks.remote.kills import all_kills

SAMPLE = {"sagemaker-processing": 9, "ec2": 25, "batch": 25, "ecs": 25}
"""Every how many of the kills are tried here; the module `kills` run by itself tries all."""


@pytest.mark.slow
@pytest.mark.parametrize("target", [name for name in TARGETS if name in SAMPLE])
def test_nothing_that_costs_is_left_after_a_kill(aws, target):
    done = list(all_kills(aws, target, every=SAMPLE[target]))

    assert sum(died for _, _, died, *_ in done) >= 3
    assert [one for one in done if one[4] or one[5]] == []
    assert {way for _, way, *_ in done} <= {"here", "elsewhere", "reaper"}
