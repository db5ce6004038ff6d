"""Reports: self-contained, balanced, harmless, the same bytes for the same answer."""

import json
import math
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from advisor.errors import AdvisorError
from advisor.recommendation import BASIS_BADGES, LineQuote, PriceAge, Recommendation
from advisor.report import FORMATS, render, render_bytes, write_report
from advisor.report.charts import CHARTS
from advisor.report.sections import VIEWS, details, first_page
from advisor.report.tables import PARTS, Cell, Column, Table, part_usd_per_month
from tests.faces.factories import (
    CHARTS_OF_JOBS,
    HOSTILE,
    experiments,
    hostile,
    infeasible,
    option,
    recommendation,
)

VOID = {"meta", "br", "hr", "img", "input", "link"}
ANSWERS = {"feasible": recommendation, "infeasible": infeasible, "hostile": hostile}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: render(make(), format="html") for name, make in ANSWERS.items()}


class Outline(HTMLParser):
    """Tags in order, what is open at the end, the words, and where addresses point."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.mismatched: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in {"src", "href", "xlink:href", "data"}]
        self.handlers += [k for k, _ in attrs if k.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mismatched.append(tag)

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_page_is_balanced(pages, name):
    outline = Outline(pages[name])

    assert outline.mismatched == []
    assert outline.open == []


@pytest.mark.parametrize("name", ANSWERS)
def test_the_page_fetches_nothing_and_runs_nothing(pages, name):
    page = pages[name]
    outline = Outline(page)

    assert outline.addresses == []
    assert outline.handlers == []
    assert {"script", "iframe", "object", "link", "img"}.isdisjoint(outline.tags)
    assert re.findall(r"url\((?!#)|@import|srcset", page) == []
    assert set(re.findall(r"https?://[^\s\"<]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert len(page.encode()) < 1_500_000


def test_the_verdict_is_the_first_thing_on_the_page(pages):
    body = pages["feasible"].partition("<main>")[2]
    words = " ".join("".join(Outline(body).words).split())

    assert words.partition("2026-11-21 ")[2].startswith("Deploy logistic on ECS Fargate")


def test_the_first_page_answers_before_the_details(pages):
    first = pages["feasible"].partition('<hr class="divide">')[0]

    for needed in (
        "chosen",
        "cold start",
        "Every 4 weeks",
        "GPU for serving",
        "Taxes",
        "2026-10-03",
    ):
        assert needed in first


def test_every_line_of_the_bill_stands_with_its_basis_and_adds_up(pages):
    best = recommendation().best
    assert best is not None
    bill = pages["feasible"].partition("Cost lines of one month")[2].partition("</table>")[0]

    for line in best.lines:
        assert line.label in bill
        assert BASIS_BADGES[line.basis] in bill
    assert f"{best.usd_per_month:,.2f}" in bill


def test_every_chart_with_data_is_drawn_for_page_and_phone(pages):
    assert pages["feasible"].count("<svg ") == 2 * (len(CHARTS) - len(CHARTS_OF_JOBS))
    assert pages["infeasible"].count("<svg ") == 0


def test_no_two_things_on_the_page_share_an_id(pages):
    ids = re.findall(r' id="([^"]+)"', pages["feasible"])

    assert ids
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", pages["feasible"])) <= set(ids)


def test_every_rejected_option_stands_with_all_its_reasons(pages):
    page = pages["infeasible"]

    assert page.count("p99 41 ms &gt; 1 ms; budget 641 USD/month &gt; 10 USD/month") == 3
    assert "42 ms would do" in page


def test_an_unknown_number_is_not_a_zero(pages):
    ladder = pages["feasible"].partition("Candidates, simplest first</caption>")[2]
    row = re.search(r"<tr[^>]*>(?:(?!</tr>).)*mlp.*?</tr>", ladder, re.DOTALL)

    assert row is not None
    assert row[0].count("n/a") == 3
    assert "0.00" not in row[0]


@pytest.mark.parametrize("name", ["html", "md"])
@pytest.mark.parametrize("attack", ["<script>", "\x1b", "\u202e", "\x07"])
def test_hostile_words_are_harmless(pages, name, attack):
    text = pages["hostile"] if name == "html" else render(hostile(), format=name)
    if name == "md":  # within a fence words are only words
        text = re.sub(r"^(`{3,})$.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)

    assert attack in HOSTILE
    assert attack not in text


def test_replaced_characters_are_said(pages):
    assert "control or invisible characters" in pages["hostile"]
    assert "control or invisible characters" not in pages["feasible"]


def test_a_hostile_name_cannot_leave_its_markdown_cell():
    text = render(hostile(), format="md")
    rows = [line for line in text.splitlines() if line.startswith("|")]

    assert rows
    for row in rows:
        assert re.search(r"(?<!\\)[<>`\[\]*](?!\*)", row.replace("**", "")) is None


def test_tables_in_markdown_have_one_cell_per_column():
    lines = render(hostile(), format="md").splitlines()
    for place, line in enumerate(lines):
        if set(line) <= set("|-: ") and line.startswith("|"):
            width = _cells(line)
            table = [lines[place - 1]]
            for row in lines[place + 1 :]:
                if not row.startswith("|"):
                    break
                table.append(row)
            assert {_cells(row) for row in table} == {width}


def _cells(row: str) -> int:
    return len(re.split(r"(?<!\\)\|", row)) - 2


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"pdf"}))  # which has a file of its own
def test_the_same_answer_gives_the_same_bytes(pages, name):
    known = name == "html"
    first = pages["feasible"].encode() if known else render_bytes(recommendation(), format=name)

    assert render_bytes(recommendation(), format=name) == first


@pytest.mark.parametrize("make", ANSWERS.values(), ids=ANSWERS)
def test_json_is_the_whole_answer_and_reads_back(make):
    written = render(make(), format="json")

    assert Recommendation.model_validate_json(written) == make()
    assert "\x1b" not in written
    assert "\u202e" not in written


def test_a_very_long_name_is_cut_and_said():
    long = option(candidate="x" * 1_000_000, name="y" * 1_000_000)
    text = render(recommendation(best=long, ranked=(long,)), format="md")

    assert len(text) < 100_000
    assert "cut with an ellipsis" in text


@pytest.mark.slow
def test_thousands_of_options_do_not_make_a_long_report():
    best = option()
    many = tuple(
        option(name=f"option {n}", serving_usd=50.0 + n, platform=("ecs-ec2", "ecs-fargate")[n % 2])
        for n in range(3000)
    )
    text = render(recommendation(best=best, ranked=(best, *many)), format="html")

    assert "2995 more in the JSON" in text
    assert len(text) < 1.1 * len(render(recommendation(), format="html"))


def test_a_report_is_written_whole(tmp_path):
    path = tmp_path / "report.md"
    write_report(recommendation(), path, "md")

    assert path.read_text(encoding="utf-8") == render(recommendation(), format="md")
    assert [p.name for p in tmp_path.iterdir()] == ["report.md"]


def test_a_missing_folder_is_named_with_its_remedy(tmp_path):
    with pytest.raises(AdvisorError, match=r"no such folder .*nowhere: run 'mkdir -p"):
        write_report(recommendation(), tmp_path / "nowhere" / "report.md", "md")


def test_a_folder_is_no_report(tmp_path):
    with pytest.raises(AdvisorError, match="is a folder; name the file"):
        write_report(recommendation(), tmp_path, "md")


def test_a_failed_write_leaves_the_old_report_whole(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("old")

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(AdvisorError, match=r"report\.json: cannot be written: No space left"):
        write_report(recommendation(), path, "json")

    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_an_unknown_format_is_refused():
    with pytest.raises(AdvisorError, match="one of html, md, pdf, json, csv, focus"):
        render(recommendation(), format="docx")  # type: ignore[arg-type]


def test_the_markdown_says_these_words():
    """Words are a snapshot, numbers are not: every figure is masked."""
    text = render(recommendation(), format="md").partition("<details>")[0]

    assert re.sub(r"\d[\d,.]*\d|\d", "#", text) == GOLDEN


def test_numbers_of_the_assumptions_table_carry_unit_source_and_basis():
    table = render(recommendation(), format="md").partition("**Inputs and assumptions**")[2]

    assert (
        r"| workload.requests\_per\_s | 20 ✎ | 1/s | the study | 2026-11-21 | your input |" in table
    )
    assert r"| needs.min\_quality | not set ✎ |" in table
    assert "| 0.002 △ |" in table
    assert "| our assumption; not measured | 2026-08-01 | assumed |" in table


def test_the_report_ends_with_the_command_that_gives_it_again():
    text = render(recommendation(), format="md")

    assert "\nadvisor recommend STUDY.yaml --on 2026-11-21\n" in text
    assert f"sha256 {'ab' * 32}" in text
    assert "```\n20261121-logistic-1\n" in text


@pytest.mark.parametrize("name", ["html", "md"])
def test_the_experiments_stand_in_the_report_with_their_basis(pages, name):
    text = pages["feasible"] if name == "html" else render(recommendation(), format=name)
    words = " ".join(re.sub(r"<[^>]+>|\\\\", " ", text).split())

    assert "Experiments: what the next run gains" in words
    assert "10 ✎ runs" in words
    assert "the next run stops paying" in words
    assert "Experiments per week, cheapest place of each platform" in words
    assert "nothing can be said of an experiment budget" in pages["infeasible"]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "Up to about 41 runs per release"),
        (
            {"stopping_run_count": 100_000, "stopping_is_bounded": True},
            "People's time is the limit, not runs",
        ),
        ({"stopping_run_count": 3}, "A pilot of 8 runs, no more yet"),
        ({"search_pays": False}, "Keep the default settings"),
    ],
)
def test_the_short_answer_on_experiments_never_contradicts_the_gate(changes, answer):
    text = render(recommendation(experiments=experiments(**changes)), format="md")

    assert f"- **Experiments**: {answer} △" in text


def test_json_keeps_every_key_of_the_contract():
    found = json.loads(render(recommendation(), format="json"))

    assert {"verdict", "best", "ranked", "rejected", "retraining", "gpu", "training"} <= set(found)


GOLDEN = r"""# Deploy logistic on ECS Fargate, # x (# vCPU, # GiB), us-east-#: # USD/month, p# # ms of # ms; SageMaker real-time costs # USD/month more.

Retrain every # days (decay from a simulated stream). No GPU: it pays from # requests/s.

**Old prices: the oldest was read # days ago, on #-#-#; 'advisor prices refresh' reads them again**

Deployment estimate for **churn**, prices of #-#-#.

● measured · ◐ scaled · ○ list price · △ assumed · ✎ your input

## In short

- **You pay AWS**: # USD/month. # USD a year.
- **Your people**: # USD/month. # h of upkeep; together # USD/month, # a year.
- **Slowest #%**: # of # ms ◐. # to # in # of # draws.

## Cheapest platform as the traffic grows

By the AWS bill: SageMaker serverless, then ECS on EC# from #/s.

With your people: SageMaker serverless, then SageMaker real-time from #/s, then ECS Fargate from #/s, then ECS on EC# from #/s.

## What each platform costs

**Best size of each platform, USD/month**

|  | Platform | AWS bill | p# ms |
| --- | --- | ---: | ---: |
| **✔** | **ECS Fargate** | **n/a** | **# ◐** |
|  | SageMaker real-time | n/a | # ◐ |

## Before you sign

- Load-test the container: advisor serve STUDY.yaml
- Only # seeds: run 'advisor bench churn.yaml --preset standard'.

## More short answers

- **Retrain**: Every # weeks ● (simulated stream). # weeks is where releases and the ageing model's errors together cost least.
- **GPU for serving**: No; it pays from # requests/s. One CPU worker answers in # ms; a GPU would idle #% of the time.
- **GPU for training**: No. One run takes # s on # vCPUs.
- **Train on**: ECS Fargate, # vCPU, # GiB, arm#. # USD per run, # USD per release of # runs, # USD/month.
- **Experiments**: Up to about # runs per release △. #% of the errors of logistic is worth # USD over the # days that a release lives and a pilot of # runs costs # USD: looking for a better model pays, people not counted.

## Options considered

# options considered: # meet every need, # do not. The telling ones are listed.

**Options that meet every need**

|  | Option | USD/month | of it AWS | p# ms | #% band | Busy | accuracy | Why it lost |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
| **✔** | **logistic on ecs-fargate, # x (# vCPU, # GiB)** | **# ◐** | **n/a** | **# ◐** | **# to #** | **#%** | **# ●** | **chosen** |
| # | forest on ecs-fargate, # x (# vCPU, # GiB) | # ◐ | n/a | # ◐ | # to # | #% | # ● | costs # USD/month more; forest: better by #, which is within noise: the simpler one wins |
| # | logistic on SageMaker real-time, # x ml.c#i.large | # ◐ | n/a | # ◐ | # to # | #% | # ● | costs # USD/month more |

## What would change the answer

Nearest: Mean request rate, now #, changes the answer at # #/s to logistic on ECS on EC#, c#g.large.

## Not in these figures

- Taxes, support plans and credits.
- Data transfer between regions.
- Prices as of #-#-#; the oldest used was checked on #-#-#. USD before tax; a month is # h.

## Why the others do not qualify

**Options that lost**

| Option | USD/month | of it AWS | p# ms | Why it lost |
| --- | ---: | ---: | ---: | --- |
| logistic on SageMaker serverless, # MB | # ◐ | n/a | # △ | p# # ms \> # ms: a cold start falls in the slowest #% |

## Where each figure changes the answer

**Where one figure alone changes the answer, nearest first**

| Figure | Now | Changes at | Unit | To | In the study |
| --- | ---: | ---: | --- | --- | --- |
| Mean request rate | # | # | #/s | logistic on ECS on EC#, c#g.large | workload.requests\_per\_s |
| An engineer's hour | # | # | USD/h | nothing feasible | team.engineer\_usd\_per\_hour |

## Before you rely on it

- Only # seeds: run 'advisor bench churn.yaml --preset standard'.

## What to measure next

- Load-test the container: advisor serve STUDY.yaml (costs about # USD; saves # USD/month)

"""  # noqa: E501


@pytest.mark.parametrize("name", ANSWERS)
def test_the_page_is_valid_html(pages, name):
    import html5lib

    html5lib.HTMLParser(strict=True).parse(pages[name])


@pytest.mark.parametrize("name", ANSWERS)
def test_the_page_is_small_enough_to_mail(pages, name):
    assert len(pages[name].encode()) < 1_500_000


def test_the_report_says_method_versions_and_hashes(pages):
    assert "Method" in pages["feasible"]
    assert "# advisor " in pages["feasible"]
    assert "price book sha256 " + "ab" * 32 in pages["feasible"]


@pytest.mark.parametrize(("days", "kind"), [(30, None), (31, "old"), (90, "old"), (91, "stale")])
def test_prices_older_than_a_month_stand_in_a_banner_above_the_answer(days, kind, monkeypatch):
    monkeypatch.setattr("advisor.report.html.svg", lambda *_, **__: None)  # no chart stands there
    prices = recommendation().prices
    aged = prices.replace(oldest_checked_on=prices.on - timedelta(days=days))
    header = render(recommendation(prices=aged), format="html").partition("</header>")[0]

    assert re.findall(r'class="banner (\w+)"', header) == ([kind] if kind else [])
    assert ("advisor prices refresh" in header) == (kind is not None)


def test_a_sentence_of_a_table_gets_the_room_that_figures_leave():
    sentence = "why it lost, in a sentence that breaks into lines"
    table = Table(
        caption="x",
        columns=(Column("Option"), Column("USD/month", numeric=True), Column("Why")),
        rows=((Cell("a"), Cell("1,285", "list"), Cell(sentence)),),
    )

    assert table.classes == ("s", "n s", "w")
    assert table.stacked


def test_what_stands_on_the_first_page_is_not_told_again():
    answer = recommendation()
    told = [section.title for section in (*first_page(answer), *details(answer))]

    assert len(told) == len(set(told))
    assert any(
        section.title == "Not in these figures" for section in VIEWS["Data and prices"](answer)
    )


def test_every_part_of_the_cost_stack_adds_up_to_the_bill():
    answer = recommendation()
    runs = answer.training.runs_per_release

    for one in answer.ranked:
        parts = [part_usd_per_month(one, part, runs_per_release=runs) for part in PARTS]
        assert math.fsum(parts) == pytest.approx(one.usd_per_month)
        assert min(parts) >= 0


@pytest.mark.parametrize("name", ["html", "md"])
@pytest.mark.parametrize(
    ("margin_usd", "starts", "ends"),
    [
        (2.0, "STALE PRICES", "enough to change the answer"),
        (9.0, "Old prices", "too little to change the answer"),
    ],
)
def test_the_banner_weighs_the_old_prices_of_the_bill_on_the_first_page(
    name, margin_usd, starts, ends
):
    answer = recommendation()
    read = answer.prices.on - timedelta(days=400)
    oldest = LineQuote(
        service="s3",
        sku="storage",
        region="us-east-1",
        purchase="on-demand",
        valid_from=read,
        checked_on=read,
    )
    old = PriceAge(oldest=oldest, old_share=0.38, old_half_band_usd=5.0, margin_usd=margin_usd)
    first = render(recommendation(price_age=old), format=name).partition("Options considered")[0]

    assert f"{starts}: the oldest was read 400 days ago" in first
    assert "s3 storage, us-east-1)" in first
    assert "38% of this bill" in first
    assert ends in first
