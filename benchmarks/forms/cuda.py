"""A torch model on a GPU: its network alone, rows on the device, float32 and bfloat16, by events.

The run itself holds the whole call as a service makes it, copies included; this is the part that
the device does, to tell how much of the device's measured rates it reaches.
"""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.data.features import features_from_rows
from benchmarks.families.artefacts import load_model
from benchmarks.forms import NotApplicableError, NotConvertibleError, Sample
from benchmarks.forms.checking import compare_answers
from benchmarks.forms.torch_module import TorchServed, whole_model
from benchmarks.machine.devices import time_on_device
from benchmarks.storage.records import Device, Precision

Timer = Callable[..., list[float]]
"""(call, count=) -> durations. [s]"""


def time_network(
    *,
    save_path: str,
    rows_path: str,
    task: str,
    device: Device,
    batch_rows: Sequence[int],
    precisions: Sequence[Precision],
    call_count: int,
    timer: Timer | None = None,
) -> dict[str, Any]:
    """Time the network of a saved torch model with its rows on the device.

    Args:
        save_path: the saved estimator.
        rows_path: rows as a client would send them.
        task: what was learnt.
        device: where the network runs.
        batch_rows: rows of a call.
        precisions: `float32`, and `bfloat16` by autocast.
        call_count: timed calls at each batch size.
        timer: times the calls; CUDA events by default.

    Returns:
        The fields of a `FormMeasurement` for each precision, `measured`; `refused` with the reason
        where the model has no such form.
    """
    warnings.simplefilter("ignore")
    raw = json.loads(Path(rows_path).read_text())
    features = features_from_rows(raw["rows"], raw["kinds"])
    sample = Sample(task=task, kinds=raw["kinds"], features=features)  # type: ignore[arg-type]
    model = load_model(Path(save_path))
    try:
        whole, about = whole_model(model, sample)
    except (NotApplicableError, NotConvertibleError) as error:
        return {"refused": str(error), "measured": []}
    rows = torch.as_tensor(np.asarray(features, dtype=np.float32))
    native = np.asarray(model.predict(features))
    flop_per_row, weight_bytes = network_work(whole, rows[:1])
    whole = whole.to(device)
    measured = []
    for precision in precisions:
        call = _in_precision(whole, device, precision)
        served = TorchServed(lambda part, call=call: call(part.to(device)).float().cpu(), about)
        agreement = compare_answers(
            native=native,
            found=served.predict(rows),
            native_scores=None,
            found_scores=None,
            is_label=task != "regression",
        )
        measured.append(
            {
                "form": f"torch-{device}-{precision}",
                "outcome": "ok",
                "reason": agreement.reason,
                "largest_difference": agreement.largest_difference,
                "flipped_fraction": agreement.flipped_fraction,
                "compared_row_count": agreement.row_count,
                "flop_per_row": flop_per_row,
                "weight_bytes": weight_bytes * (0.5 if precision == "bfloat16" else 1),
                "inference": [
                    {
                        "batch_rows": size,
                        "thread_count": 1,
                        "durations_s": _durations_s(
                            call,
                            rows.repeat(size // len(rows) + 1, 1)[:size].to(device),
                            timer=timer or time_on_device,
                            count=call_count,
                        ),
                        "form": f"torch-{device}-{precision}",
                        "input_kind": "numpy",
                        "precision": precision,
                    }
                    for size in batch_rows
                ],
            }
        )
    return {"refused": None, "measured": measured}


def network_work(module: torch.nn.Module, one_row: torch.Tensor) -> tuple[float, int]:
    """Return what a row costs in arithmetic, and the weights that a call reads. [FLOP], [B]"""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(one_row)
    weight_bytes = sum(w.numel() * w.element_size() for w in module.parameters())
    return float(counter.get_total_flops()), weight_bytes


def _in_precision(
    module: torch.nn.Module, device: Device, precision: Precision
) -> Callable[[torch.Tensor], torch.Tensor]:
    def call(rows: torch.Tensor) -> torch.Tensor:
        autocast = torch.autocast(
            device_type=device, dtype=torch.bfloat16, enabled=precision == "bfloat16"
        )
        with torch.inference_mode(), autocast:
            outputs: torch.Tensor = module(rows)
        return outputs

    return call


def _durations_s(
    call: Callable[[torch.Tensor], torch.Tensor], batch: torch.Tensor, *, timer: Timer, count: int
) -> list[float]:
    return [max(d, 1e-9) for d in timer(lambda _: call(batch), count=count)]
