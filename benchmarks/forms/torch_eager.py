"""A torch model called directly: no scikit-learn around it, its preprocessing in the module."""

from pathlib import Path
from typing import Any

import torch

from benchmarks.forms import Sample
from benchmarks.forms.torch_module import TorchServed, read_about, save_about, whole_model

FILE = "model.pt"


def convert(model: Any, sample: Sample, folder: Path) -> None:
    """Write the module, weights and all."""
    whole, about = whole_model(model, sample)
    torch.save(whole, folder / FILE)
    save_about(about, folder)


def load_module(folder: Path, thread_count: int) -> torch.nn.Module:
    """Read the module; the file is our own, written within the same run of the harness."""
    torch.set_num_threads(thread_count)
    module: torch.nn.Module = torch.load(folder / FILE, weights_only=False)
    return module.eval()


def load(folder: Path, thread_count: int) -> TorchServed:
    """Read the module to be called as it is."""
    return TorchServed(load_module(folder, thread_count), read_about(folder))
