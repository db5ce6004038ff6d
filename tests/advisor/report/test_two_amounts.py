"""Two amounts on every face: none of people that nobody gave, no sum without what AWS bills."""

import html
import io
import json
import re

import pytest
from rich.console import Console

from advisor.report import render_bytes
from advisor.report.short import print_short
from advisor.report.text import print_recommendation
from tests.advisor.factories import answer, bare_study, study

FACES = ("html", "md", "pdf", "short", "text")
PEOPLE = re.compile(
    r"people \d|[Pp]eople(?:'s hours)? \+?\d|Together|together \d|h of upkeep|△? hours of"
)
INTERVAL = re.compile(r"[Rr]etrain every|[Ee]very \d+ (?:days|weeks|months) [△●◐✎]")


def face(found, name):
    """Return the words of a face, without markup."""
    if name in {"short", "text"}:
        out = io.StringIO()
        tell = print_short if name == "short" else print_recommendation
        tell(found, Console(file=out, width=200, color_system=None))
        return out.getvalue()
    raw = render_bytes(found, format=name)
    if name == "pdf":
        from pypdf import PdfReader

        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(raw)).pages)
    text = raw.decode()
    if name == "html":
        text = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", text, flags=re.DOTALL)
        text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return text


@pytest.fixture(scope="module")
def bare():
    return answer(bare_study(decision={"draw_count": 32}))


@pytest.fixture(scope="module")
def given():
    return answer(study(decision={"draw_count": 32}))


@pytest.mark.parametrize("name", FACES)
def test_without_hours_no_face_has_a_figure_of_people_or_an_interval(bare, name):
    words = face(bare, name)

    assert "AWS" in words
    assert not PEOPLE.search(words), PEOPLE.search(words)
    assert not INTERVAL.search(words), INTERVAL.search(words)


@pytest.mark.parametrize("name", FACES)
def test_a_sum_stands_beside_what_aws_bills(given, name):
    words = face(given, name)

    assert PEOPLE.search(words)
    assert INTERVAL.search(words)
    # The first words hold both amounts and their sum, what AWS bills first.
    first = " ".join(words.split())
    assert re.search(r"AWS bills [\d.,]+ USD/month.*?your people [\d.,]+.*?[\d.,]+ together", first)
    assert re.search(r"Platform.{0,40}bill.{0,40}People.{0,40}Together", first)


def test_json_keeps_them_apart(bare, given):
    without = json.loads(render_bytes(bare, format="json"))
    assert {o["people_usd_per_month"] for o in without["ranked"]} == {None}
    assert not [line for line in without["best"]["lines"] if line["group"] == "people"]
    assert without["retraining"]["interval_days"] is None
    assert without["retraining"]["kind"] == "unknown"
    assert without["cheapest"]["with_people"] is None

    with_people = json.loads(render_bytes(given, format="json"))
    for option in with_people["ranked"]:
        both = option["aws_usd_per_month"] + option["people_usd_per_month"]
        assert option["usd_per_month"] == pytest.approx(both, abs=0.005)
