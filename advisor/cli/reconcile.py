"""`advisor reconcile`: hold the bill against the answer, line by line."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.console import say
from advisor.cli.recommend import On, Overrides, Store, StudyPath

if TYPE_CHECKING:
    from advisor.imports.bills import Scope
    from advisor.imports.metrics import Metric
    from advisor.reconcile import Reconciliation


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(reconcile)


def reconcile(
    study: StudyPath,
    more: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="More files of the bill or of metrics, told by their content."
        ),
    ] = None,
    bill: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Bill: FOCUS, a cost and usage report or its manifest, or Cost Explorer's JSON; "
            "may be repeated for its parts.",
        ),
    ] = None,
    metrics: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="JSON of 'aws cloudwatch get-metric-data'; may be repeated."
        ),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option(metavar="KEY=VALUE", help="Tag of the model's rows in a bill of many."),
    ] = None,
    resource: Annotated[
        str | None,
        typer.Option(help="Words in the model's resource ids, which count before tags."),
    ] = None,
    invoice: Annotated[
        float | None, typer.Option(help="Total of the invoice, which the rows must add up to.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD", help="Last day to compare; the last full one by default."
        ),
    ] = None,
    answer: Annotated[
        Path | None,
        typer.Option(help="Saved answer to hold the bill against; the study's by default."),
    ] = None,
    overrides: Overrides = None,
    store: Store = None,
    on: On = None,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help="Keep the month for 'advisor record', and write what it teaches to learnt.yaml "
            "beside the study.",
        ),
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say line by line why the bill is not the estimate.

    Compares the use that was billed (amortised) with the answer's lines, scaled to the days of the
    bill: by quantity, by price, both at once, not predicted, not billed.

    Example: advisor reconcile advisor.yaml --bill focus.parquet --metrics metrics.json
    """
    from advisor.cli.price_options import parse_day
    from advisor.cli.recommend import answer_of
    from advisor.cli.whatif import saved_answer
    from advisor.errors import AdvisorError
    from advisor.imports.bills import read_bill
    from advisor.imports.metrics import read_metrics
    from advisor.reconcile import reconcile as hold
    from advisor.report.words import visible_json

    bills, measured = _sorted(bill or [], metrics or [], more or [])
    if not bills:
        raise AdvisorError("no bill was given: add --bill FILE")
    last = None if until is None else parse_day(until)
    read = read_bill(bills, scope=_scope(tag, resource))
    points = read_metrics(measured)
    if invoice is not None and abs(read.cash_usd - invoice) > 0.01:
        raise AdvisorError(
            f"{bills[0]}: adds up to {read.cash_usd:,.2f} USD and the invoice says "
            f"{invoice:,.2f} USD: is a part of the bill missing, or there twice?"
        )
    if answer is not None:
        promised = saved_answer(answer)
    else:
        promised = answer_of(study, overrides=overrides or [], store=store, on=on, what_if=False)
    found = hold(promised, read, metrics=points, until=last)
    if learn:
        _learn(found, study=study, store=store, metrics=points, files=measured)
    if as_json:
        typer.echo(visible_json(found.model_dump_json(indent=2)))
    elif markdown:
        from advisor.reconcile.markdown import markdown_of

        say(markdown_of(found).rstrip("\n"))
    else:
        _show(found)


def _learn(
    found: "Reconciliation",
    *,
    study: Path,
    store: Path | None,
    metrics: "Sequence[Metric]",
    files: list[Path],
) -> None:
    """Keep the month, and write what it teaches beside the study."""
    import hashlib

    from advisor.evidence import store_path
    from advisor.files import write_whole
    from advisor.reconcile.billed import Days
    from advisor.reconcile.learning import discounts_seen, learnt_of, observed_values
    from advisor.reconcile.record import keep
    from advisor.study.file import load_study
    from advisor.study.learnt import Observed, learnt_text, path_of, read_learnt

    kept = keep(found, store=store or store_path(study), study=study)
    say(f"- kept in {kept}: 'advisor record' sums up all months", err=True)
    own = load_study(study, with_learnt=False)
    days = Days(found.first_day, found.last_day + timedelta(days=1))
    values = observed_values(own, metrics, days)
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    month = Observed(
        month=f"{found.first_day:%Y-%m}", values=values, source_sha256=digest.hexdigest()
    )
    offered = discounts_seen(found.parts, own.cloud.discounts)
    known = learnt_of(own, read_learnt(study), month=month, offered=offered)
    if not values:
        say(
            "- nothing to learn of the traffic: give --metrics with Invocations or RequestCount "
            "(Sum) over at least a week of the bill",
            err=True,
        )
    for item in known.inputs:
        say(
            f"- {item.input}: {item.key} is taken as {item.value:.4g}, not {item.was:.4g}, "
            f"/ and x {item.factor:.3g} ({item.source})",
            err=True,
        )
    for service, fraction in offered.items():
        say(
            f"- {service} was {fraction:.1%} cheaper than its list price: if that is a negotiated "
            f"discount, set cloud.discounts: {{{service}: {fraction:g}}} in {study}",
            err=True,
        )
    if known.observed or known.offered:
        write_whole(path_of(study), learnt_text(study, known))


def _sorted(
    bills: list[Path], metrics: list[Path], more: list[Path]
) -> tuple[list[Path], list[Path]]:
    """Put files that no option names to the bill or to the metrics, by their content."""
    import json

    from advisor.files import require_file
    from advisor.imports.metrics import is_metrics

    for path in more:
        require_file(path)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            document = None
        (metrics if is_metrics(document) else bills).append(path)
    return bills, metrics


def _scope(tag: str | None, resource: str | None) -> "Scope":
    """Return which rows are the model's.

    Raises:
        AdvisorError: the tag is not written as KEY=VALUE.
    """
    from advisor.errors import AdvisorError
    from advisor.imports.bills import Scope

    if tag is None:
        return Scope(resource=resource)
    key, equals, value = tag.partition("=")
    if not (key and equals and value):
        raise AdvisorError(f"--tag {tag!r}: write it as KEY=VALUE, e.g. model=churn")
    return Scope(tag=(key, value), resource=resource)


def _show(found: "Reconciliation") -> None:
    """Print the verdict, the causes and the lines."""
    from rich import box
    from rich.table import Table

    from advisor.cli.console import harmless, results_console

    say(f"{found.verdict[0].upper()}{found.verdict[1:]}")
    say(
        f"Billed {found.billed_usd:,.2f} USD, predicted {found.predicted_usd:,.2f} USD "
        f"({found.difference_usd:+,.2f}), {found.first_day} to {found.last_day}, "
        f"{found.hours:,.0f} h, {found.bill}"
    )
    for number, cause in enumerate(found.causes, 1):
        say(f"  {number}. {cause}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("meter", "sku", "region"):
        table.add_column(heading, overflow="fold")
    for heading in ("quantity", "price", "joint", "not predicted", "not billed"):
        table.add_column(heading, justify="right", overflow="fold")
    for part in found.parts:
        amounts = (
            part.by_quantity_usd,
            part.by_price_usd,
            part.joint_usd,
            part.not_predicted_usd,
            part.not_billed_usd,
        )
        table.add_row(
            harmless(part.meter),
            harmless(part.sku),
            harmless(part.region),
            *(f"{usd:+,.2f}" if abs(usd) >= 0.005 else "" for usd in amounts),
        )
    results_console().print(table, markup=False)
    for kind, usd in found.apart.items():
        say(f"Apart: {kind.replace('_', ' ')} {usd:,.2f} USD")
    say(
        f"Invoice (cash): {found.cash_usd:,.2f} USD, of which {found.timing_usd:+,.2f} for use at "
        "another time"
    )
    for note in found.notes:
        say(f"- {note}", err=True)
