"""The sidebar: presets and the first controls, the baseline, data and studies of one's own."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from advisor.study.types import Study
from advisor.views import scenario
from advisor.views.main_controls import PATTERNS, PRIMARY, Primary, steps_with
from advisor.views.presets import PATTERN, PRESETS
from advisor.views.scenario_values import first_keys, value_at


def ask(path: Path, saved: Study, changed: Mapping[str, str]) -> None:
    """Show the first controls and what can be done with the page as a whole."""
    side = st.sidebar
    side.selectbox(
        "Start from",
        [scenario.AS_SAVED, *PRESETS],
        key=scenario.PRESET,
        on_change=scenario.apply_preset,
        args=(path, saved, changed),
        help="Sets the load and the needs; the models stay those of the study.",
    )
    side.radio(
        "The model answers",
        list(PATTERNS),
        format_func=PATTERNS.__getitem__,
        key=PATTERN,
        on_change=scenario.turn,
        args=(path, saved, changed),
    )
    for primary in PRIMARY[scenario.pattern()]:
        _slider(primary, saved)
    scenario.drawn(first_keys(scenario.pattern()))
    side.caption("All others stand in the view Assumptions.")
    _baseline(path, saved, changed)


def _baseline(path: Path, saved: Study, changed: Mapping[str, str]) -> None:
    base, side = scenario.base(), st.sidebar
    moved = dict(changed) != base
    side.button(
        "Keep as the baseline",
        on_click=scenario.keep_as_base,
        args=(changed,),
        disabled=not moved,
        width="stretch",
        help="Later changes are told against the page as it is now.",
    )
    if base:
        side.button(
            "Back to the baseline",
            on_click=scenario.back_to_base,
            args=(path,),
            disabled=not moved,
            width="stretch",
        )
    side.button(
        "Back to the saved study",
        on_click=scenario.back_to_study,
        args=(saved,),
        disabled=not (changed or base),
        width="stretch",
    )


def _slider(primary: Primary, saved: Study) -> None:
    # Values of the study, of the address and of a preset may lie between the steps.
    known = [value_at(saved, primary.key), value_at(st.session_state["started"], primary.key)]
    known += [preset[primary.key] for preset in PRESETS.values() if primary.key in preset]
    if None not in primary.slider.steps:
        known = [value for value in known if value is not None]
    st.sidebar.select_slider(
        primary.label,
        options=steps_with(primary, known),
        format_func=primary.text,
        key=primary.key,
    )
