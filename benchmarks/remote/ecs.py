"""An ECS task on Fargate: `timeout` in front of its command ends it; the processor is luck."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from benchmarks.remote.cloud import Cloud, make, tags_of, unless_gone
from benchmarks.remote.errors import RemoteError, explained
from benchmarks.remote.job import PREFIX, Job, Status
from benchmarks.remote.target import (
    Stray,
    Target,
    environment,
    inside_command,
    stray_of,
    wait_until,
)

RESERVE_S = 30
"""Seconds from the harness's own end to the one that `timeout` makes. [s]"""


class Ecs(Target):
    """A task of the size that would serve."""

    name: ClassVar[str] = "ecs"
    title: ClassVar[str] = "ECS task"
    service: ClassVar[str | None] = "fargate"
    needs: ClassVar[tuple[str, ...]] = ("image", "role", "cluster", "subnet")
    end_s: ClassVar[float] = 300.0
    extras: ClassVar[tuple[tuple[str, str, float], ...]] = (("public-ipv4", "address", 1.0),)
    actions: ClassVar[tuple[str, ...]] = (
        "ecs:RegisterTaskDefinition",
        "ecs:DeregisterTaskDefinition",
        "ecs:ListTaskDefinitions",
        "ecs:DescribeTaskDefinition",
        "ecs:RunTask",
        "ecs:TagResource",
        "ecs:ListTasks",
        "ecs:DescribeTasks",
        "ecs:StopTask",
        "ecs:ListClusters",
        "iam:PassRole",
    )

    def check(self, job: Job) -> None:
        """Refuse what is no size of a task, or lacks what it needs."""
        super().check(job)
        size_of(job.sku)

    def start(self, cloud: Cloud, job: Job) -> None:
        """Register what is run, its end in front of it, and run it once: a token sees to that."""
        client = cloud.client("ecs")
        if not _definitions(cloud, job.run_id):
            make(
                job,
                doing="ecs:RegisterTaskDefinition",
                call=lambda: client.register_task_definition(**_definition(job)),
                is_there=lambda: bool(_definitions(cloud, job.run_id)),
            )
        make(
            job,
            doing="ecs:RunTask",
            call=lambda: _run(client, job),
            is_there=lambda: bool(_tasks(cloud, job.setting("cluster"), job.run_id)),
        )

    def status(self, cloud: Cloud, job: Job) -> Status:
        """Return how it stands; billed is from the pull of its image to its stop."""
        found = _tasks(cloud, job.setting("cluster"), job.run_id)
        if not found:
            return Status(kind="gone")
        task = found[0]
        if task["lastStatus"] != "STOPPED":
            word = task["lastStatus"]
            return Status(kind="running" if word == "RUNNING" else "starting")
        start = task.get("pullStartedAt") or task.get("createdAt")
        end = task.get("stoppedAt")
        billed_s = max(60.0, (end - start).total_seconds()) if start and end else None
        code = next((c.get("exitCode") for c in task.get("containers", ())), None)
        if code == 0:
            return Status(kind="done", billed_s=billed_s)
        reason = str(task.get("stoppedReason") or f"exit code {code}")
        return Status(kind="failed", reason=reason, billed_s=billed_s)

    def end(self, cloud: Cloud, run_id: str, settings: Mapping[str, str]) -> None:
        """Stop the task and ask until it is stopped; then its definition, which costs nothing."""
        client, cluster = cloud.client("ecs"), settings.get("cluster", "")
        if cluster:
            try:
                for task in _tasks(cloud, cluster, run_id):
                    if task["lastStatus"] != "STOPPED":
                        client.stop_task(
                            cluster=cluster, task=task["taskArn"], reason="no longer needed"
                        )
            except Exception as error:
                raise explained(error, doing="ecs:StopTask", sku=run_id) from error

            def is_over() -> bool:
                return all(t["lastStatus"] == "STOPPED" for t in _tasks(cloud, cluster, run_id))

            wait_until(cloud, is_over, what=f"task {run_id}")
        for arn in _definitions(cloud, run_id):
            with unless_gone():
                client.deregister_task_definition(taskDefinition=arn)

    def strays(self, cloud: Cloud) -> Iterator[Stray]:
        """Find tasks that run, in every cluster, and task definitions, with our prefix and tag."""
        for arn in cloud.pages("ecs", "list_clusters", "clusterArns"):
            cluster = str(arn).rpartition("/")[2]
            for task in _tasks(cloud, cluster, None):
                stray = stray_of(self.name, tags_of(task.get("tags")), cluster=cluster)
                if stray is not None and task["lastStatus"] != "STOPPED":
                    yield stray
        for arn in _definitions(cloud, None):
            told = cloud.client("ecs").describe_task_definition(
                taskDefinition=arn, include=["TAGS"]
            )
            stray = stray_of(self.name, tags_of(told.get("tags")))
            if stray is not None:
                yield stray

    def by_hand(self, run_id: str, region: str) -> str:
        """Return the command that stops it without this program."""
        return (
            f"aws ecs stop-task --cluster CLUSTER --region {region} --task $(aws ecs list-tasks "
            f"--cluster CLUSTER --started-by {run_id} --query 'taskArns[0]' --output text "
            f"--region {region})"
        )


def size_of(sku: str) -> tuple[int, int, str]:
    """Return CPU units, MiB and architecture of a task's size.

    Raises:
        RemoteError: it is none.

    Example:
        >>> size_of("1 vCPU, 2 GiB, arm64")
        (1024, 2048, 'ARM64')
    """
    try:
        vcpu, memory, architecture = sku.split(", ")
        units = round(float(vcpu.removesuffix(" vCPU")) * 1024)
        return units, round(float(memory.removesuffix(" GiB")) * 1024), architecture.upper()
    except ValueError:
        raise RemoteError(
            f"{sku!r} is no size of a task: write it as the answer does, e.g. "
            "'1 vCPU, 2 GiB, arm64'"
        ) from None


def _definition(job: Job) -> dict[str, Any]:
    units, memory_mib, architecture = size_of(job.sku)
    role = job.setting("role")
    return {
        "family": job.run_id,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": str(units),
        "memory": str(memory_mib),
        "runtimePlatform": {"cpuArchitecture": architecture, "operatingSystemFamily": "LINUX"},
        "executionRoleArn": role,
        "taskRoleArn": role,
        "containerDefinitions": [
            {
                "name": "advisor",
                "image": job.setting("image"),
                "essential": True,
                "memory": memory_mib,
                "entryPoint": ["timeout", "-k", "10", str(job.ttl_s + RESERVE_S)],
                "command": inside_command(job),
                "environment": [{"name": k, "value": v} for k, v in environment(job).items()],
            }
        ],
        "tags": [{"key": k, "value": v} for k, v in job.tags.items()],
    }


def _run(client: Any, job: Job) -> None:
    network: dict[str, Any] = {
        "subnets": [job.setting("subnet")],
        "assignPublicIp": "ENABLED",
    }
    if job.settings.get("security_group"):
        network["securityGroups"] = [job.settings["security_group"]]
    done = client.run_task(
        cluster=job.setting("cluster"),
        taskDefinition=job.run_id,
        launchType="FARGATE",
        count=1,
        clientToken=job.run_id,
        startedBy=job.run_id,
        networkConfiguration={"awsvpcConfiguration": network},
        tags=[{"key": k, "value": v} for k, v in job.tags.items()],
    )
    for failure in done.get("failures", ()):
        raise RemoteError(f"ecs:RunTask: capacity: {failure.get('reason')}", kind="capacity")


def _tasks(cloud: Cloud, cluster: str, run_id: str | None) -> list[dict[str, Any]]:
    """Return the tasks of a run, those that run before those that are stopped."""
    words = ("RUNNING", "STOPPED") if run_id else ("RUNNING",)
    client = cloud.client("ecs")
    found: list[dict[str, Any]] = []
    for word in words:
        asked: dict[str, Any] = {"cluster": cluster, "desiredStatus": word}
        if run_id:
            asked["startedBy"] = run_id
        arns = list(cloud.pages("ecs", "list_tasks", "taskArns", **asked))
        for start in range(0, len(arns), 100):
            told = client.describe_tasks(
                cluster=cluster, tasks=arns[start : start + 100], include=["TAGS"]
            )
            found += told["tasks"]
    return found


def _definitions(cloud: Cloud, run_id: str | None) -> list[str]:
    """Return the active task definitions of a run, of every run of ours where none is named."""
    asked = {"familyPrefix": run_id} if run_id else {}
    return [
        arn
        for arn in cloud.pages(
            "ecs", "list_task_definitions", "taskDefinitionArns", status="ACTIVE", **asked
        )
        if str(arn).rpartition("/")[2].startswith(PREFIX)
    ]


TARGET: Target = Ecs()
