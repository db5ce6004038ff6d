"""`advisor init`: a commented study to start from."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.cli.console import say

TIME_WORDS = frozenset(
    ("date", "day", "month", "week", "year", "time", "timestamp", "datetime", "period", "when")
)
"""Words in the name of a column that says when."""

MOST_COLUMNS = 12
"""Columns that are named when the target is asked for."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(init)


def init(
    path: Annotated[Path, typer.Argument(help="Study to write, or a folder for it.")] = Path(
        "advisor.yaml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing study.")] = False,
    ask: Annotated[
        bool | None,
        typer.Option("--ask/--no-ask", help="Ask a few questions first; in a terminal by default."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as JSON.")
    ] = False,
) -> None:
    """Write a commented study to start from.

    In a terminal it asks for the data, the traffic, the need, what an error costs and your hours
    first; Enter takes the default.

    Example: advisor init churn.yaml
    """
    import json
    import sys

    from advisor.study.template import study_destination, write_study_template

    destination = study_destination(path, overwrite=force)  # said before anything is asked
    in_terminal = sys.stdin.isatty() and sys.stderr.isatty()  # questions go to stderr
    asked = ask if ask is not None else in_terminal and not as_json
    answers = questions(destination.parent) if asked else {}
    written = write_study_template(path, overwrite=force, answers=answers)
    say(json.dumps({"path": str(written)}) if as_json else f"Wrote {written}.")
    first = "" if "data.path" in answers else "set data.path and data.target in it, then "
    say(f"Next: {first}'advisor bench {written}' and 'advisor recommend {written}'.", err=True)


def questions(folder: Path) -> dict[str, Any]:
    """Ask what a study cannot do without; return values by dotted key."""
    found: dict[str, Any] = {}
    data = str(_asked("Data file, CSV or Parquet", "data.csv", str))
    found["data.path"] = data
    file = folder / Path(data).expanduser()
    if not file.is_file():
        say(f"{file} is not there yet: put it there before 'advisor bench'.", err=True)
    columns = _columns(file)
    if columns:
        more = ", ..." if len(columns) > MOST_COLUMNS else ""
        say(f"Columns: {', '.join(columns[:MOST_COLUMNS])}{more}", err=True)
    last = columns[-1] if columns else "label"
    target = _asked("Column to predict ('none' asks for clusters)", last, _column_of(columns))
    found["data.target"] = None if target == "none" else target
    if columns:
        dated = next((name for name in columns if _names_a_time(name)), "none")
        words = "Column that says when a row was made ('none': nothing does)"
        time = _asked(words, dated, _column_of(columns))
        found["data.time"] = None if time == "none" else time
    asked = _asked("Requests that are answered, or jobs by a deadline?", "requests", _pattern)
    found |= _of_jobs() if asked == "jobs" else _of_requests()
    return found | _of_errors() | _of_people(asked)


def _of_errors() -> dict[str, Any]:
    """Ask what an error costs, and where it costs anything how many answers matter."""
    asked_price = "One wrong answer costs, USD ('none' counts no errors)"
    price = _asked(asked_price, "none", _amount_or_none)
    found: dict[str, Any] = {"retraining.error_cost_usd": price}
    if price:
        share = "Share of the answers whose errors cost that, 1 for all"
        found["retraining.share_that_matters"] = _asked(share, 1.0, _share)
    return found


def _of_people(pattern: str) -> dict[str, Any]:
    """Ask for the hours that nobody but the user can know; `none` leaves people uncounted."""
    from advisor.platforms import PLATFORMS, SIDES

    review = _asked(
        "Hours of people for one release of a model ('none': not counted)", "none", _amount_or_none
    )
    hours: dict[str, float] = {}
    for side in SIDES:
        words = f"Hours a month to look after it on {side} ('none': not counted)"
        given = _asked(words, "none", _amount_or_none)
        runs_jobs = pattern == "jobs"
        hours |= {
            name: given
            for name, platform in PLATFORMS.items()
            if given is not None
            and platform.facts.side == side
            and (platform.facts.billing == "job") == runs_jobs
        }
    return {"retraining.review_hours": review, "team.hours_per_month": hours}


def _names_a_time(name: str) -> bool:
    """Whether a column's name is one that people give to dates and times."""
    words = set(re.split(r"[^a-z]+", name.lower()))
    return bool(words & TIME_WORDS) or name.lower().endswith(("_at", "date", "time"))


def _column_of(columns: list[str]) -> Callable[[str], str]:
    """Return what takes the name of a column, or `none`; any name where none is known."""

    def checked(text: str) -> str:
        name = str(text).strip()
        if columns and name not in columns and name != "none":
            shown = ", ".join(columns[:MOST_COLUMNS])
            raise typer.BadParameter(f"{name!r} is no column; there are {shown}")
        return name

    return checked


def _share(text: str) -> float:
    value = _positive(text)
    if value > 1:
        raise typer.BadParameter("give a share, above 0 and at most 1")
    return value


def _of_requests() -> dict[str, Any]:
    return {
        "workload.requests_per_s": _asked("Mean requests per second", 20.0, _positive),
        "workload.rows_per_request": _asked("Rows per request", 1, _count),
        "needs.max_p99_latency_ms": _asked("Slowest 1% answered within, ms", 100.0, _positive),
    }


def _of_jobs() -> dict[str, Any]:
    """Ask for the jobs; their rate and the size of their calls follow."""
    from advisor.study.types import Workload

    rows = _asked("Rows of one job", 1e6, _positive)
    jobs = _asked("Jobs a day", 1.0, _positive)
    work = Workload(pattern="batch", rows_per_job=rows, jobs_per_day=jobs)
    sizes = ("rows_per_request", "request_kb", "response_kb")
    return {
        "workload.pattern": "batch",
        "workload.rows_per_job": rows,
        "workload.jobs_per_day": jobs,
        "workload.requests_per_s": None,
        **{f"workload.{name}": getattr(work, name) for name in sizes},
        "needs.max_p99_latency_ms": None,
        "needs.deadline_hours": _asked(
            "A job is done within, hours", min(24.0, 24.0 / jobs), _positive
        ),
    }


def _pattern(text: str) -> str:
    if text not in {"requests", "jobs"}:
        raise typer.BadParameter("say requests or jobs")
    return text


def _amount_or_none(text: str) -> float | None:
    return None if str(text).strip().lower() in {"none", ""} else _amount(text)


def _asked(question: str, default: Any, kind: Callable[[str], Any]) -> Any:
    return typer.prompt(question, default=default, value_proc=kind, err=True)


def _positive(text: str) -> float:
    value = _amount(text)
    if value == 0:
        raise typer.BadParameter("give a number above 0")
    return value


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e8:
        raise typer.BadParameter(f"{text!r} is no number of 0 or more")
    return value


def _count(text: str) -> int:
    value = _positive(text)
    if value != int(value):
        raise typer.BadParameter("give a whole number")
    return int(value)


def _columns(path: Path) -> list[str]:
    """Return the columns of a CSV file by its first line; nothing where it cannot be told."""
    import csv

    if path.suffix.lower() != ".csv" or not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            line = file.readline(100_000)
    except (OSError, UnicodeError):
        return []
    kept = next(csv.reader([line]), [])
    return ["".join(c for c in name if c.isprintable())[:60] for name in kept if name]
