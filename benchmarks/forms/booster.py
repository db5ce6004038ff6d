"""LightGBM and XGBoost through their own boosters, without the scikit-learn wrapper."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data.features import Kind, features_from_rows
from benchmarks.forms import NotApplicableError, NotConvertibleError, Sample
from benchmarks.forms.steps import last_step

LIGHTGBM_FILE, XGBOOST_FILE, ABOUT = "model.txt", "model.ubj", "about.json"


class BoosterModel:
    """A loaded booster."""

    def __init__(self, call: Any, about: Mapping[str, Any]) -> None:
        self._call, self._about = call, about

    def prepare(self, rows: Sequence[Sequence[Any]], kinds: Mapping[str, Kind]) -> Any:
        """Return a float64 array."""
        return features_from_rows(rows, kinds)

    def predict(self, prepared: Any) -> Any:
        """Return labels or values."""
        found = self._call(prepared)
        if self._about["classes"] is None:
            return found
        above = found.argmax(axis=1) if found.ndim == 2 else (found > 0.5).astype(int)
        return np.asarray(self._about["classes"])[above]

    def scores(self, prepared: Any) -> Any:
        """Return class probabilities or values."""
        found = self._call(prepared)
        if self._about["classes"] is None or found.ndim == 2:
            return found
        return np.column_stack([1 - found, found])


def convert(model: Any, sample: Sample, folder: Path) -> None:
    """Write the booster in its library's own format."""
    last = last_step(model)
    library = type(last).__module__.partition(".")[0]
    if library not in {"lightgbm", "xgboost"}:
        raise NotApplicableError(f"{type(last).__name__} has no booster")
    if not sample.all_numbers or len(getattr(model, "steps", ())) > 1:
        raise NotConvertibleError("the booster alone takes numbers only: its encoder stays native")
    if library == "lightgbm":
        last.booster_.save_model(folder / LIGHTGBM_FILE)
    else:
        last.get_booster().save_model(folder / XGBOOST_FILE)
    classes = getattr(last, "classes_", None)
    about = {
        "library": library,
        "classes": None if classes is None else [int(label) for label in classes],
    }
    (folder / ABOUT).write_text(json.dumps(about))


def load(folder: Path, thread_count: int) -> BoosterModel:
    """Read the booster."""
    about = json.loads((folder / ABOUT).read_text())
    if about["library"] == "lightgbm":
        import lightgbm

        light = lightgbm.Booster(model_file=folder / LIGHTGBM_FILE)
        return BoosterModel(lambda rows: light.predict(rows, num_threads=thread_count), about)
    import xgboost

    extreme = xgboost.Booster({"nthread": thread_count}, model_file=folder / XGBOOST_FILE)
    return BoosterModel(extreme.inplace_predict, about)
