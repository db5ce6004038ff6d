"""Each template deployed whole to a stand-in of AWS, asked, fired, called and removed again."""

import json
from contextlib import contextmanager

import pytest

from advisor.deploy.deployment import Deployment
from advisor.deploy.shared import answer_in
from advisor.deploy.template import TEMPLATES, template_of, yaml_of
from tests.advisor.deploy.given import deployment

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
moto = pytest.importorskip("moto")

REGION = "us-east-1"
DIGEST = "sha256:" + "0" * 64


@contextmanager
def account_of_moto():
    """Stand in for AWS: one account for all stacks, which each leaves as it found it."""
    from tests.advisor.deploy.moto_shims import at, register

    with pytest.MonkeyPatch.context() as patch:
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(key, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        with moto.mock_aws():
            register()
            at.cache_clear()
            yield at(REGION)


@pytest.fixture(scope="module")
def account():
    with account_of_moto() as session:
        yield session


@pytest.fixture
def session(account):
    yield account
    account.client("cloudformation").delete_stack(StackName="stack")


def known_to_moto(template):
    """Return a template with a machine that moto knows: its list of types is an old one."""
    text = json.dumps(template)
    answer = answer_in(template)
    if answer["sku"].startswith("ml."):
        text = text.replace(answer["sku"], "ml.m5.large")
    return json.loads(text)


def parameters_for(session, template):
    vpc = session.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [s["SubnetId"] for s in session.client("ec2").describe_subnets()["Subnets"]][:2]
    given = {
        "ImageUri": f"123456789012.dkr.ecr.{REGION}.amazonaws.com/model@{DIGEST}",
        "ArtefactBucket": "bucket",
        "ModelKey": "study/models/first/model.tar.gz",
        "AlarmEmail": "team@example.com",
        "VpcId": vpc,
        "SubnetIds": ",".join(subnets),
        "CallerCidr": "10.0.0.0/8",
    }
    return [
        {"ParameterKey": name, "ParameterValue": given[name]} for name in template["Parameters"]
    ]


def deployed(session, template):
    """Create the stack and return what moto made of it, by logical name."""
    client = session.client("cloudformation")
    client.create_stack(
        StackName="stack",
        TemplateBody=yaml_of(template),
        Parameters=parameters_for(session, template),
        Capabilities=["CAPABILITY_IAM"],
    )
    told = client.describe_stack_resources(StackName="stack")["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in told}


def active_clusters(session):
    """Return how many clusters stand; a removed one is told of as inactive for a while."""
    ecs = session.client("ecs")
    told = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    return sum(each["status"] == "ACTIVE" for each in told)


def standing(session):
    """Return how many of each thing stand in the account."""

    def count(service, call, key, **given):
        return len(getattr(session.client(service), call)(**given)[key])

    scaling = "application-autoscaling"
    found = {
        "endpoints": count("sagemaker", "list_endpoints", "Endpoints"),
        "configs": count("sagemaker", "list_endpoint_configs", "EndpointConfigs"),
        "models": count("sagemaker", "list_models", "Models"),
        "alarms": count("cloudwatch", "describe_alarms", "MetricAlarms"),
        "schedules": count("scheduler", "list_schedules", "Schedules"),
        "roles": count("iam", "list_roles", "Roles"),
        "profiles": count("iam", "list_instance_profiles", "InstanceProfiles"),
        "topics": count("sns", "list_topics", "Topics"),
        "clusters": active_clusters(session),
        "tasks": count("ecs", "list_task_definitions", "taskDefinitionArns", status="ACTIVE"),
        "balancers": count("elbv2", "describe_load_balancers", "LoadBalancers"),
        "groups": count("elbv2", "describe_target_groups", "TargetGroups"),
        "doors": count("ec2", "describe_security_groups", "SecurityGroups"),
        "machines": count("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"),
        "machine templates": count("ec2", "describe_launch_templates", "LaunchTemplates"),
        "logs": count("logs", "describe_log_groups", "logGroups"),
        "functions": count("lambda", "list_functions", "Functions"),
        "budgets": count("budgets", "describe_budgets", "Budgets", AccountId="123456789012"),
    }
    for space in ("sagemaker", "ecs", "lambda"):
        for what, call, key in (
            ("targets", "describe_scalable_targets", "ScalableTargets"),
            ("policies", "describe_scaling_policies", "ScalingPolicies"),
        ):
            found[f"{space} {what}"] = count(scaling, call, key, ServiceNamespace=space)
    return found


@pytest.mark.parametrize("platform", TEMPLATES)
def test_a_stack_is_whole_says_the_answers_figures_fires_and_leaves_nothing(platform, session):
    template = known_to_moto(template_of(deployment(platform)))
    before = standing(session)

    made = deployed(session, template)
    assert {*made} == {*template["Resources"]}
    alarms = session.client("cloudwatch").describe_alarms(AlarmNamePrefix="stack-")["MetricAlarms"]
    wanted = [
        r["Properties"]["Threshold"]
        for r in template["Resources"].values()
        if r["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert sorted(a["Threshold"] for a in alarms) == pytest.approx(sorted(wanted))
    budget = session.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"][0]
    assert float(budget["BudgetLimit"]["Amount"]) == answer_in(template)["budget_usd_per_month"]
    fired = [
        said(session, made, name)
        for name, r in template["Resources"].items()
        if r["Type"] == "AWS::Scheduler::Schedule"
    ]
    assert all(fired)
    if "Endpoint" in made:
        name = made["Endpoint"].split("/")[-1]
        endpoint = session.client("sagemaker").describe_endpoint(EndpointName=name)
        assert endpoint["EndpointStatus"] == "InService"
        runtime = session.client("sagemaker-runtime")
        if platform == "sagemaker-async":
            runtime.invoke_endpoint_async(EndpointName=name, InputLocation="s3://bucket/in")
        else:
            runtime.invoke_endpoint(EndpointName=name, Body=b"[]")
    stopped(session)

    session.client("cloudformation").delete_stack(StackName="stack")
    assert standing(session) == before


def said(session, made, schedule):
    from tests.advisor.deploy.moto_shims import fire

    name = made[schedule][-64:]
    target = session.client("scheduler").get_schedule(Name=name)["Target"]
    if "EcsParameters" in target and "Machines" in made:
        machine_joins(session, made["Cluster"])
    answer = fire(session, name)
    if "EcsParameters" in target:
        return answer["tasks"] and not answer["failures"]
    return answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def machine_joins(session, cluster):
    """Let a machine register with the cluster, as its own agent would."""
    from moto.ec2.utils import generate_instance_identity_document

    ec2 = session.session.resource("ec2")
    made = ec2.create_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
    session.client("ecs").register_container_instance(
        cluster=cluster,
        instanceIdentityDocument=json.dumps(generate_instance_identity_document(made[0])),
    )


def stopped(session):
    """End what the schedules started: a stack cannot remove it."""
    ecs = session.client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        for task in ecs.list_tasks(cluster=cluster)["taskArns"]:
            ecs.stop_task(cluster=cluster, task=task)
        for machine in ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]:
            ecs.deregister_container_instance(
                cluster=cluster, containerInstance=machine, force=True
            )


def test_a_policy_of_a_fleet_that_follows_the_traffic_can_be_asked_for(session):
    template = template_of(deployment("ecs-fargate"))
    deployed(session, template)
    client = session.client("application-autoscaling")
    answer = answer_in(template)

    (target,) = client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    (policy,) = client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert target["MinCapacity"] == answer["fewest_replicas"]
    assert target["MaxCapacity"] == answer["replicas"]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == pytest.approx(answer["target_per_minute"])
    assert tracking["PredefinedMetricSpecification"]["ResourceLabel"].startswith("app/")


@pytest.mark.parametrize("platform", ["sagemaker-realtime", "sagemaker-async"])
def test_an_endpoint_that_follows_its_load_is_whole_too(platform, session):
    d = deployment(platform)
    following = {
        "scaling": "target-tracking",
        "fewest_replicas": 0 if platform == "sagemaker-async" else 1,
        "target_per_minute": 700.0,
    }
    option = type(d.option).model_validate({**d.option.model_dump(), **following})
    d = Deployment(study=d.study, answer=d.answer, option=option)
    template = known_to_moto(template_of(d))
    before = standing(session)

    made = deployed(session, template)
    assert {*made} == {*template["Resources"]}
    client = session.client("application-autoscaling")
    policies = client.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    kinds = sorted(p["PolicyType"] for p in policies)
    assert kinds == (["StepScaling"] if platform == "sagemaker-async" else []) + [
        "TargetTrackingScaling"
    ]
    session.client("cloudformation").delete_stack(StackName="stack")
    assert standing(session) == before


@pytest.mark.parametrize("platform", ["ecs-fargate-scheduled", "ecs-ec2-scheduled"])
def test_tasks_that_share_a_job_are_told_their_parts(platform, session):
    d = deployment(platform)
    option = type(d.option).model_validate({**d.option.model_dump(), "replicas": 3})
    template = template_of(Deployment(study=d.study, answer=d.answer, option=option))
    made = deployed(session, template)

    told = []
    for name in ("JobSchedule", "JobSchedule2", "JobSchedule3"):
        assert said(session, made, name)
        target = session.client("scheduler").get_schedule(Name=made[name][-64:])["Target"]
        (container,) = json.loads(target["Input"])["containerOverrides"]
        told.append(container["environment"][0]["value"])
    assert told == ["1/3", "2/3", "3/3"]
