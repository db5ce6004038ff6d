"""What the vendors say of processors and GPUs: one figure per row, each with its own source."""

import csv
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import NonNegativeFloat

from pricing.base import Record
from pricing.tables import DATA

CHIPS = DATA / "catalogue" / "chips.csv"

PROCESSOR_FIGURES = (
    "clock_sustained_ghz",
    "l2_kib_per_core",
    "l3_mib_per_socket",
    "memory_gb_per_s_per_socket",
    "instruction_sets",
)
"""Figures that every processor has a row for, with a value or with the word that it is missing."""

GPU_FIGURES = (
    "fp32_tflop_per_s",
    "tf32_matrix_tflop_per_s",
    "fp16_matrix_tflop_per_s",
    "bf16_matrix_tflop_per_s",
    "fp8_matrix_tflop_per_s",
    "int8_matrix_top_per_s",
    "memory_gb_per_s",
    "memory_gib",
)
"""The same of every GPU; a rate of 0 means that the chip has no unit for that precision."""


class ChipFigure(Record):
    """One figure of one chip."""

    chip: str
    """Processor as the processor table spells it, or GPU as the instance catalogue does."""
    kind: Literal["processor", "gpu"]
    """What it is."""
    figure: str
    """Which figure, its unit in the name."""
    number: NonNegativeFloat | None
    """The figure; null where it is words, or missing."""
    words: str
    """Instruction sets, in words; empty for a number, or where it is missing."""
    unit: str
    """Unit of the number."""
    basis: Literal["list", "measured", "assumed", "unknown"]
    """`list` a data sheet or announcement, `measured` read on a machine, `unknown` is missing."""
    source: str
    """The document, or why it is missing."""

    @property
    def shown(self) -> str:
        """The figure for people; says so where it is missing."""
        if self.basis == "unknown":
            return f"not known ({self.source})"
        if self.number is None:
            return self.words
        return "none" if self.number == 0 else f"{self.number:g}"


@cache
def load_chips(path: Path = CHIPS) -> dict[str, dict[str, ChipFigure]]:
    """Return every chip's figures: chip -> figure's name -> figure (read once per process)."""
    found: dict[str, dict[str, ChipFigure]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            value = line.pop("value")
            is_words = line["unit"] == "names"
            figure = ChipFigure.model_validate(
                {
                    **line,
                    "number": None if is_words or not value else value,
                    "words": value if is_words else "",
                }
            )
            found.setdefault(figure.chip, {})[figure.figure] = figure
    return found
