"""What one trial of a run brought: raw samples of training, answering and other forms."""

import statistics
from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from benchmarks.storage.specs import Record

Outcome = Literal["ok", "failed", "out-of-memory", "timeout", "crashed", "skipped"]
Device = Literal["cpu", "cuda"]
InputKind = Literal["json", "numpy", "pandas"]
Precision = Literal["float64", "float32", "bfloat16"]

NATIVE_FORM = "native"
"""The form in which a model was trained: the saved estimator itself."""


class TrainingMeasurement(Record):
    """One training, in a process of its own."""

    seed: NonNegativeInt
    """Seed of the model and of the split."""
    row_count: PositiveInt
    """Training rows."""
    thread_count: PositiveInt
    """Threads that the training was allowed."""
    wall_s: PositiveFloat
    """Wall-clock of `fit`, data in memory. [s]"""
    cpu_s: NonNegativeFloat
    """Processor time of `fit`, all threads. [s]"""
    peak_memory_bytes: PositiveInt
    """Peak resident memory of the whole process. [B]"""
    quality: float
    """The data set's metric on held-out rows. Larger is better."""
    error_per_case: NonNegativeFloat | None
    """Loss per case that money is counted on: 0/1 loss, the cost of the decision in USD where the
    two kinds of errors have their prices, or |error| / MAD of the target for regression; null for
    clustering. The study's `error_cost_usd` is the price of one unit."""
    epoch_count: PositiveInt | None = None
    """Passes or iterations until the fit stopped, early or not; null where the model tells none."""
    pss_bytes: PositiveInt | None = None
    """Memory of the process and its children at the end of `fit`, shared pages divided among those
    that share them; null where the system does not tell. [B]"""
    gpu_memory_bytes: NonNegativeInt | None = None
    """Most memory that torch had on the device; null on a CPU. [B]"""
    energy_j: NonNegativeFloat | None = None
    """Energy of `fit`; null where the machine does not tell. [J]"""
    energy_source: str | None = None
    """What the energy counts, e.g. `processor packages (RAPL), whole machine`."""


class InferenceMeasurement(Record):
    """Raw durations of `predict` at one batch size."""

    batch_rows: PositiveInt
    """Rows in one call."""
    thread_count: PositiveInt
    """Threads that the call was allowed."""
    durations_s: tuple[PositiveFloat, ...]
    """Each timed call, in the order they ran, warm-ups dropped; process after process. [s]"""
    process_call_counts: tuple[PositiveInt, ...] = ()
    """How many of the durations each process brought, in order; empty for one process."""
    inner_call_count: PositiveInt = 1
    """Calls behind each duration, which is their mean: more than 1 only for calls that are too
    short for the clock. Percentiles beyond the median are of single calls only."""
    first_call_s: PositiveFloat | None = None
    """The very first call of this kind, which pays for whatever is lazy; the median over the
    processes. [s]"""
    inconclusive: str | None = None
    """Why the wanted interval is wider than the preset asks for; null where it is narrow."""
    device_s: PositiveFloat | None = None
    """Median time between device events around a call, without what only the host does; null on
    a CPU. [s]"""
    form: str = NATIVE_FORM
    """Runtime form, a key of `benchmarks.forms.FORMS`."""
    input_kind: InputKind = "json"
    """What the timed call begins with: `json` parsed JSON rows that are made into what the model
    takes, `numpy` a ready array, `pandas` a ready data frame."""
    precision: Precision = "float64"
    """Number format of the input; of the arithmetic for `bfloat16`."""


class FormMeasurement(Record):
    """A trained model in one more form that it could be shipped in, held against the native one."""

    form: str
    """Key of `benchmarks.forms.FORMS`."""
    outcome: Outcome
    """`ok` where its answers agree with the native ones and it was timed, else why not."""
    reason: str | None = None
    """For any other outcome than `ok`: what happened, for people."""
    largest_difference: NonNegativeFloat | None = None
    """Largest difference from the native scores (probabilities, or values in standard deviations
    of the native answers); null where nothing could be compared."""
    flipped_fraction: NonNegativeFloat | None = None
    """Share of the compared rows whose label is another one; null for regression. [fraction]"""
    compared_row_count: NonNegativeInt = 0
    """Rows that both forms answered."""
    convert_s: NonNegativeFloat | None = None
    """Time to make the form from the trained model, once. [s]"""
    artefact_bytes: NonNegativeInt | None = None
    """Size of the saved form. [B]"""
    import_s: NonNegativeFloat | None = None
    """Time to import what it needs to serve, in a fresh process. [s]"""
    load_s: NonNegativeFloat | None = None
    """Time to load it and answer once, libraries imported, in a fresh process. [s]"""
    serving_memory_bytes: NonNegativeInt | None = None
    """Resident memory of a fresh process that loaded it and predicted once. [B]"""
    extra_worker_memory_bytes: NonNegativeInt | None = None
    """Memory that one more such process adds on the same machine: its pages that no file backs,
    since the others are shared. [B]"""
    flop_per_row: NonNegativeFloat | None = None
    """Arithmetic of one row in a torch network; null for the others. [FLOP]"""
    weight_bytes: NonNegativeFloat | None = None
    """Weights that a call reads; null where they are not counted. [B]"""
    inference: tuple[InferenceMeasurement, ...] = ()
    """Timings, single thread first. Those of the native form with parsed JSON rows are in the
    run itself."""


class NetworkWork(Record):
    """What a torch network does, counted over traced calls of `predict`."""

    flop_per_row: NonNegativeFloat
    """Arithmetic of one row; a multiply-add is two operations. [FLOP]"""
    bytes_per_row: NonNegativeFloat
    """What the operations read and write for each row, unfused. [B]"""
    bytes_per_call: NonNegativeFloat
    """What they read and write whatever the rows: the weights, mostly. [B]"""
    kernel_count: NonNegativeInt
    """Operations of a call that move data: kernels that a GPU would start."""


FindingKind = Literal[
    "faster-form",
    "slower-form",
    "data-frame",
    "threads",
    "threads-batch",
    "oversubscription",
    "float32",
    "json-rows",
    "batch",
]


class Finding(Record):
    """Something that users of a model miss, with the measured factor: see `findings_of`."""

    kind: FindingKind
    """What was looked for."""
    candidate: str
    """Name of the candidate."""
    run_id: str
    """The run that it was read off."""
    form: str = NATIVE_FORM
    """Runtime form that it is about."""
    factor: PositiveFloat
    """Slow median over fast median."""
    factor_low: PositiveFloat
    """Lower end of the factor: the ends of the medians' 95% intervals that are nearest."""
    factor_high: PositiveFloat
    """Upper end of the factor: the ends that are farthest apart."""
    slow_s: PositiveFloat
    """Median of the slow way; of a call, for batching of a row. [s]"""
    fast_s: PositiveFloat
    """Median of the fast way; of a call, for batching of a row. [s]"""
    text: str
    """What was found, for people."""
    remedy: str
    """What to do about it."""


class LearningPoint(Record):
    """One point of the learning curve."""

    row_count: PositiveInt
    """Training rows."""
    seed: NonNegativeInt
    """Seed of the sample and the model."""
    wall_s: PositiveFloat
    """Wall-clock of `fit`. [s]"""
    quality: float
    """The data set's metric on the same held-out rows at every size."""
    peak_memory_bytes: PositiveInt | None = None
    """Peak resident memory of the whole process. [B]"""


class ReferenceCheck(Record):
    """A fixed workload before and after a trial: how fast the machine was around it."""

    trial: str
    """Which trial."""
    before_s: PositiveFloat
    """Time of the reference workload before the trial. [s]"""
    after_s: PositiveFloat
    """The same after it. [s]"""

    @property
    def change_fraction(self) -> float:
        """How much slower the machine was after the trial than before it."""
        return self.after_s / self.before_s - 1


class Circumstances(Record):
    """What else the machine did while a run was measured: the worst of its trials."""

    cpu_quota_count: PositiveFloat | None = None
    """Processors that the control group grants; null without a quota."""
    pinned: bool = False
    """Whether trials with fewer threads than processors were bound to some of them."""
    other_load_fraction: NonNegativeFloat = 0.0
    """Share of the processors that other programs used."""
    stolen_fraction: NonNegativeFloat = 0.0
    """Share of the processors that the hypervisor gave to other machines."""
    throttled_s: NonNegativeFloat = 0.0
    """Time that the control group's quota held the trials up, all of them together. [s]"""
    waiting_fraction: NonNegativeFloat = 0.0
    """Share of the time that some process of the machine waited for a processor."""
    thermal_throttle_count: NonNegativeInt = 0
    """Times that a core lowered its clock for heat."""
    gpu_process_count: NonNegativeInt = 0
    """Other programs that held the GPU."""
    gpu_clock_mhz: PositiveFloat | None = None
    """Clock of the GPU as found before the run; null without one. [MHz]"""
    gpu_throttle: str | None = None
    """Why the GPU held its clock down, as its driver tells it; null where it did not."""
    references: tuple[ReferenceCheck, ...] = ()
    """The fixed workload around each trial."""

    @property
    def reference_s(self) -> float | None:
        """Median time of the reference workload around the trials; null where there is none. [s]"""
        times = [t for item in self.references for t in (item.before_s, item.after_s)]
        return statistics.median(times) if times else None
