"""The native form: the saved estimator itself, behind its own preprocessing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.data.features import Kind, features_from_rows
from benchmarks.families.artefacts import load_model, save_model
from benchmarks.forms import Sample

FILE = "model.joblib"


class NativeModel:
    """A loaded estimator."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def prepare(self, rows: Sequence[Sequence[Any]], kinds: Mapping[str, Kind]) -> Any:
        """Return a float64 array, or a frame where not all columns are numbers."""
        return features_from_rows(rows, kinds)

    def predict(self, prepared: Any) -> Any:
        """Return labels or values."""
        return self._model.predict(prepared)

    def scores(self, prepared: Any) -> Any:
        """Return class probabilities where the model has them."""
        if hasattr(self._model, "predict_proba"):
            return self._model.predict_proba(prepared)
        return None


def convert(model: Any, sample: Sample, folder: Path) -> None:  # noqa: ARG001
    """Write the estimator with joblib."""
    save_model(model, folder / FILE)


def load(folder: Path, thread_count: int) -> NativeModel:
    """Read the estimator."""
    return NativeModel(load_model(folder / FILE, thread_count=thread_count))
