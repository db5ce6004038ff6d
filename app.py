"""The explorer: ask, recommend, show. Run it with `advisor app [STUDY]`."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from advisor.demo import demo_study_path
from advisor.errors import AdvisorError
from advisor.study import load_study
from advisor.views import answering, asking, showing


def study_path() -> Path:
    """Return the study named after `--`, else in ADVISOR_STUDY, else the embedded example."""
    named = [word for word in sys.argv[1:] if word.endswith((".yaml", ".yml"))]
    chosen = named[0] if named else os.environ.get("ADVISOR_STUDY")
    return Path(chosen) if chosen else demo_study_path()


def page() -> None:
    """Ask on the left, answer on the right."""
    path = study_path()
    today = datetime.now(UTC).date()
    try:
        saved = load_study(path)
        as_saved = answering.answer(path, {}, on=today)
    except AdvisorError as error:
        showing.cannot_answer(str(error))
        return
    changed = asking.ask(path, saved)
    if "refused" in st.session_state:
        showing.refused(st.session_state.pop("refused"))
    try:
        now = answering.answer(path, changed, on=today)
    except AdvisorError as error:
        showing.cannot_use(str(error))
        return
    showing.show(now, saved=as_saved, changed=changed)
    showing.downloads(now, path=path, changed=changed)


st.set_page_config(page_title="Deployment advisor", page_icon="⚖️", layout="wide")
showing.style()
page()
