"""The view of data and prices."""

from advisor.report.sections.evidence import SIZED, SIZED_FOR_JOBS, evidence, method
from tests.advisor.report.factories import (
    bare,
    cost_line,
    of,
    quote,
    section,
    titles,
    way,
)
from tests.faces import factories as made


def test_evidence_names_machine_data_and_runs():
    found = section(evidence(bare(runs=("run-1", "run-2"))), "Evidence")

    assert found.sentences == (
        *("Measured on a machine.", "Data: 8 rows.", "Benchmark runs used: 2."),
    )
    assert found.code == ("run-1", "run-2")


def test_evidence_has_its_sections_in_order():
    answer = of(
        way("m", cost_line(1.0, quote=quote())), assumptions=made.recommendation().assumptions
    )

    assert titles(evidence(answer)) == [
        "Where the numbers come from",
        "Not in these figures",
        "Evidence",
        "Inputs and assumptions",
        "Prices and their dates",
        "Method",
        "Deploy",
        "Repeat it",
    ]
    assert "Inputs and assumptions" not in titles(evidence(bare()))


def test_the_method_speaks_of_replicas_or_of_jobs():
    requests, jobs = method(bare()), method(bare(pattern="batch"))

    assert SIZED in requests
    assert SIZED_FOR_JOBS not in requests
    assert SIZED_FOR_JOBS in jobs
    assert SIZED not in jobs
    assert len(requests) == len(jobs)


def test_the_answer_can_be_repeated():
    found = section(evidence(bare()), "Repeat it")

    assert found.code[0] == "advisor recommend STUDY.yaml --on 2026-11-21"
    assert len(found.code) == 4
