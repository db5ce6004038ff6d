"""Worked examples whose totals somebody else printed, held against our own arithmetic.

`python -m pricing.examples` prints the table; with `--write FILE` it writes it there.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pricing import meters
from pricing.base import Record
from pricing.bill import Bill, price_file
from pricing.quotes import PriceBook
from pricing.tables import DATA, load_book
from pricing.usage import read_usage

EXAMPLES = DATA.parent / "worked_examples.yaml"

HEADER = """# Worked examples

Written by `python -m pricing.examples --write docs/reference/worked-examples.md`; do not edit.

Each row is an example or a bill that somebody else published with its total, priced by
`advisor bill` at the prices of its day ("own function" where the answer is not a bill). *Off by* is
our figure less the printed one; it may be half of the last printed digit, for each line that the
source rounded before adding. Where the source slipped, the slip is named and our figure is held
against the right total.

| example | what | printed | ours | off by | agrees | source |
|---|---|---:|---:|---:|---|---|
"""


class WorkedExample(Record):
    """One example with the total that its source printed."""

    id: str
    """Short name."""
    title: str
    """What is priced."""
    source: str
    """Who printed the total, and where."""
    kind: str
    """Kind of source: AWS itself, AWS quoted, a tool's test, a real bill."""
    stated: float
    """What the source printed, in `unit`."""
    printed_decimals: int
    """Digits after the point that the source printed."""
    rounded_line_count: int = 1
    """Lines that the source rounded each before it added them up."""
    unit: str = "USD"
    """Unit of the printed figure."""
    usage: dict[str, Any] | None = None
    """Usage file of the example; null where a function answers it."""
    function: str | None = None
    """Name in `FUNCTIONS`; null for a bill."""
    arguments: dict[str, float] | None = None
    """Arguments of the function."""
    corrected: float | None = None
    """The right total where the source slipped."""
    slip: str | None = None
    """What the source did wrong."""
    note: str | None = None
    """What else a reader should know."""

    @property
    def tolerance(self) -> float:
        """Half of the last digit that the source printed, for each line that it rounded."""
        return self.rounded_line_count * 0.5 * 10.0**-self.printed_decimals + 1e-9

    def bill(self, *, book: PriceBook) -> Bill:
        """Price the example."""
        return price_file(read_usage(self.usage), book=book)

    def ours(self, *, book: PriceBook) -> float:
        """Return our figure, in the unit of the source."""
        if self.function is not None:
            return FUNCTIONS[self.function](**(self.arguments or {}))
        return self.bill(book=book).total_usd

    def agrees(self, *, book: PriceBook) -> bool:
        """Whether our figure is the printed one, or the right one where the source slipped."""
        target = self.stated if self.corrected is None else self.corrected
        return abs(self.ours(book=book) - target) <= self.tolerance


def managed_spot_saving_percent(*, training_s: float, billable_s: float) -> float:
    """Saving of managed spot training, in percent as the vendor prints it."""
    saving = meters.managed_spot_saving_fraction(training_s=training_s, billable_s=billable_s)
    return 100.0 * float(saving)


def cost_per_inference_usd(*, usd_per_hour: float, inferences_per_minute: float) -> float:
    """Cost of one inference on an endpoint that is kept busy."""
    return float(
        meters.cost_per_inference_usd(
            usd_per_hour=usd_per_hour, inferences_per_minute=inferences_per_minute
        )
    )


FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "managed_spot_saving_percent": managed_spot_saving_percent,
    "cost_per_inference_usd": cost_per_inference_usd,
}


def load_examples(path: Path = EXAMPLES) -> tuple[WorkedExample, ...]:
    """Read the worked examples."""
    from pricing.yaml_text import load_yaml

    content = load_yaml(path.read_text(encoding="utf-8"))
    return tuple(WorkedExample.model_validate(one) for one in content)


def as_markdown(*, book: PriceBook) -> str:
    """Return the table of all examples."""
    rows = [_row(example, book=book) for example in load_examples()]
    return HEADER + "\n".join(rows) + "\n"


def _row(example: WorkedExample, *, book: PriceBook) -> str:
    ours = example.ours(book=book)
    digits = max(example.printed_decimals + 2, 4)
    agrees = "yes" if example.agrees(book=book) else "NO"
    if example.slip:
        agrees = f"{agrees}, with {example.corrected}; the source slipped: {example.slip}"
    what = example.title + (" (own function)" if example.function else "")
    remark = f"; {example.note}" if example.note else ""
    if example.rounded_line_count > 1:
        remark += f"; sum of {example.rounded_line_count} rounded lines"
    return (
        f"| `{example.id}` | {what} | {example.stated:.{example.printed_decimals}f} {example.unit} "
        f"| {ours:.{digits}f} | {ours - example.stated:+.{digits}f} | {agrees} "
        f"| {example.kind}: {example.source}{remark} |"
    )


def main(arguments: list[str]) -> None:
    """Print the table, or write it to a file."""
    text = as_markdown(book=load_book())
    if arguments[:1] == ["--write"]:
        Path(arguments[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
