"""What every chart is made of: colours, axes, lines, marks.

Colours are told apart with any colour vision and stand out from white and from black; where it
matters a shape or a dash says the same. In a report the ink follows the page's colours.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal, cast

import altair as alt

from advisor.platforms import PLATFORMS
from advisor.recommendation import Option, Recommendation
from advisor.report.tables import platform_name, where_differs

PLATFORM_COLOURS = {name: one.facts.look.colour for name, one in PLATFORMS.items()}
"""After Okabe and Ito; each has a contrast of at least 3 against white and against black."""

PLATFORM_DASHES = {name: list(one.facts.look.dash) for name, one in PLATFORMS.items()}

PLATFORM_SHAPES = {name: one.facts.look.mark for name, one in PLATFORMS.items()}

PART_COLOURS = {
    "serving": "#4477AA",
    "training": "#D2A02C",
    "experiments": "#228833",
    "retraining": "#AA3377",
    "people": "#8C9097",
}

ACCENT = "#0072B2"

WARM = "#D55E00"

INK = "#6b7280"
"""Middle grey: readable on white and on black; reports replace it by the page's own ink."""

Width = Literal["container"] | int

Row = dict[str, Any]


def colour_of(platforms: Sequence[str]) -> alt.Scale:
    """Give each platform its colour."""
    return _scale(platforms, [PLATFORM_COLOURS.get(p, INK) for p in platforms])


def dash_of(platforms: Sequence[str]) -> alt.Scale:
    """Give each platform its dash."""
    return _scale(platforms, [PLATFORM_DASHES.get(p, [2, 2]) for p in platforms])


def shape_of(platforms: Sequence[str]) -> alt.Scale:
    """Give each platform its mark."""
    return _scale(platforms, [PLATFORM_SHAPES.get(p, "cross") for p in platforms])


def _scale(platforms: Sequence[str], range_: Sequence[Any]) -> alt.Scale:
    return alt.Scale(domain=[platform_name(p) for p in platforms], range=list(range_))


def plot(rows: list[Row]) -> alt.Chart:
    """Start a layer on rows that stand inside the chart."""
    return alt.Chart(alt.InlineData(values=rows))


def together(layers: list[alt.Chart], *, width: Width, height: int) -> alt.LayerChart:
    """Lay layers over each other at a size."""
    layered = cast("alt.LayerChart", alt.layer(*layers))
    return layered.properties(width=width, height=height + frame(width))


def three_lines(series: Sequence[str], width: Width) -> dict[str, Any]:
    """Tell three lines apart by colour and by dash, with the legend on top."""
    columns = 3 if is_wide(width) else 2 if width == "container" else 1
    return {
        "color": alt.Color(
            "series:N",
            title=None,
            scale=alt.Scale(domain=list(series), range=[ACCENT, "#009E73", WARM]),
            legend=top_legend(columns=columns),
        ),
        "strokeDash": alt.StrokeDash(
            "series:N",
            title=None,
            scale=alt.Scale(domain=list(series), range=[[1, 0], [6, 3], [2, 2]]),
        ),
    }


def top_legend(*, columns: int, shapes: bool = False) -> alt.Legend:
    """A legend above the picture, small enough that two columns fit a phone.

    Args:
        columns: names side by side.
        shapes: whether it shows marks; else strokes.
    """
    return alt.Legend(
        orient="top",
        columns=columns,
        labelFontSize=11.5,
        labelLimit=150 if columns <= 2 else 220,
        columnPadding=8,
        # The dash of a line around a mark would make the mark look torn.
        symbolStrokeWidth=0 if shapes else alt.Undefined,
    )


def option_names(recommendation: Recommendation, options: Sequence[Option]) -> tuple[str, ...]:
    """Return numbered names of options, told apart early: without the model that all share.

    Region and purchase stand behind a name where they differ between options.
    """
    place_of = where_differs(recommendation)
    models = {option.name.partition(" on ")[0] for option in options}
    shared = f"{next(iter(models))} on " if len(models) == 1 else ""
    return tuple(
        f"{place}. {option.name.removeprefix(shared)}{place_of(option)}"
        for place, option in enumerate(options, start=1)
    )


def is_wide(width: Width) -> bool:
    """Whether there is room to the side; a container may be a phone's."""
    return isinstance(width, int) and width >= 480


def frame(width: Width) -> int:
    """Height that axis and legend take where the whole picture has to fit. [px]"""
    return 100 if width == "container" else 0


def log_axis(values: Iterable[float], *, most: int) -> alt.Axis:
    """Ticks and grid at round numbers, as many of each decade as there is room for."""
    low, high = min(values := list(values)), max(values)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [digit * 10.0**exponent for exponent in decades for digit in digits]
        ticks = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(ticks) <= most:
            break
    plain = "format(datum.value, datum.value < 1 ? '~g' : datum.value < 1e6 ? ',' : '~s')"
    billions = f"replace({plain}, 'G', 'B')"  # the prefix of units is no word for a count
    return alt.Axis(values=ticks, labelExpr=billions, labelOverlap=True)


def mark_here(
    value: float, field: str, text: str, *, left: bool, row: int = 0, above: bool = False
) -> list[alt.Chart]:
    """A vertical line at a value, named at its top, on the side where there is room.

    Args:
        value: where.
        field: column of the value.
        text: its name.
        left: whether there is room to the left.
        row: lines of text that are above it already.
        above: whether the name stands over the picture, clear of what is in it.
    """
    data = [{field: value, "here": text}]
    x = alt.X(f"{field}:Q")
    rule = plot(data).mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.4).encode(x=x)
    label = (
        plot(data)
        .mark_text(
            color=INK,
            align="center" if above else "right" if left else "left",
            dx=0 if above else -6 if left else 6,
            baseline="bottom" if above else "top",
            fontSize=12,
            fontWeight="bold",
        )
        .encode(x=x, y=alt.value(-4 if above else 2 + 16 * row), text="here:N")
    )
    return [rule, label]
