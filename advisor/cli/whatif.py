"""`advisor sweep`, `advisor explain` and `advisor gate`: what would change the answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli import completion
from advisor.cli.console import say
from advisor.cli.recommend import On, Overrides, Store, StudyPath, answer_of, day_of

if TYPE_CHECKING:
    from advisor.recommendation import Recommendation

GATE_FAILED, INCONCLUSIVE = 2, 3


def add(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(sweep)
    app.command()(explain)
    app.command()(gate)


def sweep(
    study: StudyPath,
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=LOW:HIGH:COUNT[log]",
            help="Figure to vary, e.g. workload.requests_per_s=1:1000:40log; repeat for a grid.",
            autocompletion=completion.keys,
        ),
    ],
    overrides: Overrides = None,
    store: Store = None,
    on: On = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Show the winner, its cost and its p99 (of jobs: their time) over a grid of figures.

    Each point is decided with 100 draws, where a recommendation takes 1,000. Costs are the mean of
    the draws (mean_usd_per_month in CSV and JSON), not the typical month that a recommendation
    names first; a study with decision.risk: quantile gets its quantile (quantile_usd_per_month).

    Example: advisor sweep advisor.yaml --vary workload.requests_per_s=1:1000:40log --csv
    """
    import csv
    import dataclasses
    import json
    import sys

    from advisor.decision.whatif.sweep import compared, parse_axis, sweep
    from advisor.errors import AdvisorError
    from advisor.recommend import load_evidence, option_space_for_study
    from advisor.study.file import load_study

    if as_csv and as_json:
        raise AdvisorError("--csv and --json: choose one")
    axes = [parse_axis(text) for text in vary]
    keys = [axis.key for axis in axes]
    asked = load_study(study, overrides or [])
    space = option_space_for_study(asked, load_evidence(study, asked, store=store), on=day_of(on))
    columns = None
    rows = []
    cost = "quantile_usd_per_month" if asked.decision.risk == "quantile" else "mean_usd_per_month"
    for point in sweep(asked, space, axes):
        told = dataclasses.asdict(point)
        del told["values"]
        row = dict(zip(keys, point.values, strict=True))
        row |= {cost if name == "usd_per_month" else name: value for name, value in told.items()}
        rows.append(row)
        columns = list(row)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, columns or keys, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    else:
        title = f"{compared(asked)} USD/month"
        jobs = asked.workload.pattern == "batch"
        _print_sweep(keys, rows, jobs=jobs, cost=cost, cost_title=title)


def _cell(value: object) -> object:
    """Return a cell that is words or a figure, never a formula."""
    from advisor.report.finance import harmless
    from advisor.report.words import clean

    return harmless(clean(value)) if isinstance(value, str) else value


def _print_sweep(
    keys: list[str], rows: list[dict[str, Any]], *, jobs: bool, cost: str, cost_title: str
) -> None:
    from rich.table import Table

    from advisor.cli.console import results_console
    from advisor.decision.answer.words import hours_of
    from advisor.report.words import clean, milliseconds, usd

    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for key in keys:
        grid.add_column(key.rpartition(".")[2], justify="right", overflow="fold")
    for title in ("candidate", "platform", "sku"):
        grid.add_column(title, overflow="fold")
    for title in (cost_title, "Job takes" if jobs else "p99 ms"):
        grid.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        figures = [f"{row[key]:,.4g}" for key in keys]
        if row["candidate"] is None:
            grid.add_row(*figures, "nothing is feasible", "", "", "", "")
            continue
        names = [clean(str(row[name])) for name in ("candidate", "platform", "sku")]
        took = row["p99_latency_ms"]
        shown = hours_of(took) if jobs and took is not None else milliseconds(took)
        grid.add_row(*figures, *names, usd(row[cost]), shown)
    results_console().print(grid, highlight=False)


def explain(
    study: StudyPath,
    why_not: Annotated[
        str | None,
        typer.Option(
            "--why-not",
            metavar="NAME",
            help="Only this platform, candidate or sku: ecs-ec2; or gpu.",
            autocompletion=completion.platforms,
        ),
    ] = None,
    overrides: Overrides = None,
    store: Store = None,
    on: On = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say why this answer and not another, and what would change it.

    Example: advisor explain advisor.yaml --why-not ecs-ec2
    """
    import json

    from advisor.report.words import visible_json

    answer = answer_of(study, overrides=overrides or [], store=store, on=on)
    if why_not is not None:
        sentences = _why_not(answer, why_not)
        if as_json:
            typer.echo(json.dumps({"why_not": why_not, "sentences": sentences}, indent=2))
        else:
            _print_lines(sentences)
        return
    if as_json:
        kept = {"verdict", "verdict_kind", "break_even", "rivals", "holds", "risk", "relaxations"}
        kept |= {"measure_next", "horizon", "present"}
        typer.echo(visible_json(answer.model_dump_json(indent=2, include=kept)))
        return
    _print_lines(_explained(answer))


def _why_not(answer: "Recommendation", name: str) -> list[str]:
    """Return the reasons that an option of some kind was not chosen.

    Raises:
        AdvisorError: nothing of that name was looked at.
    """
    from difflib import get_close_matches

    from advisor.errors import AdvisorError

    chosen = answer.best
    own = (chosen.candidate, chosen.platform, chosen.sku) if chosen else ()
    if name in own:
        return [f"{name} is part of the answer: {answer.verdict}"]
    if name.lower() == "gpu" and all(step.candidate != name for step in answer.ladder):
        return _why_no_gpu(answer)
    found = [
        f"{r.question} {r.name}: {r.why_not}"
        for r in answer.rivals
        if name in (r.candidate, r.platform, r.sku)
    ]
    if found:
        return found
    for option in answer.ranked:
        if name in (option.candidate, option.platform, option.sku):
            more = option.usd_per_month - (chosen.usd_per_month if chosen else 0.0)
            found.append(f"{option.name}: {more:+,.2f} USD/month against the chosen option")
    found += [
        f"{r.option.name}: {'; '.join(r.reasons)}"
        for r in answer.rejected
        if name in (r.option.candidate, r.option.platform, r.option.sku)
    ]
    if not found:
        looked_at = [*answer.ranked, *(r.option for r in answer.rejected)]
        names = dict.fromkeys(n for o in looked_at for n in (o.platform, o.candidate))
        near = get_close_matches(name, [*names, *(o.sku for o in looked_at)], n=3)
        hint = f"did you mean {', '.join(near)}?" if near else f"name one of {', '.join(names)}"
        raise AdvisorError(f"--why-not {name!r}: no such option is listed: {hint}")
    return found


def _why_no_gpu(answer: "Recommendation") -> list[str]:
    """Return why no GPU serves or trains, or why one does, as the explorer says it."""
    asked = (("serving", answer.gpu.serving), ("training", answer.gpu.training))
    found = [
        f"{'A' if one.needed else 'Why not a'} GPU for {what}{':' if one.needed else '?'} {one.why}"
        for what, one in asked
    ]
    return found + [
        f"{r.question} {r.name}: {r.why_not}" for r in answer.rivals if "GPU" in r.question
    ]


def _explained(answer: "Recommendation") -> list[str]:
    lines = [answer.verdict, ""]
    if answer.verdict_kind == "too-close":
        lines += ["Too close to call: see the options below and what to measure next.", ""]
    if answer.risk is not None and answer.risk.tie:
        lines += [answer.risk.tie, ""]
    if answer.break_even:
        lines.append("What would change the answer:")
        lines += [
            f"  {b.driver} = {b.flips_at:,.4g} {b.unit} (now {b.now:,.4g}): "
            + (f"{b.to.candidate} on {b.to.platform}, {b.to.sku}" if b.to else "nothing feasible")
            for b in answer.break_even
        ]
        lines.append("")
    lines += [line for line in _why_no_gpu(answer) if line.startswith("Why not a GPU for")]
    lines += [f"{r.question} {r.name}: {r.why_not}" for r in answer.rivals]
    if answer.present is not None:
        lines += ["", f"Today, {answer.present.name}: {answer.present.why}"]
    if answer.horizon is not None:
        lines += ["", f"Commitment: {answer.horizon.commitment.why}"]
    if answer.relaxations:
        lines += ["What would have to give:", *(f"  {r}" for r in answer.relaxations)]
    return lines


def _print_lines(lines: list[str]) -> None:
    from rich.text import Text

    from advisor.cli.console import results_console
    from advisor.report.words import clean_sentence

    console = results_console()
    for line in lines:
        indent = "  " if line.startswith("  ") else ""
        words = Text(indent + clean_sentence(line).strip())
        console.print(words, highlight=False, soft_wrap=not console.is_terminal)


def gate(
    study: StudyPath,
    against: Annotated[
        Path, typer.Option(help="Answer saved with 'advisor recommend STUDY --json'.")
    ],
    overrides: Overrides = None,
    store: Store = None,
    on: On = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Fail when the answer changes or its cost rises beyond the noise.

    Exits 0 when it holds, 2 when it does not, 3 when the data cannot tell.

    Example: advisor gate advisor.yaml --against saved.json
    """
    import json

    from advisor.decision.whatif.gate import gate as judge

    saved = saved_answer(against)
    now = answer_of(study, overrides=overrides or [], store=store, on=on, what_if=False)
    found = judge(now, saved)
    if as_json:
        typer.echo(json.dumps({"outcome": found.outcome, "why": found.why}))
    else:
        say(f"{found.outcome}: {found.why}")
    codes = {"pass": 0, "fail": GATE_FAILED, "inconclusive": INCONCLUSIVE}
    raise typer.Exit(codes[found.outcome])


def saved_answer(path: Path) -> "Recommendation":
    """Read a saved answer.

    Raises:
        AdvisorError: there is none, or it is none.
    """
    from pydantic import ValidationError

    from advisor.errors import AdvisorError
    from advisor.files import require_file
    from advisor.recommendation import Recommendation

    hint = "save one with 'advisor recommend STUDY --json > saved.json'"
    require_file(path, otherwise=hint)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise AdvisorError(f"{path}: cannot be read: {hint}") from None
    try:
        return Recommendation.model_validate_json(text)
    except ValidationError:
        raise AdvisorError(f"{path}: is no answer of this version: {hint}") from None
