"""Laws of alarms, of the guard and of the budget: each in its unit, each heard by somebody."""

from collections.abc import Iterator

from advisor.deploy.deployment import BUDGET_FACTOR
from advisor.deploy.laws_of_running import of_type
from advisor.deploy.shared import Json, answer_in

PER_MS = {"ModelLatency": 1e3, "OverheadLatency": 1e3, "TimeInBacklog": 1.0, "Duration": 1.0,
          "TargetResponseTime": 1e-3}  # fmt: skip
"""Units of a latency metric in one millisecond."""

NAMESPACES = {
    "ModelLatency": "AWS/SageMaker",
    "TimeInBacklog": "AWS/SageMaker",
    "TargetResponseTime": "AWS/ApplicationELB",
    "Duration": "AWS/Lambda",
    "Invocation5XXErrors": "AWS/SageMaker",
    "InvocationsFailed": "AWS/SageMaker",
    "HTTPCode_Target_5XX_Count": "AWS/ApplicationELB",
    "HasBacklogWithoutCapacity": "AWS/SageMaker",
    "InvocationDroppedCount": "AWS/Scheduler",
    "Errors": "AWS/Lambda",
}


def watching_faults(template: Json) -> list[str]:
    """Return alarms that never ring, ring at the wrong value, or that nobody hears."""
    return [
        *_alarms(template),
        *_needed(template),
        *_quiet(template),
        *_guard(template),
        *_budget(template),
    ]


def _alarms(template: Json) -> Iterator[str]:
    for name, found in of_type(template, "CloudWatch::Alarm"):
        actions = found.get("AlarmActions")
        if not actions or any(not isinstance(action, dict) for action in actions):
            yield f"{name}: nobody hears it: its action is the stack's own topic"
        if ("Statistic" in found) == ("ExtendedStatistic" in found):
            yield f"{name}: has one statistic, or one quantile"
        if found["Period"] % 60:
            yield f"{name}: its period is whole minutes"
        if found["Period"] * found["EvaluationPeriods"] > 604_800:
            yield f"{name}: looks back further than seven days, which no alarm does"
        metric = found["MetricName"]
        if metric not in NAMESPACES and not found["Namespace"].startswith("Advisor/"):
            yield f"{name}: {metric} is no metric of a service that is deployed here"
        if metric in NAMESPACES and found["Namespace"] != NAMESPACES[metric]:
            yield f"{name}: {metric} is of {NAMESPACES[metric]}, not of {found['Namespace']}"
        yield from _watched(name, found)
        if not found.get("Dimensions") and not found["Namespace"].startswith("Advisor/"):
            yield f"{name}: without dimensions it watches nothing"
        if metric in {"ModelLatency", "Invocation5XXErrors"} and {
            d["Name"] for d in found.get("Dimensions", [])
        } != {"EndpointName", "VariantName"}:
            yield f"{name}: {metric} has an endpoint and a variant"


def _watched(name: str, found: Json) -> Iterator[str]:
    """Yield dimensions of things that are not of this stack."""
    for one in found.get("Dimensions", []):
        fixed = {"VariantName": "main", "ScheduleGroup": "default"}.get(one.get("Name"))
        if fixed is not None and one.get("Value") != fixed:
            yield f"{name}: watches {one.get('Value')!r}, which is not deployed"
        if fixed is None and not isinstance(one.get("Value"), dict):
            yield f"{name}: watches {one.get('Value')!r}, which is none of its resources"


def _needed(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    alarms = dict(of_type(template, "CloudWatch::Alarm"))
    if "ErrorAlarm" not in alarms:
        yield "nothing watches errors: ErrorAlarm is missing"
    need = answer["need_ms"]
    slow = alarms.get("LatencyAlarm")
    if (slow is None) != (need is None):
        yield "the study needs a latency and no alarm watches it, or the reverse"
    if slow is not None and need is not None:
        metric = slow["MetricName"]
        wanted = PER_MS.get(metric, 0.0) * need
        if abs(slow["Threshold"] - wanted) > 1e-9 * wanted or not wanted:
            yield f"LatencyAlarm: {slow['Threshold']} is not {need:g} ms in the unit of {metric}"
        if slow.get("ExtendedStatistic") != "p99":
            yield "LatencyAlarm: the need is of the 99th percentile"
        if not slow["ComparisonOperator"].startswith("GreaterThan"):
            yield "LatencyAlarm: rings while the service is fast enough"
    error = alarms.get("ErrorAlarm")
    if error and (error.get("Statistic") != "Sum" or error["ComparisonOperator"][0] != "G"):
        yield "ErrorAlarm: counts errors by their sum, and rings above it"


def _quiet(template: Json) -> Iterator[str]:
    """Yield alarms that ring without reason, or that tell somebody else."""
    alarms = dict(of_type(template, "CloudWatch::Alarm"))
    error, slow = alarms.get("ErrorAlarm"), alarms.get("LatencyAlarm")
    if error and (error["Threshold"] != 0 or error.get("TreatMissingData") != "notBreaching"):
        yield "ErrorAlarm: rings at the first error, and not while nobody asks"
    if slow and slow.get("TreatMissingData") != "notBreaching":
        yield "LatencyAlarm: a minute without requests is not a slow one"
    for name in {"ErrorAlarm", "LatencyAlarm", "GuardDebtAlarm", "GuardSilentAlarm"} & {*alarms}:
        if alarms[name].get("AlarmActions") != [{"Ref": "AlarmTopic"}]:
            yield f"{name}: does not tell the stack's topic"
        if name in {"ErrorAlarm", "LatencyAlarm"} and alarms[name]["EvaluationPeriods"] > 5:
            yield f"{name}: waits longer than five periods"


def _guard(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    alarms = dict(of_type(template, "CloudWatch::Alarm"))
    wanted = answer["debt_threshold_usd"]
    debt, silent = alarms.get("GuardDebtAlarm"), alarms.get("GuardSilentAlarm")
    if wanted is None:
        return
    if debt is None or silent is None:
        yield "the guard needs two alarms: too much debt, and no value at all"
        return
    for name, found in (("GuardDebtAlarm", debt), ("GuardSilentAlarm", silent)):
        where = (found["Namespace"], found["MetricName"])
        if where != (f"Advisor/{answer['study']}", "ErrorDebtUsd"):
            yield f"{name}: watches {where}, and the guard writes ErrorDebtUsd of the study"
    if debt["Threshold"] != wanted or debt["ComparisonOperator"] != "GreaterThanThreshold":
        yield f"GuardDebtAlarm: does not ring above the answer's {wanted} USD"
    if debt.get("Statistic") != "Maximum" or debt.get("TreatMissingData") != "notBreaching":
        yield "GuardDebtAlarm: rings at the largest debt of a day"
    if debt["EvaluationPeriods"] != 1:
        yield "GuardDebtAlarm: rings on the first day above its threshold"
    counts = (silent.get("Statistic"), silent["ComparisonOperator"], silent["Threshold"])
    if counts != ("SampleCount", "LessThanThreshold", 1):
        yield "GuardSilentAlarm: rings when a day has less than one value"
    if silent.get("DatapointsToAlarm") != silent["EvaluationPeriods"]:
        yield "GuardSilentAlarm: rings when every day of its window is silent"
    if silent.get("TreatMissingData") != "breaching":
        yield "GuardSilentAlarm: a value that is missing must ring: TreatMissingData: breaching"


def _budget(template: Json) -> Iterator[str]:
    answer = answer_in(template)
    budgets = dict(of_type(template, "Budgets::Budget"))
    if len(budgets) != 1:
        yield "the template has one budget"
    for name, found in budgets.items():
        limit = found["Budget"]["BudgetLimit"]
        wanted = max(0.01, round(BUDGET_FACTOR * answer["predicted_usd_per_month"], 2))
        if abs(limit["Amount"] - wanted) > 0.0151 or limit["Unit"] != "USD":
            yield f"{name}: {limit} is not {BUDGET_FACTOR} x the predicted month, {wanted} USD"
        if found["Budget"]["TimeUnit"] != "MONTHLY":
            yield f"{name}: the prediction is of a month"
        told = found["Budget"].get("CostFilters", {}).get("TagKeyValue", [])
        if told != [f"user:advisor:study${answer['study']}"]:
            yield f"{name}: counts the whole account: filter by the tag advisor:study"
        kinds = {
            each.get("Notification", {}).get("NotificationType")
            for each in found.get("NotificationsWithSubscribers", [])
        }
        if kinds != {"ACTUAL", "FORECASTED"}:
            yield f"{name}: tells of what was spent and of what is forecast"
        if template["Resources"][name].get("DependsOn") != "AlarmTopicPolicy":
            yield f"{name}: is refused before the topic lets it publish: DependsOn"
    yield from _topic(template)


def _topic(template: Json) -> Iterator[str]:
    publishers = [
        statement["Principal"].get("Service", [])
        for _, found in of_type(template, "SNS::TopicPolicy")
        for statement in found["PolicyDocument"]["Statement"]
    ]
    for service in ("budgets.amazonaws.com", "cloudwatch.amazonaws.com"):
        if not any(service in each for each in publishers):
            yield f"the topic does not let {service} publish"
    for name, found in of_type(template, "SNS::Topic"):
        if not found.get("Subscription"):
            yield f"{name}: nobody has subscribed to it"
        if "KmsMasterKeyId" in found:
            yield f"{name}: alarms cannot publish to a topic with AWS's own key"
