"""The explorer: the first view is an answer, every figure can be moved, the address holds all."""

import ast
import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from advisor.decision.choice.engine import prepare
from advisor.decision.scenarios.uncertainty import spreads_of
from advisor.decision.whatif.sensitivity import break_evens as break_evens_of
from advisor.recommend import load_evidence, market_on, recommend
from advisor.report import FORMATS
from advisor.report.tables import figure_name
from advisor.study.file import load_study
from advisor.study.types import Current, Study
from advisor.views import compute
from advisor.views.all_controls import CHOICES, FIXED, HORIZON, OURS, SECTIONS, controls
from advisor.views.main_controls import PATTERNS, PRIMARY
from advisor.views.presets import (
    DEADLINE,
    JOBS,
    P99,
    PATTERN,
    PEAK,
    PER_CALL,
    PRESETS,
    RATE,
    REQUEST_KB,
    ROWS,
)
from advisor.views.scenario_values import (
    all_keys,
    changes,
    differing,
    first_keys,
    in_pattern,
    keys_of,
    origin,
    other_keys,
    value_at,
)
from tests.faces.pages import APP, ROOT, VIEWS, measured_study


@pytest.fixture(scope="module")
def study_path(tmp_path_factory):
    return measured_study(tmp_path_factory.mktemp("explorer"))


@pytest.fixture
def opened(study_path, monkeypatch):
    """Return a function that opens the page, at an address."""
    monkeypatch.setattr("sys.argv", ["app.py"])
    monkeypatch.setenv("ADVISOR_STUDY", str(study_path))

    def opened(**address: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=120)
        for key, value in address.items():
            page.query_params[key.replace("__", ".")] = value
        return page.run()

    return opened


def address(page: AppTest) -> dict[str, str]:
    """Return the page's address as keys and values."""
    return {
        key: value[0] if isinstance(value, list) else value
        for key, value in page.query_params.items()
    }


def shown(page: AppTest) -> str:
    """Return all HTML on the page."""
    return "\n".join(element.proto.body for element in page.get("html"))


def verdict_of(study_path, *settings: str) -> str:
    """Return what the page says first: the title and the amounts of the whole answer."""
    study = load_study(study_path, settings)
    # What would change the answer is no part of the verdict, and takes most of the time.
    answer = recommend(
        study, load_evidence(study_path, study), on=datetime.now(UTC).date(), what_if=False
    )
    told = answer.verdict.partition(". ")[0]
    title, colon, rest = told[told.index("Deploy ") :].partition(": ")
    assert colon
    amounts = rest.partition(", p99")[0].partition(", each job")[0].partition(", results")[0]
    return f'<h1>{title}</h1><p class="amounts">{amounts}'


def assumptions_of(page: AppTest) -> AppTest:
    page.session_state["view"] = "Assumptions"
    return page.run()


@pytest.fixture(autouse=True)
def no_break_evens(monkeypatch, request):
    """Leave out the search that hundreds of decisions make, where it is not what is tested."""
    if "break_evens" not in request.fixturenames:
        monkeypatch.setattr("advisor.views.compute.break_evens", lambda *_, **__: [])


@pytest.fixture
def break_evens():
    """Asks for the real search, and for nothing that another test left."""
    compute._memo.clear()


def button(page: AppTest, label: str):
    return next(one for one in page.button if one.label == label)


def test_the_first_view_is_already_an_answer(opened, study_path):
    page = opened()

    assert not page.exception
    assert not page.error
    assert verdict_of(study_path) in shown(page)
    assert address(page) == {}


def test_the_break_even_bar_is_there_when_the_page_is_at_rest(opened, study_path, break_evens):
    page = opened()

    study = load_study(study_path)
    answer = recommend(study, load_evidence(study_path, study), on=datetime.now(UTC).date())
    assert not page.exception
    assert "What would change the answer" in [one.value for one in page.header]
    assert f"Nearest: {figure_name(answer.break_even[0].driver)}, now" in shown(page)


def test_a_search_for_break_evens_ends_with_the_next_move(study_path):
    class Moved(BaseException):
        pass

    asked = []

    def move():
        asked.append(1)
        if len(asked) == 3:
            raise Moved

    study = load_study(study_path)
    engine = prepare(
        study,
        load_evidence(study_path, study),
        market_on(date(2026, 11, 21)),
    )
    with pytest.raises(Moved):
        break_evens_of(engine.problem, pause=move)
    assert len(asked) == 3


def test_moving_the_request_rate_moves_the_verdict_as_the_command_line_would(opened, study_path):
    page = opened()
    page.select_slider(key=RATE).set_value(1000.0).run()

    settings = [f"{key}={value}" for key, value in address(page).items()]
    assert settings == [f"{PEAK}=3000", f"{RATE}=1000"]
    assert verdict_of(study_path, *settings) in shown(page)
    assert verdict_of(study_path, *settings) != verdict_of(study_path)
    assert "2 changed:" in shown(page)


def test_an_address_opens_the_same_page_again(opened):
    first = opened()
    first.select_slider(key=RATE).set_value(1000.0).run()
    assumptions_of(first).number_input(key="needs.availability_zones").set_value(3).run()

    second = opened(**address(first))

    assert address(second) == address(first)
    assert shown(second) == shown(first)


def test_a_value_between_the_steps_is_kept(opened):
    page = opened(workload__requests_per_s="37", workload__peak_requests_per_s="74")

    assert page.select_slider(key=RATE).value == 37
    assert page.select_slider(key=PEAK).value == 2
    assert address(page) == {RATE: "37", PEAK: "74"}


def test_an_address_that_is_no_study_is_said_and_left_out(opened):
    page = opened(workload__requests_per_s="-5", nonsense="1")

    assert not page.exception
    assert "Not used" in page.warning[0].value
    assert address(page) == {}


def test_a_figure_that_cannot_be_used_is_said_and_can_be_mended(opened, study_path):
    page = assumptions_of(opened())
    page.number_input(key="workload.active_hours_per_month").set_value(0.0).run()
    assert not page.exception
    assert "active" in page.error[0].value
    assert "advisor.yaml" not in page.error[0].value
    assert verdict_of(study_path) in shown(page)  # of the last figures that could be used

    page.number_input(key="workload.active_hours_per_month").set_value(100.0).run()
    assert not page.error


def test_going_back_takes_everything_back(opened):
    page = opened()
    page.select_slider(key=RATE).set_value(1000.0).run()
    button(page, "Back to the saved study").click().run()

    assert address(page) == {}
    assert "as saved" in shown(page)


def test_who_goes_on_in_the_browser_before_the_controls_have_followed_arrives_there(opened):
    page = opened()
    went = []
    for rate in (100.0, 270.0, 1000.0):
        page.select_slider(key=RATE).set_value(rate).run()
        went.append(address(page))
        page.run()  # the browser has shown the address
    page.query_params = dict(went[0])
    page.run()
    assert page.select_slider(key=RATE).value == 100

    page.select_slider(key=RATE).set_value(1000.0)  # what the browser still holds
    page.query_params = dict(went[1])
    page.run()
    assert page.select_slider(key=RATE).value == 270


def test_a_baseline_stays_and_later_changes_are_told_against_it(opened):
    page = opened()
    page.select_slider(key=RATE).set_value(100.0).run()
    button(page, "Keep as the baseline").click().run()
    assert "as the baseline" in shown(page)
    page.select_slider(key=RATE).set_value(1000.0).run()

    assert "2 changed:" in shown(page)
    assert "against the baseline" in shown(page)
    assert address(page)[f"base.{RATE}"] == "100"

    button(page, "Back to the baseline").click().run()
    assert page.select_slider(key=RATE).value == 100
    assert "as the baseline" in shown(page)


def test_an_address_keeps_the_baseline_and_the_view(opened, study_path):
    page = opened(workload__requests_per_s="100", base__workload__requests_per_s="50")
    page.session_state["view"] = "Cost"
    page.run()

    second = opened(**address(page))
    assert address(second) == address(page)
    assert address(second)["view"] == "Cost"
    assert "against the baseline" in shown(second)
    assert VIEWS["Cost"] in [header.value for header in second.header]


def test_a_figure_can_be_taken_back_alone(opened):
    page = assumptions_of(opened())
    page.number_input(key="needs.availability_zones").set_value(3).run()
    page.number_input(key="workload.request_kb").set_value(7.0).run()
    page.button(key="reset:needs.availability_zones").click().run()

    assert {k: v for k, v in address(page).items() if k != "view"} == {"workload.request_kb": "7"}
    assert page.number_input(key="needs.availability_zones").value == 2


def test_what_changed_is_listed_with_both_values(opened):
    page = opened(workload__requests_per_s="1000", workload__peak_requests_per_s="3000")

    assert "What was moved" in shown(page)
    assert "What became of the answer" in shown(page)


def test_every_assumption_says_its_source_its_range_and_the_saved_value(opened):
    page = assumptions_of(opened())

    for key in other_keys("online"):
        assert page.button(key=f"reset:{key}").disabled
    assert shown(page).count("Range:") == shown(page).count("In the study:")
    assert "Source: the study." in shown(page)
    assert "Source: default: ours" in shown(page)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_an_answer_too(opened, study_path, preset):
    page = opened()
    page.selectbox(key="preset").set_value(preset).run()

    assert not page.exception
    assert not page.error
    assert PRESETS[preset].items() <= {key: page.session_state[key] for key in all_keys()}.items()
    settings = [f"{key}={value}" for key, value in address(page).items()]
    assert verdict_of(study_path, *settings) in shown(page)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(opened, view):
    page = opened()
    page.session_state["view"] = view
    page.run()

    assert not page.exception
    assert VIEWS[view] in [header.value for header in page.header]


def test_nothing_feasible_is_an_answer(opened):
    page = opened(needs__max_usd_per_month="1")

    assert not page.exception
    assert "No option" in shown(page)
    assert "max_usd_per_month" in shown(page)
    for view in VIEWS:
        page.session_state["view"] = view
        assert not page.run().exception


@pytest.mark.slow
def test_a_study_without_runs_says_what_to_run(tmp_path, monkeypatch):
    path = measured_study(tmp_path)
    for file in (tmp_path / ".advisor").rglob("*.json"):
        file.unlink()
    monkeypatch.setenv("ADVISOR_STUDY", str(path))
    page = AppTest.from_file(APP, default_timeout=60).run()

    assert not page.exception
    assert "advisor bench" in page.error[0].value


def test_a_broken_study_is_one_clear_line(tmp_path, monkeypatch):
    path = tmp_path / "broken.yaml"
    path.write_text("data: {pth: x.csv}\n")
    monkeypatch.setenv("ADVISOR_STUDY", str(path))
    page = AppTest.from_file(APP, default_timeout=60).run()

    assert not page.exception
    assert "did you mean data.path," in page.error[0].value.replace("\\", "")


@pytest.mark.slow
def test_a_hostile_study_is_shown_as_words(tmp_path, monkeypatch):
    path = measured_study(tmp_path)
    name = '"<script>alert(1)</script>\\x1b[31m <img src=x onerror=alert(1)>"'
    path.write_text(path.read_text().replace("name: demo", f"name: {name}"))
    monkeypatch.setenv("ADVISOR_STUDY", str(path))
    page = AppTest.from_file(APP, default_timeout=60).run()

    assert not page.exception
    assert "&lt;script&gt;" in shown(page)
    assert "<script" not in shown(page)
    assert "<img" not in shown(page)
    assert "\x1b" not in shown(page)


@pytest.mark.slow
def test_a_damaged_store_is_said_not_thrown(tmp_path, monkeypatch):
    path = measured_study(tmp_path)
    for file in (tmp_path / ".advisor").rglob("*.json"):
        file.write_text("{")
    monkeypatch.setenv("ADVISOR_STUDY", str(path))
    page = AppTest.from_file(APP, default_timeout=60).run()

    assert not page.exception
    assert page.error


def test_there_are_at_most_seven_first_controls():
    assert all(len(first_keys(pattern)) <= 7 for pattern in PATTERNS)


def test_every_figure_of_the_study_has_a_control(study_path):
    saved = load_study(study_path)
    offered = {".".join(key.split(".")[:2]) for key in all_keys()}
    records = {s: type(getattr(saved, s)) for s in SECTIONS} | {"current": Current}
    figures = {f"{s}.{name}" for s in SECTIONS for name in records[s].model_fields}
    left = set(Study.model_fields) - {*SECTIONS, HORIZON}

    assert figures - offered == set(FIXED)
    assert HORIZON in all_keys()
    assert left == {"name", "data", "candidates", "history"}  # these need new runs or files


def test_every_other_control_says_its_unit_and_what_it_is():
    for section in SECTIONS:
        for control in controls(section):
            assert control.help
            has_unit = "[" in control.label or _counts(control.key)
            assert control.kind not in {"number", "whole"} or has_unit


def test_a_yes_or_no_of_the_study_is_a_checkbox_and_stands_in_the_address(opened):
    page = assumptions_of(opened())
    page.checkbox(key="cloud.autoscaling").uncheck().run()

    assert not page.exception
    assert address(page)["cloud.autoscaling"] == "false"


def _counts(key: str) -> bool:
    ratios = {"needs.min_quality", "needs.max_quality_spread", "workload.dispersion"}
    counts = {"needs.availability_zones", "current.replicas", "decision.seed"}
    chances = {"decision.quantile", "decision.feasible_probability", "decision.draw_count"}
    return key in ratios | counts | chances or key.endswith(("_fraction", "_factor"))


def test_a_choice_offers_what_the_study_takes(study_path):
    for key, names in CHOICES.items():
        if key.startswith("current."):
            for name in names:
                today = [f"current.{k}" for k in ("platform=ecs-ec2", "usd_per_month=5")]
                assert load_study(study_path, [*today, f"{key}={name}"])
        else:
            assert load_study(study_path, [f"{key}=[{', '.join(names)}]"])


BATCH = """
name: nightly
data: {source: "builtin:breast_cancer"}
workload: {pattern: batch, requests_per_s: 3.0}
"""


@pytest.fixture(scope="module", params=["online", "batch"])
def any_study(request, tmp_path_factory):
    """A study of requests, and one of jobs that gives a rate instead."""
    path = measured_study(tmp_path_factory.mktemp("either"))
    if request.param == "batch":
        path.write_text(BATCH)
    return path


def as_shown(study) -> dict[str, object]:
    return {key: value_at(study, key) for key in all_keys()}


def same(study, key, shown) -> bool:
    found = value_at(study, key)
    if isinstance(found, float) and shown is not None:
        return math.isclose(found, shown, rel_tol=1e-9)
    return found == shown


MOVES = {
    RATE: (0.5, 47.0),
    PEAK: (1, 5),
    P99: (None, 20.0),
    ROWS: (1e3, 3e7),
    JOBS: (1 / 30, 24),
    DEADLINE: (0.5, 12),
    PER_CALL: (1, 500),
    REQUEST_KB: (0.1, 70.0),
    "workload.profile": (", ".join(["1"] * 24), None),
    "decision.risk": ("quantile",),
    "decision.traffic_factor": (2.0, None),
    "cloud.autoscaling": (False,),
    "current.platform": (None, "ecs-fargate"),
    "current.sku": (None, "1 vCPU / 2 GiB"),
    "current.replicas": (3,),
    HORIZON: (24,),
}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    moved=st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in MOVES.items()}),
    turn=st.booleans(),
)
def test_the_study_of_the_address_has_the_figures_that_the_page_shows(any_study, moved, turn):
    saved = load_study(any_study)
    values = as_shown(saved)
    if turn:
        chosen = "online" if saved.workload.pattern == "batch" else "batch"
        values |= {key: value_at(in_pattern(saved, chosen), key) for key in keys_of(chosen)}
    values |= moved
    told = changes(values, saved)
    study = load_study(any_study, [f"{key}={value}" for key, value in told.items()])

    meant = [*first_keys(values[PATTERN]), *other_keys(values[PATTERN])]
    if not (values["current.platform"] and values["current.sku"]):
        meant = [key for key in meant if not key.startswith("current.")]
        assert study.current is None
    assert [
        (k, value_at(study, k), values[k]) for k in meant if not same(study, k, values[k])
    ] == []
    really = {key for key, _, _ in differing(told, {}, saved)}
    assert really >= {key for key in moved if key in meant and moved[key] != value_at(saved, key)}


def test_jobs_and_requests_of_a_study_score_as_many_rows_a_month(any_study):
    saved = load_study(any_study)
    for pattern in PATTERNS:
        work = in_pattern(saved, pattern).workload
        rows = work.requests_per_month * work.rows_per_request
        was = saved.workload.requests_per_month * saved.workload.rows_per_request
        assert rows == pytest.approx(was, rel=0.005)


def test_turning_to_jobs_and_back_gives_the_study_again(opened):
    page = opened()
    page.radio(key=PATTERN).set_value("batch").run()
    assert not page.error
    assert address(page)[PATTERN] == "batch"
    assert {one.key for one in page.select_slider} == {p.key for p in PRIMARY["batch"]}
    assert "1 changed" not in shown(page)

    page.radio(key=PATTERN).set_value("online").run()
    assert address(page) == {}
    assert {one.key for one in page.select_slider} == {p.key for p in PRIMARY["online"]}


def test_a_preset_leaves_nothing_behind_when_another_is_chosen(opened):
    page = opened()
    page.selectbox(key="preset").set_value("A clustering job").run()
    page.selectbox(key="preset").set_value("A spiky low-traffic model").run()
    spiky = address(page)
    again = opened()
    again.selectbox(key="preset").set_value("A spiky low-traffic model").run()

    assert spiky == address(again)


def test_what_runs_today_can_be_said_on_the_page(opened, study_path):
    page = assumptions_of(opened())
    page.selectbox(key="current.platform").set_value("ecs-fargate").run()
    assert not page.error  # it cannot be priced yet
    assert "current.platform" not in address(page)

    page.number_input(key="current.usd_per_month").set_value(900.0).run()
    assert not page.exception
    assert not page.error
    assert address(page)["current.platform"] == "ecs-fargate"
    said = load_study(study_path, [f"{k}={v}" for k, v in address(page).items() if k != "view"])
    assert said.current == Current(platform="ecs-fargate", usd_per_month=900.0)


def test_a_size_of_today_that_is_not_sold_is_said_and_can_be_mended(opened):
    wrong = {"current__platform": "ecs-fargate", "current__sku": "1 vCPU, 2 GiB"}
    page = opened(**wrong)
    assert not page.exception
    assert "is not sold for ECS Fargate" in page.error[0].value

    page.text_input(key="current.sku").set_value("1 vCPU, 2 GiB, x86_64").run()
    assert not page.exception
    assert not page.error
    assert "Options considered" in [one.value for one in page.header]


@pytest.mark.slow
def test_a_study_that_breaks_while_it_is_open_is_one_clear_line(tmp_path, monkeypatch):
    path = measured_study(tmp_path)
    monkeypatch.setenv("ADVISOR_STUDY", str(path))
    page = AppTest.from_file(APP, default_timeout=120).run()
    path.write_text("data: {pth: x.csv}\n")
    page.run()

    assert not page.exception
    assert "did you mean data.path," in page.error[0].value.replace("\\", "")


def test_a_profile_that_is_none_is_said_and_can_be_mended(opened):
    page = assumptions_of(opened())
    page.text_input(key="workload.profile").set_value("1, 2, three").run()
    assert not page.exception
    assert "workload.profile" in page.error[0].value.replace("\\", "")

    page.text_input(key="workload.profile").set_value("").run()
    assert not page.error
    assert "workload.profile" not in address(page)


def test_a_figure_says_whether_the_study_gave_it(study_path):
    saved = load_study(study_path)

    assert origin(RATE, saved, changed=False).basis == "input"
    assert origin(HORIZON, saved, changed=False).basis == "assumed"
    assert origin("current.sku", saved, changed=False).basis == "assumed"
    assert origin("team.hours_per_month.ecs-ec2", saved, changed=False).basis == "input"
    assert origin("team.engineer_usd_per_hour", saved, changed=False).basis == "assumed"
    assert origin("decision.risk", saved, changed=True).source == "changed on this page"


def own(key: str) -> float:
    return 1.9 if key.endswith("_factor") else 0.9


def test_a_figure_left_to_us_shows_what_we_take(study_path):
    spreads = {s.source: s.value for s in spreads_of(load_study(study_path), decay_is_known=True)}

    for key, ours in OURS.items():
        assert load_study(study_path, [f"{key}={ours.value}"])
        if key != "decision.spot_fallback_fraction":  # a share, no spread
            assert spreads[ours.source] == ours.value
        told = spreads_of(load_study(study_path, [f"{key}={own(key)}"]), decay_is_known=True)
        assert key == "decision.spot_fallback_fraction" or f"study: {key}" in {
            s.source for s in told
        }


def test_growth_of_the_traffic_is_not_counted_twice(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "data: {source: 'builtin:digits'}\n"
        "workload: {requests_per_s: 10, peak_requests_per_s: 30, growth_per_month: 0.1}\n"
    )
    saved = load_study(path)
    told = changes(as_shown(saved) | {RATE: 20.0}, saved)

    assert told == {RATE: "20", PEAK: "60"}


def test_what_is_not_moved_is_not_a_change(study_path):
    saved = load_study(study_path)

    assert changes({key: value_at(saved, key) for key in all_keys()}, saved) == {}


def test_a_study_without_a_peak_keeps_its_rule_when_the_rate_moves(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("data: {source: 'builtin:digits'}\nworkload: {requests_per_s: 10}\n")
    saved = load_study(path)
    moved = {key: value_at(saved, key) for key in all_keys()} | {RATE: 50.0}

    assert changes(moved, saved) == {RATE: "50"}


def test_every_change_is_a_setting_the_command_line_takes(study_path):
    saved = load_study(study_path)
    values = {key: value_at(saved, key) for key in all_keys()}
    values |= {"cloud.regions": ["eu-west-1", "us-east-1"], "cloud.discounts.ec2": 0.1}
    values |= {"needs.max_p99_latency_ms": None, "team.hours_per_month.ecs-ec2": 1.5}
    settings = [f"{key}={value}" for key, value in changes(values, saved).items()]

    study = load_study(study_path, settings)

    assert study.cloud.regions == ("eu-west-1", "us-east-1")
    assert study.cloud.discounts == {"ec2": 0.1}
    assert study.needs.max_p99_latency_ms is None
    assert study.team.upkeep_hours("ecs-ec2") == 1.5


def test_the_page_does_no_arithmetic():
    tree = ast.parse(APP.read_text(encoding="utf-8"))
    arithmetic = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)

    found = [n.lineno for n in ast.walk(tree) if isinstance(getattr(n, "op", None), arithmetic)]
    assert found == []


def test_the_page_knows_the_advisor_and_nothing_else():
    tree = ast.parse(APP.read_text(encoding="utf-8"))
    imported = {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}

    assert imported <= {*("streamlit", "advisor", "contextlib", "datetime", "pathlib", "os", "sys")}


def test_only_the_page_and_its_views_know_streamlit():
    knowing = [
        path.relative_to(ROOT).as_posix()
        for folder in ("advisor", "benchmarks", "pricing")
        for path in (ROOT / folder).rglob("*.py")
        if "import streamlit" in path.read_text(encoding="utf-8")
    ]

    assert knowing
    assert all(name.startswith("advisor/views/") for name in knowing)


def test_downloads_are_offered_for_every_format(opened):
    page = opened()

    labels = [button.proto.label for button in page.get("download_button")]
    wanted = {f"Download {one.label}" for one in FORMATS.values()}
    assert set(labels) == wanted | {"Download study file", "Download deployment files"}
