"""Python files that merely lie about are not run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes.isolation import Job, Worker

BAIT = "from pathlib import Path\nPath({proof!r}).touch()\nraise SystemExit(3)\n"
NAMES = ("statistics", "random", "json", "numpy", "sklearn", "torch", "uvicorn", "streamlit")


def lay_bait(folder: Path) -> Path:
    """Write files that are called like libraries; return what they would leave behind."""
    proof = folder / "PROOF"
    for name in NAMES:
        (folder / f"{name}.py").write_text(BAIT.format(proof=str(proof)))
    return proof


def mean_of_two():
    import random
    import statistics

    return {"mean": statistics.fmean([1, 2]), "random": random.__file__ or ""}


@pytest.mark.slow
@pytest.mark.parametrize("fresh", [False, True])
def test_a_trial_runs_no_file_that_lies_beside_the_study(fresh, tmp_path):
    proof = lay_bait(tmp_path)
    with Worker(thread_count=1, folder=tmp_path) as worker:
        done = worker.run(
            Job(function="tests.benchmarks.test_only_what_was_named:mean_of_two", fresh=fresh)
        )

    assert done.value["mean"] == 1.5, done.reason
    assert not proof.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "import sys; sys.argv = ['advisor', 'recommend']; import advisor.__main__"],
        ["-P", "-m", "advisor", "--version"],
        ["-P", "-m", "benchmarks.serving.serve", "--help"],
        ["-P", "-m", "benchmarks.serving.generator"],
    ],
)
def test_no_program_runs_a_file_of_the_working_folder(arguments, tmp_path):
    proof = lay_bait(tmp_path)
    root = str(Path(__file__).resolve().parents[2])
    subprocess.run(
        [sys.executable, *(arguments if arguments[0] == "-P" else ["-P", *arguments])],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        check=False,
    )

    assert not proof.exists()


def test_every_interpreter_that_the_product_starts_is_isolated():
    """`-P` keeps the working folder off `sys.path`."""
    root = Path(__file__).resolve().parents[2]
    bare = [
        f"{path.relative_to(root)}:{number}"
        for package in ("advisor", "benchmarks", "pricing", "evaluation")
        for path in sorted((root / package).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "sys.executable," in line.replace(" ", "") and '"-P"' not in line and "execv" not in line
    ]
    assert bare == []
