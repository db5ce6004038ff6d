"""Cost of the options, and cost against the request rate."""

import altair as alt

from advisor.recommendation import Recommendation
from advisor.report.charts.parts import (
    INK,
    PART_COLOURS,
    Row,
    Width,
    colour_of,
    dash_of,
    frame,
    is_wide,
    log_axis,
    mark_here,
    option_names,
    plot,
    shape_of,
    together,
    top_legend,
)
from advisor.report.tables import (
    PART_NAMES,
    PARTS,
    crossings,
    curve_platforms,
    part_usd_per_month,
    platform_name,
    rate_axis,
    stated,
    telling_options,
)
from advisor.report.words import MONTH, usd

MOST_STACKED = 6
"""Options in the cost stack."""


def cost_stack(
    recommendation: Recommendation, *, width: Width = "container", height: int = 0
) -> alt.LayerChart | None:
    """Monthly cost of the cheapest options, by what it is spent on."""
    options = telling_options(recommendation, limit=MOST_STACKED)
    if not options:
        return None
    narrow = not is_wide(width)
    runs = recommendation.training.runs_per_release
    names = option_names(recommendation, options)
    rows: list[Row] = [
        {
            "option": name,
            "part": PART_NAMES[part],
            "order": PARTS.index(part),
            "usd": part_usd_per_month(option, part, runs_per_release=runs),
        }
        for name, option in zip(names, options, strict=True)
        for part in PARTS
    ]
    order = list(dict.fromkeys(row["option"] for row in rows))
    totals: list[Row] = [
        {
            "option": name,
            "usd": option.usd_per_month,
            "label": usd(option.usd_per_month),
        }
        for name, option in zip(names, options, strict=True)
    ]
    y = alt.Y(
        "option:N",
        sort=order,
        title=None,
        axis=None if narrow else alt.Axis(labelLimit=_room(width), ticks=False, domain=False),
    )
    most = max(row["usd"] for row in totals)
    bars = (
        plot(rows)
        .mark_bar(height=13 if narrow else {"band": 0.68}, yOffset=9 if narrow else 0)
        .encode(
            y=y,
            x=alt.X(
                "sum(usd):Q",
                title=f"USD per month ({MONTH})",
                scale=alt.Scale(domain=[0, (most or 1.0) * 1.15], nice=False),
                axis=alt.Axis(tickCount=4 if narrow else 6),
            ),
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(
                    domain=[PART_NAMES[part] for part in PARTS],
                    range=[PART_COLOURS[part] for part in PARTS],
                ),
                legend=top_legend(columns=3 if narrow else 5),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("option:N", title="Option"),
                alt.Tooltip("part:N", title="Part"),
                alt.Tooltip("sum(usd):Q", title="USD/month", format=",.2f"),
            ],
        )
    )
    labels = (
        plot(totals)
        .mark_text(align="left", dx=5, dy=9 if narrow else 0, color=INK, fontSize=12)
        .encode(y=y, x="usd:Q", text="label:N")
    )
    layers = [bars, labels]
    if narrow:
        layers.append(
            plot(totals)
            .mark_text(align="left", dx=1, dy=-8, color=INK, fontSize=11, limit=320)
            .encode(y=y, x=alt.value(0), text="option:N")
        )
    row_height = 46 if narrow else 30
    return together(layers, width=width, height=height or row_height * len(options) + frame(width))


def _room(width: Width) -> int:
    """Return the room for names beside the bars: half of the picture. [px]"""
    return width // 2 if isinstance(width, int) else 250


def cost_by_rate(
    recommendation: Recommendation, *, width: Width = "container", height: int = 300
) -> alt.LayerChart | None:
    """Cost of the cheapest option of each platform against the request rate, both logarithmic."""
    points = [p for p in recommendation.cost_curve if p.usd_per_month > 0]
    if not points:
        return None
    narrow = not is_wide(width)
    axis = rate_axis(recommendation)
    rows: list[Row] = [
        {
            "rate": point.requests_per_s * axis.per_rate,
            "platform": platform_name(point.platform),
            "usd": point.usd_per_month,
            "option": point.option,
        }
        for point in points
    ]
    platforms = curve_platforms(recommendation)
    colour = alt.Color(
        "platform:N",
        title=None,
        scale=colour_of(platforms),
        legend=top_legend(columns=2 if narrow else 4, shapes=True),
    )
    x = alt.X(
        "rate:Q",
        title=f"{axis.title} (log)",
        scale=alt.Scale(type="log", nice=False),
        axis=log_axis((row["rate"] for row in rows), most=7 if narrow else 12),
    )
    y = alt.Y(
        "usd:Q",
        title="USD per month (log)",
        scale=alt.Scale(type="log", nice=False, padding=10),
        axis=log_axis((p.usd_per_month for p in points), most=8),
    )
    base = plot(rows).encode(x=x, y=y, color=colour)
    lines = base.mark_line(strokeWidth=2.2, interpolate="monotone").encode(
        strokeDash=alt.StrokeDash(
            "platform:N",
            title=None,
            legend=None,
            scale=dash_of(platforms),
        )
    )
    marks = base.mark_point(filled=True, size=38, opacity=1).encode(
        shape=alt.Shape(
            "platform:N",
            title=None,
            scale=shape_of(platforms),
        ),
        tooltip=[
            alt.Tooltip("option:N", title="Option"),
            alt.Tooltip("rate:Q", title=axis.column, format=",.4~g"),
            alt.Tooltip("usd:Q", title="USD/month", format=",.2f"),
        ],
    )
    layers: list[alt.Chart] = [lines, marks, *_crossings(recommendation)]
    here = stated(recommendation, "workload.requests_per_s")
    if here is not None and here > 0:
        rates = [row["rate"] for row in rows]
        here *= axis.per_rate
        text = f"you are here: {axis.text(here)}"
        layers += mark_here(here, "rate", text, left=here * here > min(rates) * max(rates))
    return together(layers, width=width, height=height + frame(width))


def _crossings(recommendation: Recommendation) -> list[alt.Chart]:
    """A ring and the rate where another platform becomes the cheapest."""
    axis = rate_axis(recommendation)
    rows: list[Row] = [
        {
            "rate": one.requests_per_s * axis.per_rate,
            "usd": one.usd_per_month,
            "text": axis.text(one.requests_per_s * axis.per_rate, digits=2),
            "change": f"{platform_name(one.before)} to {platform_name(one.after)}",
        }
        for one in crossings(recommendation)
        if one.usd_per_month > 0
    ]
    if not rows:
        return []
    base = plot(rows).encode(x="rate:Q", y="usd:Q")
    ring = base.mark_point(size=150, color=INK, strokeWidth=2, filled=False, opacity=1).encode(
        tooltip=[
            alt.Tooltip("change:N", title="Cheapest changes"),
            alt.Tooltip("rate:Q", title=axis.column, format=",.3~g"),
        ]
    )
    label = base.mark_text(dy=24, fontWeight="bold", color=INK, fontSize=12).encode(text="text:N")
    return [ring, label]
