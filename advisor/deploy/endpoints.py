"""SageMaker's endpoints: real-time, serverless, several models, and with a queue before them."""

import math

from advisor.deploy.deployment import Deployment, serving_variables
from advisor.deploy.shared import (
    ALARM_WINDOWS,
    Json,
    alarm,
    att,
    pulls_image,
    puts_metrics,
    reads_and_writes,
    ref,
    role,
    sub,
    tags,
    writes_logs,
)

VARIANT = "main"
SERVERLESS_CONCURRENCY_CEILING = 200
SCALE_OUT_WAIT_S, SCALE_IN_WAIT_S = 60, 300


def realtime(d: Deployment) -> Json:
    """Return an endpoint of instances; a policy moves them where the answer's do."""
    return _endpoint(d, {"ProductionVariants": [_instances(d)]}, model=_model(d)) | _following(d)


def multi_model(d: Deployment) -> Json:
    """Return the same with models that are loaded when they are asked for."""
    model = _model(d)
    container = model["Properties"]["PrimaryContainer"]
    container["Mode"] = "MultiModel"
    container["ModelDataUrl"] = sub(f"s3://${{ArtefactBucket}}/{d.slug}/models/")
    return _endpoint(d, {"ProductionVariants": [_instances(d)]}, model=model) | _following(d)


def serverless(d: Deployment) -> Json:
    """Return an endpoint that is billed by request: memory is the answer's."""
    gib = math.ceil(float(d.option.sku.split()[0]))
    variant = {
        "VariantName": VARIANT,
        "ModelName": att("Model", "ModelName"),
        "InitialVariantWeight": 1,
        "ServerlessConfig": {"MemorySizeInMB": 1024 * gib, "MaxConcurrency": _concurrency(d)},
    }
    return _endpoint(d, {"ProductionVariants": [variant]}, model=_model(d))


def asynchronous(d: Deployment) -> Json:
    """Return an endpoint behind a queue, which wakes from zero by a step of its own."""
    config: Json = {
        "ProductionVariants": [_instances(d)],
        "AsyncInferenceConfig": {
            "OutputConfig": {"S3OutputPath": sub(f"s3://${{ArtefactBucket}}/{d.slug}/results/")},
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
        },
    }
    found = _endpoint(d, config, model=_model(d), writes=("results",))
    return found | _following_the_queue(d)


def _concurrency(d: Deployment) -> int:
    """Return how many requests are worked on at once at the peak, with room for half as many."""
    busy_s = (d.option.p99_latency_ms or 1000.0) / 1e3
    wanted = math.ceil(1.5 * d.study.workload.peak_per_s * busy_s) + 1
    return max(1, min(SERVERLESS_CONCURRENCY_CEILING, wanted))


def _instances(d: Deployment) -> Json:
    return {
        "VariantName": VARIANT,
        "ModelName": att("Model", "ModelName"),
        "InitialVariantWeight": 1,
        "InitialInstanceCount": max(1, d.option.replicas),
        "InstanceType": d.option.sku,
    }


def _model(d: Deployment) -> Json:
    return {
        "Type": "AWS::SageMaker::Model",
        "Properties": {
            "ExecutionRoleArn": att("ModelRole", "Arn"),
            "PrimaryContainer": {
                "Image": ref("ImageUri"),
                "ModelDataUrl": sub("s3://${ArtefactBucket}/${ModelKey}"),
                "Environment": serving_variables(d),
            },
            "Tags": tags(d),
        },
    }


def model_role(d: Deployment, *, writes: tuple[str, ...] = ()) -> Json:
    """Return the role of the container on SageMaker."""
    return role(
        "sagemaker.amazonaws.com",
        [
            *reads_and_writes(d, writes=writes),
            *pulls_image(),
            writes_logs("/aws/sagemaker/"),
            puts_metrics(["AWS/SageMaker", "/aws/sagemaker/Endpoints"]),
        ],
        d,
    )


def model(d: Deployment) -> Json:
    """Return one model as SageMaker knows it."""
    return _model(d)


def _endpoint(d: Deployment, config: Json, *, model: Json, writes: tuple[str, ...] = ()) -> Json:
    endpoint: Json = {"EndpointConfigName": att("EndpointConfig", "EndpointConfigName")}
    if d.follows_traffic:
        # Without it each release sets a scaled fleet back to its first size.
        endpoint["RetainAllVariantProperties"] = True
    return {
        "ModelRole": model_role(d, writes=writes),
        "Model": model,
        "EndpointConfig": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {**config, "Tags": tags(d)},
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {**endpoint, "Tags": tags(d)},
        },
        **_alarms(d),
    }


def _alarms(d: Deployment) -> Json:
    if d.facts.billing == "queue":
        metric = {"MetricName": "InvocationsFailed", "Dimensions": _dimensions(variant=False)}
        failing = "Requests of the queue fail"
        slow = {"MetricName": "TimeInBacklog", "Dimensions": _dimensions(variant=False)}
        unit_per_ms = 1.0
    else:
        metric = {"MetricName": "Invocation5XXErrors", "Dimensions": _dimensions()}
        failing = "The endpoint answers with errors of its own"
        slow = {"MetricName": "ModelLatency", "Dimensions": _dimensions()}
        unit_per_ms = 1e3
    found = {
        "ErrorAlarm": alarm(
            failing,
            d,
            Namespace="AWS/SageMaker",
            **metric,
            Period=60,
            Statistic="Sum",
            EvaluationPeriods=ALARM_WINDOWS,
            Threshold=0,
        )
    }
    if d.need_ms is not None:
        unit = "milliseconds" if unit_per_ms == 1 else "microseconds"
        found["LatencyAlarm"] = alarm(
            f"p99 is above {d.need_ms:g} ms, which the study needs; the metric is in {unit}",
            d,
            Namespace="AWS/SageMaker",
            **slow,
            Period=60,
            ExtendedStatistic="p99",
            EvaluationPeriods=ALARM_WINDOWS,
            Threshold=unit_per_ms * d.need_ms,
        )
    return found


def _dimensions(*, variant: bool = True) -> list[Json]:
    found = [{"Name": "EndpointName", "Value": att("Endpoint", "EndpointName")}]
    return found + ([{"Name": "VariantName", "Value": VARIANT}] if variant else [])


def _scalable(d: Deployment) -> Json:
    resource = sub(f"endpoint/${{Endpoint.EndpointName}}/variant/{VARIANT}")
    fewest = d.option.fewest_replicas if d.follows_traffic else 0
    return {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ResourceId": resource,
            "MinCapacity": fewest,
            "MaxCapacity": max(1, d.option.replicas),
        },
    }


def _policy(kind: str, name: str, configuration: Json) -> Json:
    key = "StepScaling" if kind == "StepScaling" else "TargetTrackingScaling"
    return {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyName": name,
            "PolicyType": kind,
            "ScalingTargetId": ref("ScalableTarget"),
            f"{key}PolicyConfiguration": configuration,
        },
    }


def _following(d: Deployment) -> Json:
    if not d.follows_traffic:
        return {}
    tracking = {
        "TargetValue": d.option.target_per_minute,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleOutCooldown": SCALE_OUT_WAIT_S,
        "ScaleInCooldown": SCALE_IN_WAIT_S,
    }
    policy = _policy("TargetTrackingScaling", f"{d.slug}-requests", tracking)
    return {"ScalableTarget": _scalable(d), "ScalingPolicy": policy}


def _following_the_queue(d: Deployment) -> Json:
    """Return both policies: backlog for each instance is no number while there is none."""
    if not d.follows_traffic:
        return {}
    dimensions = _dimensions(variant=False)
    metric = {
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Namespace": "AWS/SageMaker",
        "Dimensions": dimensions,
        "Statistic": "Average",
    }
    tracking = {
        "TargetValue": _backlog(d),
        "CustomizedMetricSpecification": metric,
        "ScaleOutCooldown": SCALE_OUT_WAIT_S,
        "ScaleInCooldown": SCALE_IN_WAIT_S,
    }
    step = {
        "AdjustmentType": "ChangeInCapacity",
        "MetricAggregationType": "Average",
        "Cooldown": SCALE_IN_WAIT_S,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    waking = alarm(
        "Requests wait and no instance runs: wakes one",
        d,
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=dimensions,
        Period=60,
        Statistic="Average",
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    waking["Properties"]["AlarmActions"] = [ref("WakingPolicy")]
    return {
        "ScalableTarget": _scalable(d),
        "ScalingPolicy": _policy("TargetTrackingScaling", f"{d.slug}-backlog", tracking),
        "WakingPolicy": _policy("StepScaling", f"{d.slug}-wake", step),
        "WakingAlarm": waking,
    }


def _backlog(d: Deployment) -> float:
    """Return how many requests may wait for each instance.

    The answer's, else as many as it answers in half of the time that one may take.
    """
    if d.option.target_per_minute is not None:
        return max(1.0, d.option.target_per_minute)
    service_s = max(1e-3, (d.option.p50_latency_ms or 1000.0) / 1e3)
    return float(max(1, math.floor(0.5 * (d.need_ms or 60_000.0) / 1e3 / service_s)))
