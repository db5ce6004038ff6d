"""Reads the tables of public machine measurements that the transfer suite judges on."""

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.errors import AdvisorError

PROBES = "aws_instance_probes.csv"
LLAMA = "aws_llama_bench.csv"
SPECS = "aws_server_specs.csv"
TRANSFORMERS = "neusight_transformer_gpu.csv"
GPU_DEVICES = "neusight_gpu_devices.csv"
CNNS = "profet_cnn_training_4gpu.csv"

BURSTABLE = ("t1", "t2", "t3", "t3a", "t4g")
"""Families whose speed depends on credits: left out."""

SIZES = (2, 4, 8, 16)
"""VCPUs of the machines compared; each pair has the same."""

VISION = ("object_detection", "background_blur", "photo_library")
"""Workloads of neural networks: their speed hangs on vector and matrix instructions."""

IMAGE = (
    "horizon_detection",
    "object_remover",
    "hdr",
    "photo_filter",
    "ray_tracer",
    "structure_from_motion",
)
"""Image and geometry workloads: floating point in plain loops."""


def read_table(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a table, plain or gzipped; empty where the folder lacks it."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            opener = gzip.open if path.suffix == ".gz" else open
            with opener(path, "rt", newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))
    return []


def number(text: str | None) -> float:
    """Return a cell as a number, NaN where empty or not one."""
    try:
        return float(text) if text else float("nan")
    except ValueError:
        return float("nan")


def processor_name(text: str) -> str:
    """Return a processor name without decoration, so that one model has one name."""
    plain = re.sub(r"\([rR]\)|\bCPU\b|\bProcessor\b|\d+-Core|@.*", " ", text)
    words = {"INTEL": "Intel", "XEON": "Xeon", "PLATINUM": "Platinum"}
    return " ".join(words.get(word, word) for word in plain.split())


def vendor_of(processor: str) -> str:
    """Return `AMD`, `Intel` or `Arm`."""
    for vendor in ("AMD", "Intel"):
        if vendor in processor:
            return vendor
    return "Arm"


def is_current(isa: str) -> bool:
    """Whether a processor has AVX2, or Arm's dot product: what today's wheels are built for."""
    return "avx2" in isa or "dotprod" in isa


def kind_of(workload: str) -> str:
    """Return the kind of a workload by its name; workloads of a kind stress a core alike."""
    if workload.startswith(("cmp_", "dec_")):
        return "codec"
    stem = stem_of(workload)
    if stem in VISION:
        return "vision"
    return "image" if stem in IMAGE else "integer"


def stem_of(workload: str) -> str:
    """Return the name without what only tells variants of one workload apart."""
    return re.sub(r"^(gb1|gbN|cmp|dec)_|_t[1N]$", "", workload)


@dataclass(frozen=True)
class Machines:
    """Processors of one size, as medians over their instances."""

    vcpu_count: int
    """Size."""
    processors: tuple[str, ...]
    """Names, sorted."""
    core_count: Floats
    """Physical cores."""
    clock_ghz: Floats
    """Sustained clock that the vendor states; NaN where unknown. [GHz]"""
    levels: dict[str, Floats]
    """ln speed of each workload on each processor; NaN where not measured."""
    llm: dict[tuple[str, str, int], Floats]
    """ln tokens per second by model, kind (`pp`, `tg`) and tokens."""
    parameter_count: dict[str, float]
    """Weights of each language model."""


LOWER_IS_BETTER = ("pm_ME_LATENCY",)


def load_machines(folder: Path, *, old_processors: bool = False) -> tuple[Machines, ...]:
    """Return the machines of every size.

    Args:
        folder: with the tables.
        old_processors: whether to keep those without AVX2 or Arm's dot product.
    """
    rows = [
        row
        for row in read_table(folder, PROBES)
        if row["instance"].split(".")[0] not in BURSTABLE
        and (old_processors or is_current(row.get("isa", "")))
    ]
    clocks = {row["api_reference"]: number(row["cpu_speed"]) for row in read_table(folder, SPECS)}
    llama = [row for row in read_table(folder, LLAMA) if row["backend"] == "CPU"]
    return tuple(
        machines
        for size in SIZES
        if (machines := _machines_of(size, rows=rows, clocks=clocks, llama=llama)) is not None
    )


def excluded_processors(folder: Path) -> tuple[str, ...]:
    """Return the processors that are too old for today's wheels."""
    rows = read_table(folder, PROBES)
    return tuple(
        sorted({processor_name(r["cpu"]) for r in rows if not is_current(r.get("isa", ""))})
    )


def _machines_of(
    size: int,
    *,
    rows: list[dict[str, str]],
    clocks: dict[str, float],
    llama: list[dict[str, str]],
) -> Machines | None:
    here = [row for row in rows if number(row["vcpu"]) == size]
    if not here:
        return None
    owner = {row["instance"]: processor_name(row["cpu"]) for row in here}
    names = tuple(sorted(set(owner.values())))
    place = {name: i for i, name in enumerate(names)}
    where = np.array([place[owner[row["instance"]]] for row in here])
    columns = [c for c in here[0] if c not in ("instance", "arch", "cpu", "isa", "gpu", "driver")]
    values = {c: np.array([number(row[c]) for row in here]) for c in columns}
    levels = {}
    for column, cells in values.items():
        sign = -1.0 if column in LOWER_IS_BETTER else 1.0
        median = _median_by(cells, where=where, count=len(names))
        with np.errstate(divide="ignore", invalid="ignore"):
            levels[column] = sign * np.log(np.where(median > 0, median, np.nan))
    clock = np.array([clocks.get(row["instance"], float("nan")) for row in here])
    cores = values["vcpu"] / values["threads_per_core"]
    return Machines(
        vcpu_count=size,
        processors=names,
        core_count=_median_by(cores, where=where, count=len(names)),
        clock_ghz=_median_by(clock, where=where, count=len(names)),
        levels=levels,
        llm=dict(_llm_levels(llama, owner=owner, place=place)),
        parameter_count={row["model"]: number(row["n_params"]) for row in llama},
    )


def _median_by(cells: Floats, *, where: NDArray[np.int_], count: int) -> Floats:
    result = np.full(count, np.nan)
    for i in range(count):
        known = cells[(where == i) & np.isfinite(cells)]
        if known.size:
            result[i] = np.median(known)
    return result


def _llm_levels(
    llama: list[dict[str, str]], *, owner: dict[str, str], place: dict[str, int]
) -> Iterator[tuple[tuple[str, str, int], Floats]]:
    cells: dict[tuple[str, str, int], dict[str, list[float]]] = {}
    for row in llama:
        name = owner.get(row["instance"])
        speed = number(row["tok_s"])
        if name is not None and speed > 0:
            key = (row["model"], row["kind"], int(row["n_tokens"]))
            cells.setdefault(key, {}).setdefault(name, []).append(speed)
    for key, found in sorted(cells.items()):
        level = np.full(len(place), np.nan)
        for name, speeds in found.items():
            level[place[name]] = np.log(np.median(speeds))
        yield key, level


def require_folder(folder: Path) -> None:
    """Raise where a folder holds none of the tables."""
    names = (PROBES, LLAMA, TRANSFORMERS, CNNS)
    if not any((folder / n).is_file() or (folder / f"{n}.gz").is_file() for n in names):
        raise AdvisorError(
            f"{folder} holds none of {', '.join(names)} (or .gz): "
            "give the folder of public machine measurements with --data"
        )
