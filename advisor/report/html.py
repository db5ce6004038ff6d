"""The report as one HTML file: no script, nothing fetched, charts inline, light and dark."""

import base64
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from advisor.recommendation import BASIS_BADGES, Recommendation
from advisor.report.charts import CHARTS, chart_title
from advisor.report.charts.drawing import svg
from advisor.report.sections import Section, details, first_page, without_banner
from advisor.report.sections.evidence import DEPLOY
from advisor.report.tables import Fact, Table, price_banner
from advisor.report.words import BASIS_MEANINGS, CLOSING, cleaned, headline

if TYPE_CHECKING:
    from jinja2 import Template

WIDE_CHART = 900
NARROW_CHART = 330
LONG_TABLE = 16
"""Rows from which a table is folded on a screen; on paper it never is."""
"""Each chart is drawn for a page and for a phone: shrinking the one would make it unreadable."""


def render_html(recommendation: Recommendation, *, files: Mapping[str, bytes] | None = None) -> str:
    """Return the whole report as one self-contained HTML page, with files to save where given."""
    safe = cleaned(recommendation)
    return _template("report.html.j2").render(
        recommendation=safe,
        headline=headline(safe.verdict),
        closing=CLOSING,
        old_prices=price_banner(safe),
        first_page=without_banner(first_page(safe), safe),
        details=details(safe),
        drawn=_drawn(safe),
        chart_titles={name: chart_title(name, safe) for name in CHARTS},
        long=LONG_TABLE,
        deploy=DEPLOY,
        files=[(name, _data_address(content)) for name, content in (files or {}).items()],
    )


def render_fragment(recommendation: Recommendation) -> str:
    """Return the first page for a place inside another page: its style reaches nothing else."""
    safe = cleaned(recommendation)
    return _template("fragment.html.j2").render(
        recommendation=safe, headline=headline(safe.verdict), first_page=first_page(safe)
    )


def words_html(section: Section) -> str:
    """Return a section's sentences, short answers and bullets, for a page of another kind."""
    return str(_parts().words(section)).strip()


def table_html(table: Table) -> str:
    """Return one table, for a page of another kind."""
    return str(_parts().table(table)).strip()


def banner_html(recommendation: Recommendation) -> str:
    """Return what stands above figures that rest on old prices, for a page of another kind."""
    banner = price_banner(recommendation)
    return str(_parts().banner(banner)).strip() if banner else ""


def questions_html(facts: tuple[Fact, ...]) -> str:
    """Return questions that open to their answers, for a page of another kind."""
    return str(_parts().questions(facts)).strip()


def legend_html() -> str:
    """Return what the badges mean, for a page of another kind."""
    return str(_parts().legend()).strip()


def parts_style() -> str:
    """Return the style of sentences and tables; colours come from the page's variables."""
    return _template("parts.css").render()


def _data_address(content: bytes) -> str:
    return f"data:text/plain;base64,{base64.b64encode(content).decode()}"


def _drawn(recommendation: Recommendation) -> dict[str, tuple[Markup, Markup]]:
    """Draw every chart that has data, wide and narrow. Vega escapes the words in its SVG."""
    found = {}
    for name in CHARTS:
        wide = svg(name, recommendation, width=WIDE_CHART)
        narrow = svg(name, recommendation, width=NARROW_CHART)
        if wide and narrow:
            found[name] = (Markup(wide), Markup(narrow))  # noqa: S704 - drawn by vl-convert
    return found


@cache
def _parts() -> Any:
    return _template("parts.html.j2").module


@cache
def _template(name: str) -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("advisor.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(badges=BASIS_BADGES, meanings=BASIS_MEANINGS)
    return environment.get_template(name)
