"""Nothing that is in the store is ever lost, and what cannot be read is named."""

import errno
import json
import logging
import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest

from benchmarks.errors import StoreError
from benchmarks.storage.store import RunStore
from tests.benchmarks.factories import backtest, run


def test_what_is_appended_comes_back_the_oldest_first(tmp_path):
    store = RunStore(tmp_path / "store")
    late, early = run(id="2026-b"), run(id="2026-a")

    store.append(late)
    store.append(early)
    store.append(backtest())

    assert store.runs() == (early, late)
    assert store.backtests() == (backtest(),)


def test_a_store_that_does_not_exist_is_empty_and_stays_away(tmp_path):
    store = RunStore(tmp_path / "store")

    assert store.runs() == ()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": 1}', "\x00\x01"])
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path, caplog, content):
    store = RunStore(tmp_path)
    store.append(run())
    (tmp_path / "runs/broken.json").write_text(content)

    with caplog.at_level(logging.WARNING):
        found = store.runs()

    assert found == (run(),)
    assert "broken.json cannot be read" in caplog.text


def test_a_run_is_never_overwritten(tmp_path):
    store = RunStore(tmp_path)
    store.append(run())

    with pytest.raises(StoreError, match="there already"):
        store.append(run(preset="standard"))

    assert store.runs() == (run(),)


def test_nothing_half_written_stays_behind(tmp_path):
    store = RunStore(tmp_path)
    store.append(run())

    assert [path.name for path in (tmp_path / "runs").iterdir()] == [f"{run().id}.json"]


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "file system that can be written"),
        (errno.EACCES, "change its permissions"),
    ],
)
def test_a_disk_that_refuses_is_a_clear_error_and_the_store_is_as_before(
    tmp_path, monkeypatch, code, remedy
):
    store = RunStore(tmp_path)
    store.append(run())

    def refuse(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreError, match=remedy):
        store.append(run(id="another"))
    monkeypatch.undo()

    assert store.runs() == (run(),)
    assert len(list((tmp_path / "runs").iterdir())) == 1


def _append_beyond_the_limit(folder):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    try:
        RunStore(Path(folder)).append(run(id="another"))
    except StoreError as error:
        os._exit(7 if "ulimit -f" in str(error) else 8)
    os._exit(9)


@pytest.mark.slow
def test_a_file_size_limit_is_a_clear_error_and_the_store_stays_readable(tmp_path):
    store = RunStore(tmp_path)
    store.append(run())

    writer = multiprocessing.get_context("spawn").Process(
        target=_append_beyond_the_limit, args=(str(tmp_path),)
    )
    writer.start()
    writer.join(60)

    assert writer.exitcode == 7
    assert store.runs() == (run(),)


def test_a_store_whose_path_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "store").write_text("")

    with pytest.raises(StoreError, match="choose a path"):
        RunStore(tmp_path / "store").append(run())


def _append_many(folder, writer):
    store = RunStore(Path(folder))
    for number in range(20):
        store.append(run(id=f"{writer}-{number:02d}"))
        store.keep_trial("shared", "trial", {"writer": writer, "number": number})


@pytest.mark.slow
def test_two_writers_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(str(tmp_path), w)) for w in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    found = [item.id for item in RunStore(tmp_path).runs()]
    assert found == sorted(f"{w}-{number:02d}" for w in "ab" for number in range(20))
    assert RunStore(tmp_path).unfinished("shared")["trial"]["number"] == 19


def test_trials_of_an_unfinished_run_are_kept_until_it_is_finished(tmp_path):
    store = RunStore(tmp_path)

    store.keep_trial("key", "train-0", {"value": 1})
    store.keep_trial("key", "train-0", {"value": 2})
    store.keep_trial("key", "train-1", {"value": 3})

    assert store.unfinished("key") == {"train-0": {"value": 2}, "train-1": {"value": 3}}
    store.drop_unfinished("key")
    assert store.unfinished("key") == {}


def test_a_kept_trial_that_cannot_be_read_is_done_again(tmp_path, caplog):
    store = RunStore(tmp_path)
    store.keep_trial("key", "good", {"value": 1})
    (tmp_path / "unfinished/key/bad.json").write_text("{")

    with caplog.at_level(logging.WARNING):
        found = store.unfinished("key")

    assert found == {"good": {"value": 1}}
    assert "bad.json" in caplog.text


def test_a_run_is_stored_as_plain_json(tmp_path):
    path = RunStore(tmp_path).append(run())

    assert json.loads(path.read_text())["candidate"]["name"] == "linear"
