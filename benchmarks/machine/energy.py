"""Energy of a trial, where the machine tells it: the processor's own counters (RAPL) on Linux.

Most virtual machines do not tell: then there is no number, and nothing is guessed.
"""

from pathlib import Path

RAPL = "processor packages (RAPL), whole machine"
"""What the counters count: every program on the machine, processor packages only."""


def read_energy_uj(*, root: Path = Path("/")) -> dict[str, tuple[int, int]] | None:
    """Return each package's counter and its range; null where the machine does not tell. [uJ]"""
    found = {}
    for folder in sorted((root / "sys/class/powercap").glob("*-rapl:[0-9]*")):
        if folder.name.count(":") != 1:  # a part of a package
            continue
        try:
            value = int((folder / "energy_uj").read_text())
            span = int((folder / "max_energy_range_uj").read_text())
        except (OSError, ValueError):
            continue
        found[folder.name] = (value, span)
    return found or None


def energy_j(
    before: dict[str, tuple[int, int]] | None, after: dict[str, tuple[int, int]] | None
) -> float | None:
    """Return the energy between two readings; null where one is missing. [J]

    A counter that is lower than before has started over at its range.

    Example:
        >>> energy_j({"a": (900, 1_000)}, {"a": (400, 1_000)})
        0.0005
    """
    if not before or not after or before.keys() != after.keys():
        return None
    spent = 0
    for name, (value, span) in after.items():
        difference = value - before[name][0]
        spent += difference if difference >= 0 else difference + span
    return spent / 1e6
