"""Jobs with boring values, a cloud that is dead to the world at its n-th call, and what is left."""

import base64
import json
import os
import signal
import time

from benchmarks.remote import TARGETS
from benchmarks.remote.campaign import Campaign
from benchmarks.remote.cloud import Cloud
from benchmarks.remote.job import Job, expiry
from benchmarks.remote.ledger import Ledger

BUCKET = "bench"
SKUS = {
    "sagemaker-processing": "ml.c7i.large",
    "ec2": "c8g.large",
    "ecs": "1 vCPU, 2 GiB, x86_64",
}
SETTINGS = {
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/advisor-bench:1",
    "role": "arn:aws:iam::123456789012:role/advisor",
    "instance_profile": "advisor",
    "ami": "ami-12c6146b",
    "queue": "bench",
    "cluster": "bench",
    "subnet": "subnet-0abc",
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


def make_queue():
    """A queue of AWS Batch whose machines are none of ours."""
    role = cloud().client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")
    batch = cloud().client("batch")
    made = batch.create_compute_environment(
        computeEnvironmentName="own", type="UNMANAGED", serviceRole=role["Role"]["Arn"]
    )
    environment = {"order": 1, "computeEnvironment": made["computeEnvironmentArn"]}
    batch.create_job_queue(
        jobQueueName="bench", state="ENABLED", priority=1, computeEnvironmentOrder=[environment]
    )


def make_cluster():
    """A cluster for tasks on Fargate."""
    cloud().client("ecs").create_cluster(clusterName="bench")
    SETTINGS["subnet"] = cloud().client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    groups = cloud().client("ec2").describe_security_groups()["SecurityGroups"]
    SETTINGS["security_group"] = groups[0]["GroupId"]


MADE_FIRST = {"batch": make_queue, "ecs": make_cluster}
"""Target -> what the user has made for it."""


def study_folder(path):
    path.mkdir(parents=True, exist_ok=True)
    (path / "advisor.yaml").write_text("data: {}\n")
    return path


class MortalCloud(Cloud):
    """Kills its process, as a power cut would, before or after its n-th call; counts calls."""

    def __init__(self, region, *, kill_at=None):
        super().__init__(region, sleep=lambda _: None)
        self.events, self.kill_at, self.calls = 0, kill_at, []

    def prepared(self, client):
        client.meta.events.register("before-call", self._before)
        client.meta.events.register("after-call", self._event)
        return client

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


def billable(used, target):
    """Return what of a target costs money now."""
    return _BILLABLE[target](used)


def _jobs(used):
    return [
        item["ProcessingJobName"]
        for word in ("InProgress", "Stopping")
        for item in used.client("sagemaker").list_processing_jobs(StatusEquals=word)[
            "ProcessingJobSummaries"
        ]
    ]


def _instances(used):
    return [
        item["InstanceId"]
        for reservation in used.client("ec2").describe_instances()["Reservations"]
        for item in reservation["Instances"]
        if item["State"]["Name"] != "terminated"
    ]


def _batch_jobs(used):
    batch = used.client("batch")
    return [
        one["jobId"]
        for word in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
        for one in batch.list_jobs(jobQueue="bench", jobStatus=word)["jobSummaryList"]
    ]


def _tasks(used):
    ecs = used.client("ecs")
    arns = ecs.list_tasks(cluster="bench")["taskArns"]
    told = ecs.describe_tasks(cluster="bench", tasks=arns)["tasks"] if arns else []
    return [task["taskArn"] for task in told if task["lastStatus"] != "STOPPED"]


def _endpoints(used):
    return [one["EndpointName"] for one in used.client("sagemaker").list_endpoints()["Endpoints"]]


_BILLABLE = {
    "sagemaker-processing": _jobs,
    "ec2": _instances,
    "batch": _batch_jobs,
    "ecs": _tasks,
    "endpoint": _endpoints,
}


def reap(used, target):
    """Do what the cloud does by itself once a thing's time is over; only what was asked of it."""
    for thing in billable(used, target):
        _REAPERS[target](used, thing)


def _reap_job(used, name):
    sagemaker = used.client("sagemaker")
    told = sagemaker.describe_processing_job(ProcessingJobName=name)
    if 0 < told["StoppingCondition"]["MaxRuntimeInSeconds"] <= 777_600:
        sagemaker.stop_processing_job(ProcessingJobName=name)


def _reap_instance(used, instance):
    ec2 = used.client("ec2")
    data = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    behaviour = ec2.describe_instance_attribute(
        InstanceId=instance, Attribute="instanceInitiatedShutdownBehavior"
    )["InstanceInitiatedShutdownBehavior"]["Value"]
    first = base64.b64decode(data["UserData"]["Value"]).decode().splitlines()[1]
    if first.startswith("shutdown -P +") and behaviour == "terminate":
        ec2.terminate_instances(InstanceIds=[instance])


def _reap_batch_job(used, name):
    batch = used.client("batch")
    (told,) = batch.describe_jobs(jobs=[name])["jobs"]
    if told["timeout"]["attemptDurationSeconds"] > 0:
        batch.terminate_job(jobId=name, reason="timeout")
        for _ in range(100):
            if name not in _batch_jobs(used):
                return
            time.sleep(0.05)


def _reap_task(used, arn):
    ecs = used.client("ecs")
    (task,) = ecs.describe_tasks(cluster="bench", tasks=[arn])["tasks"]
    told = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])
    (container,) = told["taskDefinition"]["containerDefinitions"]
    if container["entryPoint"][0] == "timeout" and int(container["entryPoint"][3]) > 0:
        ecs.stop_task(cluster="bench", task=arn)


def _reap_endpoint(used, name):
    """Make the call that the schedule of that name is there to make."""
    schedule = used.client("scheduler").get_schedule(Name=name)
    target = schedule["Target"]
    assert target["Arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint"
    assert schedule["ScheduleExpression"] == "rate(10 minutes)"
    assert schedule["EndDate"] > schedule["StartDate"]
    used.client("sagemaker").delete_endpoint(**json.loads(target["Input"]))


_REAPERS = {
    "sagemaker-processing": _reap_job,
    "ec2": _reap_instance,
    "batch": _reap_batch_job,
    "ecs": _reap_task,
    "endpoint": _reap_endpoint,
}


def free_left(used, target):
    """Return what costs nothing and is left all the same, but for jobs' own records."""
    if target == "batch":
        found = used.client("batch").describe_job_definitions(status="ACTIVE")
        return [one["jobDefinitionName"] for one in found["jobDefinitions"]]
    if target == "ecs":
        return used.client("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    if target == "endpoint":
        sagemaker = used.client("sagemaker")
        return [
            *(one["ModelName"] for one in sagemaker.list_models()["Models"]),
            *(
                one["EndpointConfigName"]
                for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]
            ),
            *(one["Name"] for one in used.client("scheduler").list_schedules()["Schedules"]),
        ]
    return []
