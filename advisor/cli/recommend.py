"""`advisor recommend` and `advisor report`: the answer, in the terminal or as a file."""

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli import completion
from advisor.cli.console import say

if TYPE_CHECKING:
    from advisor.recommendation import Recommendation

FEASIBLE, NOTHING_FEASIBLE = 0, 2
REPORT_MARKS = (b"USD/month", b"usd_per_month", b"x_Estimate", b"/Author(advisor)")
"""What every report holds: the verdict on top, the heads of the CSV files, the author of a PDF."""

StudyPath = Annotated[
    Path,
    typer.Argument(help="Study file, see 'advisor init'.", autocompletion=completion.studies),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one key, e.g. workload.requests_per_s=50; may be repeated.",
        autocompletion=completion.keys,
    ),
]
Store = Annotated[
    Path | None, typer.Option(help="Folder with the runs; `.advisor` beside the study by default.")
]
On = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Day whose prices apply; today by default.")
]


class ReportFormat(StrEnum):
    """Formats of a report."""

    html = "html"
    md = "md"
    pdf = "pdf"
    json = "json"
    csv = "csv"
    focus = "focus"


def add(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(recommend)
    app.command()(report)


def recommend(
    study: StudyPath,
    overrides: Overrides = None,
    store: Store = None,
    on: On = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Print the whole page, not forty lines of it.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole answer as JSON.")
    ] = False,
) -> None:
    """Rank every way to run the models, and say why.

    Uses the runs in the study's store; 'advisor bench STUDY' makes them. Exits 0 with an answer,
    2 when nothing is feasible.

    Example: advisor recommend advisor.yaml --set workload.requests_per_s=200
    """
    from rich.console import Console

    from advisor.report.short import print_short
    from advisor.report.text import print_recommendation
    from advisor.report.words import visible_json

    answer = answer_of(study, overrides=overrides or [], store=store, on=on)
    if as_json:
        typer.echo(visible_json(answer.model_dump_json(indent=2)))
    else:
        (print_recommendation if everything else print_short)(answer, Console())
    raise typer.Exit(FEASIBLE if answer.best else NOTHING_FEASIBLE)


def report(
    study: StudyPath,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    report_format: Annotated[
        ReportFormat | None,
        typer.Option("--format", help="Format of the file; that of its ending, else html."),
    ] = None,
    overrides: Overrides = None,
    store: Store = None,
    on: On = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that is no report.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as JSON.")
    ] = False,
) -> None:
    """Write the answer as one file.

    Example: advisor report advisor.yaml --format md -o docs/deployment.md
    """
    import json

    from advisor.report import write_report

    _refuse_to_overwrite(study, output, force=force)
    answer = answer_of(study, overrides=overrides or [], store=store, on=on)
    chosen = (report_format or _format_of(output)).value
    write_report(answer, output, chosen, files=_deployment(study, overrides or [], answer))
    written = {"path": str(output), "format": chosen, "verdict": answer.verdict}
    say(json.dumps(written) if as_json else f"Wrote {output}.")
    say(answer.verdict, err=True)


def _deployment(study: Path, overrides: list[str], answer: "Recommendation") -> dict[str, bytes]:
    """Return the files that deploy an answer; none where nothing is feasible."""
    from advisor.deploy.deployment import deployment_of
    from advisor.deploy.files import deployment_files
    from advisor.study.file import load_study

    if answer.best is None:
        return {}
    return deployment_files(deployment_of(load_study(study, overrides), answer))


def _format_of(output: Path) -> ReportFormat:
    """Return the format that a file's ending names, HTML where it names none."""
    ending = output.suffix.removeprefix(".").lower()
    return ReportFormat(ending) if ending in ReportFormat.__members__ else ReportFormat.html


def _refuse_to_overwrite(study_path: Path, output: Path, *, force: bool) -> None:
    """Keep a report from replacing the study, its data, or a file that is no report of ours.

    Raises:
        AdvisorError: the output is one of those.
    """
    from advisor.errors import AdvisorError
    from advisor.study.file import load_study

    if not output.is_file():
        return
    data = load_study(study_path).data.path
    kept = [study_path] + ([study_path.parent / Path(data).expanduser()] if data else [])
    if any(path.exists() and path.samefile(output) for path in kept):
        raise AdvisorError(f"{output}: is the study or its data, not a report: name another file")
    content = output.read_bytes()
    is_report = any(mark in content for mark in REPORT_MARKS)
    if not (is_report or force):
        raise AdvisorError(
            f"{output}: exists and is no report of this program: name another file, or add --force"
        )


def answer_of(
    study_path: Path,
    *,
    overrides: list[str],
    store: Path | None,
    on: str | None,
    what_if: bool = True,
) -> "Recommendation":
    """Load a study and its runs and recommend."""
    from advisor.cli.console import doing
    from advisor.recommend import load_evidence, recommend
    from advisor.study.file import load_study

    study = load_study(study_path, overrides)
    evidence = load_evidence(study_path, study, store=store)
    with doing("pricing every option, a few seconds"):
        return recommend(study, evidence, on=day_of(on), what_if=what_if)


def day_of(text: str | None) -> date:
    """Return the day whose prices apply, today unless one is named."""
    from advisor.errors import AdvisorError

    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AdvisorError(f"--on {text!r}: write a day as YYYY-MM-DD") from None
