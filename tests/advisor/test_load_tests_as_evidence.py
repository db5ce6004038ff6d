"""A load test in the store replaces what is assumed of the server, and the answer says so."""

from datetime import date

import pytest

from advisor import defaults
from advisor.evidence import Evidence, load_evidence
from advisor.profiles import profiles_of
from advisor.recommend import recommend
from advisor.study.file import parse_study
from benchmarks.storage.records import Candidate, LoadTest
from benchmarks.storage.store import RunStore
from tests.advisor.factories import NOW, hardware, ladder, run

STUDY = {"data": {"source": "builtin:breast_cancer", "target": "target"}}


def load_test(**changes):
    values = {
        "id": "20261102T120000-a",
        "started_at": NOW,
        "candidate": Candidate(name="linear", family="linear", simplicity_rank=1),
        "dataset": run().dataset,
        "hardware": hardware(),
        "handling": "inline",
        "payload": "json",
        "worker_count": 2,
        "rows_per_request": 1,
        "capacity_per_s": 1000.0,
        "predict_s": 0.0012,
        "offline_s": 0.001,
    }
    return LoadTest(**values | changes)


@pytest.fixture
def evidence_of(tmp_path):
    def made(*tests) -> tuple:
        store = RunStore(tmp_path / ".advisor")
        for one in (*ladder(), *tests):
            store.append(one)
        study = parse_study(STUDY, where="test")
        return study, load_evidence(tmp_path / "advisor.yaml", study)

    return made


def servers(study, evidence: Evidence):
    return {p.name: (p, p.server) for p in profiles_of(study, evidence)}


def test_a_served_request_takes_what_the_busy_server_took(evidence_of):
    found = servers(*evidence_of(load_test()))
    profile, server = found["linear"]

    # Two workers answer 1,000 a second when always busy: 2 ms each, by hand.
    assert server.request_s(profile.service_s) == pytest.approx(0.002, rel=1e-9)
    assert (server.http_basis, server.factor_basis) == ("measured", "measured")


def test_other_candidates_take_the_same_servers_work_and_keep_their_factor(evidence_of):
    _, server = servers(*evidence_of(load_test()))["dummy"]

    assert server.http_s == pytest.approx(0.0008)
    assert (server.http_basis, server.factor_basis) == ("scaled", "assumed")
    assert server.in_situ_factor == defaults.IN_SITU_FACTOR.value


@pytest.mark.parametrize(
    "changes",
    [
        {"rows_per_request": 8},
        {"handling": "batch"},
        {"hardware": hardware(host_id="elsewhere")},
    ],
)
def test_a_load_test_of_something_else_is_left_out(evidence_of, changes):
    for _, server in servers(*evidence_of(load_test(**changes))).values():
        assert server.http_basis == "assumed"


def test_the_newest_load_test_counts(evidence_of):
    newer = load_test(id="20261103T120000-b", capacity_per_s=500.0)
    profile, server = servers(*evidence_of(load_test(), newer))["linear"]

    assert server.request_s(profile.service_s) == pytest.approx(0.004, rel=1e-9)


def test_the_answer_says_that_the_server_was_measured(evidence_of):
    study, found = evidence_of(
        *(load_test(id=f"{r.id}-t", candidate=r.candidate) for r in ladder())
    )
    answer = recommend(study, found, on=date(2026, 11, 21), what_if=False)
    rows = {row.name: row for row in answer.assumptions}

    assert rows["http_server_s"].basis == rows["in_situ_factor"].basis == "measured"
    assert rows["http_server_s"].value == pytest.approx(0.0008)
    assert "load test of" in rows["http_server_s"].source
