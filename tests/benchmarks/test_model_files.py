"""A model comes as a file without anything in it being run, unless the user trusts it."""

import os
import pickle

import joblib
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from advisor.errors import StudyError
from advisor.study.file import load_study
from benchmarks.errors import CandidateError
from benchmarks.families import Setup, resolve_candidates, source_text
from benchmarks.families.files import load_estimator
from benchmarks.families.user import make
from tests.benchmarks.factories import candidate

DATA = ([[0.0], [1.0], [2.0]], [0, 1, 1])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Booby:
    """What a hostile pickle holds: reading it runs a command."""

    def __reduce__(self):
        return os.mkdir, ("ran",)


def test_an_estimator_saved_with_skops_is_trained_anew(folder):
    skops.io.dump(LogisticRegression(C=0.25).fit(*DATA), folder / "model.skops")

    loaded = load_estimator("file:model.skops")

    assert loaded.C == 0.25
    assert not hasattr(loaded, "coef_")
    made = make(Setup(task="classification", kinds={"x": "number"}, import_path="file:model.skops"))
    assert isinstance(made, Pipeline)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.pt", "model.dat"])
def test_a_pickle_is_refused_before_it_is_read(folder, name):
    (folder / name).write_bytes(pickle.dumps(Booby()))

    with pytest.raises(CandidateError, match=f"trusted-file:{name}"):
        load_estimator(f"file:{name}")

    assert not (folder / "ran").exists()


def test_a_study_that_names_a_pickle_says_in_one_line_how_to_allow_it(folder):
    path = folder / "study.yaml"
    path.write_text(
        'data: {source: "builtin:wine"}\ncandidates: [{name: mine, import: model.pkl}]\n'
    )

    with pytest.raises(StudyError) as error:
        load_study(path)
    assert "model.pkl is a pickle, which can run any code" in str(error.value)
    assert str(error.value).endswith("import: 'trusted-file:model.pkl'")


def test_a_pickle_that_the_user_trusts_is_read(folder):
    joblib.dump(LogisticRegression(C=4.0), folder / "model.joblib")

    assert load_estimator("trusted-file:model.joblib").C == 4.0


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("gone.skops", None, "no such file"),
        ("model.onnx", b"x", "an ONNX graph cannot be trained here"),
        ("model.safetensors", b"x", "weights without their architecture"),
        ("model.skops", b"x", "cannot be read as skops"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(folder, name, content, expected):
    if content is not None:
        (folder / name).write_bytes(content)

    with pytest.raises(CandidateError, match=expected):
        load_estimator(f"file:{name}")


def test_something_else_than_an_estimator_is_refused(folder):
    skops.io.dump({"a": 1}, folder / "model.skops")

    with pytest.raises(CandidateError, match="holds a dict"):
        load_estimator("file:model.skops")


def test_a_study_names_a_file_and_a_change_of_it_is_measured_anew(folder):
    (folder / "advisor.yaml").write_text(
        "data: {source: 'builtin:wine'}\ncandidates: [{name: mine, import: 'file:model.skops'}]\n"
    )
    (entry,) = load_study(folder / "advisor.yaml").candidates
    (own,) = resolve_candidates([(entry.name, entry.import_path)], task="classification")
    assert own.import_path == "file:model.skops"

    (folder / "model.skops").write_bytes(b"one")
    before = source_text(own, folder)
    (folder / "model.skops").write_bytes(b"two")

    assert before != source_text(own, folder) != ""
    assert not source_text(candidate(family="import", import_path="file:gone.skops"), folder)
