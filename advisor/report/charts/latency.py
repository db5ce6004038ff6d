"""Answer time against load, a job's time against its rows, and the times that were measured."""

import altair as alt

from advisor.decision.answer.words import hours_of
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
    together,
    top_legend,
)
from advisor.report.words import counted, milliseconds, significant


def latency_by_load(
    recommendation: Recommendation, *, width: Width = "container", height: int = 280
) -> alt.LayerChart | None:
    """p99 and its band against the rate, with the need and the planned peak."""
    advice = recommendation.latency
    if advice is None or not advice.curve:
        return None
    need = advice.need_ms
    slowest = max(point.p99_ms for point in advice.curve)
    # Near the full rate times grow without end: what matters is where they leave the need.
    ceiling = min(slowest, 4 * need) if need else min(slowest, 20 * advice.curve[0].p99_ms)
    ceiling = max(ceiling, need or 0.0)
    rows: list[Row] = [
        {
            "rate": point.requests_per_s,
            "p99": point.p99_ms,
            "p50": point.p50_ms,
            "low": point.p99_ms_low,
            "high": min(point.p99_ms_high or ceiling, ceiling),
        }
        for point in advice.curve
    ]
    lowest = min(row["p50"] for row in rows)
    x = alt.X(
        "rate:Q",
        title="Requests per second (log)",
        scale=alt.Scale(type="log", nice=False),
        axis=log_axis((row["rate"] for row in rows), most=10 if is_wide(width) else 7),
    )
    scale = alt.Scale(type="log", domain=[lowest * 0.8, ceiling * 1.1], nice=False)
    title, axis = "Answer time, ms (log)", log_axis((lowest * 0.8, ceiling * 1.1), most=8)
    both: list[Row] = [
        {"rate": row["rate"], "series": name, "ms": row[key]}
        for row in rows
        for key, name in (("p99", "p99, with its 80% band"), ("p50", "median"))
    ]
    names = ["p99, with its 80% band", "median"]
    band = (
        plot(rows)
        .mark_area(color=ACCENT, opacity=0.16, clip=True)
        .encode(x=x, y=alt.Y("low:Q", scale=scale, title=title, axis=axis), y2="high:Q")
    )
    lines = (
        plot(both)
        .mark_line(strokeWidth=2.2, clip=True)
        .encode(
            x=x,
            y=alt.Y("ms:Q", scale=scale, title=title, axis=axis),
            color=alt.Color(
                "series:N",
                title=None,
                scale=alt.Scale(domain=names, range=[ACCENT, "#009E73"]),
                legend=top_legend(columns=2),
            ),
            strokeDash=alt.StrokeDash(
                "series:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]])
            ),
            tooltip=[
                alt.Tooltip("series:N", title="Quantile"),
                alt.Tooltip("rate:Q", title="Requests/s", format=",.3~g"),
                alt.Tooltip("ms:Q", title="ms", format=",.3~g"),
            ],
        )
    )
    layers: list[alt.Chart] = [band, lines]
    if need is not None:
        layers += _limit(need, f"need: {milliseconds(need)} ms", scale, "ms")
    peak = advice.peak_requests_per_s
    text = f"your peak: {significant(peak)}/s"
    layers += mark_here(peak, "rate", text, left=False, above=True)
    return together(layers, width=width, height=height + frame(width))


def job_time(
    recommendation: Recommendation, *, width: Width = "container", height: int = 260
) -> alt.LayerChart | None:
    """Time of a job and its band against its rows, with the deadline."""
    advice = recommendation.job
    if advice is None or not advice.curve:
        return None
    rows: list[Row] = [
        {
            "rows": point.row_count,
            "minutes": point.wall_s / 60,
            "low": point.wall_s_low / 60,
            "high": point.wall_s_high / 60,
        }
        for point in advice.curve
    ]
    allowed = advice.deadline_s / 60
    bounds = (min(row["low"] for row in rows), max(allowed, *(row["high"] for row in rows)))
    bounds = (bounds[0] * 0.8, bounds[1] * 1.3)
    scale = alt.Scale(type="log", domain=list(bounds), nice=False)
    title, axis = "Minutes for one job (log)", log_axis(bounds, most=8)
    x = alt.X(
        "rows:Q",
        title="Rows of one job (log)",
        scale=alt.Scale(type="log", nice=False),
        axis=log_axis((row["rows"] for row in rows), most=10 if is_wide(width) else 6),
    )
    base = plot(rows).encode(x=x)
    band = base.mark_area(color=ACCENT, opacity=0.16).encode(
        y=alt.Y("low:Q", scale=scale, title=title, axis=axis), y2="high:Q"
    )
    line = base.mark_line(color=ACCENT, strokeWidth=2.2).encode(
        y=alt.Y("minutes:Q", scale=scale, title=title, axis=axis),
        tooltip=[
            alt.Tooltip("rows:Q", title="Rows", format=",.3~g"),
            alt.Tooltip("minutes:Q", title="Minutes", format=",.3~g"),
        ],
    )
    text = f"you are here: {counted(advice.row_count)} rows"
    return together(
        [
            band,
            line,
            *_limit(allowed, f"deadline: {hours_of(1e3 * advice.deadline_s)}", scale, "minutes"),
            *mark_here(advice.row_count, "rows", text, left=True),
        ],
        width=width,
        height=height + frame(width),
    )


def _limit(value: float, text: str, scale: alt.Scale, field: str) -> list[alt.Chart]:
    """A horizontal line at what is allowed, named at its left."""
    data: list[Row] = [{field: value, "text": text}]
    y = alt.Y(f"{field}:Q", scale=scale)
    rule = plot(data).mark_rule(color=WARM, strokeWidth=1.6, strokeDash=[7, 3]).encode(y=y)
    label = (
        plot(data)
        .mark_text(color=INK, align="left", dx=4, dy=-7, fontSize=12, fontWeight="bold")
        .encode(y=y, x=alt.value(0), text="text:N")
    )
    return [rule, label]


def measured_latency(
    recommendation: Recommendation, *, width: Width = "container", height: int = 220
) -> alt.LayerChart | None:
    """The measured share of calls that were done within a time."""
    advice = recommendation.latency
    known = [q for q in advice.measured if q.value_ms is not None] if advice else []
    if len(known) < 2:
        return None
    rows: list[Row] = [
        {
            "ms": one.value_ms,
            "share": one.quantile_fraction,
            "low": one.low_ms if one.low_ms is not None else one.value_ms,
            "high": one.high_ms if one.high_ms is not None else one.value_ms,
        }
        for one in known
    ]
    title, scale = "ms for one call (log)", alt.Scale(type="log", nice=False, padding=12)
    times = [row[key] for row in rows for key in ("low", "ms", "high") if row[key] > 0]
    axis = log_axis(times, most=9 if is_wide(width) else 6)
    x = alt.X("ms:Q", title=title, scale=scale, axis=axis)
    y = alt.Y(
        "share:Q",
        title="Share of calls done",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5),
    )
    base = plot(rows)
    interval = base.mark_rule(color=ACCENT, strokeWidth=2, opacity=0.8).encode(
        x=alt.X("low:Q", title=title, scale=scale, axis=axis), x2="high:Q", y=y
    )
    line = base.mark_line(color=ACCENT, strokeWidth=2, interpolate="monotone").encode(x=x, y=y)
    marks = base.mark_point(filled=True, color=ACCENT, opacity=1, size=45).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("share:Q", title="Share", format=".1%"),
            alt.Tooltip("ms:Q", title="ms", format=",.3~g"),
        ],
    )
    return together([line, interval, marks], width=width, height=height + frame(width))
