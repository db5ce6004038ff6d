import csv

import pytest

from advisor.errors import AdvisorError
from advisor.evidence import load_evidence
from advisor.fleet.decide import decide
from advisor.fleet.engines import Outcome, engine_named
from advisor.fleet.loading import KEPT, entries_of, load_fleet
from advisor.recommend import market_on, recommend
from advisor.study.file import load_study
from tests.advisor.factories import ON
from tests.faces.pages import measured_study


class Here:
    """The engine without processes: the same function, one item after the other."""

    name = "here"

    def __init__(self):
        self.calls = 0

    def map(self, function, items, *, exclusive):
        for index, arguments in enumerate(items):
            self.calls += 1
            yield Outcome(index, function(*arguments))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("fleet")
    for name in ("one", "two"):
        (root / name).mkdir()
        path = measured_study(root / name)
        path.write_text(path.read_text() + "decision: {draw_count: 100}\n")
    return root


@pytest.mark.slow
def test_a_fleet_of_one_real_study_is_its_own_answer_to_the_cent(folder):
    path = folder / "one" / "advisor.yaml"
    study = load_study(path)
    market = market_on(ON)
    single = recommend(
        study,
        load_evidence(path, study),
        on=ON,
        book=market.book,
        catalogue=market.catalogue,
        what_if=False,
    ).best

    found = load_fleet(folder / "one", on=ON.isoformat(), engine=Here())
    (one,) = decide(found.models, found.setup, on=ON.isoformat()).models

    assert f"{one.usd_per_month:.2f}" == f"{single.usd_per_month:.2f}"
    assert (one.platform, one.place) == (single.platform, single.name)


@pytest.mark.slow
def test_what_was_answered_is_not_answered_again_until_it_changes(folder):
    first, second, third = Here(), Here(), Here()

    one = load_fleet(folder, on=ON.isoformat(), engine=first)
    two = load_fleet(folder, on=ON.isoformat(), engine=second)
    path = folder / "two" / "advisor.yaml"
    path.write_text(path.read_text() + "horizon_months: 6\n")
    load_fleet(folder, on=ON.isoformat(), engine=third)

    assert (first.calls, second.calls, third.calls) == (2, 0, 1)
    assert one.models == two.models
    assert (folder / KEPT).is_dir()


@pytest.mark.slow
def test_a_row_of_a_table_changes_the_keys_that_it_names(folder):
    with (folder / "models.csv").open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(["name", "study", "workload.requests_per_s", "workload.peak_requests_per_s"])
        write.writerow(["quiet", "one/advisor.yaml", "1", "2"])
        write.writerow(["busy", "one/advisor.yaml", "500", "900"])
        write.writerow(["odd", "one/advisor.yaml", "-3", ""])

    found = load_fleet(folder / "models.csv", on=ON.isoformat(), engine=Here()).models

    quiet, busy, odd = found
    assert quiet.usd_per_month < busy.usd_per_month
    assert odd.platform is None
    assert "requests_per_s" in odd.reasons[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,study\nx,\n", "row 2: names no study"),
        ("name,study\nx,gone.yaml\n", "no such file"),
        ("name,study\n", "holds no row"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(tmp_path, text, said):
    (tmp_path / "t.csv").write_text(text)

    with pytest.raises(AdvisorError, match=said):
        entries_of(tmp_path / "t.csv")


def test_an_empty_folder_and_a_strange_file_are_refused(tmp_path):
    with pytest.raises(AdvisorError, match="holds no study"):
        entries_of(tmp_path)
    with pytest.raises(AdvisorError, match="neither a folder"):
        entries_of(tmp_path / "t.xls")
    with pytest.raises(AdvisorError, match="local, ray"):
        engine_named("spark")
