"""Options that share a machine, a candidate and a load: what is worked out once for all of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.arrays import Floats, Ints
from advisor.decision.options.table import OptionTable


@dataclass(frozen=True)
class MachineClasses:
    """Machines of the option table that differ by price alone, told apart once."""

    of_row: Ints
    """Kind of each row of the table."""
    first: Ints
    """A row of the table for each kind."""
    group: Ints
    """Row of `groups` for each kind."""
    group_candidate: Ints
    """Candidate of each group of kinds whose service time errs together."""
    group_chip: NDArray[np.object_]
    group_up: Floats
    """Upper end of the 80% band of service time over the prediction."""
    group_down: Floats
    """Lower end of it."""


def machine_classes_of(table: OptionTable) -> MachineClasses:
    """Tell the kinds of machine apart."""
    chips, chip = np.unique(table.chip.astype(str), return_inverse=True)
    up = np.round(table.service_high_s / table.service_s, 9)
    down = np.round(table.service_low_s / table.service_s, 9)
    together = np.stack([table.profile, chip, up, down])
    groups, group = np.unique(together, axis=1, return_inverse=True)
    alike = np.stack(
        [
            group.ravel(),
            table.service_s,
            table.workers,
            table.front_s,
            table.scv,
            np.nan_to_num(table.network_gbps, nan=-1.0),
            table.sustained_vcpu,
            table.start_s,
        ]
    )[:, ~table.scaled]
    _, first, of_row = np.unique(alike, axis=1, return_index=True, return_inverse=True)
    return MachineClasses(
        of_row=of_row.ravel()[table.twin],
        first=first,
        group=group.ravel()[first],
        group_candidate=groups[0].astype(np.int64),
        group_chip=chips[groups[1].astype(np.int64)].astype(object),
        group_up=groups[2],
        group_down=groups[3],
    )
