"""A chart as SVG that stands inside a page: its ink, its size and its ids are the page's."""

import re
from typing import Any

from advisor.recommendation import Recommendation
from advisor.report.charts import CHARTS, chart_title
from advisor.report.charts.parts import INK


def svg(name: str, recommendation: Recommendation, *, width: int = 660) -> str | None:
    """Draw one chart as SVG whose ink is the page's `currentColor`; None where there is no data.

    The same recommendation gives the same bytes.
    """
    chart = CHARTS[name](recommendation, width=width)
    if chart is None:
        return None
    return svg_of(chart, title=chart_title(name, recommendation), prefix=f"{name}-{width}")


def svg_of(chart: Any, *, title: str, prefix: str) -> str:
    """Draw a chart as SVG whose ids begin with `prefix`."""
    import vl_convert

    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = _REPORT_CONFIG
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return _for_inlining(drawn, title=title, prefix=prefix)


def standing_svg(chart: Any, *, title: str, prefix: str) -> str:
    """Draw charts as an SVG file that stands alone, on white."""
    import vl_convert

    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = _REPORT_CONFIG | {"background": "white"}
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return _for_inlining(drawn, title=title, prefix=prefix)


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
