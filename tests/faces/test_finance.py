"""The CSV files hold the bill to the cent, and nothing that a spreadsheet would run."""

import csv
import io
import math

import pytest

from advisor.report import render
from advisor.report.finance import COLUMNS, FOCUS_COLUMNS, harmless
from tests.faces.factories import hostile, infeasible, recommendation


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_lines_of_an_option_add_up_to_its_total():
    answer = recommendation()
    found = rows(render(answer, format="csv"))

    for place, option in enumerate(answer.ranked, start=1):
        own = [float(r["usd_per_month"]) for r in found if r["rank"] == str(place)]
        assert math.fsum(own) == pytest.approx(option.usd_per_month)
    assert sum(len(option.lines) for option in answer.ranked) == len(found)


def test_only_the_first_option_is_the_chosen_one():
    found = rows(render(recommendation(), format="csv"))

    assert {r["rank"] for r in found if r["chosen"] == "yes"} == {"1"}


def test_the_focus_file_is_the_chosen_options_month():
    answer = recommendation()
    found = rows(render(answer, format="focus"))

    assert math.fsum(float(r["BilledCost"]) for r in found) == pytest.approx(
        answer.best.usd_per_month
    )
    assert {r["BillingCurrency"] for r in found} == {"USD"}
    assert {r["ChargePeriodStart"] for r in found} == {"2026-11-01T00:00:00Z"}
    assert {r["ChargePeriodEnd"] for r in found} == {"2026-12-01T00:00:00Z"}
    assert {r["x_Estimate"] for r in found} == {"yes"}


def test_the_month_of_december_ends_in_the_next_year():
    from datetime import date

    december = recommendation()
    stamp = december.prices.replace(on=date(2026, 12, 31))
    found = rows(render(december.replace(prices=stamp), format="focus"))

    assert {r["BillingPeriodEnd"] for r in found} == {"2027-01-01T00:00:00Z"}


@pytest.mark.parametrize(("name", "columns"), [("csv", COLUMNS), ("focus", FOCUS_COLUMNS)])
def test_nothing_feasible_is_a_header_alone(name, columns):
    assert render(infeasible(), format=name) == ",".join(columns) + "\r\n"


@pytest.mark.parametrize("name", ["csv", "focus"])
def test_no_cell_is_a_formula(name):
    answer = hostile()
    attack = "=HYPERLINK(1)"
    best = answer.best.replace(
        name=attack, lines=(answer.best.lines[0].replace(label="@x"), *answer.best.lines[1:])
    )
    text = render(answer.replace(best=best, ranked=(best,), study="+1"), format=name)

    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert [c for c in cells if c.lstrip()[:1] in "=+-@" and c.lstrip()[:1]] == []
    assert "\x1b" not in text


@pytest.mark.parametrize("attack", ["=1", "+1", "-1", "@x", " =1", "\t=1", "\r=1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_quoted(attack):
    assert harmless(attack) == f"'{attack}"


def test_a_figure_stays_a_figure():
    assert harmless(-1.5) == -1.5
