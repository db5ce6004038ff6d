"""Find the parts of a bill, tell its form, and read it once and whole."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from advisor.files import require_file
from advisor.imports.bills.cost_explorer import read_cost_explorer
from advisor.imports.bills.cur import is_cur, read_cur
from advisor.imports.bills.focus import is_focus, read_focus
from advisor.imports.bills.form import Bill, BillError, Scope
from advisor.imports.bills.tables import columns_of, first_text

PART_KEYS: Final = ("reportKeys", "dataFiles", "files")
"""Where manifests name their parts."""
PERIODS: Final = ("bill_billing_period_start_date", "BillingPeriodStart")
"""Columns that name the month of a row's bill."""
LEVEL_COUNT: Final = 5
"""Folders above a manifest in which its parts are looked for."""


def read_bill(paths: Sequence[Path], *, scope: Scope | None = None) -> Bill:
    """Read one bill, whatever it was exported as.

    Args:
        paths: its files, or its manifest. One export whole: a month is written again until it is
            closed, so that two exports of it hold everything twice.
        scope: which rows are the model's, in a bill of many.

    Raises:
        BillError: one line that says what is wrong and what is wanted.
    """
    files = _parts(paths)
    _refuse_twice(files)
    forms = {path: _form(path) for path in files}
    found = sorted(set(forms.values()))
    if len(found) > 1:
        raise BillError(
            f"{files[0]}: the files are of {' and '.join(found)}: give one export of the bill"
        )
    reader = {"CUR": read_cur, "FOCUS": read_focus, "Cost Explorer": read_cost_explorer}[found[0]]
    try:
        return reader(files, scope=scope or Scope())
    except (ValueError, KeyError, TypeError) as error:
        raise BillError(
            f"{files[0]}: is no {found[0]} bill as it should be ({type(error).__name__}: {error})"
        ) from None


def is_bill_json(document: Any) -> bool:
    """Say whether a JSON document is a bill or a manifest of one."""
    return isinstance(document, dict) and (
        "ResultsByTime" in document or any(key in document for key in PART_KEYS)
    )


def _parts(paths: Sequence[Path]) -> list[Path]:
    """Return the files of a bill: what a manifest names in its place."""
    found: list[Path] = []
    periods: dict[str, Path] = {}
    for path in paths:
        require_file(path, otherwise="give the files of the bill, or its manifest")
        document = _json(path)
        keys = next((document[key] for key in PART_KEYS if key in document), None)
        if keys is None:
            found.append(path)
            continue
        period = json.dumps(document.get("billingPeriod") or document.get("executionId") or "")
        if period in periods:
            raise BillError(
                f"{path}: is of the same month as {periods[period]}: a month is written again until"
                " it is closed; give the newest alone"
            )
        periods[period] = path
        found += [_beside(path, str(key)) for key in keys]
    return found


def _json(path: Path) -> dict[str, Any]:
    """Return a file that is a JSON object; nothing where it is another form."""
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"{"):
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise BillError(f"{path}: is no JSON that can be read: {error}") from None
    return document if isinstance(document, dict) else {}


def _beside(manifest: Path, key: str) -> Path:
    """Find a part that a manifest names by its key in the bucket."""
    pieces = [piece for piece in key.split("/") if piece not in {"", ".", ".."}]
    above = [manifest.parent, *manifest.resolve().parents[1 : LEVEL_COUNT + 1]]
    for folder in above:
        for first in range(len(pieces)):
            path = folder.joinpath(*pieces[first:])
            if path.is_file():
                return path
    raise BillError(
        f"{manifest}: names the part {pieces[-1]}, which is not beside it: fetch every part"
    )


def _refuse_twice(files: Sequence[Path]) -> None:
    """Refuse two copies of a part, or parts of two exports of one month."""
    names: dict[tuple[str, str], Path] = {}
    contents: dict[tuple[int, str], Path] = {}
    for path in files:
        with path.open("rb") as file:
            content = (path.stat().st_size, hashlib.sha256(file.read(1 << 20)).hexdigest())
        # Parts of two months may be called alike; parts of one month may not.
        alike = sum(other.name == path.name for other in files) > 1
        name = (path.name, first_text(path, PERIODS) if alike and not _json(path) else "")
        earlier = contents.get(content) or names.get(name)
        if earlier is not None:
            raise BillError(
                f"{path}: is a second copy of {earlier}, or of another export of it: give one "
                "export whole"
            )
        contents[content] = names[name] = path


def _form(path: Path) -> str:
    document = _json(path)
    if "ResultsByTime" in document:
        return "Cost Explorer"
    if document:
        raise BillError(
            f"{path}: is no bill: give FOCUS, a cost and usage report, or the JSON of "
            "'aws ce get-cost-and-usage'"
        )
    columns = list(columns_of(path))
    if is_focus(columns):
        return "FOCUS"
    if is_cur(columns):
        return "CUR"
    raise BillError(
        f"{path}: has neither FOCUS's columns (ChargeCategory) nor a cost and usage report's "
        "(line_item_line_item_type): export the bill as one of them"
    )
