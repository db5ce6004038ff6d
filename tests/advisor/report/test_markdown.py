"""Markdown that says what the words say, whatever is in them."""

import re

import pytest

from advisor.recommendation import MeasureNext
from advisor.report.markdown import escape, render_markdown
from advisor.report.sections.decision import first_page
from advisor.report.words import CLOSING
from tests.advisor.report.factories import bare, cost_line, costing, of, today, turned_down, way


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("plain words, 1.5 and (more)", "plain words, 1.5 and (more)"),
        ("a|b", r"a\|b"),
        ("a\\b", r"a\\b"),
        ("`x`", r"\`x\`"),
        ("*x* _y_ ~z~", r"\*x\* \_y\_ \~z\~"),
        ("{x} [y] <z>", r"\{x\} \[y\] \<z\>"),
        ("a & b $c$", r"a \& b \$c\$"),
        ("# title", r"\# title"),
        ("a #12 b", r"a \#<!-- -->12 b"),
        ("GH-12", "GH-<!-- -->12"),
        ("gh-12", "gh-<!-- -->12"),
        ("XGH-12", "XGH-12"),
        ("- item", r"\- item"),
        ("-item", "-item"),
        ("+ item", r"\+ item"),
        ("-", r"\-"),
        ("--- rule", r"\--- rule"),
        ("1. item", r"1\. item"),
        ("1) item", r"1\) item"),
        ("1.5 of it", "1.5 of it"),
        ("= under", r"\= under"),
        ("==", r"\=="),
        ("  - nested", r"  \- nested"),
        ("http://x.y", r"http\://x.y"),
        ("HTTPS://x.y", r"HTTPS\://x.y"),
        ("ftp://x.y", r"ftp\://x.y"),
        ("www.x.y", r"www\.x.y"),
        ("awww.x", "awww.x"),
        ("@someone", "@<!-- -->someone"),
        ("a@b.c", "a@<!-- -->b.c"),
        ("a > b < c", r"a \> b \< c"),
    ],
)
def test_words_stay_words(text, escaped):
    assert escape(text) == escaped


@pytest.mark.parametrize("text", ["a|b", "<script>", "# x", "*a*", "`", "[a](http://b)", "1. x"])
def test_what_is_escaped_reads_as_it_was_once_the_signs_are_taken_away(text):
    plain = re.sub(r"\\([^\w\s])", r"\1", escape(text)).replace("<!-- -->", "")

    assert plain == text


def lines(answer) -> list[str]:
    return render_markdown(answer).splitlines()


def test_the_page_begins_with_the_verdict_and_ends_with_what_it_is():
    found = lines(of(costing(10.0), verdict="Deploy m. Retrain never."))

    assert found[0] == "# Deploy m."
    assert found[2] == "Retrain never."
    assert "Deployment estimate for **bare**, prices of 2026-11-21." in found
    assert found[-1] == CLOSING
    assert render_markdown(bare()).endswith(f"{CLOSING}\n")


def test_a_verdict_of_one_sentence_has_no_lead():
    assert lines(bare())[:3] == [
        "# No option meets every need.",
        "",
        "Deployment estimate for **bare**, prices of 2026-11-21.",
    ]


def test_old_prices_stand_in_bold_below_the_verdict():
    day = bare().prices.on.replace(year=2025)
    found = lines(bare(prices=bare().prices.replace(oldest_checked_on=day)))

    assert found[2].startswith("**STALE PRICES: the oldest was read 365 days ago")
    assert found[2].endswith("**")


def test_the_long_part_is_folded():
    text = render_markdown(of(costing(10.0)))

    assert text.count("<details>") == text.count("</details>") == 1
    first, _, rest = text.partition("<details>")
    for section in first_page(of(costing(10.0))):
        assert f"## {section.title}" in first
        assert f"## {section.title}\n" not in rest


def test_a_table_has_figures_to_the_right_and_the_chosen_row_in_bold():
    found = lines(of(way("one | two"), costing(12.5)))
    place = found.index("**Options that meet every need**")

    assert found[place + 2] == (
        "|  | Option | USD/month | of it AWS | p99 ms | 80% band | Busy | accuracy | Why it lost |"
    )
    assert found[place + 3] == "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    assert found[place + 4].startswith(r"| **✔** | **one \| two** | **10 ○** | **n/a** | **8 ◐** |")
    assert found[place + 5].startswith(
        "| 2 | 12.5 USD | 12 ○ | 6.25 ○ | 8 ◐ | 6 to 12 | 25% | 0.900 ● |"
    )


def test_an_empty_cell_of_a_bold_row_stays_empty():
    text = render_markdown(of(way("m", cost_line(3.0))))

    assert "| **Total** |  |  |  | **3.00** |  |" in text
    assert "****" not in text


def test_facts_and_bullets_are_lists():
    item = MeasureNext(action="do <it>", cost_usd=0.0, saves_usd_per_month=0.0)
    text = render_markdown(bare(present=today(), measure_next=(item,), warnings=("a_b",)))

    assert "\n- **Move or stay**: Move: it saves 919 USD/month; today: " in text
    assert "\n- do \\<it\\>\n" in text
    assert "\n- a\\_b\n" in text


@pytest.mark.parametrize(
    ("run", "fence"), [("run-1", "```"), ("a``b", "```"), ("a```b", "````"), ("`" * 7, "`" * 8)]
)
def test_a_block_of_code_ends_only_where_it_ends(run, fence):
    found = lines(bare(runs=(run, "last")))
    place = found.index(run)

    assert found[place - 1] == fence
    assert found[place + 2] == fence


@pytest.mark.parametrize(
    "evil",
    ["<img src=x onerror=alert(1)>", "a | b\n| c", "](http://evil) [x", "</details>", "@all"],
)
def test_a_hostile_name_changes_neither_table_nor_page(evil):
    option = costing(10.0, evil, candidate=evil, sku=evil)
    answer = of(option, study=evil, metric=evil, rejected=(turned_down(option, evil),))
    text = re.sub(r"^(`{3,})$.*?^\1$", "", render_markdown(answer), flags=re.DOTALL | re.MULTILINE)

    assert text.count("<details>") == 1
    assert len(re.findall(r"(?<!\\)</details", text)) == 1
    assert re.search(r"(?<!\\)<img|(?<!\\)\]\(|https?://", text) is None
    assert re.search(r"@\w", text) is None
    _, _, options = text.partition("## Options considered")
    for row in (line for line in options.splitlines() if line.startswith("| 1") or "✔" in line):
        assert len(re.split(r"(?<!\\)\|", row)) - 2 == 9
