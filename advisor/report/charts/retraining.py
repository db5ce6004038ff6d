"""Cost against the retraining interval, and error against the model's age."""

import math
from collections.abc import Sequence

import altair as alt

from advisor.recommendation import DecayLinePoint, DecayPoint, Recommendation, RetrainingPoint
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
from advisor.study.types import DAYS_PER_MONTH

LEAST_REACH = 0.01
"""The errors against age reach over so much of their level at least: below that is rounding."""

FILE_WIDTH = 660
"""Width of a chart in a file of its own. [px]"""


def retraining_cost(
    recommendation: Recommendation, *, width: Width = "container", height: int = 260
) -> alt.LayerChart | None:
    """Cost against the interval between releases: releases, errors, both, and the flat zone."""
    advice = recommendation.retraining
    return _cost_chart(
        advice.curve,
        advised_days=advice.interval_days,
        now_days=advice.now_interval_days,
        band_days=advice.band_5_percent_days,
        width=width,
        height=height,
    )


def error_by_age(
    recommendation: Recommendation, *, width: Width = "container", height: int = 240
) -> alt.LayerChart | None:
    """Back-tested error against the model's age, with the law that the plan rests on."""
    advice = recommendation.retraining
    return _age_chart(
        advice.decay_points,
        advice.decay_line,
        advised_days=advice.interval_days,
        width=width,
        height=height,
    )


def plan_charts(
    *,
    cost: Sequence[RetrainingPoint],
    points: Sequence[DecayPoint],
    line: Sequence[DecayLinePoint],
    advised_days: float | None,
    now_days: float | None,
    band_days: tuple[float, float] | None,
    unit: str = "day",
) -> alt.VConcatChart:
    """Both charts of one plan below each other, for a file of their own.

    Args:
        cost: cost against interval.
        points: error against age; none where nothing was measured.
        line: the law through them.
        advised_days: the interval advised; None for never.
        now_days: the interval in use now, if there is one.
        band_days: intervals within 5% of the least cost.
        unit: `period` where only the order of the data is known and a period stands for a day.
    """
    age = _age_chart(points, line, advised_days=advised_days, width=FILE_WIDTH, unit=unit)
    paid = _cost_chart(
        cost,
        advised_days=advised_days,
        now_days=now_days,
        band_days=band_days,
        width=FILE_WIDTH,
        unit=unit,
    )
    return alt.vconcat(*(chart for chart in (paid, age) if chart is not None))


def _told(count: float, unit: str) -> str:
    """Write an interval in its unit."""
    return days(count) if unit == "day" else days(count).replace("day", unit)


def _cost_chart(
    points: Sequence[RetrainingPoint],
    *,
    advised_days: float | None,
    now_days: float | None,
    band_days: tuple[float, float] | None,
    width: Width,
    height: int = 260,
    unit: str = "day",
) -> alt.LayerChart | None:
    curve = [point for point in points if point.interval_days > 0]
    if not curve:
        return None
    per = 1.0 if unit == "day" else 1 / DAYS_PER_MONTH
    money = f"USD per month ({MONTH})" if unit == "day" else f"USD per {unit}"
    series = ("Together", "Releases", "Errors of an ageing model")
    rows: list[Row] = [
        {"days": point.interval_days, "series": name, "usd": amount * per}
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
        title=f"{unit.capitalize()}s between releases (log)",
        scale=alt.Scale(type="log", nice=False),
        axis=log_axis((p.interval_days for p in curve), most=10 if is_wide(width) else 7),
    )
    y = alt.Y(
        "usd:Q",
        title=money,
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
                alt.Tooltip("days:Q", title=f"{unit.capitalize()}s", format=",.3~g"),
                alt.Tooltip("usd:Q", title=money, format=",.2f"),
            ],
        )
    )
    layers: list[alt.Chart] = []
    reach = (curve[0].interval_days, curve[-1].interval_days)
    if band_days is not None:
        low, high = band_days
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
    if advised_days is not None:
        text = f"advised: {_told(advised_days, unit)}"
        left = advised_days * advised_days > min(reach) * max(reach)
        layers += mark_here(advised_days, "days", text, left=left)
    if now_days is not None:
        text = f"you are here: {_told(now_days, unit)}"
        left = now_days * now_days > min(reach) * max(reach)
        layers += mark_here(now_days, "days", text, left=left, row=1)
    return together(layers, width=width, height=height + frame(width))


def _age_chart(
    points: Sequence[DecayPoint],
    line: Sequence[DecayLinePoint],
    *,
    advised_days: float | None,
    width: Width,
    height: int = 240,
    unit: str = "day",
) -> alt.LayerChart | None:
    if not points:
        return None
    rows: list[Row] = [
        {"age": p.age_days, "error": p.error_per_case, "cases": p.case_count} for p in points
    ]
    x = alt.X(
        "age:Q", title=f"Age of the model when it scored, {unit}s", axis=alt.Axis(tickCount=6)
    )
    y = alt.Y(
        "error:Q",
        title="Loss per case",
        scale=alt.Scale(zero=False, padding=12, domain=_reach(points, line)),
        axis=alt.Axis(tickCount=5),
    )
    base = plot(rows)
    marks = base.mark_point(filled=True, color=ACCENT, opacity=1).encode(
        x=x,
        y=y,
        size=alt.Size("cases:Q", title="Cases", scale=alt.Scale(range=[18, 110]), legend=None),
        tooltip=[
            alt.Tooltip("age:Q", title=f"Age, {unit}s", format=",.3~g"),
            alt.Tooltip("error:Q", title="Loss per case", format=".4~g"),
            alt.Tooltip("cases:Q", title="Cases", format=","),
        ],
    )
    layers: list[alt.Chart] = [marks]
    if line:
        law: list[Row] = [{"age": p.age_days, "error": p.error_per_case} for p in line]
        layers.insert(0, plot(law).mark_line(color=WARM, strokeWidth=2.2).encode(x=x, y=y))
    oldest = max(p.age_days for p in points)
    if advised_days is not None and advised_days <= oldest:
        text = f"retrain at {_told(advised_days, unit)}"
        layers += mark_here(advised_days, "age", text, left=advised_days > oldest / 2)
    return together(layers, width=width, height=height + frame(width))


def _reach(points: Sequence[DecayPoint], line: Sequence[DecayLinePoint]) -> list[float]:
    """Return the errors that the picture reaches over: flat data stay flat in it."""
    drawn = [p.error_per_case for p in points] + [p.error_per_case for p in line]
    low, high = min(drawn), max(drawn)
    lacking = max(0.0, LEAST_REACH * max(abs(low), abs(high)) - (high - low))
    return [low - lacking / 2, high + lacking / 2]
