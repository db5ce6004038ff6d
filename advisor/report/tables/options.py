"""The options as tables: what was considered, and why each one lost."""

import itertools
from collections.abc import Callable

from advisor.recommendation import Option, Recommendation, Rejection
from advisor.report.tables.cells import Cell, Column, Table, known, weakest
from advisor.report.words import UNKNOWN, milliseconds, percent, quality, usd

MOST_RANKED = 8
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
            Column("p99 ms", numeric=True),
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
                p99_cell(option),
                Cell(_band(option)),
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
            Column("p99 ms", numeric=True),
            Column("Why it lost"),
        ),
        rows=tuple(
            (
                Cell(f"{rejection.option.name}{place_of(rejection.option)}"),
                cost_cell(rejection.option),
                p99_cell(rejection.option),
                Cell("; ".join(rejection.reasons)),
            )
            for rejection in shown
        ),
    )


def cost_cell(option: Option) -> Cell:
    """An option's total with the weakest basis of its lines."""
    return Cell(usd(option.usd_per_month), weakest(line.basis for line in option.lines))


def p99_cell(option: Option) -> Cell:
    """An option's p99 with its basis."""
    return Cell(milliseconds(option.p99_latency_ms), known(option.p99_latency_ms, option.basis))


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
        candidate = "a tie: the chosen one answers faster or is simpler to run"
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


def _band(option: Option) -> str:
    if option.p99_latency_ms_low is None or option.p99_latency_ms_high is None:
        return UNKNOWN
    return (
        f"{milliseconds(option.p99_latency_ms_low)} to {milliseconds(option.p99_latency_ms_high)}"
    )


def considered_sentence(recommendation: Recommendation) -> str:
    """Say how many options were looked at."""
    seen = recommendation.considered
    return (
        f"{seen.option_count:,} options considered: {seen.feasible_count:,} meet every need, "
        f"{seen.rejected_count:,} do not. The telling ones are listed."
    )
