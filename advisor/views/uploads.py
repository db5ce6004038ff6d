"""Data and studies that come in by the page, and the choice between those of the folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from advisor.errors import AdvisorError
from advisor.study.types import Study
from advisor.views import benchmark_job, scenario, study_folder
from advisor.views.escape import plain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

OPENED = "The study that was opened"
NO_TARGET = "none: clustering"


def show(path: Path, saved: Study, *, first: bool) -> None:
    """Offer, in the sidebar, other studies, one's own data, and a benchmark.

    Args:
        path: the study that is open.
        saved: the same, read.
        first: whether it has no runs yet.
    """
    with st.sidebar:
        _choose()
        bring = st.expander("Your own data or study", key="bring", on_change="rerun")
        if bring.open:
            with bring:
                _data()
                _study(saved)
        if not first:
            bench = st.expander("Measure on this machine", key="bench", on_change="rerun")
            if bench.open:
                with bench:
                    benchmark_job.show(path, first=False)


def _choose() -> None:
    names = study_folder.names()
    if not names:
        return
    open_now = st.query_params.get(scenario.STUDY)
    choices = [OPENED, *names]
    st.session_state["folder"] = open_now if open_now in names else OPENED
    st.selectbox("Study", choices, key="folder", on_change=_open_chosen)


def _open_chosen() -> None:
    chosen = st.session_state["folder"]
    _open(None if chosen == OPENED else chosen)


def _open(name: str | None) -> None:
    """Go to another study: its address holds nothing of this one."""
    st.query_params.from_dict({scenario.STUDY: name} if name else {})
    st.session_state["opened"] = None


def _data() -> None:
    up = st.file_uploader("Data file, CSV or Parquet", type=["csv", "parquet"], key="data-file")
    if up is None:
        return
    try:
        columns = study_folder.columns_of(up.name, up.getvalue())
    except AdvisorError as error:
        st.error(plain(str(error)))
        return
    target = st.selectbox(
        "Column to predict", [*columns, NO_TARGET], index=len(columns) - 1, key="data-target"
    )
    st.button(
        "Make a study of it",
        on_click=_make,
        args=(up, None if target == NO_TARGET else target),
        width="stretch",
    )
    st.caption(plain(f"Kept in {study_folder.folder()}."))


def _make(up: "UploadedFile", target: str | None) -> None:
    try:
        _open(study_folder.add_data(up.name, up.getvalue(), target=target))
    except AdvisorError as error:
        st.session_state["refused"] = str(error)


def _study(saved: Study) -> None:
    up = st.file_uploader("Study file, YAML", type=["yaml", "yml"], key="study-file")
    if up is None:
        return
    try:
        study = study_folder.read_study(up.name, up.getvalue())
    except AdvisorError as error:
        st.error(plain(str(error)))
        return
    same = study.data == saved.data and study.candidates == saved.candidates
    st.button(
        "Take its figures" if same else "Open it",
        on_click=_take if same else _keep,
        args=(study,) if same else (up,),
        width="stretch",
    )
    st.caption(
        "The same data and candidates: its figures are moved to on this page."
        if same
        else plain(
            f"Other data or candidates: kept in {study_folder.folder()}; measure them there."
        )
    )


def _take(study: Study) -> None:
    st.session_state["started"] = study
    scenario.take(study)


def _keep(up: "UploadedFile") -> None:
    try:
        _open(study_folder.add_study(up.name, up.getvalue()))
    except AdvisorError as error:
        st.session_state["refused"] = str(error)
