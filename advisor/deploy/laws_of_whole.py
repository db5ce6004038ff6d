"""Laws of the whole: what the answer's platform needs beside what each resource needs alone."""

import json
import re
from collections.abc import Iterator

from advisor.deploy.laws_of_running import of_type
from advisor.deploy.shared import Json, answer_in

NEEDED = {
    "sagemaker-realtime": ("SageMaker::Endpoint",),
    "sagemaker-serverless": ("SageMaker::Endpoint",),
    "sagemaker-multi-model": ("SageMaker::Endpoint",),
    "sagemaker-async": ("SageMaker::Endpoint",),
    "sagemaker-batch-transform": ("SageMaker::Model", "Scheduler::Schedule"),
    "sagemaker-processing": ("Scheduler::Schedule",),
    "ecs-fargate": ("ECS::Service", "ElasticLoadBalancingV2::Listener"),
    "ecs-ec2": (
        *("ECS::Service", "ElasticLoadBalancingV2::Listener", "AutoScaling::AutoScalingGroup"),
        *("ECS::CapacityProvider", "ECS::ClusterCapacityProviderAssociations"),
    ),
    "ecs-fargate-scheduled": ("ECS::TaskDefinition", "Scheduler::Schedule"),
    "ecs-ec2-scheduled": (
        *("ECS::TaskDefinition", "Scheduler::Schedule", "AutoScaling::AutoScalingGroup"),
        *("ECS::CapacityProvider", "ECS::ClusterCapacityProviderAssociations"),
    ),
}
"""Types without which a platform is none."""

READS = {
    "serve": {"ADVISOR_MODEL_URI", "ADVISOR_SERVING_WORKERS"},
    "score": {"ADVISOR_MODEL_URI", "ADVISOR_INPUT_URI", "ADVISOR_OUTPUT_URI"},
    "train": {"ADVISOR_DATA_URI", "ADVISOR_OUTPUT_URI"},
}
"""Variables without which a command of the container finds nothing."""

COMMANDS = {"Task": ("serve", "score"), "TrainingTask": ("train",)}


def whole_faults(template: Json) -> list[str]:
    """Return what is missing or contradicts the rest, seen from the platform."""
    return [
        *_needed(template),
        *_containers(template),
        *_machines(template),
        *_network(template),
        *_called(template),
        *_trains(template),
        *_left_behind(template),
        *_rights(template),
    ]


def _needed(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    for kind in NEEDED.get(answer["platform"], ()):
        if not any(True for _ in of_type(template, kind)):
            yield f"{answer['platform']} needs a resource of AWS::{kind}"
    jobs = [n for n, _ in of_type(template, "Scheduler::Schedule") if n.startswith("JobSchedule")]
    if answer["platform"].endswith(("-scheduled", "-transform", "-processing")) and not jobs:
        yield "nothing starts the job: JobSchedule is missing"
    for name, found in of_type(template, "SageMaker::Model"):
        alone = {"Fn::Sub": "s3://${ArtefactBucket}/${ModelKey}"}
        several = answer["platform"] == "sagemaker-multi-model"
        if not several and found["PrimaryContainer"].get("ModelDataUrl") != alone:
            yield f"{name}: a release is a change of ModelKey, which it does not read"


def _containers(template: Json) -> Iterator[str]:
    roles = dict(of_type(template, "IAM::Role"))
    for name, found in of_type(template, "ECS::TaskDefinition"):
        container = found["ContainerDefinitions"][0]
        command = container["Command"][0]
        if command not in COMMANDS.get(name, (command,)):
            yield f"{name}: runs {command}"
        told = {one["Name"] for one in container["Environment"]}
        for missing in sorted(READS.get(command, set()) - told):
            yield f"{name}: {command} reads {missing}, which is not set"
        starts = roles.get(str(found["ExecutionRoleArn"]["Fn::GetAtt"][0]), {})
        if "AmazonECSTaskExecutionRolePolicy" not in json.dumps(starts.get("ManagedPolicyArns")):
            yield f"{name}: its execution role can read no image and write no log"
        serves = "Service" in template["Resources"] and name == "Task"
        mapped = container.get("PortMappings", [])
        ports = [(port.get("ContainerPort"), port.get("HostPort")) for port in mapped]
        wanted = 8080 if found["NetworkMode"] == "awsvpc" else 0
        if ports != ([(8080, wanted)] if serves else []):
            yield f"{name}: its ports are {ports}"
        fargate = "FARGATE" in found["RequiresCompatibilities"]
        if fargate != (found["NetworkMode"] == "awsvpc"):
            yield f"{name}: network mode {found['NetworkMode']} is not of its kind of task"


def _machines(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    for name, found in of_type(template, "EC2::LaunchTemplate"):
        data = found["LaunchTemplateData"]
        script = json.dumps(data["UserData"])
        spot = data.get("InstanceMarketOptions", {}).get("MarketType")
        if spot not in (None, "spot"):
            yield f"{name}: {spot!r} is no market"
        if name == "Machine":
            if (spot == "spot") != (answer["purchase"] == "spot"):
                yield f"{name}: is bought otherwise than the answer's {answer['purchase']}"
            if "ECS_CLUSTER=${Cluster} " not in script or "/etc/ecs/ecs.config\\n" not in script:
                yield f"{name}: does not join the cluster"
        if name == "TrainingMachine":
            yield from _trainer(name, data, answer)
    for name, found in of_type(template, "AutoScaling::AutoScalingGroup"):
        managed = [tag for tag in found["Tags"] if tag.get("Key") == "AmazonECSManaged"]
        if not managed or any(tag.get("PropagateAtLaunch") is not True for tag in found["Tags"]):
            yield f"{name}: its machines lack the tags, or AmazonECSManaged"


def _trainer(name: str, data: Json, answer: Json) -> Iterator[str]:
    """Yield where a machine that trains is not the answer's, or outlives its training."""
    market = data.get("InstanceMarketOptions", {})
    spot = market.get("MarketType") == "spot"
    if spot != bool(answer.get("trains_on_spot")):
        yield f"{name}: is bought otherwise than where the answer trains"
    if spot and market.get("SpotOptions", {}).get("SpotInstanceType") != "one-time":
        yield f"{name}: would come back after it ended itself"
    if data.get("InstanceType") != answer.get("trains_on"):
        yield f"{name}: is not the answer's {answer.get('trains_on')}"
    if data["MetadataOptions"].get("HttpPutResponseHopLimit") != 2:
        yield f"{name}: its container reaches no credentials: two hops to the metadata"
    if "${ImageUri} train\\n" not in json.dumps(data["UserData"]):
        yield f"{name}: does not train"


def _network(template: Json) -> Iterator[str]:
    groups = dict(of_type(template, "EC2::SecurityGroup"))
    listeners = [
        found.get("Port") for _, found in of_type(template, "ElasticLoadBalancingV2::Listener")
    ]
    for rule in groups.get("BalancerSecurityGroup", {}).get("SecurityGroupIngress", []):
        if [rule.get("FromPort"), rule.get("ToPort")] != listeners * 2:
            yield "BalancerSecurityGroup: lets in to other ports than the listener's"
    bridge = any(
        found["NetworkMode"] == "bridge" for _, found in of_type(template, "ECS::TaskDefinition")
        if "Service" in template["Resources"]
    ) and "Machine" in template["Resources"]  # fmt: skip
    for rule in groups.get("ServiceSecurityGroup", {}).get("SecurityGroupIngress", []):
        wanted = (32768, 65535) if bridge else (8080, 8080)
        if (rule.get("FromPort"), rule.get("ToPort")) != wanted:
            yield f"ServiceSecurityGroup: the balancer reaches the ports {wanted} and no others"
    for name, found in of_type(template, "ECS::Service"):
        network = found.get("NetworkConfiguration", {}).get("AwsvpcConfiguration", {})
        if not bridge and not {"AssignPublicIp", "SecurityGroups", "Subnets"} <= {*network}:
            yield f"{name}: a task of Fargate needs subnets, a group and an address"
        depends = template["Resources"][name].get("DependsOn", [])
        if bridge and "ClusterCapacity" not in depends:
            yield f"{name}: must depend on the cluster's capacity"


def _trains(template: Json) -> Iterator[str]:
    """Yield a training job that runs elsewhere than where the answer trains."""
    answer = answer_in(template)
    for name, found in of_type(template, "Scheduler::Schedule"):
        if name != "RetrainingSchedule" or "Input" not in found["Target"]:
            continue
        request = json.loads(found["Target"]["Input"]["Fn::Sub"])
        machine = request.get("ResourceConfig", {})
        if machine and (machine.get("InstanceType"), machine.get("InstanceCount")) != (
            answer.get("trains_on"),
            1,
        ):
            yield f"{name}: trains on {machine}, not on the answer's {answer.get('trains_on')}"
        if machine and request.get("EnableManagedSpotTraining", False) != bool(
            answer.get("trains_on_spot")
        ):
            yield f"{name}: is bought otherwise than where the answer trains"


def _called(template: Json) -> Iterator[str]:
    """Yield schedules that call something else than their own task, with another service's role."""
    for name, found in of_type(template, "Scheduler::Schedule"):
        target = found["Target"]
        ecs = target.get("EcsParameters")
        if ecs is None:
            continue
        if target["Arn"] != {"Fn::GetAtt": ["Cluster", "Arn"]}:
            yield f"{name}: runs its task on no cluster"
        task = ecs["TaskDefinitionArn"].get("Ref")
        wanted = "TrainingTask" if name == "RetrainingSchedule" else "Task"
        if task != wanted:
            yield f"{name}: runs {task}, not {wanted}"
        provider = ecs["CapacityProviderStrategy"][0]["CapacityProvider"]
        if isinstance(provider, str) and not ecs.get("NetworkConfiguration"):
            yield f"{name}: a task of Fargate needs subnets"
        if isinstance(provider, dict) and ecs.get("PlacementConstraints") != [
            {"Type": "distinctInstance"}
        ]:
            yield f"{name}: a task is a machine of the answer: place tasks on distinct instances"
        for one in ecs["CapacityProviderStrategy"]:
            if not 1 <= one.get("Weight", 0) <= 1000:
                yield f"{name}: a provider without weight runs nothing"


def _left_behind(template: Json) -> Iterator[str]:
    """Yield what would stay, and be billed, after the stack is removed."""
    for name, resource in template["Resources"].items():
        for key in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(key, "Delete") != "Delete":
                yield f"{name}: {key} {resource[key]} leaves it behind when the stack is removed"


READS_OBJECTS = {"s3:GetObject", "s3:ListBucket"}
WRITES_OBJECTS = READS_OBJECTS | {"s3:PutObject"}
PULLS = {"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
LOGS = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
ON_SAGEMAKER = READS_OBJECTS | PULLS | LOGS | {"cloudwatch:PutMetricData"}
WRITERS = ("sagemaker-async", "sagemaker-batch-transform", "sagemaker-processing")
TRUSTS = {f"{name}.amazonaws.com" for name in ("sagemaker", "ecs-tasks", "ec2", "scheduler")}


def _rights(template: Json) -> Iterator[str]:
    """Yield roles that lack a right without which what they are for fails, late and in secret."""
    platform = answer_in(template)["platform"]
    writes = platform.endswith("-scheduled") or platform in WRITERS
    on_sagemaker = ON_SAGEMAKER | ({"s3:PutObject"} if writes else set())
    needed = {
        "ModelRole": on_sagemaker,
        "TaskRole": WRITES_OBJECTS if writes else READS_OBJECTS,
        "TrainingRole": WRITES_OBJECTS,
    }
    for name, found in of_type(template, "IAM::Role"):
        statements = [
            statement
            for policy in found.get("Policies", [])
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        given = {action for statement in statements for action in statement["Action"]}
        wanted = needed.get(name, set())
        trust = found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
        if name == "TrainingRole" and trust == "sagemaker.amazonaws.com":
            wanted = ON_SAGEMAKER | {"s3:PutObject"}
        if name == "TrainingRole" and trust == "ec2.amazonaws.com":
            wanted = WRITES_OBJECTS | PULLS
        if missing := sorted(wanted - given):
            yield f"{name}: lacks {', '.join(missing)}"
        managed = "AmazonEC2ContainerServiceforEC2Role"
        if name == "MachineRole" and managed not in json.dumps(found.get("ManagedPolicyArns")):
            yield f"{name}: its machines cannot join the cluster"
        for statement in statements:
            yield from _bounds(name, statement)


def _bounds(name: str, statement: Json) -> Iterator[str]:
    """Yield rights whose condition is gone, or binds them to nothing that is known."""
    actions, condition = set(statement["Action"]), statement.get("Condition", {})
    passed = condition.get("StringEquals", {}).get("iam:PassedToService")
    if "iam:PassRole" in actions and passed not in TRUSTS:
        yield f"{name}: hands roles to {passed!r}"
    spaces = condition.get("StringEquals", {}).get("cloudwatch:namespace")
    known = re.compile(r"(/aws/sagemaker/(Endpoints|TrainingJobs)|AWS/SageMaker)")
    if "cloudwatch:PutMetricData" in actions and (
        not spaces or any(known.fullmatch(str(each)) is None for each in spaces)
    ):
        yield f"{name}: writes metrics of the namespaces {spaces}"
    own = statement["Resource"] and "launch-template/" in json.dumps(statement["Resource"])
    if "ec2:RunInstances" in actions and not own:
        bound = condition.get("ArnLike", {}).get("ec2:LaunchTemplate", {})
        if not str(bound.get("Fn::Sub", "")).endswith("launch-template/${TrainingMachine}"):
            yield f"{name}: starts machines of any kind: bind ec2:LaunchTemplate"
    if "ec2:CreateTags" in actions and condition.get("StringEquals") != {
        "ec2:CreateAction": "RunInstances"
    }:
        yield f"{name}: may tag what it did not start: bind ec2:CreateAction"
