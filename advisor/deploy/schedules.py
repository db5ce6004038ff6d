"""Calls at a rhythm: retraining, and jobs that score."""

import json
import math
from typing import Any, Final

from advisor.deploy.deployment import Deployment, has_gpu
from advisor.deploy.shared import (
    Json,
    allow,
    att,
    pulls_image,
    puts_metrics,
    reads_and_writes,
    ref,
    role,
    sub,
    tags,
    writes_logs,
)
from advisor.recommendation import TrainingPlace

EXECUTION: Final = "<aws.scheduler.execution-id>"
"""What EventBridge Scheduler replaces by an id of its own at each call."""

MOST_RETRIES: Final = 2
RUNTIME_FACTOR: Final = 3.0
"""A training run is stopped after so many times its predicted time, our choice."""
LEAST_RUNTIME_S: Final = 900


def scheduler_role(d: Deployment, statements: list[Json]) -> Json:
    """Return the role that the scheduler calls with."""
    return role("scheduler.amazonaws.com", statements, d)


def passes(role_name: str, service: str) -> Json:
    """Return the right to hand one role to one service."""
    return allow(
        ["iam:PassRole"],
        [att(role_name, "Arn")],
        Condition={"StringEquals": {"iam:PassedToService": service}},
    )


def schedule(what: str, expression: str, target: Json) -> Json:
    """Return a schedule with some retries."""
    return {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "Description": what,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {**target, "RetryPolicy": {"MaximumRetryAttempts": MOST_RETRIES}},
        },
    }


def calls(api: str, role_name: str, request: Json) -> Json:
    """Return the target that makes one call of AWS's own interface."""
    text = json.dumps(request, separators=(",", ":"))
    return {
        "Arn": sub(f"arn:${{AWS::Partition}}:scheduler:::aws-sdk:{api}"),
        "RoleArn": att(role_name, "Arn"),
        "Input": sub(text),
    }


def jobs_expression(jobs_per_day: float) -> str:
    """Return how often a job runs: `rate(N unit)` in whole minutes, hours or days."""
    minutes = max(1, round(1440 / jobs_per_day))
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes % size == 0:
            count = minutes // size
            return f"rate({count} {unit}{'s' if count > 1 else ''})"
    raise AssertionError("a minute divides every minute")


def days_expression(days: int) -> str:
    """Return the expression of so many days."""
    return f"rate({days} day{'s' if days > 1 else ''})"


def retraining(d: Deployment) -> Json:
    """Return the schedule of training runs at the answer's place; none where it never retrains.

    A run writes a model; that it is deployed stays a reviewed change of `ModelKey`.
    """
    days, place = d.retrains_every_days, d.training_place
    if days is None or place is None:
        return {}
    made = {"ecs-fargate": _on_fargate, "ecs-ec2": _on_ec2}.get(
        place.platform.removesuffix("-spot"), _on_sagemaker
    )
    return made(d, place, days)


def runtime_limit_s(place: TrainingPlace) -> int:
    """Return after how long a training run is stopped. [s]"""
    return max(LEAST_RUNTIME_S, math.ceil(RUNTIME_FACTOR * max(place.wall_s, place.billed_s)))


def buys_spot(place: TrainingPlace) -> bool:
    """Say whether training runs on spot capacity."""
    return place.purchase == "spot" or place.platform.endswith("-spot")


def _on_sagemaker(d: Deployment, place: TrainingPlace, days: int) -> Json:
    spot = buys_spot(place)
    limit = runtime_limit_s(place)
    stop: Json = {"MaxRuntimeInSeconds": limit}
    if spot:
        stop["MaxWaitTimeInSeconds"] = 2 * limit
    request: Json = {
        "TrainingJobName": f"{d.slug}-{EXECUTION}"[:63],
        "AlgorithmSpecification": {"TrainingImage": "${ImageUri}", "TrainingInputMode": "File"},
        "RoleArn": "${TrainingRole.Arn}",
        "InputDataConfig": [
            {
                "ChannelName": "training",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"s3://${{ArtefactBucket}}/{d.slug}/training/",
                    }
                },
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://${{ArtefactBucket}}/{d.slug}/models/"},
        "ResourceConfig": {
            "InstanceType": place.sku,
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
        },
        "StoppingCondition": stop,
        "Tags": tags(d),
    }
    if has_gpu(place.sku):
        request["Environment"] = {"ADVISOR_DEVICE": "cuda"}
    if spot:
        request["EnableManagedSpotTraining"] = True
    jobs = sub(
        f"arn:${{AWS::Partition}}:sagemaker:${{AWS::Region}}:${{AWS::AccountId}}:"
        f"training-job/{d.slug}-*"
    )
    return {
        "TrainingRole": role(
            "sagemaker.amazonaws.com",
            [
                *reads_and_writes(d, writes=("models",)),
                *pulls_image(),
                writes_logs("/aws/sagemaker/TrainingJobs"),
                puts_metrics(["/aws/sagemaker/TrainingJobs"]),
            ],
            d,
        ),
        "RetrainingScheduleRole": scheduler_role(
            d,
            [
                allow(["sagemaker:CreateTrainingJob", "sagemaker:AddTags"], [jobs]),
                passes("TrainingRole", "sagemaker.amazonaws.com"),
            ],
        ),
        "RetrainingSchedule": schedule(
            "Trains on the newest data; its release is a reviewed change of ModelKey",
            days_expression(days),
            calls("sagemaker:createTrainingJob", "RetrainingScheduleRole", request),
        ),
    }


def training_environment(d: Deployment) -> list[Json]:
    """Return what the container's `train` reads where no service mounts its folders."""
    return [
        {"Name": "ADVISOR_DATA_URI", "Value": sub(f"s3://${{ArtefactBucket}}/{d.slug}/training/")},
        {"Name": "ADVISOR_OUTPUT_URI", "Value": sub(f"s3://${{ArtefactBucket}}/{d.slug}/models/")},
    ]


def _on_fargate(d: Deployment, place: TrainingPlace, days: int) -> Json:
    from advisor.deploy.ecs import cluster, execution_role, fargate_task, run_task_role, task_target

    spot = buys_spot(place)
    found: Json = cluster(d) | execution_role(d)
    found["TrainingRole"] = role(
        "ecs-tasks.amazonaws.com", reads_and_writes(d, writes=("models",)), d
    )
    found["TrainingTask"] = fargate_task(
        d,
        place.sku,
        command=["train"],
        environment=training_environment(d),
        task_role="TrainingRole",
    )
    found["RetrainingScheduleRole"] = run_task_role(d, "TrainingTask", task_role="TrainingRole")
    provider = "FARGATE_SPOT" if spot else "FARGATE"
    found["RetrainingSchedule"] = schedule(
        "Trains on the newest data; its release is a reviewed change of ModelKey",
        days_expression(days),
        task_target(d, "TrainingTask", "RetrainingScheduleRole", provider=provider),
    )
    return found


def _on_ec2(d: Deployment, place: TrainingPlace, days: int) -> Json:
    """Return one machine that trains and ends itself, by its own clock at the latest."""
    from advisor.deploy.ecs import machine_image

    limit_minutes = math.ceil(runtime_limit_s(place) / 60)
    template: Json = {
        "ImageId": machine_image(place.sku),
        "InstanceType": place.sku,
        "IamInstanceProfile": {"Arn": att("TrainingProfile", "Arn")},
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "TagSpecifications": [
            {"ResourceType": kind, "Tags": tags(d)} for kind in ("instance", "volume")
        ],
        "UserData": {"Fn::Base64": sub(_user_data(d, limit_minutes, gpu=has_gpu(place.sku)))},
    }
    if buys_spot(place):
        template["InstanceMarketOptions"] = {
            "MarketType": "spot",
            "SpotOptions": {"SpotInstanceType": "one-time"},
        }
    request = {
        "MinCount": 1,
        "MaxCount": 1,
        "LaunchTemplate": {"LaunchTemplateId": "${TrainingMachine}", "Version": "$Latest"},
    }
    return {
        "TrainingRole": role(
            "ec2.amazonaws.com", [*reads_and_writes(d, writes=("models",)), *pulls_image()], d
        ),
        "TrainingProfile": {
            "Type": "AWS::IAM::InstanceProfile",
            "Properties": {"Roles": [ref("TrainingRole")]},
        },
        "TrainingMachine": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": template,
                "TagSpecifications": [{"ResourceType": "launch-template", "Tags": tags(d)}],
            },
        },
        "RetrainingScheduleRole": scheduler_role(d, _starts_machines()),
        "RetrainingSchedule": schedule(
            "Trains on the newest data; its release is a reviewed change of ModelKey",
            days_expression(days),
            calls("ec2:runInstances", "RetrainingScheduleRole", request),
        ),
    }


def _starts_machines() -> list[Json]:
    """Return the rights to start machines from the one template, and to tag them."""
    here = "arn:${AWS::Partition}:ec2:${AWS::Region}:"
    own = f"{here}${{AWS::AccountId}}:"
    template = f"{own}launch-template/${{TrainingMachine}}"
    parts = ("instance", "volume", "network-interface", "security-group", "subnet")
    from_template: Any = {"ArnLike": {"ec2:LaunchTemplate": sub(template)}}
    made: Any = {"StringEquals": {"ec2:CreateAction": "RunInstances"}}
    return [
        allow(
            ["ec2:RunInstances"],
            [sub(f"{own}{part}/*") for part in parts] + [sub(f"{here}:image/*")],
            Condition=from_template,
        ),
        allow(["ec2:RunInstances"], [sub(template)]),
        allow(
            ["ec2:CreateTags"],
            [sub(f"{own}{part}/*") for part in ("instance", "volume")],
            Condition=made,
        ),
        passes("TrainingRole", "ec2.amazonaws.com"),
    ]


def _user_data(d: Deployment, limit_minutes: int, *, gpu: bool) -> str:
    return "\n".join(
        [
            "#!/bin/bash",
            f"shutdown -h +{limit_minutes}",
            "systemctl disable --now --no-block ecs",
            "dnf install -y awscli-2 || yum install -y awscli",
            "aws ecr get-login-password --region ${AWS::Region} | docker login --username AWS \\",
            "  --password-stdin ${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}",
            f"docker run --rm {'--gpus all -e ADVISOR_DEVICE=cuda ' if gpu else ''}\\",
            f"  -e ADVISOR_DATA_URI=s3://${{ArtefactBucket}}/{d.slug}/training/ \\",
            f"  -e ADVISOR_OUTPUT_URI=s3://${{ArtefactBucket}}/{d.slug}/models/ \\",
            "  ${ImageUri} train",
            "shutdown -h now",
            "",
        ]
    )
