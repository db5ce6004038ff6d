"""What a study learns from, and the candidates that learn it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from advisor.records import Record
from advisor.study.keys import Key
from advisor.study.names import METRICS, ShortText, Usd, one_of
from benchmarks.errors import did_you_mean


class Data(Record):
    """What to learn from. Give `path`, or `source` for data that are not a file of yours."""

    path: Annotated[str | None, Key("File of the data")] = None
    """CSV or Parquet file, relative to the study."""
    source: Annotated[str | None, Key("Data that are no file")] = None
    """`builtin:...`, `openml:...` or `simulated:...` in place of a path."""
    target: Annotated[str | None, Key("What is predicted")] = None
    """Column to predict; null asks for clustering (built-in data bring their own)."""
    time: Annotated[str | None, Key("Column with the time of a case")] = None
    """Column with the time of each case; null where there is none."""
    label_time: Annotated[str | None, Key("Column with the time of its label")] = None
    """Column with the time each label became known; null when it is known at once."""
    ignore: Annotated[tuple[str, ...], Key("Columns that are no features")] = ()
    """Columns that are not features."""
    types: Annotated[
        dict[ShortText, Literal["number", "category", "time", "ignore"]],
        Key("What columns are, where their values do not tell"),
    ] = Field(default_factory=dict)
    """What columns of a file are, where their values do not tell: number, category, time or ignore.
    `advisor data show` prints what each was taken for."""
    task: Annotated[
        Literal["auto", "classification", "regression", "clustering"], Key("What is learnt")
    ] = "auto"
    """What is learnt; `auto` tells it from the target."""
    metric: Annotated[str, one_of(METRICS, "metric"), Key("Quality metric")] = "auto"
    """Quality metric; `auto`: accuracy, r2 or silhouette; minus the cost of a decision where the
    two kinds of errors have their prices."""
    false_positive_usd: Annotated[Usd | None, Key("Cost of a class 0 taken for 1")] = None
    """Cost of a case of class 0 that is taken for class 1 (classes are numbered in the order of
    their names); null where all errors have one price. [USD]"""
    false_negative_usd: Annotated[Usd | None, Key("Cost of a class 1 taken for 0")] = None
    """Cost of a case of class 1 that is taken for class 0; null where all errors have one price.
    [USD]"""

    @model_validator(mode="after")
    def _exactly_one_origin(self) -> "Data":
        if (self.path is None) == (self.source is None):
            raise ValueError("give either `path` (a CSV or Parquet file) or `source`, not both")
        if self.source is not None and self.source.partition(":")[0] not in {
            "builtin",
            "openml",
            "simulated",
        }:
            raise ValueError(
                f"unknown source {self.source!r}: it starts with builtin:, openml: or simulated:"
            )
        return self


class CandidateImport(Record):
    """A model of the user's own."""

    name: ShortText
    """Name shown in every table."""
    import_path: Annotated[str, Field(alias="import")]
    """`module:function` beside the study; the function returns an estimator or a torch module.
    Or `file:model.skops`, an estimator that was saved; `trusted-file:` reads pickles too."""


def _name_or_import(entry: Any) -> Any:
    if isinstance(entry, str | CandidateImport):
        return entry
    if not isinstance(entry, Mapping):
        raise ValueError(
            f"a candidate is `default`, a family's name or {{name: ..., import: "
            f'"module:function"}}, found {entry!r}'
        )
    unknown = [str(key) for key in entry if key not in {"name", "import"}]
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}: {did_you_mean(unknown[0], _IMPORT_KEYS)}")
    missing = [key for key in _IMPORT_KEYS if not isinstance(entry.get(key), str)]
    if missing:
        raise ValueError(
            f'`{missing[0]}` is missing: write {{name: mine, import: "my_module:make_model"}}'
        )
    module, colon, function = entry["import"].partition(":")
    if module in {"file", "trusted-file"} and function:
        return entry
    if not (colon and module and function.isidentifier()):
        from benchmarks.families.files import file_advice  # only where there is something to say

        if (advice := file_advice(entry["import"])) is not None:
            raise ValueError(advice)
        raise ValueError(f"`import` {entry['import']!r} is not of the form module:function")
    return entry


_IMPORT_KEYS = ("name", "import")

CandidateEntry = Annotated[CandidateImport | ShortText, BeforeValidator(_name_or_import)]
