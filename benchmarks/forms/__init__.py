"""The forms a trained model can be shipped in: one file each, one line each in `FORMS`.

A form's module has two functions. `convert(model, sample, folder)` writes the form of a fitted
model into a folder, where the model was trained; `load(folder, thread_count)` reads it where it
serves and imports nothing else than the form's own libraries. Converted answers are held against
the native ones (`benchmarks.forms.checking`): a form that differs is no form.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from benchmarks.data.features import Kind
from benchmarks.errors import BenchmarkError
from benchmarks.families import SKLEARN_SERVING
from benchmarks.storage.records import NATIVE_FORM, Task


class NotConvertibleError(BenchmarkError):
    """This model has no such form; the message says why, in one line."""


class NotApplicableError(BenchmarkError):
    """The form is meant for other kinds of models: there is nothing to report."""


@dataclass(frozen=True)
class Sample:
    """What a conversion needs to know of the data."""

    task: Task
    """What was learnt."""
    kinds: Mapping[str, Kind]
    """Kind of each feature column, in order."""
    features: Any
    """A few rows as the native model takes them: an array or a frame."""

    @property
    def all_numbers(self) -> bool:
        """Whether the native model takes a float array."""
        return all(kind == "number" for kind in self.kinds.values())


class Served(Protocol):
    """A loaded form."""

    def prepare(self, rows: Sequence[Sequence[Any]], kinds: Mapping[str, Kind]) -> Any:
        """Build what `predict` takes from parsed JSON rows."""

    def predict(self, prepared: Any) -> Any:
        """Return labels or values, shape (n,)."""

    def scores(self, prepared: Any) -> Any:
        """Return class probabilities (n, classes) or values (n,); null where there are none."""


@dataclass(frozen=True)
class Form:
    """One way to ship a trained model."""

    module: str
    """Module with the functions `convert` and `load`."""
    serving_modules: tuple[str, ...]
    """Libraries that serving imports; their import time is measured."""
    meant_for: Literal["any", "torch", "boosting"] = "any"
    """Which models it is made from."""

    def convert(self, model: Any, sample: Sample, folder: Path) -> None:
        """Write the form of a fitted model into a folder.

        Raises:
            NotConvertibleError: it has none, with the reason.
            NotApplicableError: the form is meant for other models.
        """
        importlib.import_module(self.module).convert(model, sample, folder)

    def load(self, folder: Path, *, thread_count: int) -> Served:
        """Read a form where it serves."""
        served: Served = importlib.import_module(self.module).load(folder, thread_count)
        return served


def _in(name: str) -> str:
    return f"benchmarks.forms.{name}"


FORMS: dict[str, Form] = {
    NATIVE_FORM: Form(_in("native"), SKLEARN_SERVING),
    "booster": Form(_in("booster"), ("numpy",), meant_for="boosting"),
    "onnx": Form(_in("onnx"), ("numpy", "onnxruntime")),
    "torch-eager": Form(_in("torch_eager"), ("numpy", "torch"), meant_for="torch"),
    "torch-export": Form(_in("torch_export"), ("numpy", "torch"), meant_for="torch"),
    "torch-compile": Form(_in("torch_compile"), ("numpy", "torch"), meant_for="torch"),
}
"""Every form by name, the simplest to ship first: the simplest wins ties."""


def forms_for(serving_modules: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return those of the wanted forms that a family of these libraries may have, native left out.

    Example:
        >>> forms_for(("numpy", "sklearn.ensemble"), ("native", "torch-eager", "onnx"))
        ('onnx',)
    """
    is_torch = "torch" in serving_modules
    is_boosting = bool({"lightgbm", "xgboost"} & set(serving_modules))
    fits = {"any": True, "torch": is_torch, "boosting": is_boosting}
    return tuple(
        name
        for name, form in FORMS.items()
        if name in wanted and name != NATIVE_FORM and fits[form.meant_for]
    )


__all__ = [
    "FORMS",
    "Form",
    "NotApplicableError",
    "NotConvertibleError",
    "Sample",
    "Served",
    "forms_for",
]
