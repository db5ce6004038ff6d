"""Reports: the recommendation for people who were not there, as HTML, Markdown or JSON."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from advisor.errors import AdvisorError
from advisor.recommendation import Recommendation

Format = Literal["html", "md", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(recommendation: Recommendation, *, format: Format) -> str:  # noqa: A002 - the CLI's word
    """Return a report as text. The same recommendation gives the same bytes."""
    if format == "html":
        from advisor.report.html import render_html

        return render_html(recommendation)
    if format == "md":
        from advisor.report.markdown import render_markdown

        return render_markdown(recommendation)
    if format == "json":
        from advisor.report.words import visible_json

        return visible_json(recommendation.model_dump_json(indent=2)) + "\n"
    raise AdvisorError(f"unknown report format {format!r}: one of {', '.join(FORMATS)}")


def write_report(recommendation: Recommendation, path: Path, format: Format) -> None:  # noqa: A002
    """Write a report in one piece: an earlier file stays whole until the new one is.

    Raises:
        AdvisorError: the folder is missing or cannot be written.
    """
    folder = path.parent
    if not folder.is_dir():
        raise AdvisorError(f"{path}: no such folder {folder}: run 'mkdir -p {folder}' first")
    if path.is_dir():
        raise AdvisorError(
            f"{path}: is a folder; name the file, such as {path / 'report'}.{format}"
        )
    text = render(recommendation, format=format)
    scratch = ""
    try:
        descriptor, scratch = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(scratch).chmod(0o666 & ~_umask())
        Path(scratch).replace(path)
    except OSError as error:
        if scratch:
            with suppress(OSError):
                Path(scratch).unlink()
        raise AdvisorError(
            f"{path}: cannot be written: {error.strerror}: choose another folder with -o"
        ) from None


def _umask() -> int:
    """Read the process's file mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
