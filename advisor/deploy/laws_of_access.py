"""Laws of rights and of doors: no more than is needed, and nobody but who is meant."""

import json
from collections.abc import Iterator

from advisor.deploy.laws_of_running import of_type
from advisor.deploy.shared import DIGEST, Json

WITHOUT_RESOURCE = {"ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"}
"""Actions that know no resource; the second is bound by its namespace."""


def access_faults(template: Json) -> list[str]:
    """Return rights that are too wide or missing, and doors that are open."""
    return [*_roles(template), *_doors(template), *_calls(template)]


def metadata_faults(template: Json) -> list[str]:
    """Return parameters that take what they should not."""
    found = []
    parameters = template.get("Parameters", {})
    if parameters.get("ImageUri", {}).get("AllowedPattern") != DIGEST:
        found.append("ImageUri takes an image that is not named by its digest")
    found += [
        f"the parameter {name} takes anything: it needs an AllowedPattern"
        for name in ("ArtefactBucket", "ModelKey", "AlarmEmail", "CallerCidr")
        if name in parameters and not parameters[name].get("AllowedPattern")
    ]
    return found


def _roles(template: Json) -> Iterator[str]:
    for name, found in of_type(template, "IAM::Role"):
        trust = found["AssumeRolePolicyDocument"]["Statement"]
        for statement in trust:
            if set(statement["Principal"]) != {"Service"}:
                yield f"{name}: is taken on by others than one service"
        for policy in found.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield from _statement(name, statement)
        for arn in found.get("ManagedPolicyArns", []):
            text = json.dumps(arn)
            if (
                not text.rstrip('"}').endswith(
                    ("AmazonECSTaskExecutionRolePolicy", "AmazonEC2ContainerServiceforEC2Role")
                )
                and "AWSLambdaBasicExecutionRole" not in text
            ):
                yield f"{name}: {text} gives more than is needed"


def _statement(name: str, statement: Json) -> Iterator[str]:
    actions, resources = statement["Action"], statement["Resource"]
    actions = [actions] if isinstance(actions, str) else actions
    resources = resources if isinstance(resources, list) else [resources]
    for action in actions:
        if "*" in action:
            yield f"{name}: the right {action!r} is of many actions"
    wide = [r for r in resources if r in ("*", {"Fn::Sub": "*"})]
    if wide and not set(actions) <= WITHOUT_RESOURCE:
        yield f"{name}: {', '.join(actions)} on every resource"
    if wide and "cloudwatch:PutMetricData" in actions and "Condition" not in statement:
        yield f"{name}: writes metrics of any namespace"
    if "iam:PassRole" in actions and "iam:PassedToService" not in json.dumps(
        statement.get("Condition", {})
    ):
        yield f"{name}: hands roles to any service: bind iam:PassedToService"
    if any("s3:Put" in a or "s3:Delete" in a for a in actions) and any(
        json.dumps(r).rstrip('}"').endswith("${ArtefactBucket}/*") for r in resources
    ):
        yield f"{name}: writes to the whole bucket"


def _doors(template: Json) -> Iterator[str]:
    for name, found in of_type(template, "EC2::SecurityGroup"):
        for rule in found.get("SecurityGroupIngress", []):
            if rule.get("CidrIp") == "0.0.0.0/0" or rule.get("CidrIpv6") == "::/0":
                yield f"{name}: is open to everybody: use the parameter CallerCidr"
            if str(rule.get("IpProtocol")) == "-1":
                yield f"{name}: is open on every port"
            if name == "ServiceSecurityGroup" and rule.get("SourceSecurityGroupId") != {
                "Ref": "BalancerSecurityGroup"
            }:
                yield f"{name}: is reached by others than the load balancer"
    groups = dict(of_type(template, "EC2::SecurityGroup"))
    for name, found in of_type(template, "ECS::Service"):
        network = found.get("NetworkConfiguration", {}).get("AwsvpcConfiguration")
        if network is not None and not network.get("SecurityGroups") and groups:
            yield f"{name}: takes the network's default security group"


NEEDS = {
    "createTrainingJob": ("sagemaker:CreateTrainingJob", "iam:PassRole"),
    "createProcessingJob": ("sagemaker:CreateProcessingJob", "iam:PassRole"),
    "createTransformJob": ("sagemaker:CreateTransformJob",),
    "runInstances": ("ec2:RunInstances", "iam:PassRole"),
    "ecs": ("ecs:RunTask", "iam:PassRole", "ecs:TagResource"),
}
"""Rights that a scheduled call needs: the call, and to hand on the role that it names."""


def _calls(template: Json) -> Iterator[str]:
    """Yield scheduled calls that their role may not make: no checker finds a missing right."""
    roles = dict(of_type(template, "IAM::Role"))
    for name, found in of_type(template, "Scheduler::Schedule"):
        target = found["Target"]
        role = roles.get(target["RoleArn"]["Fn::GetAtt"][0])
        if role is None:
            yield f"{name}: has no role to call with"
            continue
        if role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] != {
            "Service": "scheduler.amazonaws.com"
        }:
            yield f"{name}: its role is not one that the scheduler can take on"
        granted = {
            action
            for policy in role.get("Policies", [])
            for statement in policy["PolicyDocument"]["Statement"]
            for action in statement["Action"]
        }
        call = "ecs" if "EcsParameters" in target else str(target["Arn"]["Fn::Sub"]).split(":")[-1]
        missing = sorted(set(NEEDS.get(call, ("unknown call",))) - granted)
        if missing:
            yield f"{name}: its role lacks {', '.join(missing)}"
