"""The base of every value of this package, and the words they share."""

from typing import Any, Final, Literal, Self

from pydantic import BaseModel

Basis = Literal["list", "scaled", "assumed", "input"]
"""Where a price comes from: a dated price list, a stated ratio, a default, or the user."""

HOURS_PER_MONTH: Final = 730.0
"""One month, everywhere: 8,760 h / 12. AWS's own examples use 720, 730 and 744. [h]"""


class Record(
    BaseModel, frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
):
    """Immutable, finite, no unknown fields, described by the string under each field."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, validated again."""
        return type(self).model_validate(dict(self) | changes)
