"""The answers behind the page, kept for every session: they are values that nobody can change.

The verdict comes first, from the judged options alone; what would change it takes several times as
long and is found only when the page is left alone for a moment, see `wait_for_rest`.
"""

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

import streamlit as st

from advisor.decision.answer import compose
from advisor.decision.engine import Engine, prepare
from advisor.errors import AdvisorError
from advisor.evidence import Evidence, store_path
from advisor.recommend import load_evidence
from advisor.recommendation import Recommendation
from advisor.study import load_study
from benchmarks.errors import BenchmarkError
from pricing.errors import PricingError
from pricing.instances import load_catalogue
from pricing.tables import load_book

Depth = Literal["verdict", "views", "whole"]
"""The verdict and its options; the curves of the views too; what would change the answer too."""

PAUSE_S = 0.3
"""Who moves a slider again within this time sees the verdict follow; the views wait. [s]"""
LOOK_S = 0.02


def answer(
    path: Path, overrides: Mapping[str, str], *, on: date, depth: Depth = "whole"
) -> Recommendation:
    """Return the answer for a study with some figures changed.

    Args:
        path: the study.
        overrides: the changed figures.
        on: the day whose prices apply.
        depth: how much of it; the verdict is the same in all of them.
    """
    settings = tuple(f"{key}={value}" for key, value in overrides.items())
    return _answer(path, settings, on, _stamp(path), depth)


def wait_for_rest(changed: Mapping[str, str]) -> None:
    """Give way to the next move while figures are being moved; go on when they rest."""
    now = tuple(changed.items())
    if st.session_state.get("answered", now) != now:
        place = st.empty()
        for _ in range(round(PAUSE_S / LOOK_S)):
            time.sleep(LOOK_S)
            place.empty()  # the next move ends this run here
    st.session_state["answered"] = now


@st.cache_resource(max_entries=256, show_spinner=False)
def _answer(
    path: Path, settings: tuple[str, ...], on: date, stamp: str, depth: Depth
) -> Recommendation:
    try:
        return compose(
            _engine(path, settings, on, stamp), what_if=depth == "whole", curves=depth != "verdict"
        )
    except (PricingError, BenchmarkError) as error:
        raise AdvisorError(str(error)) from error


@st.cache_resource(max_entries=16, show_spinner=False)
def _engine(path: Path, settings: tuple[str, ...], on: date, stamp: str) -> Engine:
    return prepare(
        load_study(path, settings),
        _evidence(path, stamp),
        on=on,
        book=load_book(),
        catalogue=load_catalogue(),
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _evidence(path: Path, stamp: str) -> Evidence:  # noqa: ARG001 - the stamp is the cache's key
    return load_evidence(path, load_study(path))


def _stamp(path: Path) -> str:
    """Return a text that changes with the study file and its runs."""
    files = [path, *sorted(store_path(path).glob("*/*.json"))]
    seen = [(file.name, file.stat().st_mtime_ns) for file in files if file.is_file()]
    return str(hash(tuple(seen)))
