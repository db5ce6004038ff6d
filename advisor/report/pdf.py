"""The report on paper: the same sections as the HTML, set by Typst, charts as vectors.

Only the fonts that Typst brings are used and no date is written, so that the same recommendation
gives the same bytes on every machine. A letter that those fonts do not have is left blank.
"""

import json
from importlib.resources import files
from typing import Any

from advisor.recommendation import Recommendation
from advisor.report.charts import chart_title
from advisor.report.charts.drawing import svg
from advisor.report.sections import Section, details, first_page, without_banner
from advisor.report.tables import Table, price_banner
from advisor.report.words import CLOSING, LEGEND, cleaned, headline

CHART_WIDTH = 700
"""Width that charts are drawn at: their letters come out at nine points on A4. [px]"""

SHORT = 16
"""Letters up to which a column of a table is as wide as its longest cell."""
PT_PER_LETTER = 4.3
"""Width of a letter in a table. [pt]"""

INK = "#16202b"
FONT = "Libertinus Serif"


def render_pdf(recommendation: Recommendation) -> bytes:
    """Return the report as a PDF."""
    import typst

    safe = cleaned(recommendation)
    first, rest = headline(safe.verdict)
    banner = price_banner(safe)
    report = {
        "title": f"{safe.study}: {first}",
        "eyebrow": f"Deployment estimate for {safe.study} · prices of {safe.prices.on.isoformat()}",
        "headline": first,
        "lead": rest,
        "banner": banner.text if banner else "",
        "legend": LEGEND,
        "footer": CLOSING,
        "first": [_section(one, safe) for one in without_banner(first_page(safe), safe)],
        "details": [_section(one, safe) for one in details(safe)],
    }
    source = (files("advisor.report") / "templates" / "report.typ").read_bytes()
    compiler = typst.Compiler(input=source, ignore_system_fonts=True)
    made = compiler.compile(format="pdf", sys_inputs={"report": json.dumps(report)}, timestamp=0)
    assert isinstance(made, bytes)
    return made


def _section(section: Section, recommendation: Recommendation) -> dict[str, Any]:
    drawn = svg(section.chart, recommendation, width=CHART_WIDTH) if section.chart else None
    return {
        "title": section.title,
        "sentences": section.sentences,
        "bullets": section.bullets,
        "facts": [fact._asdict() for fact in section.facts],
        "chart": drawn and drawn.replace("currentColor", INK).replace("sans-serif", FONT),
        "chart_title": chart_title(section.chart, recommendation) if section.chart else "",
        "tables": [_table(table) for table in section.tables],
        "code": section.code,
    }


def _widths(table: Table) -> list[dict[str, float]]:
    """Give figures and short words the width they need, and what is left to the sentences."""
    found: list[dict[str, float]] = []
    for column, longest in zip(table.columns, table.longest, strict=True):
        words = column.title.split()
        needed = max(longest, len(column.title) / 2, *(len(word) for word in words or ("",)))
        short = needed <= SHORT
        found.append({"pt": PT_PER_LETTER * needed + 9} if short else {"fr": min(needed, 60.0)})
    takers = [c for c, w in zip(table.columns, found, strict=True) if "fr" in w and not c.numeric]
    return found if takers else [{"fr": w.get("pt", PT_PER_LETTER * SHORT)} for w in found]


def _table(table: Table) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": [column._asdict() for column in table.columns],
        "widths": _widths(table),
        "rows": [[cell.plain for cell in row] for row in table.rows],
        "strong": sorted(table.strong_rows),
    }
