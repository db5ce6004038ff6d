"""A Kubernetes job as a file for `kubectl`: its own deadline ends it."""

import shlex
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.compat import StringIO

from benchmarks.machine.host import RENTED
from benchmarks.storage.records import RentedMachine

KEPT_S = 3600
"""The finished job and its pod are taken away after that long. [s]"""


def job_of(
    *,
    name: str,
    image: str,
    claim: str,
    commands: Sequence[Sequence[str]],
    ttl_s: int,
    node_type: str,
    region: str,
    usd_per_hour: float,
) -> dict[str, Any]:
    """Return a job that measures a study on a volume.

    Args:
        name: of the job.
        image: the harness's.
        claim: volume claim that holds the study's folder; the store is written beside the study.
        commands: arguments of `advisor`, one after the other.
        ttl_s: `activeDeadlineSeconds`: it ends by itself after that long. [s]
        node_type: instance type of the nodes that it may run on.
        region: where they are.
        usd_per_hour: what such a node costs. [USD/h]
    """
    rented = RentedMachine(
        target="kubernetes", sku=node_type, region=region, usd_per_hour=usd_per_hour
    )
    script = " && ".join(shlex.join(["advisor", *words]) for words in commands)
    container = {
        "name": "advisor",
        "image": image,
        "command": ["sh", "-c", script],
        "workingDir": "/study",
        "env": [{"name": RENTED, "value": rented.model_dump_json()}],
        "volumeMounts": [{"name": "study", "mountPath": "/study"}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": {"app": "advisor"}},
        "spec": {
            "activeDeadlineSeconds": ttl_s,
            "ttlSecondsAfterFinished": KEPT_S,
            "backoffLimit": 0,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "nodeSelector": {"node.kubernetes.io/instance-type": node_type},
                    "containers": [container],
                    "volumes": [{"name": "study", "persistentVolumeClaim": {"claimName": claim}}],
                }
            },
        },
    }


def manifest(job: dict[str, Any]) -> str:
    """Return a job as YAML."""
    text = StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump(job, text)
    return str(text.getvalue())
