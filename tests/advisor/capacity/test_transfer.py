"""From this machine to that instance: ratios, relations, bands."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capacity.processors import (
    HASH_PROBE,
    HASH_SMT_YIELD,
    PROBES,
    REFERENCES,
    canonical,
    load_processors,
    place_host,
    references_of,
)
from advisor.capacity.transfer import (
    baseline_fraction,
    half_widths_ln,
    physical_cores,
    processors_of,
    speed_ratios,
    vcpu_of,
)
from benchmarks.storage.records import HardwareProfile
from pricing.instances import load_catalogue

CLASSES = tuple(REFERENCES)
ZEN5_PROBES = {"gzip_5_mb_per_s": 34.4, "bz2_5_mb_per_s": 15.1, "sha256_16k_mb_per_s": 1908.0}


def host(**changes):
    case = {
        "host_id": "h",
        "processor": "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz",
        "architecture": "x86_64",
        "physical_core_count": 2,
        "logical_cpu_count": 4,
        "memory_gib": 16.0,
        "system": "Linux",
        "python": "3.11",
        "libraries": {},
    }
    return HardwareProfile(**(case | changes))


def ratios(*names, workload_class="scalar", on=None, **changes):
    return speed_ratios(
        host=on or host(), instance_types=names, workload_class=workload_class, **changes
    )


@pytest.mark.parametrize("workload_class", CLASSES)
def test_a_machine_with_the_same_processor_is_predicted_as_measured(workload_class):
    found = ratios("m5.xlarge", workload_class=workload_class)

    assert found.ratio[0] == 1.0
    assert found.relation[0] == "same-cpu"
    assert found.basis[0] == "measured"
    assert 0.85 < found.low_80[0] < 1.0 < found.high_80[0] < 1.15


def test_a_ratio_by_hand_is_the_trusted_mean_of_the_reference_ratios():
    """c7i (8488C) over m5.xlarge (8259CL), one core: between the least and the largest ratio."""
    table = load_processors()
    columns = REFERENCES["scalar"]
    there = table.figures_of("Intel Xeon Platinum 8488C", columns=columns, core_count=2)
    here = table.figures_of("Intel Xeon Platinum 8259CL", columns=columns, core_count=2)
    steps = np.log(there / here)
    names = table.names
    weights = references_of("scalar", core_count=2.0).weights[
        names.index("Intel Xeon Platinum 8488C")
    ]

    found = np.log(ratios("c7i.xlarge").ratio[0])

    assert found == pytest.approx(np.average(steps, weights=weights))
    assert found == pytest.approx(np.median(steps), abs=0.1)


def test_there_and_back_is_where_we_started():
    there = ratios("c7i.xlarge").ratio[0]
    back = ratios("m5.xlarge", on=host(processor="Intel(R) Xeon(R) Platinum 8488C")).ratio[0]

    assert there * back == pytest.approx(1.0, abs=0.02)


def test_newer_generations_of_one_line_are_faster():
    graviton = ratios("c6g.large", "c7g.large", "c8g.large").ratio
    amd = ratios("m5a.large", "m6a.large", "m7a.large", "m8a.large").ratio

    assert np.all(np.diff(graviton) > 0)
    assert np.all(np.diff(amd[[0, 1, 3]]) > 0)


@pytest.mark.parametrize("workload_class", CLASSES)
def test_bands_widen_with_the_distance_of_the_machines(workload_class):
    """At the same disagreement of the references, the farther machine never has the closer band."""
    relations = ("same-cpu", "same-vendor", "cross-vendor", "cross-architecture", "unknown")
    halves = np.array(
        [half_widths_ln(workload_class=workload_class, relation=r, spread=0.1) for r in relations]
    )

    assert np.all(np.diff(halves, axis=0) >= 0)
    assert np.all(halves[:, 1] > halves[:, 0])
    assert halves[1, 0] > halves[0, 0]


@settings(deadline=None)
@given(st.sampled_from(CLASSES), st.sampled_from([0.0, 0.1, 0.5]), st.sampled_from([0.0, 0.2]))
def test_more_disagreement_or_a_worse_bridge_never_narrows_a_band(name, spread, extra):
    case = {"workload_class": name, "relation": "cross-vendor"}
    base = half_widths_ln(spread=spread, extra=extra, **case)

    for wider in (
        half_widths_ln(spread=spread + 0.1, extra=extra, **case),
        half_widths_ln(spread=spread, extra=extra + 0.1, **case),
    ):
        assert np.all(np.array(wider) > np.array(base))


def test_work_on_all_cores_is_carried_to_another_size_with_more_doubt(monkeypatch):
    names = ("c7i.xlarge", "c7i.24xlarge")
    with_size = ratios(*names, workload_class="multi")
    monkeypatch.setattr("advisor.capacity.transfer.OTHER_SIZE_LN", 0.0)
    without = ratios(*names, workload_class="multi")

    growth = np.log(with_size.high_80 / with_size.low_80) - np.log(without.high_80 / without.low_80)
    assert growth[0] == pytest.approx(0.0)
    assert growth[1] > 0.3


@pytest.mark.parametrize("workload_class", CLASSES)
def test_machines_are_told_apart_by_vendor_and_architecture(workload_class):
    found = ratios(
        "m5.xlarge", "c7i.xlarge", "c6a.xlarge", "c7g.xlarge", workload_class=workload_class
    )

    assert list(found.relation) == ["same-cpu", "same-vendor", "cross-vendor", "cross-architecture"]
    assert np.all(found.low_95 < found.low_80)
    assert np.all(found.low_80 < found.ratio)
    assert np.all(found.ratio < found.high_80)
    assert np.all(found.high_80 < found.high_95)


def test_a_processor_that_is_faster_at_everything_is_predicted_faster():
    """Neoverse-V3 beats Neoverse-N1 in every reference, whatever the weights."""
    for workload_class in CLASSES:
        slow, fast = ratios("m6g.xlarge", "m9g.xlarge", workload_class=workload_class).ratio

        assert fast > slow


def test_a_bare_zen_5_machine_is_recognised_by_its_probes():
    bare = host(processor="AMD EPYC", probes=ZEN5_PROBES)
    place = place_host(bare)
    found = ratios("m8a.large", on=bare)

    assert place.processor == "AMD EPYC 9R45"
    assert 0.8 < place.speed_factor < 1.0
    assert 1.0 < found.ratio[0] < 1.25
    assert found.basis[0] == "scaled"


@pytest.mark.parametrize(("gzip", "bz2"), [(34.4, 15.1), (23.04, 9.9), (15.19, 6.34), (16.19, 7.0)])
def test_a_busy_machine_is_still_recognised_with_a_wider_band_and_a_note(gzip, bz2):
    """Compression measured on one Zen 5 machine while other programs ran; the hash barely moved."""
    probes = {**ZEN5_PROBES, "gzip_5_mb_per_s": gzip, "bz2_5_mb_per_s": bz2}
    place = place_host(host(processor="AMD EPYC", probes=probes))
    quiet = place_host(host(processor="AMD EPYC", probes=ZEN5_PROBES))

    assert place.processor == "AMD EPYC 9R45"
    assert place.speed_factor == pytest.approx(quiet.speed_factor, rel=0.05)
    assert place.extra_half_width_ln >= quiet.extra_half_width_ln
    assert ("when it is quiet" in place.note) == (gzip < 30)


@pytest.mark.parametrize("name", load_processors().names)
def test_every_processor_of_the_table_is_bridged_to_one_about_as_fast(name):
    """Leave the name off, show its own figures as probes: speeds within 30%."""
    table = load_processors()
    columns = [column for column, _ in PROBES.values()]
    own = table.figures_of(name, columns=columns, core_count=2)
    smt = np.max(table.threads_per_core[[p == name for p in table.processor]]) > 1
    probes = {
        probe: value * factor / (HASH_SMT_YIELD if smt and probe == HASH_PROBE else 1.0)
        for (probe, (_, factor)), value in zip(PROBES.items(), own, strict=True)
    }
    vendor = {"Arm": "ARM", "AMD": "AMD", "Intel": "Intel"}[table.vendor_of(name)]
    place = place_host(
        host(processor=f"{vendor} new", architecture=table.architecture_of(name), probes=probes)
    )
    found = speed_of(place.processor) * place.speed_factor

    assert found == pytest.approx(speed_of(name), rel=0.3)


def speed_of(name):
    references = REFERENCES["scalar"]
    return np.exp(
        np.mean(np.log(load_processors().figures_of(name, columns=references[:6], core_count=2)))
    )


def test_a_machine_nobody_knows_is_bridged_with_a_wider_band():
    known = ratios("c7i.xlarge", on=host(processor="AMD EPYC 9R45"))
    by_probes = ratios("c7i.xlarge", on=host(processor="AMD EPYC", probes=ZEN5_PROBES))
    blind = ratios("c7i.xlarge", on=host(processor="Some Mystery 9000"))

    widths = [np.log(r.high_80[0] / r.low_80[0]) for r in (known, by_probes, blind)]
    assert widths == sorted(widths)
    assert "not in the processor table" in blind.notes[0]


def test_twice_the_probes_are_twice_the_machine():
    bare = host(processor="AMD EPYC", probes=ZEN5_PROBES)
    slower = host(
        processor="AMD EPYC", probes={name: value / 1.01 for name, value in ZEN5_PROBES.items()}
    )

    assert ratios("m6i.large", on=slower).ratio[0] == pytest.approx(
        ratios("m6i.large", on=bare).ratio[0] * 1.01
    )


def test_burstable_machines_are_planned_at_their_baseline():
    burst = ratios("t3.medium", sustained=False)
    steady = ratios("t3.medium")

    assert steady.ratio[0] == pytest.approx(0.2 * burst.ratio[0])
    assert "baseline of 20%" in steady.notes[0]


def test_baselines_agree_with_the_price_catalogue():
    shapes = [s for s in load_catalogue().shapes if s.burstable]

    assert shapes
    assert [baseline_fraction(s.instance_type) for s in shapes] == [
        s.baseline_fraction for s in shapes
    ]


def test_fargate_is_planned_with_the_slowest_processor_and_says_so():
    found = ratios("fargate-x86_64", "fargate-arm64", "m5.large", "m6i.large")

    assert found.ratio[0] <= min(found.ratio[2:])
    assert list(found.basis[:2]) == ["assumed", "assumed"]
    assert "not guaranteed" in found.notes[0]


def test_an_unknown_instance_is_assumed_with_a_wide_band_not_refused():
    found = ratios("zz9.large")

    assert (found.basis[0], found.relation[0]) == ("assumed", "unknown")
    assert found.high_80[0] / found.low_80[0] > 1.9


def test_sagemaker_names_are_the_same_hardware():
    assert ratios("ml.c7i.xlarge").ratio[0] == ratios("c7i.xlarge").ratio[0]


def test_two_threads_on_a_core_are_one_physical_core():
    found = physical_cores(
        vcpu_count=[4, 4, 4, 4, 4],
        instance_types=["m5.xlarge", "c6a.xlarge", "c7a.xlarge", "c7g.xlarge", "fargate-x86_64"],
    )

    assert list(found) == [2, 2, 4, 4, 2]


def test_physical_cores_agree_with_the_price_catalogue():
    shapes = load_catalogue().shapes
    found = physical_cores(
        vcpu_count=[s.vcpu_count for s in shapes], instance_types=[s.instance_type for s in shapes]
    )

    assert list(found) == [s.physical_core_count for s in shapes]


@pytest.mark.parametrize(
    ("name", "vcpu_count"),
    [
        ("t3.medium", 2),
        ("m7a.medium", 1),
        ("c8a.large", 2),
        ("c8a.xlarge", 4),
        ("c8a.12xlarge", 48),
    ],
)
def test_sizes_stand_for_vcpus(name, vcpu_count):
    assert vcpu_of(name) == vcpu_count


def test_every_priced_instance_type_has_a_processor_of_the_table():
    names = load_processors().names

    missing = [
        s.instance_type
        for s in load_catalogue().shapes
        if not set(processors_of(s.instance_type)) & set(names)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("system_name", "model"),
    [
        ("Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", "Intel Xeon Platinum 8259CL"),
        ("AMD EPYC 7R13 Processor", "AMD EPYC 7R13"),
        ("AMD EPYC 9R45 96-Core Processor", "AMD EPYC 9R45"),
        ("Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", "Intel Xeon E5-2686 v4"),
        ("Neoverse-V1", "Neoverse-V1"),
    ],
)
def test_names_of_one_model_are_recognised(system_name, model):
    assert canonical(system_name) == canonical(model)


def test_models_have_names_of_their_own():
    names = load_processors().names

    assert len({canonical(name) for name in names}) == len(names)


@settings(deadline=None)
@given(st.permutations(["c7i.xlarge", "m7g.large", "t3.large", "fargate-x86_64"]))
def test_instances_do_not_influence_each_other(names):
    together = ratios(*names)

    assert list(together.ratio) == [ratios(name).ratio[0] for name in names]


def test_no_instances_is_an_empty_answer():
    assert ratios().ratio.size == 0
