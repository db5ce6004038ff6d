"""What a refresh has read so far, on disk: a refresh that was killed goes on where it stopped.

Each source and region is one small table in a folder beside the book, written in one step when it
was read whole. No book reads these; only the refresh that ends writes what one sees.
"""

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from pricing.errors import TableError
from pricing.quotes import Row
from pricing.tables import read_table, write_table


class Parts:
    """The parts of one day's reading at one address."""

    def __init__(self, folder: Path, *, today: date, address: str) -> None:
        mark = hashlib.sha256(address.encode()).hexdigest()[:8]
        self._folder = folder / f".refresh-{today.isoformat()}-{mark}"

    def load(self, service: str, region: str) -> list[Row] | None:
        """Return what was read of a source, None where it still has to be."""
        rows: list[Row] = []
        try:
            read_table(self._path(service, region), rows=rows, confirmations=[])
        except (OSError, TableError):
            return None
        return rows

    def save(self, service: str, region: str, rows: Sequence[Row]) -> None:
        """Keep what was read; without room for it the refresh goes on all the same."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_table(self._path(service, region), rows=rows)

    def clear(self) -> None:
        """Forget all parts, those of earlier days too."""
        for folder in self._folder.parent.glob(".refresh-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _path(self, service: str, region: str) -> Path:
        return self._folder / f"{service}-{region}.csv"
