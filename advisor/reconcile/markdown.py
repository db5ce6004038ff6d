"""A reconciliation as Markdown, for a pull request or a page."""

from advisor.reconcile.result import Reconciliation

ROW_COUNT = 15
"""Lines of the table; what is smaller is added up in one."""


def markdown_of(found: Reconciliation) -> str:
    """Return the reconciliation as Markdown: verdict first, then why, then the table."""
    lines = [
        f"# {_cell(found.study)}: estimate and bill",
        "",
        f"**{_cell(found.verdict)}**",
        "",
        (
            f"Billed {found.billed_usd:,.2f} USD, predicted {found.predicted_usd:,.2f} USD"
            f"{_band(found)}, difference {found.difference_usd:+,.2f} USD, "
            f"{found.first_day} to {found.last_day} ({found.hours:,.0f} h), "
            f"{_cell(found.option)}, by {found.bill}."
        ),
        "",
        *(f"{number}. {_cell(cause)}" for number, cause in enumerate(found.causes, 1)),
        "",
        "| meter | sku | region | by quantity | by price | joint | not predicted | not billed |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    ]
    shown = found.parts[:ROW_COUNT]
    lines += [
        f"| {_cell(part.meter)} | {_cell(part.sku)} | {part.region} | {_usd(part.by_quantity_usd)} "
        f"| {_usd(part.by_price_usd)} | {_usd(part.joint_usd)} | {_usd(part.not_predicted_usd)} "
        f"| {_usd(part.not_billed_usd)} |"
        for part in shown
    ]
    rest = found.parts[ROW_COUNT:]
    if rest:
        usd = sum(part.difference_usd for part in rest)
        lines.append(f"| {len(rest)} more, together {usd:+,.2f} | | | | | | | |")
    lines += ["", "| apart from the difference | USD |", "|---|---:|"]
    lines += [f"| {kind.replace('_', ' ')} | {usd:,.2f} |" for kind, usd in found.apart.items()]
    lines += [
        f"| paid at another time than used | {found.timing_usd:,.2f} |",
        f"| **the invoice (cash)** | **{found.cash_usd:,.2f}** |",
    ]
    if found.notes:
        lines += ["", *(f"- {_cell(note)}" for note in found.notes)]
    return "\n".join(lines) + "\n"


def _band(found: Reconciliation) -> str:
    if found.predicted_usd_low is None or found.predicted_usd_high is None:
        return ""
    return f" (80%: {found.predicted_usd_low:,.2f} to {found.predicted_usd_high:,.2f})"


def _usd(usd: float) -> str:
    return f"{usd:+,.2f}" if abs(usd) >= 0.005 else ""


def _cell(words: str) -> str:
    """Keep what came from a file from being read as Markdown or HTML."""
    plain = "".join(c if c.isprintable() else " " for c in words)
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "\\|")):
        plain = plain.replace(mark, written)
    return plain.replace("`", "\\`").replace("*", "\\*").replace("_", "\\_")
