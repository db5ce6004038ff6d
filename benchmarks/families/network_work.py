"""What a network does for a row: arithmetic, bytes moved and kernels, counted over traced calls.

A convolution uses each weight at every place and attention grows with the sequence, so that the
number of weights tells neither. A call of one row and one of two are traced, operation by
operation; their difference is a row, the rest is what a call costs whatever its rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.storage.records import NetworkWork

Call = Callable[[int], Any]
"""Runs the model on so many rows."""


def network_work(call: Call) -> NetworkWork | None:
    """Count what a model's network does; null where nothing of it runs in torch.

        row = f(2) - f(1),   call = f(1) - row

    Multiply-adds count as two operations; what is no matrix product or convolution counts as
    traffic only. Bytes are those of the tensors that each operation reads and writes: no operation
    is fused with another, as when a module is run as it is written.

    Args:
        call: runs the whole `predict` on a number of rows.
    """
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(value=False)  # fused, it would hide what it does
    try:
        call(1)  # whatever is lazy
        one, two = (_flop(call, rows) for rows in (1, 2))
        moved_one, moved_two = (_traffic(call, rows) for rows in (1, 2))
    finally:
        torch.backends.mha.set_fastpath_enabled(value=before)
    flop_per_row = max(0.0, two - one)
    if flop_per_row == 0:
        return None
    bytes_per_row = max(0.0, moved_two.byte_count - moved_one.byte_count)
    return NetworkWork(
        flop_per_row=flop_per_row,
        bytes_per_row=bytes_per_row,
        bytes_per_call=max(0.0, moved_one.byte_count - bytes_per_row),
        kernel_count=moved_one.kernel_count,
    )


def _flop(call: Call, rows: int) -> float:
    with FlopCounterMode(display=False, custom_mapping=_MISSING) as counter, torch.no_grad():
        call(rows)
    return float(counter.get_total_flops())


class _Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Adds up the tensors that operations read and write."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.byte_count = 0.0
        self.kernel_count = 0

    def __torch_dispatch__(  # torch names it
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operation and count what it moves; a view moves nothing."""
        found = func(*args, **(kwargs or {}))
        if not getattr(func, "is_view", False):
            moved = sum(_bytes(part) for part in (args, tuple((kwargs or {}).values()), found))
            self.byte_count += moved
            self.kernel_count += moved > 0
        return found


def _traffic(call: Call, rows: int) -> _Traffic:
    counted = _Traffic()
    with counted, torch.no_grad():
        call(rows)
    return counted


def _bytes(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, (tuple, list)):
        return sum(_bytes(part) for part in value)
    return 0


def _attention_flop(
    query: Sequence[int], key: Sequence[int], value: Sequence[int], *_: Any, **__: Any
) -> int:
    """Return 2 B Tq Tk (d + dv): scores, and the mixture of the values. [FLOP]"""
    *batch, query_count, width = query
    pairs = query_count * key[-2]
    for size in batch:
        pairs *= size
    return 2 * pairs * (width + value[-1])


def _lstm_flop(rows: Sequence[int], *others: Any, **__: Any) -> int:
    """Return 2 x steps x each weight matrix, every matrix once a step. [FLOP]"""
    steps = rows[0] * rows[1]
    matrices = [shape for group in others for shape in _shapes(group) if len(shape) == 2]
    return 2 * steps * sum(a * b for a, b in matrices)


def _shapes(value: Any) -> list[Sequence[int]]:
    if isinstance(value, (list, tuple, torch.Size)):
        if value and all(isinstance(size, int) for size in value):
            return [value]
        return [shape for part in value for shape in _shapes(part)]
    return []


_ATEN = torch.ops.aten
_MISSING: dict[Any, Any] = {
    _ATEN.scaled_dot_product_attention: _attention_flop,
    _ATEN._scaled_dot_product_flash_attention_for_cpu: _attention_flop,  # noqa: SLF001
    _ATEN.lstm: _lstm_flop,
    _ATEN.mkldnn_rnn_layer: _lstm_flop,
}
"""Operations on a processor that torch's own counter does not know."""
