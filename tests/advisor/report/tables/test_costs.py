"""The bill, the stack and the curve of cost, figure by figure."""

import pytest

from advisor.recommendation import CostPoint, JobAdvice, JobPoint
from advisor.report.tables.costs import (
    bill_table,
    crossing_sentences,
    crossings,
    curve_platforms,
    rate_axis,
    rate_table,
    stack_table,
)
from tests.advisor.report.factories import (
    bare,
    column,
    cost_line,
    costing,
    curve,
    numeric,
    of,
    quote,
    texts,
    way,
)

JOB = JobAdvice(
    option="m",
    machines=1,
    jobs_per_day=1.0,
    row_count=1e6,
    requests_per_s=4.0,
    start_s=60.0,
    work_s=540.0,
    deadline_s=3600.0,
    largest_row_count=6e6,
    basis="scaled",
    curve=(JobPoint(row_count=1e6, wall_s=600.0, wall_s_low=500.0, wall_s_high=700.0),),
)
"""A job whose curve of cost counts 250,000 rows for each request per second."""


def test_a_line_of_the_bill_has_quantity_unit_price_amount_and_source():
    table = bill_table(
        way(
            "m",
            cost_line(
                12.345,
                label="vCPU",
                quantity_per_month=1460.0,
                unit="vcpu-hour",
                usd_per_unit=0.0084554795,
            ),
        )
    )

    assert texts(table)[0] == [
        "vCPU",
        "1,460",
        "vCPU-hour",
        "0.00845548 ○",
        "12.35",
        "AWS price list",
    ]
    assert numeric(table) == ["Quantity", "USD per unit", "USD/month"]
    assert table.caption == "Cost lines of one month (730 h)"
    assert table.cards


def test_a_line_with_a_price_of_the_book_names_the_row_it_rests_on():
    table = bill_table(way("m", cost_line(1.0, quote=quote("ec2", "c7g.large"), source="hidden")))

    assert column(table, "Source")[0] == "ec2 c7g.large, price of 2026-01-02"


def test_groups_follow_in_order_each_with_its_sum_and_the_total_is_last():
    table = bill_table(
        way(
            "m",
            cost_line(5.0, group="people", label="Upkeep", basis="input"),
            cost_line(2.0, label="A"),
            cost_line(3.0, label="B"),
            cost_line(0.001, group="training", label="Runs"),
        )
    )

    assert column(table, "Line") == [
        *("A", "B", "Serving"),
        *("Runs", "Training runs"),
        *("Upkeep", "People"),
        "Total",
    ]
    assert column(table, "USD/month") == [
        *("2.00", "3.00", "5.00"),
        *("<0.01", "<0.01"),
        *("5.00", "5.00"),
        "10.00",
    ]
    assert table.strong_rows == {2, 4, 6, 7}
    assert texts(table)[-1] == ["Total", "", "", "", "10.00", ""]


def test_a_discount_stands_in_the_bill_with_its_sign():
    table = bill_table(way("m", cost_line(10.0), cost_line(-2.5, label="Discount")))

    assert column(table, "USD/month") == ["10.00", "-2.50", "7.50", "7.50"]


def test_the_stack_of_an_option_adds_up_from_left_to_right():
    option = way(
        "m",
        cost_line(100.0),
        cost_line(30.0, group="training"),
        cost_line(11.0, group="labels"),
        cost_line(285.0, group="people", source="study: team.hours_per_month"),
    )
    answer = of(option)
    answer = answer.replace(training=answer.training.replace(runs_per_release=10))

    table = stack_table(answer)

    assert [one.title for one in table.columns] == [
        *("Option", "Serving", "Training", "Experiments", "Retraining", "People", "Total"),
    ]
    assert texts(table) == [["m", "100.00", "3.00", "27.00", "11.00", "285.00", "426.00"]]
    assert len(numeric(table)) == 6


def test_the_stack_lists_so_many_options_as_it_is_asked_for():
    answer = of(*(costing(10.0 + n) for n in range(9)))

    assert len(stack_table(answer).rows) == 6
    assert [row[0] for row in texts(stack_table(answer, limit=2))] == ["10 USD", "11 USD"]
    assert stack_table(bare()).rows == ()


def test_the_axis_of_requests_counts_requests():
    axis = rate_axis(bare())

    assert (axis.title, axis.column, axis.per_rate) == (
        "Mean requests per second",
        "Requests/s",
        1.0,
    )
    assert axis.text(0.25) == "0.25/s"
    assert axis.text(1234.0) == "1,234/s"


def test_the_axis_of_jobs_counts_rows():
    axis = rate_axis(bare(job=JOB))

    assert (axis.title, axis.column) == ("Rows of one job", "Rows of one job")
    assert axis.per_rate == pytest.approx(250_000)
    assert axis.text(2.46e6) == "2.46 million rows"
    assert axis.text(2.46e6, digits=2) == "2.5 million rows"


def test_without_a_curve_nothing_crosses():
    assert crossings(bare()) == ()
    assert crossing_sentences(bare()) == ()
    assert rate_table(bare()).rows == ()
    assert curve_platforms(bare()) == ()


def test_lines_that_are_straight_in_logarithms_cross_in_the_middle_of_their_gaps():
    """At 1/s 10 against 40 USD, at 100/s 160 against 40: gaps of a factor 4 and 4, so at 10/s."""
    answer = bare(
        cost_curve=curve(ecs_fargate={1.0: 10.0, 100.0: 160.0}, ecs_ec2={1.0: 40.0, 100.0: 40.0})
    )

    (found,) = crossings(answer)
    assert found.requests_per_s == pytest.approx(10.0)
    assert found.usd_per_month == pytest.approx(40.0)
    assert (found.before, found.after) == ("ecs-fargate", "ecs-ec2")


def test_lines_that_touch_at_a_drawn_rate_cross_there():
    answer = bare(
        cost_curve=curve(
            ecs_fargate={1.0: 10.0, 10.0: 20.0, 100.0: 50.0},
            ecs_ec2={1.0: 20.0, 10.0: 20.0, 100.0: 20.0},
        )
    )

    (found,) = crossings(answer)
    assert found.requests_per_s == pytest.approx(10.0)
    assert found.usd_per_month == pytest.approx(20.0)


def test_a_platform_that_comes_in_cheaper_takes_over_at_the_rate_before():
    answer = bare(
        cost_curve=curve(ecs_fargate={1.0: 10.0, 10.0: 30.0}, ecs_ec2={10.0: 20.0, 100.0: 20.0})
    )

    (found,) = crossings(answer)
    assert (found.requests_per_s, found.usd_per_month) == (1.0, 10.0)


def test_crossings_come_by_rate_whatever_the_order_of_the_points():
    points = curve(
        sagemaker_serverless={1.0: 1.0, 10.0: 30.0, 100.0: 900.0},
        ecs_fargate={1.0: 9.0, 10.0: 10.0, 100.0: 90.0},
        ecs_ec2={1.0: 50.0, 10.0: 50.0, 100.0: 50.0},
    )
    found = crossings(bare(cost_curve=points))

    assert crossings(bare(cost_curve=points[::-1])) == found
    assert [(one.before, one.after) for one in found] == [
        ("sagemaker-serverless", "ecs-fargate"),
        ("ecs-fargate", "ecs-ec2"),
    ]
    assert found[0].requests_per_s < 10 < found[1].requests_per_s


def test_a_crossing_is_said_as_requests_and_of_jobs_as_rows():
    points = curve(ecs_fargate={1.0: 10.0, 100.0: 160.0}, ecs_ec2={1.0: 40.0, 100.0: 40.0})

    assert crossing_sentences(bare(cost_curve=points)) == (
        "From 10 requests/s on ECS on EC2 is cheaper than ECS Fargate.",
    )
    assert crossing_sentences(bare(cost_curve=points, job=JOB)) == (
        "From 2.5 million rows in a job on ECS on EC2 is cheaper than ECS Fargate.",
    )


def test_a_curve_without_crossings_names_the_cheapest_and_its_reach():
    points = curve(ecs_fargate={1.0: 30.0, 1000.0: 31.0}, ecs_ec2={1.0: 40.0, 1000.0: 41.0})

    assert crossing_sentences(bare(cost_curve=points)) == (
        (
            "ECS Fargate is the cheapest at every rate drawn, 1 to 1,000 requests/s: nothing "
            "crosses it."
        ),
    )
    assert crossing_sentences(bare(cost_curve=points, job=JOB)) == (
        (
            "ECS Fargate is the cheapest at every size of a job drawn, 250,000 to 250 million rows "
            "in a job: nothing crosses it."
        ),
    )


def test_the_table_of_rates_has_a_column_per_platform_and_says_where_none_is_feasible():
    points = curve(ecs_fargate={10.0: 30.0, 1.0: 20.0}, sagemaker_realtime={10.0: 25.0})
    table = rate_table(bare(cost_curve=points))

    assert [one.title for one in table.columns] == [
        *("Requests/s", "SageMaker real-time", "ECS Fargate", "Cheapest"),
    ]
    assert texts(table) == [
        ["1", "none feasible", "20", "ECS Fargate, m at 1"],
        ["10", "25", "30", "SageMaker real-time, m at 10"],
    ]
    assert numeric(table) == ["Requests/s", "SageMaker real-time", "ECS Fargate"]


def test_the_cheapest_option_is_not_named_with_its_platform_twice():
    point = CostPoint(
        requests_per_s=1.0, platform="ecs-fargate", option="m on ECS Fargate", usd_per_month=2.0
    )

    assert column(rate_table(bare(cost_curve=(point,))), "Cheapest") == ["m on ECS Fargate"]


def test_the_table_of_a_job_counts_rows():
    table = rate_table(bare(cost_curve=curve(ecs_fargate={4.0: 2.0}), job=JOB))

    assert texts(table) == [["1 million", "2.00", "ECS Fargate, m at 4"]]
    assert table.columns[0].title == "Rows of one job"


def test_platforms_keep_their_order_and_unknown_ones_come_last():
    points = curve(zeta={1.0: 1.0}, alpha={1.0: 1.0}, ecs_ec2={1.0: 1.0}, ecs_fargate={1.0: 1.0})

    assert curve_platforms(bare(cost_curve=points)) == ("ecs-fargate", "ecs-ec2", "alpha", "zeta")
