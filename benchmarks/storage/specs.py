"""What was measured, on which data and on which machine."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

Task = Literal["classification", "regression", "clustering"]

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


FORMAT = 2
"""Number of the format that records are written in. It rises with each new field, so that an older
program can say that a newer one wrote a record."""


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
    rarest_test_rows: NonNegativeInt | None = None
    """Rows of the class that has the fewest in a test on the newest rows; null where rows have no
    time, where it is the rows' share, and in old runs."""
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
        in_test = self.rarest_class_rows * TEST_FRACTION
        if self.rarest_test_rows is not None:
            in_test = min(in_test, self.rarest_test_rows)
        return (
            in_test
            < LEAST_TEST_CLASS_ROWS
            < (TEST_FRACTION * self.used_row_count / (self.class_count or 1) / 2)
        )


class RentedMachine(Record):
    """What a machine that was rented for a measurement is, beyond what it tells of itself."""

    target: str
    """How it was rented: a key of `benchmarks.remote.TARGETS`, e.g. `sagemaker-processing`."""
    sku: str
    """What was rented, e.g. `ml.c7i.large`."""
    region: str
    """Region, `own` for a machine of one's own."""
    zone: str | None = None
    """Availability zone, null where the service does not tell it."""
    spot: bool = False
    """Whether it was spare capacity."""
    usd_per_hour: NonNegativeFloat
    """What an hour of it costs; 0 for a machine of one's own. [USD/h]"""


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
    rented: RentedMachine | None = None
    """What it was rented as; null on this machine and in runs of older versions."""
