"""A SageMaker processing job: the harness on `ml.` hardware; its longest run time ends it."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from benchmarks.remote.cloud import Cloud, is_ours, make, tag_list, tags_of, unless_gone
from benchmarks.remote.errors import explained, kind_of
from benchmarks.remote.job import PREFIX, Job, Status
from benchmarks.remote.target import (
    DISK_GIB,
    HOURS_PER_MONTH,
    Stray,
    Target,
    environment,
    inside_command,
    stray_of,
    wait_until,
)

STUDY, STORE = "/opt/ml/processing/study", "/opt/ml/processing/store"
"""Where the service puts the study, and takes the results from while they are written."""

OVER = {"Completed": "done", "Failed": "failed", "Stopped": "failed"}
"""Status of a job that runs no more."""


class SageMakerProcessing(Target):
    """A managed job; its start is not billed, and the service itself ends it."""

    name: ClassVar[str] = "sagemaker-processing"
    title: ClassVar[str] = "SageMaker processing job"
    service: ClassVar[str | None] = "sagemaker-processing"
    needs: ClassVar[tuple[str, ...]] = ("image", "role")
    end_s: ClassVar[float] = 60.0
    extras: ClassVar[tuple[tuple[str, str, float], ...]] = (
        ("sagemaker-processing-storage", "storage", DISK_GIB / HOURS_PER_MONTH),
    )
    actions: ClassVar[tuple[str, ...]] = (
        "sagemaker:CreateProcessingJob",
        "sagemaker:AddTags",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:StopProcessingJob",
        "sagemaker:ListProcessingJobs",
        "sagemaker:ListTags",
        "iam:PassRole",
    )
    quota_codes: ClassVar[str | None] = "{sku} for processing job usage"

    def start(self, cloud: Cloud, job: Job) -> None:
        """Create the job with its longest run time in the same call."""
        make(
            job,
            doing="sagemaker:CreateProcessingJob",
            call=lambda: cloud.client("sagemaker").create_processing_job(**self._request(job)),
            is_there=lambda: self._is_ours(cloud, job),
        )

    @staticmethod
    def _request(job: Job) -> dict[str, Any]:
        command = inside_command(job, source=STUDY, store=STORE)
        return {
            "ProcessingJobName": job.run_id,
            "RoleArn": job.setting("role"),
            "AppSpecification": {
                "ImageUri": job.setting("image"),
                "ContainerEntrypoint": command,
            },
            "Environment": environment(job),
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": job.sku,
                    "VolumeSizeInGB": DISK_GIB,
                }
            },
            "ProcessingInputs": [
                {
                    "InputName": "study",
                    "S3Input": {
                        "S3Uri": f"{job.folder}/study",
                        "LocalPath": STUDY,
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "store",
                        "S3Output": {
                            "S3Uri": job.store,
                            "LocalPath": STORE,
                            "S3UploadMode": "Continuous",
                        },
                    }
                ]
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": job.ttl_s},
            "Tags": tag_list(job),
        }

    @staticmethod
    def _describe(cloud: Cloud, run_id: str) -> dict[str, Any] | None:
        with unless_gone():
            found: dict[str, Any] = cloud.client("sagemaker").describe_processing_job(
                ProcessingJobName=run_id
            )
            return found
        return None

    def _is_ours(self, cloud: Cloud, job: Job) -> bool:
        found = self._describe(cloud, job.run_id)
        return found is not None and is_ours(_tags(cloud, found["ProcessingJobArn"]), job)

    def status(self, cloud: Cloud, job: Job) -> Status:
        """Return how it stands; billed is from the start of its processing to its end."""
        found = self._describe(cloud, job.run_id)
        if found is None:
            return Status(kind="gone")
        word = str(found["ProcessingJobStatus"])
        start, end = found.get("ProcessingStartTime"), found.get("ProcessingEndTime")
        billed_s = None
        if word in OVER:
            billed_s = (end - start).total_seconds() if start and end else 0.0
        if word == "Completed":
            return Status(kind="done", billed_s=billed_s)
        if word in OVER:
            reason = found.get("FailureReason") or found.get("ExitMessage") or word.lower()
            return Status(kind="failed", reason=str(reason), billed_s=billed_s)
        return Status(kind="running" if start else "starting")

    def end(self, cloud: Cloud, run_id: str, settings: Mapping[str, str]) -> None:
        """Stop it and ask until it is stopped: a stop that was accepted is not yet one."""
        del settings
        found = self._describe(cloud, run_id)
        if found is None or found["ProcessingJobStatus"] in OVER:
            return
        if found["ProcessingJobStatus"] != "Stopping":
            try:
                cloud.client("sagemaker").stop_processing_job(ProcessingJobName=run_id)
            except Exception as error:
                if kind_of(error) in {"gone", "unknown"}:
                    pass  # asked below
                else:
                    raise explained(
                        error, doing="sagemaker:StopProcessingJob", sku=run_id
                    ) from error

        def is_over() -> bool:
            now = self._describe(cloud, run_id)
            return now is None or now["ProcessingJobStatus"] in OVER

        wait_until(cloud, is_over, what=f"processing job {run_id}")

    def strays(self, cloud: Cloud) -> Iterator[Stray]:
        """Find jobs of ours that run, or are being started or stopped."""
        for word in ("InProgress", "Stopping"):
            for item in cloud.pages(
                "sagemaker",
                "list_processing_jobs",
                "ProcessingJobSummaries",
                NameContains=PREFIX,
                StatusEquals=word,
            ):
                if not str(item["ProcessingJobName"]).startswith(PREFIX):
                    continue
                stray = stray_of(self.name, _tags(cloud, item["ProcessingJobArn"]))
                if stray is not None:
                    yield stray

    def by_hand(self, run_id: str, region: str) -> str:
        """Return the command that stops it without this program."""
        return f"aws sagemaker stop-processing-job --processing-job-name {run_id} --region {region}"


def _tags(cloud: Cloud, arn: str) -> dict[str, str]:
    return tags_of(cloud.pages("sagemaker", "list_tags", "Tags", ResourceArn=arn))


TARGET: Target = SageMakerProcessing()
