"""The charts, drawn once for the explorer and for the reports.

Each function takes the recommendation and returns an Altair chart, or None where there is nothing
to draw. Colours are told apart with any colour vision and stand out from white and from black;
where it matters a shape or a dash says the same. In a report the ink follows the page's colours.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, cast

import altair as alt

from advisor.recommendation import Recommendation
from advisor.report.tables import (
    GROUP_NAMES,
    GROUPS,
    curve_platforms,
    group_usd_per_month,
    platform_name,
    stated,
    telling_options,
)
from advisor.report.words import days, significant, usd

PLATFORM_COLOURS = {
    "sagemaker-realtime": "#0072B2",
    "sagemaker-serverless": "#B066A6",
    "ecs-fargate": "#D55E00",
    "ecs-ec2": "#009E73",
}
"""After Okabe and Ito; each has a contrast of at least 3 against white and against black."""

PLATFORM_DASHES = {
    "sagemaker-realtime": [1, 0],
    "sagemaker-serverless": [6, 3],
    "ecs-fargate": [1, 0],
    "ecs-ec2": [6, 3],
}
PLATFORM_SHAPES = {
    "sagemaker-realtime": "circle",
    "sagemaker-serverless": "square",
    "ecs-fargate": "triangle-up",
    "ecs-ec2": "diamond",
}
GROUP_COLOURS = {
    "serving": "#4477AA",
    "training": "#D2A02C",
    "labels": "#AA3377",
    "people": "#8C9097",
}
ACCENT = "#0072B2"
WARM = "#D55E00"
INK = "#6b7280"
"""Middle grey: readable on white and on black; reports replace it by the page's own ink."""

BASELINE = "dummy"
"""The candidate that learns nothing: so far below the others that it would flatten them."""

MOST_STACKED = 6
"""Options in the cost stack."""

Width = Literal["container"] | int
Row = dict[str, Any]


def cost_stack(
    recommendation: Recommendation, *, width: Width = "container", height: int = 0
) -> alt.LayerChart | None:
    """Monthly cost of the cheapest options, by what it is spent on."""
    options = telling_options(recommendation, limit=MOST_STACKED)
    if not options:
        return None
    narrow = not _wide(width)
    rows: list[Row] = [
        {
            "option": f"{place}. {option.name}",
            "part": GROUP_NAMES[group],
            "order": GROUPS.index(group),
            "usd": group_usd_per_month(option, group),
        }
        for place, option in enumerate(options, start=1)
        for group in GROUPS
    ]
    order = list(dict.fromkeys(row["option"] for row in rows))
    totals: list[Row] = [
        {
            "option": f"{place}. {option.name}",
            "usd": option.usd_per_month,
            "label": usd(option.usd_per_month),
        }
        for place, option in enumerate(options, start=1)
    ]
    y = alt.Y(
        "option:N",
        sort=order,
        title=None,
        axis=None if narrow else alt.Axis(labelLimit=250, ticks=False, domain=False),
    )
    most = max(row["usd"] for row in totals)
    bars = (
        _plot(rows)
        .mark_bar(height=13 if narrow else {"band": 0.68}, yOffset=9 if narrow else 0)
        .encode(
            y=y,
            x=alt.X(
                "sum(usd):Q",
                title="USD per month (730 h)",
                scale=alt.Scale(domain=[0, (most or 1.0) * 1.15], nice=False),
                axis=alt.Axis(tickCount=4 if narrow else 6),
            ),
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(
                    domain=[GROUP_NAMES[g] for g in GROUPS],
                    range=[GROUP_COLOURS[g] for g in GROUPS],
                ),
                legend=alt.Legend(orient="top", columns=2 if narrow else 4),
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
        _plot(totals)
        .mark_text(align="left", dx=5, dy=9 if narrow else 0, color=INK, fontSize=12)
        .encode(y=y, x="usd:Q", text="label:N")
    )
    layers = [bars, labels]
    if narrow:
        layers.append(
            _plot(totals)
            .mark_text(align="left", dx=1, dy=-8, color=INK, fontSize=11, limit=320)
            .encode(y=y, x=alt.value(0), text="option:N")
        )
    row_height = 46 if narrow else 30
    return _together(
        layers, width=width, height=height or row_height * len(options) + _frame(width)
    )


def cost_by_rate(
    recommendation: Recommendation, *, width: Width = "container", height: int = 300
) -> alt.LayerChart | None:
    """Cost of the cheapest option of each platform against the request rate, both logarithmic."""
    points = [p for p in recommendation.cost_curve if p.usd_per_month > 0]
    if not points:
        return None
    narrow = not _wide(width)
    rows: list[Row] = [
        {
            "rate": point.requests_per_s,
            "platform": platform_name(point.platform),
            "usd": point.usd_per_month,
            "option": point.option,
        }
        for point in points
    ]
    platforms = curve_platforms(recommendation)
    names = [platform_name(p) for p in platforms]
    colour = alt.Color(
        "platform:N",
        title=None,
        scale=alt.Scale(domain=names, range=[PLATFORM_COLOURS.get(p, INK) for p in platforms]),
        legend=alt.Legend(orient="top", columns=2 if narrow else 4, symbolStrokeWidth=2.5),
    )
    x = alt.X(
        "rate:Q",
        title="Mean requests per second (log)",
        scale=alt.Scale(type="log", nice=False),
        axis=_log_axis((p.requests_per_s for p in points), most=7 if narrow else 12),
    )
    y = alt.Y(
        "usd:Q",
        title="USD per month (log)",
        scale=alt.Scale(type="log", nice=False, padding=10),
        axis=_log_axis((p.usd_per_month for p in points), most=8),
    )
    base = _plot(rows).encode(x=x, y=y, color=colour)
    lines = base.mark_line(strokeWidth=2.2, interpolate="monotone").encode(
        strokeDash=alt.StrokeDash(
            "platform:N",
            title=None,
            scale=alt.Scale(
                domain=names, range=[PLATFORM_DASHES.get(p, [2, 2]) for p in platforms]
            ),
        )
    )
    marks = base.mark_point(filled=True, size=38, opacity=1).encode(
        shape=alt.Shape(
            "platform:N",
            title=None,
            scale=alt.Scale(
                domain=names, range=[PLATFORM_SHAPES.get(p, "cross") for p in platforms]
            ),
        ),
        tooltip=[
            alt.Tooltip("option:N", title="Option"),
            alt.Tooltip("rate:Q", title="Requests/s", format=",.4~g"),
            alt.Tooltip("usd:Q", title="USD/month", format=",.2f"),
        ],
    )
    layers: list[alt.Chart] = [lines, marks]
    here = stated(recommendation, "workload.requests_per_s")
    if here is not None and here > 0:
        rates = [row["rate"] for row in rows]
        text = f"you are here: {significant(here)}/s"
        layers += _here(here, "rate", text, left=here * here > min(rates) * max(rates))
    return _together(layers, width=width, height=height + _frame(width))


def quality_against_cost(
    recommendation: Recommendation, *, width: Width = "container", height: int = 260
) -> alt.LayerChart | None:
    """Each candidate's quality, with its spread, against the cost of its cheapest option."""
    steps = [
        s for s in recommendation.ladder if s.quality is not None and s.usd_per_month is not None
    ]
    learned = [s for s in steps if s.candidate != BASELINE]
    steps = learned if len(learned) > 1 else steps
    if not steps:
        return None
    chosen = recommendation.best.candidate if recommendation.best else None
    rows: list[Row] = [
        {
            "candidate": step.candidate,
            "usd": step.usd_per_month,
            "quality": step.quality,
            "low": step.quality - (step.quality_spread or 0) / 2,
            "high": step.quality + (step.quality_spread or 0) / 2,
            "state": "chosen" if step.candidate == chosen else "considered",
            "verdict": step.verdict,
        }
        for step in steps
        if step.quality is not None
    ]
    lowest = min(row["usd"] for row in rows)
    highest = max(row["usd"] for row in rows)
    margin = max((highest - lowest) * 0.25, highest * 0.03, 0.5)
    x = alt.X(
        "usd:Q",
        title="USD per month of its cheapest option",
        scale=alt.Scale(domain=[max(0.0, lowest - margin), highest + margin], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    y = alt.Y(
        "quality:Q",
        title=recommendation.metric,
        scale=alt.Scale(zero=False, padding=16),
        axis=alt.Axis(tickCount=5),
    )
    state = alt.Scale(domain=["chosen", "considered"], range=[WARM, ACCENT])
    base = _plot(rows).encode(x=x)
    spread = base.mark_rule(strokeWidth=2, opacity=0.8).encode(
        y=alt.Y("low:Q"), y2="high:Q", color=alt.Color("state:N", scale=state, title=None)
    )
    marks = base.mark_point(filled=True, size=110, opacity=1).encode(
        y=y,
        color=alt.Color(
            "state:N",
            scale=state,
            title=None,
            legend=alt.Legend(orient="top", direction="horizontal"),
        ),
        shape=alt.Shape(
            "state:N",
            scale=alt.Scale(domain=["chosen", "considered"], range=["diamond", "circle"]),
            title=None,
        ),
        tooltip=[
            alt.Tooltip("candidate:N", title="Candidate"),
            alt.Tooltip("quality:Q", title=recommendation.metric, format=".3f"),
            alt.Tooltip("usd:Q", title="USD/month", format=",.2f"),
            alt.Tooltip("verdict:N", title="Verdict"),
        ],
    )
    names = [
        _plot([row for row in rows if (row["usd"] > (lowest + highest) / 2) == left])
        .mark_text(
            align="right" if left else "left", dx=-9 if left else 9, dy=-7, color=INK, fontSize=11.5
        )
        .encode(x=x, y=y, text="candidate:N")
        for left in (False, True)
    ]
    return _together([spread, marks, *names], width=width, height=height + _frame(width))


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
        axis=_log_axis((p.interval_days for p in curve), most=10 if _wide(width) else 7),
    )
    y = alt.Y(
        "usd:Q",
        title="USD per month (730 h)",
        scale=alt.Scale(domain=[0, ceiling], clamp=False),
        axis=alt.Axis(tickCount=5),
    )
    lines = (
        _plot(rows)
        .mark_line(clip=True, strokeWidth=2.2)
        .encode(
            x=x,
            y=y,
            **_three_lines(series, width),
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
        zone = {"low": max(low, min(reach)), "high": min(high, max(reach))}
        layers.append(
            _plot([zone])
            .mark_rect(color=ACCENT, opacity=0.13)
            .encode(x=alt.X("low:Q"), x2="high:Q")
        )
    layers.append(lines)
    if advice.interval_days is not None:
        text = f"advised: {days(advice.interval_days)}"
        left = advice.interval_days * advice.interval_days > min(reach) * max(reach)
        layers += _here(advice.interval_days, "days", text, left=left)
    if advice.now_interval_days is not None:
        now = advice.now_interval_days
        text = f"you are here: {days(now)}"
        layers += _here(now, "days", text, left=now * now > min(reach) * max(reach), row=1)
    return _together(layers, width=width, height=height + _frame(width))


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
        scale=alt.Scale(zero=False, padding=12),
        axis=alt.Axis(tickCount=5),
    )
    base = _plot(rows)
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
        line = _plot(fitted).mark_line(color=WARM, strokeWidth=2.2).encode(x=x, y=y)
        layers.insert(0, line)
    if advice.interval_days is not None and advice.interval_days <= max(r["age"] for r in rows):
        left = advice.interval_days > max(r["age"] for r in rows) / 2
        layers += _here(
            advice.interval_days, "age", f"retrain at {days(advice.interval_days)}", left=left
        )
    return _together(layers, width=width, height=height + _frame(width))


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
        axis=_log_axis(counts, most=10 if _wide(width) else 7),
    )
    lines = (
        _plot(rows)
        .mark_line(strokeWidth=2.2)
        .encode(
            x=x,
            y=alt.Y("usd:Q", title="USD per month (730 h)", axis=alt.Axis(tickCount=5)),
            **_three_lines(series, width),
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
        layers += _here(stop, "runs", text, left=stop * stop > middle)
    layers += _here(here, "runs", f"you are here: {here:,}", left=here * here > middle, row=1)
    return _together(layers, width=width, height=height + _frame(width))


CHARTS: dict[str, Callable[..., alt.LayerChart | None]] = {
    "cost-stack": cost_stack,
    "cost-by-rate": cost_by_rate,
    "quality-against-cost": quality_against_cost,
    "retraining-cost": retraining_cost,
    "error-by-age": error_by_age,
    "gain-by-runs": gain_by_runs,
}

CHART_TITLES = {
    "cost-stack": "What each option costs, and on what",
    "cost-by-rate": "Cost against request rate, cheapest option of each platform",
    "quality-against-cost": "Quality against cost, without the baseline that learns nothing",
    "retraining-cost": "Cost against the retraining interval",
    "error-by-age": "Error against the age of the model, and the fitted law",
    "gain-by-runs": "Gain against the training runs behind each release",
}


def svg(name: str, recommendation: Recommendation, *, width: int = 660) -> str | None:
    """Draw one chart as SVG whose ink is the page's `currentColor`; None where there is no data.

    The same recommendation gives the same bytes.
    """
    import vl_convert

    chart = CHARTS[name](recommendation, width=width)
    if chart is None:
        return None
    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = _REPORT_CONFIG
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return _for_inlining(drawn, title=CHART_TITLES[name], prefix=f"{name}-{width}")


_REPORT_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": INK,
        "tickColor": INK,
        "gridColor": INK,
        "gridOpacity": 0.18,
        "labelFontSize": 11.5,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
    "legend": {"labelColor": INK, "labelFontSize": 12, "labelLimit": 260, "titleColor": INK},
}


def _for_inlining(drawn: str, *, title: str, prefix: str) -> str:
    """Let the ink follow the page, the size follow the column, and a screen reader the title."""
    head, _, body = drawn.replace(INK, "currentColor").partition(">")
    size = re.search(r'width="([\d.]+)" height="([\d.]+)" viewBox="([^"]*)"', head)
    assert size, "vl-convert writes width, height and viewBox"
    # Vega's own labels for screen readers describe axes of a picture whose table stands below.
    body = re.sub(r' (?:aria-[a-z]+|role)="[^"]*"(?=[^<]*>)', "", body)
    # It also numbers its clips through the life of the process: the page needs them unique, and
    # the same every time.
    names = {name: f"{prefix}-{n}" for n, name in enumerate(re.findall(r' id="([^"]+)"', body))}
    for old, new in names.items():
        body = body.replace(f' id="{old}"', f' id="{new}"').replace(f"url(#{old})", f"url(#{new})")
    width, height, box = size.groups()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{width}" '
        f'height="{height}" role="img" aria-label="{title}">{body}'
    )


def _plot(rows: list[Row]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _together(layers: list[alt.Chart], *, width: Width, height: int) -> alt.LayerChart:
    layered = cast("alt.LayerChart", alt.layer(*layers))
    return layered.properties(width=width, height=height + _frame(width))


def _three_lines(series: Sequence[str], width: Width) -> dict[str, Any]:
    """Tell three lines apart by colour and by dash, with the legend on top."""
    columns = 3 if _wide(width) else 2 if width == "container" else 1
    return {
        "color": alt.Color(
            "series:N",
            title=None,
            scale=alt.Scale(domain=list(series), range=[ACCENT, "#009E73", WARM]),
            legend=alt.Legend(orient="top", columns=columns),
        ),
        "strokeDash": alt.StrokeDash(
            "series:N",
            title=None,
            scale=alt.Scale(domain=list(series), range=[[1, 0], [6, 3], [2, 2]]),
        ),
    }


def _wide(width: Width) -> bool:
    """Whether there is room to the side; a container may be a phone's."""
    return isinstance(width, int) and width >= 480


def _frame(width: Width) -> int:
    """Height that axis and legend take where the whole picture has to fit. [px]"""
    return 100 if width == "container" else 0


def _log_axis(values: Iterable[float], *, most: int) -> alt.Axis:
    """Ticks and grid at 1, 2 and 5 of each decade, or at 1 only where that would be crowded."""
    low, high = min(values := list(values)), max(values)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [digit * 10.0**exponent for exponent in decades for digit in digits]
        ticks = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(ticks) <= most:
            break
    plain = "format(datum.value, datum.value < 1 ? '~g' : datum.value < 1e6 ? ',' : '~s')"
    return alt.Axis(values=ticks, labelExpr=plain, labelOverlap=True)


def _here(value: float, field: str, text: str, *, left: bool, row: int = 0) -> list[alt.Chart]:
    """A vertical line at a value, named at its top, on the side where there is room."""
    data = [{field: value, "here": text}]
    x = alt.X(f"{field}:Q")
    rule = _plot(data).mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.4).encode(x=x)
    label = (
        _plot(data)
        .mark_text(
            color=INK,
            align="right" if left else "left",
            dx=-6 if left else 6,
            baseline="top",
            fontSize=12,
            fontWeight="bold",
        )
        .encode(x=x, y=alt.value(2 + 16 * row), text="here:N")
    )
    return [rule, label]
