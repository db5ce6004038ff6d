"""Laws of what runs: sizes and counts are the answer's, and the platform takes them."""

import json
import re
from collections.abc import Iterator

from advisor.deploy.deployment import has_gpu
from advisor.deploy.shared import Json, answer_in

FARGATE_MIB = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
    32768: tuple(range(61440, 249857, 4096)),
}
"""Memory that a Fargate task may have for its processors, AWS's table. [1/1024 vCPU]: [MiB]"""


def of_type(template: Json, kind: str) -> Iterator[tuple[str, Json]]:
    """Yield name and properties of every resource of a type."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == f"AWS::{kind}":
            yield name, resource.get("Properties", {})


def running_faults(template: Json) -> list[str]:
    """Return what would not start, scale or be released as the answer says."""
    return [
        *_scaling(template),
        *_endpoints(template),
        *_models(template),
        *_services(template),
        *_targets(template),
        *_tasks(template),
        *_fargate(template),
        *_logs(template),
        *_machines(template),
        *_schedules(template),
    ]


def _scaling(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    targets = dict(of_type(template, "ApplicationAutoScaling::ScalableTarget"))
    if bool(targets) != answer["follows_traffic"]:
        yield "a fixed fleet is scaled, or one that follows the traffic is not"
    for name, found in targets.items():
        if not found["MinCapacity"] <= found["MaxCapacity"]:
            yield f"{name}: MinCapacity is above MaxCapacity"
        if found["MinCapacity"] != answer["fewest_replicas"]:
            yield f"{name}: MinCapacity is not the answer's {answer['fewest_replicas']}"
        if found["MaxCapacity"] != max(1, answer["replicas"]):
            yield f"{name}: MaxCapacity is not the answer's {answer['replicas']}"
    policies = dict(of_type(template, "ApplicationAutoScaling::ScalingPolicy"))
    tracking = [
        (name, found["TargetTrackingScalingPolicyConfiguration"])
        for name, found in policies.items()
        if "TargetTrackingScalingPolicyConfiguration" in found
    ]
    if targets and len(tracking) != 1:
        yield "a scaled fleet has one policy that tracks a target"
    for name, found in tracking:
        wanted = answer["target_per_minute"]
        value = found["TargetValue"]
        if not value > 0 or (
            wanted is not None
            and answer["platform"] != "sagemaker-async"
            and abs(value - wanted) > 1e-9 * wanted
        ):
            yield f"{name}: its target {value} is not the answer's {wanted}"
        predefined = found.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        metric = "SageMakerVariantInvocationsPerInstance"
        if answer["platform"].startswith("ecs"):
            metric = "ALBRequestCountPerTarget"
            if predefined == metric and not found["PredefinedMetricSpecification"].get(
                "ResourceLabel"
            ):
                yield f"{name}: {metric} needs the ResourceLabel of its load balancer"
        if answer["platform"] != "sagemaker-async" and predefined != metric:
            yield f"{name}: follows {predefined}, and the target is of {metric}"


def _endpoints(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    for name, found in of_type(template, "SageMaker::Endpoint"):
        if answer["follows_traffic"] and found.get("RetainAllVariantProperties") is not True:
            yield f"{name}: a release sets a scaled fleet back: RetainAllVariantProperties: true"
    for name, found in of_type(template, "SageMaker::EndpointConfig"):
        for variant in found["ProductionVariants"]:
            yield from _variant(name, variant, found, answer)
        if answer["platform"] == "sagemaker-async":
            if "AsyncInferenceConfig" not in found:
                yield f"{name}: has no queue: AsyncInferenceConfig is missing"
            yield from _waking(template, answer)
        if answer["platform"] == "sagemaker-serverless":
            if len(found["ProductionVariants"]) != 1:
                yield f"{name}: a serverless endpoint has one variant"
            if "DataCaptureConfig" in found:
                yield f"{name}: a serverless endpoint captures no data"


def _models(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    for name, found in of_type(template, "SageMaker::Model"):
        container = found["PrimaryContainer"]
        if answer["platform"] == "sagemaker-serverless" and "VpcConfig" in found:
            yield f"{name}: a serverless endpoint stands in no network of one's own"
        several = container.get("Mode") == "MultiModel"
        if several != (answer["platform"] == "sagemaker-multi-model"):
            yield f"{name}: Mode MultiModel is for several models, and for them alone"
        if several and not json.dumps(container["ModelDataUrl"]).rstrip('}"').endswith("/"):
            yield f"{name}: several models are a prefix that ends in /, not a file"
        if container["Image"] != {"Ref": "ImageUri"}:
            yield f"{name}: its image is not the parameter ImageUri, which is by digest"


def _variant(name: str, variant: Json, config: Json, answer: Json) -> Iterator[str]:
    del config
    if "ServerlessConfig" in variant:
        mib = variant["ServerlessConfig"]["MemorySizeInMB"]
        wanted = 1024 * round(float(answer["sku"].split()[0]))
        if mib != wanted or not 1024 <= mib <= 6144:
            yield f"{name}: {mib} MiB is not the answer's {answer['sku']}, in whole GiB up to 6"
        if not 1 <= variant["ServerlessConfig"]["MaxConcurrency"] <= 200:
            yield f"{name}: MaxConcurrency is from 1 to 200"
        if "InstanceType" in variant:
            yield f"{name}: a serverless variant has no instances"
        return
    if answer["platform"] == "sagemaker-serverless":
        yield f"{name}: ServerlessConfig is missing"
        return
    if variant["InstanceType"] != answer["sku"]:
        yield f"{name}: {variant['InstanceType']} is not the answer's {answer['sku']}"
    if variant["InitialInstanceCount"] != max(1, answer["replicas"]):
        yield f"{name}: InitialInstanceCount is not the answer's {answer['replicas']}"
    if answer["follows_traffic"] and re.match(r"ml\.t[23]\.", variant["InstanceType"]):
        yield f"{name}: {variant['InstanceType']} cannot be scaled: no ml.t2 or ml.t3"


def _waking(template: Json, answer: Json) -> Iterator[str]:
    if not answer["follows_traffic"]:
        return
    steps = {
        name
        for name, found in of_type(template, "ApplicationAutoScaling::ScalingPolicy")
        if found["PolicyType"] == "StepScaling"
    }
    wakes = any(
        found["MetricName"] == "HasBacklogWithoutCapacity"
        and any(action.get("Ref") in steps for action in found["AlarmActions"])
        for _, found in of_type(template, "CloudWatch::Alarm")
    )
    if not wakes:
        yield "nothing wakes the endpoint from zero: a step on HasBacklogWithoutCapacity"


def _services(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    for name, found in of_type(template, "ECS::Service"):
        depends = template["Resources"][name].get("DependsOn", [])
        if found.get("LoadBalancers") and not any(
            listener in depends
            for listener, _ in of_type(template, "ElasticLoadBalancingV2::Listener")
        ):
            yield f"{name}: must depend on the listener: its target group has no balancer before"
        counted = found.get("DesiredCount")
        if answer["follows_traffic"] and counted is not None:
            yield f"{name}: DesiredCount sets a scaled service back at each update: leave it out"
        if not answer["follows_traffic"] and counted != answer["replicas"]:
            yield f"{name}: DesiredCount is not the answer's {answer['replicas']}"
        if answer["purchase"] == "spot" and answer["platform"] == "ecs-fargate":
            base = [s for s in found["CapacityProviderStrategy"] if s.get("Base", 0) >= 1]
            if not any(s["CapacityProvider"] == "FARGATE" for s in base):
                yield f"{name}: all on spot: keep a base on FARGATE"
        for one in found["CapacityProviderStrategy"]:
            if one["CapacityProvider"] == "FARGATE_SPOT" and answer["purchase"] != "spot":
                yield f"{name}: runs on spot, and the answer is {answer['purchase']}"
        if "LaunchType" in found:
            yield f"{name}: LaunchType and a capacity provider exclude each other"
        if answer["platform"] == "ecs-ec2" and {"Type": "distinctInstance"} not in found.get(
            "PlacementConstraints", []
        ):
            yield f"{name}: a replica is a machine: place tasks on distinct instances"


def _targets(template: Json) -> Iterator[str]:
    ports = {
        port.get("HostPort")
        for _, found in of_type(template, "ECS::TaskDefinition")
        for container in found["ContainerDefinitions"]
        for port in container.get("PortMappings", [])
    }
    for name, found in of_type(template, "ElasticLoadBalancingV2::TargetGroup"):
        if found.get("HealthCheckPath") != "/ping":
            yield f"{name}: the container answers its health check at /ping"
        if 0 in ports and found.get("HealthCheckPort") != "traffic-port":
            yield f"{name}: host port 0 needs HealthCheckPort: traffic-port"
        wanted = "instance" if 0 in ports else "ip"
        if found["TargetType"] != wanted:
            yield f"{name}: TargetType is {wanted} for this network mode"


def _tasks(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    for name, found in of_type(template, "ECS::TaskDefinition"):
        container = found["ContainerDefinitions"][0]
        if container["Image"] != {"Ref": "ImageUri"}:
            yield f"{name}: its image is not the parameter ImageUri, which is by digest"
        gpu = any(r["Type"] == "GPU" for r in container.get("ResourceRequirements", []))
        if name == "Task" and gpu != has_gpu(answer["sku"]):
            yield f"{name}: asks for a GPU where its machine has none, or the reverse"
        if container["Command"][0] not in {"serve", "train", "score"}:
            yield f"{name}: the container knows serve, train and score"
        if container.get("LogConfiguration", {}).get("LogDriver") != "awslogs":
            yield f"{name}: its logs go nowhere"


def _fargate(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    for name, found in of_type(template, "ECS::TaskDefinition"):
        if "FARGATE" not in found["RequiresCompatibilities"]:
            continue
        container = found["ContainerDefinitions"][0]
        cpu, mib = int(found["Cpu"]), int(found["Memory"])
        if mib not in FARGATE_MIB.get(cpu, ()):
            yield f"{name}: Fargate has no task of {cpu} CPU units and {mib} MiB"
        if container.get("Memory", mib) != mib:
            yield f"{name}: the container's memory is not the task's"
        if found["NetworkMode"] != "awsvpc":
            yield f"{name}: Fargate's network mode is awsvpc"
        if name == "Task" and answer["platform"].startswith("ecs-fargate"):
            arm = found["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
            vcpu, gib, chip = re.findall(r"[\d.]+(?= )|\w+$", answer["sku"])
            if (cpu, mib, arm) != (
                round(1024 * float(vcpu)),
                round(1024 * float(gib)),
                chip == "arm64",
            ):
                yield f"{name}: its size is not the answer's {answer['sku']}"


def _logs(template: Json) -> Iterator[str]:
    for name, found in of_type(template, "Logs::LogGroup"):
        if not found.get("RetentionInDays"):
            yield f"{name}: logs are kept, and billed, for ever: set RetentionInDays"
    for name, found in of_type(template, "ECS::Cluster"):
        if {"Name": "containerInsights", "Value": "disabled"} not in found["ClusterSettings"]:
            yield f"{name}: container insights bill metrics that no line prices"


def _machines(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    groups = dict(of_type(template, "AutoScaling::AutoScalingGroup"))
    for name, found in groups.items():
        low, high = int(found["MinSize"]), int(found["MaxSize"])
        if not low <= high or high < answer["replicas"]:
            yield f"{name}: sizes {low} to {high} do not hold the answer's {answer['replicas']}"
    for name, found in of_type(template, "ECS::CapacityProvider"):
        provider = found["AutoScalingGroupProvider"]
        group = groups.get(provider["AutoScalingGroupArn"].get("Ref", ""), {})
        if provider.get("ManagedTerminationProtection") == "ENABLED" and not group.get(
            "NewInstancesProtectedFromScaleIn"
        ):
            yield f"{name}: needs NewInstancesProtectedFromScaleIn on its group"
    for name, found in of_type(template, "EC2::LaunchTemplate"):
        data = found["LaunchTemplateData"]
        if data.get("MetadataOptions", {}).get("HttpTokens") != "required":
            yield f"{name}: its metadata answer without a token: HttpTokens: required"
        if name == "Machine" and data["InstanceType"] != answer["sku"]:
            yield f"{name}: {data['InstanceType']} is not the answer's {answer['sku']}"
        if name == "TrainingMachine":
            ends = data.get("InstanceInitiatedShutdownBehavior") == "terminate"
            if not ends or "shutdown -h +" not in json.dumps(data["UserData"]):
                yield f"{name}: would run for ever: it must end itself, by its clock at the latest"


def _schedules(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    schedules = dict(of_type(template, "Scheduler::Schedule"))
    days = answer["retrains_every_days"]
    retraining = schedules.get("RetrainingSchedule")
    if (retraining is None) != (days is None):
        yield "retraining is scheduled and the answer never retrains, or the reverse"
    for name, found in schedules.items():
        expression = found["ScheduleExpression"]
        rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)(s?)\)", expression)
        if rate is None or (rate[3] == "s") != (int(rate[1]) != 1) or int(rate[1]) == 0:
            yield f"{name}: {expression!r} is no rate"
        if name == "RetrainingSchedule" and rate and (int(rate[1]), rate[2]) != (days, "day"):
            yield f"{name}: {expression} is not the answer's {days} days"
        target = found["Target"]
        if target.get("RetryPolicy", {}).get("MaximumRetryAttempts", 185) > 5:
            yield f"{name}: a refused call is tried 185 times: set MaximumRetryAttempts"
        if "EcsParameters" not in target and "Input" in target:
            request = json.loads(target["Input"]["Fn::Sub"])
            yield from _request(name, target, request, answer)
        elif "EcsParameters" not in target:
            yield f"{name}: has nothing to call"
        elif target["EcsParameters"].get("TaskCount", 1) != 1:
            yield f"{name}: several tasks of one call score the same files: one task a schedule"
    yield from _parts(schedules, answer)


def _parts(schedules: dict[str, Json], answer: Json) -> Iterator[str]:
    """Yield where tasks that share a job are not told their parts."""
    jobs = {
        name: found["Target"]
        for name, found in schedules.items()
        if name.startswith("JobSchedule") and "EcsParameters" in found["Target"]
    }
    if not jobs:
        return
    count = max(1, answer["replicas"])
    if len(jobs) != count:
        yield f"{len(jobs)} scheduled tasks are not the answer's {count}"
    told = sorted(part for each in jobs.values() for part in _told_part(each))
    wanted = sorted(f"{number}/{count}" for number in range(1, count + 1)) if count > 1 else []
    if told != wanted:
        yield f"the tasks of a job are told the parts {told}, not {wanted}"


def _told_part(target: Json) -> Iterator[str]:
    for container in json.loads(target.get("Input", "{}")).get("containerOverrides", []):
        for variable in container["environment"]:
            if variable["name"] == "ADVISOR_PART":
                yield variable["value"]


TAKES = {
    "createTrainingJob": frozenset(
        {"TrainingJobName", "AlgorithmSpecification", "RoleArn", "InputDataConfig", "Environment",
         "OutputDataConfig", "ResourceConfig", "StoppingCondition", "Tags",
         "EnableManagedSpotTraining"}
    ),
    "createTransformJob": frozenset(
        {"TransformJobName", "ModelName", "BatchStrategy", "MaxPayloadInMB", "TransformInput",
         "TransformOutput", "TransformResources", "Tags"}
    ),
    "createProcessingJob": frozenset(
        {"ProcessingJobName", "RoleArn", "AppSpecification", "ProcessingInputs", "Environment",
         "ProcessingOutputConfig", "ProcessingResources", "StoppingCondition", "Tags"}
    ),
    "runInstances": frozenset({"MinCount", "MaxCount", "LaunchTemplate"}),
}  # fmt: skip
"""What each scheduled call is given."""


def _request(name: str, target: Json, request: Json, answer: Json) -> Iterator[str]:
    job = next((key for key in request if key.endswith("JobName")), None)
    if job is not None and "<aws.scheduler.execution-id>" not in request[job]:
        yield f"{name}: a job's name is used once: it needs <aws.scheduler.execution-id>"
    api = json.dumps(target["Arn"])
    call = api.rstrip('"}').rpartition(":")[2]
    if not {*request} <= TAKES.get(call, frozenset()):
        yield f"{name}: {call} takes no {', '.join(sorted({*request} - TAKES.get(call, set())))}"
    if "createTrainingJob" in api or "createProcessingJob" in api:
        if not request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds"):
            yield f"{name}: its job may run for ever: set MaxRuntimeInSeconds"
        image = request.get("AppSpecification", {}).get("ImageUri") or request.get(
            "AlgorithmSpecification", {}
        ).get("TrainingImage")
        if image != "${ImageUri}":
            yield f"{name}: its image is not the parameter ImageUri, which is by digest"
    machines = request.get("TransformResources") or request.get("ProcessingResources", {}).get(
        "ClusterConfig"
    )
    if machines and (machines["InstanceType"], machines["InstanceCount"]) != (
        answer["sku"],
        max(1, answer["replicas"]),
    ):
        yield f"{name}: its machines are not the answer's {answer['sku']} x {answer['replicas']}"
    if "Tags" not in request and "LaunchTemplate" not in request:
        yield f"{name}: what it starts has no tags"
