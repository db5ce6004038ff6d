"""What a view is made of: a heading with sentences, a chart and the tables behind it."""

from typing import NamedTuple

from advisor.report.tables import Fact, Table


class Section(NamedTuple):
    """A heading with sentences, at most one chart, and the tables behind it."""

    title: str
    sentences: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    chart: str | None = None
    tables: tuple[Table, ...] = ()
    facts: tuple[Fact, ...] = ()
    code: tuple[str, ...] = ()


def present(*sections: Section) -> tuple[Section, ...]:
    """Leave out empty tables, and sections with nothing in them."""
    filled = (
        section._replace(tables=tuple(table for table in section.tables if table.rows))
        for section in sections
    )
    return tuple(
        section
        for section in filled
        if section.facts or section.sentences or section.bullets or section.tables or section.code
    )
