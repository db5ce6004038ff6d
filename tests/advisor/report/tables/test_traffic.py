"""The day or week of traffic as tables."""

from advisor.recommendation import TrafficHour
from advisor.report.tables.traffic import scaling_table, traffic_table
from tests.advisor.report.factories import column, numeric, texts
from tests.faces.factories import traffic


def hours(count: int) -> tuple[TrafficHour, ...]:
    return tuple(
        TrafficHour(
            hour=hour,
            requests_per_s=float(hour),
            busiest_requests_per_s=2.0 * hour,
            replicas=1 + hour // 10,
        )
        for hour in range(count)
    )


def test_a_day_has_a_row_for_each_hour():
    table = traffic_table(traffic(hours=hours(24)))

    assert len(table.rows) == 24
    assert texts(table)[0] == ["00:00", "0 △", "0", "1"]
    assert texts(table)[13] == ["13:00", "13 △", "26", "2"]
    assert numeric(table) == ["Requests/s", "Busiest minute", "Replicas"]


def test_a_week_has_a_row_for_four_hours_with_their_mean_and_their_most():
    table = traffic_table(traffic(hours=hours(168), basis="input"))

    assert len(table.rows) == 42
    assert texts(table)[0] == ["Mon 00:00", "1.5 ✎", "6", "1"]
    assert texts(table)[2] == ["Mon 08:00", "9.5 ✎", "22", "2"]
    assert texts(table)[6] == ["Tue 00:00", "25.5 ✎", "54", "3"]
    assert texts(table)[-1] == ["Sun 20:00", "166 ✎", "334", "17"]


def test_the_ways_to_scale_are_named_and_only_tracking_has_a_target():
    table = scaling_table(traffic())

    assert column(table, "Way") == [
        *("Fixed for the peak", "By the hour, started ahead", "Target tracking"),
    ]
    assert column(table, "Target to set, per replica and minute") == ["n/a", "n/a", "5,400"]
    assert texts(table)[2] == ["Target tracking", "1.5", "2", "75", "12", "0%", "5,400"]
    assert len(numeric(table)) == 6


def test_thousands_of_replicas_are_told_in_thousands():
    advice = traffic()
    many = advice.scaling[0].replace(most_replicas=12_000, mean_replicas=1234.5)

    assert texts(scaling_table(advice.replace(scaling=(many,))))[0][1:3] == ["1,234", "12,000"]
