"""The options as tables: what was considered, and why each one lost."""

import itertools
import math
from collections.abc import Callable

from advisor.decision.answer.words import hours_of
from advisor.platforms import facts_of
from advisor.recommendation import Option, Recommendation, Rejection
from advisor.report.tables.cells import Cell, Column, Table, known, weakest
from advisor.report.words import UNKNOWN, milliseconds, percent, quality, usd

MOST_RANKED = 6
"""Ranked options a table lists; the JSON has all."""

MOST_REJECTED = 8
"""Rejected options a table lists; the JSON has all."""


def options_table(recommendation: Recommendation, *, limit: int = MOST_RANKED) -> Table:
    """Feasible options, the chosen one first, with the reason each other one lost."""
    shown = telling_options(recommendation, limit=limit)
    places = {id(option): str(place) for place, option in enumerate(recommendation.ranked, start=1)}
    more = len(recommendation.ranked) - len(shown)
    place_of = where_differs(recommendation)
    return Table(
        cards=True,
        caption="Options that meet every need" + (f" ({more} more in the JSON)" if more else ""),
        columns=(
            Column(""),
            Column("Option"),
            Column("USD/month", numeric=True),
            Column("of it AWS", numeric=True),
            Column(time_title(recommendation), numeric=True),
            Column("80% band", numeric=True),
            Column("Busy", numeric=True),
            Column(recommendation.metric, numeric=True),
            Column("Why it lost"),
        ),
        rows=tuple(
            (
                Cell("✔" if option == recommendation.best else places[id(option)]),
                Cell(f"{option.name}{place_of(option)}"),
                cost_cell(option),
                aws_cell(option),
                time_cell(option, recommendation),
                Cell(_band(option, recommendation)),
                Cell(percent(option.utilisation_fraction)),
                Cell(quality(option.quality), known(option.quality, "measured")),
                Cell(
                    "chosen"
                    if option == recommendation.best
                    else why_it_lost(option, recommendation)
                ),
            )
            for option in shown
        ),
        strong_rows=frozenset(
            place for place, option in enumerate(shown) if option == recommendation.best
        ),
    )


def rejected_table(recommendation: Recommendation, *, limit: int = MOST_REJECTED) -> Table:
    """Rejected options, each with all its reasons."""
    shown = telling_rejections(recommendation, limit=limit)
    place_of = where_differs(recommendation)
    more = len(recommendation.rejected) - len(shown)
    return Table(
        cards=True,
        caption="Options that lost" + (f" ({more} more in the JSON)" if more else ""),
        columns=(
            Column("Option"),
            Column("USD/month", numeric=True),
            Column("of it AWS", numeric=True),
            Column(time_title(recommendation), numeric=True),
            Column("Why it lost"),
        ),
        rows=tuple(
            (
                Cell(f"{rejection.option.name}{place_of(rejection.option)}"),
                cost_cell(rejection.option),
                aws_cell(rejection.option),
                time_cell(rejection.option, recommendation),
                Cell("; ".join(rejection.reasons)),
            )
            for rejection in shown
        ),
    )


def cost_cell(option: Option) -> Cell:
    """An option's total with the weakest basis of its lines; not known without its price."""
    if not option.priced:
        return Cell(UNKNOWN)
    return Cell(usd(option.usd_per_month), weakest(line.basis for line in option.lines))


def aws_cell(option: Option) -> Cell:
    """The part of an option's total that AWS invoices; not known without its price."""
    if not option.priced or option.aws_usd_per_month is None:
        return Cell(UNKNOWN)
    billed = (line.basis for line in option.lines if line.is_aws)
    return Cell(usd(option.aws_usd_per_month), weakest(billed))


def time_title(recommendation: Recommendation) -> str:
    """Return the name of what an option takes: a whole job, or the slowest 1% of requests."""
    return "Job takes" if recommendation.pattern == "batch" else "p99 ms"


def time_cell(option: Option, recommendation: Recommendation) -> Cell:
    """What an option takes, with its basis."""
    words = _time(option.p99_latency_ms, option, recommendation)
    return Cell(words, None if words == UNKNOWN else option.basis)


def time_words(option: Option, recommendation: Recommendation) -> str:
    """Write what an option takes, with its unit."""
    words = _time(option.p99_latency_ms, option, recommendation)
    return words if recommendation.pattern == "batch" or words == UNKNOWN else f"{words} ms"


def _time(time_ms: float | None, option: Option, recommendation: Recommendation) -> str:
    """Write a time: of a job in hours; of what stands all month there is no job to time."""
    if recommendation.pattern != "batch":
        return milliseconds(time_ms)
    if time_ms is None or facts_of(option.platform).billing != "job":
        return UNKNOWN
    return hours_of(time_ms)


def telling_options(recommendation: Recommendation, *, limit: int) -> tuple[Option, ...]:
    """Choose ranked options to show: the cheapest of every platform, then the next ones."""
    first = {option.platform: place for place, option in reversed(_numbered(recommendation))}
    places = sorted({0, *first.values()})[:limit]
    others = (place for place in range(len(recommendation.ranked)) if place not in places)
    kept = sorted([*places, *itertools.islice(others, limit - len(places))])
    return tuple(recommendation.ranked[place] for place in kept if recommendation.ranked)


def telling_rejections(recommendation: Recommendation, *, limit: int) -> tuple[Rejection, ...]:
    """Choose rejections to show: of each platform in turn, the chosen candidate's before others."""
    ours = recommendation.best.candidate if recommendation.best else None
    waiting: dict[str, list[Rejection]] = {}
    for rejection in sorted(recommendation.rejected, key=lambda r: r.option.candidate != ours):
        waiting.setdefault(rejection.option.platform, []).append(rejection)
    turns = itertools.zip_longest(*waiting.values())
    in_turn = (rejection for turn in turns for rejection in turn if rejection is not None)
    kept = {id(rejection) for rejection in itertools.islice(in_turn, limit)}
    return tuple(r for r in recommendation.rejected if id(r) in kept)


def _numbered(recommendation: Recommendation) -> list[tuple[int, Option]]:
    return list(enumerate(recommendation.ranked))


def why_it_lost(option: Option, recommendation: Recommendation) -> str:
    """Say in words why a feasible option is not the chosen one."""
    best = recommendation.best
    if best is None:
        return UNKNOWN
    difference = option.usd_per_month - best.usd_per_month
    verdict = next(
        (s.verdict for s in recommendation.ladder if s.candidate == option.candidate), ""
    )
    candidate = f"{option.candidate}: {verdict}" if option.candidate != best.candidate else ""
    if difference > 0.005:
        money = f"costs {usd(difference)} USD/month more"
    elif difference < -0.005:
        money = f"{usd(-difference)} USD/month cheaper"
    else:
        money = "costs the same"
    if difference <= 0.005 and not candidate:
        faster = (best.p99_latency_ms or math.inf) < (option.p99_latency_ms or math.inf)
        better = "answers faster" if faster else "is simpler to run"
        candidate = f"a tie, as closely as prices are known: the chosen one {better}"
    return "; ".join(part for part in (money, candidate) if part)


def where_differs(recommendation: Recommendation) -> Callable[[Option], str]:
    """Return a function that names region and purchase of an option where they differ."""
    options = [*recommendation.ranked, *(r.option for r in recommendation.rejected)]
    regions = {option.region for option in options}
    purchases = {option.purchase for option in options}

    def place_of(option: Option) -> str:
        region = option.region if len(regions) > 1 and option.region not in option.name else ""
        bought = (
            option.purchase if len(purchases) > 1 and option.purchase not in option.name else ""
        )
        words = ", ".join(word for word in (region, bought) if word)
        return f", {words}" if words else ""

    return place_of


def _band(option: Option, recommendation: Recommendation) -> str:
    low_ms, high_ms = option.p99_latency_ms_low, option.p99_latency_ms_high
    if low_ms is None or high_ms is None:
        return UNKNOWN
    low, high = (_time(time_ms, option, recommendation) for time_ms in (low_ms, high_ms))
    return f"{low} to {high}"


def considered_sentence(recommendation: Recommendation) -> str:
    """Say how many options were looked at."""
    seen = recommendation.considered
    return (
        f"{seen.option_count:,} options considered: {seen.feasible_count:,} meet every need, "
        f"{seen.rejected_count:,} do not. The telling ones are listed."
    )
