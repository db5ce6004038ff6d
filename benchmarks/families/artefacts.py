"""Saving a fitted model and loading it where it serves.

joblib's format is a pickle: it is used for our own trials' temporary files only, written and read
within one run of the harness.
"""

from pathlib import Path
from typing import Any

import joblib

from benchmarks.storage.records import Device


def save_model(model: Any, path: Path) -> int:
    """Write a fitted model; return its size. [B]"""
    joblib.dump(model, path)
    return path.stat().st_size


def load_model(path: Path, *, device: Device = "cpu", thread_count: int = 1) -> Any:
    """Read a model of our own and set it up to serve."""
    model = joblib.load(path)
    return place_model(model, device=device, thread_count=thread_count)


def place_model(model: Any, *, device: Device, thread_count: int) -> Any:
    """Set device and thread count on a fitted model and everything inside it."""
    for part in _parts(model):
        if hasattr(part, "to_device"):
            part.to_device(device, thread_count)
        if getattr(part, "n_jobs", None) is not None:
            part.n_jobs = thread_count
    return model


def parameter_count(model: Any) -> int | None:
    """Return the weights of a torch model; null for the others."""
    counts = [part.parameter_count for part in _parts(model) if hasattr(part, "parameter_count")]
    return sum(counts) if counts else None


def encoded(model: Any, X: Any) -> Any:
    """Return the matrix that the model's last step sees, for metrics on the encoded space."""
    steps = getattr(model, "steps", None)
    if steps is None or len(steps) < 2:
        return X
    return model[:-1].transform(X)


def _parts(model: Any) -> list[Any]:
    """Return the model and what it is made of."""
    found = [model]
    for _, step in getattr(model, "steps", ()):
        found += _parts(step)
    inner = getattr(model, "estimator_", None) or getattr(model, "best_estimator_", None)
    if inner is not None:
        found += _parts(inner)
    return found
