"""The user's folder: studies and data that came in by the page, each study in a folder of its own.

What is uploaded is written there and nowhere else; the runs of a benchmark stand beside it, in the
same store that the command line uses. Only the browser that brought a study finds it on the page,
and no such study runs code or reaches beside its folder, see `advisor.study.foreign`.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import AdvisorError
from advisor.files import write_whole
from advisor.study.file import EXPLORER_FOLDER, MAX_STUDY_BYTES, parse_study_text
from advisor.study.foreign import refuse_reaching
from advisor.study.template import study_text
from advisor.study.types import Study
from advisor.views.permissions import permissions, visitor

if TYPE_CHECKING:
    from benchmarks.data.column_types.column import ColumnKind, ColumnReading

FOLDER_VARIABLE = "ADVISOR_STUDIES"
DEFAULT_FOLDER = EXPLORER_FOLDER
FILE = "advisor.yaml"
OWNER = ".owner"
"""File with the mark of the browser that brought a study."""

DATA_SUFFIXES = (".csv", ".parquet")
MOST_NAME_CHARACTERS = 60
LEAST_COLUMNS = 2
"""One to predict, and one to predict it from."""

MOST_ROWS_LOOKED_AT = 200_000
"""Rows of an upload that its table of columns is told from at most."""

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def folder() -> Path:
    """Return the folder of uploaded studies: ADVISOR_STUDIES, else one in the working folder."""
    return Path(os.environ.get(FOLDER_VARIABLE) or DEFAULT_FOLDER).resolve()


def names() -> tuple[str, ...]:
    """Return the names of the studies that this browser brought."""
    if not folder().is_dir():
        return ()
    who = visitor()
    kept = (p.parent for p in sorted(folder().glob(f"*/{FILE}")))
    return tuple(p.name for p in kept if _SAFE.fullmatch(p.name) and _owner(p) == who)


def _owner(place: Path) -> str | None:
    try:
        return (place / OWNER).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def refuse_foreign(study: Study, path: Path) -> None:
    """Refuse a study of the folder that would run code or reach beside its own folder.

    Raises:
        StudyError: what it may not do.
    """
    refuse_reaching(
        study, where=path.parent.name, folder=path.parent, run_code=permissions().run_code
    )


def path_of(name: str) -> Path | None:
    """Return the study of a name; None where there is none, or the name is no name of ours."""
    return folder() / name / FILE if name in names() else None


def safe_name(text: str) -> str:
    """Return a name for a folder made of a file's name."""
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(text).stem).strip("-_")[:MOST_NAME_CHARACTERS]
    return kept or "study"


def add_study(file_name: str, content: bytes) -> str:
    """Write an uploaded study to a folder of its own and return its name.

    Raises:
        AdvisorError: it is no study, or cannot be written.
    """
    study = read_study(file_name, content)
    return _write(safe_name(study.name if study.name != "study" else file_name), study, {})


def read_study(file_name: str, content: bytes) -> Study:
    """Return an uploaded study.

    Raises:
        StudyError: it is no study, or it would run code or reach beside its own folder.
    """
    shown = Path(file_name).name[:MOST_NAME_CHARACTERS]
    if len(content) > MAX_STUDY_BYTES:
        raise AdvisorError(
            f"{shown}: {len(content):,} bytes is no study file (at most {MAX_STUDY_BYTES:,}): "
            "was it meant as data?"
        )
    study = parse_study_text(content, where=shown)
    refuse_reaching(study, where=shown, folder=None, run_code=permissions().run_code)
    return study


def add_data(
    file_name: str,
    content: bytes,
    *,
    target: str | None,
    types: "Mapping[str, ColumnKind] | None" = None,
) -> str:
    """Write an uploaded data file and a study of it; return the study's name.

    Args:
        file_name: as it was uploaded.
        content: of the file.
        target: column to predict; null asks for clustering.
        types: what columns are that the file does not tell.

    Raises:
        AdvisorError: the file is of no known kind, or cannot be written.
    """
    suffix = Path(file_name).suffix.lower()
    if suffix not in DATA_SUFFIXES:
        raise AdvisorError(f"{Path(file_name).name}: upload one of {', '.join(DATA_SUFFIXES)}")
    name = safe_name(file_name)
    data: dict[str, object] = {"path": f"data{suffix}", "target": target}
    document = {"name": name, "data": data | ({"types": dict(types)} if types else {})}
    return _write(name, Study.model_validate(document), {f"data{suffix}": content})


def _write(name: str, study: Study, files: dict[str, bytes]) -> str:
    """Write a study into a folder that is not there yet."""
    taken = set(names()) | ({p.name for p in folder().iterdir()} if folder().is_dir() else set())
    free = next(n for n in (name, *(f"{name}-{i}" for i in range(2, 10_000))) if n not in taken)
    place = folder() / free
    try:
        folder().mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o700)
        for file_name, content in {OWNER: visitor().encode(), **files}.items():
            _write_for_the_owner(place / file_name, content)
        write_whole(place / FILE, study_text(study))
    except (OSError, AdvisorError) as error:
        shutil.rmtree(place, ignore_errors=True)
        why = error.strerror if isinstance(error, OSError) else "see the terminal"
        raise AdvisorError(f"{free}: cannot be kept: {why}") from None
    return free


def _write_for_the_owner(path: Path, content: bytes) -> None:
    """Write a new file that only the user of the machine may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def readings_of(file_name: str, content: bytes) -> "tuple[ColumnReading, ...]":
    """Return what each column of a data file was taken for, before anything is measured.

    A column that the file cannot tell is a question here, and no error.

    Raises:
        AdvisorError: it cannot be read, or nothing can be learned from it.
    """
    from benchmarks.data.datasets import read_typed
    from benchmarks.errors import DataError

    shown = Path(file_name).name
    with tempfile.TemporaryDirectory(prefix="advisor-upload-") as scratch:
        path = Path(scratch) / f"data{Path(file_name).suffix.lower()}"
        path.write_bytes(content)
        try:
            typed, row_count, _ = read_typed(
                path, where=shown, max_rows=MOST_ROWS_LOOKED_AT, only_look=True
            )
        except DataError as error:
            raise AdvisorError(str(error).replace(f"{path}: data.path", shown)) from None
    if row_count == 0:
        raise AdvisorError(f"{shown}: has a header and no rows below it")
    if len(typed.readings) < LEAST_COLUMNS:
        name = typed.readings[0].name[:MOST_NAME_CHARACTERS]
        raise AdvisorError(
            f"{shown}: has one column, {name!r}: columns are separated "
            "by commas, and one of them is predicted from the others"
        )
    return typed.readings
