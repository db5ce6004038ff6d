"""The values that a benchmark writes: what was measured, on what, with which raw samples."""

import statistics
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

Task = Literal["classification", "regression", "clustering"]
Outcome = Literal["ok", "failed", "out-of-memory", "timeout", "crashed", "skipped"]
Device = Literal["cpu", "cuda"]
InputKind = Literal["json", "numpy", "pandas"]
Precision = Literal["float64", "float32", "bfloat16"]

NATIVE_FORM = "native"
"""The form in which a model was trained: the saved estimator itself."""

LEAST_TEST_CLASS_ROWS = 10
"""Test rows of a class from which accuracy can tell models apart on it."""

TEST_FRACTION = 0.2
"""Held-out share: the last rows where there is a time column, else drawn by seed. [fraction]"""


class Record(
    BaseModel, frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
):
    """Immutable, finite, no unknown fields, described by the string under each field."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, validated again."""
        return type(self).model_validate(dict(self) | changes)


class Candidate(Record):
    """A model that could be shipped."""

    name: str
    """The name shown everywhere, unique in a study."""
    family: str
    """Key of `benchmarks.families.FAMILIES`, or `import` for the user's own model."""
    import_path: str | None = None
    """`module:function` that makes the user's own model; null for a built-in family."""
    cluster_count: PositiveInt | None = None
    """Clusters that the study asks for; null lets the family choose, and for all but clustering."""
    simplicity_rank: NonNegativeInt
    """Place in the ladder, 0 the simplest. The user's own models come after the built-in ones."""


class DataSettings(Record):
    """Which data to learn from, as the study says it: what `load_data` takes."""

    path: str | None = None
    """CSV or Parquet file, relative to the study."""
    source: str | None = None
    """`builtin:...`, `openml:...` or `simulated:...` in place of a path."""
    target: str | None = None
    """Column to predict; null asks for clustering."""
    time: str | None = None
    """Column with the time of each case."""
    label_time: str | None = None
    """Column with the time each label became known."""
    ignore: tuple[str, ...] = ()
    """Columns that are not features."""
    types: dict[str, Literal["number", "category", "time", "ignore"]] = Field(default_factory=dict)
    """What columns of a file are, where their values do not tell."""
    task: str = "auto"
    """`auto` or a task."""
    metric: str = "auto"
    """`auto` or a metric."""
    false_positive_usd: NonNegativeFloat | None = None
    """Cost of a case of class 0 that is taken for class 1; null where errors have one price.
    [USD]"""
    false_negative_usd: NonNegativeFloat | None = None
    """Cost of a case of class 1 that is taken for class 0; null where errors have one price.
    [USD]"""

    @property
    def error_costs_usd(self) -> tuple[float, float]:
        """Cost of a false positive and of a false negative; 1 where it is not given. [USD]"""
        given = (self.false_positive_usd, self.false_negative_usd)
        return (1.0 if given[0] is None else given[0], 1.0 if given[1] is None else given[1])


class DatasetSpec(Record):
    """The data a run was measured on."""

    name: str
    """Short name, e.g. `breast_cancer`."""
    source: str
    """Path as the study writes it, or `builtin:...`, `openml:...`, `simulated:...`."""
    task: Task
    """What is learnt."""
    target: str | None
    """Target column; null for clustering."""
    time: str | None
    """Event-time column; null where the data have none."""
    row_count: PositiveInt
    """Rows in the whole data set."""
    used_row_count: PositiveInt
    """Rows that the trials used, sampled from the whole when fewer."""
    feature_count: PositiveInt
    """Feature columns before encoding."""
    class_count: PositiveInt | None
    """Distinct labels; null unless classification."""
    rarest_class_rows: PositiveInt | None = None
    """Used rows of the class that has the fewest; null unless classification, and in old runs."""
    metric: str
    """The quality metric, e.g. `accuracy`, `r2`, `silhouette`. Larger is better, always."""
    simulated: bool
    """Whether the rows come from our own generator; said wherever they are shown."""
    sha256: str
    """Hash of the used rows' content, so that runs on other data are not mixed in."""
    settings: DataSettings | None = None
    """What the study asked for, so that runs of another question are not taken for answers."""
    file_bytes: NonNegativeInt | None = None
    """Size of the file when it was read; null for data that are no file. [B]"""

    @property
    def accuracy_is_blind(self) -> bool:
        """Whether too few rows of a class are in a test for accuracy to tell models apart."""
        if self.metric != "accuracy" or self.rarest_class_rows is None:
            return False
        return (
            self.rarest_class_rows * TEST_FRACTION
            < LEAST_TEST_CLASS_ROWS
            < (TEST_FRACTION * self.used_row_count / (self.class_count or 1) / 2)
        )


class HardwareProfile(Record):
    """The machine a run was measured on."""

    host_id: str
    """Hash that tells machines apart; no host name."""
    processor: str
    """Model name as the system tells it, e.g. `Intel(R) Xeon(R) Platinum 8488C`."""
    architecture: str
    """`x86_64` or `arm64`."""
    physical_core_count: PositiveInt
    """Physical cores that this process may use."""
    logical_cpu_count: PositiveInt
    """Logical CPUs that this process may use, by affinity and cgroup quota."""
    memory_gib: PositiveFloat
    """Memory that this process may use. [GiB]"""
    gpu_model: str | None = None
    """First CUDA device, null where there is none."""
    gpu_memory_gib: PositiveFloat | None = None
    """Memory of the first CUDA device. [GiB]"""
    system: str
    """Operating system and kernel."""
    python: str
    """Python version."""
    libraries: dict[str, str]
    """Version of each library that shapes the result."""
    probes: dict[str, float] = Field(default_factory=dict)
    """What this machine can do; each name ends with its unit, e.g. `gemm_fp32_gflop_per_s`."""


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


class BenchmarkRun(Record):
    """One candidate on one data set on one device of one machine: the unit of the store."""

    id: str
    """Unique, sorts by start time."""
    key: str
    """Hash of everything that makes two runs interchangeable (candidate, data, preset, device,
    host, versions); `advisor bench` resumes by it."""
    started_at: datetime
    """Start, UTC."""
    preset: str
    """`fast`, `standard` or `rigorous`."""
    candidate: Candidate
    """What was measured."""
    dataset: DatasetSpec
    """What it was measured on."""
    hardware: HardwareProfile
    """Where it was measured."""
    device: Device
    """`cpu` or `cuda`."""
    outcome: Outcome
    """`ok`, or why there is no result."""
    reason: str | None = None
    """For any other outcome than `ok`: what happened, for people."""
    training: tuple[TrainingMeasurement, ...] = ()
    """At least three seeds at the default thread count, and one at a single thread."""
    learning_curve: tuple[LearningPoint, ...] = ()
    """Quality and time against rows, smallest first."""
    inference: tuple[InferenceMeasurement, ...] = ()
    """Batch sizes 1 to 1,024, single thread first."""
    artefact_bytes: NonNegativeInt | None = None
    """Size of the saved model. [B]"""
    load_s: NonNegativeFloat | None = None
    """Time to load the saved model in a fresh process, libraries imported. [s]"""
    import_s: NonNegativeFloat | None = None
    """Time to import the libraries that serving needs, in a fresh process. [s]"""
    serving_memory_bytes: NonNegativeInt | None = None
    """Resident memory of a fresh process that loaded the model and predicted once. [B]"""
    extra_worker_memory_bytes: NonNegativeInt | None = None
    """Memory that one more such process adds on the same machine: its pages that no file backs,
    since the others are shared; null in runs of older versions. [B]"""
    parameter_count: NonNegativeInt | None = None
    """Weights of a torch model; null for the others."""
    network: NetworkWork | None = None
    """What a torch model's network does for a row; null for the others, and in older runs."""
    circumstances: Circumstances | None = None
    """What else the machine did meanwhile; null in runs of older versions."""
    forms: tuple[FormMeasurement, ...] = ()
    """Other input to the native form, then the other forms, the simplest first."""
    notes: tuple[str, ...] = ()
    """What a reader must know: noise, sampling, a limit hit."""

    def in_form(self, form: str) -> "BenchmarkRun":
        """Return the run as though the model had been measured in one of its verified forms only.

        Raises:
            KeyError: it was not measured in that form, or its answers differ.
        """
        if form == NATIVE_FORM:
            return self
        found = {item.form: item for item in self.forms if item.outcome == "ok"}[form]
        return self.replace(
            inference=tuple(i for i in found.inference if i.input_kind == "json"),
            artefact_bytes=found.artefact_bytes,
            import_s=found.import_s,
            load_s=found.load_s,
            serving_memory_bytes=found.serving_memory_bytes,
            extra_worker_memory_bytes=found.extra_worker_memory_bytes,
            forms=(),
        )


class LoadTest(Record):
    """A candidate behind a real server on this machine, kept busy and then loaded."""

    id: str
    """Unique, sorts by start time."""
    started_at: datetime
    """Start, UTC."""
    candidate: Candidate
    """What was served."""
    dataset: DatasetSpec
    """What it was trained on, and whose rows were sent."""
    hardware: HardwareProfile
    """Where."""
    handling: Literal["inline", "executor", "batch"]
    """How the server called the model."""
    payload: Literal["json", "binary"]
    """Requests as JSON or as arrays."""
    worker_count: PositiveInt
    """Worker processes."""
    rows_per_request: PositiveInt
    """Rows of a request. [rows]"""
    capacity_per_s: PositiveFloat
    """Requests that all workers answer when always busy. [1/s]"""
    predict_s: PositiveFloat
    """Mean time of `predict` in the busy server. [s]"""
    offline_s: PositiveFloat
    """Mean time of `predict` alone just before, the same model and rows. [s]"""
    p99_ms: PositiveFloat | None = None
    """p99 at `rate_per_s`; null where none could be told. [ms]"""
    rate_per_s: NonNegativeFloat = 0.0
    """Rate that was sent, or the highest within the need. [1/s]"""

    @property
    def server_s(self) -> float:
        """What the server does for a request besides `predict`. [s]"""
        return max(0.0, self.worker_count / self.capacity_per_s - self.predict_s)


class ErrorCell(Record):
    """One entry of the error matrix E[s, t]."""

    trained_at: int
    """Period number whose end the model was trained at."""
    scored_at: int
    """Period number that it was scored on, later than `trained_at`."""
    case_count: PositiveInt
    """Scored cases, n_t."""
    error_per_case: NonNegativeFloat
    """Mean loss per case."""


class ErrorLoss(Record):
    """What an error is, so that newly scored cases are counted in the same way."""

    name: Literal["zero-one", "log", "absolute", "cost", "assignment", "objective"]
    """`zero-one`; `log` of the true class; `absolute`, |error| over the scale; `cost` in USD; for
    clustering `assignment` or `objective`."""
    scale: PositiveFloat | None = None
    """For `absolute`: MAD of the target that the errors are divided by; null for the others."""
    class_labels: tuple[str, ...] = ()
    """Classes of the target, in the order of their numbers; empty where it has none."""
    false_positive_usd: NonNegativeFloat = 1.0
    """For `cost`: a case of the first class that is taken for the second. [USD]"""
    false_negative_usd: NonNegativeFloat = 1.0
    """For `cost`: a case of the second class that is taken for the first. [USD]"""


class BacktestRun(Record):
    """A candidate trained at several past times and scored on every later period."""

    id: str
    """Unique, sorts by start time."""
    key: str
    """Hash of everything that makes two back-tests interchangeable."""
    started_at: datetime
    """Start, UTC."""
    candidate: Candidate
    """What was trained."""
    dataset: DatasetSpec
    """What it was trained and scored on."""
    hardware: HardwareProfile
    """Where."""
    period_days: PositiveFloat | None
    """Length of a period; null where the data only have an order. [days]"""
    period_label: str
    """The period for people, e.g. `7 days` or `477 rows`."""
    window: Literal["sliding", "expanding"]
    """Which past rows a training uses."""
    cells: tuple[ErrorCell, ...]
    """The error matrix, long form."""
    training_wall_s: tuple[PositiveFloat, ...]
    """Wall-clock of each training. [s]"""
    loss: ErrorLoss | None = None
    """What an error is in the cells."""
    outcome: Outcome = "ok"
    """`ok`, or why there is no result."""
    reason: str | None = None
    """For any other outcome than `ok`: what happened."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""
