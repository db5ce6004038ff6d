"""What a face prints of machines and predictions; the command line on top of it."""

import json

import pytest
from typer.testing import CliRunner

from advisor.capacity.hardware_cards import hardware_card, prediction_cards
from advisor.capacity.prediction import predict_candidates
from benchmarks.storage.store import RunStore
from tests.advisor.capacity.test_prediction import host, run


def test_a_card_has_the_shape_and_a_speed_for_each_kind_of_work():
    card = hardware_card("c7g.large", host=host())

    assert card["facts"]["physical cores"] == 2
    assert card["facts"]["processor"] == "Neoverse-V1"
    assert set(card["speed"]) == {"scalar", "vector", "multi", "bandwidth"}
    for row in card["speed"].values():
        assert row["low_80"] < row["ratio"] < row["high_80"]


def test_a_gpu_and_a_burstable_machine_say_so():
    assert hardware_card("g5.xlarge", host=host())["facts"]["GPU"] == "NVIDIA A10G"
    assert hardware_card("t3.medium", host=host())["facts"]["share of a vCPU for ever"] == 0.2
    assert "share of a vCPU for ever" not in hardware_card("m5.large", host=host())["facts"]


def test_fargate_has_a_card_without_a_promised_processor():
    card = hardware_card("fargate-x86_64", host=host())

    assert " or " in card["facts"]["processor"]
    assert any("not guaranteed" in note for note in card["notes"])


def test_the_chain_ends_at_the_carried_number():
    found = predict_candidates(runs=[run()], instance_types=["c7g.large"])["forest"]
    (card,) = prediction_cards(found)

    assert card["chain"][-1] == f"= {card['service_ms']:.3g} ms"
    assert card["service_80_ms"][0] < card["service_ms"] < card["service_80_ms"][1]
    assert json.dumps(card, allow_nan=False)


@pytest.fixture
def app():
    import typer

    from advisor.cli import hardware

    result = typer.Typer()
    hardware.add(result)
    return result


def test_predict_reads_the_store_by_candidate_and_by_run(app, tmp_path):
    RunStore(tmp_path).append(run())
    asked = ["hardware", "predict", "--sku", "m5.xlarge", "--store", str(tmp_path), "--json"]

    by_name = CliRunner().invoke(app, [*asked, "forest"])
    by_id = CliRunner().invoke(app, [*asked, "run-forest-0"])

    assert by_name.exit_code == 0
    assert json.loads(by_name.stdout) == json.loads(by_id.stdout)
    assert json.loads(by_name.stdout)[0]["service_ms"] == pytest.approx(0.102)


def test_predict_names_what_the_store_has_when_the_run_is_unknown(app, tmp_path):
    RunStore(tmp_path).append(run())

    found = CliRunner().invoke(
        app, ["hardware", "predict", "frst", "--sku", "m5.large", "--store", str(tmp_path)]
    )

    assert type(found.exception).__name__ == "NoRunsError"
    assert "it has forest" in str(found.exception)


def test_predict_for_people_shows_the_factors(app, tmp_path):
    RunStore(tmp_path).append(run())

    found = CliRunner().invoke(
        app, ["hardware", "predict", "forest", "--sku", "c7g.large", "--store", str(tmp_path)]
    )

    assert "measured 0.102 ms" in found.stdout
    assert "80%:" in found.stdout
    assert "scaled, cross-architecture" in found.stdout


def test_a_torch_candidate_on_a_gpu_says_that_it_is_an_order_of_magnitude():
    from advisor.capacity.hardware_cards import gpu_cards
    from tests.advisor.factories import run as measured

    runs = [measured("torch_mlp", parameter_count=100_000), measured("forest")]
    (card,) = gpu_cards(runs, ["g5.xlarge", "c7i.large"], rows=8)

    assert card["candidate"] == "torch_mlp"
    assert card["basis"] == "assumed"
    assert "order of magnitude" in card["note"]
    assert card["service_80_ms"][0] < card["service_ms"] < card["service_80_ms"][1]


def test_predict_refuses_a_type_that_nobody_sells_and_plans_burstable_ones_at_their_baseline(
    app, tmp_path
):
    RunStore(tmp_path).append(run())
    asked = ["hardware", "predict", "forest", "--store", str(tmp_path), "--json", "--sku"]

    wrong = CliRunner().invoke(app, [*asked, "m5.lrage"])
    (card,) = json.loads(CliRunner().invoke(app, [*asked, "t3.nano"]).stdout)

    assert "did you mean" in str(wrong.exception)
    assert "baseline of 5%" in card["note"]
