"""Machines that differ by price alone, and those that err together: worked out once for all."""

from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import Floats, Ints, Objects
from advisor.options.machines import MachineTable


@dataclass(frozen=True)
class ErrorGroups:
    """Who shares an error of the predicted service time, one row each."""

    candidate: Ints
    """Row of the profiles."""
    chip: Objects
    """Processor or GPU."""
    up: Floats
    """Upper end of the 80% band of service time over the prediction."""
    down: Floats
    """Lower end of it."""

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.candidate)

    def and_of(self, *, candidate: Ints, up: Floats, down: Floats) -> tuple["ErrorGroups", Ints]:
        """Add options whose processor nobody names; return the groups and the row of each option.

        Args:
            candidate: row of the profiles, of each option.
            up: upper end of the 80% band over the prediction.
            down: lower end of it.
        """
        told = np.stack([candidate, np.round(up, 9), np.round(down, 9)])
        new, place = np.unique(told, axis=1, return_inverse=True)
        grown = replace(
            self,
            candidate=np.append(self.candidate, new[0].astype(np.int64)),
            chip=np.append(self.chip, np.full(new.shape[1], "serverless", dtype=object)),
            up=np.append(self.up, new[1]),
            down=np.append(self.down, new[2]),
        )
        return grown, place.ravel() + len(self)


@dataclass(frozen=True)
class MachineClasses:
    """Machines that differ by price alone, told apart once."""

    of_row: Ints
    """Class of each row of the table that it was made from."""
    first: Ints
    """A row of the table for each class."""
    group: Ints
    """Row of `groups` for each class."""
    groups: ErrorGroups


def machine_classes_of(table: MachineTable, count: int) -> MachineClasses:
    """Tell the classes of the first rows of a table apart.

    Args:
        table: the machines.
        count: rows that are looked at: those whose machines stand.
    """
    part = table.take(np.arange(count))
    chips, chip = np.unique(part.chip.astype(str), return_inverse=True)
    up = np.round(part.service_high_s / part.service_s, 9)
    down = np.round(part.service_low_s / part.service_s, 9)
    together = np.stack([part.profile, chip, up, down])
    groups, group = np.unique(together, axis=1, return_inverse=True)
    alike = np.stack(
        [
            group.ravel(),
            part.service_s,
            part.workers,
            part.front_s,
            part.scv,
            np.nan_to_num(part.network_gbps, nan=-1.0),
            part.sustained_vcpu,
            part.start_s,
        ]
    )
    _, first, of_row = np.unique(alike, axis=1, return_index=True, return_inverse=True)
    return MachineClasses(
        of_row=of_row.ravel(),
        first=first,
        group=group.ravel()[first],
        groups=ErrorGroups(
            candidate=groups[0].astype(np.int64),
            chip=chips[groups[1].astype(np.int64)].astype(object),
            up=groups[2],
            down=groups[3],
        ),
    )
