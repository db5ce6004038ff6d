"""What stands before a model in its pipeline, as plain arithmetic: fill, shift, scale."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.arrays import Floats
from benchmarks.forms import NotConvertibleError, Sample


@dataclass(frozen=True)
class Affine:
    """Preprocessing of numbers: what is missing is filled, then (x - mean) / scale."""

    fill: Floats | None
    """Value for what is missing in each column; null where gaps go through."""
    mean: Floats
    """Subtracted from each column."""
    scale: Floats
    """Each column is divided by it."""

    @property
    def is_identity(self) -> bool:
        """Whether the columns stay as they are, but for gaps."""
        return bool((self.mean == 0).all() and (self.scale == 1).all())


def last_step(model: Any) -> Any:
    """Return the model at the end of a pipeline, or the model itself."""
    return model.steps[-1][1] if hasattr(model, "steps") else model


def affine_of(model: Any, sample: Sample) -> Affine:
    """Return what stands before the last step of a pipeline.

    Raises:
        NotConvertibleError: it is more than filling gaps and scaling numbers.
    """
    if not sample.all_numbers:
        raise NotConvertibleError("only columns of numbers can be built into this form")
    width = int(np.asarray(sample.features).shape[1])
    fill: Floats | None = None
    mean, scale = np.zeros(width), np.ones(width)
    for step in _flat(model.steps[:-1] if hasattr(model, "steps") else ()):
        kind = type(step).__name__
        if kind == "SimpleImputer" and fill is None and not mean.any():
            fill = np.asarray(step.statistics_, dtype=float)
            fill = np.where(np.isnan(fill), 0.0, fill)  # a column without values is kept as 0
        elif kind == "StandardScaler" and not mean.any() and (scale == 1).all():
            mean = np.zeros(width) if step.mean_ is None else np.asarray(step.mean_, dtype=float)
            scale = np.ones(width) if step.scale_ is None else np.asarray(step.scale_, dtype=float)
        else:
            raise NotConvertibleError(f"the preprocessing step {kind} has no such form")
    return Affine(fill=fill, mean=mean, scale=scale)


def _flat(steps: Any) -> list[Any]:
    found: list[Any] = []
    for _, step in steps:
        if step is None or step == "passthrough":
            continue
        found += _flat(step.steps) if hasattr(step, "steps") else [step]
    return found
