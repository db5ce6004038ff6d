"""Write a file in one piece: a reader sees the old one or the new one, never a part."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from advisor.errors import AdvisorError


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
        descriptor, scratch = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
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
