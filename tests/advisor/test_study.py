"""The study file: what it takes, and what it says when it cannot be taken."""

from pathlib import Path

import pytest

from advisor.decision.answer.assumptions import study_figures
from advisor.decision.whatif.drivers import with_value
from advisor.errors import StudyError
from advisor.study.figures import study_keys, value_of
from advisor.study.file import load_study, parse_study, parse_study_text
from advisor.study.template import study_template, study_text
from advisor.study.types import CandidateImport, Data, Needs, Study, Workload
from pricing.yaml_text import load_yaml

# ruff: noqa: E501 - the documented study, as users copy it
FULL = """
name: churn
data: {path: churn.parquet, target: churned, time: event_time, label_time: null, ignore: [], task: auto, metric: auto}
candidates: [default, {name: mine, import: "my_module:make_model"}]
workload: {pattern: online, requests_per_s: 20, peak_requests_per_s: 60, rows_per_request: 1, request_kb: 2, response_kb: 1, active_hours_per_month: 730}
needs: {max_p99_latency_ms: 100, min_quality: null, max_quality_spread: null, max_usd_per_month: null, availability_zones: 2}
retraining: {error_cost_usd: 1.0, cases_per_day: null, runs_per_release: 10, label_cost_usd: 0, review_hours: 4, now_interval_days: null, decay_per_day: null}
team: {engineer_usd_per_hour: 95, hours_per_month: {sagemaker-realtime: 4, sagemaker-serverless: 3, ecs-fargate: 6, ecs-ec2: 10}}
cloud: {regions: [us-east-1], purchase: [on-demand], discounts: {}}
horizon_months: 12
"""
SMALL = {"data": {"source": "builtin:wine"}}


def write(folder: Path, text: str) -> Path:
    path = folder / "advisor.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def message(raw: object) -> str:
    with pytest.raises(StudyError) as caught:
        parse_study(raw, where="advisor.yaml")
    return str(caught.value)


def test_the_documented_study_is_taken_whole(tmp_path):
    study = load_study(write(tmp_path, FULL))

    assert study.name == "churn"
    assert study.candidates == (
        "default",
        CandidateImport.model_validate({"name": "mine", "import": "my_module:make_model"}),
    )
    assert study.workload.peak_per_s == 60
    assert study.team.upkeep_hours("ecs-ec2") == 10


def test_only_data_is_required():
    study = parse_study(SMALL, where="x")

    assert study.horizon_months == 12
    assert study.workload.peak_per_s == 3 * study.workload.requests_per_s


def test_the_template_is_a_valid_study_with_every_default():
    raw = load_yaml(study_template("churn"))

    assert parse_study(raw, where="x") == Study.model_validate(
        {"name": "churn", "data": {"path": "data.csv", "target": "label"}}
    )
    assert set(raw) == set(Study.model_fields)


def test_the_template_explains_every_key():
    lines = study_template().splitlines()
    keys = [i for i, line in enumerate(lines) if ":" in line and not line.lstrip().startswith("#")]

    assert [lines[i] for i in keys if not lines[i - 1].lstrip().startswith("#")] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"workload": {"request_per_s": 2}}, ["workload.request_per_s", "workload.requests_per_s"]),
        ({"worklod": {}}, ["unknown key 'worklod'", "did you mean workload"]),
        ({"data": {}}, ["data", "path", "source"]),
        ({"data": {"path": "a.csv", "source": "builtin:wine"}}, ["data", "not both"]),
        ({"data": {"source": "builtn:wine"}}, ["builtn:wine", "builtin:"]),
        ({"workload": {"requests_per_s": "20/s"}}, ["workload.requests_per_s", "'20/s'", "number"]),
        ({"workload": {"requests_per_s": 0}}, ["workload.requests_per_s", "greater than 0"]),
        ({"workload": {"requests_per_s": float("inf")}}, ["requests_per_s", "finite"]),
        (
            {"workload": {"requests_per_s": 50, "peak_requests_per_s": 20}},
            ["peak_requests_per_s 20", "requests_per_s 50"],
        ),
        ({"workload": {"active_hours_per_month": 800}}, ["active_hours_per_month", "730"]),
        ({"needs": {"availability_zones": 2.5}}, ["availability_zones", "2.5", "integer"]),
        ({"cloud": {"regions": ["us-east1"]}}, ["us-east1", "did you mean us-east-1"]),
        ({"cloud": {"regions": []}}, ["cloud.regions"]),
        ({"cloud": {"purchase": ["ondemand"]}}, ["ondemand", "on-demand"]),
        ({"cloud": {"discounts": {"ec2": 1.5}}}, ["cloud.discounts.ec2", "1.5"]),
        ({"cloud": {"discounts": {"ec2": 1}}}, ["cloud.discounts.ec2", "less than 1"]),
        ({"cloud": {"discounts": {"ec3": 0.1}}}, ["ec3", "ec2"]),
        ({"cloud": {"training_purchase": ["savings-1y"]}}, ["savings-1y", "spot"]),
        ({"retraining": {"label_cost_usd": 1e308}}, ["label_cost_usd"]),
        ({"team": {"hours_per_month": {"ecs-farget": 3}}}, ["ecs-farget", "ecs-fargate"]),
        ({"candidates": [{"name": "x", "imprt": "a:b"}]}, ["candidates.0", "imprt", "import"]),
        ({"candidates": [{"name": "x", "import": "a.b"}]}, ["candidates.0", "module:function"]),
        ({"candidates": [3]}, ["candidates.0", "3"]),
        ({"candidates": []}, ["candidates"]),
        ({"horizon_months": 0}, ["horizon_months"]),
        ({"data": {"path": "a.csv", "metric": "acuracy"}}, ["acuracy", "accuracy"]),
        ({"retraining": {"backtest_source": "builtin:wine"}}, ["backtest_source"]),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_wrong_value_is_one_line_with_key_value_and_remedy(change, words):
    text = message(SMALL | change)

    assert text.startswith("advisor.yaml: ")
    assert "\n" not in text
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["is empty", "advisor init"]),
        ("- a\n- b\n", ["a mapping", "list"]),
        ("data: {path: a.csv\n", ["line", "not valid YAML"]),
        ("data: {path: a.csv}\ndata: {path: b.csv}\n", ["given twice", "line 2"]),
        ("data: {path: a.csv}\n1: x\n", ["not a word"]),
        ("\x00\x01", ["not valid YAML"]),
    ],
)
def test_a_file_that_is_no_study_says_so(tmp_path, text, words):
    path = write(tmp_path, text)

    with pytest.raises(StudyError) as caught:
        load_study(path)

    assert str(path) in str(caught.value)
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_missing_file_a_folder_and_a_binary_file_say_so(tmp_path):
    binary = tmp_path / "model.parquet"
    binary.write_bytes(bytes(range(256)))

    for path, word in (
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path, "is a folder"),
        (binary, "not a text file"),
    ):
        with pytest.raises(StudyError, match=word):
            load_study(path)


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path):
    path = write(tmp_path, "#" * 1_000_001)

    with pytest.raises(StudyError, match=r"1,000,001 bytes is no study"):
        load_study(path)


def test_set_changes_one_key_and_keeps_the_others(tmp_path):
    path = write(tmp_path, FULL)

    study = load_study(path, ["workload.requests_per_s=50", "team.hours_per_month.ecs-ec2=3"])

    assert study.workload.requests_per_s == 50
    assert study.workload.peak_requests_per_s == 60
    assert study.team.upkeep_hours("ecs-ec2") == 3
    assert study.team.upkeep_hours("ecs-fargate") == 6


@pytest.mark.parametrize(
    ("override", "word"),
    [
        ("workload", "key=value"),
        ("workload.requests_per_sec=3", "did you mean workload.requests_per_s"),
        ("workload.requests_per_s.x=3", "nothing stands below"),
        ("=3", "key=value"),
        ("name={", "not valid YAML"),
    ],
)
def test_a_wrong_set_says_what_to_write(tmp_path, override, word):
    with pytest.raises(StudyError, match=word):
        load_study(write(tmp_path, FULL), [override])


def test_set_takes_null_and_lists(tmp_path):
    path = write(tmp_path, FULL)

    study = load_study(path, ["needs.max_p99_latency_ms=null", "cloud.regions=[eu-west-1]"])

    assert study.needs.max_p99_latency_ms is None
    assert study.cloud.regions == ("eu-west-1",)


def test_every_discount_names_a_service_that_a_bill_can_hold():
    from advisor.study.types import DISCOUNT_SERVICES
    from pricing.tables import load_book

    known = set(load_book().services)
    assert [s for s in DISCOUNT_SERVICES if s not in known and s != "sagemaker"] == []


@pytest.mark.parametrize("written", ["1e6", "1.0e+6", "1000000", "'1e6'", "1E6"])
def test_a_job_is_as_large_however_its_rows_are_written(written):
    text = (
        f"data: {{source: 'builtin:digits'}}\nworkload: {{pattern: batch, rows_per_job: {written}}}"
    )

    work = parse_study_text(text.encode(), where="s.yaml").workload

    assert work.rows_per_job == 1e6
    assert work.requests_per_s == pytest.approx(1e6 / 1000 / 86_400)


def test_a_setting_may_be_written_with_an_exponent(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("data: {source: 'builtin:digits'}\nworkload: {pattern: batch}\n")

    study = load_study(path, ["workload.rows_per_job=2e7", "workload.jobs_per_day=1e-1"])

    assert study.workload.job_rows == pytest.approx(2e7)
    assert study.needs.deadline_hours == 24


def test_a_batch_study_made_in_python_takes_its_deadline():
    """The latency need's own default used to contradict a deadline that was given alone."""
    made = Study(
        data=Data(source="builtin:digits"),
        workload=Workload(pattern="batch"),
        needs=Needs(deadline_hours=4),
    )

    assert made.needs.deadline_hours == 4
    assert made.needs.max_p99_latency_ms == 4 * 3.6e6
    tighter = with_value(made, "needs.deadline_hours", 0.5)
    assert tighter.needs.max_p99_latency_ms == 0.5 * 3.6e6


def test_what_follows_from_the_jobs_does_not_look_given():
    text = b"data: {source: 'builtin:digits'}\nworkload: {pattern: batch, rows_per_job: 5}\n"

    study = parse_study_text(text, where="s.yaml")

    assert study.workload.model_fields_set == {"pattern", "rows_per_job"}
    assert study.needs.model_fields_set == set()
    assert (study.workload.rows_per_request, study.needs.deadline_hours) == (1000, 24)
    given = {row.name for row in study_figures(study) if row.basis == "input"}
    assert given == {"workload.pattern", "workload.rows_per_job"}
    follows = [row.name for row in study_figures(study) if row.source.startswith("follows")]
    assert follows == ["workload.requests_per_s", "needs.max_p99_latency_ms"]
    assert parse_study_text(study_text(study).encode(), where="copy") == study


def test_a_deadline_of_nothing_is_said_by_its_own_name(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("data: {source: 'builtin:digits'}\nworkload: {pattern: batch}\n")

    with pytest.raises(StudyError, match=r"needs\.deadline_hours: input should be greater than 0"):
        load_study(path, ["needs.deadline_hours=0"])


TRUTHS = [
    key for key in study_keys() if isinstance(value_of(parse_study(SMALL, where=""), key), bool)
]


@pytest.mark.parametrize("key", TRUTHS)
@pytest.mark.parametrize(("word", "truth"), [("yes", True), ("No", False), ("on", True)])
def test_a_truth_value_may_be_written_as_yaml_1_1_wrote_it(key, word, truth, tmp_path):
    path = write(tmp_path, FULL)

    assert value_of(load_study(path, [f"{key}={word}"]), key) is truth


@pytest.mark.parametrize("key", ["workload.requests_per_s", "cloud.regions", "horizon_months"])
@pytest.mark.parametrize("word", ["yes", "off", "10:30"])
def test_where_a_figure_is_wanted_such_a_word_is_refused_with_its_key(key, word, tmp_path):
    path = write(tmp_path, FULL)

    with pytest.raises(StudyError, match=key.replace(".", r"\.")):
        load_study(path, [f"{key}={word}"])
