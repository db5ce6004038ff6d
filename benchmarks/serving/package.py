"""A model as a server finds it: a folder with the model, what its rows look like, and a hash.

joblib's format is a pickle, which runs code when it is read: a folder is only loaded when the hash
of the model is the one that its manifest tells, and only from where its owner put it.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.data.features import Kind, features_from_rows
from benchmarks.errors import CandidateError
from benchmarks.storage.records import Candidate

MODEL_FILE, MANIFEST_FILE = "model.joblib", "manifest.json"

MAX_SAMPLE_ROWS = 256
"""Rows kept as examples of what a client sends."""


@dataclass
class Package:
    """A loaded model and how to call it."""

    model: Any
    """Fitted; takes what `features_from_rows` makes."""
    kinds: dict[str, Kind]
    """Kind of each column, in order."""
    sample_rows: list[list[Any]]
    """Rows as a JSON parser leaves them."""

    @property
    def all_numbers(self) -> bool:
        """Whether a plain matrix of numbers is all that the model needs."""
        return all(kind == "number" for kind in self.kinds.values())

    def predict(self, rows: Any) -> list[Any]:
        """Return one answer per row: rows are lists of values, or a matrix of numbers."""
        features = rows if hasattr(rows, "dtype") else features_from_rows(rows, self.kinds)
        answers: list[Any] = self.model.predict(features).reshape(-1).tolist()
        return answers


def device_of_environment() -> Literal["cpu", "cuda"]:
    """Return where a model runs: a deployment says `cuda` where a GPU is paid for."""
    return "cuda" if os.environ.get("ADVISOR_DEVICE") == "cuda" else "cpu"


def write_package(*, model_path: Path, rows_path: Path, candidate: Candidate, folder: Path) -> Path:
    """Make a model folder of a saved model and the rows that `measure.train` wrote; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = json.loads(rows_path.read_text())
    data = model_path.read_bytes()
    manifest = {
        "candidate": candidate.model_dump(),
        "kinds": raw["kinds"],
        "sample_rows": raw["rows"][:MAX_SAMPLE_ROWS],
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    (folder / MODEL_FILE).write_bytes(data)
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest))
    return folder


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a model folder's manifest.

    Raises:
        CandidateError: it is missing or damaged.
    """
    path = folder / MANIFEST_FILE
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CandidateError(
            f"{path}: cannot be read ({error}): a model folder holds {MODEL_FILE} and "
            f"{MANIFEST_FILE}; 'advisor loadtest STUDY --keep {folder}' writes one"
        ) from None
    missing = [key for key in ("kinds", "sample_rows", "sha256") if key not in manifest]
    if missing:
        raise CandidateError(f"{path}: {missing[0]!r} is missing: write the folder again")
    return manifest


def load_package(folder: Path, *, thread_count: int = 1) -> Package:
    """Read a model folder of one's own and set the model up to serve.

    Raises:
        CandidateError: it is missing, damaged, not the model that its manifest tells of, or made
            by a package that is not installed here.
    """
    from benchmarks.families.artefacts import load_model

    manifest = read_manifest(folder)
    path = folder / MODEL_FILE
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise CandidateError(f"{path}: cannot be read: {error.strerror}") from None
    if found != manifest["sha256"]:
        raise CandidateError(
            f"{path}: is not the model that {MANIFEST_FILE} tells of: write the folder again"
        )
    try:
        model = load_model(path, device=device_of_environment(), thread_count=thread_count)
    except ModuleNotFoundError as error:
        raise CandidateError(
            f"{path}: the model needs the module {error.name!r}, which is not installed here: "
            "install its package beside the server's (FAMILY_PACKAGES of Dockerfile.serving)"
        ) from None
    return Package(
        model=model,
        kinds=manifest["kinds"],
        sample_rows=manifest["sample_rows"],
    )
