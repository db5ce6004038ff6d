"""Write a file in one piece: a reader sees the old one or the new one, never a part."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from advisor.errors import AdvisorError

NO_FILE = "is a pipe or a device, which may have no end: write what it holds to a file first"


def require_file(path: Path, *, otherwise: str = "check the path") -> None:
    """Say that a file is not there, with the names beside it that may have been meant.

    Args:
        path: the file that is wanted.
        otherwise: what to do where nothing beside it is called alike.

    Raises:
        AdvisorError: there is no such file, or it is a folder, a pipe or a device.
    """
    if path.is_dir():
        raise AdvisorError(f"{path}: is a folder: name the file in it")
    if not path.exists():
        raise AdvisorError(f"{path}: no such file: {near_files(path) or otherwise}")
    if not path.is_file():
        raise AdvisorError(f"{path}: {NO_FILE}")


def near_files(path: Path, *, pattern: str = "*", also: Mapping[str, Path] | None = None) -> str:
    """Return `did you mean ...?` for files that are called like a missing one; empty for none.

    Args:
        path: the missing file.
        pattern: which files beside it can be meant.
        also: files elsewhere by the name that they go by.
    """
    beside = sorted(path.parent.glob(pattern)) if path.parent.is_dir() else []
    names = [(found.name, found) for found in beside if found.is_file()]
    names += [(found.stem, found) for _, found in names if not path.suffix]
    names += (also or {}).items()
    near = get_close_matches(path.name, [name for name, _ in names], n=3, cutoff=0.6)
    meant = dict.fromkeys(str(found) for want in near for name, found in names if name == want)
    return f"did you mean {', '.join(list(meant)[:3])}?" if meant else ""


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        AdvisorError: the folder is missing, the path is a folder, or it cannot be written.
    """
    write_whole_bytes(path, text.encode("utf-8"))


def write_whole_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        AdvisorError: the folder is missing, the path is a folder, or it cannot be written.
    """
    folder = path.parent
    if not folder.is_dir():
        raise AdvisorError(f"{path}: no such folder {folder}: run 'mkdir -p {folder}' first")
    if path.is_dir():
        raise AdvisorError(f"{path}: is a folder; name the file, such as {path / 'report'}")
    scratch = ""
    try:
        if path.exists() and (not path.is_file() or path.is_relative_to("/dev")):
            path.write_bytes(content)  # a device or a pipe, such as /dev/stdout, stays what it is
            return
        path = path.resolve()  # what a link points to is replaced, not the link
        descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).chmod(0o666 & ~_umask())
        Path(scratch).replace(path)
    except OSError as error:
        if scratch:
            with suppress(OSError):
                Path(scratch).unlink()
        raise AdvisorError(
            f"{path}: cannot be written: {error.strerror}: choose another folder"
        ) from None


def _umask() -> int:
    """Read the process's file mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
