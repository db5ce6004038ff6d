"""Containers of one's own on ECS: a service behind a load balancer, or tasks at a rhythm."""

import json
import re

from advisor.deploy.balancer import PORT, balancer, following
from advisor.deploy.deployment import Deployment, architecture, has_gpu, serving_variables
from advisor.deploy.jobs import job_alarm
from advisor.deploy.schedules import jobs_expression, passes, schedule, scheduler_role
from advisor.deploy.shared import (
    Json,
    allow,
    att,
    reads_and_writes,
    ref,
    role,
    sub,
    tags,
)

TASKS = "ecs-tasks.amazonaws.com"
LOG_DAYS = 30
_SKU = re.compile(r"([\d.]+) vCPU, ([\d.]+) GiB, (\w+)")


def fargate_service(d: Deployment) -> Json:
    """Return the service on Fargate."""
    strategy = [{"CapacityProvider": "FARGATE", "Weight": 1}]
    if d.option.purchase == "spot":
        strategy = [
            {
                "CapacityProvider": "FARGATE",
                "Base": d.study.needs.availability_zones,
                "Weight": 0,
            },
            {"CapacityProvider": "FARGATE_SPOT", "Weight": 1},
        ]
    task = fargate_task(d, d.option.sku, command=["serve"], environment=_serving(d), port=PORT)
    service = _service(d, strategy)
    service["Properties"]["NetworkConfiguration"] = {
        "AwsvpcConfiguration": {
            "AssignPublicIp": "ENABLED",
            "SecurityGroups": [ref("ServiceSecurityGroup")],
            "Subnets": ref("SubnetIds"),
        }
    }
    return (
        cluster(d)
        | task_roles(d)
        | {"Task": task, "Service": service}
        | balancer(d, "ip")
        | following(d)
    )


def ec2_service(d: Deployment) -> Json:
    """Return the service on machines of one's own, which the service's tasks call for."""
    task = _task(d, command=["serve"], environment=_serving(d), host_port=0)
    task["Properties"] |= {"RequiresCompatibilities": ["EC2"], "NetworkMode": "bridge"}
    service = _service(d, [{"CapacityProvider": ref("CapacityProvider"), "Weight": 1}])
    service["DependsOn"] = ["Listener", "ClusterCapacity"]
    # A replica of the answer is a whole machine.
    service["Properties"]["PlacementConstraints"] = [{"Type": "distinctInstance"}]
    return (
        cluster(d)
        | task_roles(d)
        | {"Task": task, "Service": service}
        | balancer(d, "instance")
        | _machines(d, fewest=d.option.fewest_replicas if d.follows_traffic else d.option.replicas)
        | following(d)
    )


def fargate_jobs(d: Deployment) -> Json:
    """Return tasks on Fargate at the study's rhythm."""
    task = fargate_task(d, d.option.sku, command=["score"], environment=_scoring(d))
    provider = "FARGATE_SPOT" if d.option.purchase == "spot" else "FARGATE"
    return _jobs(d, task, provider=provider)


def ec2_jobs(d: Deployment) -> Json:
    """Return tasks on machines that start for them and stop after them."""
    task = _task(d, command=["score"], environment=_scoring(d))
    task["Properties"] |= {"RequiresCompatibilities": ["EC2"], "NetworkMode": "bridge"}
    return _jobs(d, task, provider=None) | _machines(d, fewest=0)


def _jobs(d: Deployment, task: Json, *, provider: str | None) -> Json:
    return (
        cluster(d)
        | task_roles(d, writes=("results",))
        | {
            "Task": task,
            "JobScheduleRole": run_task_role(d, "Task"),
            **_parts(d, provider=provider),
        }
        | job_alarm(d)
    )


def _parts(d: Deployment, *, provider: str | None) -> Json:
    """Return one schedule for each task: each is told its part of the files."""
    count = max(1, d.option.replicas)
    expression = jobs_expression(d.study.workload.jobs_per_day or 1.0)
    found: Json = {}
    for number in range(1, count + 1):
        target = task_target(d, "Task", "JobScheduleRole", provider=provider)
        if count > 1:
            variables = [{"name": "ADVISOR_PART", "value": f"{number}/{count}"}]
            override = {"containerOverrides": [{"name": "model", "environment": variables}]}
            target["Input"] = json.dumps(override, separators=(",", ":"))
        name = "JobSchedule" if number == 1 else f"JobSchedule{number}"
        found[name] = schedule("Scores the inputs", expression, target)
    return found


def cluster(d: Deployment) -> Json:
    """Return the cluster and where its containers log."""
    return {
        "Cluster": {
            "Type": "AWS::ECS::Cluster",
            "Properties": {
                # Container insights would bill metrics that the answer has no line for.
                "ClusterSettings": [{"Name": "containerInsights", "Value": "disabled"}],
                "Tags": tags(d),
            },
        },
        "LogGroup": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {"RetentionInDays": LOG_DAYS, "Tags": tags(d)},
        },
    }


def task_roles(d: Deployment, *, writes: tuple[str, ...] = ()) -> Json:
    """Return the role that starts a container, and the one that it runs with."""
    return execution_role(d) | {"TaskRole": role(TASKS, reads_and_writes(d, writes=writes), d)}


def execution_role(d: Deployment) -> Json:
    """Return the role that starts a container."""
    managed = ("AmazonECSTaskExecutionRolePolicy",)
    return {"ExecutionRole": role(TASKS, [], d, managed=managed)}


def fargate_task(
    d: Deployment,
    sku: str,
    *,
    command: list[str],
    environment: list[Json],
    port: int | None = None,
    task_role: str = "TaskRole",
) -> Json:
    """Return a task of Fargate of the size that the answer names."""
    found = _SKU.fullmatch(sku)
    if found is None:
        raise ValueError(f"no size of a Fargate task: {sku!r}")
    vcpus, gib, architecture = float(found[1]), float(found[2]), found[3]
    task = _task(d, command=command, environment=environment, host_port=port, task_role=task_role)
    mib = round(1024 * gib)
    task["Properties"] |= {
        "RequiresCompatibilities": ["FARGATE"],
        "NetworkMode": "awsvpc",
        "Cpu": str(round(1024 * vcpus)),
        "Memory": str(mib),
        "RuntimePlatform": {
            "CpuArchitecture": "ARM64" if architecture == "arm64" else "X86_64",
            "OperatingSystemFamily": "LINUX",
        },
    }
    task["Properties"]["ContainerDefinitions"][0]["Memory"] = mib
    return task


def task_target(d: Deployment, task: str, role_name: str, *, provider: str | None) -> Json:
    """Return the target of a schedule that runs tasks."""
    parameters: Json = {
        "TaskDefinitionArn": ref(task),
        "TaskCount": 1,
        "PropagateTags": "TASK_DEFINITION",
        "Tags": tags(d),
    }
    if provider is None:
        parameters["PlacementConstraints"] = [{"Type": "distinctInstance"}]
        parameters["CapacityProviderStrategy"] = [
            {"CapacityProvider": ref("CapacityProvider"), "Weight": 1}
        ]
    else:
        parameters["CapacityProviderStrategy"] = [{"CapacityProvider": provider, "Weight": 1}]
        parameters["NetworkConfiguration"] = {
            "AwsvpcConfiguration": {"AssignPublicIp": "ENABLED", "Subnets": ref("SubnetIds")}
        }
    return {
        "Arn": att("Cluster", "Arn"),
        "RoleArn": att(role_name, "Arn"),
        "EcsParameters": parameters,
    }


def run_task_role(d: Deployment, task: str, *, task_role: str = "TaskRole") -> Json:
    """Return the scheduler's role: to run the task, tag it, and hand on its roles."""
    tasks = sub("arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:task/${Cluster}/*")
    return scheduler_role(
        d,
        [
            allow(["ecs:RunTask"], [ref(task)]),
            allow(["ecs:TagResource"], [tasks]),
            passes("ExecutionRole", TASKS),
            passes(task_role, TASKS),
        ],
    )


def machine_image(sku: str) -> str:
    """Return the machine image for containers, by the parameter that AWS keeps up to date."""
    arm = architecture(sku) == "linux/arm64"
    gpu = has_gpu(sku) and not arm
    kind = "gpu/" if gpu else ("arm64/" if arm else "")
    name = "amazon-linux-2" if gpu else "amazon-linux-2023"
    path = f"/aws/service/ecs/optimized-ami/{name}/{kind}recommended/image_id"
    return f"{{{{resolve:ssm:{path}}}}}"


def _task(
    d: Deployment,
    *,
    command: list[str],
    environment: list[Json],
    host_port: int | None = None,
    task_role: str = "TaskRole",
) -> Json:
    container: Json = {
        "Name": "model",
        "Image": ref("ImageUri"),
        "Command": command,
        "Essential": True,
        "Environment": list(environment),
        "MemoryReservation": 256,
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": ref("LogGroup"),
                "awslogs-region": ref("AWS::Region"),
                "awslogs-stream-prefix": "model",
            },
        },
    }
    if has_gpu(d.option.sku):
        container["ResourceRequirements"] = [{"Type": "GPU", "Value": "1"}]
    if host_port is not None:
        container["PortMappings"] = [{"ContainerPort": PORT, "HostPort": host_port}]
    return {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {
            "Family": d.slug,
            "ExecutionRoleArn": att("ExecutionRole", "Arn"),
            "TaskRoleArn": att(task_role, "Arn"),
            "ContainerDefinitions": [container],
            "Tags": tags(d),
        },
    }


def _serving(d: Deployment) -> list[Json]:
    return [
        {"Name": "ADVISOR_MODEL_URI", "Value": sub("s3://${ArtefactBucket}/${ModelKey}")},
        *({"Name": name, "Value": value} for name, value in serving_variables(d).items()),
    ]


def _scoring(d: Deployment) -> list[Json]:
    at = f"s3://${{ArtefactBucket}}/{d.slug}"
    return [
        *_serving(d),
        {"Name": "ADVISOR_INPUT_URI", "Value": sub(f"{at}/inputs/")},
        {"Name": "ADVISOR_OUTPUT_URI", "Value": sub(f"{at}/results/")},
    ]


def _service(d: Deployment, strategy: list[Json]) -> Json:
    properties: Json = {
        "Cluster": ref("Cluster"),
        "TaskDefinition": ref("Task"),
        "CapacityProviderStrategy": strategy,
        "DeploymentConfiguration": {
            "MaximumPercent": 200,
            "MinimumHealthyPercent": 100,
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        },
        "HealthCheckGracePeriodSeconds": 120,
        "LoadBalancers": [
            {"ContainerName": "model", "ContainerPort": PORT, "TargetGroupArn": ref("TargetGroup")}
        ],
        "EnableECSManagedTags": True,
        "PropagateTags": "SERVICE",
        "Tags": tags(d),
    }
    if not d.follows_traffic:
        # Told only for a fixed fleet: at each update it would set a scaled one back.
        properties["DesiredCount"] = d.option.replicas
    return {"Type": "AWS::ECS::Service", "DependsOn": ["Listener"], "Properties": properties}


def _machines(d: Deployment, *, fewest: int) -> Json:
    """Return machines that the cluster starts for tasks that want room, one more for a release."""
    machine: Json = {
        "ImageId": machine_image(d.option.sku),
        "InstanceType": d.option.sku,
        "IamInstanceProfile": {"Arn": att("MachineProfile", "Arn")},
        "MetadataOptions": {"HttpTokens": "required"},
        "UserData": {
            "Fn::Base64": sub("#!/bin/bash\necho ECS_CLUSTER=${Cluster} >> /etc/ecs/ecs.config\n")
        },
        "TagSpecifications": [
            {"ResourceType": kind, "Tags": tags(d)} for kind in ("instance", "volume")
        ],
    }
    if d.facts.billing == "always-on":
        machine["SecurityGroupIds"] = [ref("ServiceSecurityGroup")]
    if d.option.purchase == "spot":
        machine["InstanceMarketOptions"] = {"MarketType": "spot"}
    most = max(1, d.option.replicas + d.option.surge_replicas)
    return {
        "MachineRole": role(
            "ec2.amazonaws.com", [], d, managed=("AmazonEC2ContainerServiceforEC2Role",)
        ),
        "MachineProfile": {
            "Type": "AWS::IAM::InstanceProfile",
            "Properties": {"Roles": [ref("MachineRole")]},
        },
        "Machine": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": machine,
                "TagSpecifications": [{"ResourceType": "launch-template", "Tags": tags(d)}],
            },
        },
        "Machines": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "Properties": {
                "MinSize": str(fewest),
                "MaxSize": str(most),
                "VPCZoneIdentifier": ref("SubnetIds"),
                "NewInstancesProtectedFromScaleIn": True,
                "LaunchTemplate": {
                    "LaunchTemplateId": ref("Machine"),
                    "Version": att("Machine", "LatestVersionNumber"),
                },
                "Tags": [
                    {**tag, "PropagateAtLaunch": True}
                    for tag in [*tags(d), {"Key": "AmazonECSManaged", "Value": "true"}]
                ],
            },
        },
        "CapacityProvider": {
            "Type": "AWS::ECS::CapacityProvider",
            "Properties": {
                "AutoScalingGroupProvider": {
                    "AutoScalingGroupArn": ref("Machines"),
                    "ManagedScaling": {"Status": "ENABLED", "TargetCapacity": 100},
                    "ManagedTerminationProtection": "ENABLED",
                },
                "Tags": tags(d),
            },
        },
        "ClusterCapacity": {
            "Type": "AWS::ECS::ClusterCapacityProviderAssociations",
            "Properties": {
                "Cluster": ref("Cluster"),
                "CapacityProviders": [ref("CapacityProvider")],
                "DefaultCapacityProviderStrategy": [
                    {"CapacityProvider": ref("CapacityProvider"), "Weight": 1}
                ],
            },
        },
    }
