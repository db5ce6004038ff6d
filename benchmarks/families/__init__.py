"""The model families: one file each, one line each in `FAMILIES`, imported when used.

A family's module has one function, `make(setup) -> estimator`. The estimator is fitted on
`TaskData.model_input()` and predicts from the same form, raw rows in, answers out; it brings its
own preprocessing, so that what is timed is what would be served. A CUDA family's `predict`
returns only when the device has finished.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.data.features import Kind
from benchmarks.errors import CandidateError, did_you_mean
from benchmarks.families.files import file_advice, is_file
from benchmarks.storage.records import Candidate, DatasetSpec, DataSettings, Device, Task

BASELINE_FAMILY = "dummy"
"""Family of the candidate that learns nothing: what every other one has to beat."""

SKLEARN_SERVING = ("numpy", "joblib", "sklearn.pipeline", "sklearn.compose", "sklearn.impute")
"""What every pipeline imports where it is served."""

LEARNING: frozenset[Task] = frozenset({"classification", "regression"})
CLASSIFYING: frozenset[Task] = frozenset({"classification"})
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
    cluster_count: int | None = None
    """Clusters to make; null lets the family choose."""
    false_positive_usd: float = 1.0
    """Cost of a case of class 0 that is taken for class 1. [USD]"""
    false_negative_usd: float = 1.0
    """Cost of a case of class 1 that is taken for class 0. [USD]"""

    @classmethod
    def of(
        cls,
        candidate: Candidate,
        *,
        spec: DatasetSpec,
        kinds: Mapping[str, Kind],
        seed: int = 0,
        thread_count: int = 1,
        device: Device = "cpu",
    ) -> "Setup":
        """Return what a family needs to know of a candidate on a data set."""
        settings = spec.settings or DataSettings()
        return cls(
            task=spec.task,
            kinds=kinds,
            seed=seed,
            thread_count=thread_count,
            device=device,
            class_count=spec.class_count,
            import_path=candidate.import_path,
            cluster_count=candidate.cluster_count,
            false_positive_usd=settings.error_costs_usd[0],
            false_negative_usd=settings.error_costs_usd[1],
        )

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
    in_ladder: bool = True
    """Whether `default` takes it; the others are asked for by name."""
    library: str | None = None
    """Optional library that it needs."""

    def make(self, setup: Setup) -> Any:
        """Return an unfitted model."""
        return importlib.import_module(self.module).make(setup)


def _in(name: str) -> str:
    return f"benchmarks.families.{name}"


SVM_SERVING = (*SKLEARN_SERVING, "sklearn.svm", "sklearn.calibration")
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
    "linear_svm": Family(
        _in("linear_svm"), LEARNING, 1, 30.0, serving_modules=SVM_SERVING, in_ladder=False
    ),
    "naive_bayes": Family(
        _in("naive_bayes"),
        CLASSIFYING,
        1,
        2.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.naive_bayes"),
        in_ladder=False,
    ),
    "knn": Family(
        _in("knn"),
        LEARNING,
        2,
        1.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.neighbors"),
        in_ladder=False,
    ),
    "lightgbm": Family(
        _in("lightgbm"),
        LEARNING,
        3,
        100.0,
        serving_modules=(*SKLEARN_SERVING, "lightgbm"),
        in_ladder=False,
        library="lightgbm",
    ),
    "xgboost": Family(
        _in("xgboost"),
        LEARNING,
        3,
        100.0,
        serving_modules=(*SKLEARN_SERVING, "xgboost"),
        in_ladder=False,
        library="xgboost",
    ),
    "decisioning": Family(
        _in("decisioning"),
        CLASSIFYING,
        3,
        400.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.ensemble", "sklearn.calibration"),
        in_ladder=False,
    ),
    "torch_cnn": Family(
        _in("torch_cnn"),
        LEARNING,
        4,
        4_000.0,
        CPU_AND_CUDA,
        serving_modules=TORCH_SERVING,
        in_ladder=False,
    ),
    "torch_transformer": Family(
        _in("torch_transformer"),
        LEARNING,
        4,
        20_000.0,
        CPU_AND_CUDA,
        serving_modules=TORCH_SERVING,
        in_ladder=False,
    ),
    "pca_kmeans": Family(
        _in("pca_kmeans"),
        CLUSTERING,
        1,
        10.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.cluster", "sklearn.decomposition"),
        in_ladder=False,
    ),
    "isolation_forest": Family(
        _in("isolation_forest"),
        CLUSTERING,
        2,
        50.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.ensemble"),
        in_ladder=False,
    ),
    "dbscan": Family(
        _in("dbscan"),
        CLUSTERING,
        2,
        100.0,
        serving_modules=(*SKLEARN_SERVING, "sklearn.cluster", "sklearn.neighbors"),
        in_ladder=False,
    ),
}
"""Every built-in family by name."""

COUNTED = ("kmeans", "minibatch_kmeans", "pca_kmeans", "gaussian_mixture")
"""Families whose number of clusters the study may give."""

MAX_CLUSTERS = 1_000
"""More clusters than this are a slip."""

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


def need_library(name: str) -> Any:
    """Import an optional library.

    Raises:
        CandidateError: it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise CandidateError(_install(name)) from None


def missing_library(candidate: Candidate) -> str | None:
    """Return why a candidate cannot be made here: an optional library is absent; null if not."""
    library = family_of(candidate).library
    if library is None or importlib.util.find_spec(library) is not None:
        return None
    return _install(library)


def _install(library: str) -> str:
    return (
        f"{library} is not installed: pip install 'model-deployment-advisor[boosting]', then "
        "run the same command again"
    )


def ladder(task: Task) -> tuple[Candidate, ...]:
    """Return the built-in candidates for a task, the simplest first."""
    fitting = [
        (name, family)
        for name, family in FAMILIES.items()
        if task in family.tasks and family.in_ladder
    ]
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


def require_family(item: str) -> None:
    """Refuse a name in a study's list of candidates that no family has.

    Raises:
        CandidateError: there is no such family; the message has near names.
    """
    name = item.partition(":")[0]
    known = ["default", *FAMILIES]
    if name in known:
        return
    if (advice := file_advice(item)) is not None:
        raise CandidateError(f"candidates: {advice}")
    raise CandidateError(f"candidates: no model family {name!r}: {did_you_mean(name, known)}")


def _built_in(item: str, *, task: Task) -> Candidate:
    """Return a family by name; `kmeans:5` asks for five clusters."""
    name, colon, count_text = item.partition(":")
    require_family(item)
    if task not in FAMILIES[name].tasks:
        fitting = ", ".join(n for n, family in FAMILIES.items() if task in family.tasks)
        raise CandidateError(f"candidates: {name} does not do {task}: one of {fitting}")
    count = None
    if colon:
        if name not in COUNTED:
            raise CandidateError(
                f"candidates: {item!r}: {name} takes no number of clusters; "
                f"{', '.join(COUNTED)} do, e.g. kmeans:5"
            )
        if not count_text.isdecimal() or not 2 <= int(count_text) <= MAX_CLUSTERS:
            raise CandidateError(
                f"candidates: {item!r}: the number of clusters is 2 to {MAX_CLUSTERS}, "
                "e.g. kmeans:5"
            )
        count = int(count_text)
    rank = FAMILIES[name].simplicity_rank
    return Candidate(name=item, family=name, simplicity_rank=rank, cluster_count=count)


def _check_import_path(name: str, import_path: str) -> None:
    module, colon, function = import_path.partition(":")
    if is_file(import_path) and function:
        return
    parts = [*module.split("."), function]
    if (advice := file_advice(import_path)) is not None:
        raise CandidateError(f"candidates: {name}: {advice}")
    if not colon or not all(part.isidentifier() for part in parts):
        raise CandidateError(
            f"candidates: {name}: import {import_path!r} is not of the form module:function, "
            "e.g. my_module:make_model with my_module.py beside the study"
        )


def source_text(candidate: Candidate, folder: Path) -> str:
    """Return the text of every module that a user's own model comes from; empty for a family.

    That is the named module, and whatever it imports from the study's folder or its own package.
    """
    if candidate.import_path is None:
        return ""
    module, _, name = candidate.import_path.partition(":")
    if is_file(candidate.import_path):
        return (
            hashlib.sha256((folder / name).read_bytes()).hexdigest()
            if ((folder / name).is_file())
            else ""
        )
    from benchmarks.families.own_modules import module_texts

    return "\n".join(f"# {name}\n{text}" for name, text in module_texts(module, folder=folder))
