"""The product from Python: one call, a page in Jupyter, a frame for pandas."""

import subprocess
import sys
from datetime import date

import pytest

from advisor import Answer, Study, recommend
from advisor.errors import AdvisorError, StudyError
from advisor.recommend import recommend as engine_recommend
from advisor.study.file import load_study
from tests.faces.pages import measured_study

ON = date(2026, 11, 21)


@pytest.fixture(scope="module")
def study_path(tmp_path_factory):
    """Return a study with few draws: what is asked here is the same for all of them."""
    path = measured_study(tmp_path_factory.mktemp("notebook"))
    path.write_text(path.read_text() + "decision: {draw_count: 200}\n")
    return path


@pytest.fixture(scope="module")
def answer(study_path) -> Answer:
    return recommend(study_path, on=ON)


def test_the_function_is_not_hidden_by_the_module_of_its_name():
    import advisor
    import advisor.recommend

    assert callable(advisor.recommend)
    assert advisor.recommend is recommend
    assert callable(engine_recommend)


def test_it_says_what_the_command_line_says(study_path, answer):
    from advisor.cli.recommend import answer_of

    said = answer_of(study_path, overrides=[], store=None, on=ON.isoformat())
    assert answer.model_dump() == said.model_dump()


def test_changes_are_those_of_set(study_path, answer, monkeypatch):
    asked = []

    def note(study, *_, **__):
        asked.append(study)
        return answer

    monkeypatch.setattr("advisor.notebook.answer_of", note)
    changes = {"workload.requests_per_s": 500, "workload.peak_requests_per_s": None}
    recommend(str(study_path), changes, on=ON)

    words = ["workload.requests_per_s=500", "workload.peak_requests_per_s=null"]
    assert asked == [load_study(study_path, words)]


def test_a_wrong_change_is_a_clear_error(study_path):
    with pytest.raises(StudyError, match="did you mean"):
        recommend(study_path, {"workload.requests_per_second": 5})


def test_a_study_made_in_python_takes_its_runs_from_a_store(study_path, answer):
    study = load_study(study_path)
    assert isinstance(study, Study)

    made = recommend(study, store=study_path.parent / ".advisor", on=ON)
    assert made.best == answer.best
    with pytest.raises(AdvisorError, match="study file"):
        recommend(study, {"workload.requests_per_s": 5})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((3,), {}), "a study file or a Study, not int"),
        ((("s.yaml", ["a=1"]), {}), "changes are a mapping"),
        ((("s.yaml",), {"on": "tomorrow"}), "YYYY-MM-DD"),
        ((("s.yaml",), {"on": 3}), "YYYY-MM-DD"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(arguments, words):
    given, named = arguments

    with pytest.raises(AdvisorError, match=words):
        recommend(*given, **named)


def test_words_stay_words_and_a_day_may_be_one(study_path):
    from advisor.notebook import _day, _word

    study = load_study(str(study_path), [f"name={_word('yes: 5')}", f"data.target={_word('null')}"])
    assert (study.name, study.data.target) == ("yes: 5", "null")
    assert _day("2026-11-21") == ON


def test_at_a_prompt_it_is_its_verdict(answer):
    assert answer.verdict in repr(answer)
    assert len(repr(answer)) < 600


def test_in_jupyter_it_is_the_first_page(answer):
    page = answer._repr_html_()

    assert answer.verdict.partition(". ")[0] in page
    assert "Options considered" in page
    assert "<script" not in page
    assert str(answer) == answer.verdict
    assert answer.to_html().startswith("<!doctype html>")


def test_the_frame_of_options_has_every_listed_one(answer):
    frame = answer.to_frame()

    assert len(frame) == len(answer.ranked) + len(answer.rejected)
    assert frame["chosen"].sum() == 1
    assert frame.loc[0, "usd_per_month"] == answer.best.usd_per_month
    assert (frame.loc[~frame["chosen"], "reasons"] != "").all()


def test_the_frame_of_the_bill_adds_up(answer):
    assert answer.to_frame("bill")["usd_per_month"].sum() == pytest.approx(
        answer.best.usd_per_month
    )
    assert len(answer.to_frame("curve")) == len(answer.cost_curve)
    assert len(answer.to_frame("assumptions")) == len(answer.assumptions)
    with pytest.raises(AdvisorError, match="one of options, bill"):
        answer.to_frame("nothing")


def test_importing_the_names_is_cheap():
    code = "import sys; from advisor import Study, recommend; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()

    assert {"torch", "sklearn", "boto3", "streamlit", "pandas", "altair"}.isdisjoint(loaded)


def test_a_study_and_its_runs_are_read_by_a_plain_name(study_path):
    from advisor import load_evidence
    from advisor import load_study as read

    named = read(str(study_path))

    assert named == load_study(study_path)
    assert load_evidence(str(study_path), named).runs
