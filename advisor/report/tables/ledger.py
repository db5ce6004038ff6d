"""The ledger: a row for each platform, with what AWS bills and what people take side by side."""

import itertools
import math
from collections.abc import Sequence

from advisor.market import total_usd
from advisor.platforms import facts_of, title_of
from advisor.recommendation import BASIS_BADGES, CostPoint, Option, Recommendation
from advisor.report.tables.cells import Cell, Column, Fact, Table
from advisor.report.tables.options import time_cell, time_title, time_words
from advisor.report.words import UNKNOWN, milliseconds, significant, usd

MOST_SPANS = 4
"""Platforms that a sentence names as the traffic grows; the chart has all."""

MINUTES_FROM_HOURS = 2.0
"""Below so many hours a month a difference is told in minutes. [h]"""


def best_sizes(recommendation: Recommendation) -> tuple[Option, ...]:
    """Return the chosen option and the best one of each other platform that can run its model.

    In the chosen one's runtime form where the platform has a size in it, so that like is compared
    with like.
    """
    best = recommendation.best
    if best is None:
        return ()
    rest = [o for o in recommendation.ranked if o.candidate == best.candidate]
    first: dict[str, Option] = {best.platform: best}
    for option in sorted(rest, key=lambda o: o.form != best.form):
        first.setdefault(option.platform, option)
    others = [o for o in first.values() if o is not best]
    return (best, *sorted(others, key=lambda o: (_compared(o, recommendation), o.platform)))


def ledger_table(recommendation: Recommendation) -> Table:
    """A row for each platform; people's hours where the study gives them."""
    options = best_sizes(recommendation)
    told = any(option.people_usd_per_month is not None for option in options)
    most_aws = max((o.aws_usd_per_month or 0.0 for o in options), default=0.0)
    most_people = max((o.people_usd_per_month or 0.0 for o in options), default=0.0)
    people = (Column("People", numeric=True), Column("Together", numeric=True)) if told else ()
    rows = []
    for option in options:
        cells = [
            Cell("✔" if option is options[0] else ""),
            Cell(title_of(option.platform)),
            _amount(option.aws_usd_per_month, most_aws),
        ]
        if told:
            cells += [
                _amount(option.people_usd_per_month, most_people),
                Cell(usd(option.usd_per_month)),
            ]
        rows.append((*cells, time_cell(option, recommendation)))
    return Table(
        caption="Best size of each platform, USD/month",
        columns=(
            Column(""),
            Column("Platform"),
            Column("AWS bill", numeric=True),
            *people,
            Column(time_title(recommendation), numeric=True),
        ),
        rows=tuple(rows),
        strong_rows=frozenset({0} if rows else ()),
    )


def _amount(amount: float | None, most: float) -> Cell:
    """Return an amount with its bar; `n/a` without one where nobody gave it."""
    if amount is None:
        return Cell(UNKNOWN)
    return Cell(usd(amount), bar=amount / most if most > 0 else 0.0)


def _compared(option: Option, recommendation: Recommendation) -> float:
    by_people = recommendation.rank_by == "with-people"
    amount = option.usd_per_month if by_people else option.aws_usd_per_month
    return math.inf if amount is None else amount


def amount_facts(recommendation: Recommendation) -> tuple[Fact, ...]:
    """What AWS is paid and what people take, each a month and a year, and by the million."""
    best = recommendation.best
    if best is None:
        return ()
    aws_usd = total_usd([line for line in best.lines if line.is_aws])
    band = _band(best.aws_usd_per_month_low, best.aws_usd_per_month_high)
    unit = unit_cost(best)
    aws = Fact(
        "You pay AWS",
        f"{usd(aws_usd)} USD/month",
        f"{band}{usd(12 * aws_usd)} USD a year" + (f"; {unit}." if unit else "."),
    )
    lines = [line for line in best.lines if line.group == "people"]
    if not lines:
        return (aws, Fact("Your people", "Not counted", "the study gives no hours"))
    band = _band(best.people_usd_per_month_low, best.people_usd_per_month_high)
    hours = " and ".join(
        f"{significant(line.quantity_per_month)} h of {line.label.lower()}" for line in lines
    )
    people = Fact(
        "Your people",
        f"{usd(total_usd(lines))} USD/month",
        f"{band}{hours}; together {usd(best.usd_per_month)} USD/month, "
        f"{usd(12 * best.usd_per_month)} a year.",
    )
    return (aws, people)


def _band(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{usd(low)} to {usd(high)} in 80 of 100 draws; "


def time_fact(recommendation: Recommendation) -> tuple[Fact, ...]:
    """How soon the slowest answers come, beside the need, and what that leaves out."""
    best, latency = recommendation.best, recommendation.latency
    if best is None or best.p99_latency_ms is None:
        return ()
    took, badge = time_words(best, recommendation), BASIS_BADGES[best.basis]
    if recommendation.pattern == "batch":
        return (Fact("One job takes", f"{took} {badge}", "its start counted."),)
    need_ms = latency.need_ms if latency is not None else None
    if need_ms is not None and not took.endswith("h"):
        took = f"{took.removesuffix(' ms')} of {milliseconds(need_ms)} ms"
    low, high = best.p99_latency_ms_low, best.p99_latency_ms_high
    band = "" if low is None else f"{milliseconds(low)} to {milliseconds(high)} in 80 of 100 draws"
    cold = facts_of(best.platform).billing == "by-request"
    rest = (band, "a cold start takes seconds" if cold else "")
    return (Fact("Slowest 1%", f"{took} {badge}", f"{'; '.join(one for one in rest if one)}."),)


def sureness_fact(recommendation: Recommendation) -> tuple[Fact, ...]:
    """In how many of a hundred draws the platform is the cheapest, by each amount."""
    best = recommendation.best
    if best is None or best.probability_cheapest_aws is None:
        return ()
    by_people = recommendation.rank_by == "with-people"
    people = best.probability_platform_best if by_people else None
    return (
        Fact(
            "Cheapest platform",
            f"{hundred(best.probability_cheapest_aws)} of 100 draws",
            "by the AWS bill"
            + ("." if people is None else f"; {hundred(people)} with your people."),
        ),
    )


def hundred(share: float) -> str:
    """Return a share as a count of a hundred, never as certain."""
    return "over 99" if share > 0.99 else "under 1" if share < 0.01 else f"{100 * share:.0f}"


def unit_cost(option: Option) -> str:
    """Return what AWS bills for a million answers or rows; empty where it is not known."""
    if option.usd_per_million_requests is not None:
        return f"{usd(option.usd_per_million_requests)} USD per million answers"
    if option.usd_per_million_rows is not None:
        return f"{usd(option.usd_per_million_rows)} USD per million rows"
    return ""


def hours_sentences(recommendation: Recommendation) -> tuple[str, ...]:
    """Say from which difference in hours each other platform is the right one, in words of time."""
    best = recommendation.best
    if best is None:
        return ()
    chosen = title_of(best.platform)
    found = []
    for one in recommendation.break_even_hours:
        hours, other = one.hours_per_month_less, title_of(one.platform)
        gap = duration_words(abs(hours))
        if hours > 0:
            found.append(
                f"{other} is right for you if it takes at least {gap} a month less than {chosen}."
            )
        else:
            found.append(
                f"{other} is right for you unless it takes {gap} a month more than {chosen}."
            )
    return tuple(found)


def duration_words(hours: float) -> str:
    """Write a time in minutes below two hours, else in hours.

    Example:
        >>> duration_words(0.42), duration_words(7.26)
        ('25 minutes', '7.3 hours')
    """
    if hours < MINUTES_FROM_HOURS:
        minutes = 60 * hours
        return f"{minutes:.0f} minutes" if minutes >= 1 else "a minute"
    return f"{significant(hours, digits=2)} hours"


def strip_sentences(recommendation: Recommendation) -> tuple[str, ...]:
    """Say which platform is the cheapest as the traffic grows, by each amount that is known."""
    found = []
    for name, by_people in (("By the AWS bill", False), ("With your people", True)):
        spans = strip(recommendation.cost_curve, by_people=by_people)
        if len(spans) > 1:
            words = ", then ".join(
                f"{title_of(platform)}" + ("" if i == 0 else f" from {significant(start)}/s")
                for i, (platform, start, _) in enumerate(spans[:MOST_SPANS])
            )
            words += ", then others" if len(spans) > MOST_SPANS else ""
            found.append(f"{name}: {words}.")
        elif spans:
            platform, start, end = spans[0]
            found.append(
                f"{name}: {title_of(platform)} from {significant(start)}/s to "
                f"{significant(end)}/s, at every rate that was looked at."
            )
    return tuple(found)


def strip(points: Sequence[CostPoint], *, by_people: bool) -> tuple[tuple[str, float, float], ...]:
    """Return the spans of rates in which each platform is the cheapest: platform, from, to. [1/s]

    Args:
        points: the curve of cost against rate.
        by_people: count people's hours; empty where the study does not give them for all.
    """
    amounts: dict[float, list[tuple[float, str]]] = {}
    for point in points:
        amount = point.with_people_usd_per_month if by_people else point.aws_usd_per_month
        if amount is None:
            return ()
        amounts.setdefault(point.requests_per_s, []).append((amount, point.platform))
    winners = [(rate, min(amounts[rate])[1]) for rate in sorted(amounts)]
    spans = []
    for platform, group in itertools.groupby(winners, key=lambda pair: pair[1]):
        rates = [rate for rate, _ in group]
        spans.append((platform, rates[0], rates[-1]))
    return tuple(spans)
