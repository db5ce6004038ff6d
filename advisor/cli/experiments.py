"""`advisor experiments`: how many runs a promoted model takes, and whether the next one pays."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli import completion
from advisor.cli.console import say

if TYPE_CHECKING:
    from advisor.imports.history import RunHistory

DEFAULT_MACHINE = "m7i.xlarge"
"""Machine of runs that no tag names; shown wherever it is used."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(experiments)


def experiments(
    study: Annotated[
        Path | None,
        typer.Option(
            help="Study with measured runs: also which rung to try next, early stops and pace.",
            autocompletion=completion.studies,
        ),
    ] = None,
    mlflow: Annotated[
        str | None, typer.Option(help="MLflow store: sqlite:///FILE, an mlruns folder, or a URL.")
    ] = None,
    optuna: Annotated[
        str | None, typer.Option(help="Optuna storage: sqlite:///FILE or its path.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="MLflow metric that scores a run, for the gain chart.")
    ] = None,
    metric_is_error: Annotated[
        bool, typer.Option("--metric-is-error", help="A smaller metric is better.")
    ] = False,
    machine_tag: Annotated[
        str, typer.Option(help="MLflow tag that names the machine type of a run.")
    ] = "instance_type",
    machine: Annotated[
        str,
        typer.Option(
            metavar="SKU",
            help="Machine type of runs that no tag names.",
            autocompletion=completion.instance_types,
        ),
    ] = DEFAULT_MACHINE,
    region: Annotated[
        str,
        typer.Option(help="Region whose prices apply.", autocompletion=completion.regions),
    ] = "us-east-1",
    usd_per_score: Annotated[
        float | None,
        typer.Option(help="Worth of one unit of score over the model's life, v x n x periods."),
    ] = None,
    base_error: Annotated[
        float, typer.Option(help="Error of the default model, for the gate before a search.")
    ] = 0.1,
    budget_usd: Annotated[float | None, typer.Option(help="Turn this budget into runs.")] = None,
    budget_days: Annotated[float | None, typer.Option(help="Turn these days into runs.")] = None,
    workers: Annotated[int, typer.Option(help="Runs at a time.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Read a history of runs: runs per promoted model, their cost, and what the next one gains.

    The store is only read. Without a store the answer is the prior alone.

    Example: advisor experiments --study advisor.yaml --mlflow sqlite:///mlflow.db
    """
    import json

    from advisor.imports.spend import Budget, Prices, gain_bars, lines, spend

    histories = _histories(mlflow, optuna, machine_tag, metric, metric_is_error=metric_is_error)
    prices = Prices(usd_per_hour=_usd_per_hour(histories, machine, region), default=machine)
    budget = Budget(
        usd=budget_usd,
        days=budget_days,
        worker_count=workers,
        usd_per_score=usd_per_score,
        base_error=base_error,
    )
    found = [spend(each, prices=prices, budget=budget) for each in histories or (None,)]
    if study is not None:
        _print_study(study, histories, found, as_json=as_json)
        return
    if as_json:
        typer.echo(json.dumps(found[0] if len(found) == 1 else found, indent=2, allow_nan=False))
        return
    for each in found:
        for line in (*lines(each), *gain_bars(each)):
            say(line)


def _print_study(
    path: Path,
    histories: "tuple[RunHistory, ...]",
    found: list[dict[str, Any]],
    *,
    as_json: bool,
) -> None:
    """Print what the study's own measured runs say of experiments, after the histories."""
    import json

    from rich.console import Console

    from advisor.cli.recommend import answer_of
    from advisor.imports.spend import gain_bars, lines
    from advisor.report.sections import VIEWS
    from advisor.report.text import print_sections
    from advisor.report.words import cleaned

    answer = answer_of(path, overrides=[], store=None, on=None, what_if=False)
    if as_json:
        advice = answer.experiments.model_dump(mode="json") if answer.experiments else None
        both = {"study": advice, "histories": found if histories else []}
        typer.echo(json.dumps(both, indent=2, allow_nan=False))
        return
    print_sections(VIEWS["Experiments"](cleaned(answer)), Console())
    for each in found if histories else ():
        say("")
        for line in (*lines(each), *gain_bars(each)):
            say(line)


def _histories(
    mlflow: str | None,
    optuna: str | None,
    machine_tag: str,
    metric: str | None,
    *,
    metric_is_error: bool,
) -> "tuple[RunHistory, ...]":
    found: list[RunHistory] = []
    if mlflow is not None:
        from advisor.imports.mlflow import read_mlflow

        found.append(
            read_mlflow(
                mlflow, machine_tag=machine_tag, metric=metric, metric_is_error=metric_is_error
            )
        )
    if optuna is not None:
        from advisor.imports.optuna import read_optuna

        found.append(read_optuna(optuna))
    return tuple(found)


def _usd_per_hour(
    histories: "tuple[RunHistory, ...]", machine: str, region: str
) -> dict[str, float]:
    """Price of each machine type that occurs; SageMaker's for `ml.*`, else EC2's on demand."""
    from datetime import UTC, datetime

    from pricing.tables import load_book

    today = datetime.now(UTC).date()
    book = load_book()

    def service(name: str) -> str:
        return "sagemaker-training" if name.startswith("ml.") else "ec2"

    default = book.get(service=service(machine), sku=machine, region=region, on=today)
    found = {machine: default.price_usd_per_unit}
    for name in sorted({name for history in histories for name in history.machines}):
        quote = book.find(service=service(name), sku=name, region=region, on=today)
        if quote is not None:
            found[name] = quote.price_usd_per_unit
    return found
