"""`advisor init`: a commented study to start from."""

from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(init)


def init(
    path: Annotated[Path, typer.Argument(help="Study to write, or a folder for it.")] = Path(
        "advisor.yaml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing study.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as JSON.")
    ] = False,
) -> None:
    """Write a commented study to start from.

    Example: advisor init churn.yaml
    """
    import json

    from advisor.template import write_study_template

    written = write_study_template(path, overwrite=force)
    typer.echo(json.dumps({"path": str(written)}) if as_json else f"Wrote {written}.")
    typer.echo(
        f"Next: set data.path and data.target in it, then 'advisor bench {written}' and "
        f"'advisor recommend {written}'.",
        err=True,
    )
