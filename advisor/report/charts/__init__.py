"""The charts, drawn once for the explorer and for the reports: a file per topic.

Each function takes the recommendation and returns an Altair chart, or None where there is nothing
to draw. A new chart is a function, an entry of CHARTS and a title.
"""

from collections.abc import Callable

import altair as alt

from advisor.recommendation import Recommendation
from advisor.report.charts.costs import cost_by_rate, cost_stack
from advisor.report.charts.experiments import gain_by_runs
from advisor.report.charts.frontier import cost_by_latency
from advisor.report.charts.latency import job_time, latency_by_load, measured_latency
from advisor.report.charts.models import learning, quality_against_cost
from advisor.report.charts.retraining import error_by_age, retraining_cost
from advisor.report.charts.risk import break_even, cost_bands, holds, swings
from advisor.report.charts.strip import PICK, platform_strip
from advisor.report.charts.traffic import traffic

CHARTS: dict[str, Callable[..., alt.LayerChart | None]] = {
    "platform-strip": platform_strip,
    "break-even": break_even,
    "cost-bands": cost_bands,
    "swings": swings,
    "holds": holds,
    "cost-stack": cost_stack,
    "cost-by-rate": cost_by_rate,
    "cost-by-latency": cost_by_latency,
    "traffic": traffic,
    "latency-by-load": latency_by_load,
    "job-time": job_time,
    "measured-latency": measured_latency,
    "quality-against-cost": quality_against_cost,
    "learning": learning,
    "retraining-cost": retraining_cost,
    "error-by-age": error_by_age,
    "gain-by-runs": gain_by_runs,
}

CHART_TITLES = {
    "platform-strip": "Cheapest platform as the traffic grows",
    "break-even": "How far each figure may move before the answer changes",
    "cost-bands": "Cost over all draws: 80% band and mean",
    "swings": "How far each uncertain input alone moves the mean cost",
    "holds": "Two figures moved together: where the answer stays",
    "cost-stack": "What each option costs, and on what",
    "cost-by-rate": "Cost against request rate, cheapest option of each platform",
    "cost-by-latency": "Cost against answer time, with the need; none beats those on the line",
    "traffic": "The traffic that is planned for, hour by hour",
    "job-time": "Time of one job against its rows, machines as planned",
    "latency-by-load": "Answer time against load, replicas as planned",
    "measured-latency": "Measured time of one call: share of calls done",
    "learning": "Quality against training rows",
    "quality-against-cost": "Quality against cost, without the baseline that learns nothing",
    "retraining-cost": "Cost against the retraining interval",
    "error-by-age": "Error against the age of the model, and the fitted law",
    "gain-by-runs": "Gain against the training runs behind each release",
}

JOB_TITLES = {
    "platform-strip": "Cheapest platform as a job grows",
    "cost-by-rate": "Cost against the rows of one job, cheapest option of each platform",
}
"""Titles of the charts that say something else where jobs are scored by a deadline."""


__all__ = ["CHARTS", "CHART_TITLES", "JOB_TITLES", "PICK", "chart_title"]


def chart_title(name: str, recommendation: Recommendation) -> str:
    """Return the title of a chart: of a study of jobs it speaks of jobs, not of requests."""
    titles = CHART_TITLES | JOB_TITLES if recommendation.pattern == "batch" else CHART_TITLES
    return titles[name]
