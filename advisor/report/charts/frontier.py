"""Cost against answer time: the options that are worth a look, and the need."""

import altair as alt

from advisor.recommendation import Option, Recommendation
from advisor.report.charts.parts import (
    INK,
    WARM,
    Row,
    Width,
    colour_of,
    frame,
    is_wide,
    log_axis,
    plot,
    shape_of,
    together,
    top_legend,
)
from advisor.report.tables import PLATFORM_NAMES, frontier, platform_name, timed_options
from advisor.report.words import milliseconds


def cost_by_latency(
    recommendation: Recommendation, *, width: Width = "container", height: int = 280
) -> alt.LayerChart | None:
    """Each option's cost and p99, the line of those that no other beats in both, and the need."""
    options = timed_options(recommendation)
    if len(options) < 2:
        return None
    rows = [_row(option) for option in options]
    present = {option.platform for option in options}
    platforms = [p for p in PLATFORM_NAMES if p in present] + sorted(present - set(PLATFORM_NAMES))
    need = recommendation.latency.need_ms if recommendation.latency else None
    times = [row["ms"] for row in rows] + ([need] if need else [])
    costs = [row["usd"] for row in rows]
    narrow = not is_wide(width)
    x = alt.X(
        "usd:Q",
        title="USD per month (log)",
        scale=alt.Scale(type="log", nice=False, padding=14),
        axis=log_axis(costs, most=6 if narrow else 10),
    )
    y = alt.Y(
        "ms:Q",
        title="p99 at the peak, ms (log)",
        scale=alt.Scale(type="log", nice=False, domain=[min(times) / MARGIN, max(times) * MARGIN]),
        axis=log_axis(times, most=8),
    )
    marks = (
        plot(rows)
        .mark_point(filled=True, size=60, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "platform:N",
                title=None,
                scale=colour_of(platforms),
                legend=top_legend(columns=2 if narrow else 4),
            ),
            shape=alt.Shape(
                "platform:N",
                title=None,
                scale=shape_of(platforms),
            ),
            tooltip=[
                alt.Tooltip("option:N", title="Option"),
                alt.Tooltip("usd:Q", title="USD/month", format=",.2f"),
                alt.Tooltip("ms:Q", title="p99, ms", format=",.3~g"),
            ],
        )
    )
    best = [_row(option) for option in frontier(recommendation)]
    edge = plot(best).mark_line(
        color=INK, strokeWidth=1.5, strokeDash=[2, 2], interpolate="step-after"
    )
    layers: list[alt.Chart] = [edge.encode(x=x, y=y), marks]
    if recommendation.best is not None and recommendation.best.p99_latency_ms:
        layers += _ring(recommendation.best, x, y, left=_is_right(recommendation.best, costs))
    if need:
        layers += _need(need, y)
    return together(layers, width=width, height=height + frame(width))


MARGIN = 1.25
"""Room above and below the points, as a factor."""


def _row(option: Option) -> Row:
    return {
        "option": option.name,
        "platform": platform_name(option.platform),
        "usd": option.usd_per_month,
        "ms": option.p99_latency_ms,
    }


def _is_right(option: Option, costs: list[float]) -> bool:
    return option.usd_per_month**2 > min(costs) * max(costs)


def _ring(option: Option, x: alt.X, y: alt.Y, *, left: bool) -> list[alt.Chart]:
    base = plot([{**_row(option), "text": "chosen"}]).encode(x=x, y=y)
    ring = base.mark_point(size=230, color=WARM, strokeWidth=2.5, filled=False, opacity=1)
    name = base.mark_text(
        align="right" if left else "left",
        dx=-12 if left else 12,
        dy=-8,
        color=INK,
        fontSize=12,
        fontWeight="bold",
    ).encode(text="text:N")
    return [ring, name]


def _need(need_ms: float, y: alt.Y) -> list[alt.Chart]:
    base = plot([{"ms": need_ms, "text": f"need: {milliseconds(need_ms)} ms"}]).encode(y=y)
    rule = base.mark_rule(color=WARM, strokeWidth=1.6, strokeDash=[7, 3])
    label = base.mark_text(
        color=INK, align="left", dx=4, dy=-7, fontSize=12, fontWeight="bold"
    ).encode(x=alt.value(0), text="text:N")
    return [rule, label]
