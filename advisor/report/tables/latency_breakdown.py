"""The chain from the measured time to the planned one, as tables for every face."""

from advisor.recommendation import CarriedChain, Recommendation
from advisor.report.tables.cells import Cell, Column, Table
from advisor.report.words import significant

COLUMNS = (
    Column("Step"),
    Column("Times", numeric=True),
    Column("Gives", numeric=True),
    Column("80% band", numeric=True),
)


def chain_tables(recommendation: Recommendation) -> tuple[Table, ...]:
    """Return one table per chain, the winner's first."""
    return tuple(_table(chain) for chain in recommendation.carried)


def chain_sentence(recommendation: Recommendation) -> str:
    """Say what the tables are, and which machine is how far from which."""
    first = recommendation.carried[0]
    hosts = "" if first.host_count == 1 else f" and {first.host_count - 1} other(s)"
    where = first.processor or "a processor that is not known"
    return (
        f"The service time of one request, carried from {first.measured_on}{hosts} to {where} "
        f"({first.relation.replace('-', ' ')}). The band is as wide as held-out public "
        "measurements ask; a run on the machine itself replaces the carried step."
    )


def _table(chain: CarriedChain) -> Table:
    rows = [
        (
            Cell(step.label, step.basis),
            Cell("" if step.factor is None else significant(step.factor)),
            Cell(f"{significant(step.value_ms)} ms"),
            Cell(f"{significant(step.low_ms)} to {significant(step.high_ms)}"),
        )
        for step in chain.steps
    ]
    wide = f"{significant(chain.low_95_ms)} to {significant(chain.high_95_ms)}"
    note = f" {chain.note}." if chain.note else ""
    return Table(
        caption=f"{chain.option}. 95% band of the last step: {wide} ms.{note}",
        columns=COLUMNS,
        rows=tuple(rows),
        strong_rows=frozenset({len(rows) - 1}),
    )
