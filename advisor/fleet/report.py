"""The fleet's answer as text, HTML, Markdown, CSV and JSON."""

import csv
import html
import io
from collections.abc import Iterator
from pathlib import Path

from advisor.errors import AdvisorError
from advisor.files import write_whole
from advisor.fleet.answer import FleetAnswer, ModelAnswer

COLUMNS = (
    *("study", "platform", "place", "interval_days", "phase_days", "usd_per_month"),
    *("saves_usd_per_month", "single_usd_per_month", "runs", "changed", "warning"),
)
"""Of the CSV file and the tables."""
TOP = 10


def write_fleet_report(answer: FleetAnswer, path: Path) -> None:
    """Write the answer in the format that the file's ending names.

    Raises:
        AdvisorError: the ending names none, or the file cannot be written.
    """
    written = {".html": as_html, ".md": as_markdown, ".csv": as_csv, ".json": _as_json}
    write = written.get(path.suffix.lower())
    if write is None:
        raise AdvisorError(f"{path}: name a file that ends in {', '.join(written)}")
    write_whole(path, write(answer))


def _as_json(answer: FleetAnswer) -> str:
    return answer.model_dump_json(indent=2) + "\n"


def that_matter(answer: FleetAnswer, count: int = TOP) -> list[ModelAnswer]:
    """Return the models that cost most, or that the fleet changes most."""
    return sorted(
        answer.models,
        key=lambda one: (-max(one.usd_per_month, abs(one.saves_usd_per_month)), one.study),
    )[:count]


def summary_lines(answer: FleetAnswer) -> Iterator[str]:
    """Yield what holds over all, a sentence each."""
    yield (
        f"Machines {answer.machines_usd_per_month:,.2f} USD/month; AWS bills "
        f"{answer.aws_usd_per_month:,.2f}; people {answer.hours_per_month:,.1f} hours a month; all "
        f"that is counted {answer.usd_per_month:,.2f} USD/month. Prices of {answer.on}."
    )
    if len(answer.models) > 1:
        yield (
            f"Adding up the single answers would wrongly say "
            f"{answer.sum_of_single_answers_usd_per_month:,.2f} USD/month: each charges its "
            "platform's whole upkeep."
        )
    for one in answer.commitment:
        yield (
            f"Commit {one.usd_per_hour:,.3f} USD/h to {one.family} for a year "
            f"({one.discount_fraction:.0%} off): saves {one.saves_usd_per_month:,.2f} USD/month; "
            f"model by model it would be {one.alone_saves_usd_per_month:,.2f}."
        )
    if answer.shared_machines:
        copies = sum(one.copies for one in answer.shared_machines)
        models = sum(len(one.studies) for one in answer.shared_machines)
        yield (
            f"{models} models share {copies} machines, "
            f"{sum(one.usd_per_month for one in answer.shared_machines):,.2f} USD/month; by load "
            f"and memory alone {answer.fewest_shared_machines} would do in each zone."
        )
    plan = answer.calendar
    if plan is not None:
        yield (
            f"Releases take {plan.mean_hours:,.1f} h in the mean week, {plan.peak_hours:,.1f} in "
            f"the busiest; {plan.together_hours:,.1f} if all started together."
        )
        if plan.stretched:
            yield (
                f"{len(plan.stretched)} intervals are stretched to keep within "
                f"{plan.limit_hours or 0:,.1f} h a week; the last hour is worth "
                f"{plan.usd_per_hour:,.2f} USD."
            )
    runs = answer.experiments
    if runs is not None:
        yield (
            f"Of {runs.budget_usd:,.0f} USD for experiments {runs.spend_usd:,.2f} are worth "
            f"spending, on {runs.models} models: gain {runs.gain_usd:,.2f} USD, the last dollar "
            f"{runs.last_dollar_gain_usd:,.2f}; the same money for each would gain "
            f"{runs.equal_gain_usd:,.2f}. The spread is {runs.spread_basis}."
        )


def lines_of(answer: FleetAnswer, *, top: int = TOP) -> Iterator[str]:
    """Yield the answer for a terminal."""
    yield answer.verdict
    yield ""
    yield from summary_lines(answer)
    if answer.models:
        yield ""
        yield "The models that matter most:"
        for one in that_matter(answer, top):
            every = "" if one.interval_days is None else f", every {one.interval_days:g} days"
            yield (
                f"  {one.study}: {one.place}{every}: {one.usd_per_month:,.2f} USD/month, "
                f"saves {one.saves_usd_per_month:,.2f}"
            )
    for lost in answer.infeasible[:top]:
        yield f"  {lost.study}: no feasible option: {'; '.join(lost.reasons)}"
    if len(answer.infeasible) > top:
        yield f"  ... and {len(answer.infeasible) - top} more without a feasible option"
    for note in answer.notes:
        yield f"- {note}"


def _cells(one: ModelAnswer) -> list[str]:
    days = ["" if v is None else f"{v:g}" for v in (one.interval_days, one.phase_days)]
    money = (one.usd_per_month, one.saves_usd_per_month, one.single_usd_per_month)
    runs = "" if one.runs is None else str(one.runs)
    return [
        *(one.study, one.platform, one.place, *days),
        *(f"{usd:.2f}" for usd in money),
        *(runs, "; ".join(one.changed), one.warning or ""),
    ]


def as_csv(answer: FleetAnswer) -> str:
    """Return a row per model; a cell that a spreadsheet would run begins with an apostrophe."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(COLUMNS)
    for one in answer.models:
        study, *others = _cells(one)
        write.writerow([f"'{study}" if study[:1] in "=+-@\t" else study, *others])
    return out.getvalue()


def as_markdown(answer: FleetAnswer) -> str:
    """Return the answer as Markdown: what holds over all, then a row per model."""

    def row(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    lines = [f"# {answer.name}", "", f"**{answer.verdict}**", ""]
    lines += [f"- {line}" for line in (*summary_lines(answer), *answer.notes)]
    if answer.infeasible:
        lines += ["", "## Without a feasible option", ""]
        lines += [f"- {lost.study}: {'; '.join(lost.reasons)}" for lost in answer.infeasible]
    for title, models in (("The models that matter", that_matter(answer)), ("All", answer.models)):
        lines += ["", f"## {title}", "", row(list(COLUMNS)), row(["---"] * len(COLUMNS))]
        lines += [row(_cells(one)) for one in models]
    return "\n".join(lines) + "\n"


def calendar_svg(answer: FleetAnswer) -> str:
    """Return the hours of each week as a picture; empty where nothing is retrained by plan."""
    plan = answer.calendar
    if plan is None or plan.peak_hours <= 0:
        return ""
    slots = (plan.hours_per_slot * (16 // len(plan.hours_per_slot) + 1))[
        : max(16, len(plan.hours_per_slot))
    ]
    top = max(plan.peak_hours, plan.limit_hours or 0) * 1.1
    wide, high = 720, 180
    step = wide / len(slots)
    bars = "".join(
        f'<rect x="{40 + i * step + 1:.1f}" y="{high - h / top * high:.1f}" width="{step - 2:.1f}" '
        f'height="{h / top * high:.1f}" fill="#3b6fb6">'
        f"<title>week {i + 1}: {h:.1f} h</title></rect>"
        for i, h in enumerate(slots)
    )
    limit = ""
    if plan.limit_hours is not None:
        y = high - plan.limit_hours / top * high
        limit = f'<line x1="40" x2="{40 + wide}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b3261e"/>'
    return (
        f'<svg role="img" aria-label="Hours of releases by week" viewBox="0 -12 770 {high + 40}">'
        f'{bars}{limit}<text x="0" y="{high / 11 + 4:.1f}">{top / 1.1:,.0f} h</text>'
        f'<text x="0" y="{high}">0</text>'
        f'<text x="40" y="{high + 18}">week 1</text><text x="{wide - 20}" y="{high + 18}">week '
        f"{len(slots)}</text></svg>"
    )


STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;"
    "color:#1c1c1c;background:#fff}table{border-collapse:collapse;width:100%;font-size:13px}"
    "th,td{text-align:left;padding:.3rem .5rem;border-bottom:1px solid #ddd;vertical-align:top}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}th{position:sticky;top:0;"
    "background:#fff}.wide{overflow-x:auto}svg text{font-size:12px}input{font:inherit;padding:"
    ".3rem .5rem;width:20rem;max-width:100%}h1{margin-bottom:.2rem}"
)
SCRIPT = (
    "const q=document.getElementById('q'),rows=[...document.querySelectorAll('#all tbody tr')],"
    "c=document.getElementById('count');q.addEventListener('input',()=>{const w=q.value."
    "toLowerCase();let n=0;for(const r of rows){const s=r.textContent.toLowerCase().includes(w);"
    "r.hidden=!s;n+=s}c.textContent=n+' of '+rows.length+' models'})"
)


def as_html(answer: FleetAnswer) -> str:
    """Return one page that needs no network: the sums, the calendar, a table to filter."""
    said = html.escape

    def table(models: "tuple[ModelAnswer, ...] | list[ModelAnswer]", name: str) -> str:
        head = "".join(f"<th scope='col'>{said(c.replace('_', ' '))}</th>" for c in COLUMNS)
        body = "".join(
            "<tr>"
            + "".join(
                f"<td{' class=n' if 3 <= i <= 8 else ''}>{said(cell)}</td>"
                for i, cell in enumerate(_cells(one))
            )
            + "</tr>"
            for one in models
        )
        return (
            f"<div class='wide' tabindex='0'><table id='{name}'><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )

    lost = "".join(
        f"<li><b>{said(one.study)}</b>: {said('; '.join(one.reasons))}</li>"
        for one in answer.infeasible
    )
    facts = "".join(f"<li>{said(line)}</li>" for line in (*summary_lines(answer), *answer.notes))
    shared = "".join(
        f"<li>{said(one.name)}, {one.usd_per_month:,.2f} USD/month: "
        f"{said(', '.join(one.studies[:8]))}{' ...' if len(one.studies) > 8 else ''}</li>"
        for one in answer.shared_machines
    )
    picture = calendar_svg(answer)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
        f"content='width=device-width'><title>{said(answer.name)}</title><style>{STYLE}</style>"
        f"</head><body><main><h1>{said(answer.name)}</h1><p><b>{said(answer.verdict)}</b></p>"
        f"<ul>{facts}</ul>"
        + (f"<h2>Hours of releases by week</h2>{picture}" if picture else "")
        + (f"<h2>Shared machines</h2><ul>{shared}</ul>" if shared else "")
        + (f"<h2>Without a feasible option</h2><ul>{lost}</ul>" if lost else "")
        + f"<h2>The models that matter</h2>{table(that_matter(answer), 'top')}"
        f"<h2>All models</h2><p><label>Filter <input id='q' type='search'></label> "
        f"<span id='count' aria-live='polite'>{len(answer.models)} of {len(answer.models)} models"
        f"</span></p>{table(answer.models, 'all')}</main><script>{SCRIPT}</script></body></html>\n"
    )
