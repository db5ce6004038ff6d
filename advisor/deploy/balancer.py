"""What stands before a service of ECS: load balancer, groups, alarms, and what follows traffic."""

from advisor.deploy.deployment import Deployment
from advisor.deploy.shared import ALARM_WINDOWS, Json, alarm, att, ref, sub, tags

PORT = 8080
SCALE_OUT_WAIT_S, SCALE_IN_WAIT_S = 60, 300


def _group(d: Deployment, what: str, ingress: list[Json]) -> Json:
    return {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "GroupDescription": what,
            "VpcId": ref("VpcId"),
            "SecurityGroupIngress": ingress,
            "Tags": tags(d),
        },
    }


def balancer(d: Deployment, kind: str) -> Json:
    """Return a service's load balancer, groups and alarms; targets are by `ip` or `instance`."""
    low, high = (PORT, PORT) if kind == "ip" else (32768, 65535)
    port = "traffic-port"
    return {
        "BalancerSecurityGroup": _group(
            d,
            "Callers of the model",
            [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": ref("CallerCidr")}],
        ),
        "ServiceSecurityGroup": _group(
            d,
            "The load balancer alone",
            [
                {
                    "IpProtocol": "tcp",
                    "FromPort": low,
                    "ToPort": high,
                    "SourceSecurityGroupId": ref("BalancerSecurityGroup"),
                }
            ],
        ),
        "LoadBalancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {
                "Type": "application",
                "Scheme": "internet-facing",
                "SecurityGroups": [ref("BalancerSecurityGroup")],
                "Subnets": ref("SubnetIds"),
                "Tags": tags(d),
            },
        },
        "TargetGroup": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": {
                "Protocol": "HTTP",
                "Port": PORT,
                "TargetType": kind,
                "VpcId": ref("VpcId"),
                "HealthCheckPath": "/ping",
                "HealthCheckPort": port,
                "HealthCheckIntervalSeconds": 10,
                "HealthyThresholdCount": 2,
                "TargetGroupAttributes": [
                    {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
                ],
                "Tags": tags(d),
            },
        },
        "Listener": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener",
            "Properties": {
                "LoadBalancerArn": ref("LoadBalancer"),
                "Port": 80,
                "Protocol": "HTTP",
                "DefaultActions": [{"Type": "forward", "TargetGroupArn": ref("TargetGroup")}],
            },
        },
        **_alarms(d),
    }


def _alarms(d: Deployment) -> Json:
    name = "LoadBalancerFullName"
    metric: Json = {
        "Namespace": "AWS/ApplicationELB",
        "Dimensions": [{"Name": "LoadBalancer", "Value": att("LoadBalancer", name)}],
        "Period": 60,
        "EvaluationPeriods": ALARM_WINDOWS,
    }
    found = {
        "ErrorAlarm": alarm(
            "The service answers with errors of its own",
            d,
            **metric,
            MetricName="HTTPCode_Target_5XX_Count",
            Statistic="Sum",
            Threshold=0,
        )
    }
    if d.need_ms is not None:
        found["LatencyAlarm"] = alarm(
            f"p99 is above {d.need_ms:g} ms, which the study needs; the metric is in seconds",
            d,
            **metric,
            MetricName="TargetResponseTime",
            ExtendedStatistic="p99",
            Threshold=d.need_ms / 1e3,
        )
    return found


def following(d: Deployment) -> Json:
    """Return the policy that moves the tasks of a service, where the answer's move."""
    if not d.follows_traffic:
        return {}
    label = "${LoadBalancer.LoadBalancerFullName}/${TargetGroup.TargetGroupFullName}"
    return {
        "ScalableTarget": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "ecs",
                "ScalableDimension": "ecs:service:DesiredCount",
                "ResourceId": sub("service/${Cluster}/${Service.Name}"),
                "MinCapacity": d.option.fewest_replicas,
                "MaxCapacity": d.option.replicas,
            },
        },
        "ScalingPolicy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": f"{d.slug}-requests",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": ref("ScalableTarget"),
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": d.option.target_per_minute,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "ALBRequestCountPerTarget",
                        "ResourceLabel": sub(label),
                    },
                    "ScaleOutCooldown": SCALE_OUT_WAIT_S,
                    "ScaleInCooldown": SCALE_IN_WAIT_S,
                },
            },
        },
    }
