"""What every template has: parameters, topic, budget, alarms, roles, and words made harmless."""

from typing import Any, Final

from advisor.deploy.deployment import Deployment

Json = dict[str, Any]

POLICY_VERSION: Final = "2012-10-17"
DAY_S: Final = 86_400
ALARM_WINDOWS: Final = 3
"""Periods of a minute in a row before an alarm, our choice: one slow minute wakes nobody."""
ERROR_SHARE: Final = 0.01
"""Share of requests that may fail before the alarm, our choice."""

DIGEST: Final = r"^[^\s@]+@sha256:[0-9a-f]{64}$"
KEY: Final = r"^[A-Za-z0-9][A-Za-z0-9!_.*'()/-]*$"


def ref(name: str) -> Json:
    """Return a reference to a resource or parameter."""
    return {"Ref": name}


def att(name: str, attribute: str) -> Json:
    """Return an attribute of a resource."""
    return {"Fn::GetAtt": [name, attribute]}


def sub(text: str) -> Json:
    """Return a text in which `${Name}` stands for a resource or parameter; ours, never a user's."""
    return {"Fn::Sub": text}


def plain(text: str, *, most: int, also: str = "") -> str:
    """Return a user's words as letters, digits and the marks that a tag, or a place, may have."""
    allowed = "_.:/=+-@ " + also
    kept = "".join(c if (c.isascii() and c.isalnum()) or c in allowed else "_" for c in text)
    return " ".join(kept.split())[:most].strip() or "_"


def tags(d: Deployment) -> list[Json]:
    """Return the tags by which a bill is held against the answer."""
    pairs = {"advisor:study": d.slug, "advisor:platform": d.option.platform}
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def tag_map(d: Deployment) -> Json:
    """Return the same tags as a mapping, which some resources want."""
    return {tag["Key"]: tag["Value"] for tag in tags(d)}


def parameters(d: Deployment) -> Json:
    """Return the parameters that every template asks for."""
    del d
    return {
        "ImageUri": {
            "Type": "String",
            "AllowedPattern": DIGEST,
            "ConstraintDescription": "name the image by its digest: REPOSITORY@sha256:...",
            "Description": "Image of the model server, by digest",
        },
        "ArtefactBucket": {
            "Type": "String",
            "AllowedPattern": r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
            "Description": "Bucket of models, training data, inputs and results",
        },
        "ModelKey": {
            "Type": "String",
            "AllowedPattern": KEY,
            "Description": "Key of model.tar.gz in the bucket; a release is a change of it",
        },
        "AlarmEmail": {
            "Type": "String",
            "AllowedPattern": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
            "Description": "Who is told of alarms",
        },
    }


def network_parameters() -> Json:
    """Return the parameters of what stands in a network of one's own."""
    return {
        "VpcId": {"Type": "AWS::EC2::VPC::Id", "Description": "Network"},
        "SubnetIds": {
            "Type": "List<AWS::EC2::Subnet::Id>",
            "Description": "Subnets in two zones or more, with a way to the registry and to S3",
        },
    }


def role(
    service: str, statements: list[Json], d: Deployment, *, managed: tuple[str, ...] = ()
) -> Json:
    """Return a role that one service takes on, with these rights and no other."""
    properties: Json = {
        "AssumeRolePolicyDocument": {
            "Version": POLICY_VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        "Tags": tags(d),
    }
    if managed:
        properties["ManagedPolicyArns"] = [
            sub(f"arn:${{AWS::Partition}}:iam::aws:policy/service-role/{name}") for name in managed
        ]
    if statements:
        properties["Policies"] = [
            {
                "PolicyName": "least",
                "PolicyDocument": {"Version": POLICY_VERSION, "Statement": statements},
            }
        ]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def allow(actions: list[str], resources: list[Any], **condition: Any) -> Json:
    """Return one statement of a policy."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **condition}


def in_bucket(*patterns: str) -> list[Json]:
    """Return the names of objects in the bucket."""
    return [sub(f"arn:${{AWS::Partition}}:s3:::${{ArtefactBucket}}/{one}") for one in patterns]


def reads_and_writes(d: Deployment, *, writes: tuple[str, ...] = ()) -> list[Json]:
    """Return the right to read the study's objects, and to write some of them."""
    found = [
        allow(["s3:GetObject"], in_bucket("${ModelKey}", f"{d.slug}/*")),
        allow(["s3:ListBucket"], [sub("arn:${AWS::Partition}:s3:::${ArtefactBucket}")]),
    ]
    if writes:
        found.append(allow(["s3:PutObject"], in_bucket(*(f"{d.slug}/{w}/*" for w in writes))))
    return found


def pulls_image() -> list[Json]:
    """Return the right to read the image, of which the login knows no resource."""
    repositories = sub("arn:${AWS::Partition}:ecr:*:${AWS::AccountId}:repository/*")
    return [
        allow(["ecr:GetAuthorizationToken"], ["*"]),
        allow(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], [repositories]),
    ]


def writes_logs(group: str) -> Json:
    """Return the right to write logs of one group."""
    name = f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{group}"
    return allow(
        ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [sub(f"{name}*")]
    )


def puts_metrics(namespaces: list[str]) -> Json:
    """Return the right to write metrics, which has no resource but a condition."""
    return allow(
        ["cloudwatch:PutMetricData"],
        ["*"],
        Condition={"StringEquals": {"cloudwatch:namespace": namespaces}},
    )


def alarm(what: str, d: Deployment, **properties: Any) -> Json:
    """Return an alarm that tells the topic."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": what,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [ref("AlarmTopic")],
            "Tags": tags(d),
            **properties,
        },
    }


def topic_and_budget(d: Deployment) -> Json:
    """Return where alarms go, and the budget of the predicted month."""
    publishers = {"Service": ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]}
    return {
        "AlarmTopic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {
                "Subscription": [{"Protocol": "email", "Endpoint": ref("AlarmEmail")}],
                "Tags": tags(d),
            },
        },
        "AlarmTopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [ref("AlarmTopic")],
                "PolicyDocument": {
                    "Version": POLICY_VERSION,
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": publishers,
                            "Action": "sns:Publish",
                            "Resource": ref("AlarmTopic"),
                            "Condition": {
                                "StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}
                            },
                        }
                    ],
                },
            },
        },
        "Budget": {
            "Type": "AWS::Budgets::Budget",
            "DependsOn": "AlarmTopicPolicy",
            "Properties": {
                "Budget": {
                    "BudgetType": "COST",
                    "TimeUnit": "MONTHLY",
                    "BudgetLimit": {"Amount": d.budget_usd, "Unit": "USD"},
                    "CostFilters": {"TagKeyValue": [f"user:advisor:study${d.slug}"]},
                },
                "NotificationsWithSubscribers": [
                    {
                        "Notification": {
                            "NotificationType": kind,
                            "ComparisonOperator": "GREATER_THAN",
                            "Threshold": 100,
                        },
                        "Subscribers": [{"SubscriptionType": "SNS", "Address": ref("AlarmTopic")}],
                    }
                    for kind in ("ACTUAL", "FORECASTED")
                ],
                "ResourceTags": tags(d),
            },
        },
    }


def guard_alarms(d: Deployment) -> Json:
    """Return the alarms of the guard: too much error debt, and no word of it at all.

    A day is the longest period of an alarm and seven days its longest window; a guard that scores
    less often has its value written again every day by the job.
    """
    guard = d.answer.retraining.guard
    if guard is None:
        return {}
    metric: Json = {
        "Namespace": f"Advisor/{d.slug}",
        "MetricName": "ErrorDebtUsd",
        "Period": DAY_S,
        "Statistic": "Maximum",
    }
    silent = min(7, max(1, round(2 * guard.period_days)))
    return {
        "GuardDebtAlarm": alarm(
            "The model's errors since its release have cost what two releases do: retrain early",
            d,
            **metric,
            EvaluationPeriods=1,
            Threshold=round(guard.debt_threshold_usd, 2),
        ),
        "GuardSilentAlarm": alarm(
            "No value of the guard came: a blind guard is no good news",
            d,
            **(metric | {"Statistic": "SampleCount"}),
            EvaluationPeriods=silent,
            DatapointsToAlarm=silent,
            Threshold=1,
            ComparisonOperator="LessThanThreshold",
            TreatMissingData="breaching",
        ),
    }


FIGURES: Final = (
    *("target_per_minute", "need_ms", "predicted_usd_per_month", "budget_usd_per_month"),
    *("debt_threshold_usd", "retrains_every_days"),
)
"""Figures of the answer in a template's metadata, each of which may be absent."""


def told(answer: Json) -> Json:
    """Return the answer as metadata can hold it, which take neither null nor fractions."""
    return {
        key: repr(value) if isinstance(value, float) else value
        for key, value in answer.items()
        if value is not None
    }


def answer_in(template: Json) -> Json:
    """Return the answer that a template tells in its metadata."""
    answer = template["Metadata"]["AdvisorAnswer"]
    figures = {key: None if key not in answer else float(answer[key]) for key in FIGURES}
    return {**answer, **figures}
