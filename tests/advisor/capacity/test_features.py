"""Probes and table columns on one scale."""

import pytest

from advisor.capacity.features import features
from advisor.capacity.processors import PROBES, load_processors
from tests.advisor.factories import hardware


def probed(name):
    """A machine whose probes show just what the table says of a processor."""
    columns = [column for column, _ in PROBES.values()]
    figures = load_processors().figures_of(name, columns=columns, core_count=2.0)
    factors = [factor for _, factor in PROBES.values()]
    return hardware(
        probes={p: float(v * f) for p, v, f in zip(PROBES, figures, factors, strict=True)}
    )


@pytest.mark.parametrize("name", ["AMD EPYC 9R14", "Neoverse-V1", "Intel Xeon Platinum 8488C"])
def test_a_machine_that_probes_like_a_processor_has_its_features(name):
    assert [f.ratio for f in features(probed(name), name)] == pytest.approx([1.0] * len(PROBES))


def test_what_is_missing_here_or_there_says_so():
    bare, unknown = features(hardware(), "Neoverse-V1"), features(probed("Neoverse-V1"), "zzz")

    assert all(f.here is None and f.there is not None and f.ratio is None for f in bare)
    assert all(f.here is not None and f.there is None and f.ratio is None for f in unknown)


def test_the_ratio_is_there_over_here():
    both = features(probed("Neoverse-N1"), "Neoverse-V2")

    assert all(f.ratio == pytest.approx(f.there / f.here) for f in both)
    assert both[0].ratio > 1
