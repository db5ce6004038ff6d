"""The chain from the measured time to the planned one."""

import pytest

from advisor.recommendation import CarriedChain, CarriedStep
from advisor.report.tables.latency_breakdown import chain_sentence, chain_tables
from tests.advisor.report.factories import bare, golden, numeric, texts


def step(label="carried", factor: float | None = 1.25, **changes) -> CarriedStep:
    values = {"value_ms": 2.5, "low_ms": 2.0, "high_ms": 3.125, "basis": "scaled"}
    return CarriedStep(label=label, factor=factor, **values | changes)


def chain(**changes) -> CarriedChain:
    values = {
        "option": "m on ECS Fargate",
        "candidate": "m",
        "sku": "1 vCPU",
        "measured_on": "EPYC 9R14",
        "processor": "Graviton3",
        "relation": "cross-architecture",
        "host_count": 1,
        "steps": (step("measured", None, basis="measured"), step()),
        "low_95_ms": 1.5,
        "high_95_ms": 4.25,
        "note": "",
    }
    return CarriedChain(**values | changes)


def test_a_step_says_its_factor_or_adds_and_what_it_gives():
    (table,) = chain_tables(bare(carried=(chain(),)))

    assert texts(table) == [
        ["measured ●", "", "2.5 ms", "2 to 3.12"],
        ["carried ◐", "1.25", "2.5 ms", "2 to 3.12"],
    ]
    assert table.strong_rows == {1}
    assert numeric(table) == ["Times", "Gives", "80% band"]


def test_the_caption_has_the_wide_band_and_the_note():
    (plain,) = chain_tables(bare(carried=(chain(),)))
    (noted,) = chain_tables(bare(carried=(chain(note="a virtual machine"),)))

    assert plain.caption == "m on ECS Fargate. 95% band of the last step: 1.5 to 4.25 ms."
    assert noted.caption == f"{plain.caption} a virtual machine."


def test_every_chain_has_its_table():
    assert chain_tables(bare()) == ()
    assert len(chain_tables(bare(carried=(chain(), chain(option="b"))))) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "from EPYC 9R14 to Graviton3 (cross architecture)"),
        ({"host_count": 3}, "from EPYC 9R14 and 2 other(s) to Graviton3 "),
        ({"processor": ""}, "to a processor that is not known (cross architecture)"),
    ],
)
def test_the_sentence_says_from_where_to_where(changes, words):
    assert words in chain_sentence(bare(carried=(chain(**changes), chain())))


def test_the_last_step_of_a_whole_answer_is_the_widest():
    for chain_ in golden("online").carried:
        last = chain_.steps[-1]
        assert chain_.low_95_ms <= last.low_ms <= last.value_ms <= last.high_ms
        assert last.high_ms <= chain_.high_95_ms
