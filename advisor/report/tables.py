"""The recommendation as tables and sentences, the same for every face.

HTML, Markdown, the terminal and the explorer differ in how they draw these; none adds a figure.
"""

import itertools
import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from advisor.recommendation import (
    BASIS_BADGES,
    Assumption,
    Basis,
    CostPoint,
    Option,
    Recommendation,
    Rejection,
)
from advisor.report.words import (
    UNKNOWN,
    cents,
    change,
    days,
    milliseconds,
    percent,
    quality,
    significant,
    usd,
    value_text,
)

MOST_RANKED = 8
"""Ranked options a table lists; the JSON has all."""

MOST_REJECTED = 8
"""Rejected options a table lists; the JSON has all."""

GROUPS = ("serving", "training", "labels", "people")
"""Parts of the cost stack, in the order they are drawn."""

GROUP_NAMES = {
    "serving": "Serving",
    "training": "Training runs",
    "labels": "Labels",
    "people": "People",
}

PLATFORM_NAMES = {
    "sagemaker-realtime": "SageMaker real-time",
    "sagemaker-serverless": "SageMaker serverless",
    "ecs-fargate": "ECS Fargate",
    "ecs-ec2": "ECS on EC2",
    "sagemaker-training": "SageMaker training",
    "sagemaker-training-spot": "SageMaker training, spot",
}


class Cell(NamedTuple):
    """One figure or name of a table."""

    text: str
    basis: Basis | None = None

    @property
    def plain(self) -> str:
        """The text with its badge behind it."""
        return f"{self.text} {BASIS_BADGES[self.basis]}" if self.basis else self.text


class Column(NamedTuple):
    """A heading, and whether figures stand below it."""

    title: str
    numeric: bool = False


class Table(NamedTuple):
    """A table as every face draws it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    strong_rows: frozenset[int] = frozenset()
    """Rows that stand out: the chosen one, totals."""
    cards: bool = False
    """Whether a phone shows a card per row; else the table scrolls sideways."""

    def as_records(self) -> list[dict[str, str]]:
        """Return one dict per row, for a data frame."""
        titles = [column.title or "·" for column in self.columns]
        return [dict(zip(titles, (c.plain for c in row), strict=True)) for row in self.rows]


class Fact(NamedTuple):
    """A short answer with its reason."""

    label: str
    answer: str
    why: str

    @property
    def sentence(self) -> str:
        """Answer and reason in a row."""
        if not self.why:
            return f"{self.answer}."
        return f"{self.answer}{':' if self.why[0].islower() else '.'} {self.why}"


def platform_name(platform: str) -> str:
    """Return a platform's name for people."""
    return PLATFORM_NAMES.get(platform, platform)


def stated(recommendation: Recommendation, name: str) -> float | None:
    """Return a numeric entry of the assumptions table; None where it is absent or not set."""
    entry: Assumption | None = next((a for a in recommendation.assumptions if a.name == name), None)
    return float(entry.value) if entry and isinstance(entry.value, int | float) else None


def group_usd_per_month(option: Option, group: str) -> float:
    """Return the sum of one group of an option's lines. [USD/month]"""
    return math.fsum(line.usd_per_month for line in option.lines if line.group == group)


def cost_cell(option: Option) -> Cell:
    """An option's total with the weakest basis of its lines."""
    return Cell(usd(option.usd_per_month), _weakest(line.basis for line in option.lines))


def p99_cell(option: Option) -> Cell:
    """An option's p99 with its basis."""
    return Cell(milliseconds(option.p99_latency_ms), _known(option.p99_latency_ms, option.basis))


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
                Cell(quality(option.quality), _known(option.quality, "measured")),
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


def bill_table(option: Option) -> Table:
    """Every line of an option's month, by group, with subtotals that add up to the total."""
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for group in GROUPS:
        lines = [line for line in option.lines if line.group == group]
        if not lines:
            continue
        rows += [
            (
                Cell(line.label),
                Cell(significant(line.quantity_per_month, digits=6)),
                Cell(line.unit),
                Cell(significant(line.usd_per_unit, digits=6), line.basis),
                Cell(cents(line.usd_per_month)),
                Cell(line.source),
            )
            for line in lines
        ]
        strong.append(len(rows))
        rows.append(_total_row(GROUP_NAMES[group], group_usd_per_month(option, group)))
    strong.append(len(rows))
    rows.append(_total_row("Total", option.usd_per_month))
    return Table(
        cards=True,
        caption="Cost lines of one month (730 h)",
        columns=(
            Column("Line"),
            Column("Quantity", numeric=True),
            Column("Unit"),
            Column("USD per unit", numeric=True),
            Column("USD/month", numeric=True),
            Column("Source"),
        ),
        rows=tuple(rows),
        strong_rows=frozenset(strong),
    )


def stack_table(recommendation: Recommendation, *, limit: int = 6) -> Table:
    """The figures behind the cost stack."""
    return Table(
        cards=True,
        caption="Cost of the cheapest options by part, USD/month",
        columns=(
            Column("Option"),
            *(Column(GROUP_NAMES[group], numeric=True) for group in GROUPS),
            Column("Total", numeric=True),
        ),
        rows=tuple(
            (
                Cell(option.name),
                *(Cell(cents(group_usd_per_month(option, group))) for group in GROUPS),
                Cell(cents(option.usd_per_month)),
            )
            for option in telling_options(recommendation, limit=limit)
        ),
    )


def ladder_table(recommendation: Recommendation) -> Table:
    """The candidates, simplest first, and what became of each."""
    return Table(
        cards=True,
        caption="Candidates, simplest first",
        columns=(
            Column("Candidate"),
            Column(recommendation.metric, numeric=True),
            Column("Spread", numeric=True),
            Column("Cheapest option USD/month", numeric=True),
            Column("Errors USD/month", numeric=True),
            Column("Verdict"),
        ),
        rows=tuple(
            (
                Cell(step.candidate),
                Cell(quality(step.quality), _known(step.quality, "measured")),
                Cell(quality(step.quality_spread), _known(step.quality_spread, "measured")),
                Cell(
                    usd(step.usd_per_month) if step.usd_per_month is not None else "none feasible"
                ),
                Cell(usd(step.error_usd_per_month), _known(step.error_usd_per_month, "input")),
                Cell(step.verdict),
            )
            for step in recommendation.ladder
        ),
        strong_rows=frozenset(
            i
            for i, step in enumerate(recommendation.ladder)
            if recommendation.best and step.candidate == recommendation.best.candidate
        ),
    )


def rate_table(recommendation: Recommendation) -> Table:
    """The figures behind the curve of cost against request rate."""
    by_rate: dict[float, dict[str, CostPoint]] = {}
    for point in recommendation.cost_curve:
        by_rate.setdefault(point.requests_per_s, {})[point.platform] = point
    platforms = curve_platforms(recommendation)
    return Table(
        caption="Cheapest option of each platform, USD/month",
        columns=(
            Column("Requests/s", numeric=True),
            *(Column(platform_name(p), numeric=True) for p in platforms),
            Column("Cheapest"),
        ),
        rows=tuple(
            (
                Cell(significant(rate)),
                *(
                    Cell(usd(found[p].usd_per_month) if p in found else "none feasible")
                    for p in platforms
                ),
                Cell(_named(min(found.values(), key=lambda point: point.usd_per_month))),
            )
            for rate, found in sorted(by_rate.items())
        ),
    )


def _named(point: CostPoint) -> str:
    name = platform_name(point.platform)
    return point.option if name in point.option else f"{name}, {point.option}"


def curve_platforms(recommendation: Recommendation) -> tuple[str, ...]:
    """Return the platforms of the cost curve, in a fixed order."""
    present = {point.platform for point in recommendation.cost_curve}
    known = [platform for platform in PLATFORM_NAMES if platform in present]
    return (*known, *sorted(present - set(known)))


def retraining_table(recommendation: Recommendation) -> Table:
    """The figures behind the curve of cost against retraining interval."""
    basis = recommendation.retraining.basis
    return Table(
        caption="Cost against the interval between releases, USD/month",
        columns=(
            Column("Retrain every"),
            Column("Releases", numeric=True),
            Column("Errors of an ageing model", numeric=True),
            Column("Together", numeric=True),
        ),
        rows=tuple(
            (
                Cell(days(point.interval_days)),
                Cell(usd(point.releases_usd_per_month)),
                Cell(usd(point.errors_usd_per_month), basis),
                Cell(usd(point.releases_usd_per_month + point.errors_usd_per_month)),
            )
            for point in thinned(recommendation.retraining.curve, 12)
        ),
    )


def decay_table(recommendation: Recommendation) -> Table:
    """The figures behind the error against the model's age."""
    return Table(
        caption="Error against the age of the model",
        columns=(
            Column("Age, days", numeric=True),
            Column("Loss per case", numeric=True),
            Column("Cases", numeric=True),
        ),
        rows=tuple(
            (
                Cell(significant(point.age_days)),
                Cell(significant(point.error_per_case, digits=4), recommendation.retraining.basis),
                Cell(f"{point.case_count:,}"),
            )
            for point in thinned(recommendation.retraining.decay_points, 16)
        ),
    )


def training_table(recommendation: Recommendation) -> Table:
    """Where the training runs could go."""
    return Table(
        cards=True,
        caption="Where to train, cheapest first",
        columns=(
            Column("Place"),
            Column("Bought"),
            Column("Where, how bought"),
            Column("One run s", numeric=True),
            Column("Billed s", numeric=True),
            Column("USD per run", numeric=True),
        ),
        rows=tuple(
            (
                Cell(platform_name(place.platform)),
                Cell(place.sku),
                Cell(f"{place.region}, {place.purchase}"),
                Cell(significant(place.wall_s), place.basis),
                Cell(significant(place.billed_s), place.basis),
                Cell(significant(place.usd_per_run)),
            )
            for place in recommendation.training.alternatives
        ),
        strong_rows=frozenset({0}) if recommendation.training.alternatives else frozenset(),
    )


def assumptions_table(recommendation: Recommendation) -> Table:
    """Every number that was not measured."""
    return Table(
        cards=True,
        caption="Inputs and assumptions",
        columns=(
            Column("Input"),
            Column("Value", numeric=True),
            Column("Unit"),
            Column("Source"),
        ),
        rows=tuple(
            (
                Cell(entry.name),
                Cell(value_text(entry.value), entry.basis),
                Cell(entry.unit),
                Cell(entry.source),
            )
            for entry in recommendation.assumptions
        ),
    )


def facts(recommendation: Recommendation) -> tuple[Fact, ...]:
    """The short answers below the verdict: retraining, GPU, where to train."""
    retraining = recommendation.retraining
    training = recommendation.training
    serving_gpu, training_gpu = recommendation.gpu.serving, recommendation.gpu.training
    best = recommendation.best
    cost = (
        (
            Fact(
                "Costs",
                f"{usd(best.usd_per_month)} USD/month",
                ", ".join(
                    f"{GROUP_NAMES[group].lower()} {usd(group_usd_per_month(best, group))}"
                    for group in GROUPS
                ).capitalize()
                + ".",
            ),
        )
        if best
        else ()
    )
    return (
        *cost,
        Fact(
            "Retrain",
            "Never: monitor only"
            if retraining.interval_days is None
            else f"Every {days(retraining.interval_days)} {BASIS_BADGES[retraining.basis]}"
            + (" (simulated stream)" if retraining.simulated else ""),
            retraining.why,
        ),
        Fact(
            "GPU for serving",
            _gpu_answer(
                needed=serving_gpu.needed,
                pays_from=serving_gpu.pays_from_requests_per_s,
                unit="requests/s",
            ),
            serving_gpu.why,
        ),
        Fact(
            "GPU for training",
            _gpu_answer(
                needed=training_gpu.needed,
                pays_from=training_gpu.pays_from_runs_per_month,
                unit="runs/month",
            ),
            training_gpu.why,
        ),
        Fact(
            "Train on",
            ", ".join(
                part
                for part in (platform_name(training.platform), training.sku, training.purchase)
                if part
            ),
            f"{usd(training.usd_per_run)} USD per run, "
            f"{usd(training.usd_per_release)} USD per release of "
            f"{training.runs_per_release:,} runs, {usd(training.usd_per_month)} USD/month.",
        ),
    )


def retraining_details(recommendation: Recommendation) -> tuple[str, ...]:
    """The figures of the retraining advice, one sentence each."""
    advice = recommendation.retraining
    sentences = [
        f"One release costs {usd(advice.retrain_usd)} USD (training runs, labels, review); at the "
        f"advised interval releases cost {usd(advice.usd_per_month)} USD/month"
        + (
            f" and the ageing model's extra errors {usd(advice.error_usd_per_month)} USD/month."
            if advice.error_usd_per_month is not None
            else "."
        )
    ]
    if advice.decay_per_day is not None:
        sentences.append(
            f"The loss per case grows by {significant(advice.decay_per_day)} for each day of age "
            f"({BASIS_BADGES[advice.basis]} {advice.basis}"
            + (", on a simulated stream)." if advice.simulated else ").")
        )
    if advice.band_5_percent_days is not None:
        low, high = advice.band_5_percent_days
        sentences.append(
            f"Anything from {days(low)} to {days(high)} costs within 5% of the best: choose what "
            "suits the team."
        )
    if advice.now_interval_days is not None:
        sentences.append(f"Today you retrain every {days(advice.now_interval_days)}.")
    return (*sentences, *(note for note in advice.notes if note not in recommendation.warnings))


def considered_sentence(recommendation: Recommendation) -> str:
    """Say how many options were looked at."""
    seen = recommendation.considered
    return (
        f"{seen.option_count:,} options considered: {seen.feasible_count:,} meet every need, "
        f"{seen.rejected_count:,} do not. The telling ones are listed."
    )


def price_sentence(recommendation: Recommendation) -> str:
    """Say how old the prices are."""
    prices = recommendation.prices
    return (
        f"Prices as of {prices.on.isoformat()}; the oldest used was checked on "
        f"{prices.oldest_checked_on.isoformat()}. USD before tax; a month is 730 h."
    )


def reproduce_commands(recommendation: Recommendation) -> tuple[str, ...]:
    """The command that gives this answer again, and the inputs it depends on."""
    return (f"advisor recommend STUDY.yaml --on {recommendation.prices.on.isoformat()}",)


def difference_sentence(now: Recommendation, saved: Recommendation) -> str:
    """Say how an answer differs from the saved study's, in one short sentence."""
    if now.best is None or saved.best is None:
        if now.best is None and saved.best is None:
            return "Nothing is feasible, as in the saved study."
        return (
            "Nothing is feasible any more; the saved study has an answer."
            if now.best is None
            else "Feasible now; the saved study has no feasible option."
        )
    money = change(now.best.usd_per_month - saved.best.usd_per_month)
    if (now.best.name, now.best.region) == (saved.best.name, saved.best.region):
        return f"{money} USD/month against the saved study; same answer."
    return f"{money} USD/month against the saved study, which says {saved.best.name}."


def thinned(points: tuple[CostPoint, ...] | tuple, most: int) -> tuple:  # type: ignore[type-arg]
    """Return at most so many points, evenly picked, the first and last among them."""
    if len(points) <= most:
        return points
    last = len(points) - 1
    return tuple(points[round(i * last / (most - 1))] for i in range(most))


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


def _known(value: float | None, basis: Basis) -> Basis | None:
    return None if value is None else basis


def _band(option: Option) -> str:
    if option.p99_latency_ms_low is None or option.p99_latency_ms_high is None:
        return UNKNOWN
    return (
        f"{milliseconds(option.p99_latency_ms_low)} to {milliseconds(option.p99_latency_ms_high)}"
    )


def _gpu_answer(*, needed: bool, pays_from: float | None, unit: str) -> str:
    if needed:
        return "Yes"
    return "No" if pays_from is None else f"No; it pays from {significant(pays_from)} {unit}"


_STRENGTH: tuple[Basis, ...] = ("assumed", "scaled", "input", "list", "measured")


def _weakest(bases: Iterable[Basis]) -> Basis | None:
    return min(bases, key=_STRENGTH.index, default=None)


def _total_row(label: str, amount: float) -> tuple[Cell, ...]:
    return (Cell(label), Cell(""), Cell(""), Cell(""), Cell(cents(amount)), Cell(""))
