"""`advisor bench show`, `compare` and `export`: what is in the store."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from advisor.cli import completion
from advisor.cli.console import say

if TYPE_CHECKING:
    from benchmarks.reading.compare import Comparison
    from benchmarks.storage.records import BenchmarkRun

INCONCLUSIVE = 3
"""Exit code where a comparison cannot tell."""

StudyArgument = Annotated[
    Path,
    typer.Argument(
        help="The study file, or the folder of its runs (.advisor beside it).",
        autocompletion=completion.studies,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def add(group: typer.Typer) -> None:
    """Register the commands."""
    group.command()(show)
    group.command()(compare)
    group.command()(export)


def show(
    study: StudyArgument,
    run: Annotated[
        str | None,
        typer.Argument(
            help="A candidate, or the beginning of a run's id; all runs without.",
            autocompletion=completion.families,
        ),
    ] = None,
    quality: Annotated[
        float | None,
        typer.Option(help="Say what a training costs that reaches this quality, e.g. 0.95."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the runs of a study, or all that one run measured.

    Example: advisor bench show advisor.yaml random_forest --quality 0.97
    """
    from benchmarks.errors import BenchmarkError
    from benchmarks.reading.compare import find_run
    from benchmarks.reading.run_lines import run_lines, run_row

    runs = _runs(study)
    if run is None:
        if as_json:
            _print_json([item.model_dump(mode="json") for item in runs])
            return
        for line in run_row(runs):
            say(line)
        return
    try:
        chosen = find_run(runs, run)
    except LookupError as error:
        raise BenchmarkError(f"{study}: {error.args[0]}") from None
    if as_json:
        _print_json(chosen.model_dump(mode="json"))
        return
    for line in run_lines(chosen, quality=quality):
        say(line)


def compare(
    study: StudyArgument,
    old: Annotated[
        str | None,
        typer.Argument(
            help="A candidate, or the beginning of a run's id.", autocompletion=completion.families
        ),
    ] = None,
    new: Annotated[
        str | None,
        typer.Argument(help="What to compare it with.", autocompletion=completion.families),
    ] = None,
    other: Annotated[
        Path | None,
        typer.Option(help="Take the new runs from another study or folder of runs."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare runs: the interval of the ratio, and faster, slower or cannot tell.

    Without names, the last two runs of each candidate; with --other, each candidate's newest here
    and there. Exit code 3 where the median of the smallest batch with one thread cannot be told
    apart for some pair.

    Example: advisor bench compare advisor.yaml linear random_forest
    """
    from dataclasses import asdict

    from benchmarks.errors import BenchmarkError
    from benchmarks.reading.compare import compare_runs, pairs_across, pairs_to_compare

    if (old is None) != (new is None) and other is None:
        raise typer.BadParameter("name two runs to compare, or none for each candidate's last two")
    runs = _runs(study)
    try:
        if other is None:
            pairs = pairs_to_compare(runs, [] if old is None or new is None else [old, new])
        else:
            theirs = _runs(other)
            named = [name for name in (old, new) if name]
            pairs = pairs_across(runs, theirs, names=named, where=str(other))
    except LookupError as error:
        raise BenchmarkError(f"{study}: {error.args[0]}") from None
    compared = [(a, b, compare_runs(a, b)) for a, b in pairs]
    rows = [row for _, _, found in compared for row in found]
    if as_json:
        _print_json(
            [
                {"old": a.id, "new": b.id, "compared": [asdict(row) for row in found]}
                for a, b, found in compared
            ]
        )
    else:
        for a, b, found in compared:
            _print_comparison(a, b, found)
    headlines = [row for row in rows if row.is_headline]
    if not headlines:
        raise BenchmarkError(
            f"{study}: the runs have no measurement of the same batch size and threads in common"
        )
    if any(row.verdict == "cannot tell" for row in headlines):
        say(
            "Inconclusive: measure longer with 'advisor bench STUDY --preset standard --again' on "
            "a quiet machine ('advisor doctor' says what disturbs).",
            err=True,
        )
        raise typer.Exit(INCONCLUSIVE)


def export(
    study: StudyArgument,
    to: Annotated[
        Literal["pyperf", "pytest-benchmark", "mlflow"], typer.Option(help="Which tool's format.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write; for MLflow its tracking store, e.g. sqlite:///mlflow.db.",
        ),
    ] = None,
    experiment: Annotated[str, typer.Option(help="MLflow's experiment.")] = "advisor",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as JSON.")
    ] = False,
) -> None:
    """Write the runs of a study for pyperf, pytest-benchmark or MLflow.

    Example: advisor bench export advisor.yaml --to pyperf -o runs.json
    """
    import json

    runs = _runs(study)
    if to == "mlflow":
        from benchmarks.exports.mlflow import log_to_mlflow

        uri = output or "sqlite:///mlflow.db"
        written = log_to_mlflow(runs, tracking_uri=uri, experiment=experiment)
        words = f"{uri}: {len(written)} runs written, {len(runs) - len(written)} were there"
        told = {"to": to, "path": uri, "run_count": len(runs), "written_count": len(written)}
        say(json.dumps(told) if as_json else words)
        return
    from benchmarks.exports import write_export

    path = Path(output or f"{to}.json")
    write_export(runs, to=to, path=path)
    reader = {"pyperf": f"python -m pyperf stats {path}"}.get(
        to, f"pytest-benchmark compare {path}"
    )
    words = f"{path} written; read it with: {reader}"
    told = {"to": to, "path": str(path), "run_count": len(runs)}
    say(json.dumps(told) if as_json else words)


def _runs(study: Path) -> "tuple[BenchmarkRun, ...]":
    """Return the runs of a study or of a folder of runs, the oldest first; never none."""
    from benchmarks.errors import StoreError
    from benchmarks.storage.store import DEFAULT_FOLDER, RunStore

    folder = study if study.is_dir() else study.resolve().parent / DEFAULT_FOLDER
    if not study.exists():
        raise StoreError(f"{study}: no such file: name a study or its folder of runs")
    runs = RunStore(folder).runs()
    if not runs:
        raise StoreError(f"{folder}: no run yet: run 'advisor bench {study}' first")
    return runs if study.is_dir() else _of_study(study, runs)


def _of_study(study: Path, runs: "tuple[BenchmarkRun, ...]") -> "tuple[BenchmarkRun, ...]":
    """Return the runs on a study's data; its folder may hold those of other studies too."""
    from advisor.study.file import load_study
    from benchmarks.errors import StoreError

    data = load_study(study).data
    named = {data.path, data.source}
    own = tuple(
        run
        for run in runs
        if run.dataset.source in named
        and (data.target is None or run.dataset.target in {None, data.target})
    )
    if not own:
        raise StoreError(
            f"{study}: none of the {len(runs):,} runs beside it is of its data: run 'advisor bench "
            f"{study}' first, or name the folder for all of them"
        )
    return own


def _print_comparison(
    old: "BenchmarkRun", new: "BenchmarkRun", rows: "Sequence[Comparison]"
) -> None:
    from benchmarks.reading.run_lines import comparison_lines

    for line in comparison_lines(old, new, rows):
        say(line)


def _print_json(value: object) -> None:
    import json

    json.dump(value, sys.stdout, indent=2)
    sys.stdout.write("\n")
