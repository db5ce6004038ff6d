"""A line of the bill has a resource, and a resource that bills has a line."""

from typing import Final

from advisor.deploy.shared import Json, answer_in
from advisor.recommendation import CostLine, Option

_RUNS_TRAINING = ("RetrainingSchedule",)

CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "sagemaker-hosting": ("AWS::SageMaker::Endpoint",),
    "sagemaker-hosting-storage": ("AWS::SageMaker::Endpoint",),
    "sagemaker-data": ("AWS::SageMaker::Endpoint",),
    "sagemaker-serverless": ("AWS::SageMaker::Endpoint",),
    "sagemaker-async": ("AWS::SageMaker::Endpoint",),
    "sagemaker-batch-transform": ("AWS::Scheduler::Schedule",),
    "sagemaker-processing": ("AWS::Scheduler::Schedule",),
    "sagemaker-training": ("AWS::Scheduler::Schedule",),
    "fargate": ("AWS::ECS::Service", "AWS::Scheduler::Schedule"),
    "ec2": ("AWS::AutoScaling::AutoScalingGroup",),
    "ebs-gp3": ("AWS::AutoScaling::AutoScalingGroup",),
    "public-ipv4": (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ECS::Service",
        "AWS::AutoScaling::AutoScalingGroup",
        "AWS::Scheduler::Schedule",
    ),
    "load-balancer": ("AWS::ElasticLoadBalancingV2::LoadBalancer",),
    "data-transfer-out": (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::SageMaker::Endpoint",
    ),
    "data-transfer-zone": ("AWS::ElasticLoadBalancingV2::LoadBalancer",),
    "cloudwatch-logs": (
        "AWS::Logs::LogGroup",
        "AWS::SageMaker::Endpoint",
        "AWS::Scheduler::Schedule",
    ),
    "sagemaker": ("AWS::SageMaker::Endpoint", "AWS::Scheduler::Schedule"),
    "lambda": ("AWS::Lambda::Function",),
}
"""Types of resource that cause a service's lines."""

PARAMETERS: Final[dict[str, str]] = {
    "s3": "ArtefactBucket",
    "ecr": "ImageUri",
}
"""Services whose resource is the reader's own and enters by a parameter."""

ALARM_SKU: Final = "alarm-standard"

FREE: Final[dict[str, str]] = {
    "AWS::IAM::Role": "no charge",
    "AWS::IAM::InstanceProfile": "no charge",
    "AWS::SNS::Topic": "the first 1,000 e-mails a month are free",
    "AWS::SNS::TopicPolicy": "no charge",
    "AWS::Budgets::Budget": "a budget without actions is free",
    "AWS::CloudWatch::Alarm": "ten of an account are free, then about 0.10 USD a month each: "
    "its README tells how many there are",
    "AWS::SageMaker::Model": "no charge beyond its files",
    "AWS::SageMaker::EndpointConfig": "no charge",
    "AWS::ApplicationAutoScaling::ScalableTarget": "no charge",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "its own alarms are free of charge for ECS and "
    "SageMaker within the account's ten",
    "AWS::ECS::Cluster": "no charge without container insights",
    "AWS::ECS::TaskDefinition": "no charge",
    "AWS::ECS::CapacityProvider": "no charge",
    "AWS::ECS::ClusterCapacityProviderAssociations": "no charge",
    "AWS::EC2::SecurityGroup": "no charge",
    "AWS::EC2::LaunchTemplate": "no charge: what starts from it is billed",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "no charge",
    "AWS::ElasticLoadBalancingV2::Listener": "no charge",
    "AWS::Lambda::Permission": "no charge",
    "AWS::Lambda::Version": "no charge",
    "AWS::Lambda::Alias": "no charge",
}
"""Types that no line needs, and why."""


def caused_by(option: Option, resources: Json) -> Json:
    """Return for each line that AWS bills the resources or parameters that cause it."""
    found: Json = {}
    for number, line in enumerate(option.lines, 1):
        if not line.is_aws or line.quote is None or line.usd_per_month == 0:
            continue
        key = f"{number:02d} {line.quote.service} {line.group}"
        found[key] = _causes(line, resources)
    return found


def _causes(line: CostLine, resources: Json) -> list[str]:
    assert line.quote is not None
    service = line.quote.service
    if line.group == "training":
        # Where it never retrains, the line is of the model that is deployed first.
        return [name for name in _RUNS_TRAINING if name in resources] or ["ModelKey"]
    if service in PARAMETERS:
        return [PARAMETERS[service]]
    types = CAUSES.get(service, ())
    if service == "any":
        types = tuple({one for each in CAUSES.values() for one in each})
    return sorted(
        name
        for name, resource in resources.items()
        if resource["Type"] in types and name not in _RUNS_TRAINING
    )


def line_faults(template: Json) -> list[str]:
    """Return where lines lack a resource, and resources that bill lack a line."""
    lines: dict[str, list[str]] = answer_in(template)["lines"]
    resources: Json = template["Resources"]
    known = {*resources, *template.get("Parameters", {})}
    faults = [
        f"the line {key!r} of the bill has no resource that causes it"
        for key, names in lines.items()
        if not set(names) & known
    ]
    paid = {name for names in lines.values() for name in names}
    billed = {one for types in CAUSES.values() for one in types}
    for name, resource in resources.items():
        kind = resource["Type"]
        if kind in FREE or (kind in billed and name in paid):
            continue
        if kind in billed:
            faults.append(f"{name} ({kind}) would be billed, and no line of the answer prices it")
        else:
            faults.append(f"{name} ({kind}) is of a type that is not known to be priced or free")
    return faults
