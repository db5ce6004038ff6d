"""The least rights as a policy document: of the one who starts, and of the machine."""

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.remote.job import PREFIX, RUN_TAG
from benchmarks.remote.target import Target

BUCKET_ACTIONS = ("s3:GetObject", "s3:PutObject")
"""On the objects of our folder."""

NAMED = {"sagemaker": ("processing-job",)}
"""Service -> its resources whose names begin with our prefix."""

UNNAMED = (
    "ec2:RunInstances",
    "ec2:CreateTags",
    "ssm:",
    "batch:RegisterJobDefinition",
    "batch:DeregisterJobDefinition",
    "ecs:RegisterTaskDefinition",
    "ecs:DeregisterTaskDefinition",
)
"""Actions that a service lets nobody bind to a name; the rest are bound to our prefix or tag."""


def least_policy(targets: Iterable[Target], *, bucket: str) -> dict[str, Any]:
    """Return the rights of the one who starts, for some targets.

    Args:
        targets: those that are used.
        bucket: its name.
    """
    actions = sorted({action for target in targets for action in target.actions})
    named: dict[str, list[str]] = {}
    tagged, free, passed = [], [], []
    for action in actions:
        service = action.partition(":")[0]
        if action == "iam:PassRole":
            passed.append(action)
        elif _is_unnamed(action):
            free.append(action)
        elif service in NAMED:
            named.setdefault(service, []).append(action)
        else:
            tagged.append(action)
    statements = [
        _statement("Bucket", [*BUCKET_ACTIONS], f"arn:aws:s3:::{bucket}/advisor-remote/*"),
        _statement("Listing", ["s3:ListBucket"], f"arn:aws:s3:::{bucket}"),
    ]
    for service, own in sorted(named.items()):
        resources = [f"arn:aws:{service}:*:*:{kind}/{PREFIX}*" for kind in NAMED[service]]
        statements.append(_statement(service.title(), own, resources))
    if free:
        statements.append(_statement("Unnamed", free, "*"))
    if tagged:
        like = {"StringLike": {f"aws:ResourceTag/{RUN_TAG}": f"{PREFIX}*"}}
        statements.append(_statement("Tagged", tagged, "*") | {"Condition": like})
    if passed:
        services = ["sagemaker", "ec2", "ecs-tasks"]
        to = {"StringEquals": {"iam:PassedToService": [f"{s}.amazonaws.com" for s in services]}}
        statements.append(_statement("Roles", passed, "*") | {"Condition": to})
    return {"Version": "2012-10-17", "Statement": statements}


def _is_unnamed(action: str) -> bool:
    """Return whether a service lets nobody bind an action to a name or tag."""
    service, _, verb = action.partition(":")
    lists = verb.startswith("List") or (verb.startswith("Describe") and service != "sagemaker")
    return lists or any(action.startswith(start) for start in UNNAMED)


def machine_policy(*, bucket: str) -> dict[str, Any]:
    """Return the rights of the machine that measures: study in, results out, image, log."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement("Bucket", [*BUCKET_ACTIONS], f"arn:aws:s3:::{bucket}/advisor-remote/*"),
            _statement("Listing", ["s3:ListBucket"], f"arn:aws:s3:::{bucket}"),
            _statement(
                "Image",
                [
                    "ecr:GetAuthorizationToken",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:BatchCheckLayerAvailability",
                ],
                "*",
            ),
            _statement(
                "Log", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"
            ),
        ],
    }


def actions_of(policy: Mapping[str, Any]) -> set[str]:
    """Return every action that a policy grants."""
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def _statement(name: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}
