"""A SQLite file of somebody else, read only, and never for longer or larger than a store takes."""

import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT_S = 30.0
"""Time that all queries of a store may take together: millions of runs need seconds. [s]"""

LOOK_INSTRUCTIONS = 100_000
"""Steps of SQLite's machine between two looks at the clock."""

MOST_VALUE_BYTES = 1_000_000
"""A text or a blob; a tag, a name or a parameter is shorter. [B]"""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading; queries that do not end are ended.

    Raises:
        sqlite3.DatabaseError: it is none, or a query took too long.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise sqlite3.DatabaseError("is no regular file")
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        end = time.monotonic() + LIMIT_S
        database.set_progress_handler(lambda: time.monotonic() > end, LOOK_INSTRUCTIONS)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES)
        yield database
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        raise sqlite3.DatabaseError(
            f"its queries took more than {LIMIT_S:g} s: give a copy without views"
        ) from None
    finally:
        database.close()
