"""`advisor reconcile`: a bill and metrics against a saved answer or the study's own."""

import json
import math

import pytest

from advisor.cli import run
from advisor.study.file import load_study
from tests.advisor.imports.bill_files import cur, write_csv, write_parquet
from tests.advisor.reconcile.worlds import answer_with, vendor_line
from tests.faces.pages import measured_study

KEYS = {"predicted_usd", "billed_usd", "difference_usd", "parts", "apart", "causes", "verdict"}
PART_KEYS = {
    "meter", "sku", "region", "by_quantity_usd", "by_price_usd", "joint_usd", "not_predicted_usd",
    "not_billed_usd",
}  # fmt: skip


@pytest.fixture
def paths(tmp_path):
    answer = answer_with(vendor_line("sagemaker-hosting", "ml.m5.large", 1460.0, 0.115))
    (tmp_path / "answer.json").write_text(answer.model_dump_json())
    (tmp_path / "advisor.yaml").write_text("data: {source: 'builtin:digits'}")
    rows = [
        cur(hours=1500.0, cash=172.5, list=172.5),
        cur("USE1-NatGateway-Hours", hours=720.0, cash=32.4, product="AmazonEC2"),
        cur(type="Tax", cash=20.0),
    ]
    write_parquet(tmp_path / "bill.parquet", rows)
    points = {"Id": "m1", "Label": "Invocations", "Timestamps": [], "Values": []}
    (tmp_path / "metrics.json").write_text(json.dumps({"MetricDataResults": [points]}))
    return tmp_path


def call(paths, *more):
    study, answer = str(paths / "advisor.yaml"), str(paths / "answer.json")
    return run(["reconcile", study, "--answer", answer, *map(str, more)])


def test_json_has_the_promised_keys_and_its_parts_add_up(paths, capsys):
    bill, metrics = paths / "bill.parquet", paths / "metrics.json"

    assert call(paths, "--bill", bill, "--metrics", metrics, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) >= KEYS
    amounts = [key for key in PART_KEYS if key.endswith("_usd")]
    for part in found["parts"]:
        assert set(part) >= PART_KEYS
    parts = math.fsum(part[key] for part in found["parts"] for key in amounts)
    assert parts == pytest.approx(found["difference_usd"])
    assert found["billed_usd"] - found["predicted_usd"] == pytest.approx(found["difference_usd"])
    assert found["billed_usd"] == pytest.approx(204.9)
    assert found["apart"] == {"tax": 20.0}
    assert found["cash_usd"] == pytest.approx(224.9)
    assert found["causes"][0].startswith("Not predicted: nat-gateway")


def test_files_without_an_option_are_told_by_their_content(paths, capsys):
    bill, metrics = paths / "bill.parquet", paths / "metrics.json"

    assert call(paths, "--json", "--bill", bill) == 0
    first = json.loads(capsys.readouterr().out)
    assert call(paths, "--json", bill, metrics) == 0
    assert json.loads(capsys.readouterr().out)["parts"] == first["parts"]


def test_the_terminal_and_markdown_say_the_same_verdict(paths, capsys):
    assert call(paths, "--bill", paths / "bill.parquet") == 0
    shown = capsys.readouterr().out
    assert call(paths, "--bill", paths / "bill.parquet", "--markdown") == 0
    text = capsys.readouterr().out

    assert shown.startswith("Above the band of ")
    assert text.splitlines()[2].startswith("**above the band of ")
    for words in (shown, text):
        assert "nat-gateway" in words
        assert "224.90" in words


def test_an_invoice_that_the_rows_do_not_add_up_to_is_an_error(paths, capsys):
    assert call(paths, "--bill", paths / "bill.parquet", "--invoice", "224.90") == 0
    assert call(paths, "--bill", paths / "bill.parquet", "--invoice", "300") == 1
    assert "adds up to 224.90 USD and the invoice says 300.00" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "no bill was given"),
        (["--bill", "bil.parquet"], "did you mean bill.parquet"),
        (["--bill", "bill.parquet", "--tag", "churn"], "write it as KEY=VALUE"),
        (["--bill", "bill.parquet", "--metrics", "advisor.yaml"], "is no answer of"),
        (["--bill", "answer.json"], "is no bill"),
    ],
)
def test_what_cannot_be_done_is_one_line(paths, more, said, monkeypatch, capsys):
    monkeypatch.chdir(paths)

    assert call(paths, *more) == 1
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


def test_a_tag_leaves_the_rest_of_a_shared_bill_apart(paths, capsys):
    tags = {"user_model": "churn"}
    rows = [cur(hours=10.0, cash=1.15, tags=tags), cur(hours=10.0, cash=9.0, tags={})]
    bill = write_csv(paths / "shared.csv.gz", rows)

    assert call(paths, "--bill", bill, "--tag", "model=churn", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["billed_usd"], found["apart"]) == (1.15, {"untagged": 9.0})


@pytest.mark.slow
def test_the_studys_own_answer_is_held_where_none_is_saved(tmp_path, capsys):
    study = measured_study(tmp_path)
    bill = write_parquet(tmp_path / "bill.parquet", [cur(hours=720.0, cash=82.8)])

    assert run(["reconcile", str(study), "--bill", str(bill), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["predicted_usd"] > 0
    assert found["predicted_usd_low"] <= found["predicted_usd"] <= found["predicted_usd_high"]


def test_learning_keeps_the_month_and_changes_the_study_that_is_read(paths, capsys):
    stamps = [f"2026-09-{day:02d}T{hour:02d}:00:00Z" for day in range(1, 31) for hour in range(24)]
    points = {"Id": "m1", "Label": "Invocations Sum", "Timestamps": stamps, "Values": [3.6e5] * 720}
    (paths / "metrics.json").write_text(json.dumps({"MetricDataResults": [points]}))

    bill, metrics = paths / "bill.parquet", paths / "metrics.json"
    assert call(paths, "--bill", bill, "--metrics", metrics, "--learn") == 0
    told = capsys.readouterr().err
    assert "traffic level: workload.requests_per_s is taken as" in told
    assert load_study(paths / "advisor.yaml").workload.requests_per_s == pytest.approx(100.0)

    assert run(["record", str(paths), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["months"], found["judged"]) == (1, 1)
    assert run(["record", str(paths)]) == 0
    assert "sagemaker-hosting" in capsys.readouterr().out
