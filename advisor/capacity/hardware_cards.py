"""Machines and predictions as plain values that a face can print."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from advisor.capacity.features import features
from advisor.capacity.gpu_runs import gpu_call, network_of
from advisor.capacity.prediction import Prediction
from advisor.capacity.processors import REFERENCES, load_processors
from advisor.capacity.transfer import (
    FARGATE,
    baseline_fraction,
    physical_cores,
    processors_of,
    speed_ratios,
    vcpu_of,
)
from benchmarks.storage.records import BenchmarkRun, HardwareProfile
from pricing.chips import GPU_FIGURES, PROCESSOR_FIGURES, load_chips
from pricing.instances import load_catalogue

FIGURES = {
    "gzip level 5, one process [MB/s]": "gzip_5_compress_mb_per_s",
    "SHA-512, per core [MB/s]": "sha512_mb_per_s_per_core",
    "memory read, per core [MB/s]": "read_512mb_mb_per_s_per_core",
    "prompt tokens, 0.1 B weights [1/s per core]": "llm_smollm_pp128_tokens_per_s_per_core",
}
"""Figures shown of a processor: label -> column of the table."""


def require_known(sku: str) -> None:
    """Refuse a name that is neither an instance type nor a Fargate pseudo type.

    Raises:
        PricingError: the catalogue does not know the type; the message has near names.
    """
    if sku not in FARGATE:
        load_catalogue().get(sku)


def hardware_card(sku: str, *, host: HardwareProfile) -> dict[str, Any]:
    """Return what is known of an instance type, and its speed next to a host's.

    Args:
        sku: instance type with or without `ml.`, or a Fargate pseudo type.
        host: the machine to compare with.

    Raises:
        PricingError: the catalogue does not know the type; the message has near names.
    """
    shape = None if sku in FARGATE else load_catalogue().get(sku)
    processors = processors_of(sku)
    cores = (
        float(physical_cores(vcpu_count=[vcpu_of(sku)], instance_types=[sku])[0])
        if shape is None
        else float(shape.physical_core_count)
    )
    facts: dict[str, Any] = {
        "processor": " or ".join(processors) or None,
        "architecture": "arm64" if "arm64" in sku else "x86_64",
    }
    if shape is not None:
        facts |= {
            "architecture": shape.architecture,
            "vCPU": shape.vcpu_count,
            "physical cores": shape.physical_core_count,
            "threads per core": shape.threads_per_core_count,
            "memory [GiB]": shape.memory_gib,
            "clock that AWS lists [GHz]": shape.clock_ghz,
            "last-level cache [MiB]": shape.l3_cache_mib,
            "AVX-512": shape.avx512,
            "AMX": shape.amx,
            "GPU": shape.gpu_model or "none",
            "source": shape.source,
        }
        if shape.burstable:
            facts["credits per hour"] = shape.credits_per_hour
            facts["share of a vCPU for ever"] = baseline_fraction(sku)
        if shape.gpu_model:
            facts["GPU memory [GiB]"] = shape.gpu_memory_gib
    chips = chip_facts(processors[0] if processors else None, shape.gpu_model if shape else None)
    facts |= _figures(processors[0] if processors else None, cores=cores)
    found = {
        name: speed_ratios(host=host, instance_types=[sku], workload_class=name)
        for name in REFERENCES
    }
    speed = {
        name: {
            "ratio": float(r.ratio[0]),
            "low_80": float(r.low_80[0]),
            "high_80": float(r.high_80[0]),
            "basis": str(r.basis[0]),
            "relation": str(r.relation[0]),
        }
        for name, r in found.items()
    }
    notes = {r.notes[0] for r in found.values() if r.notes[0]}
    shown = f"{cores:g} physical cores" if shape is not None else "half a core per vCPU on x86"
    return {
        "instance_type": sku,
        "summary": f"{shown}, {facts['processor'] or 'processor not known'}",
        "facts": facts,
        "chips": chips,
        "features": [
            {"feature": f.name, "here": f.here, "there": f.there, "ratio": f.ratio}
            for f in features(host, processors[0] if processors else None)
        ],
        "speed": speed,
        "notes": sorted(notes),
    }


def chip_facts(processor: str | None, gpu_model: str | None) -> list[dict[str, Any]]:
    """Return the figures of a processor and a GPU, each with its basis and source.

    A chip that the table lacks has its figures all the same, said to be missing.
    """
    table = load_chips()
    wanted: list[tuple[str, tuple[str, ...]]] = []
    if processor:
        wanted.append((processor, PROCESSOR_FIGURES))
    if gpu_model:
        wanted.append((gpu_model, GPU_FIGURES))
    found = []
    for chip, names in wanted:
        for name in names:
            figure = table.get(chip, {}).get(name)
            found.append(
                {
                    "chip": chip,
                    "figure": name,
                    "value": "not known (not in the table of chips)"
                    if figure is None
                    else figure.shown,
                    "basis": "unknown" if figure is None else figure.basis,
                    "source": "" if figure is None else figure.source,
                }
            )
    return found


def _figures(processor: str | None, *, cores: float) -> dict[str, float | None]:
    if processor is None:
        return dict.fromkeys(FIGURES)
    values = load_processors().figures_of(
        processor, columns=tuple(FIGURES.values()), core_count=max(cores, 0.5)
    )
    return {
        label: float(value) if np.isfinite(value) else None
        for label, value in zip(FIGURES, values, strict=True)
    }


def prediction_cards(prediction: Prediction) -> list[dict[str, Any]]:
    """Return one card per instance type, with the chain from the measured number to the carried."""
    cards = []
    for i, name in enumerate(prediction.instance_types):
        fixed = prediction.overhead_fraction
        alone_s = prediction.measured_s * (
            fixed / prediction.overhead_ratio[i] + (1 - fixed) / prediction.row_ratio[i]
        )
        service_s = prediction.service_s[i]
        last = "" if abs(service_s / alone_s - 1) < 0.005 else "with the other measured machines "
        cards.append(
            {
                "candidate": prediction.candidate,
                "instance_type": name,
                "rows": prediction.rows,
                "service_ms": 1e3 * float(prediction.service_s[i]),
                "service_80_ms": [1e3 * float(x) for x in prediction.service_80_s[:, i]],
                "service_95_ms": [1e3 * float(x) for x in prediction.service_95_s[:, i]],
                "training_s": _or_none(prediction.training_s[i]),
                "training_80_s": [_or_none(x) for x in prediction.training_80_s[:, i]],
                "worker_count": _or_none(prediction.worker_count[i]),
                "basis": str(prediction.basis[i]),
                "relation": str(prediction.relation[i]),
                "chain": [
                    f"measured {1e3 * prediction.measured_s:.3g} ms",
                    f"{fixed:.0%} of it is overhead of the call, {1 - fixed:.0%} rows",
                    f"overhead / {prediction.overhead_ratio[i]:.2f} (scalar work)",
                    f"rows / {prediction.row_ratio[i]:.2f} ({prediction.row_class} work)",
                    f"{last}= {1e3 * service_s:.3g} ms",
                ],
                "note": prediction.notes[i],
            }
        )
    return cards


def gpu_cards(
    runs: Sequence[BenchmarkRun], skus: Sequence[str], *, rows: int
) -> list[dict[str, Any]]:
    """Return one card per torch candidate and instance type with a GPU.

    A run on a GPU is carried to another one by its parts; from CPU runs alone there is an order of
    magnitude, and the card says so.
    """
    finished = [r for r in runs if r.outcome == "ok" and r.parameter_count]
    names = dict.fromkeys(r.candidate.name for r in finished)
    shapes = [load_catalogue().find(sku) for sku in skus]
    cards = []
    for name in sorted(names):
        own = [r for r in finished if r.candidate.name == name]
        on_gpu = next((r for r in own if r.device == "cuda" and r.inference), None)
        network = network_of(own[0], on_gpu)
        for sku, shape in zip(skus, shapes, strict=True):
            if shape is None or not shape.gpu_model or network is None:
                continue
            guess = gpu_call(on_gpu, gpu_model=shape.gpu_model, network=network, rows=rows)
            cards.append(
                {
                    "candidate": name,
                    "instance_type": sku,
                    "gpu": shape.gpu_model,
                    "rows": rows,
                    "service_ms": 1e3 * guess.mean_s,
                    "service_80_ms": [1e3 * guess.low_s, 1e3 * guess.high_s],
                    "basis": guess.basis,
                    "note": guess.note,
                }
            )
    return cards


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) and value >= 0 else None
