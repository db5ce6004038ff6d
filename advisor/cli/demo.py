"""`advisor demo`: the main job on the embedded example."""

from pathlib import Path
from typing import Annotated

import typer

from advisor.cli.console import say


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(demo)


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the study, its runs and reports.")
    ] = Path("out/demo"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Run the whole job on the embedded example.

    The models learn a real bundled data set (breast_cancer); the retraining part is measured on a
    simulated drifting stream, and labelled so. The first time takes about two minutes; a second
    start uses the stored runs.

    Example: advisor demo --output out/demo
    """
    from rich.console import Console

    from advisor.cli.bench import bench_study
    from advisor.cli.recommend import FEASIBLE, NOTHING_FEASIBLE, answer_of
    from advisor.demo import demo_study_path
    from advisor.report import write_report
    from advisor.report.short import print_short
    from advisor.report.words import visible_json

    formats = ("json", "md", "html")
    study_path = demo_study_path(output)
    bench_study(study_path, preset="fast", messages=Console(stderr=True))
    answer = answer_of(study_path, overrides=[], store=None, on=None)
    names = ("recommendation.json", "report.md", "report.html")
    for name, report_format in zip(names, formats, strict=True):
        write_report(answer, output / name, report_format)
    if as_json:
        typer.echo(visible_json(answer.model_dump_json(indent=2)))
    else:
        print_short(answer, Console())
        say(f"\nWrote {', '.join(str(output / name) for name in names)}.")
    say(f"Look around: 'advisor app {study_path}'.", err=True)
    raise typer.Exit(FEASIBLE if answer.best else NOTHING_FEASIBLE)
