"""Prices that are another price times a ratio: when that one changes, they go with it."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pricing.quotes import Row

Thing = tuple[str, str, str, str]
"""Service, sku, region, purchase."""


class Carried(NamedTuple):
    """A derived row that follows its base, and the row it takes over from."""

    row: Row
    before: Row


def base_of(row: Row) -> Thing | None:
    """Return what a derived row is derived from, None for a row that stands on its own.

    The note of a derived row starts with its base, e.g. `DERIVED: EC2 0.192 x 1.2, ...`.
    """
    found = re.match(r"DERIVED: (on-demand|EC2|x86|gp3)\b.* x [\d.]+", row.note)
    if found is None:
        return None
    bases: Mapping[str, Thing] = {
        "on-demand": (row.service, row.sku, row.region, "on-demand"),
        "EC2": ("ec2", row.sku.removeprefix("ml."), row.region, "on-demand"),
        "x86": (row.service, row.sku.replace("arm64", "x86_64"), row.region, "on-demand"),
        "gp3": ("ebs-gp3", "storage", row.region, "on-demand"),
    }
    return bases[found[1]]


def carry(changed: Iterable[tuple[Row | None, Row]], *, newest: Iterable[Row]) -> list[Carried]:
    """Move every derived price by the factor that its base moved by.

    Args:
        changed: the old and the new row of every price that changed.
        newest: the row in force of every thing, after the change.

    Returns:
        The rows to add; what is derived from what was derived follows too.
    """
    read = list(changed)
    fresh = {new[:4] for _, new in read}
    moves = {new[:4]: (old, new) for old, new in read if old is not None and not new[5]}
    derived = [(base, row) for row in newest if (base := base_of(row)) is not None]
    carried: list[Carried] = []
    while True:
        step = [
            (row, *moves[base])
            for base, row in derived
            if base in moves and row[:4] not in fresh and row[:4] not in moves
        ]
        if not step:
            return carried
        for row, old, new in step:
            factor = new.price_usd_per_unit / old.price_usd_per_unit
            moved = row._replace(
                price_usd_per_unit=round(row.price_usd_per_unit * factor, 10),
                valid_from=max(new.valid_from, row.valid_from),
                checked_on=new.checked_on,
                source=new.source,
                note=_renumbered(row.note, price=new.price_usd_per_unit),
            )
            carried.append(Carried(moved, row))
            moves[row[:4]] = (row, moved)


def _renumbered(note: str, *, price: float) -> str:
    """Print the new base price where the note printed the old one."""
    return re.sub(r"^(DERIVED: (?:EC2|gp3) )[\d.]+( x )", rf"\g<1>{price:g}\g<2>", note)
