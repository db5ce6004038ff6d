"""A model that comes as a file: read without running what is in it, unless the user trusts it.

The file gives the estimator and its settings; the harness trains fresh copies of it, as of any
other candidate, so that its quality is of held-out rows.
"""

import sys
from pathlib import Path
from typing import Any

from benchmarks.errors import CandidateError

FILE, TRUSTED = "file", "trusted-file"
"""How an import path names a file: `file:model.skops`, or `trusted-file:model.joblib`."""

PICKLES = {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".bin"}
"""Endings of formats that run code when they are read."""

WEIGHTS = {".onnx": "an ONNX graph", ".safetensors": "weights without their architecture"}
"""Endings of safe formats that cannot be trained from."""

MOST_MODEL_BYTES = 8 * 2**30
"""Unpacked size of a file from which nothing is read. [B]"""

MOST_SCHEMA_BYTES = 256 * 2**20
"""The same of its description. [B]"""

MOST_PARTS = 1_000_000

NO_TRAINING = (
    "cannot be trained here: name a function that makes the model (import: my_module:make), and "
    "the harness measures its ONNX form itself"
)


def is_file(import_path: str) -> bool:
    """Whether an import path names a file instead of a function.

    Example:
        >>> is_file("file:model.skops"), is_file("my_module:make")
        (True, False)
    """
    return import_path.partition(":")[0] in {FILE, TRUSTED}


def file_advice(text: str) -> str | None:
    """Return how to name a file that was named without saying how it may be read; null if none was.

    Example:
        >>> file_advice("my_module:make") is None
        True
        >>> file_advice("model.skops")
        "model.skops is a file: write import: 'file:model.skops'"
    """
    path = Path(text)
    ending = path.suffix.lower()
    if ending in WEIGHTS:
        return f"{text}: {WEIGHTS[ending]} {NO_TRAINING}"
    if ending in PICKLES:
        return (
            f"{text} is a pickle, which can run any code when it is read: save the estimator with "
            f"skops.io.dump and write import: 'file:{path.stem}.skops', or, if you trust whoever "
            f"made it, import: 'trusted-file:{text}'"
        )
    return f"{text} is a file: write import: 'file:{text}'" if ending == ".skops" else None


def load_estimator(import_path: str) -> Any:
    """Return an unfitted copy of the estimator in a file, found as the user's modules are.

    Raises:
        CandidateError: there is no such file, its format is refused, or it holds something else.
    """
    how, _, name = import_path.partition(":")
    path = next((p for p in (Path(base) / name for base in ["", *sys.path]) if p.is_file()), None)
    if path is None:
        raise CandidateError(f"{import_path}: no such file beside the study: check the name")
    ending = path.suffix.lower()
    if ending in WEIGHTS:
        raise CandidateError(f"{import_path}: {WEIGHTS[ending]} {NO_TRAINING}")
    if ending == ".skops":
        loaded = _from_skops(path, trusted=how == TRUSTED)
    elif how != TRUSTED:
        kind = "a pickle" if ending in PICKLES else f"of no known format ({ending or 'no ending'})"
        raise CandidateError(
            f"{import_path}: {path.name} is {kind}, which can run any code when it is read: save "
            f"it with skops.io.dump, or, if you trust whoever made it, write 'trusted-file:{name}'"
        )
    else:
        loaded = _from_pickle(path)
    if not is_estimator(loaded):
        raise CandidateError(
            f"{import_path}: holds a {type(loaded).__name__}: a scikit-learn estimator is needed"
        )
    from sklearn.base import clone

    return clone(loaded)


def is_estimator(made: Any) -> bool:
    """Whether something can be fitted and then predicts.

    The class is asked too: one that delegates to another estimator has no `predict` before `fit`.
    """
    predicts = hasattr(made, "predict") or hasattr(type(made), "predict")
    return hasattr(made, "fit") and predicts and not isinstance(made, type)


def _from_skops(path: Path, *, trusted: bool) -> Any:
    import skops.io

    _refuse_bomb(path)
    try:
        unknown = skops.io.get_untrusted_types(file=path)
        if trusted or not unknown:
            return skops.io.load(path, trusted=unknown)
    except Exception as error:  # noqa: BLE001  # a file of another format fails in many ways
        raise CandidateError(
            f"file:{path}: cannot be read as skops ({type(error).__name__}: {error}): "
            "save it again with skops.io.dump"
        ) from None
    raise CandidateError(
        f"file:{path}: holds {', '.join(unknown[:3])}, which skops does not know to be safe: if "
        f"you trust whoever made it, write 'trusted-file:{path}'"
    )


def _refuse_bomb(path: Path) -> None:
    """Refuse a file whose parts unpack to more than a model has.

    Raises:
        CandidateError: they do.
    """
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (OSError, zipfile.BadZipFile):
        return  # told where it is read
    schema = sum(part.file_size for part in parts if part.filename == "schema.json")
    whole = sum(part.file_size for part in parts)
    if schema > MOST_SCHEMA_BYTES or whole > MOST_MODEL_BYTES or len(parts) > MOST_PARTS:
        raise CandidateError(
            f"file:{path}: unpacks to {whole:,} bytes in {len(parts):,} parts, {schema:,} of them "
            "a description: more than a model has; it is not read"
        )


def _from_pickle(path: Path) -> Any:
    """Read a pickle that the user named as trusted."""
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:  # noqa: BLE001  # a pickle may fail in any way
        raise CandidateError(
            f"trusted-file:{path}: cannot be read ({type(error).__name__}: {error})"
        ) from None
