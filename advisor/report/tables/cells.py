"""What every table is made of, and the names that stand in it."""

import math
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from advisor.platforms import PLATFORMS
from advisor.platforms.training import TRAINING_TITLES
from advisor.recommendation import BASIS_BADGES, Assumption, Basis, Option, Recommendation

GROUPS = ("serving", "training", "labels", "people")
"""Groups of the lines of a bill, in the order they are listed."""

GROUP_NAMES = {
    "serving": "Serving",
    "training": "Training runs",
    "labels": "Labels",
    "people": "People",
}

PARTS = ("serving", "training", "experiments", "retraining", "people")
"""Parts of the cost stack, in the order they are drawn. They add up to the bill, as GROUPS do."""

PART_NAMES = {
    "serving": "Serving",
    "training": "Training",
    "experiments": "Experiments",
    "retraining": "Retraining",
    "people": "People",
}

PARTS_SENTENCE = (
    "Training is the one run of each release that ships, experiments the other runs behind it; "
    "retraining is labels and people's review of each release, people the upkeep of the platform."
)

PLATFORM_NAMES = {name: one.facts.short_title for name, one in PLATFORMS.items()}
PLATFORM_NAMES |= {n: title for n, title in TRAINING_TITLES.items() if n not in PLATFORM_NAMES}
"""Names of platforms and of places to train, for narrow columns."""


Point = TypeVar("Point")

SHORT = 12
"""Characters up to which a cell stays on one line."""
WORDY = 26
"""Characters from which a cell is a sentence that may break into lines."""
MOST_ON_A_PHONE = 4
"""Columns of figures that stand side by side on a phone."""


BAR_CHARACTERS = 10
"""Length of the longest bar in faces of text."""


class Cell(NamedTuple):
    """One figure or name of a table."""

    text: str
    basis: Basis | None = None
    bar: float | None = None
    """Length of a bar behind it, 0 to 1; null for none."""

    @property
    def plain(self) -> str:
        """The text with its badge behind it."""
        return f"{self.text} {BASIS_BADGES[self.basis]}" if self.basis else self.text

    @property
    def blocks(self) -> str:
        """The bar in characters, for faces of text; empty for none."""
        return "█" * max(1, round(BAR_CHARACTERS * self.bar)) if self.bar else ""


class Column(NamedTuple):
    """A heading, and whether figures stand below it."""

    title: str
    numeric: bool = False


class Table(NamedTuple):
    """A table as every face draws it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    strong_rows: frozenset[int] = frozenset()
    """Rows that stand out: the chosen one, totals."""
    cards: bool = False
    """Whether a phone shows a card per row even where the table is a small one."""

    @property
    def longest(self) -> tuple[int, ...]:
        """Characters of the longest cell of each column."""
        return tuple(
            max((len(row[i].plain) for row in self.rows), default=0)
            for i in range(len(self.columns))
        )

    @property
    def wordy(self) -> tuple[bool, ...]:
        """Which columns hold sentences: they take the room that the others leave."""
        return tuple(length > WORDY for length in self.longest)

    @property
    def classes(self) -> tuple[str, ...]:
        """The look of each column: figures, sentences, words that stay on one line."""
        return tuple(
            " ".join(
                ("n",) * column.numeric + ("w",) * (length > WORDY) + ("s",) * (length <= SHORT)
            )
            for column, length in zip(self.columns, self.longest, strict=True)
        )

    @property
    def stacked(self) -> bool:
        """Whether a phone shows a card per row; else the table fits one."""
        return self.cards or len(self.columns) > MOST_ON_A_PHONE or any(self.wordy)


class Fact(NamedTuple):
    """A short answer with its reason."""

    label: str
    answer: str
    why: str

    @property
    def sentence(self) -> str:
        """Answer and reason in a row."""
        if not self.why:
            return f"{self.answer}."
        return f"{self.answer}{':' if self.why[0].islower() else '.'} {self.why}"


def platform_name(platform: str) -> str:
    """Return a platform's name for people."""
    return PLATFORM_NAMES.get(platform, platform)


def stated(recommendation: Recommendation, name: str) -> float | None:
    """Return a numeric entry of the assumptions table; None where it is absent or not set."""
    entry: Assumption | None = next((a for a in recommendation.assumptions if a.name == name), None)
    return float(entry.value) if entry and isinstance(entry.value, int | float) else None


def group_usd_per_month(option: Option, group: str) -> float:
    """Return the sum of one group of an option's lines. [USD/month]"""
    return math.fsum(line.usd_per_month for line in option.lines if line.group == group)


def part_usd_per_month(option: Option, part: str, *, runs_per_release: int) -> float:
    """Return one part of an option's cost. [USD/month]

    Args:
        option: whose.
        part: one of PARTS.
        runs_per_release: training runs behind each release, of which one ships.
    """
    if part == "serving":
        return group_usd_per_month(option, "serving")
    if part in {"training", "experiments"}:
        ships = 1.0 / max(runs_per_release, 1)
        share = ships if part == "training" else 1.0 - ships
        return share * group_usd_per_month(option, "training")
    of_releases = [
        line.group == "labels" or line.source.startswith("study: retraining.")
        for line in option.lines
    ]
    return math.fsum(
        line.usd_per_month
        for line, of_release in zip(option.lines, of_releases, strict=True)
        if line.group in {"labels", "people"} and of_release == (part == "retraining")
    )


def thinned(points: tuple[Point, ...], most: int) -> tuple[Point, ...]:
    """Return at most so many points, evenly picked, the first and last among them."""
    if len(points) <= most:
        return points
    last = len(points) - 1
    return tuple(points[round(i * last / (most - 1))] for i in range(most))


def known(value: float | None, basis: Basis) -> Basis | None:
    """Return the basis of a value; None where there is no value to have one."""
    return None if value is None else basis


_STRENGTH: tuple[Basis, ...] = ("assumed", "scaled", "input", "list", "measured")


def weakest(bases: Iterable[Basis]) -> Basis | None:
    """Return the basis that a sum of such parts has."""
    return min(bases, key=_STRENGTH.index, default=None)
