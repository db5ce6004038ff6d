"""Bands, what flips the answer, and where it holds."""

from collections.abc import Iterable

import altair as alt

from advisor.recommendation import Recommendation
from advisor.report.charts.parts import (
    ACCENT,
    INK,
    WARM,
    Row,
    Width,
    is_wide,
    mark_here,
    option_names,
    plot,
    together,
    top_legend,
)
from advisor.report.tables import answer_words, banded_options, figure_name
from advisor.report.words import MONTH, significant, usd

ROW_PX = 33
MOST_SWINGS = 8
NEARLY_ONE = 1.15
"""The bars reach at least so far to both sides, as a factor on today's value."""


def _room(width: Width) -> int:
    """Return the room for a name above its bar. [px]"""
    return width - 20 if isinstance(width, int) else 330


def cost_bands(
    recommendation: Recommendation, *, width: Width = "container", height: int = 0
) -> alt.LayerChart | None:
    """The cost of the telling options over all draws: band and mean."""
    options = banded_options(recommendation)
    if not options:
        return None
    rows: list[Row] = [
        {
            "option": name,
            "low": option.usd_per_month_low,
            "high": option.usd_per_month_high,
            "mean": option.expected_usd_per_month,
            "state": "chosen" if option == recommendation.best else "considered",
        }
        for name, option in zip(option_names(recommendation, options), options, strict=True)
    ]
    y = alt.Y("option:N", sort=None, title=None, axis=None)
    x_title = f"USD per month over the horizon ({MONTH})"
    scale = alt.Scale(zero=False, padding=12)
    state = alt.Color(
        "state:N",
        title=None,
        scale=alt.Scale(domain=["chosen", "considered"], range=[WARM, ACCENT]),
        legend=top_legend(columns=2),
    )
    base = plot(rows).encode(y=y, color=state)
    axis = alt.Axis(tickCount=6 if is_wide(width) else 4)
    bands = base.mark_bar(height=9, yOffset=9, opacity=0.55).encode(
        x=alt.X("low:Q", title=x_title, scale=scale, axis=axis),
        x2="high:Q",
        tooltip=[
            alt.Tooltip("option:N", title="Option"),
            alt.Tooltip("low:Q", title="Low", format=",.0f"),
            alt.Tooltip("mean:Q", title="Mean", format=",.0f"),
            alt.Tooltip("high:Q", title="High", format=",.0f"),
        ],
    )
    means = base.mark_point(shape="diamond", filled=True, size=90, yOffset=9, opacity=1).encode(
        x=alt.X("mean:Q", title=x_title, scale=scale, axis=axis)
    )
    names = (
        plot(rows)
        .mark_text(align="left", dx=1, dy=-8, color=INK, fontSize=11, limit=_room(width))
        .encode(y=y, x=alt.value(0), text="option:N")
    )
    return together([bands, means, names], width=width, height=height or ROW_PX * len(rows) + 30)


def break_even(
    recommendation: Recommendation, *, width: Width = "container", height: int = 0
) -> alt.LayerChart | None:
    """How far each figure may move before the answer changes, as a factor on today's value."""
    rows: list[Row] = [
        {
            "driver": one.driver,
            "one": 1.0,
            "factor": one.flips_at / one.now,
            "text": f"{figure_name(one.driver)}: {significant(one.flips_at)} {one.unit} "
            f"(now {significant(one.now)})",
            "to": answer_words(one.to),
        }
        for one in recommendation.break_even
        if one.now > 0 and one.flips_at > 0
    ]
    if not rows:
        return None
    factors = [row["factor"] for row in rows]
    low, high = min(*factors, 1 / NEARLY_ONE), max(*factors, NEARLY_ONE)
    y = alt.Y("driver:N", sort=None, title=None, axis=None)
    title = "Factor on today's value (log)"
    scale = alt.Scale(type="log", domain=[low * 0.8, high * 1.25], nice=False)
    ticks = [
        t
        for t in (0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100, 1000)
        if low * 0.8 <= t <= high * 1.25
    ]
    axis = alt.Axis(values=ticks, format="~g")
    bars = (
        plot(rows)
        .mark_bar(height=11, yOffset=9, color=ACCENT, opacity=0.75)
        .encode(
            y=y,
            x=alt.X("one:Q", title=title, scale=scale, axis=axis),
            x2="factor:Q",
            tooltip=[
                alt.Tooltip("text:N", title="Changes at"),
                alt.Tooltip("to:N", title="To"),
            ],
        )
    )
    ends = (
        plot(rows)
        .mark_point(shape="diamond", filled=True, color=WARM, size=90, yOffset=9, opacity=1)
        .encode(y=y, x=alt.X("factor:Q", title=title, scale=scale, axis=axis))
    )
    names = (
        plot(rows)
        .mark_text(align="left", dx=1, dy=-8, color=INK, fontSize=11, limit=_room(width))
        .encode(y=y, x=alt.value(0), text="text:N")
    )
    here = mark_here(1.0, "one", "you are here", left=high < 1 / low, above=True)
    return together(
        [bars, ends, names, *here], width=width, height=height or ROW_PX * len(rows) + 40
    )


def swings(
    recommendation: Recommendation, *, width: Width = "container", height: int = 0
) -> alt.LayerChart | None:
    """A tornado: how far each uncertain input alone moves the mean cost, to which side."""
    inputs = recommendation.risk.inputs if recommendation.risk else ()
    best = recommendation.best
    mean = best.expected_usd_per_month if best else None
    shown = [
        one
        for one in sorted(inputs, key=lambda i: -abs(i.swing_usd_per_month))[:MOST_SWINGS]
        if abs(one.swing_usd_per_month) >= 0.01
    ]
    if not shown or mean is None:
        return None
    sides = ("input low", "input high")
    rows: list[Row] = [
        {
            "input": one.name,
            "mean": mean,
            "end": mean + (0.5 if side == "input high" else -0.5) * one.swing_usd_per_month,
            "side": side,
            "text": f"{one.name}: {usd(abs(one.swing_usd_per_month))} USD/month",
        }
        for one in shown
        for side in sides
    ]
    y = alt.Y("input:N", sort=None, title=None, axis=None)
    ends = [row["end"] for row in rows]
    room = 0.06 * (max(ends) - min(ends))
    x = alt.X(
        "mean:Q",
        title=f"Mean cost, USD per month ({MONTH})",
        scale=alt.Scale(zero=False, nice=False, domain=[min(ends) - room, max(ends) + room]),
        axis=alt.Axis(tickCount=6 if is_wide(width) else 4),
    )
    bars = (
        plot(rows)
        .mark_bar(height=11, yOffset=9, opacity=0.85)
        .encode(
            y=y,
            x=x,
            x2="end:Q",
            color=alt.Color(
                "side:N",
                title=None,
                scale=alt.Scale(domain=list(sides), range=[ACCENT, WARM]),
                legend=top_legend(columns=2),
            ),
            tooltip=[
                alt.Tooltip("text:N", title="Input"),
                alt.Tooltip("side:N", title="Side"),
                alt.Tooltip("end:Q", title="USD/month", format=",.0f"),
            ],
        )
    )
    names = (
        plot(rows[::2])
        .mark_text(align="left", dx=1, dy=-8, color=INK, fontSize=11, limit=_room(width))
        .encode(y=y, x=alt.value(0), text="text:N")
    )
    here = mark_here(mean, "mean", f"mean {usd(mean)}", left=False, above=True)
    return together([bars, names, *here], width=width, height=height or ROW_PX * len(shown) + 30)


def holds(
    recommendation: Recommendation, *, width: Width = "container", height: int = 300
) -> alt.LayerChart | None:
    """The plane of the two most important drivers: where the answer is the same."""
    found = recommendation.holds
    if found is None or not found.points:
        return None
    rows: list[Row] = [
        {
            "first": significant(point.first),
            "second": significant(point.second),
            "state": "as now" if point.holds else "another answer",
            "answer": answer_words(point.answer),
        }
        for point in found.points
    ]
    xs = _in_order(p.first for p in found.points)
    ys = _in_order(p.second for p in found.points)
    states = ["as now", "another answer"]
    cells = (
        plot(rows)
        .mark_point(filled=True, size=130 if is_wide(width) else 90, opacity=1)
        .encode(
            x=alt.X(
                "first:O",
                sort=xs,
                title=f"{figure_name(found.first_driver)}, {found.first_unit}",
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y(
                "second:O",
                sort=ys[::-1],
                title=f"{figure_name(found.second_driver)}, {found.second_unit}",
                axis=alt.Axis(labelOverlap=True),
            ),
            color=alt.Color(
                "state:N",
                title=None,
                scale=alt.Scale(domain=states, range=[ACCENT, WARM]),
                legend=top_legend(columns=2),
            ),
            shape=alt.Shape(
                "state:N", title=None, scale=alt.Scale(domain=states, range=["square", "cross"])
            ),
            tooltip=[alt.Tooltip("answer:N", title="Answer")],
        )
    )
    middle = plot(
        [{"first": xs[len(xs) // 2], "second": ys[len(ys) // 2], "here": "you are here"}]
    ).encode(x=alt.X("first:O", sort=xs), y=alt.Y("second:O", sort=ys[::-1]))
    ring = middle.mark_point(size=420, color=INK, strokeWidth=2, filled=False, opacity=1)
    name = middle.mark_text(dy=-16, color=INK, fontSize=12, fontWeight="bold").encode(text="here:N")
    return together([cells, ring, name], width=width, height=height)


def _in_order(values: Iterable[float]) -> list[str]:
    return [significant(value) for value in sorted(set(values))]
