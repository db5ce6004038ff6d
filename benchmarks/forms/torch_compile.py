"""A torch model compiled to machine code when it is loaded: that is part of its cold start."""

import os
import shutil
from pathlib import Path
from typing import Any

from benchmarks.forms import NotConvertibleError, Sample
from benchmarks.forms.torch_module import TorchServed, read_about

CACHE = "compiled"
"""Folder of the compiler's output, empty at first: a new replica has compiled nothing yet."""


def convert(model: Any, sample: Sample, folder: Path) -> None:
    """Write the module; it is compiled where it serves."""
    from benchmarks.forms import torch_eager

    torch_eager.convert(model, sample, folder)
    if shutil.which("g++") is None and shutil.which("clang++") is None:
        raise NotConvertibleError("torch.compile needs a C++ compiler: install g++")


def load(folder: Path, thread_count: int) -> TorchServed:
    """Read the module and compile it for any number of rows."""
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / CACHE)
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
    import torch

    from benchmarks.forms.torch_eager import load_module

    compiled = torch.compile(load_module(folder, thread_count), dynamic=True)
    return TorchServed(compiled, read_about(folder))
