"""The values that a benchmark writes: runs, load tests and back-tests, and what they hold.

This is the one door: what a run is about and what its trials brought are taken from here too.
"""

from datetime import datetime
from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from benchmarks.storage.measurements import (
    NATIVE_FORM,
    Circumstances,
    Device,
    Finding,
    FindingKind,
    FormMeasurement,
    InferenceMeasurement,
    InputKind,
    LearningPoint,
    NetworkWork,
    Outcome,
    Precision,
    ReferenceCheck,
    TrainingMeasurement,
)
from benchmarks.storage.specs import (
    FORMAT,
    LEAST_TEST_CLASS_ROWS,
    TEST_FRACTION,
    Candidate,
    DatasetSpec,
    DataSettings,
    HardwareProfile,
    Record,
    RentedMachine,
    Task,
)

__all__ = [
    "LEAST_TEST_CLASS_ROWS",
    "NATIVE_FORM",
    "TEST_FRACTION",
    "BacktestRun",
    "BenchmarkRun",
    "Candidate",
    "Circumstances",
    "DataSettings",
    "DatasetSpec",
    "Device",
    "ErrorCell",
    "ErrorLoss",
    "Finding",
    "FindingKind",
    "FormMeasurement",
    "HardwareProfile",
    "InferenceMeasurement",
    "InputKind",
    "LearningPoint",
    "LoadTest",
    "NetworkWork",
    "Outcome",
    "Precision",
    "Record",
    "ReferenceCheck",
    "RentedMachine",
    "Task",
    "TrainingMeasurement",
]


class BenchmarkRun(Record):
    """One candidate on one data set on one device of one machine: the unit of the store."""

    format: PositiveInt = FORMAT
    """Number of the format that it was written in; records before 2 do not tell it."""
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

    format: PositiveInt = FORMAT
    """Number of the format that it was written in; records before 2 do not tell it."""
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

    format: PositiveInt = FORMAT
    """Number of the format that it was written in; records before 2 do not tell it."""
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
