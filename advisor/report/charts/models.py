"""Quality of the candidates against their cost."""

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
)
from advisor.report.tables import shown_steps

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
    base = plot(rows).encode(x=x)
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
        plot([row for row in rows if (row["usd"] > (lowest + highest) / 2) == left])
        .mark_text(
            align="right" if left else "left", dx=-9 if left else 9, dy=-7, color=INK, fontSize=11.5
        )
        .encode(x=x, y=y, text="candidate:N")
        for left in (False, True)
    ]
    return together([spread, marks, *names], width=width, height=height + frame(width))


MOST_CURVES = 6
"""Learning curves in one chart: more cannot be told apart."""

CURVE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B066A6", "#8C6D00", "#5B6B7B")
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
        legend=alt.Legend(orient="top", columns=4 if is_wide(width) else 2, labelLimit=150),
    )
    base = plot(rows).encode(x=x, color=colour)
    dash = alt.StrokeDash(
        "candidate:N", title=None, scale=alt.Scale(domain=names, range=list(CURVE_DASHES))
    )
    spread = base.mark_rule(strokeWidth=2, opacity=0.6).encode(
        y=alt.Y("low:Q", title=recommendation.metric), y2="high:Q"
    )
    lines = base.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash)
    marks = base.mark_point(filled=True, size=40, opacity=1).encode(
        y=y,
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
    learned = [c for c in recommendation.learning if c.candidate != BASELINE]
    learned.sort(key=lambda curve: curve.candidate != chosen)
    return tuple(learned[:MOST_CURVES])
