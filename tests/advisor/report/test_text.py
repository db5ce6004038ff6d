"""The answer in a terminal of any width, and what is in it."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from advisor.recommendation import LadderStep, MeasureNext
from advisor.report.sections.parts import Section
from advisor.report.tables.cells import Cell, Column, Table
from advisor.report.text import LONG, TOP, print_recommendation, print_sections
from tests.advisor.report.factories import (
    bare,
    cells,
    costing,
    finding,
    golden,
    of,
    today,
    turned_down,
    way,
)
from tests.faces.factories import experiments, hostile, retraining, training

KINDS = ("online", "jobs", "queue", "many-models", "nothing-feasible", "gpu")


def printed(answer, width=100, **settings) -> str:
    out = io.StringIO()
    print_recommendation(answer, Console(file=out, width=width, **settings))
    return out.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(kind, width):
    assert max(cell_len(line) for line in printed(golden(kind), width).splitlines()) <= width


@pytest.mark.parametrize("width", [60, 80, 120])
def test_hostile_names_are_no_wider_than_the_terminal(width):
    assert max(cell_len(line) for line in printed(hostile(), width).splitlines()) <= width


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_width_loses_a_figure_of_the_chosen_option(kind, width):
    answer = golden(kind)
    text = words(printed(answer, width))

    assert answer.verdict.partition(". ")[0].split()[0] in text
    if answer.best:
        assert f"{answer.best.usd_per_month:,.0f}" in text
    assert "◐" in text


def test_the_verdict_comes_first_and_its_rest_behind_it():
    assert printed(bare(verdict="Deploy m. Retrain never.")).splitlines()[0] == (
        "Deploy m. Retrain never."
    )


@pytest.mark.parametrize(("answer", "style"), [(of(way()), "\x1b[1m"), (bare(), "\x1b[1;33m")])
def test_a_verdict_without_an_option_is_a_warning(answer, style):
    text = printed(answer, force_terminal=True, color_system="standard")

    assert text.startswith(style)


def test_figures_in_sentences_have_no_colour_of_their_own():
    text = printed(of(way(), excluded=("12 USD",)), force_terminal=True, color_system="standard")

    assert "12 USD" in text


def test_each_part_has_its_heading_where_there_is_something_in_it():
    item = MeasureNext(action="measure it", cost_usd=0.0, saves_usd_per_month=0.0)
    full = printed(
        of(
            way(),
            findings=(finding(),),
            excluded=("Taxes.",),
            warnings=("Mind.",),
            measure_next=(item,),
        )
    )
    headings = (
        "Measured ways to serve it",
        "Not in these figures",
        "Before you rely on it",
        "What to measure next",
    )

    assert [full.index(one) for one in headings] == sorted(full.index(one) for one in headings)
    for one in headings:
        assert one not in printed(of(way()))
    assert "  Taxes." in full.splitlines()


def test_what_would_have_to_give_is_said_only_where_nothing_is_feasible():
    needs = {"relaxations": ("needs.max_p99: 42 ms would do",)}

    assert "What would have to give" in printed(bare(**needs))
    assert "42 ms would do" not in printed(of(way(), **needs))


def test_the_chosen_option_is_ticked_and_the_rejected_are_crossed():
    text = printed(
        of(costing(10.0), costing(12.5), rejected=(turned_down(costing(3.0), "late", "dear"),)),
        140,
    )
    rows = [line for line in text.splitlines() if " USD " in line and "◐" in line]

    assert [row[:1] for row in rows] == ["✔", " ", "✘"]
    assert words(rows[0]).endswith("10 USD 5.00 ○ 10 ○ 8 ◐ chosen")
    assert words(rows[1]).endswith("12.5 USD 6.25 ○ 12 ○ 8 ◐ costs 2.50 USD/month more")
    assert words(rows[2]).endswith("3 USD 1.50 ○ 3.00 ○ 8 ◐ late; dear")


def test_only_the_telling_options_are_printed():
    many = [costing(10.0 + n) for n in range(9)]
    lost = tuple(turned_down(costing(100.0 + n), "late") for n in range(9))
    text = printed(of(*many, rejected=lost), 140)

    assert text.count("late") == 6
    assert text.count("costs") == 5
    assert "0 options considered: 0 meet every need" in text


def test_short_answers_stand_in_a_column():
    answer = of(
        way(),
        retraining=retraining(),
        training=training(),
        experiments=experiments(),
        present=today(),
    )
    found = printed(answer, 200)

    for label in (
        "You pay AWS",
        "Move or stay",
        "Retrain",
        "GPU for serving",
        "Train on",
        "Experiments",
    ):
        assert f"\n{label} " in found
    assert "Every 4 weeks ● (simulated stream)." in words(found)


def step(candidate="m", quality: float | None = 0.9) -> LadderStep:
    return LadderStep(
        candidate=candidate,
        quality=quality,
        quality_spread=None,
        usd_per_month=641.2,
        error_usd_per_month=None,
        verdict="why",
    )


def test_the_ladder_has_its_metric_for_a_head():
    text = printed(of(way(), ladder=(step(), step("n", None)), metric="f1"))
    place = next(n for n, line in enumerate(text.splitlines()) if line.startswith("Candidate"))
    head, first, second = text.splitlines()[place : place + 3]

    assert head.split() == ["Candidate", "f1", "spread", "USD/month", "Verdict"]
    assert first.split() == ["m", "0.900", "n/a", "641", "why"]
    assert second.split() == ["n", "n/a", "n/a", "641", "why"]
    assert "Candidate" not in printed(of(way()))


def test_the_chosen_candidate_is_bold():
    text = printed(
        of(way(), ladder=(step("a"), step())), force_terminal=True, color_system="standard"
    )
    (row,) = [line for line in text.splitlines() if "0.900" in line and "\x1b[1mm" in line]

    assert "why" in row


def test_markup_in_a_name_is_words():
    text = printed(of(costing(10.0, "[red]x[/red]"), warnings=("[bold]y",)))

    assert "[red]x[/red]" in text
    assert "[bold]y" in text


def sections(*tables: Table, **parts) -> str:
    out = io.StringIO()
    print_sections((Section("Title", tables=tables, **parts),), Console(file=out, width=80))
    return out.getvalue()


def rows_of(count: int) -> Table:
    columns = (Column("Name"), Column("USD", numeric=True))
    return Table("x", columns, tuple(cells(f"r{n}", f"{n}.50") for n in range(count)))


def test_a_section_is_a_title_sentences_bullets_and_tables():
    text = sections(rows_of(1), sentences=("Said.",), bullets=("Listed.",))

    assert text.split() == ["Title", "Said.", "Listed.", "Name", "USD", "r0", "0.50"]


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (LONG, LONG), (LONG + 1, TOP), (40, TOP)])
def test_a_long_table_shows_its_top_and_counts_the_rest(count, shown):
    text = sections(rows_of(count))

    assert text.count(".50") == shown
    assert (f"{count - shown} more in the report and the JSON" in text) is (count > LONG)


def test_figures_keep_their_badge_beside_them():
    table = Table("x", (Column("USD", numeric=True),), ((Cell("1,234", "list"),),))

    assert "1,234 ○" in sections(table)
