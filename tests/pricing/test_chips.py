"""The table of chips covers every instance type that the price book sells."""

import pytest

from advisor.capacity.hardware_cards import chip_facts
from advisor.capacity.transfer import baseline_fraction, processors_of
from pricing.chips import GPU_FIGURES, PROCESSOR_FIGURES, load_chips
from pricing.instances import load_catalogue
from pricing.tables import load_book

INSTANCE_SERVICES = ("ec2", "sagemaker-hosting", "sagemaker-training", "sagemaker-processing")


def sold():
    rows = load_book().rows
    return sorted(
        {
            row.sku.removeprefix("ml.")
            for row in rows
            if row.service in INSTANCE_SERVICES and "." in row.sku
        }
    )


def test_every_instance_type_of_the_price_book_has_a_shape_a_processor_and_its_figures():
    catalogue, chips = load_catalogue(), load_chips()
    types = sold()

    assert len(types) > 200
    for name in types:
        shape = catalogue.get(name)
        processors = processors_of(name)
        assert processors, name
        assert set(chips[processors[0]]) == set(PROCESSOR_FIGURES), name
        assert shape.threads_per_core_count in {1, 2}, name
        if shape.gpu_model:
            assert set(chips[shape.gpu_model]) == set(GPU_FIGURES), name
            assert shape.gpu_memory_gib, name
        if shape.burstable:
            assert shape.credits_per_hour, name
            # A credit is a vCPU-minute, so that an hour's credits are spread over 60 minutes.
            earned = shape.credits_per_hour / 60 / shape.vcpu_count
            assert baseline_fraction(name) == pytest.approx(earned), name


def test_every_figure_has_a_source_and_only_missing_ones_have_no_value():
    for figures in load_chips().values():
        for one in figures.values():
            assert one.source
            assert (one.basis == "unknown") == (one.number is None and not one.words), one
            assert one.shown


def test_what_the_two_tables_say_of_instruction_sets_agrees():
    chips = load_chips()
    for shape in load_catalogue().shapes:
        words = chips[processors_of(shape.instance_type)[0]]["instruction_sets"].words.split()
        assert ("avx512" in words) == shape.avx512, shape.instance_type
        assert ("amx" in words) == shape.amx, shape.instance_type


def test_a_chip_that_is_not_in_the_table_says_so():
    found = chip_facts("Some Processor", "Some GPU")

    assert len(found) == len(PROCESSOR_FIGURES) + len(GPU_FIGURES)
    assert all(one["basis"] == "unknown" and "not known" in one["value"] for one in found)


def test_a_missing_figure_is_shown_as_missing_and_an_absent_unit_as_none():
    assert load_chips()["Neoverse-V3"]["clock_sustained_ghz"].shown.startswith("not known")
    assert load_chips()["NVIDIA T4"]["tf32_matrix_tflop_per_s"].shown == "none"
