"""The report on paper holds the same words as on the page."""

import io
from functools import cache
from pathlib import Path

import pytest
from pypdf import PdfReader

from advisor.report import render_bytes
from advisor.report.sections import details, first_page
from tests.faces.factories import hostile, infeasible, recommendation


@cache
def paper(make) -> bytes:
    """Return an answer's report on paper, set once for all tests."""
    return render_bytes(make(), format="pdf")


def reader(written: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(written))


def words(written: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader(written).pages).split())


@pytest.mark.parametrize("make", [recommendation, infeasible], ids=["feasible", "infeasible"])
def test_every_section_is_in_the_pdf(make):
    answer = make()
    found = words(paper(make))

    for section in (*first_page(answer), *details(answer)):
        assert section.title in found
        for sentence in section.sentences:
            assert sentence[:40] in found


def test_the_first_page_is_what_somebody_signs():
    found = reader(paper(recommendation))
    first = " ".join(found.pages[0].extract_text().split())

    assert "Deploy logistic on ECS Fargate" in first
    assert "You pay AWS" in first
    assert "What each platform costs" in first
    assert "Cheapest platform as the traffic grows" in first
    assert "Before you sign" in first
    assert "the oldest was read" in first
    assert found.metadata.creation_date is None or found.metadata.creation_date.year < 1980


def test_names_are_words_on_paper_too():
    found = words(paper(hostile))

    assert "<script>" in found
    assert "\x1b" not in found


def test_typst_markup_in_a_name_stays_a_name():
    evil = '#panic("x") *bold* $x$ \\ #read("/etc/passwd")'
    found = words(render_bytes(infeasible().replace(study=evil), format="pdf"))

    assert '#panic("x") *bold* $x$' in found
    assert "root:" not in found


@pytest.mark.parametrize(
    ("name", "format_name"),
    [("r.pdf", "pdf"), ("r.MD", "md"), ("r.json", "json"), ("r.txt", "html"), ("r", "html")],
)
def test_a_files_ending_names_its_format(name, format_name):
    from advisor.cli.recommend import _format_of

    assert _format_of(Path(name)).value == format_name


def test_old_prices_stand_on_the_first_page():
    first = reader(paper(recommendation)).pages[0].extract_text()

    assert "Old prices: the oldest was read" in " ".join(first.split())


def test_the_same_answer_gives_the_same_bytes():
    assert render_bytes(recommendation(), format="pdf") == paper(recommendation)
