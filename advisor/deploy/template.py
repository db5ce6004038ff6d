"""A deployment's template: the platform's own resources and what every one has, as YAML."""

import io
import json
import re
from collections.abc import Callable
from typing import Any, Final

from advisor.deploy import ecs, endpoints, jobs
from advisor.deploy.deployment import Deployment
from advisor.deploy.lines import caused_by
from advisor.deploy.schedules import buys_spot, retraining
from advisor.deploy.shared import (
    Json,
    att,
    guard_alarms,
    network_parameters,
    parameters,
    plain,
    ref,
    told,
    topic_and_budget,
)
from advisor.errors import AdvisorError

TEMPLATES: Final[dict[str, Callable[[Deployment], Json]]] = {
    "sagemaker-realtime": endpoints.realtime,
    "sagemaker-serverless": endpoints.serverless,
    "sagemaker-multi-model": endpoints.multi_model,
    "sagemaker-async": endpoints.asynchronous,
    "sagemaker-batch-transform": jobs.batch_transform,
    "sagemaker-processing": jobs.processing,
    "ecs-fargate": ecs.fargate_service,
    "ecs-ec2": ecs.ec2_service,
    "ecs-fargate-scheduled": ecs.fargate_jobs,
    "ecs-ec2-scheduled": ecs.ec2_jobs,
}
"""The resources of each platform."""

WITHOUT: Final[dict[str, str]] = {}
"""Platforms that have no template, and why."""

MOST_BYTES: Final = 51_200
"""Largest template that a call takes in its body; a larger one needs a bucket. [B]"""


def template_of(d: Deployment) -> Json:
    """Return the template of a deployment in plain dictionaries.

    Raises:
        AdvisorError: its platform has no template; says why.
    """
    name = d.option.platform
    if name not in TEMPLATES:
        why = WITHOUT.get(name, "no template of it is written yet")
        raise AdvisorError(f"{name}: {why}: name another with --platform")
    resources = {**topic_and_budget(d), **guard_alarms(d), **retraining(d), **TEMPLATES[name](d)}
    asked = parameters(d)
    used = json.dumps(resources)
    if "SubnetIds" in used:
        asked |= {k: v for k, v in network_parameters().items() if f'"{k}"' in used}
    if "CallerCidr" in used:
        asked["CallerCidr"] = {
            "Type": "String",
            "AllowedPattern": r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$",
            "Description": "Addresses that may call the model, such as 10.0.0.0/8",
        }
    asked = {k: v for k, v in asked.items() if re.search(rf'"{k}"|\$\{{{k}\}}', used)}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description(d),
        "Metadata": {"AdvisorAnswer": answered(d, resources)},
        "Parameters": asked,
        "Resources": resources,
        "Outputs": _outputs(resources),
    }


def description(d: Deployment) -> str:
    """Return the prediction in a line."""
    o = d.option
    p99 = (
        ""
        if o.p99_latency_ms is None or d.need_ms is None
        else (f", p99 {o.p99_latency_ms:.3g} ms of {d.need_ms:g} ms")
    )
    return plain(
        f"{d.slug}: {o.candidate} on {o.platform}, {o.sku} x {max(1, o.replicas)}, {o.region}: "
        f"AWS is predicted to bill {d.predicted_usd:,.2f} USD a month{p99}; "
        f"prices of {d.answer.prices.on}",
        most=1000,
        also=",;",
    )


def answered(d: Deployment, resources: Json) -> Json:
    """Return the answer's figures that the template must keep to: what its laws hold it against."""
    o, guard, place = d.option, d.answer.retraining.guard, d.training_place
    return told(
        {
            "study": d.slug,
            "candidate": plain(o.candidate, most=100),
            "platform": o.platform,
            "sku": o.sku,
            "region": o.region,
            "purchase": o.purchase,
            "replicas": o.replicas,
            "fewest_replicas": o.fewest_replicas if d.follows_traffic else o.replicas,
            "follows_traffic": d.follows_traffic,
            "target_per_minute": o.target_per_minute,
            "need_ms": d.need_ms,
            "predicted_usd_per_month": round(d.predicted_usd, 2),
            "budget_usd_per_month": d.budget_usd,
            "retrains_every_days": d.retrains_every_days,
            "trains_on": place.sku if place and d.retrains_every_days else None,
            "trains_on_spot": buys_spot(place) if place and d.retrains_every_days else None,
            "debt_threshold_usd": None if guard is None else round(guard.debt_threshold_usd, 2),
            "prices_on": str(d.answer.prices.on),
            "lines": caused_by(d.option, resources),
        }
    )


def _outputs(resources: Json) -> Json:
    found: Json = {"Topic": {"Description": "Where alarms go", "Value": ref("AlarmTopic")}}
    if "Endpoint" in resources:
        found["EndpointName"] = {
            "Description": "Name to invoke",
            "Value": att("Endpoint", "EndpointName"),
        }
    if "LoadBalancer" in resources:
        found["Address"] = {
            "Description": "POST /invocations here",
            "Value": {"Fn::Sub": "http://${LoadBalancer.DNSName}/invocations"},
        }
    return found


_PLAIN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_OTHER_MEANING = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}


def yaml_of(template: Json) -> str:
    """Return a template as YAML that 1.1 and 1.2 read alike: no anchors, no tags, same bytes."""
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import SafeRepresenter

    class Representer(SafeRepresenter):
        """Strings in quotes unless they can only be strings."""

        def ignore_aliases(self, data: Any) -> bool:
            """Say that nothing is written as an anchor, which CloudFormation refuses."""
            del data
            return True

    def text(representer: Any, value: str) -> Any:
        bare = _PLAIN_TEXT.fullmatch(value) and value.lower() not in _OTHER_MEANING
        style = None if bare else '"'
        return representer.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Representer.add_representer(str, text)
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = Representer
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 1_000_000
    yaml.allow_unicode = False
    out = io.StringIO()
    yaml.dump(template, out)
    return out.getvalue()
