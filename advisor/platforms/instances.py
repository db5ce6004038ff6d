"""Columns for platforms that rent whole instances."""

import numpy as np

from advisor.market import Market
from advisor.options.machines import Machines


def instance_machines(
    market: Market, *, service: str, region: str, purchase: str, sku_prefix: str = ""
) -> Machines:
    """Return the columns of every type of the catalogue, each at the service's price.

    Args:
        market: types and prices.
        service: billing service; a type that it does not price has none.
        region: where.
        purchase: how they are bought.
        sku_prefix: what the service puts before a type's name, such as `ml.`.
    """
    shapes = market.catalogue.shapes
    skus = tuple(sku_prefix + shape.instance_type for shape in shapes)
    return Machines(
        sku=skus,
        instance_type=tuple(shape.instance_type for shape in shapes),
        core_count=np.array([shape.physical_core_count for shape in shapes], dtype=float),
        memory_gib=np.array([shape.memory_gib for shape in shapes]),
        usd_per_hour=market.column(service=service, skus=skus, region=region, purchase=purchase),
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
