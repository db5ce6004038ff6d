"""Stores of other machines in one."""

import pytest

from advisor.cli import run as command
from benchmarks.errors import StoreError
from benchmarks.storage.merge import merge_stores
from benchmarks.storage.store import RunStore
from tests.advisor.factories import backtest, run


def store(path, *records):
    kept = RunStore(path)
    for record in records:
        kept.append(record)
    return path


def files(path):
    return {p.relative_to(path): p.read_bytes() for p in path.rglob("*.json")}


def test_runs_and_backtests_of_all_stores_end_up_in_one(tmp_path):
    here = store(tmp_path / "here", run("a"))
    there = store(tmp_path / "there", run("b"), backtest("b"))

    done = merge_stores([there], into=here)

    assert [record.candidate.name for record in done.added] == ["b", "b"]
    assert [r.candidate.name for r in RunStore(here).runs()] == ["a", "b"]
    assert len(RunStore(here).backtests()) == 1


def test_merging_twice_or_into_itself_changes_nothing(tmp_path):
    here, there = store(tmp_path / "here", run("a")), store(tmp_path / "there", run("b"))
    merge_stores([there], into=here)
    before = files(here)

    again = merge_stores([there, here, there], into=here)

    assert not again.added
    assert len(again.present) == 4
    assert files(here) == before


def test_a_study_folder_stands_for_the_store_beside_it(tmp_path):
    store(tmp_path / "study" / ".advisor", run("a"))

    merge_stores([tmp_path / "study"], into=tmp_path / "new")

    assert len(RunStore(tmp_path / "new").runs()) == 1


def test_one_id_with_other_content_refuses_the_whole_merge(tmp_path):
    here = store(tmp_path / "here", run("a"))
    there = store(tmp_path / "there", run("b"), run("a", artefact_bytes=7))
    before = files(here)

    with pytest.raises(StoreError, match="same id and other content: nothing was merged"):
        merge_stores([there], into=here)
    assert files(here) == before


def test_two_sources_that_disagree_are_refused_before_a_store_is_made(tmp_path):
    one = store(tmp_path / "one", run("a"))
    two = store(tmp_path / "two", run("a", artefact_bytes=7))

    with pytest.raises(StoreError, match="other content"):
        merge_stores([one, two], into=tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"id": 3}', "\x00"])
def test_a_file_that_cannot_be_read_refuses_the_whole_merge(tmp_path, text):
    there = store(tmp_path / "there", run("a"))
    (there / "runs" / "broken.json").write_text(text)

    with pytest.raises(StoreError, match=r"broken\.json cannot be read .* nothing was merged"):
        merge_stores([there], into=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_renamed_file_is_refused(tmp_path):
    there = store(tmp_path / "there", run("a"))
    found = next((there / "runs").glob("*.json"))
    found.rename(found.with_name("other.json"))

    with pytest.raises(StoreError, match="give the file its name back"):
        merge_stores([there], into=tmp_path / "new")


def test_the_command_says_what_it_did_and_what_is_no_store(tmp_path, capsys):
    there = store(tmp_path / "there", run("a"))

    assert command(["runs", "merge", str(there), "--into", str(tmp_path / "new")]) == 0
    assert "1 added, 0 were there already" in capsys.readouterr().out
    assert command(["runs", "merge", str(tmp_path / "nowhere")]) == 1
    assert "is no store" in capsys.readouterr().err


def test_load_tests_come_along_once(tmp_path):
    from tests.advisor.test_load_tests_as_evidence import load_test

    there = store(tmp_path / "there", load_test())

    first = merge_stores([there], into=tmp_path / "here")
    again = merge_stores([there], into=tmp_path / "here")

    assert (len(first.added), len(again.added), len(again.present)) == (1, 0, 1)
    assert len(RunStore(tmp_path / "here").load_tests()) == 1
