"""`advisor app`: the explorer in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli import completion

SERVER_OPTIONS = (
    "--browser.gatherUsageStats=false",
    "--server.address=localhost",
    "--client.toolbarMode=minimal",
    "--client.showErrorDetails=none",
    "--runner.postScriptGC=false",
)
"""Served on this machine only, nothing sent home. A fault of ours is told in the terminal, not on
the page with links to the web. To look through all prices for garbage after each run of the page
took a tenth of a second of every move."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="app")(explore)


def explore(
    study: Annotated[
        Path | None,
        typer.Argument(
            help="Study file; the embedded example by default.", autocompletion=completion.studies
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port on localhost.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print address and study as JSON, then serve.")
    ] = False,
) -> None:
    """Open the explorer in the browser.

    Example: advisor app advisor.yaml --port 8600
    """
    import json
    import subprocess
    import sys

    command = [sys.executable, "-m", "streamlit", "run", str(page_path()), *SERVER_OPTIONS]
    command += [f"--server.port={port}", f"--server.headless={str(not browser).lower()}"]
    if study is not None:
        from advisor.study.file import load_study

        load_study(study)  # a wrong study is said here, not in the browser
        command += ["--", str(study.resolve())]
    if as_json:
        where = {"address": f"http://localhost:{port}", "study": str(study) if study else None}
        typer.echo(json.dumps(where))
        sys.stdout.flush()
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def page_path() -> Path:
    """Return the explorer's page: in the wheel beside the package, in a checkout above it."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "app.py"
    return installed if installed.exists() else package.parent / "app.py"
