"""What can be moved: every figure of a study as a control, read from the study's own types.

A control is known by its dotted key, the same that `--set` takes on the command line.
"""

import typing
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from advisor.recommendation import Basis
from advisor.report.tables import PLATFORM_NAMES as PLATFORM_TITLES
from advisor.report.words import significant
from advisor.study import PLATFORM_NAMES, PURCHASES, REGIONS, Study
from advisor.template import SOURCES
from advisor.views.presets import PEAK, RATE

SECTIONS = ("workload", "needs", "retraining", "experiments", "team", "cloud")
"""Sections of the study that can be moved without measuring anew."""

FIXED = ("workload.pattern", "workload.profile", "retraining.backtest_source")
"""Keys that make another question, are no single figure, or need new runs: for the study file."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "cloud.regions": REGIONS,
    "cloud.platforms": PLATFORM_NAMES,
    "cloud.purchase": PURCHASES,
    "cloud.training_purchase": ("on-demand", "spot"),
}
"""What can be chosen where a study takes several."""

DISCOUNTED_SERVICES = (
    "ec2",
    "fargate",
    "sagemaker-hosting",
    "sagemaker-serverless",
    "sagemaker-training",
)
"""Those that make up most of a bill; a study file may name every billing service."""

E12 = (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2)
"""Steps of 20%: as fine as these estimates deserve."""


def _decades(low: int, high: int, digits: Iterable[float] = E12) -> tuple[float, ...]:
    kept = list(digits)
    steps = [float(f"{digit}e{power}") for power in range(low, high) for digit in kept]
    return (*steps, float(f"1e{high}"))


class Primary(NamedTuple):
    """One of the few controls that come first."""

    key: str
    label: str
    steps: tuple[float | None, ...]
    unit: str
    whole: bool = False

    def text(self, value: float | None) -> str:
        """Write a step of the control."""
        if value is None:
            return "no limit"
        return f"{significant(value, digits=4)}{self.unit}"


PRIMARY = (
    Primary(RATE, "Mean request rate", _decades(-2, 4), " /s"),
    Primary(PEAK, "Peak, times the mean", (1, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 50), " ×"),
    Primary("workload.rows_per_request", "Rows per request", _decades(0, 4, (1, 2, 5)), "", True),
    Primary(
        "needs.max_p99_latency_ms", "Slowest 1% answered within", (*_decades(0, 4), None), " ms"
    ),
    Primary("retraining.error_cost_usd", "One error costs", (0.0, *_decades(-4, 4)), " USD"),
    Primary(
        "retraining.runs_per_release",
        "Training runs per release",
        _decades(0, 4, (1, 2, 3, 5, 7)),
        "",
        True,
    ),
    Primary(
        "team.engineer_usd_per_hour",
        "An engineer's hour costs",
        tuple(float(usd) for usd in (0, *range(20, 205, 5), 250, 300)),
        " USD",
    ),
)
"""At most seven: all others stand under the assumptions."""

LABELS = {
    "workload.request_kb": "Size of a request",
    "workload.response_kb": "Size of a response",
    "workload.active_hours_per_month": "Hours with traffic",
    "needs.min_quality": "Least quality",
    "needs.max_quality_spread": "Largest spread of quality",
    "needs.max_usd_per_month": "Budget",
    "needs.availability_zones": "Availability zones",
    "retraining.cases_per_day": "Cases whose errors cost money",
    "retraining.label_cost_usd": "Labels for one release",
    "retraining.review_hours": "Review of one release",
    "retraining.now_interval_days": "You retrain every",
    "retraining.decay_per_day": "Growth of the loss with age",
    "team.hours_per_month": "Upkeep",
    "cloud.regions": "Regions",
    "cloud.purchase": "Ways to buy",
    "cloud.platforms": "Ways to run",
    "workload.rows_per_job": "Rows of one batch job",
    "workload.jobs_per_day": "Batch jobs",
    "workload.models": "Models that share it",
    "needs.deadline_hours": "Deadline of a batch job",
    "cloud.discounts": "Discount",
}
"""Names for people; a new field of the study shows its own name until it has one here."""


class Control(NamedTuple):
    """One of the other figures."""

    key: str
    label: str
    help: str
    kind: str
    """`whole`, `number`, `several` or `switch`."""
    choices: tuple[str, ...] = ()
    optional: bool = False
    low: float | None = None
    """Least value; null for none."""
    high: float | None = None
    """Greatest value; null for none."""
    open_low: bool = False
    """Whether the least value itself is too low."""

    @property
    def range_text(self) -> str:
        """What may be entered, in words."""
        if self.kind == "several":
            return f"any of {len(self.choices)}"
        if self.kind == "switch":
            return "yes or no"
        low = None if self.low is None else significant(self.low, digits=4)
        words = [] if low is None else [f"above {low}" if self.open_low else f"at least {low}"]
        if self.high is not None:
            words.append(f"at most {significant(self.high, digits=4)}")
        return ", ".join(words) or "any number"


def controls(section: str) -> tuple[Control, ...]:
    """Return the controls of one section that are not among the first ones."""
    record = Study.model_fields[section].annotation
    assert isinstance(record, type)
    assert issubclass(record, BaseModel)
    taken = {primary.key for primary in PRIMARY} | set(FIXED)
    found: list[Control] = []
    for name, field in record.model_fields.items():
        key = f"{section}.{name}"
        if key not in taken:
            found += _controls_of(key, name, field)
    return tuple(found)


def _controls_of(key: str, name: str, field: FieldInfo) -> list[Control]:
    described = field.description or ""
    unit = described.rpartition("[")[2].partition("]")[0] if "[" in described else ""
    words = LABELS.get(key, name.replace("_", " ").capitalize())
    label = f"{words} [{unit}]" if unit else words
    origin = typing.get_origin(field.annotation)
    if origin is dict:
        names = PLATFORM_NAMES if "hours" in name else DISCOUNTED_SERVICES
        return [
            Control(
                f"{key}.{one}",
                f"{words}, {PLATFORM_TITLES.get(one, one)} [{unit}]",
                described,
                "number",
                optional=True,
                low=0.0,
                high=None if "hours" in name else 1.0,
            )
            for one in names
        ]
    if origin is tuple:
        return [Control(key, label, described, "several", CHOICES[key])]
    kinds = _kinds(field.annotation)
    if bool in kinds:
        return [Control(key, label, described, "switch")]
    kind = "whole" if int in kinds and float not in kinds else "number"
    low, high, open_low = _bounds(field.annotation, field.metadata)
    return [
        Control(
            key,
            label,
            described,
            kind,
            optional=type(None) in kinds,
            low=low,
            high=high,
            open_low=open_low,
        )
    ]


def _bounds(
    annotation: Any, metadata: Iterable[Any] = ()
) -> tuple[float | None, float | None, bool]:
    """Return the least and the greatest value of a figure, and whether the least is too low."""
    low, high, open_low = None, None, False
    for mark in _marks(annotation, metadata):
        low = getattr(mark, "ge", getattr(mark, "gt", low))
        open_low = hasattr(mark, "gt") or (open_low and not hasattr(mark, "ge"))
        high = getattr(mark, "le", getattr(mark, "lt", high))
    return low, high, open_low


def _marks(annotation: Any, metadata: Iterable[Any] = ()) -> Iterator[Any]:
    """Yield the limits that stand in an annotation, inside unions and field infos."""
    for mark in metadata:
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)
    if typing.get_origin(annotation) is typing.Annotated:
        inner, *marks = typing.get_args(annotation)
        yield from _marks(inner, marks)
    elif typing.get_origin(annotation) in {typing.Union, UnionType}:
        for part in typing.get_args(annotation):
            yield from _marks(part)


def _kinds(annotation: Any) -> set[Any]:
    """Return the plain types inside unions and annotations."""
    if typing.get_origin(annotation) in {typing.Union, UnionType}:
        return {kind for part in typing.get_args(annotation) for kind in _kinds(part)}
    if typing.get_origin(annotation) is typing.Annotated:
        return _kinds(typing.get_args(annotation)[0])
    return {annotation}


def value_at(study: Study, key: str) -> Any:
    """Return what a control shows for a study; the peak as a multiple of the mean."""
    if key == PEAK:
        return study.workload.peak_per_s / study.workload.requests_per_s
    section, _, rest = key.partition(".")
    name, _, entry = rest.partition(".")
    value = getattr(getattr(study, section), name)
    if entry:
        return study.team.upkeep_hours(entry) if section == "team" else value.get(entry)
    return list(value) if isinstance(value, tuple) else value


def all_keys() -> tuple[str, ...]:
    """Return the keys of all controls."""
    return tuple(primary.key for primary in PRIMARY) + other_keys()


def other_keys() -> tuple[str, ...]:
    """Return the keys of the controls that do not come first."""
    return tuple(control.key for section in SECTIONS for control in controls(section))


def changes(values: Mapping[str, Any], saved: Study) -> dict[str, str]:
    """Return what differs from the saved study, as keys and values that `--set` understands."""
    found: dict[str, str] = {}
    for key, value in values.items():
        if key != PEAK and value != value_at(saved, key):
            found[key] = _yaml(value)
    peak = values[RATE] * values[PEAK]
    if abs(peak - saved.workload.peak_per_s) > 1e-9 * peak:
        follows = saved.workload.peak_requests_per_s is None and values[PEAK] == value_at(
            saved, PEAK
        )
        if not follows:
            found[PEAK] = _yaml(peak)
    return dict(sorted(found.items()))


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(value)}]"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def steps_with(primary: Primary, values: Iterable[Any]) -> list[float | None]:
    """Return a control's steps with some values among them, in order, `no limit` last."""
    wanted = {*primary.steps, *values}
    numbers = sorted(value for value in wanted if value is not None)
    if primary.whole:
        numbers = sorted({int(value) for value in numbers})
    return [*numbers, None] if None in wanted else [*numbers]


class Origin(NamedTuple):
    """Where a figure on the page comes from."""

    basis: Basis
    source: str


def origin(key: str, saved: Study, *, changed: bool) -> Origin:
    """Say whether a figure is the page's, the study's or a default, and where that comes from."""
    section, _, rest = key.partition(".")
    name, _, entry = rest.partition(".")
    record = getattr(saved, section)
    if changed:
        return Origin("input", "changed on this page")
    given = name in record.model_fields_set and section in saved.model_fields_set
    if given and (not entry or entry in getattr(record, name)):
        return Origin("input", "the study")
    return Origin("assumed", SOURCES.get(f"{section}.{name}", "default: ours"))


def value_words(value: Any) -> str:
    """Write a figure of the study for a table."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return significant(value, digits=6) if isinstance(value, int | float) else str(value)


def changed_rows(
    changed: Mapping[str, str], base: Mapping[str, str], saved: Study
) -> list[tuple[str, str, str]]:
    """Return what differs between two scenarios of a study: key, before, now."""
    return [
        (key, base.get(key) or _as_saved(saved, key), changed.get(key) or _as_saved(saved, key))
        for key in sorted({*changed, *base})
        if changed.get(key) != base.get(key)
    ]


def _as_saved(saved: Study, key: str) -> str:
    return value_words(saved.workload.peak_per_s if key == PEAK else value_at(saved, key))
