"""What a measured machine and a processor of the table can do, as one common set of features.

The harness's probes and the table's columns are put on one scale, so that here and there stand side
by side: each feature per physical core, larger is faster.
"""

from typing import NamedTuple

import numpy as np

from advisor.capacity.processors import PROBES, load_processors
from benchmarks.storage.records import HardwareProfile

REFERENCE_CORES = 2.0
"""Size at which the table is read."""


class Feature(NamedTuple):
    """One thing that a machine can do."""

    name: str
    """Name of the table's column, its unit in it."""
    here: float | None
    """The measured machine's, on the table's scale; null where it was not probed."""
    there: float | None
    """The processor's; null where the table has none."""

    @property
    def ratio(self) -> float | None:
        """There / here; null where one is missing."""
        if self.here is None or self.there is None:
            return None
        return self.there / self.here


def features(host: HardwareProfile, processor: str | None) -> tuple[Feature, ...]:
    """Return the common features of a machine and of a processor of the table.

    A probe is divided by what it shows where the table shows 1 (another text, another block size).
    The probes without a column (matrix product, memory copy, interpreter loop) are no features:
    nothing in the table was measured the same way. They tell a model's class of work instead.

    Args:
        host: the measured machine, with the probes that it has.
        processor: name in the table; null or unknown leaves `there` empty.
    """
    table = load_processors()
    columns = [column for column, _ in PROBES.values()]
    known = processor in table.names
    there = (
        table.figures_of(str(processor), columns=columns, core_count=REFERENCE_CORES)
        if known
        else np.full(len(columns), np.nan)
    )
    return tuple(
        Feature(
            name=column,
            here=host.probes[probe] / factor if host.probes.get(probe, 0.0) > 0 else None,
            there=float(value) if np.isfinite(value) else None,
        )
        for (probe, (column, factor)), value in zip(PROBES.items(), there, strict=True)
    )
