"""The container's whole life as processes in a clean folder: train, pack, serve, score."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from benchmarks.serving.objects import pack, unpack

pytestmark = pytest.mark.slow


def container(*words, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.serving.serve", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("family", ["linear", "torch_mlp"])
def test_train_then_serve_then_score_predict_the_same(tmp_path, family):
    frame = load_breast_cancer(as_frame=True).frame
    channel = tmp_path / "ml" / "input" / "data" / "training"
    channel.mkdir(parents=True)
    frame.to_csv(channel / "rows.csv", index=False)
    asked = {"candidate": family, "data": {"path": "rows.csv", "target": "target"}}
    (channel / "training.json").write_text(json.dumps(asked))

    trained = container("train", "--prefix", tmp_path / "ml", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    archive = pack(tmp_path / "ml" / "model", tmp_path / "model.tar.gz")

    inputs = tmp_path / "in"
    inputs.mkdir()
    features = frame.drop(columns="target")
    features.to_csv(inputs / "a.csv", index=False)
    features.to_parquet(inputs / "b.parquet")
    scored = container(
        *("score", "--input", inputs, "--output", tmp_path / "out"),
        cwd=tmp_path,
        ADVISOR_MODEL_URI=str(archive),
    )
    assert scored.returncode == 0, scored.stderr
    from_csv = pd.read_csv(tmp_path / "out" / "a.csv")["prediction"].tolist()
    from_parquet = pd.read_parquet(tmp_path / "out" / "b.parquet")["prediction"].tolist()

    served = ask(archive, features.head(50), cwd=tmp_path)
    assert from_csv == from_parquet
    assert served == from_csv[:50]
    assert sum(a == b for a, b in zip(from_csv, frame["target"], strict=True)) > 0.9 * len(frame)


def ask(archive, rows, *, cwd):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.serving.serve", "serve", "--host", "127.0.0.1"],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(Path.cwd()),
            "ADVISOR_MODEL_URI": str(archive),
            "SAGEMAKER_BIND_TO_PORT": str(port),
        },
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/ping", timeout=1).read()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        body = rows.to_csv(index=False, header=False).encode()
        request = urllib.request.Request(
            f"{address}/invocations", body, {"Content-Type": "text/csv"}
        )
        return json.loads(urllib.request.urlopen(request, timeout=10).read())["predictions"]
    finally:
        process.terminate()
        process.wait(10)


def test_what_is_missing_is_one_line(tmp_path):
    trained = container("train", "--prefix", tmp_path, cwd=tmp_path)
    assert trained.returncode == 1
    assert trained.stderr.count("\n") == 1
    assert "training.json" in trained.stderr

    scored = container("score", "--model", tmp_path, "--input", tmp_path, cwd=tmp_path)
    assert scored.returncode == 1
    assert "manifest.json" in scored.stderr


def test_an_archive_leaves_nothing_outside_its_folder(tmp_path):
    import tarfile

    from benchmarks.serving.objects import ObjectError

    (tmp_path / "x").write_text("x")
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "x", arcname="../../evil")
    with pytest.raises(ObjectError):
        unpack(tmp_path / "bad.tar.gz", tmp_path / "into")
    assert not (tmp_path.parent / "evil").exists()
