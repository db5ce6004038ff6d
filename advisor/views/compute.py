"""The answers behind the page, kept for every session: they are values that nobody can change.

The verdict comes first, from the judged options alone; the views, and what would change it, take
several times as long and are found only when the page is left alone for a moment, see
`wait_for_rest`. What no slider moves is made once for all of them.
"""

import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal

import streamlit as st

from advisor.decision.answer.compose import compose
from advisor.decision.answer.headline import Glance
from advisor.decision.answer.headline import glance as glance_of
from advisor.decision.choice.engine import Engine, judge
from advisor.decision.scenarios.option_space import option_space_of
from advisor.decision.whatif.sensitivity import break_evens
from advisor.errors import AdvisorError
from advisor.evidence import Evidence, store_path
from advisor.memo import Beside, Memo
from advisor.recommend import load_evidence, market_on
from advisor.recommendation import BreakEven, Recommendation
from advisor.study.file import load_study
from advisor.views.scenario_values import settings_of
from benchmarks.errors import BenchmarkError
from pricing.errors import PricingError

Pause = Callable[[], object]
Depth = Literal["views", "whole"]
"""All but what would change the answer, which takes seconds; that too."""

PAUSE_S = 0.3
"""Who moves a slider again within this time sees the verdict follow; the views wait. [s]"""
LOOK_S = 0.01
MOST_ANSWERS = 256
"""Answers that are kept, of all depths together."""
MOST_BREAK_EVENS = 256
"""Scenarios whose break-evens are kept."""


def glance(path: Path, overrides: Mapping[str, str], *, on: date) -> Glance:
    """Return the first words of the answer for a study with some figures changed.

    Args:
        path: the study.
        overrides: the changed figures.
        on: the day whose prices apply.
    """
    return _glance(path, settings_of(overrides), on, _stamp(path))


def answer(
    path: Path,
    overrides: Mapping[str, str],
    *,
    on: date,
    depth: Depth = "whole",
    pause: Pause = lambda: None,
) -> Recommendation:
    """Return the answer for a study with some figures changed.

    Args:
        path: the study.
        overrides: the changed figures.
        on: the day whose prices apply.
        depth: how much of it; the verdict is the same in all of them.
        pause: called between its parts; what it raises ends the composing.
    """
    key = (path, settings_of(overrides), on, _stamp(path))
    return _memo()(_composed, *key, depth=depth, pause=Beside(pause), most=MOST_ANSWERS)


def _composed(
    path: Path, settings: tuple[str, ...], on: date, stamp: str, *, depth: Depth, pause: Beside
) -> Recommendation:
    try:
        engine = _engine(path, settings, on, stamp)
        return compose(engine, what_if=depth == "whole", pause=pause.value)
    except (PricingError, BenchmarkError) as error:
        raise AdvisorError(str(error)) from error


def wait_for_rest(changed: Mapping[str, str]) -> Pause:
    """Give way to the next move while figures are being moved; go on when they rest.

    Returns:
        what ends this run of the page as soon as the next move waits for its own.
    """
    now = tuple(changed.items())
    if st.session_state.get("answered", now) != now:
        for _ in range(round(PAUSE_S / LOOK_S)):
            time.sleep(LOOK_S)
            _end_for_the_next_move()
    st.session_state["answered"] = now
    return _end_for_the_next_move


def _end_for_the_next_move() -> None:
    """End this run where another one waits: Streamlit looks for one whenever its state is read.

    Nothing is sent to the browser, which would draw the page again for each message.
    """
    st.session_state.get("answered")


def break_evens_at(
    path: Path, overrides: Mapping[str, str], *, on: date, pause: Pause
) -> tuple[BreakEven, ...]:
    """Return how far each figure may move before the answer changes.

    It decides hundreds of times: the next move of whoever sits before the page ends it at once,
    and what was found is kept for every session.

    Args:
        path: the study.
        overrides: the changed figures.
        on: the day whose prices apply.
        pause: called between two decisions; what it raises ends the search.
    """
    key = (path, settings_of(overrides), on, _stamp(path))
    return _memo()(_searched, *key, Beside(pause), most=MOST_BREAK_EVENS)


def _searched(
    path: Path, settings: tuple[str, ...], on: date, stamp: str, pause: Beside
) -> tuple[BreakEven, ...]:
    problem = _engine(path, settings, on, stamp).problem
    return tuple(break_evens(problem, pause=pause.value))


@st.cache_resource(show_spinner=False)
def _memo() -> Memo:
    """Return what all sessions share: whole answers and break-evens."""
    return Memo()


@st.cache_resource(max_entries=1024, show_spinner=False)
def _glance(path: Path, settings: tuple[str, ...], on: date, stamp: str) -> Glance:
    try:
        return glance_of(_engine(path, settings, on, stamp))
    except (PricingError, BenchmarkError) as error:
        raise AdvisorError(str(error)) from error


@st.cache_resource(max_entries=16, show_spinner=False)
def _engine(path: Path, settings: tuple[str, ...], on: date, stamp: str) -> Engine:
    study = load_study(path, settings)
    return judge(study, option_space_of(study, _evidence(path, stamp), market_on(on), _memo()))


@st.cache_resource(max_entries=8, show_spinner=False)
def _evidence(path: Path, stamp: str) -> Evidence:  # noqa: ARG001 - the stamp is the cache's key
    return load_evidence(path, load_study(path))


def _stamp(path: Path) -> str:
    """Return a text that changes with the study file and its runs."""
    files = [path, *sorted(store_path(path).glob("*/*.json"))]
    seen = [(file.name, file.stat().st_mtime_ns) for file in files if file.is_file()]
    return str(hash(tuple(seen)))
