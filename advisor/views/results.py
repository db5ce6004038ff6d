"""The page's right side: the verdict that stays, the views, the downloads."""

import html
import json
import shlex
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from advisor.decision.answer.headline import Glance
from advisor.platforms import facts_of
from advisor.recommendation import BreakEven, Recommendation
from advisor.report import FORMATS, render_bytes
from advisor.report.charts import CHARTS, PICK, chart_title
from advisor.report.charts.parts import INK
from advisor.report.html import (
    banner_html,
    legend_html,
    questions_html,
    table_html,
    words_html,
)
from advisor.report.sections import VIEWS, Section, without_banner
from advisor.report.sections.decision import IN_SHORT
from advisor.report.sections.risk import WHY_NOT as ASKED_ELSEWHERE
from advisor.report.sections.risk import break_even as break_even_section
from advisor.report.tables import (
    Cell,
    Column,
    Table,
    change_table,
    difference_sentence,
    price_banner,
    questions,
)
from advisor.report.tables.names import figure_name
from advisor.report.words import clean_sentence, cleaned, headline
from advisor.study.file import load_study
from advisor.study.template import study_text
from advisor.study.types import Study
from advisor.views import assumptions, benchmark_job, scenario
from advisor.views.escape import plain, said
from advisor.views.permissions import permissions
from advisor.views.scenario_values import differing, settings_of
from advisor.views.style import sheet

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

WHAT_IF = {
    "Risk": "What flips the answer, and where it holds (takes some seconds)",
}
"""Views with a part that decides many times over: it is worked out when it is opened."""

WHY_NOT = "Why not a GPU, another platform, a larger model? (takes some seconds)"

NO_BREAK_EVEN = "No figure alone changes the answer within its range."
BREAK_EVEN_AFTER = "Options considered"
"""Section of the Decision view that the break-evens follow; they are found when the page rests."""

STRIP_CHART = "platform-strip"
"""The chart on which a click sets the traffic."""

LONG = 8
"""Rows from which the figures behind a chart are folded."""
VERY_LONG = 16
"""Rows from which other tables are folded."""
INKS = {"light": "#51606f", "dark": "#b4c0cc"}
"""Colour of the words in a chart: no grey is readable on white and on black."""


def style() -> None:
    """Put the style on the page."""
    st.html(f"<style>{sheet()}</style>")


def verdict(
    now: Glance,
    *,
    before: Glance,
    saved: Study,
    changed: Mapping[str, str],
    base: Mapping[str, str],
) -> "DeltaGenerator":
    """Show the verdict, which stays in sight, and what changed against the baseline.

    Returns:
        the place of the sentences after the first, for `rest_of_verdict` to complete.
    """
    moved = len(differing(changed, base, saved))
    against = "the baseline" if base else "the saved study"
    delta = (
        f"{moved} changed: {difference_sentence(now, before, against=against)}"
        if moved
        else f"{now.study}, as {'the baseline' if base else 'saved'}; prices of {now.on}."
    )
    kind = "" if now.best else " none"
    # What the words belong to: two scenarios may be told in the same words.
    scenario_key = "&".join(settings_of(changed))
    decides = f'<p class="decides">{_safe(_sentence(now.decides))}</p>' if now.decides else ""
    with st.container(key="verdict"):
        st.html(
            f'<div class="parts verdict" role="status" aria-live="polite" '
            f'data-scenario="{html.escape(scenario_key)}"><div class="{kind}">{decides}'
            f"<h1>{_safe(now.title)}</h1>"
            f'<p class="amounts">{_safe(_sentence(now.amounts))} '
            f'<span class="delta">{_safe(delta)}</span></p></div></div>'
        )
    place = st.empty()
    _rest(place, now, now.cadence)
    return place


def rest_of_verdict(place: "DeltaGenerator", first: Glance, now: Recommendation) -> None:
    """Put the verdict's other sentences below its first."""
    _rest(place, first, headline(now.verdict)[1])


def _rest(place: "DeltaGenerator", first: Glance, words: str) -> None:
    """Say what the platform is, how sure the choice is, and what comes after it."""
    told = [facts_of(first.best.platform).summary] if first.best else []
    told += [_sentence(first.beside.lstrip(",; ") + "." if first.beside else ""), words]
    sentences = " ".join(one for one in told if one)
    place.html(f'<div class="parts verdict"><p class="rest">{_safe(sentences)}</p></div>')


def _sentence(words: str) -> str:
    """Begin what stood in the middle of a sentence with a capital, and end it."""
    ended = words.strip().rstrip(":")
    return f"{ended[:1].upper()}{ended[1:]}".rstrip(".") + "." if ended else ""


def _safe(words: str) -> str:
    return html.escape(clean_sentence(words))


def views(
    now: Recommendation,
    *,
    before: Callable[[], Recommendation],
    whole: Callable[[], Recommendation],
    saved: Study,
    changed: Mapping[str, str],
    base: Mapping[str, str],
) -> "DeltaGenerator | None":
    """Show the open view; the others are drawn when they are opened.

    Args:
        now: the answer without what would change it.
        before: gives the baseline's.
        whole: gives the answer with what would change it, which takes seconds.
        saved: the study.
        changed: what differs from it.
        base: what the baseline differs by.

    Returns:
        the place for `break_even` to fill; none where the open view has no such place.
    """
    safe = cleaned(now)
    place: DeltaGenerator | None = None
    old = price_banner(safe)
    if old is not None and old.kind == "stale":  # else it is one of the caveats
        banner = banner_html(safe)
        st.html(f'<div class="parts">{banner}</div>')
    tabs = st.tabs(list(scenario.VIEW_NAMES), key=scenario.VIEW, on_change="rerun")
    for tab, name in zip(tabs, scenario.VIEW_NAMES, strict=True):
        if not tab.open:
            continue
        with tab:
            if name == scenario.VIEW_NAMES[0] and (moved := differing(changed, base, saved)):
                _changes(safe, cleaned(before()), moved)
            if name == scenario.ASSUMPTIONS:
                assumptions.show(safe, saved)
                continue
            shown = without_banner(VIEWS[name](safe), safe)
            for section in shown:
                _section(section, safe)
                if section.title == BREAK_EVEN_AFTER:
                    place = st.empty()
                    place.caption("Looking for what would change the answer.")
            if name == scenario.VIEW_NAMES[0]:
                _why_not(whole)
            if name in WHAT_IF:
                _what_if(name, whole, {section.title for section in shown})
    return place


def break_even(place: "DeltaGenerator", now: Recommendation, found: tuple[BreakEven, ...]) -> None:
    """Show how far each figure may move before the answer changes, with where it stands now."""
    answer = cleaned(now.replace(break_even=found))
    with place.container():
        section = break_even_section(answer)
        _section(
            section if found else section._replace(sentences=(NO_BREAK_EVEN,), tables=()), answer
        )


def _what_if(name: str, whole: Callable[[], Recommendation], shown: set[str]) -> None:
    """Show what would change the answer, once somebody wants to know."""
    more = st.expander(WHAT_IF[name], key=f"what-if:{name}", on_change="rerun")
    if more.open:
        with more, st.spinner("Deciding again with each figure moved"):
            answer = cleaned(whole())
            for section in VIEWS[name](answer):
                if section.title not in shown and section.title != ASKED_ELSEWHERE:
                    _section(section, answer)


def _why_not(whole: Callable[[], Recommendation]) -> None:
    """Answer what people ask of every recommendation, once somebody asks."""
    more = st.expander(WHY_NOT, key="why-not", on_change="rerun")
    if more.open:
        with more, st.spinner("Holding the other kinds against it"):
            answered = questions_html(questions(cleaned(whole())))
            st.html(f'<div class="parts">{answered}</div>')


def _changes(now: Recommendation, before: Recommendation, rows: list[tuple[str, str, str]]) -> None:
    """Say what was moved, and what that did to the answer."""
    moved = Table(
        caption="What was moved",
        columns=(Column("Figure"), Column("Baseline", numeric=True), Column("Now", numeric=True)),
        rows=tuple((Cell(figure_name(key)), Cell(old), Cell(new)) for key, old, new in rows),
    )
    with st.expander("What changed against the baseline"):
        left, right = st.columns(2, gap="medium")
        left.html(f'<div class="parts">{table_html(moved)}</div>')
        right.html(f'<div class="parts">{table_html(change_table(now, before))}</div>')


def downloads(
    recommendation: Recommendation,
    *,
    whole: Callable[[], Recommendation],
    path: Path,
    changed: Mapping[str, str],
) -> None:
    """Offer every export, and the command that gives the same answer."""
    st.html(f'<div class="parts">{legend_html()}</div>')
    settings = settings_of(changed)
    columns = [*st.columns(4), *st.columns(4)]
    for place, (name, one) in enumerate(FORMATS.items()):
        columns[place].download_button(
            f"Download {one.label}",
            data=lambda name=name: render_bytes(whole(), format=name),  # type: ignore[misc]
            file_name=f"{path.stem}-{one.file_name}",
            mime=one.mime,
            on_click="ignore",
            width="stretch",
        )
    columns[len(FORMATS)].download_button(
        "Download study file",
        data=lambda: study_text(load_study(path, settings)),
        file_name=f"{path.stem}.yaml",
        mime="application/yaml",
        on_click="ignore",
        width="stretch",
    )
    if recommendation.best is not None:
        columns[len(FORMATS) + 1].download_button(
            "Download deployment files",
            data=lambda: _deployment(whole(), path, settings),
            file_name=f"{path.stem}-deploy.zip",
            mime="application/zip",
            help="Deploy: the template, container, guard and what to do with them",
            on_click="ignore",
            width="stretch",
        )
    words = "".join(f" --set {shlex.quote(one)}" for one in settings)
    day = recommendation.prices.on.isoformat()
    st.html('<div class="parts"><p class="origin">The same answer on the command line</p></div>')
    st.code(
        f"advisor recommend {shlex.quote(path.name)} --on {day}{words}\n"
        f"advisor deploy {shlex.quote(path.name)} --on {day}{words} -o deploy",
        language=None,
        wrap_lines=True,
    )


def _deployment(answer: Recommendation, path: Path, settings: tuple[str, ...]) -> bytes:
    """Return what 'advisor deploy' would write, as one archive."""
    from advisor.deploy.deployment import deployment_of
    from advisor.deploy.files import archive_of, deployment_files

    return archive_of(deployment_files(deployment_of(load_study(path, settings), answer)))


def refused(message: str | None) -> None:
    """Say that the address or an upload held something that could not be used."""
    if message:
        st.warning(f"Not used: {said(message)}")


def not_measured(message: str, path: Path) -> None:
    """Say that the candidates have to be measured first, and offer to do so."""
    st.title("No answer yet")
    st.error(said(message))
    here = "here, or on the command line" if permissions().measure else "on the command line"
    st.markdown(
        f"Measure the candidates {here}: `advisor demo` does it for the "
        "embedded example, `advisor bench STUDY` for your own."
    )
    if permissions().measure:
        benchmark_job.show(path, first=True)


def cannot_use(message: str, path: Path | None = None) -> None:
    """Say what cannot be used: a figure that was entered here, where the study's file is named."""
    # The file is not to blame for what was entered here.
    st.error(said(message.removeprefix(f"{path}: ")))


def _section(section: Section, recommendation: Recommendation) -> None:
    if section.title != IN_SHORT:  # the cards speak for themselves
        st.header(section.title, anchor=False)
    words = words_html(section)
    picture_first = section.chart == STRIP_CHART
    if words and not picture_first:
        st.html(f'<div class="parts">{words}</div>')
    chart = CHARTS[section.chart](recommendation) if section.chart else None
    if chart is not None and section.chart:
        title = chart_title(section.chart, recommendation)
        if title != section.title:
            st.html(f'<div class="parts"><p class="caption">{html.escape(title)}</p></div>')
        drawn = _in_ink(chart.to_dict())
        if section.chart == STRIP_CHART:
            st.vega_lite_chart(
                drawn, width="stretch", alt=title, key=STRIP_CHART, on_select=_take_rate
            )
        else:
            st.vega_lite_chart(drawn, width="stretch", alt=title)
    if words and picture_first:
        st.html(f'<div class="parts">{words}</div>')
    for table in section.tables:
        long = len(table.rows) > (LONG if section.chart else VERY_LONG)
        with st.expander(_folded(table)) if long else nullcontext():
            st.html(f'<div class="parts">{table_html(table)}</div>')
    if section.code:
        st.code("\n".join(section.code), language=None, wrap_lines=True)


def _take_rate() -> None:
    """Set the traffic to the rate that was clicked on the strip."""
    picked = st.session_state[STRIP_CHART].selection.get(PICK) or []
    if picked:
        scenario.take_traffic(float(picked[0]["rate"]))


def _folded(table: Table) -> str:
    return f"{plain(table.caption)} ({len(table.rows)} rows)"


def _in_ink(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a chart with its words in the ink of the page's light or dark scheme."""
    ink = INKS.get(st.context.theme.type or "light", INK)
    coloured: dict[str, Any] = json.loads(json.dumps(spec).replace(INK, ink))
    words = {"labelColor": ink, "titleColor": ink}
    coloured["config"] = {"axis": words, "legend": words}
    return coloured
