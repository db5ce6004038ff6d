"""Faults put in on purpose are found, and a faulty template is not written."""

import itertools

import pytest

from advisor.deploy import files
from advisor.deploy.faults import deployment_faults
from advisor.deploy.files import FaultyDeploymentError, deployment_files
from advisor.deploy.template import TEMPLATES, template_of
from tests.advisor.deploy.fault_table import FAULTS, GONE, put, spoilt
from tests.advisor.deploy.given import deployment
from tests.advisor.deploy.mutants import mutants


@pytest.mark.parametrize(("platform", "fault"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_known_fault_is_found(platform, fault):
    template = spoilt(platform, fault)
    assert template != template_of(deployment(platform))
    assert deployment_faults(template)


@pytest.mark.slow
def test_of_all_places_that_can_be_spoilt_nine_in_ten_are_found():
    told = [
        bool(deployment_faults(template))
        for platform in TEMPLATES
        for _, template in itertools.islice(mutants(template_of(deployment(platform))), 0, None, 61)
    ]
    assert sum(told) / len(told) > 0.9


@pytest.mark.parametrize("wrong", [{}, [], None, {"Resources": {}}, {"Resources": {"A": {}}},
                                   {"Resources": {"A": None}, "Metadata": {"AdvisorAnswer": {}}},
                                   {"Resources": [], "Metadata": []}])  # fmt: skip
def test_what_is_no_template_is_a_fault_and_no_crash(wrong):
    assert deployment_faults(wrong)


def test_a_faulty_template_is_not_written(monkeypatch):
    template = spoilt("ecs-fargate", put("LogGroup", ["RetentionInDays"], GONE))
    monkeypatch.setattr(files, "template_of", lambda d: template)
    with pytest.raises(FaultyDeploymentError, match="kept"):
        deployment_files(deployment("ecs-fargate"))
