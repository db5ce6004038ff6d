"""Whether a GPU pays, against sums on paper that share nothing with the product."""

import math

import pytest

from advisor.recommend import recommend
from tests.advice.networks import CONVOLUTIONS, PERCEPTRON, TRANSFORMER, network, on_card
from tests.advisor.factories import ON, evidence, run, study

T4_USD_PER_HOUR = 0.526  # g4dn.xlarge on demand, us-east-1
HOURS = 730


def asked(rate, *, need_ms=300.0, platforms=("ecs-ec2",), **changes):
    return study(
        workload={"requests_per_s": rate, "peak_requests_per_s": rate},
        needs={"max_p99_latency_ms": need_ms},
        retraining={"error_cost_usd": 0.05, "cases_per_day": 100_000},
        cloud={"platforms": list(platforms)},
        decision={"draw_count": 200},
        **changes,
    )


def answer(rate, *runs, **changes):
    guess = run("dummy", 0, error=0.4, service_s=0.0002, training_s=0.1)
    return recommend(asked(rate, **changes), evidence(guess, *runs), on=ON, what_if=False)


def is_on_gpu(option):
    return option.sku.removeprefix("ml.").startswith(("g4", "g5", "g6", "g7", "p3", "p4", "p5"))


@pytest.mark.parametrize(
    ("shape", "rate"), [(CONVOLUTIONS, 3000.0), (CONVOLUTIONS, 1000.0), (TRANSFORMER, 4000.0)]
)
def test_a_network_of_gflops_at_thousands_of_rows_is_served_on_gpus(shape, rate):
    """A core needs gflop / rate of it for a row: 40 ms of the convolutions, 22 ms of the
    transformer; 1,000 to 4,000 rows a second keep 40 to 120 cores busy. A T4 does 4.9 TFLOP/s:
    0.5 and 0.2 ms a row. Even at the cheapest 0.035 USD an hour and core the processors cost
    more than the cards."""
    name = "torch_cnn" if shape is CONVOLUTIONS else "torch_transformer"
    row_s = shape["gflop"] / shape["core_gflop_per_s"]
    on_cores_usd = rate * row_s / 0.7 * 0.035 * HOURS
    cards = math.ceil(rate * shape["gflop"] / 4900 / 0.7)
    on_cards_usd = cards * T4_USD_PER_HOUR * HOURS
    assert on_cards_usd < on_cores_usd / 1.5

    found = answer(rate, network(name, **shape))

    assert is_on_gpu(found.best)
    assert found.gpu.serving.needed
    assert "No GPU" not in found.verdict


@pytest.mark.parametrize("rate", [20.0, 3000.0])
def test_what_is_little_work_is_never_served_on_a_gpu(rate):
    """0.2 MFLOP take 10 us of a core: 3,000 rows a second are 3% of one core. A linear model and
    a forest have no form for a GPU at all."""
    for one in (
        network("torch_mlp", **PERCEPTRON),
        run("linear", 1, error=0.05, service_s=0.0002),
        run("random_forest", 2, error=0.05, service_s=0.005),
    ):
        found = answer(rate, one, platforms=("ecs-ec2", "sagemaker-realtime"))

        assert not any(is_on_gpu(option) for option in found.ranked if option is found.best)
        assert not found.gpu.serving.needed


def test_a_measured_card_sets_its_own_capacity():
    """A T4 was seen to take 2 ms and 0.25 ms a row, from parsed rows to answers: in batches it
    serves up to 4,000 rows a second, 2,800 at 70%: 5,000 a second take two of them. On processors
    they take 200 cores."""
    cpu = network("torch_cnn", **CONVOLUTIONS, call_s=0.004)
    card = on_card(
        "torch_cnn", "NVIDIA T4", call_s=0.002, row_s=0.00025, weights=CONVOLUTIONS["weights"]
    )

    found = answer(5000.0, cpu, card)
    own = [o for o in found.ranked if o.sku == "g4dn.xlarge"]

    assert is_on_gpu(found.best)
    assert own, [o.name for o in found.ranked]
    assert own[0].basis == "measured"
    assert own[0].replicas in (2, 3)


def test_batches_stay_within_the_need():
    """Convolutions of 40 ms a row on a T4 that takes 0.5 ms a row: 256 of them are 125 ms. With
    100 ms for an answer no batch may take more than half of it."""
    loose = answer(3000.0, network("torch_cnn", **CONVOLUTIONS), need_ms=1000.0)
    tight = answer(3000.0, network("torch_cnn", **CONVOLUTIONS), need_ms=60.0)

    assert is_on_gpu(loose.best)
    assert is_on_gpu(tight.best)
    assert tight.best.p99_latency_ms <= 60.0


def test_a_network_that_nobody_counted_is_bounded_by_what_a_core_can_have_done():
    """0.4 s of a row on one core are at most 24 GFLOP at 60 GFLOP/s: 5 ms on a T4, where 2 x 11
    million weights would say 0.004 ms. Two hundred rows a second: 1.4 cards; 114 cores."""
    bare = network("torch_cnn", gflop=24.0, core_gflop_per_s=60.0, weights=11_000_000, kernels=60)
    found = answer(200.0, bare.replace(network=None), need_ms=2000.0)

    assert is_on_gpu(found.best)
    assert found.best.replicas <= 3
