"""`advisor doctor`: what on this machine would spoil a measurement."""

from typing import Annotated

import typer

STYLES = {"ok": "green", "note": "yellow", "problem": "red"}


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what here would spoil a measurement.

    Example: advisor doctor
    """
    from benchmarks.machine.doctor import examine

    findings = examine()
    if as_json:
        import json

        typer.echo(json.dumps([finding.model_dump() for finding in findings], indent=2))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("check", "", "found", "remedy")
    for finding in findings:
        style = STYLES[finding.severity]
        table.add_row(
            finding.check,
            f"[{style}]{finding.severity}[/]",
            escape(finding.found),
            escape(finding.remedy or ""),
        )
    console = Console()
    problems = [finding.check for finding in findings if finding.severity == "problem"]
    console.print(
        f"Not ready to measure: {', '.join(problems)}." if problems else "Ready to measure.",
        highlight=False,
    )
    console.print(table)
