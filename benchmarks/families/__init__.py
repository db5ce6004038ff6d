"""The model families: one file each, one line each in `FAMILIES`, imported when used.

A family's module has one function, `make(setup) -> estimator`. The estimator is fitted on
`TaskData.model_input()` and predicts from the same form, raw rows in, answers out; it brings its
own preprocessing, so that what is timed is what would be served. A CUDA family's `predict`
returns only when the device has finished.
"""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.columns import Kind
from benchmarks.errors import CandidateError, did_you_mean
from benchmarks.records import Candidate, Device, Task

SKLEARN_SERVING = ("numpy", "joblib", "sklearn.pipeline", "sklearn.compose", "sklearn.impute")
"""What every pipeline imports where it is served."""

LEARNING: frozenset[Task] = frozenset({"classification", "regression"})
CLUSTERING: frozenset[Task] = frozenset({"clustering"})
CPU_ONLY: tuple[Device, ...] = ("cpu",)
CPU_AND_CUDA: tuple[Device, ...] = ("cpu", "cuda")


@dataclass(frozen=True)
class Setup:
    """What a family needs to know to make an unfitted model."""

    task: Task
    """What is learnt."""
    kinds: Mapping[str, Kind]
    """Kind of each feature column, in order."""
    seed: int = 0
    """Seed of everything random in the model."""
    thread_count: int = 1
    """Threads that the model may use."""
    device: Device = "cpu"
    """Where it runs."""
    class_count: int | None = None
    """Distinct labels; null unless classification."""
    import_path: str | None = None
    """`module:function` of the user's own model."""

    @property
    def all_numbers(self) -> bool:
        """Whether models see a float array instead of a data frame."""
        return all(kind == "number" for kind in self.kinds.values())

    def columns(self, kind: Kind) -> list[str]:
        """Return the names of the columns of a kind."""
        return [name for name, found in self.kinds.items() if found == kind]


@dataclass(frozen=True)
class Family:
    """One kind of model."""

    module: str
    """Module with the function `make`."""
    tasks: frozenset[Task]
    """What it can learn."""
    simplicity_rank: int
    """Place in the ladder of its task, 0 the simplest."""
    fit_us_per_row: float
    """Rough time to fit one row, for the estimate that is printed before a plan starts. [us]"""
    devices: tuple[Device, ...] = CPU_ONLY
    """Where it can run."""
    serving_modules: tuple[str, ...] = field(default=SKLEARN_SERVING)
    """Libraries that serving imports; their import time is measured."""

    def make(self, setup: Setup) -> Any:
        """Return an unfitted model."""
        return importlib.import_module(self.module).make(setup)


def _in(name: str) -> str:
    return f"benchmarks.families.{name}"


TORCH_SERVING = (*SKLEARN_SERVING, "torch")

FAMILIES: dict[str, Family] = {
    "dummy": Family(
        _in("dummy"), LEARNING, 0, 0.1, serving_modules=(*SKLEARN_SERVING, "sklearn.dummy")
    ),
    "linear": Family(
        _in("linear"), LEARNING, 1, 10.0, serving_modules=(*SKLEARN_SERVING, "sklearn.linear_model")
    ),
    "random_forest": Family(
        _in("random_forest"),
        LEARNING,
        2,
        200.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.ensemble"),
    ),
    "hist_gradient_boosting": Family(
        _in("hist_gradient_boosting"),
        LEARNING,
        3,
        100.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.ensemble"),
    ),
    "torch_mlp": Family(
        _in("torch_mlp"), LEARNING, 4, 400.0, CPU_AND_CUDA, serving_modules=TORCH_SERVING
    ),
    "kmeans": Family(
        _in("kmeans"), CLUSTERING, 0, 10.0, serving_modules=(*SKLEARN_SERVING, "sklearn.cluster")
    ),
    "minibatch_kmeans": Family(
        _in("minibatch_kmeans"),
        CLUSTERING,
        1,
        5.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.cluster"),
    ),
    "gaussian_mixture": Family(
        _in("gaussian_mixture"),
        CLUSTERING,
        2,
        50.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.mixture"),
    ),
}
"""Every built-in family by name."""

IMPORTED = Family(_in("user"), LEARNING | CLUSTERING, 5, 200.0, CPU_AND_CUDA)
"""The user's own model, from an import path; serving imports its module too."""


def family_of(candidate: Candidate) -> Family:
    """Return the family that makes a candidate.

    Raises:
        CandidateError: there is no such family.
    """
    if candidate.family == "import":
        return IMPORTED
    if candidate.family not in FAMILIES:
        raise CandidateError(
            f"no model family {candidate.family!r}: {did_you_mean(candidate.family, FAMILIES)}"
        )
    return FAMILIES[candidate.family]


def ladder(task: Task) -> tuple[Candidate, ...]:
    """Return the built-in candidates for a task, the simplest first."""
    fitting = [(name, family) for name, family in FAMILIES.items() if task in family.tasks]
    return tuple(
        Candidate(name=name, family=name, simplicity_rank=family.simplicity_rank)
        for name, family in sorted(fitting, key=lambda item: item[1].simplicity_rank)
    )


def resolve_candidates(
    wanted: Sequence[str | tuple[str, str]], *, task: Task
) -> tuple[Candidate, ...]:
    """Turn a study's list into candidates, the simplest first, the user's own after the ladder.

    Args:
        wanted: `default`, names of families, or (name, `module:function`) of the user's own models.
        task: what is learnt.

    Raises:
        CandidateError: a name is unknown, does not fit the task, or is used twice for two models.
    """
    found: dict[str, Candidate] = {}
    own_count = 0
    for item in wanted:
        if item == "default":
            found |= {candidate.name: candidate for candidate in ladder(task)}
        elif isinstance(item, str):
            found[item] = _built_in(item, task=task)
        else:
            name, import_path = item
            _check_import_path(name, import_path)
            if name in found or name in FAMILIES:
                raise CandidateError(
                    f"candidates: two models are named {name!r}: give your own another name"
                )
            found[name] = Candidate(
                name=name,
                family="import",
                import_path=import_path,
                simplicity_rank=IMPORTED.simplicity_rank + own_count,
            )
            own_count += 1
    return tuple(sorted(found.values(), key=lambda c: (c.simplicity_rank, c.name)))


def _built_in(name: str, *, task: Task) -> Candidate:
    if name not in FAMILIES:
        known = ["default", *FAMILIES]
        raise CandidateError(f"candidates: no model family {name!r}: {did_you_mean(name, known)}")
    if task not in FAMILIES[name].tasks:
        fitting = ", ".join(candidate.name for candidate in ladder(task))
        raise CandidateError(f"candidates: {name} does not do {task}: one of {fitting}")
    return Candidate(name=name, family=name, simplicity_rank=FAMILIES[name].simplicity_rank)


def _check_import_path(name: str, import_path: str) -> None:
    module, colon, function = import_path.partition(":")
    parts = [*module.split("."), function]
    if not colon or not all(part.isidentifier() for part in parts):
        raise CandidateError(
            f"candidates: {name}: import {import_path!r} is not of the form module:function, "
            "e.g. my_module:make_model with my_module.py beside the study"
        )


def source_text(candidate: Candidate, folder: Path) -> str:
    """Return the text of the module of a user's own model; empty for a built-in family."""
    if candidate.import_path is None:
        return ""
    module = candidate.import_path.partition(":")[0]
    path = folder / (module.replace(".", "/") + ".py")
    if not path.is_file():
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            spec = None
        path = Path(spec.origin) if spec and spec.origin else path
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
