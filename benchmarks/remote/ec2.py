"""An EC2 instance that ends itself: any type, Graviton too, spot as well."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from benchmarks.remote.cloud import Cloud, make, tag_list, tags_of, unless_gone
from benchmarks.remote.errors import explained, kind_of
from benchmarks.remote.job import RUN_TAG, Job, Status
from benchmarks.remote.target import (
    DISK_GIB,
    INSTANCE_EXTRAS,
    Stray,
    Target,
    environment,
    inside_command,
    stray_of,
    wait_until,
)

IMAGES = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"
"""Amazon Linux 2023 by architecture, as AWS publishes its newest."""

BILLED_STATES = ("pending", "running", "stopping", "stopped", "shutting-down")
"""States of an instance that is not gone: a stopped one still has its disk."""

LEAST_BILLED_S = 60.0
"""An instance bills a minute at least. [s]"""


class Ec2(Target):
    """An instance whose first act is to set its own end."""

    name: ClassVar[str] = "ec2"
    title: ClassVar[str] = "EC2 instance"
    service: ClassVar[str | None] = "ec2"
    needs: ClassVar[tuple[str, ...]] = ("image", "instance_profile")
    end_s: ClassVar[float] = 300.0
    extras: ClassVar[tuple[tuple[str, str, float], ...]] = INSTANCE_EXTRAS
    actions: ClassVar[tuple[str, ...]] = (
        "ec2:RunInstances",
        "ec2:CreateTags",
        "ec2:DescribeInstances",
        "ec2:TerminateInstances",
        "iam:PassRole",
        "ssm:GetParameters",
    )
    quota_codes: ClassVar[str | None] = "Running On-Demand"

    def start(self, cloud: Cloud, job: Job) -> None:
        """Ask for the instance; its own end stands in the same call. Asked twice, it is one."""
        make(
            job,
            doing="ec2:RunInstances",
            call=lambda: cloud.client("ec2").run_instances(**self._request(job)),
            is_there=lambda: bool(_instances(cloud, job.run_id)),
        )

    @staticmethod
    def _request(job: Job) -> dict[str, Any]:
        arm = job.settings.get("architecture") == "arm64"
        asked: dict[str, Any] = {
            "ImageId": job.settings.get("ami") or IMAGES.format("arm64" if arm else "x86_64"),
            "InstanceType": job.sku,
            "MinCount": 1,
            "MaxCount": 1,
            "ClientToken": job.run_id,
            "InstanceInitiatedShutdownBehavior": "terminate",
            "UserData": user_data(job),
            "IamInstanceProfile": {"Name": job.setting("instance_profile")},
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            "BlockDeviceMappings": [
                {
                    "DeviceName": "/dev/xvda",
                    "Ebs": {
                        "VolumeSize": DISK_GIB,
                        "VolumeType": "gp3",
                        "DeleteOnTermination": True,
                    },
                }
            ],
            "TagSpecifications": [
                {
                    "ResourceType": kind,
                    "Tags": [*tag_list(job), {"Key": "Name", "Value": job.run_id}],
                }
                for kind in ("instance", "volume")
            ],
        }
        if job.settings.get("subnet"):
            asked["SubnetId"] = job.settings["subnet"]
        if job.settings.get("zone"):
            asked["Placement"] = {"AvailabilityZone": job.settings["zone"]}
        if job.spot:
            asked["InstanceMarketOptions"] = {
                "MarketType": "spot",
                "SpotOptions": {
                    "SpotInstanceType": "one-time",
                    "InstanceInterruptionBehavior": "terminate",
                },
            }
        return asked

    def status(self, cloud: Cloud, job: Job) -> Status:
        """Return how it stands: an instance that is terminating is billed no more."""
        found = _instances(cloud, job.run_id, states=(*BILLED_STATES, "terminated"))
        if not found:
            return Status(kind="gone")
        item = found[0]
        word = item["State"]["Name"]
        if word == "pending":
            return Status(kind="starting")
        if word == "running":
            return Status(kind="running")
        why = item.get("StateReason", {}).get("Message", "")
        ran_s = (datetime.now(UTC) - item["LaunchTime"]).total_seconds()
        billed_s = max(LEAST_BILLED_S, min(ran_s, job.ttl_s + self.end_s))
        if "Spot" in why or "InsufficientInstanceCapacity" in why:
            return Status(kind="failed", reason=f"capacity: {why}", billed_s=billed_s)
        return Status(kind="done", reason=why, billed_s=billed_s)

    def end(self, cloud: Cloud, run_id: str, settings: Mapping[str, str]) -> None:
        """Terminate it and ask until it is terminated; its disk goes with it."""
        del settings
        found = _instances(cloud, run_id)
        ids = [item["InstanceId"] for item in found]
        if ids:
            try:
                with unless_gone():
                    cloud.client("ec2").terminate_instances(InstanceIds=ids)
            except Exception as error:
                if kind_of(error) != "unknown":
                    raise explained(error, doing="ec2:TerminateInstances", sku=run_id) from error
        wait_until(cloud, lambda: not _instances(cloud, run_id), what=f"instance of {run_id}")

    def strays(self, cloud: Cloud) -> Iterator[Stray]:
        """Find instances with our tag that are not terminated."""
        for item in _instances(cloud, None):
            stray = stray_of(self.name, tags_of(item.get("Tags")))
            if stray is not None:
                yield stray

    def by_hand(self, run_id: str, region: str) -> str:
        """Return the command that terminates it without this program."""
        return (
            "aws ec2 terminate-instances --instance-ids $(aws ec2 describe-instances --filters "
            f"Name=tag:{RUN_TAG},Values={run_id} --query 'Reservations[].Instances[].InstanceId' "
            f"--output text --region {region}) --region {region}"
        )


def _instances(
    cloud: Cloud, run_id: str | None, *, states: tuple[str, ...] = BILLED_STATES
) -> list[dict[str, Any]]:
    """Return the instances of a run, of every run of ours where none is named."""
    ours = (
        {"Name": "tag-key", "Values": [RUN_TAG]}
        if run_id is None
        else {"Name": f"tag:{RUN_TAG}", "Values": [run_id]}
    )
    return [
        item
        for reservation in cloud.pages(
            "ec2",
            "describe_instances",
            "Reservations",
            Filters=[ours, {"Name": "instance-state-name", "Values": list(states)}],
        )
        for item in reservation["Instances"]
    ]


def user_data(job: Job) -> str:
    """Return what the instance does: its own end first, then the harness in its container."""
    minutes = -(-job.ttl_s // 60)
    variables = " ".join(
        f"-e {shlex.quote(f'{name}={value}')}" for name, value in environment(job).items()
    )
    _, *command = inside_command(job)
    image = job.setting("image")
    registry = image.split("/", 1)[0]
    login = (
        f"aws ecr get-login-password --region {job.region} | "
        f"docker login --username AWS --password-stdin {shlex.quote(registry)}\n"
        if ".dkr.ecr." in registry
        else ""
    )
    return (
        "#!/bin/bash\n"
        f"shutdown -P +{minutes}\n"
        "trap 'shutdown -P now' EXIT\n"
        "dnf install -y docker && systemctl start docker\n"
        f"{login}"
        f"docker run --rm --network host --entrypoint python {variables} {shlex.quote(image)} "
        f"{shlex.join(command)}\n"
    )


TARGET: Target = Ec2()
