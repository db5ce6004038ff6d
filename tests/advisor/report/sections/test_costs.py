"""The view of costs."""

from advisor.report.sections.costs import costs
from tests.advisor.report.factories import (
    bare,
    cost_line,
    curve,
    of,
    titles,
    way,
)


def test_cost_has_the_stack_the_curve_and_the_bill():
    answer = of(way("m", cost_line(3.0), region="eu-west-1"), cost_curve=curve(ecs_ec2={1.0: 2.0}))
    found = costs(answer)

    assert titles(found) == [
        *("What each option costs", "If the traffic changes", "The bill of the chosen option"),
    ]
    assert [one.chart for one in found] == ["cost-stack", "cost-by-rate", None]
    assert found[-1].sentences == ("m, eu-west-1, on-demand.",)


def test_without_a_chosen_option_there_is_no_bill():
    assert titles(costs(bare())) == ["What each option costs"]
