"""Quality of the candidates against their cost."""

from collections.abc import Sequence

import altair as alt

from advisor.recommendation import LearningCurve, Recommendation
from advisor.report.charts.parts import (
    ACCENT,
    INK,
    WARM,
    Row,
    Width,
    frame,
    is_wide,
    log_axis,
    plot,
    together,
    top_legend,
)
from advisor.report.tables import shown_steps

NEAR = 0.03
"""Share of the picture's width within which two points are moved apart."""
SHIFT_PX = 14
NAME_PX = 11

BASELINE = "dummy"
"""The candidate that learns nothing: so far below the others that it would flatten them."""


def quality_against_cost(
    recommendation: Recommendation, *, width: Width = "container", height: int = 260
) -> alt.LayerChart | None:
    """Each candidate's quality, with its spread, against the cost of its cheapest option."""
    steps = [
        s
        for s in shown_steps(recommendation)
        if s.quality is not None and s.usd_per_month is not None
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
    left, right = max(0.0, lowest - margin), highest + margin
    x = alt.X(
        "usd:Q",
        title="USD per month of its cheapest option",
        scale=alt.Scale(domain=[left, right], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    y = alt.Y(
        "quality:Q",
        title=recommendation.metric,
        scale=alt.Scale(zero=False, padding=16),
        axis=alt.Axis(tickCount=5),
    )
    state = alt.Scale(domain=["chosen", "considered"], range=[WARM, ACCENT])
    layers: list[alt.Chart] = []
    shifts, names_at = _apart([row["usd"] for row in rows], right - left)
    for row, shift, name_at in zip(rows, shifts, names_at, strict=True):
        layers += _candidate(
            row, x=x, y=y, shift=shift, name_at=name_at, state=state, metric=recommendation.metric
        )
    return together(layers, width=width, height=height + frame(width))


def _apart(costs: Sequence[float], reach: float) -> tuple[list[int], list[int]]:
    """Move marks apart that would stand on one another, and put their names beside all of them.

    Args:
        costs: where the marks stand. [USD/month]
        reach: from the left end of the picture to the right. [USD/month]

    Returns:
        shift of each mark and of its name to the side; a name left of it where that is negative.
        [px]
    """
    shifts, names_at = [0] * len(costs), [0] * len(costs)
    middle = (min(costs) + max(costs)) / 2
    left_over = sorted(range(len(costs)), key=costs.__getitem__)
    while left_over:
        first = costs[left_over[0]]
        group = [place for place in left_over if costs[place] - first < NEAR * reach]
        left_over = left_over[len(group) :]
        side = -1 if first > middle else 1
        for number, place in enumerate(sorted(group)):
            shifts[place] = round(SHIFT_PX * (number - (len(group) - 1) / 2))
            names_at[place] = side * round(SHIFT_PX * (len(group) - 1) / 2 + NAME_PX)
    return shifts, names_at


def _candidate(
    row: Row,
    *,
    x: alt.X,
    y: alt.Y,
    shift: int,
    name_at: int,
    state: alt.Scale,
    metric: str,
) -> list[alt.Chart]:
    """A mark with its spread and its name."""
    base = plot([row]).encode(x=x)
    spread = base.mark_rule(strokeWidth=2, opacity=0.8, xOffset=shift).encode(
        y=alt.Y("low:Q"), y2="high:Q", color=alt.Color("state:N", scale=state, title=None)
    )
    mark = base.mark_point(filled=True, size=110, opacity=1, xOffset=shift).encode(
        y=y,
        color=alt.Color(
            "state:N",
            scale=state,
            title=None,
            legend=top_legend(columns=2),
        ),
        shape=alt.Shape(
            "state:N",
            scale=alt.Scale(domain=["chosen", "considered"], range=["diamond", "circle"]),
            title=None,
        ),
        tooltip=[
            alt.Tooltip("candidate:N", title="Candidate"),
            alt.Tooltip("quality:Q", title=metric, format=".3f"),
            alt.Tooltip("usd:Q", title="USD/month", format=",.2f"),
            alt.Tooltip("verdict:N", title="Verdict"),
        ],
    )
    name = base.mark_text(
        align="right" if name_at < 0 else "left", dx=name_at, color=INK, fontSize=11.5
    ).encode(y=y, text="candidate:N")
    return [spread, mark, name]


MOST_CURVES = 6
"""Learning curves in one chart: more cannot be told apart."""

CURVE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B066A6", "#8C6D00", "#5B6B7B")
CURVE_SHAPES = ("circle", "triangle-up", "square", "diamond", "cross", "triangle-down")
CURVE_DASHES = ([1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [12, 4], [4, 2, 1, 2])


def learning(
    recommendation: Recommendation, *, width: Width = "container", height: int = 260
) -> alt.LayerChart | None:
    """Measured quality of each candidate against the rows it was trained on."""
    curves = learned_curves(recommendation)
    if not curves:
        return None
    rows: list[Row] = [
        {
            "candidate": curve.candidate,
            "rows": point.row_count,
            "quality": point.quality,
            "low": point.quality_low,
            "high": point.quality_high,
        }
        for curve in curves
        for point in curve.points
    ]
    names = [curve.candidate for curve in curves]
    x = alt.X(
        "rows:Q",
        title="Training rows (log)",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=log_axis((row["rows"] for row in rows), most=8 if is_wide(width) else 5),
    )
    y = alt.Y(
        "quality:Q",
        title=recommendation.metric,
        scale=alt.Scale(zero=False, padding=10),
        axis=alt.Axis(tickCount=5),
    )
    colour = alt.Color(
        "candidate:N",
        title=None,
        scale=alt.Scale(domain=names, range=list(CURVE_COLOURS)),
        legend=top_legend(columns=4 if is_wide(width) else 2, shapes=True),
    )
    base = plot(rows).encode(x=x, color=colour)
    dash = alt.StrokeDash(
        "candidate:N",
        title=None,
        legend=None,
        scale=alt.Scale(domain=names, range=list(CURVE_DASHES)),
    )
    spread = base.mark_rule(strokeWidth=2, opacity=0.6).encode(
        y=alt.Y("low:Q", title=recommendation.metric), y2="high:Q"
    )
    lines = base.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash)
    marks = base.mark_point(filled=True, size=55, opacity=1).encode(
        y=y,
        shape=alt.Shape(
            "candidate:N",
            title=None,
            scale=alt.Scale(domain=names, range=list(CURVE_SHAPES)),
        ),
        tooltip=[
            alt.Tooltip("candidate:N", title="Candidate"),
            alt.Tooltip("rows:Q", title="Rows", format=","),
            alt.Tooltip("quality:Q", title=recommendation.metric, format=".4f"),
        ],
    )
    return together([spread, lines, marks], width=width, height=height + frame(width))


def learned_curves(recommendation: Recommendation) -> tuple[LearningCurve, ...]:
    """Choose the curves to draw: those of candidates that learn, the chosen one first."""
    chosen = recommendation.best.candidate if recommendation.best else None
    by_name = {c.candidate: c for c in recommendation.learning}
    learned = [c for c in by_name.values() if c.candidate != BASELINE and c.points]
    learned.sort(key=lambda curve: curve.candidate != chosen)
    return tuple(learned[:MOST_CURVES])
