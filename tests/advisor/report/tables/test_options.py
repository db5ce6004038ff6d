"""Which options are listed, and why each of the others lost."""

import pytest

from advisor.recommendation import LadderStep
from advisor.report.tables.options import (
    considered_sentence,
    cost_cell,
    options_table,
    rejected_table,
    telling_options,
    telling_rejections,
    time_cell,
    time_title,
    time_words,
    where_differs,
    why_it_lost,
)
from tests.advisor.report.factories import (
    bare,
    column,
    cost_line,
    costing,
    numeric,
    of,
    texts,
    turned_down,
    way,
)


def test_the_chosen_option_is_ticked_and_the_others_keep_their_place():
    table = options_table(of(costing(10.0), costing(12.5), costing(30.0)))
    rest = ["8 ◐", "6 to 12", "25%", "0.900 ●"]

    assert texts(table) == [
        ["✔", "10 USD", "10 ○", "5.00 ○", *rest, "chosen"],
        ["2", "12.5 USD", "12 ○", "6.25 ○", *rest, "costs 2.50 USD/month more"],
        ["3", "30 USD", "30 ○", "15 ○", *rest, "costs 20 USD/month more"],
    ]
    assert table.strong_rows == {0}
    assert numeric(table) == ["USD/month", "of it AWS", "p99 ms", "80% band", "Busy", "accuracy"]


def test_what_is_not_known_of_an_option_has_neither_figure_nor_badge():
    unknown = dict.fromkeys(
        ("p99_latency_ms", "p99_latency_ms_low", "utilisation_fraction", "quality")
    )
    (row,) = texts(options_table(of(way("m", priced=False, **unknown))))

    assert row == ["✔", "m", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "chosen"]


def test_places_are_those_of_the_ranking_where_some_are_left_out():
    near = [costing(10.0 + n, platform="ecs-fargate") for n in range(8)]
    far = costing(900.0, platform="sagemaker-realtime")
    table = options_table(of(*near, far), limit=3)

    assert column(table, "") == ["✔", "2", "9"]
    assert table.caption == "Options that meet every need (6 more in the JSON)"


def test_a_list_that_has_all_says_nothing_of_more():
    assert options_table(of(costing(1.0))).caption == "Options that meet every need"
    assert rejected_table(bare(rejected=(turned_down(way()),))).caption == "Options that lost"


def test_without_an_option_the_tables_are_empty():
    assert options_table(bare()).rows == ()
    assert rejected_table(bare()).rows == ()
    assert telling_options(bare(), limit=6) == ()


@pytest.mark.parametrize(
    ("limit", "shown"),
    [(1, [0]), (2, [0, 5]), (3, [0, 5, 7]), (4, [0, 1, 5, 7]), (8, list(range(8)))],
)
def test_the_cheapest_of_each_platform_comes_before_the_next_ones(limit, shown):
    platforms = ["ecs-fargate"] * 5 + ["ecs-ec2"] * 2 + ["sagemaker-realtime"]
    ranked = [costing(10.0 + n, platform=platform) for n, platform in enumerate(platforms)]

    found = telling_options(of(*ranked), limit=limit)

    assert found == tuple(ranked[place] for place in shown)


def test_a_rejected_option_stands_with_all_its_reasons():
    slow = turned_down(costing(5.0), "p99 200 ms > 100 ms", "budget 5 USD > 1 USD")
    table = rejected_table(bare(rejected=(slow,)))

    assert texts(table) == [
        ["5 USD", "5.00 ○", "2.50 ○", "8 ◐", "p99 200 ms > 100 ms; budget 5 USD > 1 USD"]
    ]
    assert numeric(table) == ["USD/month", "of it AWS", "p99 ms"]


def test_rejections_take_turns_by_platform_and_keep_their_order():
    def lost(name, platform):
        return turned_down(way(name, platform=platform))

    rejected = (
        lost("a1", "ecs-fargate"),
        lost("a2", "ecs-fargate"),
        lost("a3", "ecs-fargate"),
        lost("b1", "ecs-ec2"),
        lost("c1", "sagemaker-async"),
    )
    found = telling_rejections(bare(rejected=rejected), limit=4)

    assert [one.option.name for one in found] == ["a1", "a2", "b1", "c1"]


def test_rejections_of_the_chosen_candidate_come_first():
    other = turned_down(way("other", candidate="x"))
    own = turned_down(way("own"))
    answer = of(way("best"), rejected=(other, other.replace(reasons=("y",)), own))

    assert telling_rejections(answer, limit=1) == (own,)
    assert telling_rejections(bare(rejected=(other, own)), limit=1) == (other,)


def test_the_table_of_the_lost_says_how_many_it_leaves_out():
    many = tuple(turned_down(way(f"m{n}")) for n in range(11))

    table = rejected_table(bare(rejected=many))

    assert len(table.rows) == 8
    assert table.caption == "Options that lost (3 more in the JSON)"


def test_a_total_has_the_basis_of_its_weakest_line():
    option = way("m", cost_line(3.0, basis="list"), cost_line(4.0, basis="scaled"))

    assert cost_cell(option).plain == "7.00 ◐"
    assert cost_cell(option.replace(priced=False)).plain == "n/a"


def test_a_job_is_told_in_minutes_and_hours_and_what_stands_all_month_has_no_time():
    jobs = bare(pattern="batch")
    job = way(platform="sagemaker-processing", p99_latency_ms=7_200_000.0)

    assert time_title(jobs) == "Job takes"
    assert time_cell(job, jobs).plain == "2.0 h ◐"
    assert time_cell(job.replace(p99_latency_ms=90_000.0), jobs).plain == "1.5 min ◐"
    assert time_cell(job.replace(platform="ecs-fargate"), jobs).plain == "n/a"
    assert time_cell(job.replace(p99_latency_ms=None), jobs).plain == "n/a"


def test_a_request_is_told_in_milliseconds():
    assert time_title(bare()) == "p99 ms"
    assert time_cell(way(p99_latency_ms=3400.0), bare()).plain == "3,400 ◐"
    assert time_cell(way(p99_latency_ms=None), bare()).plain == "n/a"


def test_in_a_sentence_a_time_has_its_unit():
    jobs = bare(pattern="batch")
    job = way(platform="ecs-ec2-scheduled", p99_latency_ms=7_200_000.0)

    assert time_words(way(), bare()) == "8 ms"
    assert time_words(way(p99_latency_ms=None), bare()) == "n/a"
    assert time_words(job, jobs) == "2.0 h"


def test_the_band_of_a_job_is_of_hours_too():
    job = way(
        platform="ecs-fargate-scheduled",
        p99_latency_ms=600_000.0,
        p99_latency_ms_low=480_000.0,
        p99_latency_ms_high=7_200_000.0,
    )
    table = options_table(of(job, pattern="batch"))

    assert column(table, "80% band") == ["8 min to 2.0 h"]
    assert column(table, "Job takes") == ["10 min ◐"]


TIE = "; a tie, as closely as prices are known: the chosen one is simpler to run"


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (10.006, "costs 0.006 USD/month more"),
        (112.0, "costs 102 USD/month more"),
        (9.0, f"1.00 USD/month cheaper{TIE}"),
        (10.0, f"costs the same{TIE}"),
        (10.004, f"costs the same{TIE}"),
        (9.996, f"costs the same{TIE}"),
    ],
)
def test_the_reason_of_an_option_of_the_same_model_is_money_or_a_tie(usd, words):
    assert why_it_lost(costing(usd), of(costing(10.0))) == words


@pytest.mark.parametrize(
    ("theirs", "ours", "better"),
    [
        (9.0, 8.0, "answers faster"),
        (8.0, 8.0, "is simpler to run"),
        (7.0, 8.0, "is simpler to run"),
        (None, 8.0, "answers faster"),
        (None, None, "is simpler to run"),
        (8.0, None, "is simpler to run"),
    ],
)
def test_a_tie_goes_to_the_faster_or_else_the_simpler(theirs, ours, better):
    answer = of(costing(10.0, p99_latency_ms=ours))

    assert why_it_lost(costing(10.0, p99_latency_ms=theirs), answer).endswith(better)


def test_an_option_of_another_model_is_turned_down_by_the_models_verdict():
    step = LadderStep(
        candidate="x",
        quality=0.9,
        quality_spread=0.0,
        usd_per_month=5.0,
        error_usd_per_month=None,
        verdict="within noise",
    )
    answer = of(costing(10.0), ladder=(step.replace(candidate="y", verdict="wrong"), step))

    assert why_it_lost(costing(12.0, candidate="x"), answer) == (
        "costs 2.00 USD/month more; x: within noise"
    )
    assert why_it_lost(costing(8.0, candidate="x"), answer) == (
        "2.00 USD/month cheaper; x: within noise"
    )


def test_without_a_chosen_option_nobody_knows_why_one_lost():
    assert why_it_lost(way(), bare()) == "n/a"


@pytest.mark.parametrize(
    ("regions", "purchases", "words"),
    [
        (("us-east-1", "us-east-1"), ("on-demand", "on-demand"), ""),
        (("us-east-1", "eu-west-1"), ("on-demand", "on-demand"), ", us-east-1"),
        (("us-east-1", "us-east-1"), ("on-demand", "spot"), ", on-demand"),
        (("us-east-1", "eu-west-1"), ("on-demand", "spot"), ", us-east-1, on-demand"),
    ],
)
def test_region_and_purchase_are_named_only_where_they_differ(regions, purchases, words):
    first, second = (
        way(region=region, purchase=purchase)
        for region, purchase in zip(regions, purchases, strict=True)
    )

    assert where_differs(of(first, second))(first) == words
    assert where_differs(of(first, rejected=(turned_down(second),)))(first) == words


def test_a_region_in_the_name_is_not_said_again():
    first, second = way("m in us-east-1, spot", purchase="spot"), way(region="eu-west-1")
    place_of = where_differs(of(first, second))

    assert place_of(first) == ""
    assert place_of(second) == ", eu-west-1, on-demand"


def test_how_many_were_considered_is_said_with_both_parts():
    seen = bare().considered.replace(option_count=1480, feasible_count=1120, rejected_count=360)

    assert considered_sentence(bare(considered=seen)) == (
        "1,480 options considered: 1,120 meet every need, 360 do not. The telling ones are listed."
    )
