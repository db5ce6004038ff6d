import pytest

from pricing.errors import UnknownInstance
from pricing.instances import load_catalogue, load_spot_advice
from pricing.tables import load_book


def test_a_shape_is_found_with_and_without_the_ml_prefix():
    catalogue = load_catalogue()

    assert catalogue.get("ml.c5.xlarge") is catalogue.get("c5.xlarge")
    assert catalogue.get("c5.xlarge").physical_core_count == 2
    assert "ml.c5.xlarge" in catalogue
    assert catalogue.find("c5.tiny") is None


def test_an_unknown_type_names_near_ones():
    with pytest.raises(UnknownInstance, match=r"did you mean .*m5\.large"):
        load_catalogue().get("ml.m5.lagre")


@pytest.mark.parametrize(
    ("kind", "cores", "threads", "architecture", "processor"),
    [
        ("m5.large", 1, 2, "x86_64", "Intel Xeon Platinum"),
        ("c7a.large", 2, 1, "x86_64", "AMD EPYC 9R14"),
        ("c7g.large", 2, 1, "arm64", "Neoverse-V1"),
    ],
)
def test_cores_are_physical_ones(kind, cores, threads, architecture, processor):
    shape = load_catalogue().get(kind)

    assert (shape.physical_core_count, shape.threads_per_core_count) == (cores, threads)
    assert shape.architecture == architecture
    assert shape.processor
    assert shape.processor.startswith(processor)


def test_credits_keep_the_baseline_they_pay_for():
    """A credit is one vCPU-minute: credits per hour = vCPUs x baseline x 60."""
    burstable = [shape for shape in load_catalogue().shapes if shape.burstable]

    assert len(burstable) == 14
    for shape in burstable:
        assert shape.credits_per_hour == pytest.approx(
            shape.vcpu_count * shape.baseline_fraction * 60
        )
    assert all(s.credits_per_hour is None for s in load_catalogue().shapes if not s.burstable)


def test_every_priced_machine_is_in_the_catalogue():
    missing = {
        row.sku
        for row in load_book().rows
        if row.service == "ec2" and row.sku not in load_catalogue()
    }

    assert missing == set()


def test_spot_advice_is_a_saving_and_a_risk():
    advice = load_spot_advice()["us-east-1", "m5.xlarge"]

    assert (advice.saving_fraction, advice.interruption) == (0.66, ">20%")
