"""A folder of files written whole or not at all: a killed export leaves the old one or the new."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from advisor.deploy.files import NAMES
from advisor.errors import AdvisorError


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Write a deployment's folder in one step: made beside it, then put in its place.

    A folder that is there is replaced where it holds nothing but such files: what else lies in it
    is somebody's own.

    Raises:
        AdvisorError: the folder holds other things, or cannot be written.
    """
    folder = folder.resolve()
    if folder.exists():
        if not folder.is_dir():
            raise AdvisorError(f"{folder}: is a file: name a folder to write into")
        others = sorted(each.name for each in folder.iterdir() if each.name not in NAMES)
        if others:
            raise AdvisorError(
                f"{folder}: holds {others[0]!r}, which is no file of a deployment: name a folder "
                "of its own"
            )
    scratch: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        for name, content in files.items():
            with (scratch / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        scratch.chmod(0o755)
        if folder.exists():
            _exchange(scratch, folder)
        else:
            scratch.rename(folder)
    except OSError as error:
        raise AdvisorError(
            f"{folder}: cannot be written: {error.strerror}: choose another folder"
        ) from None
    finally:
        if scratch is not None:
            with suppress(OSError):
                shutil.rmtree(scratch)


def _exchange(new: Path, old: Path) -> None:
    """Swap two folders in one step where the system can, else with a moment between the two."""
    import ctypes

    at_here, exchange = -100, 2
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
        if renameat2(at_here, bytes(new), at_here, bytes(old), exchange) == 0:
            return
    except (AttributeError, OSError):
        pass
    aside = new.with_name(f"{new.name}.old")
    old.rename(aside)
    new.rename(old)
    shutil.rmtree(aside)
