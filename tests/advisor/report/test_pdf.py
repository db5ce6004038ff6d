"""The report on paper: what is laid out, and that it is the same bytes again."""

import io

import pytest

from advisor.report import pdf
from advisor.report.pdf import PT_PER_LETTER, SHORT, render_pdf
from advisor.report.tables.cells import Cell, Column, Table
from advisor.report.words import CLOSING
from tests.advisor.report.factories import bare, cells, costing, of


@pytest.fixture(scope="module")
def made() -> bytes:
    return render_pdf(of(costing(10.0), verdict="Deploy m. Retrain never."))


def test_it_is_a_pdf_with_the_verdict_on_its_first_page(made):
    from pypdf import PdfReader

    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(made)).pages]

    assert "Deploy m." in pages[0]
    assert "Retrain never." in pages[0]
    assert "10 USD" in pages[0]
    assert CLOSING[:40] in " ".join(pages)


def test_the_same_answer_gives_the_same_bytes(made):
    assert render_pdf(of(costing(10.0), verdict="Deploy m. Retrain never.")) == made


def table(*rows, titles=("Name", "USD"), numeric=(False, True)) -> Table:
    columns = tuple(Column(t, numeric=n) for t, n in zip(titles, numeric, strict=True))
    return Table("x", columns, rows)


def test_figures_get_what_they_need_and_sentences_the_rest():
    sentence = "a sentence that takes a line of its own"
    found = pdf._widths(table(cells(sentence, "1,234")))

    assert found == [{"fr": len(sentence)}, {"pt": pytest.approx(5 * PT_PER_LETTER + 9)}]


@pytest.mark.parametrize(
    ("letters", "kind"), [(SHORT, "pt"), (SHORT + 1, "fr"), (60, "fr"), (200, "fr")]
)
def test_a_column_is_fixed_up_to_sixteen_letters(letters, kind):
    wide = cells("x" * letters, "a sentence that takes a line of its own")
    first, _ = pdf._widths(table(wide, numeric=(False, False)))

    assert list(first) == [kind]
    assert kind == "pt" or first["fr"] == min(letters, 60)


def test_a_head_is_as_wide_as_its_longest_word_or_half_of_it():
    sentence = "a sentence that takes a line of its own"
    first, _ = pdf._widths(
        table(cells("1", sentence), titles=("Loss per case", ""), numeric=(True, False))
    )

    assert first["pt"] == pytest.approx(6.5 * PT_PER_LETTER + 9)


def test_a_table_of_short_columns_fills_the_line_in_the_same_proportions():
    first, second = pdf._widths(table(cells("ab", "1,234")))

    assert first == {"fr": pytest.approx(4 * PT_PER_LETTER + 9)}
    assert second == {"fr": pytest.approx(5 * PT_PER_LETTER + 9)}


def test_a_table_is_laid_out_with_badges_and_strong_rows():
    one = table((Cell("a"), Cell("1", "list")))._replace(strong_rows=frozenset({0}))
    found = pdf._table(one)

    assert found["rows"] == [["a", "1 ○"]]
    assert found["columns"] == [
        {"title": "Name", "numeric": False},
        {"title": "USD", "numeric": True},
    ]
    assert found["strong"] == [0]
    assert found["caption"] == "x"


def test_a_section_without_a_chart_has_no_picture():
    from advisor.report.sections.parts import Section

    found = pdf._section(Section("T", sentences=("s",), code=("c",)), bare())

    assert (found["title"], found["chart"], found["chart_title"]) == ("T", None, "")
    assert (found["sentences"], found["code"]) == (("s",), ("c",))


def test_a_picture_on_paper_has_ink_and_letters_of_paper():
    from advisor.report.sections.parts import Section

    found = pdf._section(Section("T", chart="cost-stack"), of(costing(10.0)))

    assert "currentColor" not in found["chart"]
    assert pdf.INK in found["chart"]
    assert "sans-serif" not in found["chart"]
    assert found["chart_title"] == "What each option costs, and on what"
