"""Columns for platforms that rent whole instances."""

from datetime import date

import numpy as np

from advisor.platforms.base import Machines
from pricing.instances import InstanceCatalogue
from pricing.quotes import PriceBook


def instance_machines(
    *,
    service: str,
    book: PriceBook,
    catalogue: InstanceCatalogue,
    region: str,
    purchase: str,
    on: date,
    sku_prefix: str = "",
) -> Machines:
    """Return the columns of every type of the catalogue, each at the service's price.

    Args:
        service: billing service; a type that it does not price has none.
        book: the prices.
        catalogue: the types.
        region: where.
        purchase: how they are bought.
        on: day whose prices apply.
        sku_prefix: what the service puts before a type's name, such as `ml.`.
    """
    shapes = catalogue.shapes
    skus = tuple(sku_prefix + shape.instance_type for shape in shapes)
    return Machines(
        sku=skus,
        instance_type=tuple(shape.instance_type for shape in shapes),
        core_count=np.array([shape.physical_core_count for shape in shapes], dtype=float),
        memory_gib=np.array([shape.memory_gib for shape in shapes]),
        usd_per_hour=book.column(
            service=service, skus=skus, region=region, purchase=purchase, on=on
        ),
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
