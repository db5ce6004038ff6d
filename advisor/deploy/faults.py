"""The laws of a deployment, as one function that runs on every export.

Schema checkers find about a fifth of the faults that break a deployment or its price: these laws
hold a template against the answer that it tells in its metadata, and against traps that users of
CloudFormation met.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from advisor.deploy.laws_of_access import access_faults, metadata_faults
from advisor.deploy.laws_of_parts import part_faults
from advisor.deploy.laws_of_running import running_faults
from advisor.deploy.laws_of_watching import watching_faults
from advisor.deploy.laws_of_whole import whole_faults
from advisor.deploy.lines import line_faults
from advisor.deploy.shared import Json, answer_in

MOST_BYTES, MOST_DESCRIPTION_BYTES, MOST_RESOURCES = 51_200, 1_024, 500

UNTAGGED = {
    *("AWS::SNS::TopicPolicy", "AWS::IAM::InstanceProfile", "AWS::Scheduler::Schedule"),
    *("AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"),
    *("AWS::ElasticLoadBalancingV2::Listener", "AWS::ECS::ClusterCapacityProviderAssociations"),
    *("AWS::Lambda::Permission", "AWS::Lambda::Version", "AWS::Lambda::Alias"),
    "AWS::EC2::LaunchTemplate",
}
"""Types that take no tags, or take them elsewhere."""


def deployment_faults(template: Json) -> list[str]:
    """Return what is wrong with a template, a line each; empty where every law holds."""
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        return ["the template has no resources"]
    answer = template.get("Metadata", {}).get("AdvisorAnswer")
    if not isinstance(answer, dict):
        return ["the template does not tell its answer in Metadata.AdvisorAnswer"]
    laws = (
        _sizes, _references, _tags, _names, line_faults, running_faults, access_faults,
        metadata_faults, watching_faults, part_faults, whole_faults,
    )  # fmt: skip
    found: list[str] = []
    for law in laws:
        try:
            found += law(template)
        except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
            found.append(
                f"{law.__name__.strip('_')}: a part is missing or of another kind "
                f"({type(error).__name__}: {error})"
            )
    return found


def _sizes(template: Json) -> list[str]:
    from advisor.deploy.template import yaml_of

    found = []
    # JSON's marks make it the longer of the two: the slow writer is asked near the limit alone.
    size = len(json.dumps(template, indent=2))
    if size > MOST_BYTES:
        size = len(yaml_of(template).encode())
    if size > MOST_BYTES:
        found.append(f"the template has {size:,} bytes, a call takes {MOST_BYTES:,}")
    if len(template.get("Description", "").encode()) > MOST_DESCRIPTION_BYTES:
        found.append(f"the description is above {MOST_DESCRIPTION_BYTES:,} bytes")
    if "USD a month" not in template.get("Description", ""):
        found.append("the description does not tell the predicted month")
    if len(template["Resources"]) > MOST_RESOURCES:
        found.append(f"more than {MOST_RESOURCES} resources")
    return found


def references(part: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield where each reference stands and what it names: `Ref`, `GetAtt`, `Sub`, `DependsOn`."""
    if isinstance(part, list):
        for number, each in enumerate(part):
            yield from references(each, f"{at}[{number}]")
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        where = f"{at}.{key}".lstrip(".")
        if key == "Ref" and isinstance(value, str):
            yield where, value
        elif key == "Fn::GetAtt":
            yield where, value.split(".")[0] if isinstance(value, str) else str(value[0])
        elif key == "Fn::Sub":
            text = value if isinstance(value, str) else value[0]
            for name in re.findall(r"\$\{([^!}][^}]*)\}", text):
                yield where, name.split(".")[0]
        elif key == "DependsOn":
            for name in [value] if isinstance(value, str) else value:
                yield where, name
        else:
            yield from references(value, where)


def _references(template: Json) -> list[str]:
    known = {*template["Resources"], *template.get("Parameters", {})}
    found, used = [], set()
    parts = {key: template.get(key, {}) for key in ("Resources", "Outputs")}
    for where, name in references(parts):
        used.add(name)
        if name not in known and not name.startswith("AWS::"):
            found.append(f"{where}: names {name!r}, which is neither resource nor parameter")
    found += [
        f"the parameter {name} is asked for and never used"
        for name in template.get("Parameters", {})
        if name not in used
    ]
    for name in template.get("Parameters", {}):
        if template["Parameters"][name].get("Default") == "":
            found.append(f'the parameter {name} defaults to "", which is no value of anything')
    for name, resource in template["Resources"].items():
        for where, text in _texts(resource):
            if "${" in text and not where.endswith("Fn::Sub"):
                found.append(f"{name}.{where}: '${{' stands outside Fn::Sub and stays as it is")
    return found


def _texts(part: Any, at: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(part, str):
        yield at, part
    elif isinstance(part, list):
        for each in part:
            yield from _texts(each, at)
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _texts(value, f"{at}.{key}".lstrip("."))


def _tags(template: Json) -> list[str]:
    answer = answer_in(template)
    wanted = {"advisor:study": answer["study"], "advisor:platform": answer["platform"]}
    found = []
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        told = properties.get("Tags", properties.get("ResourceTags"))
        if resource["Type"] not in UNTAGGED and _pairs(told) != wanted:
            found.append(f"{name}: lacks the tags {wanted}, by which its bill is found")
        ecs = properties.get("Target", {}).get("EcsParameters")
        if ecs is not None and _pairs(ecs.get("Tags")) != wanted:
            found.append(f"{name}: the tasks that it starts lack the tags {wanted}")
        if resource["Type"] == "AWS::EC2::LaunchTemplate":
            data = properties["LaunchTemplateData"]
            told = {s["ResourceType"]: _pairs(s["Tags"]) for s in data.get("TagSpecifications", [])}
            found += [
                f"{name}: its {kind}s lack the tags {wanted}"
                for kind in ("instance", "volume")
                if told.get(kind) != wanted
            ]
            own = properties.get("TagSpecifications", [])
            if [(s.get("ResourceType"), _pairs(s.get("Tags"))) for s in own] != [
                ("launch-template", wanted)
            ]:
                found.append(f"{name}: lacks the tags {wanted} of its own")
        if resource["Type"] == "AWS::ECS::Service" and not properties.get("PropagateTags"):
            found.append(f"{name}: its tasks lack the tags: set PropagateTags")
        if isinstance(properties.get("Target", {}).get("Input"), dict):
            request = json.loads(properties["Target"]["Input"]["Fn::Sub"])
            if "LaunchTemplate" not in request and _pairs(request.get("Tags")) != wanted:
                found.append(f"{name}: what it starts lacks the tags {wanted}")
    return found


def _pairs(tags: Any) -> dict[str, Any]:
    if isinstance(tags, dict):
        return {k: v for k, v in tags.items() if str(k).startswith("advisor:")}
    found = {}
    for tag in tags or []:
        if str(tag.get("Key", "")).startswith("advisor:"):
            if tag.get("PropagateAtLaunch") is False:
                continue
            found[tag["Key"]] = tag["Value"]
    return found


GIVEN_NAMES = {
    "AWS::SageMaker::Model": "ModelName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::IAM::Role": "RoleName",
    "AWS::ECS::Service": "ServiceName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "Name",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name",
    "AWS::AutoScaling::AutoScalingGroup": "AutoScalingGroupName",
    "AWS::EC2::LaunchTemplate": "LaunchTemplateName",
}


def _names(template: Json) -> list[str]:
    """Return names that are given, which forbid the replacement that a release is."""
    return [
        f"{name}: {key} is given, and a release could not replace it: give none"
        for name, resource in template["Resources"].items()
        if (key := GIVEN_NAMES.get(resource["Type"], "")) and key in resource.get("Properties", {})
    ]
