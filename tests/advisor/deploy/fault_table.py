"""Known faults put into the templates one at a time, and which check finds each.

`python -m tests.advisor.deploy.fault_table` prints the table of docs/how-to/deploy.md. The laws
were written knowing such faults: their share is no estimate of their power, for which
`python -m tests.advisor.deploy.fault_table --mutants` spoils every place of every template.
"""

import json
import sys
import tempfile
import warnings
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from advisor.deploy.faults import deployment_faults
from advisor.deploy.template import TEMPLATES, template_of, yaml_of
from tests.advisor.deploy.given import deployment
from tests.advisor.deploy.mutants import mutants


def properties(name):
    """Return an editor of a resource's properties."""
    return lambda t: t["Resources"][name]["Properties"]


def put(name, path, value):
    """Return a fault: a value at a place of a resource's properties, or its absence."""

    def fault(template):
        part = properties(name)(template)
        *way, last = path
        for key in way:
            part = part[key]
        if value is GONE:
            del part[last]
        else:
            part[last] = value

    return fault


def without(name):
    """Return a fault: a resource is missing."""
    return lambda t: t["Resources"].pop(name)


def request(name, **changes):
    """Return a fault in what a schedule calls."""

    def fault(template):
        target = properties(name)(template)["Target"]
        asked = json.loads(target["Input"]["Fn::Sub"])
        for key, value in changes.items():
            asked.pop(key) if value is GONE else asked.update({key: value})
        target["Input"]["Fn::Sub"] = json.dumps(asked)

    return fault


def more(name, **resource):
    """Return a fault: a resource too many."""
    return lambda t: t["Resources"].update({name: resource})


def resource(name, **changes):
    """Return a fault beside the properties."""

    def fault(template):
        for key, value in changes.items():
            template["Resources"][name].pop(key) if value is GONE else template["Resources"][
                name
            ].update({key: value})

    return fault


GONE = object()
WRONG = "no-such-thing"
REAL, ASYNC, MULTI = "sagemaker-realtime", "sagemaker-async", "sagemaker-multi-model"
LESS, BATCH, PROC = "sagemaker-serverless", "sagemaker-batch-transform", "sagemaker-processing"
FARGATE, EC2 = "ecs-fargate", "ecs-ec2"
TASKS, MACHINES = "ecs-fargate-scheduled", "ecs-ec2-scheduled"
TRACKING = "TargetTrackingScalingPolicyConfiguration"
STATEMENT = ("Policies", 0, "PolicyDocument", "Statement", 0)
DESIRED = ("EcsParameters",)

FAULTS = (
    ("service does not depend on its listener", FARGATE, resource("Service", DependsOn=GONE)),
    ("DesiredCount with autoscaling", FARGATE, put("Service", ["DesiredCount"], 3)),
    ("model's name given", REAL, put("Model", ["ModelName"], "m")),
    ("endpoint config's name given", REAL, put("EndpointConfig", ["EndpointConfigName"], "c")),
    ("role's name given", REAL, put("ModelRole", ["RoleName"], "r")),
    ("latency alarm in milliseconds", REAL, put("LatencyAlarm", ["Threshold"], 80)),
    ("latency alarm of a balancer in ms", FARGATE, put("LatencyAlarm", ["Threshold"], 80)),
    ("latency alarm of the mean", REAL, put("LatencyAlarm", ["ExtendedStatistic"], "p50")),
    ("alarm without a hearer", REAL, put("ErrorAlarm", ["AlarmActions"], [])),
    ("alarm action is empty text", REAL, put("ErrorAlarm", ["AlarmActions"], [""])),
    ("alarm of a metric that is none", REAL, put("ErrorAlarm", ["MetricName"], "Errors5xx")),
    ("alarm without its variant", REAL, put("LatencyAlarm", ["Dimensions", 1], GONE)),
    ("missing guard value is fine", REAL,
     put("GuardSilentAlarm", ["TreatMissingData"], "notBreaching")),
    ("guard's threshold doubled", REAL, put("GuardDebtAlarm", ["Threshold"], 99999.0)),
    ("no alarm of silence", REAL, without("GuardSilentAlarm")),
    ("budget of 10 times", REAL, put("Budget", ["Budget", "BudgetLimit", "Amount"], 9999.0)),
    ("budget of the whole account", REAL, put("Budget", ["Budget", "CostFilters"], GONE)),
    ("budget of a day", REAL, put("Budget", ["Budget", "TimeUnit"], "DAILY")),
    ("topic refuses the budget", REAL, without("AlarmTopicPolicy")),
    ("topic with AWS's own key", REAL, put("AlarmTopic", ["KmsMasterKeyId"], "alias/aws/sns")),
    ("another machine", REAL,
     put("EndpointConfig", ["ProductionVariants", 0, "InstanceType"], "ml.m5.large")),
    ("a machine that is none", REAL,
     put("EndpointConfig", ["ProductionVariants", 0, "InstanceType"], "ml.m5.huge")),
    ("one machine too many", REAL,
     put("EndpointConfig", ["ProductionVariants", 0, "InitialInstanceCount"], 7)),
    ("half a GiB of memory", LESS,
     put("EndpointConfig", ["ProductionVariants", 0, "ServerlessConfig", "MemorySizeInMB"], 512)),
    ("concurrency above the ceiling", LESS,
     put("EndpointConfig", ["ProductionVariants", 0, "ServerlessConfig", "MaxConcurrency"], 900)),
    ("no queue", ASYNC, put("EndpointConfig", ["AsyncInferenceConfig"], GONE)),
    ("a file for several models", MULTI,
     put("Model", ["PrimaryContainer", "ModelDataUrl"], {"Fn::Sub": "s3://${ArtefactBucket}/m.gz"})),
    ("mode of several models is missing", MULTI, put("Model", ["PrimaryContainer", "Mode"], GONE)),
    ("scaling target is of another metric", FARGATE,
     put("ScalingPolicy", [TRACKING, "PredefinedMetricSpecification", "PredefinedMetricType"],
         "ECSServiceAverageCPUUtilization")),
    ("scaling target is off by 60", FARGATE, put("ScalingPolicy", [TRACKING, "TargetValue"], 72.3)),
    ("fewest above most", FARGATE, put("ScalableTarget", ["MinCapacity"], 9)),
    ("policy without its target", FARGATE, without("ScalableTarget")),
    ("rights on everything", REAL, put("ModelRole", [*STATEMENT, "Resource"], ["*"])),
    ("every action of S3", REAL, put("ModelRole", [*STATEMENT, "Action"], ["s3:*"])),
    ("role handed to any service", BATCH,
     put("RetrainingScheduleRole", ["Policies", 0, "PolicyDocument", "Statement", -1, "Condition"],
         GONE)),
    ("role that nobody can take on", REAL,
     put("ModelRole", ["AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service"],
         "ec2.amazonaws.com")),
    ("open to the world", FARGATE,
     put("BalancerSecurityGroup", ["SecurityGroupIngress", 0, "CidrIp"], "0.0.0.0/0")),
    ("tasks reached past the balancer", FARGATE,
     put("ServiceSecurityGroup", ["SecurityGroupIngress", 0],
         {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "CidrIp": "10.0.0.0/8"})),
    ("metadata without a token", EC2,
     put("Machine", ["LaunchTemplateData", "MetadataOptions", "HttpTokens"], "optional")),
    ("Fargate's memory does not fit", FARGATE, put("Task", ["Memory"], "4096")),
    ("a size of Fargate that is none", FARGATE, put("Task", ["Cpu"], "300")),
    ("health check at /", FARGATE, put("TargetGroup", ["HealthCheckPath"], "/")),
    ("host port 0 and a fixed check", EC2, put("TargetGroup", ["HealthCheckPort"], "8080")),
    ("targets by address in bridge mode", EC2, put("TargetGroup", ["TargetType"], "ip")),
    ("capacity provider without protection", EC2,
     put("Machines", ["NewInstancesProtectedFromScaleIn"], GONE)),
    ("fewer machines than replicas", EC2, put("Machines", ["MaxSize"], "1")),
    ("cluster without its capacity", EC2, without("ClusterCapacity")),
    ("logs kept for ever", FARGATE, put("LogGroup", ["RetentionInDays"], GONE)),
    ("container insights", FARGATE,
     put("Cluster", ["ClusterSettings", 0, "Value"], "enabled")),
    ("no tags", REAL, put("Endpoint", ["Tags"], GONE)),
    ("tags of another study", FARGATE, put("Service", ["Tags", 0, "Value"], "other")),
    ("what a job starts has no tags", PROC, request("JobSchedule", Tags=GONE)),
    ("job's name used twice", BATCH, request("JobSchedule", TransformJobName="job")),
    ("job that never ends", PROC, request("JobSchedule", StoppingCondition=GONE)),
    ("a parameter that the call has not", PROC, request("JobSchedule", Colour="red")),
    ("retraining every day", REAL,
     put("RetrainingSchedule", ["ScheduleExpression"], "rate(1 day)")),
    ("rate of one days", REAL, put("RetrainingSchedule", ["ScheduleExpression"], "rate(1 days)")),
    ("no retraining", REAL, without("RetrainingSchedule")),
    ("a schedule without its right", TASKS,
     put("JobScheduleRole", ["Policies", 0, "PolicyDocument", "Statement", 0], GONE)),
    ("two tasks score the same files", TASKS,
     put("JobSchedule", ["Target", "EcsParameters", "TaskCount"], 2)),
    ("machines without spot", MACHINES,
     put("Machine", ["LaunchTemplateData", "InstanceMarketOptions"], GONE)),
    ("a database that nobody priced", REAL,
     more("Table", Type="AWS::RDS::DBInstance", Properties={"Engine": "postgres"})),
    ("a second endpoint that nobody priced", FARGATE,
     more("NatGateway", Type="AWS::EC2::NatGateway", Properties={"SubnetId": "subnet-1"})),
    ("reference to nothing", REAL,
     put("Model", ["ExecutionRoleArn"], {"Fn::GetAtt": [WRONG, "Arn"]})),
    ("attribute that is none", REAL,
     put("Endpoint", ["EndpointConfigName"], {"Fn::GetAtt": ["EndpointConfig", "Name"]})),
    ("image by a tag", REAL,
     lambda t: t["Parameters"]["ImageUri"].pop("AllowedPattern")),
    ("kept when the stack goes", FARGATE, resource("LogGroup", DeletionPolicy="Retain")),
)  # fmt: skip


def by_laws(template):
    """Say whether our own laws find something."""
    return bool(deployment_faults(template))


def by_validate(template):
    """Say whether AWS's own checker finds something."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        path.write_text(yaml_of(template))
        report = _engine().validate_template(str(path))
    return any(d.severity.name != "INFO" for d in report.diagnostics)


@lru_cache
def _engine():
    import cloudformation_validate

    return cloudformation_validate.RegoEngine()


def by_lint(template):
    """Say whether cfn-lint finds something."""
    from cfnlint.api import lint

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(lint(yaml_of(template), None, None))


def by_moto(template, session):
    """Say whether the stand-in of AWS refuses the stack or one of its scheduled calls."""
    from tests.advisor.deploy.test_moto import deployed, known_to_moto, said, stopped

    try:
        template = known_to_moto(template)
        made = deployed(session, template)
        whole = {*made} == {*template["Resources"]}
        fired = all(
            said(session, made, name)
            for name, one in template["Resources"].items()
            if one["Type"] == "AWS::Scheduler::Schedule"
        )
    except Exception:  # noqa: BLE001 - a refusal of any kind is what is asked for
        return True
    else:
        return not (whole and fired)
    finally:
        with suppress(Exception):  # moto trips over tasks of machines that a fault took away
            stopped(session)
        session.client("cloudformation").delete_stack(StackName="stack")


def spoilt(platform, fault):
    """Return a platform's template with a fault."""
    template = json.loads(json.dumps(template_of(deployment(platform))))
    fault(template)
    return template


def print_table():
    """Print each fault and what found it, and the shares."""
    from tests.advisor.deploy.test_moto import account_of_moto

    names = ("cloudformation-validate", "cfn-lint", "moto", "laws")
    counts = dict.fromkeys((*names, "without laws", "all"), 0)
    print(f"| fault | platform | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    with account_of_moto() as session:
        for what, platform, fault in FAULTS:
            template = spoilt(platform, fault)
            found = (
                by_validate(template), by_lint(template), by_moto(template, session),
                by_laws(template),
            )  # fmt: skip
            for name, one in zip(names, found, strict=True):
                counts[name] += one
            counts["without laws"] += any(found[:3])
            counts["all"] += any(found)
            print(f"| {what} | {platform} | {' | '.join('x' if f else '' for f in found)} |")
    print()
    for name, count in counts.items():
        print(f"{name}: {count} of {len(FAULTS)}, {count / len(FAULTS):.0%}")


def print_mutants():
    """Print the share of all places that the laws find spoilt, for each platform."""
    total = found = 0
    for platform in TEMPLATES:
        told = [bool(deployment_faults(t)) for _, t in mutants(template_of(deployment(platform)))]
        total, found = total + len(told), found + sum(told)
        print(
            f"{platform}: {sum(told):,} of {len(told):,}, {sum(told) / len(told):.1%}", flush=True
        )
    print(f"all: {found:,} of {total:,}, {found / total:.1%}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print_mutants() if "--mutants" in sys.argv else print_table()
