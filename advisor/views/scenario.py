"""The scenario: what differs from the saved study, kept in the address and nowhere else.

The address holds changed figures as keys that `--set` takes, the baseline's as `base.KEY`, the
open view, and the name of the study where it is one of the folder's. Whoever opens it sees the
same page; two pages in two tabs know nothing of each other.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from advisor.errors import StudyError
from advisor.report.sections import VIEWS
from advisor.study.file import load_study
from advisor.study.types import Study
from advisor.views.main_controls import PRIMARY
from advisor.views.presets import PATTERN, PRESETS, RATE, ROWS
from advisor.views.scenario_values import (
    all_keys,
    changes,
    first_keys,
    in_pattern,
    keys_of,
    other_keys,
    settings_of,
    value_at,
)

STUDY, VIEW, BASE = "study", "view", "base."
ASSUMPTIONS = "Assumptions"
VIEW_NAMES = (*VIEWS, ASSUMPTIONS)
PRESET = "preset"
AS_SAVED = "As in the study"
USED = "used"
DRAWN = "drawn"
"""Keys of the controls that the browser has, as far as is known."""


def start(path: Path, saved: Study) -> None:
    """At the first run of a session take what the address says, as far as it makes a study."""
    if st.session_state.get("opened") == str(path):
        there = _seen() & st.session_state.get(DRAWN, frozenset())
        hold(key for key in all_keys() if key not in there)
        return
    asked = st.query_params.to_dict()
    changed = {k: v for k, v in asked.items() if "." in k and not k.startswith(BASE)}
    base = {k.removeprefix(BASE): v for k, v in asked.items() if k.startswith(BASE)}
    begun = _used(path, changed, saved)
    st.session_state["opened"] = str(path)
    st.session_state["started"] = begun
    st.session_state["base"] = base if _used(path, base, None) is not None else {}
    take(begun or saved)
    st.session_state.setdefault(VIEW, asked.get(VIEW) if asked.get(VIEW) in VIEW_NAMES else None)


def hold(keys: Iterable[str]) -> None:
    """Keep the figures of controls that the browser does not show, or not yet.

    Those that no run shows would be forgotten; one that comes back would stand at its lowest step
    whatever its figure is. Only of those: a control that is there and set by the page as well loses
    what its user does to it while the page is on its way.
    """
    for key in keys:
        st.session_state[key] = st.session_state[key]


def pattern() -> str:
    """Return whether the page asks for requests or for jobs."""
    chosen: str = st.session_state[PATTERN]
    return chosen


def drawn(keys: Iterable[str]) -> None:
    """Say that the browser has these controls now, beside those that it keeps."""
    kept = _seen() & st.session_state.get(DRAWN, frozenset())
    st.session_state[DRAWN] = kept | frozenset(keys)


def nothing_drawn() -> None:
    """Say that the browser has no control of the scenario: there is no answer to show them for."""
    st.session_state[DRAWN] = frozenset()
    hold(all_keys())


def _seen() -> frozenset[str]:
    """Return the keys whose controls the open view shows."""
    seen = first_keys(pattern())
    if st.session_state.get(VIEW) == ASSUMPTIONS:
        seen += other_keys(pattern())
    return frozenset(seen)


def _used(path: Path, changed: Mapping[str, str], otherwise: Study | None) -> Study | None:
    try:
        return load_study(path, settings_of(changed))
    except StudyError as error:
        st.session_state["refused"] = str(error)
        return otherwise


def changed_from(saved: Study) -> dict[str, str]:
    """Return what differs from the saved study, as keys and values."""
    # An emptied field of words is one that was never filled.
    return changes({key: _or_none(st.session_state[key]) for key in all_keys()}, saved)


def use(changed: Mapping[str, str]) -> None:
    """Remember what the last answer was for."""
    st.session_state[USED] = dict(changed)


def last_used() -> dict[str, str]:
    """Return what the last answer was for: the saved study where there was none."""
    kept: dict[str, str] = st.session_state.get(USED, {})
    return kept


def _or_none(value: Any) -> Any:
    return None if value == "" else value


def base() -> dict[str, str]:
    """Return what the baseline differs by from the saved study."""
    kept: dict[str, str] = st.session_state["base"]
    return kept


def address(changed: Mapping[str, str], name: str | None) -> dict[str, str]:
    """Return the whole scenario as an address: what is not the default, and nothing else."""
    found = {STUDY: name} if name else {}
    view = st.session_state.get(VIEW)
    if view and view != VIEW_NAMES[0]:
        found[VIEW] = view
    return found | dict(changed) | {f"{BASE}{key}": value for key, value in base().items()}


def take(study: Study) -> None:
    """Set every control to a study's figures."""
    put({key: value_at(study, key) for key in all_keys()})
    st.session_state[PRESET] = AS_SAVED


def turn(path: Path, saved: Study, changed: Mapping[str, str]) -> None:
    """Fill the figures of the pattern that was just chosen: the study's, else as many rows.

    Args:
        path: the study.
        saved: the same, read.
        changed: what differed from it before.
    """
    before = saved
    if pattern() != saved.workload.pattern:
        before = _used(path, changed, saved) or saved
    found = in_pattern(before, pattern())
    st.session_state["started"] = found
    put({key: value_at(found, key) for key in keys_of(pattern())})


def apply_preset(path: Path, saved: Study, changed: Mapping[str, str]) -> None:
    """Move to a preset's figures, and take back what only the one before had set."""
    chosen = st.session_state[PRESET]
    figures = PRESETS.get(chosen)
    if figures is None:
        take(saved)
        return
    given: Mapping[str, Any] = st.session_state.get("given", {})
    put({k: value_at(saved, k) for k, v in given.items() if st.session_state[k] == v})
    st.session_state["given"] = {k: v for k, v in figures.items() if k not in keys_of(None)}
    if pattern() != figures[PATTERN]:
        put({PATTERN: figures[PATTERN]})
        turn(path, saved, changed)
    put(figures)


def take_traffic(amount: float) -> None:
    """Set the mean rate, or the rows of one job, to the nearest step of its control."""
    key = ROWS if pattern() == "batch" else RATE
    first = next(one for one in PRIMARY[pattern()] if one.key == key)
    steps = [step for step in first.slider.steps if step is not None]
    put({key: min(steps, key=lambda step: abs(step - amount))})


def put(values: Mapping[str, Any]) -> None:
    """Set some controls."""
    for key, value in values.items():
        st.session_state[key] = value


def keep_as_base(changed: Mapping[str, str]) -> None:
    """Take the page as it is for the baseline that later changes are told against."""
    st.session_state["base"] = dict(changed)


def back_to_base(path: Path) -> None:
    """Set every control to the baseline's figures."""
    found = load_study(path, settings_of(base()))
    st.session_state["started"] = found
    take(found)


def back_to_study(saved: Study) -> None:
    """Set every control to the saved study's figures, and that to be the baseline."""
    st.session_state["base"] = {}
    take(saved)
