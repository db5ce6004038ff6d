"""What the study's keys, the billing units and the parts of a bill are called for people."""

import re

from advisor.report.tables.cells import platform_name

FIGURES = {
    "workload.pattern": "Requests or jobs",
    "workload.requests_per_s": "Mean request rate",
    "workload.peak_requests_per_s": "Peak request rate",
    "workload.rows_per_job": "Rows of one job",
    "workload.jobs_per_day": "Jobs a day",
    "workload.request_kb": "Size of a request",
    "workload.response_kb": "Size of a response",
    "workload.active_hours_per_month": "Hours with traffic",
    "workload.rows_per_request": "Rows scored in one call",
    "workload.models": "Models that share it",
    "workload.profile": "Traffic of each hour",
    "workload.dispersion": "Variance of the requests a minute over their mean",
    "needs.max_p99_latency_ms": "Slowest 1% answered within",
    "needs.deadline_hours": "A job is done within",
    "needs.max_usd_per_month": "Budget",
    "needs.min_quality": "Least quality",
    "needs.max_quality_spread": "Largest spread of quality",
    "needs.availability_zones": "Availability zones",
    "retraining.error_cost_usd": "Cost of one error",
    "retraining.cases_per_day": "Cases whose errors cost money",
    "retraining.label_cost_usd": "Labels for one release",
    "retraining.review_hours": "Review of one release",
    "retraining.runs_per_release": "Training runs per release",
    "retraining.decay_per_day": "Growth of the loss with age",
    "retraining.now_interval_days": "You retrain every",
    "team.engineer_usd_per_hour": "An engineer's hour",
    "team.hours_per_month": "Upkeep",
    "cloud.regions": "Regions",
    "cloud.purchase": "Ways to buy",
    "cloud.platforms": "Ways to run",
    "cloud.discounts": "Discount",
    "cloud.autoscaling": "Look at fleets that follow the traffic",
    "decision.gpu_speed_factor": "Speed of every GPU, times what is known",
    "decision.risk": "What is compared",
    "decision.quantile": "Quantile of the cost",
    "decision.feasible_probability": "Share of draws in which the needs are met",
    "decision.draw_count": "Draws of everything uncertain",
    "decision.seed": "Seed of the draws",
    "decision.growth_per_year_fraction": "Growth of the traffic",
    "decision.growth_half_width_fraction": "Doubt of that growth, either way",
    "decision.price_drift_per_year_fraction": "Change of list prices",
    "decision.price_drift_half_width_fraction": "Doubt of that change, either way",
    "decision.traffic_factor": "Doubt of the request rate",
    "decision.peak_factor": "Doubt of the peak",
    "decision.service_factor": "Doubt of the measured service times",
    "decision.transfer_factor": "Doubt of other processors' speed",
    "decision.start_factor": "Doubt of cold starts",
    "decision.spot_price_factor": "Doubt of spot prices",
    "decision.spot_fallback_fraction": "Spot hours bought on demand instead",
    "decision.decay_factor": "Doubt of how fast the model ages",
    "decision.runs_factor": "Doubt of the runs behind a release",
    "decision.training_factor": "Doubt of the time of a training run",
    "decision.hours_factor": "Doubt of people's hours",
    "current.platform": "Where it runs today",
    "current.sku": "What is bought today",
    "current.region": "Region today",
    "current.purchase": "How it is bought today",
    "current.replicas": "Copies today",
    "current.candidate": "Model that runs today",
    "current.usd_per_month": "Serving bill of today",
    "current.migration_hours": "Work to move away",
    "current.migration_usd": "Other cost of the move",
    "current": "What runs today",
    "horizon_months": "The answer must hold for",
}
"""Figures of a study; a new one shows its key until it has a name here."""

UNITS = {
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
    return FIGURES.get(key, key)


def unit_name(unit: str) -> str:
    """Return a billing unit as people write it."""
    return UNITS.get(unit, unit)


def origin_of_price(source: str) -> str:
    """Return where a price was read, without what stands in columns of its own."""
    return PRICED_ON.sub("", SECOND_HAND.sub("second-hand: ", source))
