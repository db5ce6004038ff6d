"""One table of everything that is billed: a new service is one entry in one of these files.

An entry says which quantities a usage line of the service takes, how they become charges, where
its prices stand in the vendor's offer files, and which free allowance is not taken off. Usage
files, bills, discounts, refreshes and their documentation follow from it. A quantity that no
service had before is a field of `pricing.lines.Line`.
"""

from collections.abc import Mapping

from pricing.services import compute, functions, keeping, network, sagemaker
from pricing.services.base import Item, Offered, Prices, Quantities, Service

__all__ = ["SERVICES", "Item", "Offered", "Prices", "Quantities", "Service"]

SERVICES: Mapping[str, Service] = {
    **sagemaker.SERVICES,
    **compute.SERVICES,
    **functions.SERVICES,
    **network.SERVICES,
    **keeping.SERVICES,
}
"""Every service that a usage line can name. A line may always have a `label`."""
