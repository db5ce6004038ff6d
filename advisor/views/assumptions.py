"""The view Assumptions: every figure behind the answer, to be moved where the study has it."""

import html
from typing import Any

import streamlit as st

from advisor.defaults import SET_ON
from advisor.recommendation import BASIS_BADGES, Recommendation
from advisor.report.html import table_html
from advisor.report.tables import assumptions_table
from advisor.report.words import BASIS_MEANINGS
from advisor.study.types import Study
from advisor.views import scenario
from advisor.views.all_controls import SECTIONS, Control, controls
from advisor.views.scenario_values import origin, other_keys, value_at, value_words

TITLES = {
    "workload": "Traffic",
    "needs": "Needs",
    "retraining": "Errors and releases",
    "team": "People",
    "cloud": "Where and how to buy",
    "decision": "Doubt and risk",
    "current": "What runs today",
}
COLUMNS = 2


def show(recommendation: Recommendation, saved: Study) -> None:
    """Show all figures that stand in the study, and below them the defaults that do not."""
    fields(saved)
    st.header("What the study does not hold", anchor=False)
    ours = tuple(a for a in recommendation.assumptions if "." not in a.name)
    kept = recommendation.replace(assumptions=ours)
    st.html(
        '<div class="parts"><p>Defaults of ours; a measurement replaces each of them.</p>'
        f"{table_html(assumptions_table(kept))}</div>"
    )


def fields(saved: Study) -> None:
    """Show every figure of the study that is not among the first ones."""
    st.html(
        '<div class="parts"><p>Every figure that is not measured and not among the first seven, '
        "with its unit, range and source. A change is in the address at once; the arrow takes it "
        "back.</p></div>"
    )
    for section in SECTIONS:
        st.header(TITLES.get(section, section.capitalize()), anchor=False)
        columns = st.columns(COLUMNS, gap="medium")
        for place, control in enumerate(controls(section, scenario.pattern())):
            with columns[place % COLUMNS]:
                _field(control, saved)
    scenario.drawn(other_keys(scenario.pattern()))


def _field(control: Control, saved: Study) -> None:
    moved = st.session_state[control.key] != value_at(saved, control.key)
    entry, back = st.columns([6, 1], vertical_alignment="bottom", gap="small")
    with entry:
        _entry(control)
    with back:
        st.button(
            "↺",
            key=f"reset:{control.key}",
            on_click=_reset,
            args=(control.key, saved),
            disabled=not moved,
            help=f"Reset {control.label} to the study's value",
            type="tertiary",
        )
    found = origin(control.key, saved, changed=moved)
    meant = BASIS_MEANINGS[found.basis]
    since = f", set {SET_ON.isoformat()}" if found.basis == "assumed" else ""
    words = (
        f"In the study: {_saved_words(control, saved)}. "
        f"Range: {control.range_text}. Source: {found.source}{since}."
    )
    st.html(
        f'<div class="parts"><p class="origin"><span class="badge" title="{meant}">'
        f"{BASIS_BADGES[found.basis]}</span> {html.escape(words)}</p></div>"
    )


def _saved_words(control: Control, saved: Study) -> str:
    value = value_at(saved, control.key)
    return control.unset_text if value is None else value_words(value)


def _reset(key: str, saved: Study) -> None:
    scenario.put({key: value_at(saved, key)})


def _entry(control: Control) -> None:
    if control.kind == "several":
        st.multiselect(control.label, control.choices, key=control.key, help=control.help)
        return
    if control.kind == "switch":
        st.checkbox(control.label, key=control.key, help=control.help)
        return
    if control.kind == "one":
        names = [None, *control.choices] if control.optional else list(control.choices)
        st.selectbox(
            control.label,
            names,
            key=control.key,
            format_func=value_words,
            placeholder=control.unset_text,
            help=control.help,
        )
        return
    if control.kind in {"text", "weights"}:
        st.text_input(
            control.label, key=control.key, placeholder=control.unset_text, help=control.help
        )
        return
    whole = control.kind == "whole"
    number = int if whole else float
    low = control.low if control.low is not None or "quality" in control.key else 0.0
    limits: dict[str, Any] = {
        "value": None if control.optional else "min",
        "min_value": None if low is None else number(low),
        "max_value": None if control.high is None else number(control.high),
        "step": 1 if whole else None,
    }
    st.number_input(
        control.label,
        key=control.key,
        format="%d" if whole else "%g",
        placeholder=control.unset_text,
        help=control.help,
        **limits,
    )
