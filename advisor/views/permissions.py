"""What the page may do, as the command that serves it was told, and who asks for it."""

import hashlib
import secrets
from dataclasses import dataclass

import streamlit as st

from advisor.views.lock import VISITOR


@dataclass(frozen=True)
class Permissions:
    """What whoever has the page's key may do with it."""

    upload: bool = False
    """Bring data and studies."""
    measure: bool = False
    """Start and stop benchmarks."""
    run_code: bool = False
    """Measure models that stand as files beside a study that came in by the page."""


_given = Permissions()


def permissions() -> Permissions:
    """Return what was allowed: nothing but to look, unless `advisor app` serves the page."""
    return _given


def allow(given: Permissions) -> None:
    """Say what this process allows to all who come to its page."""
    global _given  # noqa: PLW0603 - one server a process
    _given = given


def visitor() -> str:
    """Return a mark of the browser before the page, which cannot be guessed."""
    if not st.runtime.exists():
        return "nobody"
    known = st.context.cookies.get(VISITOR)
    if not known:
        known = st.session_state.setdefault("visitor", secrets.token_hex(16))
    return hashlib.sha256(known.encode()).hexdigest()
