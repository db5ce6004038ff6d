"""CDK takes each template whole, where it and node are installed: no dependency of ours."""

import json
import shutil

import pytest

from advisor.deploy.template import TEMPLATES, template_of, yaml_of
from tests.advisor.deploy.given import deployment

pytestmark = pytest.mark.slow
aws_cdk = pytest.importorskip("aws_cdk")


@pytest.mark.skipif(shutil.which("node") is None, reason="CDK runs on node")
def test_each_template_goes_through_cfn_include_unchanged(tmp_path):
    from aws_cdk.cloudformation_include import CfnInclude

    app = aws_cdk.App(outdir=str(tmp_path / "out"))
    templates = {}
    for platform in TEMPLATES:
        template = templates[platform] = template_of(deployment(platform))
        path = tmp_path / f"{platform}.yaml"
        path.write_text(yaml_of(template))
        CfnInclude(aws_cdk.Stack(app, platform), "Model", template_file=str(path))
    app.synth()

    for platform, template in templates.items():
        made = json.loads((tmp_path / "out" / f"{platform}.template.json").read_text())
        assert {*made["Resources"]} - {"CDKMetadata"} == {*template["Resources"]}
        assert {*template["Parameters"]} <= {*made["Parameters"]}
