"""`advisor cadence`: how often to retrain, from data or from a team's own error matrix."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from advisor.cli import completion
from advisor.cli.console import harmless, say
from advisor.cli.help_texts import DefaultedGroup, new_group

if TYPE_CHECKING:
    from advisor.retraining.advice import Cadence
    from advisor.retraining.drift_guard import Watch
    from advisor.retraining.plan_from_file import Asked

CACHE = Path("~/.cache/model-deployment-advisor/backtests")
"""Where finished trainings are kept, so that a second call goes on."""
GATE_FAILED = 2
CHART_SUFFIXES = (".svg", ".html")
"""What a chart is written as."""

LossOption = Literal["auto", "zero-one", "log", "absolute", "cost", "assignment", "objective"]


class _DataFirst(DefaultedGroup):
    """Lets `advisor cadence DATA` stand for `advisor cadence plan DATA`."""

    usual = "plan"


def add(app: typer.Typer) -> None:
    """Register the commands."""
    group = new_group(
        "How often to retrain, and what to watch. 'advisor cadence DATA' is short for "
        "'advisor cadence plan DATA' ('advisor cadence plan --help' shows its options)."
        "\n\nExample: advisor cadence events.parquet --target y --time ts --error-cost-usd 2",
        cls=_DataFirst,
        no_args_is_help=False,
    )
    group.command()(plan)
    group.command()(watch)
    app.add_typer(group, name="cadence")


def plan(
    data: Annotated[
        str | None,
        typer.Argument(help="CSV or Parquet file with time-stamped rows, or simulated:SHAPE."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Column to predict; left out asks for clustering.")
    ] = None,
    time: Annotated[str | None, typer.Option(help="Column with the time of each case.")] = None,
    label_time: Annotated[
        str | None, typer.Option(help="Column with the time each label became known.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Column that is no feature; may be repeated."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A family's name, or module:function of your own model.",
            autocompletion=completion.families,
        ),
    ] = None,
    error_matrix: Annotated[
        Path | None,
        typer.Option(help="Your own CSV of trained_at,scored_at,n,error, in place of data."),
    ] = None,
    error_cost_usd: Annotated[
        float | None,
        typer.Option(help="Money per wrong case, or per unit of loss; the study's, else 1."),
    ] = None,
    loss: Annotated[
        LossOption,
        typer.Option(
            metavar="KIND",
            help="What an error is: auto, zero-one, log, absolute, cost (weighs the two kinds), "
            "assignment or objective.",
        ),
    ] = "auto",
    false_positive_usd: Annotated[
        float, typer.Option(help="With --loss cost: money per false positive.")
    ] = 1.0,
    false_negative_usd: Annotated[
        float, typer.Option(help="With --loss cost: money per false negative.")
    ] = 1.0,
    retrain_cost_usd: Annotated[
        float | None,
        typer.Option(help="Money per retrain; else its measured time, priced, and review."),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(
            help="Study with measured runs: what is not given here is as in its answer, alone also "
            "the back-test.",
            autocompletion=completion.studies,
        ),
    ] = None,
    redevelop_cost_usd: Annotated[
        float | None, typer.Option(help="Money per redevelopment, experiments and all.")
    ] = None,
    cases_per_period: Annotated[
        float | None, typer.Option(help="Cases per period to come; the newest periods' else.")
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="Length of a period: 7d, 12h, 1 month, 500 rows.")
    ] = None,
    now: Annotated[
        str | None, typer.Option(help="Interval you use now: 7d, or a number of periods.")
    ] = None,
    label_delay: Annotated[
        str | None,
        typer.Option(help="Time until labels are known, if the errors ignore it: 14d, or periods."),
    ] = None,
    horizon_months: Annotated[
        float | None,
        typer.Option(help="How long the plan must hold; the study's, else 12 months."),
    ] = None,
    spot_retrain_cost_usd: Annotated[
        float | None, typer.Option(help="Compare: money per retrain on spot, repeats counted.")
    ] = None,
    warm_retrain_cost_usd: Annotated[
        float | None, typer.Option(help="Compare: money per retrain from the last model on.")
    ] = None,
    warm_error_matrix: Annotated[
        Path | None, typer.Option(help="Errors of warm-started models: their own decay.")
    ] = None,
    learning_curve: Annotated[
        Path | None,
        typer.Option(help="CSV of rows,error: what growing data do to the error and interval."),
    ] = None,
    learning_power: Annotated[
        float | None, typer.Option(help="The same from an exponent b, error = c + k rows^-b.")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(help="Write error by age and cost by interval: FILE.svg or .html")
    ] = None,
    window: Annotated[
        Literal["sliding", "expanding"], typer.Option(help="Which past rows a training uses.")
    ] = "sliding",
    guard: Annotated[
        Path | None, typer.Option(help="Write the guard's numbers here, for 'cadence watch'.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Plan retraining: the interval that costs least, its price, and how sure it is.

    Trains at most 8 models on the past and scores each on every later period.
    'advisor cadence watch' then reads what was scored since, and says what to do.

    Example: advisor cadence events.parquet --target y --time ts --error-cost-usd 2 --now 7d
    """
    from advisor.errors import AdvisorError
    from advisor.files import require_file
    from advisor.retraining.plan_from_file import Money, ask_matrix, ask_study

    if data is not None and error_matrix is not None:
        raise AdvisorError("give a data file, or --error-matrix FILE in its place")
    if data is None and error_matrix is None and study is None:
        raise AdvisorError("give a data file, or --error-matrix FILE or --study FILE in its place")
    if error_matrix is not None:
        require_file(error_matrix)
    elif data is not None and not data.startswith(("simulated:", "openml:", "builtin:")):
        require_file(Path(data).expanduser())
    has_prices = error_cost_usd is not None and retrain_cost_usd is not None
    answered = None if study is None else _answered(study, has_prices=has_prices)
    money = Money(
        error_cost_usd=error_cost_usd,
        retrain_cost_usd=retrain_cost_usd,
        redevelop_cost_usd=redevelop_cost_usd,
        cases_per_period=cases_per_period,
        now=now,
        label_delay=label_delay,
        horizon_months=horizon_months,
        spot_retrain_cost_usd=spot_retrain_cost_usd,
        warm_retrain_cost_usd=warm_retrain_cost_usd,
        warm_matrix=warm_error_matrix,
        learning_curve=learning_curve,
        learning_power=learning_power,
        study=None if answered is None else answered.plan.terms,
    )
    if error_matrix is not None:
        asked = ask_matrix(error_matrix, money=money)
    elif data is not None:
        asked = _ask_data(
            data,
            target=target,
            time=time,
            label_time=label_time,
            ignore=tuple(ignore or ()),
            model=model,
            loss=(loss, false_positive_usd, false_negative_usd),
            period=period,
            window=window,
            money=money,
        )
    else:
        assert answered is not None
        asked = ask_study(answered, money=money)
    if guard is not None:
        _write_guard(guard, asked)
    if chart is not None:
        _write_chart(chart, asked)
    _print_plan(asked, as_json=as_json)


def watch(
    scored: Annotated[
        Path,
        typer.Argument(help="Scored since the last retrain: scored_at,n,error or ts,y,prediction."),
    ],
    guard: Annotated[Path, typer.Option(help="The guard's file, from 'advisor cadence --guard'.")],
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 2 unless there is nothing to do.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Read newly scored data and say: nothing, retrain now, or re-plan.

    Rows without a label raise a weak alarm only, from the drift of the model's own scores.

    Example: advisor cadence watch scored.csv --guard guard.json
    """
    from advisor.files import require_file
    from advisor.report.words import visible_json
    from advisor.retraining.drift_guard import load_guard, score_drift
    from advisor.retraining.drift_guard import watch as look
    from advisor.retraining.scored_file import read_scored

    require_file(guard, otherwise=f"'advisor cadence DATA --guard {guard}' writes it")
    require_file(scored)
    rules = load_guard(guard)
    found = read_scored(scored, guard=rules)
    weak = score_drift(found.unlabelled_scores) if found.unlabelled_scores else ()
    seen = look(rules, found.periods, weak_signals=weak, notes=found.notes)
    if as_json:
        typer.echo(visible_json(seen.model_dump_json(indent=2)))
    else:
        _print_watch(seen)
    if exit_code and seen.action != "nothing":
        raise typer.Exit(GATE_FAILED)


def _answered(study_path: Path, *, has_prices: bool) -> "Cadence":
    """Return the retraining plan that a study's answer rests on.

    Raises:
        AdvisorError: neither the study nor the options say what an error and a release cost.
    """
    from advisor.cli.console import doing
    from advisor.cli.recommend import day_of
    from advisor.errors import AdvisorError
    from advisor.recommend import load_evidence, retraining_plan
    from advisor.retraining.advice import missing_prices
    from advisor.study.file import load_study

    study = load_study(study_path)
    if not has_prices and not study.retraining.is_priced:
        raise AdvisorError(
            f"{study_path}: no interval follows without what an error and a release cost: set "
            f"{missing_prices(study)}, or give --error-cost-usd and --retrain-cost-usd"
        )
    evidence = load_evidence(study_path, study)
    with doing("pricing every option, a few seconds"):
        return retraining_plan(study, evidence, on=day_of(None))


def _ask_data(
    data: str, *, model: str | None, loss: tuple[LossOption, float, float], **options: Any
) -> "Asked":
    from datetime import UTC, datetime

    from advisor.retraining.plan_from_file import ask_data
    from benchmarks.data.losses import Loss

    sys.path.insert(0, str(Path.cwd()))
    clustering = options["target"] is None and not data.startswith(("simulated:", "openml:"))
    with _progress_bar() as show:
        return ask_data(
            data,
            model=model or ("kmeans" if clustering else "hist_gradient_boosting"),
            loss=Loss(*loss),
            started_at=datetime.now(UTC),
            keep_in=CACHE.expanduser(),
            progress=show,
            **options,
        )


def _progress_bar() -> Any:
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    @contextmanager
    def bar() -> Any:
        columns = (
            TextColumn("back-test"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} trainings"),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True)
        hidden = not console.is_terminal
        with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
            task = progress.add_task("back-test", total=8)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    return bar()


def _write_guard(path: Path, asked: "Asked") -> None:
    from advisor.errors import AdvisorError

    if asked.guard is None:
        raise AdvisorError("errors cost nothing as given: there is nothing to guard")
    _write(path, asked.guard.model_dump_json(indent=2) + "\n")


def _write_chart(path: Path, asked: "Asked") -> None:
    """Write the plan's charts as SVG, or as a page with them.

    Raises:
        AdvisorError: the name ends with neither, or the file cannot be written.
    """
    import html

    from advisor.cli.cadence_words import verdict
    from advisor.errors import AdvisorError
    from advisor.report.charts.drawing import standing_svg
    from advisor.report.charts.retraining import plan_charts
    from advisor.retraining.advice import age_points, cost_points

    if path.suffix not in CHART_SUFFIXES:
        raise AdvisorError(
            f"{path}: a chart is written as {' or '.join(CHART_SUFFIXES)}: name it so"
        )
    plan, title = asked.plan, html.escape(verdict(asked))
    points, line = age_points(plan, asked.cells, period_days=asked.days_per_period)
    chart = plan_charts(
        cost=cost_points(plan),
        points=points,
        line=line,
        advised_days=plan.interval.days,
        now_days=plan.terms.now_interval_days,
        band_days=plan.interval.band_days,
        unit="period" if asked.period_days is None else "day",
    )
    text = standing_svg(chart, title=title, prefix="plan")
    if path.suffix == ".html":
        text = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<h1>{title}</h1>{text}</html>\n"
        )
    _write(path, text)


def _write(path: Path, text: str) -> None:
    from advisor.files import write_whole

    write_whole(path, text)


def _print_plan(asked: "Asked", *, as_json: bool) -> None:
    import json

    from advisor.cli import cadence_words

    if as_json:
        typer.echo(json.dumps(cadence_words.as_json(asked), indent=2, allow_nan=False))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for line in cadence_words.as_lines(asked):
        console.print(harmless(line), highlight=False, markup=False)
    table = Table("every (periods)", "USD per period", "", title="Cost against interval")
    for row in cadence_words.cost_table(asked):
        table.add_row(*row)
    console.print(table)
    for note in cadence_words.notes(asked):
        console.print(harmless(f"- {note}"), highlight=False, markup=False)


def _print_watch(seen: "Watch") -> None:
    say(f"{seen.action.capitalize()}.")
    for reason in (*seen.reasons, *seen.weak_signals, *seen.notes):
        say(f"- {reason}")
