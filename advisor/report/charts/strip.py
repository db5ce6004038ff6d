"""The strip: which platform is the cheapest as the traffic grows, by each amount."""

import itertools
import math

import altair as alt

from advisor.recommendation import Recommendation
from advisor.report.charts.parts import (
    Row,
    Width,
    colour_of,
    is_wide,
    log_axis,
    mark_here,
    plot,
    together,
    top_legend,
)
from advisor.report.tables import platform_name, rate_axis, stated, strip

PICK = "pick"
"""Selection on the strip; its field `rate` is what the axis counts."""

AMOUNTS = (("AWS bill", False), ("With people", True))
BAR_PX = 26
NARROWEST_NAMED = 0.16
"""Share of the strip from which a platform's name fits into its span."""


def platform_strip(
    recommendation: Recommendation, *, width: Width = "container", height: int = 0
) -> alt.LayerChart | None:
    """A bar for each amount, coloured by the platform that is the cheapest at each rate."""
    axis = rate_axis(recommendation)
    phone = isinstance(width, int) and not is_wide(width)
    rows, names = _spans(recommendation)
    if not rows:
        return None
    if isinstance(width, int):  # on paper nobody clicks a rate
        rows = names
    amounts = list(dict.fromkeys(row["amount"] for row in rows))
    platforms = list(dict.fromkeys(row["key"] for row in rows))
    ends = [row[end] for row in rows for end in ("start", "end")]
    x = alt.X(
        "start:Q",
        title=axis.title,
        scale=alt.Scale(type="log", nice=False, domain=[min(ends), max(ends)]),
        axis=log_axis(ends, most=10 if is_wide(width) else 6),
    )
    labels = " : ".join(f"datum.value == {i + 0.5} ? '{name}'" for i, name in enumerate(amounts))
    y = alt.Y(
        "top:Q",
        title=None,
        scale=alt.Scale(domain=[0, len(amounts)], reverse=True, nice=False),
        axis=alt.Axis(
            values=[i + 0.5 for i in range(len(amounts))],
            labelExpr=f"{labels} : ''",
            grid=False,
            ticks=False,
            domain=False,
        ),
    )
    pick = alt.selection_point(name=PICK, fields=["rate"], on="click")
    bars = (
        plot(rows)
        .mark_rect(cursor="pointer", strokeWidth=1)
        .encode(
            x=x,
            x2="end:Q",
            y=y,
            y2="bottom:Q",
            color=alt.Color(
                "platform:N",
                title=None,
                scale=colour_of(platforms),
                legend=top_legend(columns=2 if phone else 4),
            ),
            # Else a hair of the ground shows between two rates of one platform.
            stroke=alt.Stroke("platform:N", scale=colour_of(platforms), legend=None),
            tooltip=[
                alt.Tooltip("amount:N", title="By"),
                alt.Tooltip("platform:N", title="Cheapest"),
                alt.Tooltip("usd:Q", title="USD/month", format=",.2f"),
                alt.Tooltip("rate:Q", title=axis.column, format=",.3~g"),
            ],
        )
        .add_params(pick)
    )
    layers: list[alt.Chart] = [bars]
    if named := [row for row in names if row["share"] >= NARROWEST_NAMED]:
        layers.append(
            plot(named)
            .mark_text(fontSize=12, fontWeight="bold", color="#ffffff")
            .encode(x=alt.X("middle:Q"), y=alt.Y("at:Q"), text="platform:N")
        )
    here = stated(recommendation, "workload.requests_per_s")
    if here is not None and min(ends) <= (here := here * axis.per_rate) <= max(ends):
        left = here * here > min(ends) * max(ends)
        text = f"you are here: {axis.text(here)}"
        layers += mark_here(here, "rate", text, left=left, above=True)
    return together(
        layers,
        width=width,
        height=height or BAR_PX * len(amounts) + (32 if width == "container" else 0),
    )


def _spans(recommendation: Recommendation) -> tuple[list[Row], list[Row]]:
    """Return a row for each rate and amount, and one for each span with the same platform."""
    per_rate = rate_axis(recommendation).per_rate
    curve = recommendation.cost_curve
    rates = sorted({point.requests_per_s for point in curve})
    if len(rates) < 2:
        return [], []
    between = [math.sqrt(low * high) for low, high in itertools.pairwise(rates)]
    edges = dict(
        zip(rates, zip([rates[0], *between], [*between, rates[-1]], strict=True), strict=True)
    )
    rows: list[Row] = []
    names: list[Row] = []
    for name, by_people in AMOUNTS:
        spans = strip(curve, by_people=by_people)
        top = len({row["amount"] for row in rows})
        whole = math.log(rates[-1] / rates[0])
        for platform, first, last in spans:
            start, end = edges[first][0], edges[last][1]
            names.append(
                {
                    "amount": name,
                    "key": platform,
                    "platform": platform_name(platform),
                    "start": start * per_rate,
                    "end": end * per_rate,
                    "top": top + 0.08,
                    "bottom": top + 0.92,
                    "middle": math.sqrt(start * end) * per_rate,
                    "at": top + 0.5,
                    "share": math.log(end / start) / whole,
                }
            )
            rows += [
                {
                    "amount": name,
                    "key": platform,
                    "platform": platform_name(platform),
                    "rate": rate * per_rate,
                    "start": edges[rate][0] * per_rate,
                    "end": edges[rate][1] * per_rate,
                    "top": top + 0.08,
                    "bottom": top + 0.92,
                    "usd": _amount(recommendation, rate, platform, by_people=by_people),
                }
                for rate in rates
                if first <= rate <= last
            ]
    return rows, names


def _amount(
    recommendation: Recommendation, rate: float, platform: str, *, by_people: bool
) -> float | None:
    point = next(
        p for p in recommendation.cost_curve if p.requests_per_s == rate and p.platform == platform
    )
    return point.with_people_usd_per_month if by_people else point.aws_usd_per_month
