"""Every format through one door."""

import json

import pytest

from advisor.errors import AdvisorError
from advisor.recommendation import Recommendation
from advisor.report import FORMATS, render, render_bytes, write_report
from tests.advisor.report.factories import bare, costing, golden, of

TEXT = tuple(name for name in FORMATS if name != "pdf")
BEGINNINGS = {
    "html": "<!doctype html>",
    "md": "# No option",
    "json": "{\n",
    "csv": "study,rank,",
    "focus": "BilledCost,",
}


@pytest.mark.parametrize("name", TEXT)
def test_a_format_of_text_begins_as_it_should(name):
    assert render(bare(), format=name).startswith(BEGINNINGS[name])


@pytest.mark.parametrize("name", TEXT)
def test_the_bytes_of_a_text_are_the_text(name):
    assert render_bytes(bare(), format=name) == render(bare(), format=name).encode()


def test_a_pdf_is_bytes_and_no_text():
    assert render_bytes(bare(), format="pdf").startswith(b"%PDF-")
    with pytest.raises(AdvisorError, match="a PDF is no text"):
        render(bare(), format="pdf")


@pytest.mark.parametrize("name", ["docx", "", "HTML"])
def test_a_format_that_is_not_there_is_refused_with_those_that_are(name):
    with pytest.raises(AdvisorError, match=rf"unknown report format '{name}': one of html, md,"):
        render(bare(), format=name)


def test_every_format_has_a_label_a_file_and_a_type():
    assert len({one.label for one in FORMATS.values()}) == len(FORMATS)
    assert len({one.file_name for one in FORMATS.values()}) == len(FORMATS)
    assert all("/" in one.mime for one in FORMATS.values())


@pytest.mark.parametrize("kind", ["online", "nothing-feasible"])
def test_json_reads_back_as_the_same_answer(kind):
    written = render(golden(kind), format="json")

    assert Recommendation.model_validate_json(written) == golden(kind)
    assert written.endswith("}\n")


def test_json_keeps_a_hostile_name_as_it_is_and_shows_it_escaped():
    written = render(of(costing(1.0, "a\u202eb\x1b")), format="json")

    assert "\\u202e" in written
    assert json.loads(written)["best"]["name"] == "a\u202eb\x1b"


def test_a_report_is_written_over_an_older_one(tmp_path):
    path = tmp_path / "r.csv"
    write_report(of(costing(1.0)), path, "csv")
    write_report(bare(), path, "csv")

    assert path.read_bytes() == render_bytes(bare(), format="csv")
