"""The answer in a terminal."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from advisor.report.sections import Section
from advisor.report.tables import Cell, Column, Table
from advisor.report.text import print_recommendation, print_sections
from tests.faces.factories import hostile, infeasible, recommendation


def printed(answer, **settings) -> str:
    out = io.StringIO()
    print_recommendation(answer, Console(file=out, **{"width": 80} | settings))
    return out.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_verdict_is_the_first_line():
    assert printed(recommendation()).startswith("Deploy logistic on ECS Fargate")
    assert printed(infeasible()).startswith("No option meets every need")


@pytest.mark.parametrize("make", [recommendation, infeasible, hostile])
def test_it_fits_a_terminal_of_80_columns(make):
    assert max(cell_len(line) for line in printed(make()).splitlines()) <= 80


def test_a_pipe_gets_no_colours_and_a_terminal_does():
    assert "\x1b" not in printed(recommendation())
    assert "\x1b[" in printed(recommendation(), force_terminal=True, color_system="standard")


def test_no_color_is_honoured(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    found = printed(recommendation(), force_terminal=True, color_system="standard")

    assert re.search(r"\x1b\[[0-9;]*3[0-7]m", found) is None


def test_hostile_names_cannot_drive_the_terminal():
    found = printed(hostile())

    assert not any(ord(c) < 32 and c != "\n" for c in found)
    assert "\u202e" not in found


def test_square_brackets_are_words_not_markup():
    answer = recommendation(warnings=("[bold]loud[/bold] [link=x]y[/link]",))

    assert "[bold]loud[/bold] [link=x]y[/link]" in printed(answer)


def test_every_loser_stands_with_its_reason():
    found = words(printed(recommendation(), width=200))

    assert "costs 102 USD/month more" in found
    assert "better by 0.005, which is within noise" in found
    assert "a cold start falls in the slowest 1%" in found


def test_what_would_have_to_give_stands_when_nothing_is_feasible():
    assert "needs.max_p99_latency_ms: 42 ms would do" in printed(infeasible())


def test_the_legend_and_the_price_date_are_there():
    found = words(printed(recommendation()))

    assert "● measured ◐ scaled ○ list price △ assumed ✎ your input" in found
    assert "Prices as of 2026-11-21; the oldest used was checked on 2026-10-03" in found


def test_one_line_says_whether_experiments_pay():
    found = words(printed(recommendation(), width=200))

    assert "Experiments Up to about 41 runs per release △" in found
    assert "Experiments" not in printed(infeasible())


def test_a_long_table_in_a_terminal_keeps_its_figures_whole_and_shows_the_top():
    long = Table(
        caption="x",
        columns=(Column("Place"), *(Column(f"Figure {n}", numeric=True) for n in range(6))),
        rows=tuple(
            (Cell(f"SageMaker training, ml.c{n}.large, us-east-1"), *[Cell("1,234.5", "list")] * 6)
            for n in range(25)
        ),
    )
    written = io.StringIO()
    print_sections((Section("Pace", tables=(long,)),), Console(file=written, width=80))
    said = written.getvalue()

    assert said.count("1,234.5 ○") == 5 * 6
    assert "20 more" in said
    assert "us-east-1" in said
