"""From a scaled answer to a measured one, with real runs, on a cloud in a process of its own."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from advisor.cli import run as command
from benchmarks.remote import campaign
from benchmarks.remote.places import Bucket, Folder
from benchmarks.remote.sagemaker_processing import STORE, STUDY
from benchmarks.storage.store import RunStore
from tests.benchmarks.remote.given import SETTINGS, cloud, make_account

STUDY_FILE = """\
name: fraud
data:
  source: builtin:breast_cancer
candidates: [linear]
workload:
  requests_per_s: 400
needs:
  max_p99_latency_ms: 100
cloud:
  regions: [us-east-1]
  platforms: [sagemaker-realtime]
"""


class Service(threading.Thread):
    """What SageMaker does with a job: brings its input, runs its container, takes results home."""

    def __init__(self, folder, done):
        super().__init__(daemon=True)
        self.folder, self.done, self.error, self.name_of_job = folder, done, None, None

    def run(self):
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - told by the test
            self.error = error
        finally:
            Path(f"{self.done}.done-{self.name_of_job}").touch()

    def _run(self):
        sagemaker = cloud().client("sagemaker")
        name = None
        while name is None:
            found = sagemaker.list_processing_jobs(StatusEquals="InProgress")
            name = next((i["ProcessingJobName"] for i in found["ProcessingJobSummaries"]), None)
            time.sleep(0.2)
        self.name_of_job = name
        job = sagemaker.describe_processing_job(ProcessingJobName=name)
        there = {STUDY: self.folder / "study", STORE: self.folder / "store"}
        source = job["ProcessingInputs"][0]["S3Input"]
        place = Bucket(cloud(), source["S3Uri"])
        for file in place.names():
            Folder(there[source["LocalPath"]]).put(file, place.get(file))
        words = [
            str(there.get(word, word)) for word in job["AppSpecification"]["ContainerEntrypoint"]
        ]
        variables = job["Environment"]
        subprocess.run(
            [sys.executable, *words[1:]],
            env={**os.environ, **variables},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        output = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
        assert output["S3UploadMode"] == "Continuous"
        here = Folder(there[output["LocalPath"]])
        for file in here.names():
            Bucket(cloud(), output["S3Uri"]).put(file, here.get(file))


def answer(capsys, study):
    assert command(["recommend", str(study), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_a_scaled_answer_becomes_a_measured_one_and_says_why(aws, tmp_path, capsys, monkeypatch):
    make_account()
    monkeypatch.setattr(campaign, "POLL_S", 0.5)
    study = tmp_path / "study" / "advisor.yaml"
    study.parent.mkdir()
    study.write_text(STUDY_FILE)
    assert command(["bench", str(study), "--preset", "fast", "--device", "cpu"]) == 0
    capsys.readouterr()
    before = answer(capsys, study)
    target = "ml.c7i.large"
    then = next(one for one in before["ranked"] if one["sku"] == target)
    assert then["basis"] == "scaled"

    assert command(["remote", "plan", str(study), "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)["runs"]
    service = Service(tmp_path / "machine", aws.file)
    service.start()
    code = command(
        [
            *("remote", "run", str(study), "--on", target),
            *("--cap-usd", "1", "--bucket", "bench", "--region", "us-east-1", "--yes"),
            *("--preset", "fast", "--image", SETTINGS["image"], "--role", SETTINGS["role"]),
            "--json",
        ]
    )
    out, err = capsys.readouterr()
    service.join(10)
    assert service.error is None
    assert code == 0, err
    (told,) = json.loads(out)["runs"]
    after = answer(capsys, study)
    print(json.dumps(planned, indent=1), target, told, after["measured_there"])

    assert {"ml.c7g.large", "c7g.large"} & {one["sku"] for one in planned}
    assert told["end"] == "measured"
    assert told["added"] >= 1
    assert 0 < told["usd"] <= told["worst_usd"] <= 1
    runs = RunStore(study.parent / ".advisor").runs()
    assert [r.hardware.rented.sku for r in runs if r.hardware.rented] == [target]
    # Merged once more, nothing is added.
    store = tmp_path / "machine" / "store"
    assert command(["runs", "merge", str(store), "--into", str(study.parent / ".advisor")]) == 0
    assert "0 added" in capsys.readouterr().out
    now = next(one for one in after["ranked"] if one["sku"] == target)
    assert now["basis"] == "measured"
    there = next(one for one in after["measured_there"] if target in one["option"])
    assert there["sku"] == target
    assert there["high_ms"] / there["low_ms"] < there["before_high_ms"] / there["before_low_ms"]
    assert f"measured on {target}" in there["why"]
