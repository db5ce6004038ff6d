"""Jobs with boring values, a cloud that is dead to the world at its n-th call, and what is left."""

import os
import signal

from benchmarks.remote import TARGETS
from benchmarks.remote.campaign import Campaign
from benchmarks.remote.cloud import Cloud
from benchmarks.remote.job import Job, expiry
from benchmarks.remote.ledger import Ledger

BUCKET = "bench"
SKUS = {"sagemaker-processing": "ml.c7i.large", "ec2": "c8g.large"}
SETTINGS = {
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/advisor-bench:1",
    "role": "arn:aws:iam::123456789012:role/advisor",
    "instance_profile": "advisor",
    "ami": "ami-12c6146b",
}


def job(target="sagemaker-processing", number=1, campaign="advisor-0000abcd", **given):
    values = {
        "run_id": f"{campaign}-{number}",
        "target": target,
        "sku": SKUS.get(target, "c7i.large"),
        "region": "us-east-1",
        "ttl_s": 600,
        "usd_per_hour": 0.36,
        "worst_usd": 0.1,
        "expires_at": expiry(900),
        "folder": f"s3://{BUCKET}/advisor-remote/{campaign}",
        "study": "advisor.yaml",
        "commands": (("bench", "advisor.yaml"),),
        "settings": SETTINGS,
    }
    return Job(**(values | given))


def cloud(region="us-east-1"):
    return Cloud(region, sleep=lambda _: None)


def make_account():
    """What an account has before the first run: a bucket and the machines' own role."""
    cloud().client("s3").create_bucket(Bucket=BUCKET)
    iam = cloud().client("iam")
    iam.create_instance_profile(InstanceProfileName="advisor")


def study_folder(path):
    path.mkdir(parents=True, exist_ok=True)
    (path / "advisor.yaml").write_text("data: {}\n")
    return path


class MortalCloud(Cloud):
    """Kills its process, as a power cut would, before or after its n-th call; counts calls."""

    def __init__(self, region, *, kill_at=None):
        super().__init__(region, sleep=lambda _: None)
        self.events, self.kill_at, self.calls = 0, kill_at, []

    def client(self, service):
        known = service in self._clients
        found = super().client(service)
        if not known:
            found.meta.events.register("before-call", self._before)
            found.meta.events.register("after-call", self._event)
        return found

    def _before(self, model, **_):
        self.calls.append(f"{model.service_model.service_name}:{model.name}")
        self._event()

    def _event(self, **_):
        self.events += 1
        if self.events == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def campaign(store, used, *, sleep=lambda _: None, tell=lambda _: None, **given):
    return Campaign(
        ledger=Ledger(),
        targets=TARGETS,
        cloud_of=lambda _: used,
        store=store,
        tell=tell,
        sleep=sleep,
        **given,
    )


def billable(used):
    """Return what costs money now, by service."""
    found = {
        "processing": [
            item["ProcessingJobName"]
            for word in ("InProgress", "Stopping")
            for item in used.client("sagemaker").list_processing_jobs(StatusEquals=word)[
                "ProcessingJobSummaries"
            ]
        ],
        "instances": [
            item["InstanceId"]
            for reservation in used.client("ec2").describe_instances()["Reservations"]
            for item in reservation["Instances"]
            if item["State"]["Name"] != "terminated"
        ],
    }
    return {kind: things for kind, things in found.items() if things}


def reap(used):
    """Do what the cloud does by itself once a thing's time is over; only what was asked of it."""
    sagemaker, ec2 = used.client("sagemaker"), used.client("ec2")
    for name in billable(used).get("processing", ()):
        told = sagemaker.describe_processing_job(ProcessingJobName=name)
        if 0 < told["StoppingCondition"]["MaxRuntimeInSeconds"] <= 777_600:
            sagemaker.stop_processing_job(ProcessingJobName=name)
    for instance in billable(used).get("instances", ()):
        data = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
        behaviour = ec2.describe_instance_attribute(
            InstanceId=instance, Attribute="instanceInitiatedShutdownBehavior"
        )["InstanceInitiatedShutdownBehavior"]["Value"]
        first = _decoded(data["UserData"]["Value"]).splitlines()[1]
        if first.startswith("shutdown -P +") and behaviour == "terminate":
            ec2.terminate_instances(InstanceIds=[instance])


def _decoded(text):
    import base64

    return base64.b64decode(text).decode()


def free_left(used):
    """Return what costs nothing and is left all the same, but for jobs' own records."""
    del used
    return []
