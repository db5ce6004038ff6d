"""Data and studies that come in by the page, and the choice between those of the folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from advisor.errors import AdvisorError
from advisor.study.types import Study
from advisor.views import benchmark_job, scenario, study_folder
from advisor.views.escape import plain, said
from advisor.views.permissions import permissions

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from benchmarks.data.column_types.column import ColumnKind, ColumnReading

OPENED = "The study that was opened"
NO_TARGET = "none: clustering"
AS_READ = "as it was read"
KEPT = "Kept on the machine that serves this page; only this browser finds it again here."
KINDS = ("number", "category", "time", "ignore")


def show(path: Path, saved: Study, *, first: bool) -> None:
    """Offer, in the sidebar, other studies, one's own data, and a benchmark.

    Args:
        path: the study that is open.
        saved: the same, read.
        first: whether it has no runs yet.
    """
    with st.sidebar:
        _choose()
        if permissions().upload:
            bring = st.expander("Your own data or study", key="bring", on_change="rerun")
            if bring.open:
                with bring:
                    _data()
                    _study(saved)
        if not first and permissions().measure:
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
        readings = _readings(up)
    except AdvisorError as error:
        st.error(said(str(error)))
        return
    columns = [reading.name for reading in readings]
    _show_readings(readings)
    target = st.selectbox(
        "Column to predict", [*columns, NO_TARGET], index=len(columns) - 1, key="data-target"
    )
    st.button(
        "Make a study of it",
        on_click=_make,
        args=(up, None if target == NO_TARGET else target, tuple(columns)),
        width="stretch",
    )
    st.caption(KEPT)


def _readings(up: "UploadedFile") -> "tuple[ColumnReading, ...]":
    """What the columns of an upload were taken for, read once."""
    kept = st.session_state.get("readings")
    if kept is None or kept[0] != up.file_id:
        kept = (up.file_id, study_folder.readings_of(up.name, up.getvalue()))
        st.session_state["readings"] = kept
    found: tuple[ColumnReading, ...] = kept[1]
    return found


def _show_readings(readings: "tuple[ColumnReading, ...]") -> None:
    """Show what each column was taken for, and ask what the file does not tell."""
    rows = [
        {
            "column": plain(reading.name),
            "taken for": reading.kind,
            "on the ground of": plain(reading.ground),
            "missing": reading.missing_count,
            "examples": plain(", ".join(reading.examples)),
        }
        for reading in readings
    ]
    st.dataframe(rows, hide_index=True, width="stretch", key="data-readings")
    for reading in readings:
        for note in reading.notes:
            st.caption(plain(note))
        if reading.question is not None:
            st.selectbox(
                plain(f"What is {reading.name}?"),
                [AS_READ, *KINDS],
                key=f"data-type-{reading.name}",
            )


def _said(names: tuple[str, ...]) -> "dict[str, ColumnKind]":
    """What was chosen for columns that the file does not tell."""
    chosen = {name: st.session_state.get(f"data-type-{name}") for name in names}
    return {name: kind for name, kind in chosen.items() if kind in KINDS}


def _make(up: "UploadedFile", target: str | None, names: tuple[str, ...]) -> None:
    try:
        _open(study_folder.add_data(up.name, up.getvalue(), target=target, types=_said(names)))
    except AdvisorError as error:
        st.session_state["refused"] = str(error)


def _study(saved: Study) -> None:
    up = st.file_uploader("Study file, YAML", type=["yaml", "yml"], key="study-file")
    if up is None:
        return
    try:
        study = study_folder.read_study(up.name, up.getvalue())
    except AdvisorError as error:
        st.error(said(str(error)))
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
        else f"Other data or candidates. {KEPT}"
    )


def _take(study: Study) -> None:
    st.session_state["started"] = study
    scenario.take(study)


def _keep(up: "UploadedFile") -> None:
    try:
        _open(study_folder.add_study(up.name, up.getvalue()))
    except AdvisorError as error:
        st.session_state["refused"] = str(error)
