"""How list prices move with time, measured on the dated rows of the same things.

`python -m pricing.drift` prints the table; with `--write FILE` it writes it there.
"""

import math
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pricing.quotes import PriceBook, Row

DAYS_PER_YEAR: Final = 365.25
SAME_PRICE: Final = 0.002
"""Two sightings closer than this fraction are one price, printed with other digits."""
PRIOR_YEARS: Final = 20.0
"""Thing-years at the mean rate of all that each service starts with: few were seen for long."""
BAND_SD: Final = 1.2816
"""Half of an 80% band, in standard deviations."""


class Drift(NamedTuple):
    """How often the list prices of one service change, and by how much."""

    service: str
    """Billing service, and how it is bought where that is not on demand."""
    thing_years: float
    """Years between first and last sighting, added up over all that was seen at least twice."""
    change_count: int
    """Changes seen in them."""
    changes_per_year: float
    """Rate of change of one price, drawn towards the mean of all services. [1/year]"""
    typical_change: float
    """Middle size of a change, as a fraction of the price."""

    def changed_share(self, years: ArrayLike) -> NDArray[np.float64]:
        """Return the chance that a price changed within some years of its last reading."""
        return np.asarray(1.0 - np.exp(-self.changes_per_year * np.asarray(years, dtype=float)))

    def factors(self, *, years: float, uniform: ArrayLike) -> NDArray[np.float64]:
        """Draw what today's price is, over the one that was read some years ago.

        It is unchanged, or a typical change up or down, each as likely as the other.

        Args:
            years: since the price was read. [years]
            uniform: draws from 0 to 1, one for each factor wanted.

        Returns:
            Factors around 1, shape of `uniform`.

        Example:
            >>> seen = Drift("s3", 100.0, 10, 0.1, 0.05)
            >>> seen.factors(years=1.0, uniform=[0.01, 0.09, 0.5]).round(4).tolist()
            [0.9524, 1.05, 1.0]
        """
        draws = np.asarray(uniform, dtype=float)
        changed = float(self.changed_share(years))
        size = 1.0 + self.typical_change
        return np.where(draws >= changed, 1.0, np.where(draws < changed / 2, 1.0 / size, size))

    def sd_fraction(self, *, years: float) -> float:
        """Standard deviation of today's price around the one read, as a fraction of it."""
        return float(np.sqrt(self.changed_share(years))) * self.typical_change


class _Seen(NamedTuple):
    """What one thing's sightings say."""

    years: float
    changes: tuple[float, ...]


def measure(rows: Iterable[Row]) -> Mapping[str, Drift]:
    """Measure the drift of every service on rows that were read, by its name.

    Spot is a service of its own. Tiers above the first go with it. The key `""` holds all that is
    not spot together, for services that were never seen twice.
    """

    def thing(row: Row) -> tuple[str, ...]:
        return row[:4]

    seen: dict[str, list[_Seen]] = {}
    listed = sorted(
        (row for row in rows if row.basis == "list" and row.tier_from_units == 0),
        key=lambda row: (thing(row), row.valid_from, row.checked_on),
    )
    for key, group in groupby(listed, key=thing):
        name = service_name(key[0], key[3])
        seen.setdefault(name, []).append(_history(list(group)))
    plain = [one for name, every in seen.items() if not name.endswith(" spot") for one in every]
    mean = _drift("", plain, rate=None)
    found = {"": mean}
    for name, every in sorted(seen.items()):
        found[name] = _drift(name, every, rate=None if name.endswith(" spot") else mean)
    return found


def service_name(service: str, purchase: str) -> str:
    """Return the name under which the drift of a price is measured."""
    return f"{service} spot" if purchase == "spot" else service


def drift_of(drifts: Mapping[str, Drift], *, service: str, purchase: str) -> Drift:
    """Return the drift of a service, that of all together where it was never seen twice."""
    return drifts.get(service_name(service, purchase)) or drifts[""]


@cache
def drifts_of(book: PriceBook) -> Mapping[str, Drift]:
    """Measure the drift of a book, once."""
    return measure(book.rows)


def _history(rows: list[Row]) -> _Seen:
    years = (max(row.checked_on for row in rows) - rows[0].valid_from).days / DAYS_PER_YEAR
    changes = []
    price = rows[0].price_usd_per_unit
    for row in rows[1:]:
        moved = abs(math.log(row.price_usd_per_unit / price))
        if moved > SAME_PRICE:
            changes.append(moved)
            price = row.price_usd_per_unit
    return _Seen(max(0.0, years), tuple(changes))


def _drift(name: str, seen: list[_Seen], *, rate: Drift | None) -> Drift:
    years = math.fsum(one.years for one in seen)
    sizes = [size for one in seen for size in one.changes]
    prior = PRIOR_YEARS if rate else 0.0
    expected = PRIOR_YEARS * rate.changes_per_year if rate else 0.0
    size = math.expm1(median(sizes)) if sizes else (rate.typical_change if rate else 0.0)
    return Drift(
        name,
        years,
        len(sizes),
        (len(sizes) + expected) / (years + prior) if years + prior else 0.0,
        size,
    )


def as_markdown(book: PriceBook) -> str:
    """Return the drift of every service that was seen for some years, as a table."""
    lines = [
        "| service | thing-years seen | changes | changed a year | typical change |",
        "|---|---:|---:|---:|---:|",
    ]
    for one in measure(book.rows).values():
        if one.thing_years >= 1.0:
            share = 100 * float(one.changed_share(1.0))
            lines.append(
                f"| {one.service or '**all but spot**'} | {one.thing_years:,.0f} | "
                f"{one.change_count} | {share:.1f} % | {100 * one.typical_change:.0f} % |"
            )
    return "\n".join(lines) + "\n"


START, END = "<!-- drift: python -m pricing.drift --write -->", "<!-- /drift -->"


def main(arguments: list[str]) -> None:
    """Print the table, or write it between its marks in a file."""
    from pricing.tables import DATA, load_book

    text = as_markdown(load_book(DATA))
    if arguments[:1] == ["--write"]:
        path = Path(arguments[1])
        before, _, rest = path.read_text(encoding="utf-8").partition(START)
        path.write_text(f"{before}{START}\n{text}{END}{rest.partition(END)[2]}", encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
