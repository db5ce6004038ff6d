"""What the study's keys, the billing units and the parts of a bill are called for people."""

import re

from advisor.report.tables.cells import platform_name
from advisor.study.figures import figures

UNITS = {
    "usd": "USD",
    "second": "s",
    "hour": "h",
    "gb": "GB",
    "gb-month": "GB-month",
    "gib-hour": "GiB-hour",
    "gib-second": "GiB-second",
    "vcpu-hour": "vCPU-hour",
    "lcu-hour": "LCU-hour",
}

SECOND_HAND = re.compile(r"^observed second-hand, not effective, from this day: ")
PRICED_ON = re.compile(r", price of \d{4}-\d\d-\d\d$")


def figure_name(key: str) -> str:
    """Return the name of a figure of the study for people."""
    section, _, platform = key.rpartition(".")
    if section == "team.hours_per_month":
        return f"Upkeep of {platform_name(platform)}"
    if section == "cloud.discounts":
        return f"Discount, {platform}"
    found = figures().get(key)
    return key if found is None else found.told.label


def unit_name(unit: str) -> str:
    """Return a billing unit as people write it."""
    return UNITS.get(unit, unit)


def origin_of_price(source: str) -> str:
    """Return where a price was read, without what stands in columns of its own."""
    return PRICED_ON.sub("", SECOND_HAND.sub("second-hand: ", source))
