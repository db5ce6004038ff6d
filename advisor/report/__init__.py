"""Reports: the recommendation for people who were not there, as HTML, Markdown or JSON."""

from pathlib import Path
from typing import Literal, get_args

from advisor.errors import AdvisorError
from advisor.files import write_whole
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
    write_whole(path, render(recommendation, format=format))
