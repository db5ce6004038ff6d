"""Gain against the training runs behind each release."""

import altair as alt

from advisor.recommendation import Recommendation
from advisor.report.charts.parts import (
    Row,
    Width,
    frame,
    is_wide,
    log_axis,
    mark_here,
    plot,
    three_lines,
    together,
)
from advisor.report.words import MONTH


def gain_by_runs(
    recommendation: Recommendation, *, width: Width = "container", height: int = 260
) -> alt.LayerChart | None:
    """Expected gain and spend against the runs behind each release, and where the next stops."""
    advice = recommendation.experiments
    if advice is None or not advice.curve:
        return None
    series = ("Gain less spend", "Expected gain", "Spend on runs")
    rows: list[Row] = [
        {"runs": point.run_count, "series": name, "usd": amount}
        for point in advice.curve
        for name, amount in zip(
            series,
            (
                point.expected_gain_usd_per_month - point.spend_usd_per_month,
                point.expected_gain_usd_per_month,
                point.spend_usd_per_month,
            ),
            strict=True,
        )
    ]
    counts = [point.run_count for point in advice.curve]
    x = alt.X(
        "runs:Q",
        title="Runs behind each release (log)",
        scale=alt.Scale(type="log", nice=False),
        axis=log_axis(counts, most=10 if is_wide(width) else 7),
    )
    lines = (
        plot(rows)
        .mark_line(strokeWidth=2.2)
        .encode(
            x=x,
            y=alt.Y("usd:Q", title=f"USD per month ({MONTH})", axis=alt.Axis(tickCount=5)),
            **three_lines(series, width),
            tooltip=[
                alt.Tooltip("series:N", title="Money"),
                alt.Tooltip("runs:Q", title="Runs", format=","),
                alt.Tooltip("usd:Q", title="USD/month", format=",.2f"),
            ],
        )
    )
    stop, here = advice.stopping_run_count, advice.runs_per_release
    middle = min(counts) * max(counts)
    layers: list[alt.Chart] = [lines]
    if not advice.stopping_is_bounded:
        text = f"stops paying: {stop:,}"
        layers += mark_here(stop, "runs", text, left=stop * stop > middle)
    layers += mark_here(here, "runs", f"you are here: {here:,}", left=here * here > middle, row=1)
    return together(layers, width=width, height=height + frame(width))
