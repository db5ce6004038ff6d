"""The answers behind the page, kept for every session: they are values that nobody can change."""

from datetime import date
from pathlib import Path

import streamlit as st

from advisor.errors import AdvisorError
from advisor.evidence import Evidence, store_path
from advisor.recommend import load_evidence, recommend
from advisor.recommendation import Recommendation
from advisor.study import load_study
from benchmarks.errors import BenchmarkError
from pricing.errors import PricingError


def answer(path: Path, overrides: dict[str, str], *, on: date) -> Recommendation:
    """Return the answer for a study with some figures changed."""
    settings = tuple(f"{key}={value}" for key, value in overrides.items())
    return _answer(path, settings, on, _stamp(path))


@st.cache_resource(max_entries=256, show_spinner=False)
def _answer(path: Path, settings: tuple[str, ...], on: date, stamp: str) -> Recommendation:
    try:
        return recommend(load_study(path, settings), _evidence(path, stamp), on=on)
    except (PricingError, BenchmarkError) as error:
        raise AdvisorError(str(error)) from error


@st.cache_resource(max_entries=8, show_spinner=False)
def _evidence(path: Path, stamp: str) -> Evidence:  # noqa: ARG001 - the stamp is the cache's key
    return load_evidence(path, load_study(path))


def _stamp(path: Path) -> str:
    """Return a text that changes with the study file and its runs."""
    files = [path, *sorted(store_path(path).glob("*/*.json"))]
    seen = [(file.name, file.stat().st_mtime_ns) for file in files if file.is_file()]
    return str(hash(tuple(seen)))
