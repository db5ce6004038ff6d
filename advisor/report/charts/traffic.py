"""The day or week of traffic, with what it is held against."""

from collections.abc import Mapping, Sequence

import altair as alt

from advisor.recommendation import Recommendation
from advisor.report.charts.parts import (
    ACCENT,
    INK,
    WARM,
    Row,
    Width,
    frame,
    plot,
    three_lines,
    together,
)
from advisor.report.words import milliseconds, significant

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

TITLE = "Requests per second"

BUSIEST = "busiest minute of the hour"
MEAN_OF_HOUR = "mean of the hour"
COLOURS = (INK, WARM, "#009E73")


def traffic(
    recommendation: Recommendation, *, width: Width = "container", height: int = 240
) -> alt.LayerChart | None:
    """Requests by the hour with mean, planned peak, and what the replicas carry within the need."""
    advice = recommendation.traffic
    if advice is None:
        return None
    need = "headroom" if advice.need_ms is None else f"{milliseconds(advice.need_ms)} ms"
    carried = f"{advice.replicas} replica{'' if advice.replicas == 1 else 's'} within {need}"
    levels = {
        "mean": advice.mean_requests_per_s,
        "planned peak": advice.peak_requests_per_s,
    }
    if advice.carried_requests_per_s <= 4 * advice.peak_requests_per_s:
        levels[carried] = advice.carried_requests_per_s
    hours = [(hour.requests_per_s, hour.busiest_requests_per_s) for hour in advice.hours]
    return picture(hours, levels, width=width, height=height)


def picture(
    hours: Sequence[tuple[float, float | None]],
    levels: Mapping[str, float],
    *,
    width: Width,
    height: int = 240,
) -> alt.LayerChart:
    """Draw hours and named levels.

    Args:
        hours: mean rate of each hour and its busiest minute, where known. [1/s]
        levels: lines across, at most three. [1/s]
        width: of the picture. [px]
        height: of the picture. [px]
    """
    series = {MEAN_OF_HOUR: [mean for mean, _ in hours]}
    if any(busiest is not None for _, busiest in hours):
        series[BUSIEST] = [mean if busiest is None else busiest for mean, busiest in hours]
    rows: list[Row] = [
        {"hour": hour + (0 if edge == "from" else 1), "rate": rate, "series": name}
        for name, rates in series.items()
        for hour, rate in enumerate(rates)
        for edge in ("from", "to")
    ]
    top = 1.12 * max([*levels.values(), *(row["rate"] for row in rows)])
    is_week = len(hours) > 24
    axis = (
        alt.Axis(
            values=[24 * day + 12 for day in range(7)],
            labelExpr=f"{list(DAYS)}[floor(datum.value / 24)]",
            grid=False,
        )
        if is_week
        else alt.Axis(values=list(range(0, 25, 3)))
    )
    x = alt.X(
        "hour:Q",
        title="Day of the week" if is_week else "Hour of the day",
        scale=alt.Scale(domain=[0, len(hours)], nice=False),
        axis=axis,
    )
    scale = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("rate:Q", title=TITLE, scale=scale)
    lines = (
        plot(rows)
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            **three_lines(list(series), width),
            tooltip=[
                alt.Tooltip("series:N", title="Which"),
                alt.Tooltip("hour:Q", title="Hour"),
                alt.Tooltip("rate:Q", title="Requests/s", format=",.3~g"),
            ],
        )
    )
    area = (
        plot([row for row in rows if row["series"] == MEAN_OF_HOUR])
        .mark_area(color=ACCENT, opacity=0.14)
        .encode(x=x, y=alt.Y("rate:Q", title=TITLE, scale=scale, stack=None))
    )
    layers = [area, lines]
    for at, (name, rate) in enumerate(levels.items()):
        layers += _level(name, rate, COLOURS[at], y)
    return together(layers, width=width, height=height + frame(width))


def _level(name: str, rate: float, colour: str, y: alt.Y) -> list[alt.Chart]:
    """A line across, named at its left end."""
    data: list[Row] = [{"rate": rate, "text": f"{name}: {significant(rate)}/s"}]
    rule = plot(data).mark_rule(color=colour, strokeWidth=1.6, strokeDash=[7, 3]).encode(y=y)
    label = (
        plot(data)
        .mark_text(color=INK, align="left", dx=4, dy=-7, fontSize=12, fontWeight="bold")
        .encode(y=y, x=alt.value(0), text="text:N")
    )
    return [rule, label]
