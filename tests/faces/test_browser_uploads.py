"""What an upload was taken for is shown and asked in the browser before anything is measured."""

import re

import pytest

from advisor.study.file import load_study
from tests.faces.test_browser import (  # noqa: F401  # fixtures
    CHROMIUM,
    Visit,
    address,
    browser,
    page,
    studies,
    study_path,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def test_a_reading_is_shown_and_what_is_doubtful_is_asked(page, address, studies):  # noqa: F811
    visit = Visit(page, address)
    rows = [f"{i},5;{'low' if i % 5 == 0 else i * 1.25};{i % 2}" for i in range(200)]
    text = "Report of May\n\nheight;score;y\n" + "\n".join([*rows, "Total;;100"]) + "\n"

    page.get_by_text("Your own data or study").click()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "heights.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_text("1 line before the header was left out").wait_for()
    page.get_by_text("column 'height': taken for numbers with a decimal comma").wait_for()
    page.get_by_text("the last row ('Total') is no row of the data").wait_for()
    page.get_by_text("40 of 200 values are no numbers").first.wait_for()
    page.locator("[data-testid=stDataFrame]").first.wait_for()

    asked = page.get_by_role("combobox", name=re.compile("What is score"))
    asked.click()
    asked.fill("number")
    asked.press("Enter")
    visit.settle()
    page.get_by_role("button", name="Make a study of it").click()
    page.get_by_role("button", name="Measure the candidates").wait_for()

    study = load_study(studies / "heights" / "advisor.yaml")
    assert study.data.types == {"score": "number"}
    assert visit.complaints == []
