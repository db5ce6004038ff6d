import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.fleet.decide import decide
from advisor.fleet.model import FleetModel, Load, Place, Releases, Runs
from advisor.fleet.report import as_csv, as_html, as_markdown, calendar_svg, lines_of
from advisor.fleet.setup import Commitments, FleetSetup, Hours, load_setup

ON = "2026-11-01"


def place(platform, usd, *, hours=0.0, machine=0.0):
    return Place(
        platform=platform,
        name=f"model on {platform}",
        usd_per_month=usd,
        aws_usd_per_month=usd,
        serving_usd_per_month=usd,
        machine_usd_per_month=machine,
        rank_usd_per_month=usd,
        upkeep_hours=hours,
        committable={"compute": usd},
    )


def model(name, *places, hours=6.0, days=None, **more):
    places = places or (place("ecs-fargate", 50.0, hours=hours), place("ecs-ec2", 40.0, hours=10.0))
    best = min(places, key=lambda one: one.usd_per_month + 95 * one.upkeep_hours)
    plan = (
        None
        if days is None
        else Releases(
            interval_days=days,
            band_days=(days * 0.8, days * 1.25),
            release_usd=400.0,
            aws_usd=20.0,
            hours=4.0,
            errors_usd_per_month=400.0 * 365 / 12 / days,
        )
    )
    return FleetModel(
        study=name,
        platform=best.platform,
        places=places,
        hour_usd=95.0,
        with_people=True,
        usd_per_month=best.usd_per_month + 95 * best.upkeep_hours,
        releases=plan,
        **more,
    )


def test_a_fleet_of_one_is_the_single_answer_to_the_cent():
    only = model("one", days=25.0)

    answer = decide([only], FleetSetup(), on=ON)

    (one,) = answer.models
    assert answer.usd_per_month == answer.sum_of_single_answers_usd_per_month == only.usd_per_month
    assert (one.interval_days, one.saves_usd_per_month, one.changed) == (25.0, 0.0, ())
    assert answer.hours_per_month == pytest.approx(6 + 4 * 365 / 12 / 25)


def test_a_thousand_models_pay_a_platforms_upkeep_once_and_a_tenth_each():
    models = [model(f"m{i}") for i in range(1000)]

    answer = decide(models, FleetSetup(), on=ON)

    # Fargate: 1000 x (50 + 0.1 x 6 h x 95) + 0.9 x 6 x 95;  EC2: 1000 x (40 + 95) + 0.9 x 950
    assert answer.platforms == ("ecs-fargate",)
    assert answer.usd_per_month == pytest.approx(1000 * (50 + 57) + 0.9 * 570)
    assert answer.sum_of_single_answers_usd_per_month == pytest.approx(1000 * (50 + 570))
    assert answer.hours_per_month == pytest.approx(1000 * 0.6 + 5.4)
    assert answer.aws_usd_per_month == pytest.approx(50_000)


def test_what_models_bear_adds_up_to_the_fleet():
    answer = decide([model("a", days=20.0), model("b", days=40.0), model("c")], FleetSetup(), on=ON)

    assert math.fsum(one.usd_per_month for one in answer.models) == pytest.approx(
        answer.usd_per_month
    )


def test_a_single_models_platform_is_given_up_where_the_others_carry_its_upkeep():
    loner = model("z", place("ecs-fargate", 70.0, hours=6.0), place("lambda", 60.0, hours=6.0))

    answer = decide([loner, model("a"), model("b")], FleetSetup(), on=ON)

    assert answer.platforms == ("ecs-fargate",)
    assert answer.models[2].changed == ("runs on ecs-fargate, alone it would on lambda",)


def test_intervals_fit_together_and_hours_that_do_not_fit_have_a_price():
    models = [model(f"m{i}", days=14.0) for i in range(8)]

    free = decide(models, FleetSetup(), on=ON).calendar
    tight = decide(models, FleetSetup(hours=Hours(releases_per_week=8.0)), on=ON).calendar

    assert (free.mean_hours, free.peak_hours, free.together_hours) == (16.0, 16.0, 32.0)
    assert tight.mean_hours <= 8.0
    assert len(tight.stretched) == 8
    assert tight.usd_per_hour > 0
    assert tight.is_feasible


def test_hours_for_which_no_interval_is_long_enough_are_said_to_be_too_few():
    models = [model(f"m{i}", days=14.0) for i in range(8)]

    answer = decide(models, FleetSetup(hours=Hours(releases_per_week=0.1)), on=ON)

    assert not answer.calendar.is_feasible
    assert any("hours.releases_per_week" in note for note in answer.notes)


def test_commitments_are_bought_over_the_sum():
    setup = FleetSetup(commitment=Commitments(discounts={"compute": 0.28}))
    plain = decide([model(f"m{i}") for i in range(50)], FleetSetup(), on=ON)

    answer = decide([model(f"m{i}") for i in range(50)], setup, on=ON)

    (one,) = answer.commitment
    assert one.saves_usd_per_month > one.alone_saves_usd_per_month > 0
    assert answer.aws_usd_per_month == pytest.approx(
        plain.aws_usd_per_month - one.saves_usd_per_month
    )


def test_experiments_get_more_than_equal_money_would():
    models = [
        model(f"m{i}", runs=Runs(run_usd=5.0, unit_usd=10.0 ** (i % 4), spread=2.0, spread_runs=50))
        for i in range(12)
    ]

    found = decide(models, FleetSetup(experiments_budget_usd=100.0), on=ON).experiments

    assert found.spend_usd <= 100
    assert found.gain_usd > found.equal_gain_usd
    assert found.last_dollar_gain_usd >= 1


def _load():
    return Load(
        rate_per_s=(10.0,) * 24,
        service_s={"m7i.large": 0.004},
        cores={"m7i.large": 1},
        machine_usd_per_month={"m7i.large": 70.0},
        machine_gib={"m7i.large": 6.0},
        scv=0.5,
        memory_gib=0.3,
        room_s=0.2,
    )


def test_models_share_machines_where_that_is_cheaper_and_alone_they_do_not():
    setup = FleetSetup(shared_machines=("m7i.large",))
    ways = (place("ecs-ec2", 75.0, hours=5.0, machine=70.0),)
    models = [model(f"m{i}", *ways, load=_load()) for i in range(10)]

    answer = decide(models, setup, on=ON)
    alone = decide(models[:1], setup, on=ON)

    (shared,) = answer.shared_machines
    assert len(shared.studies) == 10
    assert answer.machines_usd_per_month == pytest.approx(70 + 10 * 5)
    assert answer.fewest_shared_machines == 1
    assert alone.shared_machines == ()
    assert alone.usd_per_month == models[0].usd_per_month


def test_what_nothing_runs_is_listed_with_its_reasons_and_charges_nothing():
    lost = FleetModel(
        study="lost",
        platform=None,
        usd_per_month=0.0,
        hour_usd=95.0,
        reasons=("p99 of 1 ms is out of reach",),
    )

    answer = decide([lost, model("a")], FleetSetup(), on=ON)

    assert [one.study for one in answer.models] == ["a"]
    assert answer.infeasible[0].reasons == ("p99 of 1 ms is out of reach",)
    assert decide([lost], FleetSetup(), on=ON).models == ()


def test_no_study_at_all_is_an_error():
    with pytest.raises(AdvisorError, match="at least one study"):
        decide([], FleetSetup(), on=ON)


@given(st.permutations(range(6)))
def test_the_order_of_studies_never_matters(order):
    models = [
        model(
            f"m{i}",
            hours=float(1 + i % 3),
            days=[9.0, 20.0, 33.0][i % 3],
            runs=Runs(run_usd=1.0 + i, unit_usd=9.0, spread=3.0, spread_runs=9),
        )
        for i in range(6)
    ]
    setup = FleetSetup(
        commitment=Commitments(discounts={"compute": 0.28}), experiments_budget_usd=30.0
    )

    assert decide([models[i] for i in order], setup, on=ON) == decide(models, setup, on=ON)


def test_every_report_names_every_model_and_says_what_the_sum_would_wrongly_be():
    answer = decide([model("=evil|<b>", days=20.0), model("b", days=30.0)], FleetSetup(), on=ON)

    page, text, table = as_html(answer), as_markdown(answer), as_csv(answer)

    assert "<b>" not in page.replace("<p><b>", "").replace("<li><b>", "")
    assert page.count("wrongly") == text.count("wrongly") == 1
    assert "=evil\\|<b>" in text
    assert "'=evil|<b>" in table
    assert len(table.splitlines()) == 3
    assert calendar_svg(answer).count("<rect") == 16
    assert next(iter(lines_of(answer))) == answer.verdict


def test_a_key_that_is_none_is_named_with_those_that_are(tmp_path):
    (tmp_path / "fleet.yaml").write_text("budget: 3\n")

    with pytest.raises(AdvisorError, match=r"fleet.yaml: budget: .*experiments_budget_usd"):
        load_setup(tmp_path)
