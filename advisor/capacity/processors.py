"""The table of processors: what one physical core of each has been measured to do."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.capacity.ratio_ensemble import filled_levels, stray, trust
from benchmarks.storage.records import HardwareProfile

WorkloadClass = Literal["scalar", "vector", "multi", "bandwidth"]
"""What a core is busy with: one thread of interpreter or tree code; dense arithmetic; all cores at
once; reading memory."""

DATA = Path(__file__).parent / "data"

LLM_MODELS = ("smollm", "qwen1_5", "gemma", "llama")
"""Language models of the table, from 0.1 to 7 billion weights."""

CODECS = ("gzip_5", "bzip2_5", "brotli_4")
"""Compressors of the table, level in the name."""

PROMPTS, TEXTS = ("pp16", "pp128", "pp512"), ("tg16", "tg128")
"""Prompt lengths read at once, and text lengths written token by token."""

_CODECS = tuple(f"{codec}_{step}_mb_per_s" for codec in CODECS for step in ("compress", "expand"))

PLAIN = (
    "file_compression",
    "navigation",
    "html5_browser",
    "pdf_renderer",
    "clang",
    "text_processing",
    "asset_compression",
    "horizon_detection",
    "object_remover",
    "hdr",
    "photo_filter",
    "ray_tracer",
    "structure_from_motion",
)
"""Workloads of Geekbench 6 that are scalar code or short loops."""

VISION = ("object_detection", "background_blur", "photo_library")
"""Workloads of Geekbench 6 that are neural networks."""


def llm_column(model: str, kind: str) -> str:
    """Return the column of a language model and a kind of `PROMPTS` or `TEXTS`."""
    return f"llm_{model}_{kind}_tokens_per_s_per_core"


def _llm_columns(kinds: Sequence[str]) -> tuple[str, ...]:
    return tuple(llm_column(model, kind) for model in LLM_MODELS for kind in kinds)


REFERENCES: dict[WorkloadClass, tuple[str, ...]] = {
    "scalar": (*_CODECS, *(f"gb1_{name}_score" for name in PLAIN)),
    "vector": (
        *(f"gb1_{name}_score" for name in VISION),
        *_llm_columns(PROMPTS),
    ),
    "multi": (
        *(f"gbn_{name}_score_per_core" for name in (*PLAIN, *VISION)),
        "blake2b_mb_per_s_per_core",
        "sha512_mb_per_s_per_core",
        "sha3_mb_per_s_per_core",
        "web_1k_requests_per_s_per_core",
    ),
    "bandwidth": (
        "read_2mb_mb_per_s_per_core",
        "read_256mb_mb_per_s_per_core",
        "read_512mb_mb_per_s_per_core",
        *_llm_columns(TEXTS),
    ),
}
"""Reference workloads of each class: columns of the table."""

PROBES: dict[str, tuple[str, float]] = {
    "gzip_5_mb_per_s": ("gzip_5_compress_mb_per_s", 0.90),
    "bz2_5_mb_per_s": ("bzip2_5_compress_mb_per_s", 0.83),
    "sha256_16k_mb_per_s": ("sha256_mb_per_s_per_core", 1.0),
}
"""Probe of the harness -> table column, and what the probe shows where the table shows 1. The
factors of the compressors are for their other text, seen on one AMD Zen 5 machine: assumed."""


HASH_PROBE = "sha256_16k_mb_per_s"
"""The probe that other programs on the machine disturb least."""

HASH_SMT_YIELD = 1.5
"""Hashing on both threads of a core / on one of them: the table's figure is for both. Assumed."""

BUSY_LN = 0.1
"""Compressors this much slower than the hash promises mean that the machine was busy."""


@dataclass(frozen=True)
class ProcessorTable:
    """The table in columns, one row per processor and size."""

    processor: tuple[str, ...]
    """Model name."""
    vendor: tuple[str, ...]
    """`AMD`, `Intel` or `Arm`."""
    architecture: tuple[str, ...]
    """`x86_64` or `arm64`."""
    threads_per_core: NDArray[np.int_]
    """VCPUs per physical core."""
    core_count: Floats
    """Physical cores of the instances measured."""
    figures: dict[str, Floats]
    """Measured columns; NaN where a cell is empty."""
    family_processor: dict[str, str]
    """Instance family -> processor, where it has only one."""

    @property
    def names(self) -> tuple[str, ...]:
        """Each processor once, sorted."""
        return tuple(sorted(set(self.processor)))

    def vendor_of(self, name: str) -> str:
        """Return the vendor of a processor in the table."""
        return self.vendor[self.processor.index(name)]

    def architecture_of(self, name: str) -> str:
        """Return the instruction set of a processor in the table."""
        return self.architecture[self.processor.index(name)]

    def figures_of(self, name: str, *, columns: Sequence[str], core_count: float) -> Floats:
        """Return a processor's figures at the measured size nearest to a number of cores.

        A column that is empty at that size is taken at the next nearest one.
        """
        rows = np.array([i for i, p in enumerate(self.processor) if p == name])
        distance = np.abs(np.log(self.core_count[rows] / core_count))
        nearest = rows[np.argsort(distance, kind="stable")]
        block = np.array([self.figures[column][nearest] for column in columns])
        first = np.argmax(np.isfinite(block), axis=1)
        result: Floats = block[np.arange(len(columns)), first]
        return result


@cache
def load_processors() -> ProcessorTable:
    """Return the processor table of the package."""
    with (DATA / "processors.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    text = ("processor", "vendor", "architecture", "families")
    counts = ("threads_per_core", "vcpu_count", "physical_core_count", "instance_count")
    measured = [name for name in rows[0] if name not in text + counts]
    owners: dict[str, set[str]] = {}
    for row in rows:
        for family in row["families"].split():
            owners.setdefault(family, set()).add(row["processor"])
    return ProcessorTable(
        processor=tuple(row["processor"] for row in rows),
        vendor=tuple(row["vendor"] for row in rows),
        architecture=tuple(row["architecture"] for row in rows),
        threads_per_core=np.array([int(row["threads_per_core"]) for row in rows]),
        core_count=np.array([float(row["physical_core_count"]) for row in rows]),
        figures={name: np.array([float(row[name] or "nan") for row in rows]) for name in measured},
        family_processor={
            family: next(iter(names)) for family, names in owners.items() if len(names) == 1
        },
    )


def stem_of_column(column: str) -> str:
    """Return what columns of one program share, so that it does not vouch for itself."""
    if column.startswith("llm_"):
        return column.rsplit("_pp", 1)[0].rsplit("_tg", 1)[0]
    if column.startswith(("blake2b", "sha")):
        return "openssl"
    return re.sub(r"_(compress|expand)_mb_per_s$|_\d+mb_mb_per_s_per_core$", "", column)


@dataclass(frozen=True)
class References:
    """The reference workloads of a class at one size, with the trust in each."""

    processors: tuple[str, ...]
    """Every processor of the table."""
    levels: Floats
    """ln speed of one physical core, shape (workloads, processors); NaN where not measured."""
    weights: Floats
    """Weight of each workload when a processor is the target, shape (processors, workloads)."""


@cache
def references_of(workload_class: WorkloadClass, *, core_count: float) -> References:
    """Return a class's references at the measured sizes nearest to a number of cores."""
    table = load_processors()
    columns = REFERENCES[workload_class]
    figures = [
        table.figures_of(name, columns=columns, core_count=core_count) for name in table.names
    ]
    levels = np.log(np.stack(figures, axis=1))
    stems = np.array([stem_of_column(column) for column in columns])
    affinity = np.where(stems[:, None] == stems[None, :], 0.0, 1.0)
    strayed = stray(filled_levels(levels), affinity=affinity)
    return References(
        processors=table.names,
        levels=levels,
        weights=np.stack([trust(strayed, without=p) for p in range(len(table.names))]),
    )


@dataclass(frozen=True)
class HostPlace:
    """Where a measured machine stands in the table."""

    processor: str
    """Processor of the table that stands for it."""
    speed_factor: float
    """How many times faster than that processor it is."""
    extra_half_width_ln: float
    """Doubt added by the bridge, half width of an 80% band in natural logarithm."""
    exact: bool
    """Whether the machine's own processor is in the table."""
    note: str
    """What was done, for people."""


def canonical(name: str) -> str:
    """Reduce a processor name to what tells models apart: `8259cl`, `9r14`, `neoverse-v1`."""
    plain = re.sub(r"\(r\)|\(tm\)|cpu|processor|\d+-core|@.*", " ", name.lower())
    words = [w for w in plain.split() if w not in ("intel", "amd", "xeon", "epyc", "platinum")]
    return " ".join(words) or plain.strip()


def _vendor_by_name(name: str) -> str | None:
    for vendor, words in {
        "AMD": ("amd", "epyc", "ryzen"),
        "Intel": ("intel", "xeon"),
        "Arm": ("arm", "neoverse", "graviton", "cortex", "aarch64"),
    }.items():
        if any(word in name.lower() for word in words):
            return vendor
    return None


def place_host(host: HardwareProfile, *, table: ProcessorTable | None = None) -> HostPlace:
    """Find the processor of the table that stands for a machine.

    By name where the table has it. Else by the probes: of the processors of the same vendor and
    architecture, the one whose compression and hash speeds are in the same proportion, scaled by
    their common factor. Else the middle of the vendor's processors, with a wide band.
    """
    table = table or load_processors()
    wanted = canonical(host.processor)
    for name in table.names:
        if canonical(name) == wanted:
            return HostPlace(name, 1.0, 0.0, exact=True, note=f"{name} is in the processor table")
    vendor = _vendor_by_name(host.processor)
    kin = [
        name
        for name in table.names
        if table.architecture_of(name) == host.architecture
        and (vendor is None or table.vendor_of(name) == vendor)
    ] or list(table.names)
    probes = [name for name in PROBES if name in host.probes and host.probes[name] > 0]
    if len(probes) >= 2:
        return _place_by_probes(host, kin=kin, probes=probes, table=table)
    speeds = [
        float(
            np.exp(
                np.nanmean(
                    np.log(table.figures_of(name, columns=REFERENCES["scalar"], core_count=2.0))
                )
            )
        )
        for name in kin
    ]
    middle = kin[int(np.argsort(speeds)[len(kin) // 2])]
    return HostPlace(
        middle,
        1.0,
        0.45,
        exact=False,
        note=f"'{host.processor}' is not in the processor table and has no probes: taken for a "
        f"middling {vendor or host.architecture} machine ({middle}); 'advisor bench' adds probes",
    )


def _place_by_probes(
    host: HardwareProfile, *, kin: Sequence[str], probes: Sequence[str], table: ProcessorTable
) -> HostPlace:
    """Choose the processor whose probes have the host's proportions.

    The compressors run for tens of milliseconds, so that other programs on the machine slow them,
    both alike; the hash runs for half a millisecond and is hardly disturbed. So the proportion of
    the compressors to each other tells processors apart, compressors slower than the hash promises
    count little, and compressors faster than it promises count in full.
    """
    columns = [PROBES[name][0] for name in probes]
    shown = np.log([host.probes[name] / PROBES[name][1] for name in probes])
    is_hash = np.array([name == HASH_PROBE for name in probes])
    best, least = (kin[0], 0.0, 0.0), np.inf
    for name in kin:
        threads = int(np.max(table.threads_per_core[[p == name for p in table.processor]]))
        gap = shown - np.log(table.figures_of(name, columns=columns, core_count=2.0))
        gap = gap + is_hash * np.log(HASH_SMT_YIELD if threads > 1 else 1.0)
        packed = gap[~is_hash] if (~is_hash).any() else gap
        promised = float(gap[is_hash][0]) if is_hash.any() else float(packed.mean())
        slowed = promised - float(packed.mean())
        distance = 4 * float(np.sum((packed - packed.mean()) ** 2)) * 2
        distance += (4.0 if slowed < 0 else 0.02) * slowed**2 + 0.1 * promised**2
        if distance < least:
            factor = promised if slowed > BUSY_LN else float(gap.mean())
            best, least = (name, factor, max(0.0, slowed - BUSY_LN)), distance
    name, factor, slowed = best
    busy = "; other programs slowed its probes, measure again when it is quiet" if slowed else ""
    return HostPlace(
        name,
        float(np.exp(factor)),
        0.08 + 0.5 * float(np.sqrt(least)) + 0.3 * slowed,
        exact=False,
        note=f"'{host.processor}' is not in the processor table: by its probes "
        f"{np.exp(factor):.2f} x {name}{busy}",
    )
