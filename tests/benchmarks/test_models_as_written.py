"""Users' models as people write them: delegating estimators, names of columns, helper modules."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    RandomForestClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
)
from sklearn.feature_selection import RFE
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from benchmarks.families import Setup, source_text
from benchmarks.families.files import is_estimator
from benchmarks.families.user import make, names_columns
from benchmarks.storage.records import Candidate

PARTS = [("linear", LogisticRegression()), ("forest", RandomForestClassifier(5, random_state=0))]


@pytest.mark.parametrize(
    "made",
    [
        StackingClassifier(PARTS, cv=3),
        StackingRegressor([("a", LinearRegression()), ("b", Ridge())]),
        make_pipeline(StandardScaler(), StackingClassifier(PARTS, cv=3)),
        GridSearchCV(LogisticRegression(), {"C": [1.0, 2.0]}),
        VotingClassifier(PARTS, voting="soft"),
        RFE(LogisticRegression()),
        LinearSVC(),
    ],
    ids=lambda made: type(made).__name__,
)
def test_an_estimator_that_delegates_is_one_before_it_is_fitted(made):
    assert is_estimator(made)


@pytest.mark.parametrize("made", [StandardScaler(), StackingClassifier, object(), "model", len])
def test_what_does_not_predict_is_no_estimator(made):
    assert not is_estimator(made)


def rows(count=200):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(count, 3))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int)


def own(tmp_path, monkeypatch, text, name="written"):
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    kinds = dict.fromkeys(["a", "b", "d"], "number")
    return make(
        Setup(task="classification", kinds=kinds, class_count=2, import_path=f"{name}:model")
    )


STACKED = """
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
def model():
    return StackingClassifier([("l", LogisticRegression()), ("t", DecisionTreeClassifier())], cv=3)
"""
NAMED = """
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
def model():
    pick = ColumnTransformer([("scaled", StandardScaler(), {columns})], remainder="passthrough")
    return Pipeline([("pick", pick), ("model", LogisticRegression())])
"""


def test_a_stacking_classifier_is_trained(tmp_path, monkeypatch):
    X, y = rows()

    assert own(tmp_path, monkeypatch, STACKED, "stacked").fit(X, y).score(X, y) > 0.9


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ('["a", "b"]', True),
        ('"a"', False),  # one name gives a vector, which the scaler itself refuses
        ("make_column_selector()", True),
        ("[0, 1]", False),
        ("slice(0, 2)", False),
        ("[True, True, False]", False),
    ],
)
def test_a_pipeline_that_names_its_columns_gets_a_frame(tmp_path, monkeypatch, columns, named):
    X, y = rows()
    name = "named" + str(abs(hash(columns)))
    model = own(tmp_path, monkeypatch, NAMED.replace("{columns}", columns), name)
    assert (model.steps[0][0] == "columns") is (named or columns == '"a"')
    if columns == '"a"':
        return

    fitted = model.fit(X, y)

    assert fitted.score(X, y) > 0.9
    if not named:
        return
    frame = pd.DataFrame(X, columns=["a", "b", "d"])
    np.testing.assert_array_equal(fitted.predict(X[:9]), fitted.predict(frame.iloc[:9]))


@pytest.mark.parametrize(
    "pipeline",
    [
        make_pipeline(make_column_transformer((StandardScaler(), ["a"]))),
        make_pipeline(make_column_transformer((StandardScaler(), make_column_selector()))),
        make_pipeline(make_pipeline(ColumnTransformer([("s", StandardScaler(), ("a", "b"))]))),
    ],
)
def test_names_are_found_wherever_a_step_picks_columns(pipeline):
    assert names_columns(pipeline)
    assert not names_columns(Pipeline([("s", StandardScaler()), ("m", LinearRegression())]))


# Modules ------------------------------------------------------------------------------------------


def key_text(folder, module="my_models"):
    candidate = Candidate(
        name="own", family="import", import_path=f"{module}:make", simplicity_rank=1
    )
    return source_text(candidate, folder)


HELPERS = {
    "from helper import": ("from helper import DEPTH", "helper.py"),
    "import helper": ("import helper", "helper.py"),
    "within a function": ("def make():\n    import helper", "helper.py"),
    "a helper's helper": ("import middle", "deeper.py"),
    "a package": ("from tools import depth", "tools/__init__.py"),
    "a module of a package": ("from tools.depth import DEPTH", "tools/depth.py"),
    "a name of a package": ("from tools import depth", "tools/depth.py"),
    "by its name": ("import importlib\nimportlib.import_module('helper')", "helper.py"),
    "under another name": ("import helper as h", "helper.py"),
    "relative within a package": ("import pack.models", "pack/base.py"),
    "all of a module": ("from helper import *", "helper.py"),
    "where it is not there": (
        "try:\n    import helper\nexcept ImportError:\n    pass",
        "helper.py",
    ),
    "settings": ("import json\nP = json.load(open('params.json'))", "params.json"),
    "settings beside the module": (
        "from pathlib import Path\nP = (Path(__file__).parent / 'params.json').read_text()",
        "params.json",
    ),
    "settings of a helper": ("from tools import settings", "tools/own.yaml"),
}


MADE_UP = {
    "a name that is made up": "import importlib\nm = importlib.import_module(f'help{chr(101)}r')",
    "a path": "import runpy\nruns = runpy.run_path(str('hel' + 'per.py'))",
    "whatever there is": "import pkgutil\nfound = list(pkgutil.iter_modules(['.']))",
    "a text": "text = open('hel' + 'per.py').read()\nexec(text)",
}


@pytest.mark.parametrize("case", MADE_UP)
def test_where_names_are_made_up_every_module_beside_counts(tmp_path, case):
    (tmp_path / "helper.py").write_text("DEPTH = 1")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "lib.py").write_text("A = 1")
    (tmp_path / "my_models.py").write_text(MADE_UP[case])
    before = key_text(tmp_path)

    (tmp_path / ".venv" / "lib.py").write_text("A = 2")
    assert key_text(tmp_path) == before
    (tmp_path / "helper.py").write_text("DEPTH = 8")
    assert key_text(tmp_path) != before


def test_what_a_model_writes_or_learns_from_is_no_setting(tmp_path):
    (tmp_path / "my_models.py").write_text("open('log.txt', 'a'), open('data.csv')")
    before = key_text(tmp_path)

    (tmp_path / "log.txt").write_text("fitted")

    assert key_text(tmp_path) == before


@pytest.mark.parametrize("case", HELPERS)
def test_a_changed_helper_is_another_model(tmp_path, case):
    text, helper = HELPERS[case]
    files = {
        "helper.py": "DEPTH = 1",
        "middle.py": "import deeper",
        "deeper.py": "DEPTH = 1",
        "tools/__init__.py": "",
        "tools/depth.py": "DEPTH = 1",
        "pack/__init__.py": "",
        "pack/models.py": "from .base import DEPTH",
        "pack/base.py": "DEPTH = 1",
        "tools/settings.py": "P = open('own.yaml').read()",
        "tools/own.yaml": "depth: 1",
        "params.json": "{}",
        "my_models.py": text,
        "other.py": "DEPTH = 1",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    before = key_text(tmp_path)

    (tmp_path / "other.py").write_text("DEPTH = 8")
    assert key_text(tmp_path) == before
    (tmp_path / helper).write_text("DEPTH = 8")
    assert key_text(tmp_path) != before


def test_a_package_in_the_studys_folder_counts_whole(tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("A = 1")
    (tmp_path / "pkg" / "m.py").write_text("from pkg import A")
    before = key_text(tmp_path, "pkg.m")

    (tmp_path / "pkg" / "__init__.py").write_text("A = 2")

    assert key_text(tmp_path, "pkg.m") != before


def test_installed_libraries_are_not_read(tmp_path):
    (tmp_path / "my_models.py").write_text("import numpy\nimport sklearn.linear_model")

    assert "sklearn/" not in key_text(tmp_path)
    assert len(key_text(tmp_path)) < 200


# ONNX ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "task"),
    [
        (LinearSVC(), "classification"),
        (LogisticRegression(), "classification"),
        (RandomForestClassifier(5, random_state=0), "classification"),
        (LinearSVR(), "regression"),
        (make_pipeline(StandardScaler(), LinearSVC()), "classification"),
        (Ridge(), "regression"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_onnx_form_is_made_with_the_options_that_its_converter_has(model, task):
    pytest.importorskip("skl2onnx")
    from benchmarks.forms import Sample
    from benchmarks.forms.onnx import _by_skl2onnx

    X, y = rows()
    model.fit(X, y)
    sample = Sample(task=task, kinds=dict.fromkeys(["a", "b", "d"], "number"), features=X)

    assert _by_skl2onnx(model, sample).graph.node
