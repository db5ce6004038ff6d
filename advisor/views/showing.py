"""The page's right side: the verdict that stays, six views, downloads."""

import html
import shlex
from contextlib import nullcontext
from pathlib import Path

import streamlit as st

from advisor.recommendation import Recommendation
from advisor.report import FORMATS, render
from advisor.report.charts import CHART_TITLES, CHARTS
from advisor.report.html import legend_html, parts_style, table_html, words_html
from advisor.report.sections import VIEWS, Section
from advisor.report.tables import difference_sentence
from advisor.report.words import cleaned, headline

NAMES = {"html": "HTML report", "md": "Markdown", "json": "JSON"}
MIMES = {"html": "text/html", "md": "text/markdown", "json": "application/json"}

LONG = 8
"""Rows from which the figures behind a chart are folded."""

COLOURS = """
.parts{--ground:light-dark(#fff,#11161c);--raised:light-dark(#f5f7f9,#19212a);
--ink:light-dark(#16202b,#e8edf2);--soft:light-dark(#51606f,#a3b1bf);
--line:light-dark(#d9e0e6,#303b47);--accent:light-dark(#005a91,#6bb8ea);
--chosen:light-dark(#e8f3fa,#152a3a);color:var(--ink);font-variant-numeric:tabular-nums}
"""
"""The report's colours, following the page's light or dark scheme."""

PAGE = """
.parts dl.facts,.parts ul.legend{padding:0!important;margin:0 0 .6rem!important}
.parts dl.facts dd,.parts ul.legend li{margin:0!important;padding:0!important}
.stMainBlockContainer{padding-top:1.25rem;max-width:76rem}
.stAppHeader{background:transparent;pointer-events:none}.stAppHeader *{pointer-events:auto}
[data-testid=stLayoutWrapper]:has(>.st-key-verdict){position:sticky;top:0;z-index:50}
.st-key-verdict{background:light-dark(#ffffff,#11161c);
border-bottom:1px solid light-dark(#d9e0e6,#303b47);padding:.9rem 0 .7rem}
.verdict h1{font-size:clamp(1.05rem,.9rem + .8vw,1.45rem);line-height:1.35;margin:0;padding:0;
font-weight:650;letter-spacing:-.005em;text-wrap:pretty;overflow-wrap:anywhere}
.verdict p{margin:.25rem 0 0;font-size:.95rem;max-width:none}
.verdict .delta{color:var(--soft);font-size:.88rem}
.verdict .none{border-left:.3rem solid #d55e00;padding-left:.8rem}
.stMainBlockContainer h2{font-size:1.2rem;line-height:1.3;padding:.6rem 0 .35rem;font-weight:650}
@media (max-width:46rem){.st-key-verdict{padding-top:2.4rem}.verdict h1{font-size:1rem}
.verdict .rest{display:none}.verdict p{font-size:.85rem}}
"""


def style() -> None:
    """Put the style on the page."""
    st.html(f"<style>{COLOURS}{PAGE}@scope (.parts){{{parts_style()}}}</style>")


def show(recommendation: Recommendation, *, saved: Recommendation, changed: dict[str, str]) -> None:
    """Show an answer: verdict, views."""
    safe = cleaned(recommendation)
    with st.container(key="verdict"):
        _verdict(safe, cleaned(saved), changed)
    tabs = st.tabs(list(VIEWS), key="view", on_change="rerun")
    for tab, view in zip(tabs, VIEWS.values(), strict=True):
        if tab.open:
            with tab:
                for section in view(safe):
                    _section(section, safe)


def downloads(recommendation: Recommendation, *, path: Path, changed: dict[str, str]) -> None:
    """Offer every report, and the command that gives the same answer."""
    st.html(f'<div class="parts">{legend_html()}</div>')
    columns = st.columns(len(FORMATS))
    for column, name in zip(columns, FORMATS, strict=True):
        column.download_button(
            f"Download {NAMES[name]}",
            data=lambda name=name: render(recommendation, format=name),  # type: ignore[misc]
            file_name=f"{path.stem}-report.{name}",
            mime=MIMES[name],
            on_click="ignore",
            width="stretch",
        )
    settings = "".join(f" --set {shlex.quote(f'{k}={v}')}" for k, v in changed.items())
    day = recommendation.prices.on.isoformat()
    st.caption("The same answer on the command line")
    st.code(
        f"advisor recommend {shlex.quote(str(path))} --on {day}{settings}",
        language="bash",
        wrap_lines=True,
    )


def refused(message: str) -> None:
    """Say that the address held something that is no study."""
    st.warning(f"The address was not used: {_plain(message)}")


def cannot_answer(message: str) -> None:
    """Say why there is no answer and what to do."""
    st.title("No answer yet")
    st.error(_plain(message))
    st.markdown(
        "Measure the candidates first, then reload this page; `advisor demo` does it for the "
        "embedded example, `advisor bench STUDY` for your own."
    )


def cannot_use(message: str) -> None:
    """Say which figure cannot be used; the page keeps its controls."""
    st.error(_plain(message))


def _verdict(now: Recommendation, saved: Recommendation, changed: dict[str, str]) -> None:
    first, rest = headline(now.verdict)
    delta = (
        f"{len(changed)} changed: {difference_sentence(now, saved)}"
        if changed
        else f"Estimate for {now.study}, as saved. Prices of {now.prices.on.isoformat()}."
    )
    kind = "" if now.best else " none"
    st.html(
        f'<div class="parts verdict" role="status" aria-live="polite"><div class="{kind}">'
        f"<h1>{html.escape(first)}</h1>"
        + (f'<p class="rest">{html.escape(rest)}</p>' if rest else "")
        + f'<p class="delta">{html.escape(delta)}</p></div></div>'
    )


def _section(section: Section, recommendation: Recommendation) -> None:
    st.header(section.title, anchor=False)
    words = words_html(section)
    if words:
        st.html(f'<div class="parts">{words}</div>')
    chart = CHARTS[section.chart](recommendation) if section.chart else None
    if chart is not None and section.chart:
        st.altair_chart(chart, width="stretch", alt=CHART_TITLES[section.chart])
    for table in section.tables:
        long = section.chart is not None and len(table.rows) > LONG
        with st.expander("The figures") if long else nullcontext():
            st.html(f'<div class="parts">{table_html(table)}</div>')
    if section.code:
        st.code("\n".join(section.code), language=None, wrap_lines=True)


def _plain(text: str) -> str:
    """Escape what Streamlit's Markdown would interpret."""
    from advisor.report.markdown import escape
    from advisor.report.words import clean_sentence

    return escape(clean_sentence(text)).replace(":", "\\:")
