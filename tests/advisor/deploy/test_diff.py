"""What of a checked-in deployment no longer follows the answer, and with which exit code."""

import copy

import pytest

from advisor.deploy.deployment import Deployment
from advisor.deploy.diff import deployment_difference
from advisor.deploy.files import archive_of, deployment_files
from advisor.deploy.folder import write_folder
from advisor.deploy.template import template_of, yaml_of
from advisor.errors import AdvisorError
from tests.advisor.deploy.given import deployment


@pytest.fixture(scope="module")
def d():
    return deployment("ecs-fargate")


def checked_in(d, folder, template=None):
    write_folder(folder, deployment_files(d))
    if template is not None:
        (folder / "template.yaml").write_text(yaml_of(template))
    return folder


def said(d, folder):
    return deployment_difference(d.study, d.answer, folder, platform="ecs-fargate")


def test_what_was_just_written_follows(d, tmp_path):
    assert said(d, checked_in(d, tmp_path / "deploy")) == ("pass", ())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"replicas": 7}, "replicas"),
        ({"fewest_replicas": 1}, "fewest_replicas"),
        ({"target_per_minute": 100.0}, "target_per_minute"),
    ],
)
def test_another_size_or_target_no_longer_follows(d, tmp_path, changes, word):
    option = type(d.option).model_validate({**d.option.model_dump(), **changes})
    was = Deployment(study=d.study, answer=d.answer, option=option)
    found = said(d, checked_in(was, tmp_path / "deploy"))
    assert found.outcome == "fail"
    assert any(line.startswith(word) for line in found.lines)


def test_a_predicted_month_within_the_noise_follows_and_beyond_it_does_not(d, tmp_path):
    for factor, outcome in ((1.01, "pass"), (1.03, "fail")):
        template = copy.deepcopy(template_of(d))
        answer = template["Metadata"]["AdvisorAnswer"]
        predicted = round(d.predicted_usd * factor, 2)
        answer["predicted_usd_per_month"] = repr(predicted)
        answer["budget_usd_per_month"] = repr(round(1.2 * predicted, 2))
        limit = template["Resources"]["Budget"]["Properties"]["Budget"]["BudgetLimit"]
        limit["Amount"] = round(1.2 * predicted, 2)
        found = said(d, checked_in(d, tmp_path / f"deploy{factor}", template))
        assert (factor, found.outcome) == (factor, outcome), found.lines


def test_an_edit_by_hand_is_told_with_its_place(d, tmp_path):
    template = copy.deepcopy(template_of(d))
    template["Resources"]["LogGroup"]["Properties"]["RetentionInDays"] = 90
    found = said(d, checked_in(d, tmp_path / "deploy", template))
    assert found == (
        "fail",
        ("LogGroup.Properties.RetentionInDays: deployed 90, the answer is 30",),
    )


def test_another_platform_no_longer_follows(d, tmp_path):
    folder = checked_in(deployment("sagemaker-realtime"), tmp_path / "deploy")
    assert said(d, folder).outcome == "fail"


@pytest.mark.parametrize("content", [b"", b"{", b"a: 1", b"\xff", b"!!python/object:os.system {}"])
def test_what_is_no_template_is_one_line(d, tmp_path, content):
    folder = checked_in(d, tmp_path / "deploy")
    (folder / "template.yaml").write_bytes(content)
    with pytest.raises(AdvisorError, match=r"template\.yaml"):
        said(d, folder)


def test_an_archive_has_every_file_and_the_same_bytes(d):
    files = deployment_files(d)
    assert archive_of(files) == archive_of(deployment_files(d))


def test_a_report_carries_the_files_to_save(d):
    from advisor.report import render

    files = deployment_files(d)
    text = render(d.answer, format="html", files=files)
    for name in files:
        assert f'download="{name}" href="data:text/plain;base64,' in text
    assert "download=" not in render(d.answer, format="html")
