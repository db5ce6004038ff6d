"""The file for Kubernetes: it ends by itself, and its runs say what they ran on."""

import json

from ruamel.yaml import YAML

from benchmarks.remote.kubernetes import job_of, manifest
from benchmarks.storage.records import RentedMachine


def test_the_job_ends_by_itself_and_says_what_it_runs_on():
    text = manifest(
        job_of(
            name="advisor-0000abcd",
            image="my/bench",
            claim="study",
            commands=[["bench", "my study.yaml"], ["loadtest", "my study.yaml"]],
            ttl_s=1800,
            node_type="c8g.large",
            region="us-east-1",
            usd_per_hour=0.08,
        )
    )

    spec = YAML(typ="safe").load(text)["spec"]
    (container,) = spec["template"]["spec"]["containers"]

    assert (spec["activeDeadlineSeconds"], spec["backoffLimit"]) == (1800, 0)
    assert (
        container["command"][2]
        == "advisor bench 'my study.yaml' && advisor loadtest 'my study.yaml'"
    )
    rented = RentedMachine.model_validate(json.loads(container["env"][0]["value"]))
    assert (rented.target, rented.sku) == ("kubernetes", "c8g.large")
    assert spec["template"]["spec"]["nodeSelector"] == {
        "node.kubernetes.io/instance-type": "c8g.large"
    }
