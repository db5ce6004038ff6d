"""Columns for platforms that rent whole instances."""

from collections.abc import Sequence

import numpy as np

from advisor.platforms.base import Floats, Machines
from pricing.instances import InstanceCatalogue


def instance_machines(
    types: Sequence[str],
    *,
    catalogue: InstanceCatalogue,
    usd_per_hour: Floats,
    sku_prefix: str = "",
) -> Machines:
    """Return the columns of some EC2 instance types at the given prices."""
    shapes = [catalogue.get(name) for name in types]
    return Machines(
        sku=tuple(sku_prefix + shape.instance_type for shape in shapes),
        instance_type=tuple(shape.instance_type for shape in shapes),
        core_count=np.array([shape.physical_core_count for shape in shapes], dtype=float),
        memory_gib=np.array([shape.memory_gib for shape in shapes]),
        usd_per_hour=usd_per_hour,
        gpu_model=tuple(shape.gpu_model for shape in shapes),
        gpu_count=np.array([shape.gpu_count for shape in shapes], dtype=float),
        network_gbps=np.array([shape.network_gbps or np.nan for shape in shapes]),
        sustained_vcpu=np.array(
            [
                shape.vcpu_count * (shape.baseline_fraction or 1.0) if shape.burstable else np.inf
                for shape in shapes
            ]
        ),
    )
