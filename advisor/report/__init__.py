"""Reports: the recommendation for people who were not there, in every format of FORMATS."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from advisor.errors import AdvisorError
from advisor.files import write_whole_bytes
from advisor.recommendation import Recommendation


class Format(NamedTuple):
    """One way to write a report."""

    label: str
    """For people."""
    file_name: str
    """How a file of it is called after the study's name."""
    mime: str
    """Its media type."""


FORMATS: dict[str, Format] = {
    "html": Format("HTML report", "report.html", "text/html"),
    "md": Format("Markdown", "report.md", "text/markdown"),
    "pdf": Format("PDF", "report.pdf", "application/pdf"),
    "json": Format("JSON", "report.json", "application/json"),
    "csv": Format("cost lines, CSV", "costs.csv", "text/csv"),
    "focus": Format("FOCUS CSV", "focus.csv", "text/csv"),
}


def render(
    recommendation: Recommendation,
    *,
    format: str,  # noqa: A002 - the CLI's word
    files: Mapping[str, bytes] | None = None,
) -> str:
    """Return a report as text. The same recommendation gives the same text.

    Args:
        recommendation: the answer.
        format: one of FORMATS.
        files: the deployment of the answer, which an HTML report offers to save.

    Raises:
        AdvisorError: there is no such format, or it is not one of text.
    """
    if format == "html":
        from advisor.report.html import render_html

        return render_html(recommendation, files=files)
    if format == "md":
        from advisor.report.markdown import render_markdown

        return render_markdown(recommendation)
    if format == "json":
        from advisor.report.words import visible_json

        return visible_json(recommendation.model_dump_json(indent=2)) + "\n"
    if format == "csv":
        from advisor.report.finance import render_csv

        return render_csv(recommendation)
    if format == "focus":
        from advisor.report.finance import render_focus

        return render_focus(recommendation)
    if format == "pdf":
        raise AdvisorError("a PDF is no text: use render_bytes, or 'advisor report --format pdf'")
    raise AdvisorError(f"unknown report format {format!r}: one of {', '.join(FORMATS)}")


def render_bytes(
    recommendation: Recommendation,
    *,
    format: str,  # noqa: A002
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a report as a file's content. The same recommendation gives the same bytes.

    Raises:
        AdvisorError: there is no such format.
    """
    if format == "pdf":
        from advisor.report.pdf import render_pdf

        return render_pdf(recommendation)
    return render(recommendation, format=format, files=files).encode("utf-8")


def write_report(
    recommendation: Recommendation,
    path: Path,
    format: str,  # noqa: A002
    *,
    files: Mapping[str, bytes] | None = None,
) -> None:
    """Write a report in one piece: an earlier file stays whole until the new one is.

    Raises:
        AdvisorError: the folder is missing or cannot be written.
    """
    write_whole_bytes(path, render_bytes(recommendation, format=format, files=files))
