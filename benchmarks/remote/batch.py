"""An AWS Batch job, an array where the candidates are shared; each child's own time ends it."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from benchmarks.remote.cloud import Cloud, is_ours, make, unless_gone
from benchmarks.remote.errors import explained
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

OVER = frozenset({"SUCCEEDED", "FAILED"})
"""Status of a job that runs no more."""


class Batch(Target):
    """A job of one's own queue; several candidates are as many children of an array."""

    name: ClassVar[str] = "batch"
    title: ClassVar[str] = "AWS Batch job"
    service: ClassVar[str | None] = "ec2"
    needs: ClassVar[tuple[str, ...]] = ("image", "role", "queue")
    shares: ClassVar[bool] = True
    end_s: ClassVar[float] = 300.0
    extras: ClassVar[tuple[tuple[str, str, float], ...]] = (
        ("ebs-gp3", "storage", DISK_GIB / HOURS_PER_MONTH),
        ("public-ipv4", "address", 1.0),
    )
    actions: ClassVar[tuple[str, ...]] = (
        "batch:RegisterJobDefinition",
        "batch:DeregisterJobDefinition",
        "batch:DescribeJobDefinitions",
        "batch:SubmitJob",
        "batch:TagResource",
        "batch:ListJobs",
        "batch:DescribeJobs",
        "batch:DescribeJobQueues",
        "batch:TerminateJob",
        "iam:PassRole",
    )

    def start(self, cloud: Cloud, job: Job) -> None:
        """Register what is run, and submit it with its own end. A name that is there is not again.

        The service takes two submissions of one name for two jobs: the call is made once only, and
        only where none of that name is found.
        """
        client = cloud.client("batch")
        if _jobs(cloud, job.run_id, job.settings):
            return
        make(
            job,
            doing="batch:RegisterJobDefinition",
            call=lambda: client.register_job_definition(**_definition(job)),
            is_there=lambda: bool(_definitions(cloud, job.run_id)),
        )
        asked: dict[str, Any] = {
            "jobName": job.run_id,
            "jobQueue": job.setting("queue"),
            "jobDefinition": job.run_id,
            "timeout": {"attemptDurationSeconds": max(60, job.ttl_s)},
            "tags": job.tags,
            "propagateTags": True,
        }
        if job.shares > 1:
            asked["arrayProperties"] = {"size": job.shares}
        make(
            job,
            doing="batch:SubmitJob",
            call=lambda: cloud.once("batch").submit_job(**asked),
            is_there=lambda: any(
                is_ours(one.get("tags", {}), job) for one in _jobs(cloud, job.run_id, job.settings)
            ),
        )

    def status(self, cloud: Cloud, job: Job) -> Status:
        """Return how it stands; billed is from each child's start to its stop."""
        found = _jobs(cloud, job.run_id, job.settings)
        if not found:
            return Status(kind="gone")
        if any(one["status"] not in OVER for one in found):
            running = any(one["status"] == "RUNNING" for one in found)
            return Status(kind="running" if running else "starting")
        times = [(one.get("startedAt"), one.get("stoppedAt")) for one in found]
        billed_s = sum((end - start) / 1000 for start, end in times if start and end)
        if job.shares > 1:  # an array tells no times of its own: the most that they can be
            billed_s = float(job.ttl_s * job.shares)
        failed = [one for one in found if one["status"] == "FAILED"]
        if failed:
            reason = str(failed[0].get("statusReason", "failed"))
            return Status(kind="failed", reason=reason, billed_s=billed_s)
        return Status(kind="done", billed_s=billed_s)

    def end(self, cloud: Cloud, run_id: str, settings: Mapping[str, str]) -> None:
        """Terminate every job of that name and ask until it is over; then what costs nothing."""
        client = cloud.client("batch")
        try:
            for one in _jobs(cloud, run_id, settings):
                if one["status"] not in OVER:
                    client.terminate_job(jobId=one["jobId"], reason="advisor: no longer needed")
        except Exception as error:
            raise explained(error, doing="batch:TerminateJob", sku=run_id) from error

        def is_over() -> bool:
            return all(one["status"] in OVER for one in _jobs(cloud, run_id, settings))

        wait_until(cloud, is_over, what=f"batch job {run_id}")
        for definition in _definitions(cloud, run_id):
            with unless_gone():
                client.deregister_job_definition(jobDefinition=definition["jobDefinitionArn"])

    def strays(self, cloud: Cloud) -> Iterator[Stray]:
        """Find jobs and job definitions with our prefix and tag, in every queue."""
        for queue in cloud.pages("batch", "describe_job_queues", "jobQueues"):
            name = queue["jobQueueName"]
            for one in _jobs(cloud, f"{PREFIX}*", {"queue": name}):
                stray = stray_of(self.name, one.get("tags", {}), queue=name)
                if stray is not None and one["status"] not in OVER:
                    yield stray
        for definition in _definitions(cloud, None):
            stray = stray_of(self.name, definition.get("tags", {}))
            if stray is not None:
                yield stray

    def by_hand(self, run_id: str, region: str) -> str:
        """Return the command that ends it without this program."""
        return (
            "aws batch terminate-job --reason leftover --job-id $(aws batch list-jobs --job-queue "
            f"QUEUE --filters name=JOB_NAME,values={run_id} --query 'jobSummaryList[].jobId' "
            f"--output text --region {region}) --region {region}"
        )


def _definition(job: Job) -> dict[str, Any]:
    return {
        "jobDefinitionName": job.run_id,
        "type": "container",
        "containerProperties": {
            "image": job.setting("image"),
            "command": inside_command(job)[1:],
            "jobRoleArn": job.setting("role"),
            "environment": [{"name": k, "value": v} for k, v in environment(job).items()],
            "resourceRequirements": [
                {"type": "VCPU", "value": job.settings.get("vcpu", "2")},
                {"type": "MEMORY", "value": job.settings.get("memory_mib", "3072")},
            ],
        },
        "timeout": {"attemptDurationSeconds": max(60, job.ttl_s)},
        "retryStrategy": {"attempts": 1},
        "tags": job.tags,
        "propagateTags": True,
    }


def _jobs(cloud: Cloud, name: str, settings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the jobs of a name in a queue, described."""
    if not settings.get("queue"):
        return []
    ids = [
        one["jobId"]
        for one in cloud.pages(
            "batch",
            "list_jobs",
            "jobSummaryList",
            jobQueue=settings["queue"],
            filters=[{"name": "JOB_NAME", "values": [name]}],
        )
    ]
    client = cloud.client("batch")
    found: list[dict[str, Any]] = []
    for start in range(0, len(ids), 100):
        found += client.describe_jobs(jobs=ids[start : start + 100])["jobs"]
    return found


def _definitions(cloud: Cloud, name: str | None) -> list[dict[str, Any]]:
    """Return the active job definitions of a name, of every run of ours where none is named."""
    asked = (
        {"status": "ACTIVE"} if name is None else {"status": "ACTIVE", "jobDefinitionName": name}
    )
    return [
        one
        for one in cloud.pages("batch", "describe_job_definitions", "jobDefinitions", **asked)
        if str(one["jobDefinitionName"]).startswith(PREFIX)
    ]


TARGET: Target = Batch()
