"""Every platform's template: clean for two checkers, lawful, the answer's own, the same bytes."""

import json
import re

import pytest
import yaml

from advisor.deploy.deployment import Deployment
from advisor.deploy.faults import deployment_faults
from advisor.deploy.files import NAMES, deployment_files
from advisor.deploy.shared import answer_in
from advisor.deploy.template import MOST_BYTES, TEMPLATES, WITHOUT, template_of, yaml_of
from advisor.platforms import PLATFORMS
from tests.advisor.deploy.given import deployment


def test_each_platform_has_a_template_or_says_why_not():
    assert {*TEMPLATES, *WITHOUT} == {*PLATFORMS}
    assert not {*TEMPLATES} & {*WITHOUT}


@pytest.mark.parametrize("platform", TEMPLATES)
def test_the_laws_hold_and_yaml_reads_back_alike_in_both_of_its_versions(platform):
    template = template_of(deployment(platform))
    text = yaml_of(template)

    assert deployment_faults(template) == []
    assert yaml.safe_load(text) == template
    assert "&id" not in text
    assert not re.search(r"(: |- )[!&*]", text)
    assert len(text) <= MOST_BYTES
    assert yaml_of(template_of(deployment(platform))) == text


@pytest.mark.parametrize("platform", TEMPLATES)
def test_figures_are_the_answers_own(platform):
    d = deployment(platform)
    resources = template_of(d)["Resources"]
    o = d.option

    aws = sum(line.usd_per_month for line in o.lines if line.is_aws)
    assert resources["Budget"]["Properties"]["Budget"]["BudgetLimit"]["Amount"] == pytest.approx(
        1.2 * aws, abs=0.006
    )
    schedule = resources.get("RetrainingSchedule")
    days = d.answer.retraining.interval_days
    if days is None:
        assert schedule is None
    else:
        assert schedule["Properties"]["ScheduleExpression"] == f"rate({round(days)} days)"
    assert ("ScalableTarget" in resources) == (o.scaling == "target-tracking")
    if "ScalableTarget" in resources:
        target = resources["ScalableTarget"]["Properties"]
        assert (target["MinCapacity"], target["MaxCapacity"]) == (o.fewest_replicas, o.replicas)
        tracking = resources["ScalingPolicy"]["Properties"][
            "TargetTrackingScalingPolicyConfiguration"
        ]
        assert tracking["TargetValue"] == o.target_per_minute
    slow = resources.get("LatencyAlarm")
    if slow is not None:
        need = d.study.needs.max_p99_latency_ms
        unit = {"ModelLatency": 1000, "TargetResponseTime": 0.001, "TimeInBacklog": 1}
        metric = slow["Properties"]["MetricName"]
        assert slow["Properties"]["Threshold"] == pytest.approx(need * unit[metric])


def test_aws_own_checker_finds_nothing(tmp_path):
    checker = pytest.importorskip("cloudformation_validate").RegoEngine()
    found = {}
    for platform in TEMPLATES:
        path = tmp_path / f"{platform}.yaml"
        path.write_text(yaml_of(template_of(deployment(platform))))
        report = checker.validate_template(str(path))
        found[platform] = [d.message for d in report.diagnostics if d.severity.name != "INFO"]

    assert found == {platform: [] for platform in TEMPLATES}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_cfn_lint_finds_nothing():
    from cfnlint.api import lint

    found = {
        platform: [str(m) for m in lint(yaml_of(template_of(deployment(platform))), None, None)]
        for platform in TEMPLATES
    }

    assert found == {platform: [] for platform in TEMPLATES}


@pytest.mark.parametrize("platform", TEMPLATES)
def test_every_line_that_aws_bills_names_what_causes_it(platform):
    d = deployment(platform)
    template = template_of(d)
    lines = answer_in(template)["lines"]

    billed = [line for line in d.option.lines if line.is_aws and line.quote and line.usd_per_month]
    assert len(lines) == len(billed)
    assert all(lines.values())


def test_files_are_whole_and_the_guard_is_the_answers(tmp_path):
    d = deployment("ecs-fargate")
    files = deployment_files(d)

    assert tuple(files) == NAMES
    assert files == deployment_files(d)
    assert json.loads(files["guard.json"]) == json.loads(d.answer.retraining.guard.guard_json)
    asked = {p["ParameterKey"] for p in json.loads(files["parameters.json"])}
    assert asked == {*template_of(d)["Parameters"]}


HOSTILE = [
    "${AWS::AccountId}",
    "x\nResources: {}",
    '"}],"Action":"*"',
    "*/../../etc",
    "<script>alert(1)</script>",
    "データ" * 20,
    "&anchor *alias !Sub",
    "a" * 100,
    "9 lives",
    "{{resolve:ssm:/secret}}",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("platform", ["sagemaker-processing", "ecs-ec2"])
def test_a_hostile_name_reaches_no_file_unescaped(platform, name):
    d = deployment(platform)
    study = type(d.study).model_validate({**d.study.model_dump(), "name": name})
    option = type(d.option).model_validate({**d.option.model_dump(), "candidate": name})
    hostile = Deployment(study=study, answer=d.answer, option=option)
    template = template_of(hostile)
    files = deployment_files(hostile)

    assert deployment_faults(template) == []
    assert yaml.safe_load(files["template.yaml"]) == template
    same = template_of(d)
    assert {*template["Resources"]} == {*same["Resources"]}
    ours = b"".join(deployment_files(d).values())
    if name.encode() not in ours and re.search(r"[^a-zA-Z0-9 ]", name):
        assert not any(
            name.encode() in content for file, content in files.items() if file != "training.json"
        )
    slug = hostile.slug
    assert slug[0].isalpha()
    assert len(slug) <= 38
    assert slug.replace("-", "").isalnum()
    assert slug.isascii()
