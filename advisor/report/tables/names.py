"""What the study's keys, the billing units and the parts of a bill are called for people."""

import re

from advisor.report.tables.cells import platform_name

FIGURES = {
    "workload.requests_per_s": "Mean request rate",
    "workload.peak_requests_per_s": "Peak request rate",
    "workload.rows_per_job": "Rows of one batch job",
    "needs.max_p99_latency_ms": "Slowest 1% answered within",
    "needs.max_usd_per_month": "Budget",
    "team.engineer_usd_per_hour": "An engineer's hour",
    "retraining.error_cost_usd": "Cost of one error",
    "retraining.cases_per_day": "Cases whose errors cost money",
    "retraining.label_cost_usd": "Labels for one release",
    "retraining.review_hours": "Review of one release",
    "retraining.runs_per_release": "Training runs per release",
    "retraining.decay_per_day": "Growth of the loss with age",
    "horizon_months": "Horizon",
    "decision.gpu_speed_factor": "Speed of a GPU",
}
"""Figures that can change an answer; a new one shows its key until it has a name here."""

UNITS = {
    "second": "s",
    "hour": "h",
    "gb": "GB",
    "gb-month": "GB-month",
    "gib-hour": "GiB-hour",
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
    return FIGURES.get(key, key)


def unit_name(unit: str) -> str:
    """Return a billing unit as people write it."""
    return UNITS.get(unit, unit)


def origin_of_price(source: str) -> str:
    """Return where a price was read, without what stands in columns of its own."""
    return PRICED_ON.sub("", SECOND_HAND.sub("second-hand: ", source))
