"""The user's own model, from `module:function` with the module beside the study.

The function returns a scikit-learn estimator or a torch module. A `Pipeline` gets the features as
they are served (see `benchmarks.data.features`) and does its own preparing; any other estimator,
and a torch module, gets the numeric matrix of the shared preprocessing. A function with the
parameters `feature_count` and `output_count` is taken for one that builds a torch module of that
size.
"""

import copy
import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.errors import CandidateError, did_you_mean
from benchmarks.families import Setup
from benchmarks.families.files import is_estimator, is_file, load_estimator

SIZES = {"feature_count", "output_count"}


def make(setup: Setup) -> Any:
    """Return the user's unfitted model, with our seed and thread count where it takes them.

    Raises:
        CandidateError: the function does not exist or returns something else.
    """
    if is_file(setup.import_path or ""):
        return _ready(load_estimator(setup.import_path or ""), setup)
    function = load_function(setup.import_path or "")
    if set(inspect.signature(function).parameters) >= SIZES:
        return _torch(function, setup)
    torch = sys.modules.get("torch")  # only there if the user's module imported it
    if torch is not None:
        torch.manual_seed(setup.seed)
    made = function()
    torch = sys.modules.get("torch")  # or if the function did
    if torch is not None and isinstance(made, torch.nn.Module):
        return _torch(_Prototype(made), setup)
    if not is_estimator(made):
        raise CandidateError(
            f"{setup.import_path} returned {type(made).__name__}: return a scikit-learn estimator "
            "(with fit and predict) or a torch.nn.Module"
        )
    return _ready(made, setup)


def _ready(made: Any, setup: Setup) -> Any:
    """Return an estimator with the shared preprocessing, unless it is a pipeline of its own.

    All-number data come as an array; a pipeline that names its columns gets a frame made of it.
    """
    from sklearn.pipeline import Pipeline

    from benchmarks.families.preprocessing import framed, scaled

    model = made if isinstance(made, Pipeline) else scaled(setup, made)
    if isinstance(made, Pipeline) and setup.all_numbers and names_columns(made):
        model = framed(setup, made)
    return _with_seed_and_threads(model, setup)


def names_columns(pipeline: Any) -> bool:
    """Whether a step of a pipeline picks its columns by name or by type, which needs a frame."""
    from sklearn.compose import ColumnTransformer

    parts = [pipeline, *pipeline.get_params(deep=True).values()]
    return any(
        callable(columns) or isinstance(columns, str) or any(isinstance(c, str) for c in columns)
        for part in parts
        if isinstance(part, ColumnTransformer)
        for _, _, columns in part.transformers
        if callable(columns) or isinstance(columns, (str, list, tuple))
    )


def load_function(import_path: str) -> Callable[..., Any]:
    """Import `module:function`; the study's folder is on `sys.path`."""
    module_name, _, name = import_path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name.partition(".")[0] and error.name != module_name:
            raise CandidateError(
                f"{import_path}: {module_name} imports {error.name}, which is not installed: "
                f"install {error.name} in this environment"
            ) from None
        raise CandidateError(
            f"{import_path}: no module {module_name!r}: put {module_name}.py beside the study"
        ) from None
    found = getattr(module, name, None)
    if not callable(found):
        names = [key for key, value in vars(module).items() if callable(value)]
        raise CandidateError(
            f"{import_path}: {module_name} has no function {name!r}: {did_you_mean(name, names)}"
        )
    return found  # type: ignore[no-any-return]


class _Prototype:
    """Builds a copy of a module that the user made, whatever the sizes."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __call__(self, *, feature_count: int, output_count: int) -> Any:  # noqa: ARG002
        return copy.deepcopy(self.module)


def _torch(build: Callable[..., Any], setup: Setup) -> Any:
    from benchmarks.families.preprocessing import scaled
    from benchmarks.families.torch_training import torch_estimator

    if setup.task == "clustering":
        raise CandidateError(f"{setup.import_path}: a torch module cannot be trained to cluster")
    return scaled(setup, torch_estimator(build, setup))


def _with_seed_and_threads(model: Any, setup: Setup) -> Any:
    parameters = model.get_params(deep=True)
    wanted: dict[str, int] = {}
    for name, value in parameters.items():
        leaf = name.rpartition("__")[2]
        if leaf == "random_state" and value is None:
            wanted[name] = setup.seed
        if leaf == "n_jobs" and value is not None:  # null: whatever the library does
            wanted[name] = setup.thread_count
    return model.set_params(**wanted)
