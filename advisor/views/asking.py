"""The sidebar: presets, the first controls, all assumptions; the scenario lives in the address.

The address holds what differs from the saved study and nothing else, as keys that `--set` takes:
whoever opens it sees the same page, and no state is kept on the server.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from advisor.errors import StudyError
from advisor.study import Study, load_study
from advisor.views.questions import (
    PRESETS,
    PRIMARY,
    SECTIONS,
    Control,
    Primary,
    all_keys,
    changes,
    controls,
    steps_with,
    value_at,
)

TITLES = {
    "workload": "Traffic",
    "needs": "Needs",
    "retraining": "Errors and releases",
    "team": "People",
    "cloud": "Where and how to buy",
}
AS_SAVED = "As in the study"


def ask(path: Path, saved: Study) -> dict[str, str]:
    """Show the controls; return what differs from the saved study, as keys and values."""
    _start(path, saved)
    side = st.sidebar
    side.selectbox(
        "Start from",
        [AS_SAVED, *PRESETS],
        key="preset",
        on_change=_apply_preset,
        args=(saved,),
        help="Sets traffic and needs; everything else stays as it is.",
    )
    for primary in PRIMARY:
        _slider(primary, saved)
    with side.expander("All assumptions"):
        for section in SECTIONS:
            st.markdown(f"**{TITLES[section]}**")
            for control in controls(section):
                _field(control)
    found = changes({key: st.session_state[key] for key in all_keys()}, saved)
    side.button(
        "Back to the saved study",
        on_click=_set_all,
        args=(saved,),
        disabled=not found,
        width="stretch",
    )
    st.query_params.from_dict(found)
    return found


def _start(path: Path, saved: Study) -> None:
    """At the first run of a session take what the address says, as far as it makes a study."""
    if st.session_state.get("study") == str(path):
        return
    st.session_state["study"] = str(path)
    given = [f"{key}={value}" for key, value in st.query_params.to_dict().items()]
    try:
        start = load_study(path, given)
    except StudyError as error:
        st.session_state["refused"] = str(error)
        start = saved
    _set_all(start)
    st.session_state["started"] = start


def _set_all(study: Study) -> None:
    _set({key: value_at(study, key) for key in all_keys()})
    st.session_state["preset"] = AS_SAVED


def _set(values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        st.session_state[key] = value


def _apply_preset(saved: Study) -> None:
    chosen = st.session_state["preset"]
    if chosen == AS_SAVED:
        _set_all(saved)
    else:
        _set(PRESETS[chosen])


def _slider(primary: Primary, saved: Study) -> None:
    # Values of the study, of the address and of a preset may lie between the steps.
    known = [value_at(saved, primary.key), value_at(st.session_state["started"], primary.key)]
    known += [preset[primary.key] for preset in PRESETS.values() if primary.key in preset]
    st.sidebar.select_slider(
        primary.label,
        options=steps_with(primary, known),
        format_func=primary.text,
        key=primary.key,
    )


def _field(control: Control) -> None:
    shown = control.help.replace("`", "")
    if control.kind == "several":
        st.multiselect(control.label, control.choices, key=control.key, help=shown)
        return
    st.number_input(
        control.label,
        key=control.key,
        value=None if control.optional else "min",
        min_value=None if "quality" in control.key else (0 if control.kind == "whole" else 0.0),
        step=1 if control.kind == "whole" else None,
        format="%d" if control.kind == "whole" else "%g",
        placeholder="not set",
        help=shown,
    )
