"""The other figures of a study as controls, read from the study's own types.

A control is known by its dotted key, the same that `--set` takes on the command line.
"""

import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from advisor import defaults
from advisor.defaults import Default
from advisor.report.tables import PLATFORM_NAMES as PLATFORM_TITLES
from advisor.report.words import counted, significant
from advisor.study.figures import Figure, figures
from advisor.study.types import PLATFORM_NAMES, PURCHASES, REGIONS
from advisor.views.presets import PATTERN

SECTIONS = (
    *("workload", "needs", "retraining", "experiments", "team", "cloud"),
    *("decision", "current"),
)
"""Sections of the study that can be moved without measuring anew."""

CURRENT = "current"
"""The part whose keys are shown, never itself."""

HORIZON = "horizon_months"
"""The one figure that stands in no section; it is shown with the decision's."""

FIXED = ("retraining.backtest_source",)
"""Keys that need new runs: for the study file."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "cloud.regions": REGIONS,
    "cloud.platforms": PLATFORM_NAMES,
    "cloud.purchase": PURCHASES,
    "cloud.training_purchase": ("on-demand", "spot"),
    "current.platform": PLATFORM_NAMES,
    "current.region": REGIONS,
    "current.purchase": PURCHASES,
}
"""What can be chosen, one or several as the study takes it."""

OURS: Mapping[str, Default] = {
    "decision.growth_half_width_fraction": defaults.GROWTH_HALF_WIDTH,
    "decision.price_drift_half_width_fraction": defaults.PRICE_DRIFT_HALF_WIDTH,
    "decision.traffic_factor": defaults.TRAFFIC_FACTOR,
    "decision.peak_factor": defaults.PEAK_SPREAD,
    "decision.start_factor": defaults.START_FACTOR,
    "decision.spot_price_factor": defaults.SPOT_PRICE_FACTOR,
    "decision.spot_fallback_fraction": defaults.SPOT_FALLBACK_FRACTION,
    "decision.runs_factor": defaults.RUNS_FACTOR,
    "decision.training_factor": defaults.TRAINING_FACTOR,
    "decision.hours_factor": defaults.HOURS_FACTOR,
}
"""What is taken where the study leaves a figure to us; others depend on what was measured."""

OF_JOBS = tuple(key for key, found in figures().items() if found.told.pattern == "batch")
"""Figures that only a study of jobs has."""

OF_REQUESTS = tuple(key for key, found in figures().items() if found.told.pattern == "online")
"""Figures that only a study of requests has; those of jobs have a rate that follows from them."""

DISCOUNTED_SERVICES = (
    *("ec2", "fargate"),
    *(f"sagemaker-{kind}" for kind in ("hosting", "serverless", "training")),
)
"""Those that make up most of a bill; a study file may name every billing service."""


class Control(NamedTuple):
    """One of the other figures."""

    key: str
    label: str
    help: str
    kind: str
    """`whole`, `number`, `one`, `several`, `switch`, `text` or `weights`."""
    choices: tuple[str, ...] = ()
    optional: bool = False
    low: float | None = None
    """Least value; null for none."""
    high: float | None = None
    """Greatest value; null for none."""
    open_low: bool = False
    """Whether the least value itself is too low."""

    @property
    def unset_text(self) -> str:
        """What holds where nothing is entered."""
        ours = OURS.get(self.key)
        return "not set" if ours is None else f"ours: {significant(ours.value)}"

    @property
    def range_text(self) -> str:
        """What may be entered, in words."""
        in_words = {
            "several": f"any of {len(self.choices)}",
            "one": f"one of {len(self.choices)}",
            "switch": "yes or no",
            "text": "up to 200 characters",
            "weights": "24 or 168 figures, at least 0",
        }
        if self.kind in in_words:
            return in_words[self.kind]
        low = None if self.low is None else counted(self.low)
        words = [] if low is None else [f"above {low}" if self.open_low else f"at least {low}"]
        if self.high is not None:
            words.append(f"at most {counted(self.high)}")
        return ", ".join(words) or "any number"


@cache
def controls(section: str, pattern: str | None = None) -> tuple[Control, ...]:
    """Return the controls of one section that are not among the first ones.

    Args:
        section: name of the section.
        pattern: leaves out what only the other pattern has; null leaves out nothing.
    """
    left = {PATTERN, *FIXED}
    if pattern is not None:
        left |= {*(OF_REQUESTS if pattern == "batch" else OF_JOBS)}
    sections = (section, HORIZON) if section == "decision" else (section,)
    return tuple(
        control
        for key, figure in figures().items()
        if key.partition(".")[0] in sections and key != CURRENT
        if key not in left and figure.told.slider is None
        for control in _controls_of(figure)
    )


def _controls_of(figure: Figure) -> list[Control]:
    key, words, unit = figure.key, figure.told.label, figure.unit
    field = figure.field
    label = f"{words} [{unit}]" if unit else words
    if typing.get_origin(field.annotation) is dict:
        names = PLATFORM_NAMES if "hours" in key else DISCOUNTED_SERVICES
        return [
            Control(
                f"{key}.{one}",
                f"{words}, {PLATFORM_TITLES.get(one, one)} [{unit}]",
                figure.meaning,
                "number",
                optional=True,
                low=0.0,
                high=None if "hours" in key else 1.0,
            )
            for one in names
        ]
    kinds = _kinds(field.annotation)
    kind, choices = _kind_of(key, field.annotation, kinds)
    low, high, open_low = _bounds(field.annotation, field.metadata)
    return [
        Control(
            key,
            label,
            figure.meaning,
            kind,
            choices,
            optional=type(None) in kinds or field.is_required(),
            low=low,
            high=high,
            open_low=open_low,
        )
    ]


def _kind_of(key: str, annotation: Any, kinds: set[Any]) -> tuple[str, tuple[str, ...]]:
    """Return what sort of control a figure gets, and what it can be where that is a choice."""
    if typing.get_origin(annotation) is tuple:
        return ("several", CHOICES[key]) if key in CHOICES else ("weights", ())
    literals = tuple(kind for kind in kinds if isinstance(kind, str))
    if literals or key in CHOICES:
        return "one", CHOICES.get(key) or tuple(typing.get_args(annotation))
    if bool in kinds:
        return "switch", ()
    if str in kinds:
        return "text", ()
    return ("whole" if int in kinds and float not in kinds else "number"), ()


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
    """Return the plain types, and the words, inside unions and annotations."""
    if typing.get_origin(annotation) is typing.Literal:
        return {*typing.get_args(annotation)}
    if typing.get_origin(annotation) in {typing.Union, UnionType}:
        return {kind for part in typing.get_args(annotation) for kind in _kinds(part)}
    if typing.get_origin(annotation) is typing.Annotated:
        return _kinds(typing.get_args(annotation)[0])
    return {annotation}
