"""What `advisor remote` prints."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.console import results_console, say

if TYPE_CHECKING:
    from rich.table import Table

    from advisor.measuring import PlannedRun
    from benchmarks.remote.campaign import Outcome
    from benchmarks.remote.ledger import Entry
    from benchmarks.remote.sweep import Swept


def print_plan(runs: "Sequence[PlannedRun]", *, study: Path, months: float) -> None:
    """Print what is worth measuring, and the command that does it."""
    from advisor.measuring import worth_it

    if not runs:
        say("Nothing to measure elsewhere: every machine that the answer turns on was measured.")
        return
    table = _table("machine", "target", "region", "for", "known", "at most", "likely", "worth")
    for run in runs:
        table.add_row(
            run.sku,
            run.target,
            run.region,
            run.platform,
            run.basis,
            f"{run.worst_usd:.2f} USD",
            f"{run.likely_usd:.2f} USD",
            f"{run.worth_usd_per_month:,.2f} USD/month",
        )
    results_console().print(table, highlight=False)
    say("at most: until it ends by itself; likely: as long as such runs are taken to take.")
    good = worth_it(runs, months=months)
    if not good:
        say(f"None is worth its price over {months:g} months: the answer stands without them.")
        return
    cap = max(0.01, sum(run.worst_usd for run in good))
    names = " ".join(f"--on {_quoted(run.on)}" for run in good)
    say(f"Next: advisor remote run {study} {names} --cap-usd {cap:.2f}")


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


def print_entries(entries: "Sequence[Entry]", folders: Sequence[str]) -> None:
    """Print the ledger, and the campaigns of the bucket."""
    if not entries and not folders:
        say("Nothing was started from here.")
        return
    if entries:
        table = _table("run", "machine", "target", "region", "state", "USD", "ends")
        for entry in entries:
            job = entry.job
            closed = entry.state == "closed"
            table.add_row(
                job.run_id,
                job.sku,
                job.target,
                job.region,
                "orphan" if entry.is_orphan else entry.state,
                f"{entry.usd:.2f}" if closed else f"at most {job.worst_usd:.2f}",
                "" if closed else f"{job.expires_at:%Y-%m-%d %H:%M} UTC",
            )
        results_console().print(table, highlight=False)
    if any(entry.is_orphan for entry in entries):
        say("Orphans: 'advisor remote sweep' takes them down.")
    for folder in folders:
        say(f"In the bucket: --resume {folder}")


def print_swept(done: "Swept") -> None:
    """Print what a sweep did; what it could not do goes to stderr."""
    for run_id in done.ended:
        say(f"swept {run_id}", err=True)
    if not done.ended and not done.refused:
        say("Nothing was left.")
    for line in done.refused:
        say(f"NOT TAKEN DOWN: {line}", err=True)


def print_outcomes(outcomes: "Sequence[Outcome]") -> None:
    """Print what became of each machine, what it came to, and what to do next."""
    table = _table("machine", "target", "end", "USD", "results merged")
    for one in outcomes:
        paid = f"at most {one.usd:.2f}" if one.end == "left" else f"{one.usd:.2f}"
        table.add_row(one.job.sku, one.job.target, one.end, paid, str(one.added))
    results_console().print(table, highlight=False)
    for one in outcomes:
        if one.problem:
            say(f"{one.job.sku}: {one.problem}", err=True)
        if one.end == "left" and one.job.folder:
            say(f"Go on with it from any machine: --resume {one.job.folder}", err=True)


def told_change(study: Path, *, store: Path | None, on: str | None) -> str:
    """Return the verdict of a study as it stands; empty where there is none to compare with."""
    from advisor.cli.recommend import answer_of
    from advisor.errors import NoRunsError

    try:
        answer = answer_of(study, overrides=[], store=store, on=on, what_if=False)
    except NoRunsError:
        return ""
    if answer.best is None:
        return answer.verdict
    return f"{answer.verdict} Speed: {answer.best.basis}."


def _table(*heads: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in heads:
        table.add_column(head, overflow="fold")
    return table
