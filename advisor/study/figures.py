"""Every key of a study with what its field says: label, unit, source, steps, what is tried."""

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from advisor.study.keys import Key
from advisor.study.types import Study


@dataclass(frozen=True)
class Figure:
    """One key of a study."""

    key: str
    """Its dots, as `--set` takes them."""
    field: FieldInfo
    """Its type, limits and default."""
    told: Key
    """What stands on the field for people."""

    @property
    def meaning(self) -> str:
        """The field's docstring in one line."""
        return " ".join((self.field.description or "").split())

    @property
    def unit(self) -> str:
        """Unit, as it stands in brackets in the docstring; empty where there is none."""
        return self.meaning.rpartition("[")[2].partition("]")[0] if "[" in self.meaning else ""

    @property
    def is_whole(self) -> bool:
        """Whether it counts whole things."""
        return self.field.annotation is int


@cache
def figures() -> Mapping[str, Figure]:
    """Return every key of a study in the order of the file; `current` as a whole too.

    Raises:
        TypeError: a field has no `Key`; the message says which, and where to write it.
    """
    return MappingProxyType({figure.key: figure for figure in figures_of(Study)})


def figures_of(record: type[BaseModel], prefix: str = "") -> Iterator[Figure]:
    """Yield the keys of a record and of the records in it.

    Raises:
        TypeError: a field has no `Key`.
    """
    for name, field in record.model_fields.items():
        key = f"{prefix}{name}"
        told = next((mark for mark in field.metadata if isinstance(mark, Key)), None)
        inner = record_in(field.annotation)
        is_part = is_record(inner)
        if told is None and not is_part:
            raise TypeError(
                f"the study's key {key!r} has no label: write Annotated[..., Key(\"What people call"
                f' it")] on {record.__name__}.{name}'
            )
        if told is not None:
            yield Figure(key, field, told)
        if is_part:
            yield from figures_of(inner, f"{key}.")


def study_keys() -> list[str]:
    """Return every key of a study with its dots, as `--set` takes them.

    Example:
        >>> [key for key in study_keys() if key.startswith("needs.max_p99")]
        ['needs.max_p99_latency_ms']
    """
    return [
        key for key, found in figures().items() if not is_record(record_in(found.field.annotation))
    ]


def value_of(study: Study, key: str) -> Any:
    """Return what a study says under a key; null below a part that it does not have."""
    place: Any = study
    for name in key.split("."):
        place = getattr(place, name) if place is not None else None
    return place


def is_record(model: Any) -> bool:
    """Whether an annotation is a part of a study with keys of its own."""
    return isinstance(model, type) and issubclass(model, BaseModel)


def record_in(annotation: Any) -> Any:
    """Return the record of an optional part; anything else as it is."""
    if typing.get_origin(annotation) in {typing.Union, UnionType}:
        return next((a for a in typing.get_args(annotation) if is_record(a)), annotation)
    return annotation
