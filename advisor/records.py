"""The base of every value of this package."""

from typing import Any, Self

from pydantic import BaseModel


class Record(
    BaseModel, frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
):
    """Immutable, finite, no unknown fields, described by the string under each field."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, validated again."""
        return type(self).model_validate(dict(self) | changes)
