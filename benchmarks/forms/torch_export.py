"""A torch model as an exported program: loads without the code that made it."""

from pathlib import Path
from typing import Any

import torch

from benchmarks.forms import Sample
from benchmarks.forms.torch_module import TorchServed, exported, read_about, save_about, whole_model

FILE = "model.pt2"


def convert(model: Any, sample: Sample, folder: Path) -> None:
    """Write the exported program."""
    whole, about = whole_model(model, sample)
    torch.export.save(exported(whole, sample), folder / FILE)
    save_about(about, folder)


def load(folder: Path, thread_count: int) -> TorchServed:
    """Read the program."""
    torch.set_num_threads(thread_count)
    return TorchServed(torch.export.load(folder / FILE).module(), read_about(folder))
