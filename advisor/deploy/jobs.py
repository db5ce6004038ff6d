"""SageMaker's jobs, which no resource stands for: the scheduler makes the call."""

from advisor.deploy.deployment import Deployment
from advisor.deploy.endpoints import model, model_role
from advisor.deploy.schedules import (
    EXECUTION,
    calls,
    jobs_expression,
    passes,
    schedule,
    scheduler_role,
)
from advisor.deploy.shared import Json, alarm, allow, sub, tags


def batch_transform(d: Deployment) -> Json:
    """Return the schedule of transform jobs over the inputs of the bucket."""
    request: Json = {
        "TransformJobName": f"{d.slug}-{EXECUTION}"[:63],
        "ModelName": "${Model.ModelName}",
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": 6,
        "TransformInput": {
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": f"s3://${{ArtefactBucket}}/{d.slug}/inputs/",
                }
            },
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://${{ArtefactBucket}}/{d.slug}/results/",
            "AssembleWith": "Line",
        },
        "TransformResources": {
            "InstanceType": d.option.sku,
            "InstanceCount": max(1, d.option.replicas),
        },
        "Tags": tags(d),
    }
    rights = [allow(["sagemaker:CreateTransformJob", "sagemaker:AddTags"], [_jobs(d, "transform")])]
    return {
        "ModelRole": model_role(d, writes=("results",)),
        "Model": model(d),
        "JobScheduleRole": scheduler_role(d, rights),
        "JobSchedule": schedule(
            "Scores the inputs",
            jobs_expression(d.study.workload.jobs_per_day or 1.0),
            calls("sagemaker:createTransformJob", "JobScheduleRole", request),
        ),
        **job_alarm(d),
    }


def processing(d: Deployment) -> Json:
    """Return the schedule of processing jobs that run the container's `score`."""
    folder = "/opt/ml/processing"
    machines = {
        "InstanceType": d.option.sku,
        "InstanceCount": max(1, d.option.replicas),
        "VolumeSizeInGB": 30,
    }
    request: Json = {
        "ProcessingJobName": f"{d.slug}-{EXECUTION}"[:63],
        "RoleArn": "${ModelRole.Arn}",
        "AppSpecification": {
            "ImageUri": "${ImageUri}",
            "ContainerArguments": [
                "score", "--model", f"{folder}/model", "--input", f"{folder}/input",
                "--output", f"{folder}/output",
            ],
        },
        "ProcessingInputs": [
            _input("model", "${ModelKey}", f"{folder}/model"),
            # Machines share the inputs by key: no row is scored twice.
            _input("inputs", f"{d.slug}/inputs/", f"{folder}/input", shared=True),
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "results",
                    "S3Output": {
                        "S3Uri": f"s3://${{ArtefactBucket}}/{d.slug}/results/",
                        "LocalPath": f"{folder}/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "ProcessingResources": {"ClusterConfig": machines},
        "StoppingCondition": {"MaxRuntimeInSeconds": deadline_s(d)},
        "Tags": tags(d),
    }  # fmt: skip
    rights = [
        allow(["sagemaker:CreateProcessingJob", "sagemaker:AddTags"], [_jobs(d, "processing")]),
        passes("ModelRole", "sagemaker.amazonaws.com"),
    ]
    return {
        "ModelRole": model_role(d, writes=("results",)),
        "JobScheduleRole": scheduler_role(d, rights),
        "JobSchedule": schedule(
            "Scores the inputs",
            jobs_expression(d.study.workload.jobs_per_day or 1.0),
            calls("sagemaker:createProcessingJob", "JobScheduleRole", request),
        ),
        **job_alarm(d),
    }


def deadline_s(d: Deployment) -> int:
    """Return the time that one job may take, within SageMaker's five days. [s]"""
    hours = d.study.needs.deadline_hours or 24.0
    return int(min(432_000, max(60, round(3600 * hours))))


def job_alarm(d: Deployment) -> Json:
    """Return the alarm of a schedule whose call was dropped after its retries."""
    return {
        "ErrorAlarm": alarm(
            "A scheduled call was refused and given up",
            d,
            Namespace="AWS/Scheduler",
            MetricName="InvocationDroppedCount",
            Dimensions=[{"Name": "ScheduleGroup", "Value": "default"}],
            Period=300,
            Statistic="Sum",
            EvaluationPeriods=1,
            Threshold=0,
        )
    }


def _jobs(d: Deployment, kind: str) -> Json:
    return sub(
        f"arn:${{AWS::Partition}}:sagemaker:${{AWS::Region}}:${{AWS::AccountId}}:"
        f"{kind}-job/{d.slug}-*"
    )


def _input(name: str, key: str, folder: str, *, shared: bool = False) -> Json:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": f"s3://${{ArtefactBucket}}/{key}",
            "LocalPath": folder,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "ShardedByS3Key" if shared else "FullyReplicated",
        },
    }
