"""GPU to GPU: transformers by the ratios of other models, CNN training by kernel regression."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats
from advisor.capacity.ratio_ensemble import MAD_TO_SD
from evaluation.transfer_cases import Cases, make_cases
from evaluation.transfer_data import CNNS, GPU_DEVICES, TRANSFORMERS, number, read_table

OTHER_MODE = 0.2
"""Weight of training as a reference for inference and the other way round."""

MINIMUM_REFERENCES = 2
"""A pair of devices with fewer reference workloads is left out."""

KERNEL_LENGTH = {"times": 1.5, "mix": 0.7}
"""Length scale of the regression, in standard deviations of a feature."""

KERNEL_NOISE = 0.1
"""Noise variance of the regression, relative to the kernel's."""


def same_device(_anchor: str, _target: str) -> str:
    """Return the relation of two GPUs: there are too few to tell relations apart."""
    return "gpu"


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(weights[order])
    half = mass[-1] / 2
    low = int(np.searchsorted(mass, half - 1e-12))
    high = int(np.searchsorted(mass, half + 1e-12))
    middle: float = (values[order[low]] + values[order[min(high, values.size - 1)]]) / 2
    return middle


def transformer_levels(folder: Path) -> tuple[tuple[str, ...], dict[tuple[str, ...], Floats]]:
    """Return devices and ln speed of each (mode, model, length, batch) on each."""
    rows = [
        row
        for row in read_table(folder, TRANSFORMERS)
        if not row["option"] and number(row["label_ms"]) > 0
    ]
    devices = tuple(sorted({row["device"] for row in rows}))
    levels: dict[tuple[str, ...], Floats] = {}
    for row in rows:
        key = (row["mode"], row["model_name"], row["seqlen"], row["batch"])
        level = levels.setdefault(key, np.full(len(devices), np.nan))
        level[devices.index(row["device"])] = -np.log(number(row["label_ms"]))
    return devices, levels


def transformer_cases(folder: Path) -> list[Cases]:
    """Predict each transformer from the ratios of the other models: a weighted median."""
    devices, levels = transformer_levels(folder)
    found = []
    for key, level in levels.items():
        others = [other for other in levels if other[1] != key[1]]
        if not others:
            continue
        block = np.stack([levels[other] for other in others])
        weights = np.array([1.0 if other[0] == key[0] else OTHER_MODE for other in others])
        centre, spread = _median_ratios(block, weights=weights)
        found.append(
            make_cases(
                workload_class="gpu-transformer",
                workload=key[1],
                item=" ".join(key),
                names=devices,
                predicted=centre,
                level=level,
                spread=spread,
                relation=same_device,
            )
        )
    return found


def _median_ratios(block: Floats, *, weights: Floats) -> tuple[Floats, Floats]:
    count = block.shape[1]
    centre, spread = np.full((count, count), np.nan), np.full((count, count), np.nan)
    for anchor in range(count):
        for target in range(count):
            ratios = block[:, target] - block[:, anchor]
            known = np.isfinite(ratios)
            if anchor == target or known.sum() < MINIMUM_REFERENCES:
                continue
            middle = _weighted_median(ratios[known], weights[known])
            centre[anchor, target] = middle
            away = np.abs(ratios[known] - middle)
            spread[anchor, target] = MAD_TO_SD * _weighted_median(away, weights[known])
    return centre, spread


def roofline_errors(folder: Path) -> dict[str, Floats]:
    """Return ln(predicted / measured) of pure roofline ratios and of the published predictors.

    The roofline of a pair is the ratio of their peak rates, of their bandwidths, or the geometric
    mean of both; the published predictors speak of a device alone.
    """
    peaks = {
        row["Device"].replace(" ", "_").lower(): (
            number(row["SingleFLOPs"]) or number(row["SingleFLOPsMM"]),
            number(row["Mem_Bw"]),
        )
        for row in read_table(folder, GPU_DEVICES)
    }
    devices, levels = transformer_levels(folder)
    rates = np.array([peaks.get(d.lower(), (np.nan, np.nan)) for d in devices]).T
    errors: dict[str, list[Floats]] = {"peak rate": [], "bandwidth": [], "roofline mean": []}
    for level in levels.values():
        true = level[None, :] - level[:, None]
        off = ~np.eye(len(devices), dtype=bool)
        by_rate, by_bandwidth = (np.log(r)[None, :] - np.log(r)[:, None] for r in rates)
        for name, ratio in (
            ("peak rate", by_rate),
            ("bandwidth", by_bandwidth),
            ("roofline mean", (by_rate + by_bandwidth) / 2),
        ):
            errors[name].append((ratio - true)[off])
    result = {name: _finite(np.concatenate(found)) for name, found in errors.items() if found}
    for column in ("neusight_ms", "roofline_ms", "habitat_ms"):
        pairs = [
            (number(row[column]), number(row["label_ms"]))
            for row in read_table(folder, TRANSFORMERS)
            if number(row[column]) > 0 and number(row["label_ms"]) > 0
        ]
        if pairs:
            predicted, measured = np.array(pairs).T
            result[f"published {column.removesuffix('_ms')}"] = -np.log(predicted / measured)
    return result


def _finite(values: Floats) -> Floats:
    kept: Floats = values[np.isfinite(values)]
    return kept


def cnn_cases(folder: Path) -> list[Cases]:
    """Predict CNN training of each model by a regression over the other models.

    From times alone, the log ratio of two devices is learnt over the anchor's batch time, the
    batch and the image size; with the operation mix, over the anchor's profile too.
    """
    rows = read_table(folder, CNNS)
    devices = tuple(sorted({row["instance_name"] for row in rows}))
    by_device = {
        device: {
            (row["model"], row["dataset"], row["batchsize"]): row
            for row in rows
            if row["instance_name"] == device
        }
        for device in devices
    }
    keys = sorted({key for found in by_device.values() for key in found})
    level = np.array(
        [
            [
                -np.log(number(by_device[d][k]["lat_s"])) if k in by_device[d] else np.nan
                for d in devices
            ]
            for k in keys
        ]
    ).reshape(len(keys), len(devices))
    models = np.array([key[0] for key in keys])
    found = []
    for kind in ("times", "mix"):
        features = [_features(by_device[d], keys, kind=kind) for d in devices]
        centre, spread = _regress(level, features, models=models, length=KERNEL_LENGTH[kind])
        found += [
            make_cases(
                workload_class="gpu-cnn" if kind == "times" else "gpu-cnn-mix",
                workload=key[0],
                item=" ".join(key),
                names=devices,
                predicted=centre[i],
                level=level[i],
                spread=spread[i],
                relation=same_device,
            )
            for i, key in enumerate(keys)
        ]
    return found


def _features(
    rows: dict[tuple[str, str, str], dict[str, str]],
    keys: Sequence[tuple[str, str, str]],
    *,
    kind: str,
) -> Floats:
    """Return what is known of each workload on one device; NaN rows where it did not run."""
    result = []
    for key in keys:
        row = rows.get(key)
        if row is None:
            result.append([np.nan] * (3 if kind == "times" else 12))
            continue
        latency_s = number(row["lat_s"])
        image = float("".join(c for c in row["dataset"] if c.isdigit()) or 1)
        known = [np.log(latency_s), np.log(number(row["batchsize"])), np.log(image)]
        if kind == "mix":
            busy = max(number(row["dev_total_ex_idle"]), 1e-9)
            operations = [
                name
                for name in row
                if name.startswith("dev_") and name not in ("dev_IDLE", "dev_total_ex_idle")
            ]
            known += [np.sqrt(max(0.0, number(row[name]) / busy)) for name in operations]
            known += [np.log(busy * 1e-6 / latency_s), np.log1p(number(row["dev_IDLE"]) / busy)]
        result.append(known)
    return np.array(result, dtype=float)


def _regress(
    level: Floats, features: Sequence[Floats], *, models: NDArray[np.str_], length: float
) -> tuple[Floats, Floats]:
    """Return log ratios and spreads, shape (workloads, anchors, targets), each model left out."""
    count = level.shape[1]
    centre = np.full((level.shape[0], count, count), np.nan)
    spread = centre.copy()
    for anchor in range(count):
        known = features[anchor]
        for target in range(count):
            if anchor == target:
                continue
            ratio = level[:, target] - level[:, anchor]
            usable = np.isfinite(ratio) & np.isfinite(known).all(axis=1)
            for model in np.unique(models):
                learn, ask = usable & (models != model), usable & (models == model)
                if learn.sum() < 2 * known.shape[1] or not ask.any():
                    continue
                found = kernel_regression(
                    known[learn], ratio[learn], known[ask], length=length, noise=KERNEL_NOISE
                )
                centre[ask, anchor, target], spread[ask, anchor, target] = found
    return centre, spread


def kernel_regression(
    inputs: Floats, outputs: Floats, queries: Floats, *, length: float, noise: float
) -> tuple[Floats, Floats]:
    """Predict by a Gaussian process with a smooth and a linear part around the median.

    Args:
        inputs: features, shape (n, d); scaled to unit variance inside.
        outputs: shape (n,).
        queries: shape (m, d).
        length: scale of the smooth part, in standard deviations.
        noise: variance of the noise relative to the smooth part's.

    Returns:
        Mean and standard deviation at the queries; the latter in units of the outputs' own.
    """
    middle, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
    x, q = (inputs - middle) / scale, (queries - middle) / scale

    def kernel(left: Floats, right: Floats) -> Floats:
        square = ((left[:, None, :] - right[None, :, :]) ** 2).mean(axis=2)
        result: Floats = np.exp(-square / (2 * length**2)) + left @ right.T / left.shape[1] + 1
        return result

    inverse = np.linalg.inv(kernel(x, x) + noise * np.eye(x.shape[0]))
    cross = kernel(q, x)
    centre = np.median(outputs)
    solved = inverse @ (outputs - centre)
    left_out = solved / np.diag(inverse)
    prior = 2 + (q**2).mean(axis=1)
    variance = np.maximum(prior - np.sum((cross @ inverse) * cross, axis=1), 0.0)
    size = MAD_TO_SD * np.median(np.abs(left_out))
    return centre + cross @ solved, size * np.sqrt(1 + variance / noise)
