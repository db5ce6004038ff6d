"""`advisor deploy` as a stranger types it: written whole, the same twice, and held to later."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from advisor.cli import main
from advisor.deploy.files import NAMES
from tests.faces.pages import measured_study

pytestmark = pytest.mark.slow
ON = ["--on", "2026-11-21"]


def said(words, capsys):
    """Return exit code, output and errors of a command."""
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words)])
    out, err = capsys.readouterr()
    return ended.value.code or 0, out, err


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return measured_study(tmp_path_factory.mktemp("study"))


def held(folder):
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def test_the_same_answer_is_the_same_bytes_and_is_held_to(study, tmp_path, capsys):
    first, second = tmp_path / "one", tmp_path / "two"
    assert said(["deploy", study, "-o", first, *ON], capsys)[0] == 0
    code, out, _ = said(["deploy", study, "-o", second, "--json", *ON], capsys)
    assert code == 0
    assert json.loads(out)["files"] == sorted(NAMES)
    assert held(first) == held(second)
    assert {*held(first)} == {*NAMES}

    code, out, _ = said(["deploy", "diff", study, first, *ON], capsys)
    assert (code, out.split(":")[0]) == (0, "pass")
    louder = ["--set", "workload.requests_per_s=4000", "--set", "workload.peak_requests_per_s=9000"]
    code, out, _ = said(["deploy", "diff", study, first, *ON, *louder], capsys)
    assert (code, out.split(":")[0]) == (2, "fail")


def test_what_cannot_be_met_writes_nothing_and_exits_2(study, tmp_path, capsys):
    never = ["--set", "needs.max_p99_latency_ms=0.001"]
    code, _, err = said(["deploy", study, "-o", tmp_path / "no", *ON, *never], capsys)
    assert code == 2
    assert err
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "{}/out", "--platform", "sagemaker-realtme"], "sagemaker-realtime"),
        ([], "-o"),
        (["-o", "{}/mine"], "keep.txt"),
        (["-o", "{}/mine/keep.txt"], "keep.txt"),
    ],
)
def test_a_wrong_word_is_one_line_and_nothing_is_written(study, tmp_path, capsys, words, told):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "keep.txt").write_text("keep")
    given = [word.format(tmp_path) for word in words]
    code, _, err = said(["deploy", study, *given, *ON], capsys)
    assert code == 1
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert (tmp_path / "mine" / "keep.txt").read_text() == "keep"
    assert not (tmp_path / "out").exists()


def test_a_hostile_name_of_a_study_reaches_no_file(study, tmp_path, capsys):
    name = "${AWS::AccountId} {{resolve:ssm:/secret}} `rm -rf /` </script>"
    text = study.read_text()
    hostile = study.parent / "hostile.yaml"
    lines = [line for line in text.splitlines() if not line.startswith("name:")]
    hostile.write_text("\n".join([f"name: {json.dumps(name)}", *lines]))
    code, _, err = said(["deploy", hostile, "-o", tmp_path / "out", *ON], capsys)
    assert code == 0, err
    files = held(tmp_path / "out")
    json.loads(files.pop("guard.json"))  # the name, as JSON escapes it
    files = b"".join(files.values())
    for part in (b"${AWS::AccountId} {{", b"resolve:ssm:/secret", b"`rm -rf", b"</script>"):
        assert part not in files


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.2])
def test_a_killed_export_leaves_the_old_folder_or_the_new_one(study, tmp_path, after_s):
    folder = tmp_path / "deploy"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(b"old")
    before = held(folder)
    command = [sys.executable, "-m", "advisor", "deploy", str(study), "-o", str(folder), *ON]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # As near to the writing as can be seen from outside: the scratch folder beside it.
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if len([*tmp_path.iterdir()]) > 1:
            break
        time.sleep(0.001)
    time.sleep(after_s)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    found = held(folder)
    assert {*found} == {*NAMES}
    assert found == before or b"old" not in found.values()
