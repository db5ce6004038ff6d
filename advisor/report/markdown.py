"""The report as Markdown that reads well in a pull request."""

import re

from advisor.recommendation import Recommendation
from advisor.report.sections import Section, details, first_page, without_banner
from advisor.report.tables import Table, price_banner
from advisor.report.words import CLOSING, LEGEND, cleaned, headline

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_BLOCK_START = re.compile(r"^(\s*)(\d*)([-+.)=])(?=\s|[-=]|$)")
_REFERENCE = re.compile(r"(@|\\#(?=\d)|\bGH-(?=\d))", re.IGNORECASE)
_LINK = re.compile(r"(https?|ftp)://|\b(www)\.", re.IGNORECASE)


def render_markdown(recommendation: Recommendation) -> str:
    """Return the report as Markdown; the long part is folded."""
    safe = cleaned(recommendation)
    first, rest = headline(safe.verdict)
    banner = price_banner(safe)
    parts = [
        f"# {escape(first)}",
        *([escape(rest)] if rest else []),
        *([f"**{escape(banner.text)}**"] if banner else []),
        f"Deployment estimate for **{escape(safe.study)}**, prices of {safe.prices.on}.",
        LEGEND.replace("   ", " · "),
        *(_section(section) for section in without_banner(first_page(safe), safe)),
        "<details>\n<summary>Models, costs, retraining, evidence, inputs</summary>",
        *(_section(section) for section in details(safe)),
        "</details>",
        CLOSING,
    ]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no table cell, no link, no mention."""
    escaped = _MARKUP.sub(r"\\\1", text)
    escaped = _BLOCK_START.sub(r"\1\2\\\3", escaped)
    escaped = _LINK.sub(lambda m: f"{m[1]}\\://" if m[1] else f"{m[2]}\\.", escaped)
    # An empty comment keeps a forge from notifying people, and from closing issues by their number.
    return _REFERENCE.sub(r"\1<!-- -->", escaped)


def _section(section: Section) -> str:
    parts = [f"## {section.title}"]
    parts += [escape(sentence) for sentence in section.sentences]
    if section.facts:
        parts.append(
            "\n".join(f"- **{fact.label}**: {escape(fact.sentence)}" for fact in section.facts)
        )
    if section.bullets:
        parts.append("\n".join(f"- {escape(bullet)}" for bullet in section.bullets))
    parts += [_table(table) for table in section.tables]
    if section.code:
        parts.append(_code(section.code))
    return "\n\n".join(parts)


def _code(lines: tuple[str, ...]) -> str:
    """Return a block that ends only where we end it: its fence is longer than any in the lines."""
    ticks = max((len(run) for run in re.findall("`+", "".join(lines))), default=0)
    fence = "`" * max(3, ticks + 1)
    return "\n".join([fence, *lines, fence])


def _table(table: Table) -> str:
    rows = [
        f"**{escape(table.caption)}**\n",
        _row([escape(column.title) for column in table.columns]),
        _row(["---:" if column.numeric else "---" for column in table.columns]),
    ]
    for place, row in enumerate(table.rows):
        cells = [" ".join((escape(cell.plain), cell.blocks)).strip() for cell in row]
        if place in table.strong_rows:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        rows.append(_row(cells))
    return "\n".join(rows)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
