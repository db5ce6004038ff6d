"""A model folder for the tests of the server: small, fast, all numbers."""

import json

import joblib
import numpy as np

from benchmarks.serving.package import write_package
from benchmarks.storage.records import Candidate

ROWS = [[float(i), 1.0, -0.5] for i in range(8)]


def make_package(folder):
    """Write a model folder; the model answers 1 for a first column above 3."""
    from sklearn.tree import DecisionTreeClassifier

    X = np.array(ROWS)
    model = DecisionTreeClassifier(max_depth=1).fit(X, (X[:, 0] > 3).astype(int))
    joblib.dump(model, folder / "saved.joblib")
    kinds = {"a": "number", "b": "number", "c": "number"}
    (folder / "rows.json").write_text(json.dumps({"kinds": kinds, "rows": ROWS}))
    return write_package(
        model_path=folder / "saved.joblib",
        rows_path=folder / "rows.json",
        candidate=Candidate(name="tree", family="random_forest", simplicity_rank=1),
        folder=folder / "model",
    )
