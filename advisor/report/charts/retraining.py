"""Cost against the retraining interval, and error against the model's age."""

import math

import altair as alt

from advisor.recommendation import Recommendation
from advisor.report.charts.parts import (
    ACCENT,
    INK,
    WARM,
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
from advisor.report.words import MONTH, days

LEAST_REACH = 0.01
"""The errors against age reach over so much of their level at least: below that is rounding."""


def retraining_cost(
    recommendation: Recommendation, *, width: Width = "container", height: int = 260
) -> alt.LayerChart | None:
    """Cost against the interval between releases: releases, errors, both, and the flat zone."""
    advice = recommendation.retraining
    curve = [point for point in advice.curve if point.interval_days > 0]
    if not curve:
        return None
    series = ("Together", "Releases", "Errors of an ageing model")
    rows: list[Row] = [
        {"days": point.interval_days, "series": name, "usd": amount}
        for point in curve
        for name, amount in zip(
            series,
            (
                point.releases_usd_per_month + point.errors_usd_per_month,
                point.releases_usd_per_month,
                point.errors_usd_per_month,
            ),
            strict=True,
        )
    ]
    totals = sorted(row["usd"] for row in rows if row["series"] == "Together")
    # The ends of the curve are steep: what matters is the valley and its shoulders.
    ceiling = min(totals[-1], totals[0] * 4) or 1.0
    x = alt.X(
        "days:Q",
        title="Days between releases (log)",
        scale=alt.Scale(type="log", nice=False),
        axis=log_axis((p.interval_days for p in curve), most=10 if is_wide(width) else 7),
    )
    y = alt.Y(
        "usd:Q",
        title=f"USD per month ({MONTH})",
        scale=alt.Scale(domain=[0, ceiling], clamp=False),
        axis=alt.Axis(tickCount=5),
    )
    lines = (
        plot(rows)
        .mark_line(clip=True, strokeWidth=2.2)
        .encode(
            x=x,
            y=y,
            **three_lines(series, width),
            tooltip=[
                alt.Tooltip("series:N", title="Cost"),
                alt.Tooltip("days:Q", title="Days", format=",.3~g"),
                alt.Tooltip("usd:Q", title="USD/month", format=",.2f"),
            ],
        )
    )
    layers: list[alt.Chart] = []
    reach = (curve[0].interval_days, curve[-1].interval_days)
    if advice.band_5_percent_days is not None:
        low, high = advice.band_5_percent_days
        zone: Row = {"low": max(low, min(reach)), "high": min(high, max(reach))}
        layers.append(
            plot([zone]).mark_rect(color=ACCENT, opacity=0.13).encode(x=alt.X("low:Q"), x2="high:Q")
        )
        middle = {"middle": math.sqrt(zone["low"] * zone["high"]), "text": "within 5%"}
        layers.append(
            plot([middle])
            .mark_text(color=INK, fontSize=11.5, baseline="bottom")
            .encode(x=alt.X("middle:Q"), y=alt.value(-4), text="text:N")
        )
    layers.append(lines)
    if advice.interval_days is not None:
        text = f"advised: {days(advice.interval_days)}"
        left = advice.interval_days * advice.interval_days > min(reach) * max(reach)
        layers += mark_here(advice.interval_days, "days", text, left=left)
    if advice.now_interval_days is not None:
        now = advice.now_interval_days
        text = f"you are here: {days(now)}"
        layers += mark_here(now, "days", text, left=now * now > min(reach) * max(reach), row=1)
    return together(layers, width=width, height=height + frame(width))


def error_by_age(
    recommendation: Recommendation, *, width: Width = "container", height: int = 240
) -> alt.LayerChart | None:
    """Back-tested error against the model's age, with the law fitted through it."""
    points = recommendation.retraining.decay_points
    if not points:
        return None
    rows: list[Row] = [
        {"age": p.age_days, "error": p.error_per_case, "cases": p.case_count} for p in points
    ]
    x = alt.X("age:Q", title="Age of the model when it scored, days", axis=alt.Axis(tickCount=6))
    y = alt.Y(
        "error:Q",
        title="Loss per case",
        scale=alt.Scale(zero=False, padding=12, domain=_reach(recommendation)),
        axis=alt.Axis(tickCount=5),
    )
    base = plot(rows)
    marks = base.mark_point(filled=True, color=ACCENT, opacity=1).encode(
        x=x,
        y=y,
        size=alt.Size("cases:Q", title="Cases", scale=alt.Scale(range=[18, 110]), legend=None),
        tooltip=[
            alt.Tooltip("age:Q", title="Age, days", format=",.3~g"),
            alt.Tooltip("error:Q", title="Loss per case", format=".4~g"),
            alt.Tooltip("cases:Q", title="Cases", format=","),
        ],
    )
    layers: list[alt.Chart] = [marks]
    advice = recommendation.retraining
    if advice.decay_line:
        fitted: list[Row] = [
            {"age": p.age_days, "error": p.error_per_case} for p in advice.decay_line
        ]
        line = plot(fitted).mark_line(color=WARM, strokeWidth=2.2).encode(x=x, y=y)
        layers.insert(0, line)
    if advice.interval_days is not None and advice.interval_days <= max(r["age"] for r in rows):
        left = advice.interval_days > max(r["age"] for r in rows) / 2
        layers += mark_here(
            advice.interval_days, "age", f"retrain at {days(advice.interval_days)}", left=left
        )
    return together(layers, width=width, height=height + frame(width))


def _reach(recommendation: Recommendation) -> list[float]:
    """Return the errors that the picture reaches over: flat data stay flat in it."""
    advice = recommendation.retraining
    drawn = [p.error_per_case for p in advice.decay_points]
    drawn += [p.error_per_case for p in advice.decay_line]
    low, high = min(drawn), max(drawn)
    lacking = max(0.0, LEAST_REACH * max(abs(low), abs(high)) - (high - low))
    return [low - lacking / 2, high + lacking / 2]
