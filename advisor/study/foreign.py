"""A study that somebody else brought: it runs nothing and reaches nothing but its own data."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.errors import StudyError
from advisor.study.data import CandidateImport
from advisor.study.types import Study

SOURCES = ("builtin:", "simulated:")
"""Data that are made here; `openml:` asks a server."""

FREE_WORDS = frozenset({"name", "ignore", "target", "time", "label_time", "types"})
"""Keys whose words name something and open nothing: a column may be called as it likes."""

_REACHES = re.compile(r"^\s*(?:[/\\~]|[A-Za-z]:[/\\])|://|(?:^|[/\\])\.\.(?:[/\\]|$)|\x00")
"""A path from the root or of a user, a drive, an address, a step up."""


def refuse_reaching(study: Study, *, where: str, folder: Path | None, run_code: bool) -> None:
    """Refuse a study that would run code or read beside its own folder.

    Args:
        study: what came in.
        where: what it is called in the message.
        folder: where it stands; null while it stands nowhere.
        run_code: whether the user of the machine allows models from files of that folder.

    Raises:
        StudyError: what it may not do, and what to do instead.
    """
    rule = f"{where}: a study that was uploaded may not"
    own = "open it with 'advisor app STUDY' on the machine if you trust it"
    if study.data.source is not None and not study.data.source.startswith(SOURCES):
        raise StudyError(f"{rule} fetch data (data.source): upload the data, or {own}")
    for candidate in study.candidates:
        if isinstance(candidate, CandidateImport):
            _require_own(candidate, rule=rule, own=own, folder=folder, run_code=run_code)
    for key, value in _words(study.model_dump(), ""):
        if key in {"history.mlflow", "history.optuna"}:
            raise StudyError(f"{rule} read a tracking server or another store ({key}): {own}")
        if key.startswith("data.path") and folder is not None:
            inside = folder.resolve()
            if not (inside / value).resolve().is_relative_to(inside):
                raise StudyError(f"{rule} name a file outside its folder ({key}): {own}")
        if not FREE_WORDS & set(key.split(".")) and _REACHES.search(value):
            raise StudyError(f"{rule} name a path or an address ({key}): {own}")


def _require_own(
    candidate: CandidateImport, *, rule: str, own: str, folder: Path | None, run_code: bool
) -> None:
    """Refuse code, but for a file of the study's own folder where that is allowed."""
    how, _, what = candidate.import_path.partition(":")
    if not run_code:
        raise StudyError(
            f"{rule} name code (candidates.import): name families such as linear, or serve the "
            f"page with --allow-code, or {own}"
        )
    if how == "trusted-file":
        raise StudyError(
            f"{rule} name a pickle (trusted-file): save it with skops.io.dump, or {own}"
        )
    name = what if how == "file" else f"{how.replace('.', '/')}.py"
    if _REACHES.search(name):
        raise StudyError(f"{rule} name code outside its folder (candidates.import): {own}")
    if folder is not None:
        inside, found = folder.resolve(), (folder / name).resolve()
        if not found.is_relative_to(inside) or not found.is_file():
            raise StudyError(f"{rule} name code that does not stand in its folder: {own}")


def _words(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield every text of a study with its key."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _words(one, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one, key)
