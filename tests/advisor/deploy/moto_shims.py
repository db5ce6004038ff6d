"""What moto's CloudFormation leaves out: each resource as the one call that would make it.

moto says CREATE_COMPLETE for a stack of which it made the half. It finds subclasses of its model
by name, one level down, in any module with a dot in its name.
"""

import json
from functools import lru_cache

import boto3
from moto.core.common_models import CloudFormationModel


def shim(kind, create, delete):
    """Register a type: `create(session, name, properties)` returns its id; `delete` takes it."""
    ids = {}

    class Made(CloudFormationModel):
        def __init__(self, physical_id, properties):
            self.physical_resource_id = physical_id
            self.properties = properties

        @staticmethod
        def cloudformation_name_type():
            return ""

        @staticmethod
        def cloudformation_type():
            return kind

        @classmethod
        def has_cfn_attr(cls, attr):
            del attr
            return False

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name, cloudformation_json, account_id, region_name, **kwargs
        ):
            del account_id, kwargs
            session = at(region_name)
            properties = cloudformation_json["Properties"]
            made = create(session, resource_name, properties)
            ids[made] = (resource_name, properties)
            return cls(made, properties)

        @classmethod
        def delete_from_cloudformation_json(
            cls, resource_name, cloudformation_json, account_id, region_name
        ):
            del cloudformation_json, account_id
            if resource_name in ids:
                delete(at(region_name), *ids.pop(resource_name))

        def is_created(self):
            return True

        def delete(self, account_id, region_name):
            del account_id
            if self.physical_resource_id in ids:
                delete(at(region_name), *ids.pop(self.physical_resource_id))

    Made.__name__ = kind.replace("::", "")
    KEPT.append(Made)


KEPT = []


class Clients:
    """One client for each service: making one takes longer than most of its calls."""

    def __init__(self, region):
        self.session = boto3.Session(region_name=region)
        self.client = lru_cache(self.session.client)


at = lru_cache(Clients)


def lowered(value):
    """Return keys as calls of ECS and Scheduler's task parameters spell them."""
    if isinstance(value, dict):
        return {k[0].lower() + k[1:]: lowered(v) for k, v in value.items()}
    return [lowered(v) for v in value] if isinstance(value, list) else value


def register():
    """Register all shims once; before the first stack, for moto keeps the list of its models."""
    if KEPT:
        return
    _full_names()
    _removals()
    scaling = "application-autoscaling"
    shim(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        lambda s, n, p: (s.client(scaling).register_scalable_target(**p), p["ResourceId"])[1],
        lambda s, n, p: s.client(scaling).deregister_scalable_target(
            **{k: p[k] for k in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
        ),
    )
    shim("AWS::ApplicationAutoScaling::ScalingPolicy", _policy, _unpolicy)
    shim(
        "AWS::CloudWatch::Alarm",
        lambda s, n, p: (s.client("cloudwatch").put_metric_alarm(AlarmName=n, **p), n)[1],
        lambda s, n, p: s.client("cloudwatch").delete_alarms(AlarmNames=[n]),
    )
    shim(
        "AWS::Scheduler::Schedule",
        lambda s, n, p: (s.client("scheduler").create_schedule(Name=n[-64:], **_target(p)), n)[1],
        lambda s, n, p: s.client("scheduler").delete_schedule(Name=n[-64:]),
    )
    shim("AWS::Budgets::Budget", _budget, _unbudget)
    shim(
        "AWS::ECS::CapacityProvider",
        lambda s, n, p: (s.client("ecs").create_capacity_provider(name=n, **lowered(p)), n)[1],
        lambda s, n, p: s.client("ecs").delete_capacity_provider(capacityProvider=n),
    )
    shim("AWS::ECS::ClusterCapacityProviderAssociations", _association, lambda s, n, p: None)
    shim("AWS::SNS::TopicPolicy", _topic_policy, lambda s, n, p: None)


def _full_names():
    """Let load balancers and target groups tell the names that metrics know them by."""
    from moto.elbv2.models import FakeLoadBalancer, FakeTargetGroup

    for model, attribute in (
        (FakeLoadBalancer, "LoadBalancerFullName"),
        (FakeTargetGroup, "TargetGroupFullName"),
    ):
        before = getattr(model, "get_cfn_attribute", None)

        def told(self, name, attribute=attribute, before=before):
            if name == attribute:
                return self.arn.split(":")[-1].removeprefix("loadbalancer/")
            return before(self, name)

        model.get_cfn_attribute = told


def _removals():
    """Let a stack remove what moto would leave behind it."""
    from moto.ecs.models import Cluster, Service, TaskDefinition, ecs_backends
    from moto.elbv2.models import FakeTargetGroup, elbv2_backends

    def ends(model, backends, call):
        def delete(self, account_id, region):
            call(backends[account_id][region], self)

        model.delete = delete

    ends(FakeTargetGroup, elbv2_backends, lambda b, one: b.delete_target_group(one.arn))
    ends(Cluster, ecs_backends, lambda b, one: b.delete_cluster(one.arn))
    ends(TaskDefinition, ecs_backends, lambda b, one: b.deregister_task_definition(one.arn))
    ends(
        Service,
        ecs_backends,
        lambda b, one: b.delete_service(one.cluster_name, one.arn.split("/")[-1], force=True),
    )


def _policy(session, name, properties):
    client = session.client("application-autoscaling")
    known = {
        t["ResourceId"]: t
        for space in ("sagemaker", "ecs", "lambda")
        for t in client.describe_scalable_targets(ServiceNamespace=space)["ScalableTargets"]
    }
    target = known[properties["ScalingTargetId"]]
    where = {k: target[k] for k in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    given = {k: v for k, v in properties.items() if k != "ScalingTargetId"}
    made = client.put_scaling_policy(**where, **given)
    properties["where"] = where
    return made["PolicyARN"]


def _unpolicy(session, name, properties):
    del name
    client = session.client("application-autoscaling")
    found = client.describe_scaling_policies(
        ServiceNamespace=properties["where"]["ServiceNamespace"]
    )["ScalingPolicies"]
    if any(p["PolicyName"] == properties["PolicyName"] for p in found):
        client.delete_scaling_policy(PolicyName=properties["PolicyName"], **properties["where"])


def _target(properties):
    target = dict(properties["Target"])
    if "EcsParameters" in target:
        ecs = dict(target["EcsParameters"])
        ecs["CapacityProviderStrategy"] = lowered(ecs["CapacityProviderStrategy"])
        ecs["PlacementConstraints"] = lowered(ecs.get("PlacementConstraints", []))
        if "NetworkConfiguration" in ecs:
            inner = ecs["NetworkConfiguration"]["AwsvpcConfiguration"]
            ecs["NetworkConfiguration"] = {"awsvpcConfiguration": inner}
        ecs["Tags"] = [{t["Key"]: t["Value"]} for t in ecs["Tags"]]
        target["EcsParameters"] = ecs
    return {**properties, "Target": target}


def _budget(session, name, properties):
    account = session.client("sts").get_caller_identity()["Account"]
    budget = json.loads(json.dumps(properties["Budget"]))
    budget |= {
        "BudgetName": name,
        "BudgetLimit": {k: str(v) for k, v in budget["BudgetLimit"].items()},
    }
    session.client("budgets").create_budget(
        AccountId=account,
        Budget=budget,
        NotificationsWithSubscribers=properties["NotificationsWithSubscribers"],
    )
    return name


def _unbudget(session, name, properties):
    del properties
    account = session.client("sts").get_caller_identity()["Account"]
    client = session.client("budgets")
    client.delete_budget(AccountId=account, BudgetName=name)


def _association(session, name, properties):
    session.client("ecs").put_cluster_capacity_providers(
        cluster=properties["Cluster"],
        capacityProviders=properties["CapacityProviders"],
        defaultCapacityProviderStrategy=lowered(properties["DefaultCapacityProviderStrategy"]),
    )
    return name


def _topic_policy(session, name, properties):
    for topic in properties["Topics"]:
        session.client("sns").set_topic_attributes(
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=json.dumps(properties["PolicyDocument"]),
        )
    return name


def fire(session, schedule):
    """Do the call that a schedule would do; return what the service said of it."""
    found = session.client("scheduler").get_schedule(Name=schedule)
    target = found["Target"]
    if "EcsParameters" in target:
        return _run_task(session, target)
    service, call = target["Arn"].split(":")[-2:]
    method = "".join(f"_{c.lower()}" if c.isupper() else c for c in call)
    text = target["Input"].replace("<aws.scheduler.execution-id>", "0f5e")
    return getattr(session.client(service), method)(**json.loads(text))


def _run_task(session, target):
    ecs = target["EcsParameters"]
    provider = ecs["CapacityProviderStrategy"][0]["capacityProvider"]
    asked = {
        "cluster": target["Arn"].split("/")[-1],
        "taskDefinition": ecs["TaskDefinitionArn"],
        "count": ecs["TaskCount"],
        "launchType": "FARGATE" if provider.startswith("FARGATE") else "EC2",
    }
    if "Input" in target:
        asked["overrides"] = json.loads(target["Input"])
    if "NetworkConfiguration" in ecs:
        asked["networkConfiguration"] = {
            "awsvpcConfiguration": lowered(ecs["NetworkConfiguration"]["awsvpcConfiguration"])
        }
    return session.client("ecs").run_task(**asked)
