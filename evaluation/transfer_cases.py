"""Predicts each workload on each machine from another machine, both left out of what it learns.

A case is one (workload, anchor, target) of one size. The workload is known on the anchor only; of
the target, other workloads are known. Weights of the references are learnt without the target's
processor and without anything that shares the workload's stem (for a language model: the model).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.capacity.ratio_ensemble import filled_levels, log_ratio, stray, trust
from evaluation.transfer_data import VISION, Machines, kind_of, stem_of, vendor_of

OTHER_KIND = 0.15
"""Weight of a reference of another kind, where one of the same kind has 1."""

PROMPT_TOKENS = (16, 128)
PROMPT_WEIGHT = 0.3
"""Weight of prompt processing per core, which uses the same instructions, for vision workloads."""

SIZE_SCALE = 0.7
"""A language model e^0.7 times larger or smaller counts a factor e less."""

TOKEN_SCALE = 2.0
"""The same for the number of tokens of a measurement."""

EXTRAPOLATION_LN = 0.05
"""Spread added for each factor e that a model is smaller or larger than all of the others. Assumed:
beyond the data the references agree with each other, not with the model."""

MINIMUM_MACHINES = 3
"""A workload measured on fewer is left out."""

Predictor = Callable[[Machines, str], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Cases:
    """Predictions and truths, one entry per case."""

    workload_class: NDArray[np.str_]
    """Class that a band is calibrated and a figure reported for."""
    workload: NDArray[np.str_]
    """What was predicted; a language model where models are left out."""
    item: NDArray[np.str_]
    """Workload and size: cases of one item and anchor are ranked together."""
    anchor: NDArray[np.str_]
    """Machine measured."""
    target: NDArray[np.str_]
    """Machine predicted."""
    relation: NDArray[np.str_]
    """How far apart they are."""
    predicted: Floats
    """ln(speed on the target / speed on the anchor), predicted."""
    true: Floats
    """The same, measured."""
    spread: Floats
    """Disagreement of the references, in logarithm."""

    def __len__(self) -> int:
        """Return the number of cases."""
        return int(self.predicted.size)

    @property
    def error(self) -> Floats:
        """Predicted minus true log ratio of speeds."""
        return self.predicted - self.true

    def of_class(self, name: str) -> "Cases":
        """Return the cases of one class."""
        return self.where(self.workload_class == name)

    def where(self, kept: NDArray[np.bool_]) -> "Cases":
        """Return some of the cases."""
        return Cases(**{name: column[kept] for name, column in vars(self).items()})


def concatenate(parts: Sequence[Cases]) -> Cases:
    """Return all cases of several collections, in order."""
    if not parts:
        texts = {name: np.array([], dtype="<U1") for name in TEXT_COLUMNS}
        numbers = {name: np.array([]) for name in ("predicted", "true", "spread")}
        return Cases(**texts, **numbers)
    return Cases(
        **{name: np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])}
    )


TEXT_COLUMNS = ("workload_class", "workload", "item", "anchor", "target", "relation")


def relation_between(anchor: str, target: str) -> str:
    """Return how far apart two processors are."""
    vendors = vendor_of(anchor), vendor_of(target)
    if vendors[0] == vendors[1]:
        return "same-vendor"
    return "cross-architecture" if "Arm" in vendors else "cross-vendor"


def make_cases(
    *,
    workload_class: str,
    workload: str,
    item: str,
    names: Sequence[str],
    predicted: Floats,
    level: Floats,
    spread: Floats,
    relation: Callable[[str, str], str] = relation_between,
) -> Cases:
    """Turn matrices (anchor, target) into cases, leaving out what was not measured.

    Args:
        workload_class: class of all of them.
        workload: what is left out.
        item: what is ranked together.
        names: machines.
        predicted: predicted log ratio, shape (anchors, targets).
        level: measured ln speed, shape (machines,).
        spread: of the references, shape (anchors, targets).
        relation: how far apart two machines are.
    """
    true = level[None, :] - level[:, None]
    kept = np.isfinite(true) & np.isfinite(predicted) & ~np.eye(len(names), dtype=bool)
    anchor, target = np.nonzero(kept)
    label = np.array(names, dtype=str)
    count = anchor.size
    pairs = zip(anchor.tolist(), target.tolist(), strict=True)
    return Cases(
        workload_class=np.full(count, workload_class),
        workload=np.full(count, workload),
        item=np.full(count, item),
        anchor=label[anchor],
        target=label[target],
        relation=np.array([relation(names[a], names[t]) for a, t in pairs], dtype=str),
        predicted=predicted[kept],
        true=true[kept],
        spread=spread[kept],
    )


def ensemble_matrix(
    levels: Floats,
    *,
    kernel: Floats,
    affinity: Floats,
    owner: NDArray[np.int_] | None = None,
) -> tuple[Floats, Floats]:
    """Return predicted log ratios and spreads, shape (anchors, targets), each target left out.

    Args:
        levels: ln speed of the references, shape (references, machines), NaN where not measured.
        kernel: weight of each reference for the workload asked about.
        affinity: weight of each reference in the consensus for each other one.
        owner: processor of each machine, where several machines have the same one.
    """
    count = levels.shape[1]
    strayed = stray(filled_levels(levels), affinity=affinity)
    centre, spread = np.full((count, count), np.nan), np.full((count, count), np.nan)
    for target in range(count):
        left = target if owner is None else np.flatnonzero(owner == owner[target])
        weights = kernel * trust(strayed, without=left)
        estimate = log_ratio(target=levels[:, target], anchors=levels, weights=weights)
        centre[:, target], spread[:, target] = estimate.centre, estimate.spread
    return centre, spread


def single_workloads(machines: Machines) -> tuple[str, ...]:
    """Return single-thread workloads: Geekbench sub-tests and codecs."""
    return tuple(
        name
        for name in machines.levels
        if (name.startswith("gb1_") and name != "gb1_score")
        or (name.startswith(("cmp_", "dec_")) and name.endswith("_t1"))
    )


def multi_workloads(machines: Machines) -> tuple[str, ...]:
    """Return workloads on all cores: Geekbench sub-tests."""
    return tuple(n for n in machines.levels if n.startswith("gbN_") and n != "gbN_score")


def cpu_cases(machines: Machines) -> list[Cases]:
    """Return the cases of single-thread and all-core workloads of one size."""
    found = []
    for pool, scope in (
        (single_workloads(machines), "single"),
        (multi_workloads(machines), "multi"),
    ):
        for workload in pool:
            level = machines.levels[workload]
            if np.isfinite(level).sum() < MINIMUM_MACHINES:
                continue
            others = [n for n in pool if stem_of(n) != stem_of(workload)]
            is_vision = scope == "single" and stem_of(workload) in VISION
            centre, spread = _by_kind(
                machines, references=others, kind=kind_of(workload), prompts=is_vision
            )
            found.append(
                make_cases(
                    workload_class="vector-single-thread" if is_vision else f"{scope}-thread",
                    workload=stem_of(workload),
                    item=f"{workload} {machines.vcpu_count}",
                    names=machines.processors,
                    predicted=centre,
                    level=level,
                    spread=spread,
                )
            )
    return found


def _by_kind(
    machines: Machines, *, references: Sequence[str], kind: str, prompts: bool
) -> tuple[Floats, Floats]:
    levels = [machines.levels[name] for name in references]
    kinds = [kind_of(name) for name in references]
    stems = [stem_of(name) for name in references]
    weights = [1.0 if other == kind else OTHER_KIND for other in kinds]
    if prompts:
        for (model, what, tokens), level in machines.llm.items():
            if what == "pp" and tokens in PROMPT_TOKENS:
                levels.append(level - np.log(machines.core_count))
                kinds.append("prompt")
                stems.append(model)
                weights.append(PROMPT_WEIGHT)
    affinity = np.where(np.equal.outer(kinds, kinds), 1.0, OTHER_KIND)
    return ensemble_matrix(
        np.stack(levels),
        kernel=np.array(weights),
        affinity=np.where(np.equal.outer(stems, stems), 0.0, affinity),
    )


def llm_ratio(
    machines: Machines, *, model: str, kind: str, tokens: int
) -> tuple[Floats, Floats] | None:
    """Return log ratios of a language model's workload from those of other models."""
    references = [
        key
        for key, level in machines.llm.items()
        if key[0] != model and key[1] == kind and np.isfinite(level).sum() >= MINIMUM_MACHINES
    ]
    if not references:
        return None
    size = np.log([machines.parameter_count[key[0]] for key in references])
    length = np.log([float(key[2]) for key in references])
    models = np.array([key[0] for key in references])

    def closeness(other_size: Floats, other_length: Floats) -> Floats:
        return np.exp(-np.abs(other_size) / SIZE_SCALE - np.abs(other_length) / TOKEN_SCALE)

    affinity = closeness(size[:, None] - size[None, :], length[:, None] - length[None, :])
    own = np.log(machines.parameter_count[model])
    outside = max(0.0, float(size.min() - own), float(own - size.max()))
    centre, spread = ensemble_matrix(
        np.stack([machines.llm[key] for key in references]),
        kernel=closeness(size - own, length - np.log(float(tokens))),
        affinity=np.where(models[:, None] == models[None, :], 0.0, affinity),
    )
    return centre, spread + EXTRAPOLATION_LN * outside


def llm_cases(machines: Machines) -> list[Cases]:
    """Return the cases of prompt processing and of text generation of one size."""
    found = []
    for (model, kind, tokens), level in machines.llm.items():
        if np.isfinite(level).sum() < MINIMUM_MACHINES:
            continue
        ratio = llm_ratio(machines, model=model, kind=kind, tokens=tokens)
        if ratio is not None:
            found.append(
                make_cases(
                    workload_class="llm-prefill" if kind == "pp" else "llm-decode",
                    workload=model,
                    item=f"{model} {kind}{tokens} {machines.vcpu_count}",
                    names=machines.processors,
                    predicted=ratio[0],
                    level=level,
                    spread=ratio[1],
                )
            )
    return found


def prefill16_cases(machines: Machines) -> list[Cases]:
    """Return the cases of a 16-token prompt, split into its parts on the anchor.

    T(n) = F + c n from one token and from 128 on the anchor; F is carried by the ratio of text
    generation, c by that of prompt processing. Half of the anchor's misfit at 16 tokens is carried
    along, and the geometric mean with the ratio of 16-token prompts of other models is taken: the
    anchor has measured that prompt too.
    """
    found = []
    for model in sorted({key[0] for key in machines.llm}):
        keys = (model, "tg", 16), (model, "pp", 128), (model, "pp", 16)
        if any(key not in machines.llm for key in keys):
            continue
        ratios = [llm_ratio(machines, model=m, kind=k, tokens=n) for m, k, n in keys]
        if any(ratio is None for ratio in ratios):
            continue
        token_s, long_s, true_s = (
            tokens * np.exp(-machines.llm[key])
            for key, tokens in zip(keys, (1, 128, 16), strict=True)
        )
        per_token_s = np.maximum((long_s - token_s) / 127, 0.0)
        fixed_s = np.maximum(token_s - per_token_s, 0.0)
        parts = [r for r in ratios if r is not None]
        carried_s = fixed_s[:, None] * np.exp(-parts[0][0]) + 16 * per_token_s[:, None] * np.exp(
            -parts[1][0]
        )
        fitted_s = fixed_s + 16 * per_token_s
        by_parts = np.log((fitted_s * true_s)[:, None] ** 0.5 / carried_s)
        found.append(
            make_cases(
                workload_class="llm-prefill16",
                workload=model,
                item=f"{model} parts {machines.vcpu_count}",
                names=machines.processors,
                predicted=0.5 * (by_parts + parts[2][0]),
                level=machines.llm[keys[2]],
                spread=(parts[0][1] + parts[1][1] + parts[2][1]) / 3,
            )
        )
    return found
