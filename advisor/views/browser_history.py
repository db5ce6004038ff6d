"""The browser's Back and Forward: each step of the scenario is an address of its own.

A run of the page comes with the browser's address. Where that is not the one which the page wrote
last, and no control was moved either, somebody went back or forward: then the address is right and
the controls follow. A run that was on its way while the page wrote its address comes with an older
one too; it is told by the time since, or by the browser having shown the new one already. Whoever
goes on before the controls of the last step have reached the browser sends those of the step
before: they were not moved either.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from advisor.study.types import Study
from advisor.views import scenario

WRITTEN, WRITTEN_AT, ARRIVED = "address", "address-written-at", "address-arrived"
LEFT = "address-left"
"""The address that was shown before the browser went to another one."""
ON_ITS_WAY_S = 1.5
"""After so long a written address has reached the browser. [s]"""


def follow(path: Path, name: str | None, saved: Study) -> None:
    """Forget what the controls say where the browser went to another address.

    Args:
        path: the study.
        name: its name where it is one of the folder's.
        saved: the study as it is saved.
    """
    written = st.session_state.get(WRITTEN)
    if written is None or st.session_state.get("opened") != str(path):
        return
    asked = st.query_params.to_dict()
    if asked == written:
        st.session_state[ARRIVED] = True
        return
    since_s = time.monotonic() - st.session_state[WRITTEN_AT]
    if not st.session_state[ARRIVED] and since_s < ON_ITS_WAY_S:
        return
    controls = scenario.address(scenario.changed_from(saved), name)
    if controls not in (written, st.session_state.get(LEFT)):
        return
    st.session_state[LEFT] = written
    del st.session_state["opened"]
    view = asked.get(scenario.VIEW)
    st.session_state[scenario.VIEW] = view if view in scenario.VIEW_NAMES else None


def write(changed: Mapping[str, str], name: str | None) -> None:
    """Put the whole scenario into the address, as a step of its own."""
    address = scenario.address(changed, name)
    if address != st.session_state.get(WRITTEN):
        st.session_state[WRITTEN_AT] = time.monotonic()
        st.session_state[ARRIVED] = address == st.query_params.to_dict()
    st.session_state[WRITTEN] = address
    if address != st.query_params.to_dict():
        st.query_params.from_dict(address)
