"""The study goes, the results come home, and no name leaves its folder."""

import pytest

from benchmarks.remote.errors import RemoteError
from benchmarks.remote.places import (
    Bucket,
    Folder,
    fetch_results,
    fetch_study,
    inside,
    send_study,
    study_files,
)
from tests.benchmarks.remote.given import cloud, make_account


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "runs/../../x", "", "a\\..\\b"])
def test_a_name_that_would_leave_the_folder_is_refused(tmp_path, name):
    with pytest.raises(RemoteError, match="would be written outside"):
        inside(tmp_path, name)


def test_results_with_such_names_write_nothing(tmp_path):
    class Hostile:
        def names(self, under=""):
            return {"runs/../../../evil.json": 1}

        def get(self, name):
            return b"{}"

    with pytest.raises(RemoteError):
        fetch_results(Hostile(), tmp_path / "here")
    assert not list(tmp_path.rglob("evil*"))


def test_a_study_goes_without_hidden_folders_and_arrives_as_it_was(tmp_path):
    study = tmp_path / "study"
    for name in ("advisor.yaml", "data/a.csv", ".advisor/runs/x.json", ".venv/big", "out/report"):
        Folder(study).put(name, name.encode())

    assert set(study_files(study)) == {"advisor.yaml", "data/a.csv"}
    send_study(study, Folder(tmp_path / "place"))
    fetch_study(Folder(tmp_path / "place"), tmp_path / "there")

    assert (tmp_path / "there/data/a.csv").read_bytes() == b"data/a.csv"


def test_a_file_that_did_not_arrive_as_it_was_sent_is_refused(tmp_path):
    Folder(tmp_path / "study").put("advisor.yaml", b"a")
    place = Folder(tmp_path / "place")
    send_study(tmp_path / "study", place)
    place.put("advisor.yaml", b"b")

    with pytest.raises(RemoteError, match=r"advisor\.yaml did not arrive"):
        fetch_study(place, tmp_path / "there")


@pytest.mark.slow
def test_a_bucket_and_a_folder_are_one_to_their_users(aws, tmp_path):
    make_account()
    for place in (Folder(tmp_path / "folder"), Bucket(cloud(), "s3://bench/some/folder")):
        assert place.get("runs/a.json") is None
        place.put("runs/a.json", b"{}")
        place.put("other", b"12")

        assert place.names() == {"other": 2, "runs/a.json": 2}
        assert place.get("runs/a.json") == b"{}"
        assert fetch_results(place, tmp_path / "home") == 1
