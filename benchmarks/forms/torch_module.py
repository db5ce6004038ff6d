"""A fitted torch model as one module, its preprocessing inside: what the torch forms share."""

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.data.features import Kind
from benchmarks.forms import NotApplicableError, NotConvertibleError, Sample
from benchmarks.forms.steps import Affine, affine_of, last_step

ABOUT = "about.json"

LARGEST_ROWS = 65_536
"""Largest batch that an exported graph takes."""


class WholeModel(nn.Module):
    """Raw columns in, the network's outputs out."""

    fill: torch.Tensor
    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, module: nn.Module, before: Affine) -> None:
        super().__init__()
        self.fills = before.fill is not None
        fill = np.zeros(len(before.mean)) if before.fill is None else before.fill
        for name, values in (("fill", fill), ("mean", before.mean), ("scale", before.scale)):
            self.register_buffer(name, torch.as_tensor(values, dtype=torch.float32))
        self.module = module

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Fill, scale, and run the network."""
        if self.fills:
            rows = torch.where(torch.isnan(rows), self.fill, rows)
        outputs: torch.Tensor = self.module((rows - self.mean) / self.scale)
        return outputs


class Answering(nn.Module):
    """Adds to a whole model what turns its outputs into labels and probabilities, or values."""

    def __init__(self, whole: nn.Module, about: Mapping[str, Any]) -> None:
        super().__init__()
        self.whole, self.about = whole, dict(about)

    def forward(self, rows: torch.Tensor) -> Any:
        """Return (labels, probabilities), or values."""
        outputs = self.whole(rows)
        if self.about["task"] == "regression":
            return outputs.reshape(-1, 1) * self.about["target_sd"] + self.about["target_mean"]
        if self.about["output_count"] == 1:
            second = torch.sigmoid(outputs.reshape(-1, 1))
            probabilities = torch.cat([1 - second, second], dim=1)
            return (outputs.reshape(-1) > 0).to(torch.int64), probabilities
        return outputs.argmax(dim=1), torch.softmax(outputs, dim=1)


class TorchServed:
    """A callable from a float32 matrix to outputs, as a loaded form."""

    def __init__(self, call: Any, about: Mapping[str, Any]) -> None:
        self._call, self._about = call, about

    def prepare(self, rows: Sequence[Sequence[Any]], kinds: Mapping[str, Kind]) -> Any:  # noqa: ARG002
        """Return a float32 tensor."""
        return torch.from_numpy(np.array(rows, dtype=np.float32))

    def outputs(self, prepared: Any) -> "np.ndarray[Any, Any]":
        """Return what the network says."""
        with torch.inference_mode():
            found: np.ndarray[Any, Any] = self._call(prepared).numpy()
        return found

    def predict(self, prepared: Any) -> Any:
        """Return labels or values."""
        outputs = self.outputs(prepared)
        if self._about["task"] == "regression":
            values = outputs.reshape(-1).astype(float)
            return values * self._about["target_sd"] + self._about["target_mean"]
        if outputs.ndim == 1 or outputs.shape[1] == 1:
            return (outputs.reshape(-1) > 0).astype(np.int64)
        return outputs.argmax(axis=1)

    def scores(self, prepared: Any) -> Any:
        """Return class probabilities or values."""
        if self._about["task"] == "regression":
            return self.predict(prepared)
        outputs = self.outputs(prepared).astype(float)
        if outputs.ndim == 1 or outputs.shape[1] == 1:
            second = 1.0 / (1.0 + np.exp(-outputs.reshape(-1)))
            return np.column_stack([1.0 - second, second])
        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)


def is_torch_model(model: Any) -> bool:
    """Whether the last step of a pipeline is one of our torch estimators."""
    return hasattr(last_step(model), "module_")


def whole_model(model: Any, sample: Sample) -> tuple[WholeModel, dict[str, Any]]:
    """Return a fitted pipeline as one module, and what its outputs mean.

    Raises:
        NotApplicableError: it is no torch model.
        NotConvertibleError: its preprocessing is more than filling and scaling numbers.
    """
    last = last_step(model)
    if not is_torch_model(model):
        raise NotApplicableError(f"{type(last).__name__} is no torch model")
    whole = WholeModel(last.module_.cpu(), affine_of(model, sample)).eval()
    with torch.inference_mode():
        outputs = whole(_rows(sample, 2))
    about = {
        "task": sample.task,
        "output_count": 1 if outputs.ndim == 1 else int(outputs.shape[1]),
        "target_mean": float(getattr(last, "target_mean_", 0.0)),
        "target_sd": float(getattr(last, "target_sd_", 1.0)),
    }
    return whole, about


def save_about(about: Mapping[str, Any], folder: Path) -> None:
    """Write what the outputs mean."""
    (folder / ABOUT).write_text(json.dumps(about))


def read_about(folder: Path) -> dict[str, Any]:
    """Read what the outputs mean."""
    found: dict[str, Any] = json.loads((folder / ABOUT).read_text())
    return found


def exported(module: nn.Module, sample: Sample) -> Any:
    """Return the module as an exported program for any number of rows.

    Raises:
        NotConvertibleError: torch.export cannot trace it.
    """
    with _quiet():
        try:
            rows = torch.export.Dim("rows", min=1, max=LARGEST_ROWS)
            return torch.export.export(module, (_rows(sample, 8),), dynamic_shapes=({0: rows},))
        except Exception as error:  # noqa: BLE001  # whatever tracing a user's module throws
            raise NotConvertibleError(f"torch.export cannot trace it: {_line(error)}") from None


def write_onnx(model: Any, sample: Sample, path: Path) -> None:
    """Write a fitted torch pipeline as ONNX, with labels and probabilities as its outputs."""
    whole, about = whole_model(model, sample)
    names = ["values"] if about["task"] == "regression" else ["label", "probabilities"]
    program = exported(Answering(whole, about).eval(), sample)
    with _quiet():
        try:
            torch.onnx.export(
                program, (), str(path), output_names=names, external_data=False, verbose=False
            )
        except ModuleNotFoundError:
            raise
        except Exception as error:  # noqa: BLE001  # the exporter throws all kinds
            raise NotConvertibleError(f"torch.onnx cannot write it: {_line(error)}") from None


def _rows(sample: Sample, count: int) -> torch.Tensor:
    features = np.asarray(sample.features, dtype=np.float32)
    return torch.as_tensor(np.resize(features, (count, features.shape[1])))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' chatter out of the trial's output."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
