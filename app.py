"""The explorer: ask, recommend, show. Run it with `advisor app [STUDY]`."""

import os
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import streamlit as st

from advisor.demo import demo_study_path
from advisor.errors import AdvisorError, NoRunsError
from advisor.recommendation import Recommendation
from advisor.study.file import load_study
from advisor.study.types import Study
from advisor.views import (
    assumptions,
    browser_history,
    compute,
    results,
    scenario,
    sidebar,
    study_folder,
    uploads,
)


def study_path() -> tuple[Path, str | None]:
    """Return the study to open, and its name where it is one of the folder's.

    The one that the address names and this browser brought, else the one in ADVISOR_STUDY, else
    the embedded example.
    """
    name = st.query_params.get(scenario.STUDY)
    uploaded = study_folder.path_of(name) if name else None
    if uploaded is not None:
        return uploaded, name
    chosen = os.environ.get("ADVISOR_STUDY")
    return (Path(chosen) if chosen else demo_study_path()), None


def page() -> None:
    """Answer first, then ask on the left, then why and what would change it."""
    path, name = study_path()
    today = datetime.now(UTC).date()
    try:
        saved = load_study(path)
        if name is not None:
            study_folder.refuse_foreign(saved, path)
    except AdvisorError as error:
        results.cannot_use(str(error))
        return
    browser_history.follow(path, name, saved)
    scenario.start(path, saved)
    changed, base = scenario.changed_from(saved), scenario.base()
    results.refused(st.session_state.pop("refused", None))
    try:
        first = compute.glance(path, changed, on=today)
        first_before = compute.glance(path, base, on=today)
    except NoRunsError as error:
        browser_history.write(changed, name)
        scenario.nothing_drawn()
        results.not_measured(str(error), path)
        uploads.show(path, saved, first=True)
        return
    except AdvisorError as error:
        results.cannot_use(str(error), path)
        last_answer(path, saved, on=today)
        sidebar.ask(path, saved, changed)
        assumptions.fields(saved)
        return
    rest = results.verdict(first, before=first_before, saved=saved, changed=changed, base=base)
    browser_history.write(changed, name)
    sidebar.ask(path, saved, changed)
    uploads.show(path, saved, first=False)
    pause = compute.wait_for_rest(changed)
    try:
        now = compute.answer(path, changed, on=today, depth="views", pause=pause)
    except AdvisorError as error:
        results.cannot_use(str(error), path)
        assumptions.fields(saved)
        return
    scenario.use(changed)
    results.rest_of_verdict(rest, first, now)

    def before() -> Recommendation:
        return compute.answer(path, base, on=today, depth="views", pause=pause)

    def whole() -> Recommendation:
        return compute.answer(path, changed, on=today)

    place = results.views(now, before=before, whole=whole, saved=saved, changed=changed, base=base)
    results.downloads(now, whole=whole, path=path, changed=changed)
    if place is not None:
        results.break_even(place, now, compute.break_evens_at(path, changed, on=today, pause=pause))


def last_answer(path: Path, saved: Study, *, on: date) -> None:
    """Keep the verdict of the last figures that could be used, where there is one."""
    used, base = scenario.last_used(), scenario.base()
    with suppress(AdvisorError):
        results.verdict(
            compute.glance(path, used, on=on),
            before=compute.glance(path, base, on=on),
            saved=saved,
            changed=used,
            base=base,
        )


st.set_page_config(page_title="Deployment advisor", page_icon="⚖️", layout="wide")
results.style()
page()
