"""Laws of parts: what each resource must hold, what a value may be, and where a reference leads.

A table for each type, for most faults are of one place: a property dropped, a word mistyped, a
reference that leads to another kind of thing. Schema checkers know the first, not the last.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from advisor.deploy.shared import POLICY_VERSION, Json, answer_in


class To(NamedTuple):
    """A reference to a resource of a type, or to a parameter; of a role, who may take it on."""

    kind: str
    service: str | None = None


Wanted = To | tuple[Any, ...] | Callable[[Any], bool] | None
"""A reference, one of some values, a test, or anything that is there."""


def between(low: float, high: float) -> Callable[[Any], bool]:
    """Return a test of a number."""
    return lambda value: not isinstance(value, bool) and low <= float(value) <= high


ROLE = "AWS::IAM::Role"
TOPIC = "AWS::SNS::Topic"
ACTIONS: Final = (
    *("s3:GetObject", "s3:ListBucket", "s3:PutObject", "iam:PassRole", "sagemaker:AddTags"),
    *("ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    *("sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"),
    *("sagemaker:CreateTransformJob", "ecs:RunTask", "ecs:TagResource"),
    *("ec2:RunInstances", "ec2:CreateTags", "cloudwatch:PutMetricData", "lambda:InvokeFunction"),
)
"""Every right that a deployment gives."""
PROVIDER: Final = ("FARGATE", "FARGATE_SPOT", {"Ref": "CapacityProvider"})
VARIABLES: Final = (
    *("ADVISOR_MODEL_URI", "ADVISOR_INPUT_URI", "ADVISOR_OUTPUT_URI", "ADVISOR_DATA_URI"),
    *("ADVISOR_SERVING_WORKERS", "ADVISOR_SERVING_HANDLING", "ADVISOR_DEVICE", "ADVISOR_PART"),
)
"""What the container reads."""
RETENTION_DAYS: Final = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
_IMAGE = re.compile(r"\{\{resolve:ssm:/aws/service/ecs/optimized-ami/[a-z0-9/-]+/image_id\}\}")
_SERVICES = ("sagemaker", "ecs-tasks", "ec2", "scheduler", "lambda")

PARTS: Final[dict[str, dict[str, Wanted]]] = {
    TOPIC: {"Subscription[].Protocol": ("email",), "Subscription[].Endpoint": To("AlarmEmail")},
    "AWS::SNS::TopicPolicy": {
        "Topics[]": To(TOPIC),
        "PolicyDocument.Version": (POLICY_VERSION,),
        "PolicyDocument.Statement[].Effect": ("Allow",),
        "PolicyDocument.Statement[].Action": ("sns:Publish",),
        "PolicyDocument.Statement[].Resource": To(TOPIC),
        "PolicyDocument.Statement[].Condition.StringEquals.aws:SourceAccount": (
            {"Ref": "AWS::AccountId"},
        ),
    },
    "AWS::Budgets::Budget": {
        "Budget.BudgetType": ("COST",),
        "NotificationsWithSubscribers[].Notification.NotificationType": ("ACTUAL", "FORECASTED"),
        "NotificationsWithSubscribers[].Notification.ComparisonOperator": ("GREATER_THAN",),
        "NotificationsWithSubscribers[].Notification.Threshold": (100,),
        "NotificationsWithSubscribers[].Subscribers[].SubscriptionType": ("SNS",),
        "NotificationsWithSubscribers[].Subscribers[].Address": To(TOPIC),
    },
    ROLE: {
        "AssumeRolePolicyDocument.Version": (POLICY_VERSION,),
        "AssumeRolePolicyDocument.Statement[].Effect": ("Allow",),
        "AssumeRolePolicyDocument.Statement[].Action": ("sts:AssumeRole",),
        "AssumeRolePolicyDocument.Statement[].Principal.Service": tuple(
            f"{name}.amazonaws.com" for name in _SERVICES
        ),
        "?Policies[].PolicyName": None,
        "?Policies[].PolicyDocument.Version": (POLICY_VERSION,),
        "?Policies[].PolicyDocument.Statement[].Effect": ("Allow",),
        "?Policies[].PolicyDocument.Statement[].Action[]": ACTIONS,
        "?Policies[].PolicyDocument.Statement[].Resource[]": None,
        "?ManagedPolicyArns[]": None,
    },
    "AWS::IAM::InstanceProfile": {"Roles[]": To(ROLE, "ec2")},
    "AWS::CloudWatch::Alarm": {
        "AlarmActions[]": None,
        "ComparisonOperator": (
            *("GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"),
        ),
        "TreatMissingData": ("notBreaching", "breaching"),
        "Threshold": between(0, 1e12),
        "EvaluationPeriods": between(1, 30),
        "?Dimensions[].Name": (
            *("EndpointName", "VariantName", "LoadBalancer", "ScheduleGroup", "FunctionName"),
            "Resource",
        ),
        "?Dimensions[].Value": None,
    },
    "AWS::SageMaker::Model": {
        "ExecutionRoleArn": To(ROLE, "sagemaker"),
        "PrimaryContainer.ModelDataUrl": None,
        "PrimaryContainer.Environment.ADVISOR_SERVING_WORKERS": ("auto", "1"),
    },
    "AWS::SageMaker::EndpointConfig": {
        "ProductionVariants[].ModelName": To("AWS::SageMaker::Model"),
        "ProductionVariants[].VariantName": ("main",),
        "ProductionVariants[].InitialVariantWeight": (1,),
    },
    "AWS::SageMaker::Endpoint": {"EndpointConfigName": To("AWS::SageMaker::EndpointConfig")},
    "AWS::ApplicationAutoScaling::ScalableTarget": {
        "ServiceNamespace": ("sagemaker", "ecs", "lambda"),
        "ScalableDimension": (
            "sagemaker:variant:DesiredInstanceCount",
            "sagemaker:variant:DesiredProvisionedConcurrency",
            "ecs:service:DesiredCount",
            "lambda:function:ProvisionedConcurrency",
        ),
        "ResourceId": (
            {"Fn::Sub": "service/${Cluster}/${Service.Name}"},
            {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/main"},
        ),
    },
    "AWS::ApplicationAutoScaling::ScalingPolicy": {
        "PolicyName": None,
        "PolicyType": ("TargetTrackingScaling", "StepScaling"),
        "ScalingTargetId": To("AWS::ApplicationAutoScaling::ScalableTarget"),
        "?TargetTrackingScalingPolicyConfiguration.ScaleInCooldown": between(0, 900),
        "?TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown": between(0, 900),
    },
    "AWS::ECS::Service": {
        "Cluster": To("AWS::ECS::Cluster"),
        "TaskDefinition": To("AWS::ECS::TaskDefinition"),
        "CapacityProviderStrategy[].CapacityProvider": PROVIDER,
        "CapacityProviderStrategy[].Weight": between(0, 1000),
        "LoadBalancers[].ContainerName": ("model",),
        "LoadBalancers[].ContainerPort": (8080,),
        "LoadBalancers[].TargetGroupArn": To("AWS::ElasticLoadBalancingV2::TargetGroup"),
        "DeploymentConfiguration.MinimumHealthyPercent": (100,),
        "DeploymentConfiguration.MaximumPercent": (200,),
        "DeploymentConfiguration.DeploymentCircuitBreaker.Enable": (True,),
        "DeploymentConfiguration.DeploymentCircuitBreaker.Rollback": (True,),
        "EnableECSManagedTags": (True,),
        "HealthCheckGracePeriodSeconds": between(10, 240),
        "PropagateTags": ("SERVICE", "TASK_DEFINITION"),
        "?NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp": ("ENABLED",),
        "?NetworkConfiguration.AwsvpcConfiguration.Subnets": To("SubnetIds"),
        "?NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[]": To("AWS::EC2::SecurityGroup"),
    },
    "AWS::ECS::TaskDefinition": {
        "Family": None,
        "ExecutionRoleArn": To(ROLE, "ecs-tasks"),
        "TaskRoleArn": To(ROLE, "ecs-tasks"),
        "NetworkMode": ("awsvpc", "bridge"),
        "RequiresCompatibilities[]": ("FARGATE", "EC2"),
        "?RuntimePlatform.OperatingSystemFamily": ("LINUX",),
        "ContainerDefinitions[].Name": ("model",),
        "ContainerDefinitions[].Essential": (True,),
        "ContainerDefinitions[].MemoryReservation": between(4, 512),
        "ContainerDefinitions[].Environment[].Name": VARIABLES,
        "ContainerDefinitions[].Environment[].Value": None,
        "ContainerDefinitions[].LogConfiguration.Options.awslogs-group": To("AWS::Logs::LogGroup"),
        "ContainerDefinitions[].LogConfiguration.Options.awslogs-region": ({"Ref": "AWS::Region"},),
        "ContainerDefinitions[].LogConfiguration.Options.awslogs-stream-prefix": None,
    },
    "AWS::ElasticLoadBalancingV2::Listener": {
        "LoadBalancerArn": To("AWS::ElasticLoadBalancingV2::LoadBalancer"),
        "Port": (80, 443),
        "Protocol": ("HTTP", "HTTPS"),
        "DefaultActions[].Type": ("forward",),
        "DefaultActions[].TargetGroupArn": To("AWS::ElasticLoadBalancingV2::TargetGroup"),
    },
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {
        "Type": ("application",),
        "Scheme": ("internet-facing",),
        "SecurityGroups[]": To("AWS::EC2::SecurityGroup"),
        "Subnets": To("SubnetIds"),
    },
    "AWS::ElasticLoadBalancingV2::TargetGroup": {
        "Protocol": ("HTTP",),
        "Port": (8080,),
        "VpcId": To("VpcId"),
        "HealthCheckPort": ("traffic-port",),
        "HealthCheckIntervalSeconds": between(5, 20),
        "HealthyThresholdCount": between(2, 4),
        "TargetGroupAttributes[].Key": ("deregistration_delay.timeout_seconds",),
        "TargetGroupAttributes[].Value": ("30",),
    },
    "AWS::EC2::SecurityGroup": {
        "VpcId": To("VpcId"),
        "GroupDescription": None,
        "SecurityGroupIngress[].IpProtocol": ("tcp",),
        "SecurityGroupIngress[].FromPort": (80, 443, 8080, 32768),
        "SecurityGroupIngress[].ToPort": (80, 443, 8080, 65535),
    },
    "AWS::Logs::LogGroup": {"RetentionInDays": RETENTION_DAYS},
    "AWS::ECS::CapacityProvider": {
        "AutoScalingGroupProvider.AutoScalingGroupArn": To("AWS::AutoScaling::AutoScalingGroup"),
        "AutoScalingGroupProvider.ManagedScaling.Status": ("ENABLED",),
        "AutoScalingGroupProvider.ManagedScaling.TargetCapacity": between(1, 100),
        "AutoScalingGroupProvider.ManagedTerminationProtection": ("ENABLED",),
    },
    "AWS::ECS::ClusterCapacityProviderAssociations": {
        "Cluster": To("AWS::ECS::Cluster"),
        "CapacityProviders[]": To("AWS::ECS::CapacityProvider"),
        "DefaultCapacityProviderStrategy[].CapacityProvider": To("AWS::ECS::CapacityProvider"),
        "DefaultCapacityProviderStrategy[].Weight": between(1, 1000),
    },
    "AWS::AutoScaling::AutoScalingGroup": {
        "MinSize": between(0, 1e4),
        "MaxSize": between(1, 1e4),
        "VPCZoneIdentifier": To("SubnetIds"),
        "LaunchTemplate.LaunchTemplateId": To("AWS::EC2::LaunchTemplate"),
        "LaunchTemplate.Version": To("AWS::EC2::LaunchTemplate"),
    },
    "AWS::EC2::LaunchTemplate": {
        "LaunchTemplateData.ImageId": lambda value: _IMAGE.fullmatch(str(value)) is not None,
        "LaunchTemplateData.IamInstanceProfile.Arn": To("AWS::IAM::InstanceProfile"),
        "LaunchTemplateData.UserData.Fn::Base64.Fn::Sub": lambda text: text.startswith("#!/bin/"),
    },
    "AWS::Scheduler::Schedule": {
        "FlexibleTimeWindow.Mode": ("OFF",),
        "Target.Arn": None,
        "Target.RoleArn": To(ROLE, "scheduler"),
        "Target.RetryPolicy.MaximumRetryAttempts": between(0, 4),
        "Target.?EcsParameters.TaskDefinitionArn": To("AWS::ECS::TaskDefinition"),
        "Target.?EcsParameters.CapacityProviderStrategy[].CapacityProvider": PROVIDER,
        "Target.?EcsParameters.PropagateTags": ("TASK_DEFINITION",),
    },
}

ATTRIBUTES: Final = {
    ROLE: {"Arn"},
    "AWS::IAM::InstanceProfile": {"Arn"},
    "AWS::SageMaker::Model": {"ModelName"},
    "AWS::SageMaker::EndpointConfig": {"EndpointConfigName"},
    "AWS::SageMaker::Endpoint": {"EndpointName"},
    "AWS::ECS::Cluster": {"Arn"},
    "AWS::ECS::Service": {"Name"},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"LoadBalancerFullName", "DNSName"},
    "AWS::ElasticLoadBalancingV2::TargetGroup": {"TargetGroupFullName"},
    "AWS::EC2::LaunchTemplate": {"LatestVersionNumber"},
    "AWS::Lambda::Function": {"Arn"},
}
"""Attributes of resources that a template asks for."""

_MISSING = object()


def part_faults(template: Json) -> list[str]:
    """Return places that lack what must be there, or hold what may not."""
    found = [*_attributes(template), *_grants(template)]
    for name, resource in template["Resources"].items():
        for path, wanted in PARTS.get(resource["Type"], {}).items():
            for value in _at(resource.get("Properties", {}), path):
                if value is _MISSING:
                    found.append(f"{name}: {path.replace('?', '')} is missing")
                elif not _fits(value, wanted, template):
                    shown = json.dumps(value)[:80]
                    found.append(f"{name}: {path.replace('?', '')} may not be {shown}")
    return found


def _at(part: Any, path: str) -> Iterator[Any]:
    """Yield every value at a path: `A.B[]` for each of a list, `?A` where A need not be."""
    if not path:
        yield part
        return
    step, _, rest = path.partition(".")
    key = step.strip("?[]")
    value = part.get(key, _MISSING) if isinstance(part, dict) else _MISSING
    if value is _MISSING or value in ("", [], {}):
        if not step.startswith("?"):
            yield _MISSING
        return
    if step.endswith("[]"):
        for each in value if isinstance(value, list) else [_MISSING]:
            yield from _at(each, rest)
    else:
        yield from _at(value, rest)


def _fits(value: Any, wanted: Wanted, template: Json) -> bool:
    if wanted is None:
        return value not in ({}, [])
    if isinstance(wanted, To):
        return _leads(value, wanted, template)
    if isinstance(wanted, tuple):
        return any(value == one and isinstance(value, type(one)) for one in wanted)
    return bool(wanted(value))


def _leads(value: Any, wanted: To, template: Json) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    told = value.get("Ref", value.get("Fn::GetAtt"))
    name = told[0] if isinstance(told, list) and told else told
    if name == wanted.kind:
        return name in template.get("Parameters", {})
    resource = template["Resources"].get(name, {})
    if resource.get("Type") != wanted.kind:
        return False
    if wanted.service is None:
        return True
    trust = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    return all(one["Principal"] == {"Service": f"{wanted.service}.amazonaws.com"} for one in trust)


def _attributes(template: Json) -> Iterator[str]:
    """Yield attributes that a resource has not."""
    resources = template["Resources"]
    for part in (resources, template.get("Outputs", {})):
        for name, attribute in _asked(part):
            kind = resources.get(name, {}).get("Type")
            if kind is not None and attribute not in ATTRIBUTES.get(kind, set()):
                yield f"{name}.{attribute}: {kind} has no such attribute"


def _asked(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, list):
        for each in part:
            yield from _asked(each)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "Fn::GetAtt":
                yield str(value[0]), ".".join(map(str, value[1:]))
            elif key == "Fn::Sub" and isinstance(value, str):
                yield from re.findall(r"\$\{(\w+)\.(\w+)\}", value)
            else:
                yield from _asked(value)


def _grants(template: Json) -> Iterator[str]:
    """Yield rights on things that are not of the study, and addresses that lead elsewhere."""
    slug = re.escape(answer_in(template)["study"])
    bucket = r"\$\{ArtefactBucket\}"
    here = r"\$\{AWS::Region\}:\$\{AWS::AccountId\}"
    grants = re.compile(
        rf"arn:\$\{{AWS::Partition\}}:(s3:::{bucket}(/(\$\{{ModelKey\}}|{slug}/((models|results)/)?\*))?"
        rf"|sagemaker:{here}:(training|transform|processing)-job/{slug}-\*"
        rf"|logs:{here}:log-group:/aws/(sagemaker|lambda)/\w*\*"
        r"|ecr:\*:\$\{AWS::AccountId\}:repository/\*"
        rf"|ecs:{here}:task/\$\{{Cluster\}}/\*"
        rf"|ec2:{here}:((instance|volume|network-interface|security-group|subnet)/\*"
        r"|launch-template/\$\{TrainingMachine\})"
        r"|ec2:\$\{AWS::Region\}::image/\*)"
    )
    folder = re.compile(
        rf"s3://{bucket}/(\$\{{ModelKey\}}|{slug}/(inputs|results|models|training)/)"
    )
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for policy in properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                for one in statement["Resource"]:
                    text = one.get("Fn::Sub") if isinstance(one, dict) else None
                    if text is not None and grants.fullmatch(text) is None:
                        yield f"{name}: gives rights on {text}, which is not of this study"
                    if isinstance(one, str) and one != "*":
                        yield f"{name}: gives rights on {one!r}, which names nothing"
        texts = json.dumps(properties).replace('\\"', '"')
        for address in re.findall(r's3://[^"\s\\]+', texts):
            if folder.fullmatch(address) is None:
                yield f"{name}: {address} is no folder of this study"
