"""`advisor traffic`: read a record of traffic and say what it means for a study."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli.console import say

if TYPE_CHECKING:
    from advisor.capacity.traffic import TrafficSummary


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(traffic)


def traffic(
    file: Annotated[
        Path,
        typer.Argument(help="Counts per minute (CSV), an access log, or a CloudWatch export."),
    ],
    chart: Annotated[
        Path | None, typer.Option(help="Draw the day or week into this SVG file too.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(help="What each count is of, where the times do not tell: 60s, 5min, 1h, 1d."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Read a record of traffic; print the lines for a study's workload.

    Takes a CSV with a time and the requests of that minute per line, a web server's access log
    (Common Log Format), or the JSON of 'aws cloudwatch get-metric-data' with the statistic Sum.

    Example: advisor traffic access.log --chart week.svg
    """
    from advisor.capacity.traffic import summarise_counts
    from advisor.files import require_file
    from advisor.imports.traffic import read_traffic
    from advisor.imports.traffic_lines import TrafficFileError

    require_file(file)
    counts = read_traffic(file, period_minutes=_minutes(period))
    try:
        found = summarise_counts(first=counts.first, counts=counts.counts)
    except ValueError as error:
        raise TrafficFileError(f"{file}: {error}") from None
    notes = [*counts.notes, *found.notes]
    if chart is not None:
        _draw(found, chart)
    if as_json:
        import json

        typer.echo(
            json.dumps(
                {
                    "kind": counts.kind,
                    "first": found.first.isoformat(),
                    "minutes": found.minute_count,
                    "requests_per_s": found.requests_per_s,
                    "peak_requests_per_s": found.peak_requests_per_s,
                    "profile": list(found.profile),
                    "dispersion": found.dispersion,
                    "growth_per_month": found.growth_per_month,
                    "notes": notes,
                },
                indent=2,
            )
        )
        return
    since = f"{found.first:%Y-%m-%d %H:%M}"
    say(f"# {counts.kind}: {found.minute_count:,} minutes from {since} UTC")
    say("workload:")
    say(f"  requests_per_s: {found.requests_per_s:.4g}")
    say(f"  peak_requests_per_s: {found.peak_requests_per_s:.4g}")
    say(f"  profile: [{', '.join(f'{w:.3g}' for w in found.profile)}]")
    say(f"  dispersion: {found.dispersion:.3g}")
    if found.growth_per_month is not None:
        say(f"  growth_per_month: {found.growth_per_month:.3g}")
    say(_picture(found.profile))
    for note in notes:
        say(f"- {note}", err=True)


def _minutes(period: str | None) -> int | None:
    """Return the minutes of a period as people write it."""
    import re

    from advisor.errors import AdvisorError

    if period is None:
        return None
    found = re.fullmatch(r"\s*(\d+)\s*(s|sec|min|m|h|hour|d|day)s?\s*", period.lower())
    per_unit = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600, "d": 86400}
    seconds = 0 if found is None else int(found[1]) * per_unit.get(found[2], 86400)
    if seconds < 60 or seconds % 60:
        raise AdvisorError(f"--period {period!r}: write whole minutes, such as 60s, 5min, 1h or 1d")
    return seconds // 60


def _draw(found: "TrafficSummary", path: Path) -> None:
    """Draw hours, mean and planned peak into an SVG file."""
    from advisor.files import write_whole
    from advisor.report.charts.drawing import svg_of
    from advisor.report.charts.traffic import picture

    levels = {
        "mean": found.requests_per_s,
        "peak to plan for": found.peak_requests_per_s,
    }
    hours = [(found.requests_per_s * w, None) for w in found.profile]
    drawn = svg_of(picture(hours, levels, width=660), title="Traffic by the hour", prefix="traffic")
    write_whole(path, drawn)


def _picture(profile: tuple[float, ...]) -> str:
    """Return the profile as a line of bars per day, as a comment."""
    bars = "▁▂▃▄▅▆▇█"
    top = max(profile)
    marks = [bars[min(7, int(8 * w / top))] for w in profile]
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") if len(profile) > 24 else ("day",)
    lines = [
        f"# {day} {''.join(marks[24 * i : 24 * i + 24])}  0 to 24 h UTC"
        for i, day in enumerate(days)
    ]
    return "\n".join(lines)
