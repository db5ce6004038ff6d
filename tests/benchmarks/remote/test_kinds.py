"""Each kind of failure ends as the table of errors says, by botocore's own Stubber."""

import re
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.stub import ANY, Stubber

from benchmarks.remote import TARGETS
from benchmarks.remote.errors import RemoteError, kind_of, kind_of_words, missing_action
from benchmarks.remote.ledger import Ledger
from tests.benchmarks.remote.given import campaign, cloud, job

ARN = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/x"
WHEN = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "ADVISOR_STATE": str(tmp_path / "state"),
    }.items():
        monkeypatch.setenv(name, value)


def described(status, **more):
    return {
        "ProcessingJobName": job().run_id,
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.c7i.large",
                "VolumeSizeInGB": 30,
            }
        },
        "AppSpecification": {"ImageUri": "x"},
        "ProcessingJobArn": ARN,
        "ProcessingJobStatus": status,
        "CreationTime": WHEN,
        **more,
    }


def gone(stub, call="describe_processing_job"):
    stub.add_client_error(call, "ValidationException", "Could not find requested job", 400)


def scripted(tmp_path, script, **given):
    """Run one job on scripted answers, results in a folder; return the outcome and the ledger."""
    used = cloud()
    one = job(folder=str(tmp_path / "place"), **given)
    with ExitStack() as stack:
        stub = stack.enter_context(Stubber(used.client("sagemaker")))
        script(stub)
        (outcome,) = campaign(tmp_path / "store", used).run([one], cap_usd=1.0, study_folder=None)
        stub.assert_no_pending_responses()
    return outcome, Ledger().entries()[one.run_id]


def refused_with(code, message):
    def script(stub):
        stub.add_client_error("create_processing_job", code, message, 400)
        gone(stub)

    return script


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (
            "ResourceLimitExceeded",
            "The account-level service limit 'ml.c7i.large for processing job usage' is 0",
            "ml.c7i.large for processing job usage.*ask for more in Service Quotas",
        ),
        ("CapacityError", "Unable to provision requested ML compute capacity", "another zone"),
        (
            "AccessDeniedException",
            "User: x is not authorized to perform: sagemaker:CreateProcessingJob on y",
            "the right to sagemaker:CreateProcessingJob is missing: 'advisor remote policy'",
        ),
    ],
)
def test_a_start_that_is_refused_costs_nothing_and_says_what_to_do(tmp_path, code, message, words):
    outcome, entry = scripted(tmp_path, refused_with(code, message))

    assert outcome.end == "refused"
    assert re.search(words, outcome.problem)
    assert (entry.state, entry.usd) == ("closed", 0.0)


def test_no_capacity_after_the_start_is_told_as_such_and_no_other_type_is_taken(tmp_path):
    def script(stub):
        stub.add_response("create_processing_job", {"ProcessingJobArn": ARN})
        stub.add_response("describe_processing_job", described("InProgress"))
        failed = described("Failed", FailureReason="CapacityError: Unable to provision capacity")
        stub.add_response("describe_processing_job", failed)
        stub.add_response("describe_processing_job", failed)

    outcome, entry = scripted(tmp_path, script)

    assert outcome.end == "failed"
    assert "try another zone" in outcome.problem
    assert (entry.state, entry.usd) == ("closed", 0.0)


def test_a_stop_that_is_accepted_is_believed_only_once_the_job_is_stopped(tmp_path):
    def script(stub):
        stub.add_response("describe_processing_job", described("InProgress"))
        stub.add_response("stop_processing_job", {}, {"ProcessingJobName": job().run_id})
        for _ in range(2):
            stub.add_response("describe_processing_job", described("Stopping"))
        stub.add_response("describe_processing_job", described("Stopped"))

    used = cloud()
    with Stubber(used.client("sagemaker")) as stub:
        script(stub)
        TARGETS["sagemaker-processing"].end(used, job().run_id, {})
        stub.assert_no_pending_responses()


def test_what_may_be_made_and_not_ended_is_said_loudly_and_stays_in_the_ledger(tmp_path):
    def script(stub):
        stub.add_response("create_processing_job", {"ProcessingJobArn": ARN})
        stub.add_response("describe_processing_job", described("Completed"))
        stub.add_client_error(
            "describe_processing_job",
            "AccessDeniedException",
            "not authorized to perform: sagemaker:DescribeProcessingJob",
        )

    outcome, entry = scripted(tmp_path, script)

    assert outcome.end == "left"
    assert "aws sagemaker stop-processing-job --processing-job-name" in outcome.problem
    assert outcome.usd == entry.job.worst_usd
    assert entry.state == "open"


def test_an_answer_that_is_lost_is_looked_up_by_name_and_taken_if_it_is_ours(tmp_path, monkeypatch):
    used, one = cloud(), job()
    client = used.client("sagemaker")
    tags = [{"Key": k, "Value": v} for k, v in one.tags.items()]

    def lose(**_):
        raise ConnectionClosedError(endpoint_url="https://sagemaker")

    monkeypatch.setattr(client, "create_processing_job", lose)
    with Stubber(client) as stub:
        stub.add_response("describe_processing_job", described("InProgress"))
        stub.add_response("list_tags", {"Tags": tags}, {"ResourceArn": ARN})
        TARGETS["sagemaker-processing"].start(used, one)
        stub.assert_no_pending_responses()

        stub.add_response("describe_processing_job", described("InProgress"))
        stub.add_response("list_tags", {"Tags": []}, {"ResourceArn": ANY})
        with pytest.raises(RemoteError, match="no answer came") as caught:
            TARGETS["sagemaker-processing"].start(used, one)
    assert caught.value.kind == "unknown"


def test_a_lost_answer_that_nobody_can_tell_of_keeps_its_line_until_it_expires(
    tmp_path, monkeypatch
):
    used, one = cloud(), job(folder=str(tmp_path / "place"))
    client = used.client("sagemaker")

    def lose(**_):
        raise ConnectionClosedError(endpoint_url="https://sagemaker")

    monkeypatch.setattr(client, "create_processing_job", lose)
    with Stubber(client) as stub:
        gone(stub)
        (outcome,) = campaign(tmp_path / "store", used).run([one], cap_usd=1.0, study_folder=None)

    assert outcome.end == "left"
    assert outcome.usd == one.worst_usd
    assert Ledger().entries()[one.run_id].state == "left"


def test_throttled_calls_are_asked_again_by_the_client_itself():
    assert cloud().client("sagemaker").meta.config.retries["mode"] == "adaptive"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("CapacityError: Unable to provision requested ML compute capacity.", "capacity"),
        ("account-level service limit 'ml.x for endpoint usage' is 0 Instances", "quota"),
        ("Could not find endpoint 'x'.", "gone"),
        ("Cannot update in-progress endpoint 'x'.", "other"),
        ("Cannot create already existing endpoint 'x'.", "exists"),
        ("AlgorithmError: exit code 1", "other"),
    ],
)
def test_words_of_the_services_are_told_apart(words, kind):
    assert kind_of_words(words) == kind


def test_the_missing_right_is_read_from_the_words():
    error = RuntimeError("User: arn:x is not authorized to perform: ec2:RunInstances on resource")

    assert missing_action(error) == "ec2:RunInstances"
    assert kind_of(ConnectionResetError()) == "unknown"
