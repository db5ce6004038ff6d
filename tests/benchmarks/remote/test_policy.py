"""The printed policy is exactly the set of calls that are made."""

from datetime import timedelta

import pytest

from benchmarks.remote import TARGETS
from benchmarks.remote.ledger import Ledger
from benchmarks.remote.policy import actions_of, least_policy
from benchmarks.remote.sweep import sweep
from tests.benchmarks.remote.given import BUCKET, MADE_FIRST, MortalCloud, job, make_account
from tests.benchmarks.remote.kills import whole_way

ON_S3 = {"s3:ListObjectsV2": "s3:ListBucket", "s3:HeadObject": "s3:GetObject"}

ASKED_FOR = {
    "sagemaker-processing": {"sagemaker:AddTags", "iam:PassRole"},
    "ec2": {"ec2:CreateTags", "iam:PassRole", "ssm:GetParameters"},
    "batch": {"batch:TagResource", "iam:PassRole"},
    "ecs": {"ecs:TagResource", "iam:PassRole"},
}
"""Rights that a call of ours asks for besides its own: tags and roles given with it, and the image
of an instance that is named by a parameter."""


@pytest.mark.slow
@pytest.mark.parametrize("target", list(ASKED_FOR))
def test_the_policy_is_exactly_the_calls_that_are_made(aws, tmp_path, monkeypatch, target):
    make_account()
    MADE_FIRST.get(target, lambda: None)()
    used = whole_way(target, tmp_path)
    calls = set(used.calls)
    left = MortalCloud("us-east-1")
    TARGETS[target].start(left, job(target, number=2))
    later = job(target).expires_at + timedelta(seconds=1)
    only = {target: TARGETS[target]}
    sweep(Ledger(tmp_path / "o"), only, cloud_of=lambda _: left, regions=["us-east-1"], now=later)
    calls |= set(left.calls)
    calls = {ON_S3.get(call, call) for call in calls}

    printed = actions_of(least_policy([TARGETS[target]], bucket=BUCKET))

    assert printed == calls | ASKED_FOR[target]
