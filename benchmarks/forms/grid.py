"""How much of forms x input x batch x threads x precision each preset measures."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.statistics.timing import Budget
from benchmarks.storage.records import InputKind, Precision

ONE_CALL = Budget(wanted_s=0.0, min_count=1, limit_s=1.0)
"""Times a single call."""


CONVERSION_S = 2.0
"""About how long it takes to convert, check and load a form, timing apart. [s]"""

READY_INPUT_S = 1.0
"""About how long it takes to load the model and make ready input, timing apart. [s]"""


@dataclass(frozen=True)
class FormGrid:
    """What is measured beside the native form with parsed JSON rows."""

    forms: tuple[str, ...] = ()
    """Forms that are tried, keys of `FORMS`."""
    batch_rows: tuple[int, ...] = ()
    """Batch sizes of the other forms."""
    all_thread_counts: bool = False
    """Whether the other forms are timed with more than one thread too."""
    inputs: tuple[tuple[InputKind, Precision], ...] = ()
    """Ready input that the native form is timed with."""
    input_batch_rows: tuple[int, ...] = ()
    """Batch sizes of the ready input."""
    crowded: bool = False
    """Whether twice as many threads as processors are tried, to show what that costs."""
    crowded_without: tuple[str, ...] = ()
    """Libraries that take so long to import that this one more process is not worth it."""
    of_baseline: bool = True
    """Whether the baseline, which nobody ships, is measured in other forms too."""
    single_row: Budget = ONE_CALL
    """For batches of one row."""
    larger_batches: Budget = ONE_CALL
    process_count: int = 1
    """Processes that time each form, and the ready input, within the budgets above."""
    cuda_batch_rows: tuple[int, ...] = (1, 8, 64, 256, 1024, 8192)
    """Batch sizes of the network alone on a GPU."""
    cuda_call_count: int = 200
    """Timed calls at each of them."""
    form_limit_s: float = 60.0
    """Deadline of one conversion and of one serving trial. [s]"""

    def estimate_s(self, *, form_count: int) -> float:
        """Return about how long one candidate takes. [s]"""
        if not self.forms and not self.inputs:
            return 0.0
        larger_s = self.larger_batches.wanted_s + self.larger_batches.warmup_s
        single_s = self.single_row.wanted_s + self.single_row.warmup_s
        inputs_s = len(self.inputs) * (single_s + larger_s * (len(self.input_batch_rows) - 1))
        each_s = CONVERSION_S + single_s + larger_s * (len(self.batch_rows) - 1)
        return READY_INPUT_S + self.process_count * (inputs_s + form_count * each_s)

    def is_crowded(self, serving_modules: Sequence[str]) -> bool:
        """Whether a model of these libraries is timed with more threads than processors."""
        return self.crowded and not set(self.crowded_without) & set(serving_modules)

    def thread_counts(self, cpu_count: int) -> tuple[int, ...]:
        """Return the thread counts of the other forms: one, powers of two, all.

        Example:
            >>> FormGrid(all_thread_counts=True).thread_counts(6)
            (1, 2, 4, 6)
        """
        if not self.all_thread_counts:
            return (1,)
        doubled = [2**k for k in range(cpu_count.bit_length()) if 2**k < cpu_count]
        return tuple(sorted({1, *doubled, cpu_count}))


NO_GRID = FormGrid()
"""Nothing but the native form."""

GRIDS: dict[str, FormGrid] = {
    "fast": FormGrid(
        forms=("booster", "onnx", "torch-eager"),
        batch_rows=(1, 64, 1024),
        inputs=(("numpy", "float64"), ("numpy", "float32"), ("pandas", "float64")),
        input_batch_rows=(1, 1024),
        crowded=True,
        crowded_without=("torch",),
        of_baseline=False,
        single_row=Budget(
            wanted_s=0.15, min_count=100, limit_s=0.5, max_count=2_000, warmup_s=0.03
        ),
        larger_batches=Budget(
            wanted_s=0.08, min_count=10, limit_s=0.3, max_count=300, warmup_s=0.03
        ),
    ),
    "standard": FormGrid(
        forms=("booster", "onnx", "torch-eager", "torch-export", "torch-compile"),
        batch_rows=(1, 8, 64, 256, 1024),
        all_thread_counts=True,
        inputs=(("numpy", "float64"), ("numpy", "float32"), ("pandas", "float64")),
        input_batch_rows=(1, 64, 1024),
        crowded=True,
        single_row=Budget(wanted_s=0.7, min_count=300, limit_s=4.0, max_count=1_000),
        larger_batches=Budget(wanted_s=0.3, min_count=30, limit_s=2.0, max_count=400),
        process_count=3,
        form_limit_s=300.0,
    ),
    "rigorous": FormGrid(
        forms=("booster", "onnx", "torch-eager", "torch-export", "torch-compile"),
        batch_rows=(1, 8, 64, 256, 1024, 8192),
        all_thread_counts=True,
        inputs=(
            ("numpy", "float64"),
            ("numpy", "float32"),
            ("pandas", "float64"),
            ("pandas", "float32"),
        ),
        input_batch_rows=(1, 8, 64, 256, 1024, 8192),
        crowded=True,
        single_row=Budget(wanted_s=1.0, min_count=500, limit_s=6.0, max_count=2_000),
        larger_batches=Budget(wanted_s=0.4, min_count=40, limit_s=4.0, max_count=600),
        process_count=5,
        form_limit_s=1_800.0,
    ),
}
"""By name of the preset."""


def grid_of(preset: str) -> FormGrid:
    """Return what a preset measures of the forms; nothing for one without a grid."""
    return GRIDS.get(preset, NO_GRID)
