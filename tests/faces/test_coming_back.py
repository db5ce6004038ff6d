"""Controls that were away come back at their own figures, not at their lowest step."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from tests.faces.pages import APP, measured_study


@pytest.fixture(scope="module")
def study_path(tmp_path_factory):
    return measured_study(tmp_path_factory.mktemp("coming-back"))


@pytest.fixture(autouse=True)
def no_break_evens(monkeypatch):
    monkeypatch.setattr("advisor.views.answering.break_evens", lambda *_, **__: [])


def at_their_figures(page: AppTest) -> dict[str, bool]:
    """Return of each slider whether the browser is told its figure, or has it already."""
    return {one.key: one.proto.set_value for one in page.select_slider}


def test_sliders_stand_at_the_study_once_a_benchmark_ends(study_path, tmp_path, monkeypatch):
    path = tmp_path / "advisor.yaml"
    path.write_text(study_path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["app.py"])
    monkeypatch.setenv("ADVISOR_STUDY", str(path))
    page = AppTest.from_file(APP, default_timeout=120).run()
    assert "No answer yet" in [one.value for one in page.title]
    page.run()

    shutil.copytree(study_path.parent / ".advisor", tmp_path / ".advisor")
    page.run()

    told = at_their_figures(page)
    assert told
    assert all(told.values())


def test_what_the_browser_has_is_not_set_again(study_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["app.py"])
    monkeypatch.setenv("ADVISOR_STUDY", str(study_path))
    page = AppTest.from_file(APP, default_timeout=120).run()
    page.run()

    assert not any(at_their_figures(page).values())


def test_the_controls_of_jobs_stand_at_their_figures_once_they_are_asked_for(
    study_path, monkeypatch
):
    monkeypatch.setattr("sys.argv", ["app.py"])
    monkeypatch.setenv("ADVISOR_STUDY", str(study_path))
    page = AppTest.from_file(APP, default_timeout=120).run()
    page.run()
    before = set(at_their_figures(page))
    page.radio[0].set_value("batch").run()

    told = at_their_figures(page)
    new = set(told) - before
    assert new
    assert all(told[key] for key in new)
