"""The words of the answer: one sentence per question, with the figures that decide."""

from collections.abc import Sequence

import numpy as np

from advisor.decision.choice.engine import Engine
from advisor.decision.choice.naming import name_of
from advisor.decision.choice.ranking import runs_as_needed
from advisor.evidence import Evidence
from advisor.platforms import SIDES, facts_of, in_order, title_of
from advisor.recommendation import Basis, Cheapest, GpuAdvice, Option, RetrainingAdvice
from advisor.retraining.advice import every_days
from advisor.study.types import Study
from benchmarks.storage.records import LEAST_TEST_CLASS_ROWS, TEST_FRACTION, HardwareProfile
from pricing.instances import load_spot_advice

MS_PER_MINUTE = 6e4

LEAST_GAP_USD = 0.005
"""A difference below half a cent is none. [USD/month]"""

NOTHING_RUNS = "no feasible way to run it"

NOTHING_TO_RETRAIN = "Improve the data or the candidates first: a guess has nothing to retrain."
"""The verdict's second sentence where no model is better than guessing."""

EXCLUDED = (
    "tax, support plans, credits, free tiers and enterprise agreements",
    "data preparation, feature stores, notebooks and monitoring products",
    "traffic between your own services and zones, NAT gateways and VPC endpoints",
    "storage of the training data, and disks of training machines while they run",
    "the cost of moving, unless the study says under current what runs today",
)
"""What no bill of this product holds, where the study does not say what runs today."""


def excluded(study: Study) -> tuple[str, ...]:
    """Return what the bills leave out; the cost of moving is counted where it can be."""
    return EXCLUDED if study.current is None else EXCLUDED[:-1]


def verdict(
    study: Study,
    best: Option | None,
    ranked: Sequence[Option],
    *,
    retraining: RetrainingAdvice,
    gpu: GpuAdvice,
    relaxations: Sequence[str],
    too_close: bool = False,
    guess: bool = False,
    blind: str | None = None,
    cheapest: Cheapest | None = None,
) -> str:
    """Return the first line of every face: what, its cost, its p99, how sure, and then when.

    Args:
        study: the question.
        best: the chosen option; null where none is feasible.
        ranked: the feasible options, the chosen one first.
        retraining: how often to retrain.
        gpu: whether a GPU pays.
        relaxations: where nothing is feasible, what would have to give.
        too_close: whether the draws cannot tell the chosen option from the next platform's.
        guess: whether the chosen option only guesses, since no model is better.
        blind: why the data cannot tell whether one is better; null where they can.
        cheapest: the cheapest way by each amount.
    """
    first = hours_decide_words(cheapest) + deployment(
        study, best, ranked, too_close=too_close, guess=guess, blind=blind
    )
    if best is None:
        hint = f" Nearest: {relaxations[0]}." if relaxations else ""
        return f"{first}{hint}"
    if guess:
        return f"{first} {blind or NOTHING_TO_RETRAIN}"
    cadence = cadence_words(
        retraining.interval_days,
        basis=retraining.basis,
        simulated=retraining.simulated,
        kind=retraining.kind,
    )
    return f"{first} {cadence} {_gpu(gpu)}"


def hours_decide_words(cheapest: Cheapest | None) -> str:
    """Say first where the two amounts lead to two platforms; empty where they agree."""
    if cheapest is None or cheapest.aws_bill is None or cheapest.with_people is None:
        return ""
    bill, together = cheapest.aws_bill, cheapest.with_people
    if bill.platform == together.platform:
        return ""
    return (
        f"By the AWS bill {title_of(bill.platform)} ({dollars(bill.aws_usd_per_month)} against "
        f"{dollars(together.aws_usd_per_month)} USD/month), with your hours "
        f"{title_of(together.platform)}; your hours decide: "
    )


def blind_words(rare_rows: int, *, row_count: int, test_rows: int | None = None) -> str:
    """Say why accuracy cannot tell models apart on a class that is hardly there, and what can."""
    needed = LEAST_TEST_CLASS_ROWS / TEST_FRACTION
    if test_rows is not None and test_rows < LEAST_TEST_CLASS_ROWS <= rare_rows * TEST_FRACTION:
        return (
            f"The test on the newest rows has {test_rows:,} of a class: bring newer rows, with "
            f"{LEAST_TEST_CLASS_ROWS} of each class among the newest {TEST_FRACTION:.0%}, or set "
            "data.metric to balanced_accuracy or roc_auc, or give the costs of both errors."
        )
    return (
        f"The rarest class has {rare_rows:,} of {row_count:,} rows, and a test {TEST_FRACTION:.0%} "
        "of those: set data.metric to balanced_accuracy or roc_auc, or give the costs of both "
        f"errors, and bring {needed:.0f} rows of it (about "
        f"{row_count * needed / rare_rows:,.0f} rows in all)."
    )


def title(study: Study, best: Option | None, *, guess: bool = False, blind: bool = False) -> str:
    """Return what to do, in the fewest words: the model, the platform, the size, the region.

    Args:
        study: the question.
        best: the chosen option; null where none is feasible.
        guess: whether the chosen option only guesses, since no model is better.
        blind: whether the data cannot tell if one is better.
    """
    if best is None:
        return f"No option is feasible for {study.name}"
    if guess and blind:
        return (
            "Models cannot be told apart on these data; the one that only guesses, "
            f"{best.name}, {best.region}, would cost"
        )
    if guess:
        return (
            "No model is worth deploying yet: none beats guessing beyond noise; the guess itself, "
            f"{best.name}, {best.region}, would cost"
        )
    return f"Deploy {best.name}, {best.region}"


def deployment(
    study: Study,
    best: Option | None,
    ranked: Sequence[Option],
    *,
    too_close: bool,
    guess: bool = False,
    blind: str | None = None,
) -> str:
    """Return the verdict's first sentence: what, its cost, its p99, how sure.

    Of the ranked options only the first on the other side and the first on another platform count.
    """
    what = title(study, best, guess=guess, blind=blind is not None)
    if best is None:
        return f"{what}."
    sure = beside(best, ranked, too_close=too_close)
    return f"{what}: {at_a_glance(study, best)}{sure}."


def at_a_glance(study: Study, best: Option) -> str:
    """Return both amounts and the time of an answer."""
    return f"{amounts(best)}, {_latency(study, best)}"


def beside(best: Option, ranked: Sequence[Option], *, too_close: bool) -> str:
    """Return how sure the choice is, and what the nearest other way costs beside it."""
    return f"{_chance(best)}{_close_call(best, ranked) if too_close else _runner_up(best, ranked)}"


def amounts(option: Option) -> str:
    """Return what an option costs: the AWS bill with its 80% band, and people where given.

    Example:
        `AWS bills 17 USD/month (13-21), your people 560 (430-770), 577 together`.
    """
    if option.aws_usd_per_month is None:
        return f"{dollars(option.usd_per_month)} USD/month"
    bill = (
        f"AWS bills {dollars(option.aws_usd_per_month)} USD/month"
        f"{_band(option.aws_usd_per_month_low, option.aws_usd_per_month_high)}"
    )
    if option.people_usd_per_month is None:
        return bill
    band = _band(option.people_usd_per_month_low, option.people_usd_per_month_high)
    return (
        f"{bill}, your people {dollars(option.people_usd_per_month)}{band}, "
        f"{dollars(option.usd_per_month)} together"
    )


def _band(low: float | None, high: float | None) -> str:
    """Return an 80% band in brackets; nothing where it was not drawn."""
    return "" if low is None or high is None else f" ({dollars(low)}-{dollars(high)})"


def dollars(usd: float) -> str:
    """Return an amount in whole dollars; below ten with two digits that matter."""
    return f"{usd:,.0f}" if abs(usd) >= 10 else figure(usd) if usd >= 0 else f"-{figure(-usd)}"


def _chance(best: Option) -> str:
    """Return how likely its platform is the cheapest: sizes and forms that tie share the draws."""
    if best.probability_platform_best is None:
        return ""
    share = best.probability_platform_best
    told = f"{share:.0%}" if 0.01 <= share <= 0.99 else "over 99%" if share > 0.5 else "under 1%"
    return f", {told} likely the cheapest platform"


def _close_call(best: Option, ranked: Sequence[Option]) -> str:
    """Name the option on another platform that is as good within the noise, and no other one."""
    rival = next(
        (o for o in ranked if o.candidate == best.candidate and o.platform != best.platform), None
    )
    if rival is None:
        return _runner_up(best, ranked)
    return f"; too close to call against {title_of(rival.platform)}, which {_gap(best, rival)}"


def _latency(study: Study, best: Option) -> str:
    need_ms = study.needs.max_p99_latency_ms
    if best.p99_latency_ms is None:
        return "p99 n/a"
    if study.workload.pattern == "batch":
        return f"each job takes {hours_of(best.p99_latency_ms)} of {hours_of(need_ms)}"
    if best.p99_latency_ms > MS_PER_MINUTE:
        of = "" if need_ms is None else f" of {hours_of(need_ms)}"
        return f"results within {hours_of(best.p99_latency_ms)}{of}"
    of = "" if need_ms is None else f" of {milliseconds(need_ms)} ms"
    return f"p99 {milliseconds(best.p99_latency_ms)} ms{of}"


def milliseconds(value: float) -> str:
    """Return a time in milliseconds: two digits below 10, whole ones above, never an exponent.

    Example:
        >>> milliseconds(0.314), milliseconds(6.0), milliseconds(112.3), milliseconds(30000.0)
        ('0.31', '6', '112', '30,000')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def hours_of(ms: float | None) -> str:
    """Return a time of minutes or hours in words."""
    seconds = (ms or 0.0) / 1e3
    if seconds < 5400:
        return f"{seconds / 60:,.2g} min" if seconds < 600 else f"{seconds / 60:,.0f} min"
    return f"{seconds / 3600:,.1f} h"


def _runner_up(best: Option, ranked: Sequence[Option]) -> str:
    """Name the cheapest option on the other side of the question: SageMaker or a container."""
    ours = facts_of(best.platform).side
    other = next((o for o in ranked if facts_of(o.platform).side != ours), None)
    if other is None:
        return f"; no {' or '.join(side for side in SIDES if side != ours)} option is feasible"
    return f"; {title_of(other.platform)} {_gap(best, other)}"


def _gap(best: Option, other: Option) -> str:
    """Say what another option costs beside the chosen one, and why it lost where it is less."""
    if best.aws_usd_per_month is None or other.aws_usd_per_month is None:
        return "has no known price"
    bill = other.aws_usd_per_month - best.aws_usd_per_month
    people = 0.0
    if best.people_usd_per_month is not None and other.people_usd_per_month is not None:
        people = other.people_usd_per_month - best.people_usd_per_month
    parts = [
        f"{dollars(abs(usd))}{unit} {'less' if usd < 0 else 'more'} {what}"
        for usd, unit, what in ((bill, " USD/month", "at AWS"), (people, "", "of people"))
        if abs(usd) >= LEAST_GAP_USD
    ]
    if not parts:
        return "costs the same"
    told = f"costs {' and '.join(parts)}"
    ours, theirs = best.criterion_usd_per_month, other.criterion_usd_per_month
    if bill + people >= 0 or ours is None or theirs is None or theirs <= ours:
        return told
    return f"{told} as planned, but {dollars(theirs - ours)} more over the draws"


def cadence_words(
    interval_days: float | None, *, basis: Basis, simulated: bool, kind: str = "planned"
) -> str:
    """Return the verdict's second sentence: how often to retrain, and how well that is known."""
    if kind == "unknown":
        return "How often to retrain is unknown: say what an error and a release cost."
    label = " (decay assumed)" if basis == "assumed" else ""
    if simulated:
        label = " (decay from a simulated stream)"
    if interval_days is None:
        return f"Do not retrain on a schedule, watch the error{label}."
    return f"Retrain {every_days(interval_days)}{label}."


def _gpu(gpu: GpuAdvice) -> str:
    if gpu.serving.needed:
        return "Serve on a GPU."
    from_rate = gpu.serving.pays_from_requests_per_s
    if from_rate is None:
        return "No GPU."
    return f"No GPU: it pays from {figure(from_rate)} requests/s."


def figure(value: float) -> str:
    """Return a positive number with two digits that matter, never as a power of ten."""
    digits = max(0, 1 - int(np.floor(np.log10(value)))) if value > 0 else 0
    return f"{float(f'{value:.2g}'):,.{digits}f}"


def data(evidence: Evidence) -> str:
    """Return the data set in words."""
    spec = evidence.runs[0].dataset
    simulated = ", SIMULATED" if spec.simulated else ""
    used = (
        f"{spec.row_count:,} rows"
        if spec.used_row_count == spec.row_count
        else f"{spec.used_row_count:,} of {spec.row_count:,} rows"
    )
    return f"{spec.name}{simulated}: {used}, {spec.feature_count} features, {spec.task}"


def hardware(profile: HardwareProfile) -> str:
    """Return the measured machine in words."""
    gpu = f", {profile.gpu_model}" if profile.gpu_model else ", no GPU"
    return (
        f"{profile.processor}, {profile.physical_core_count} cores, "
        f"{profile.memory_gib:.0f} GiB, {profile.architecture}{gpu}"
    )


def tie(engine: Engine) -> str | None:
    """Say so where a simpler option was taken within the noise of the cheapest."""
    best, cheapest = engine.choice.best, engine.choice.cheapest
    if best is None or cheapest is None or best == cheapest:
        return None
    more = engine.risk.criterion_usd(best) - engine.choice.criterion_of(cheapest)
    return (
        f"{name_of(engine, cheapest)} is {more:,.2f} USD/month cheaper at AWS, which is too little "
        f"to tell (2% of what differs, half a dollar at least): {_simpler(engine, best, cheapest)}."
    )


def _simpler(engine: Engine, best: int, cheapest: int) -> str:
    """Say what is simpler about the option that was taken in a tie."""
    options = engine.options
    ranks = [engine.profiles[int(options.candidate[row])].form_rank for row in (best, cheapest)]
    if ranks[0] != ranks[1]:
        return "one artefact less to build and check is taken"
    if bool(options.scaled[best]) != bool(options.scaled[cheapest]):
        return "the fixed fleet is taken"
    return "the one with fewer copies is taken"


def seldom_within_budget(engine: Engine) -> str | None:
    """Say so where an option keeps the budget as planned, but in too few of the draws."""
    study, risk = engine.study, engine.risk
    budget = study.needs.max_usd_per_month
    if budget is None:
        return None
    as_planned = runs_as_needed(study, engine.options)
    rows = [
        row
        for row in engine.order.rejected
        if as_planned[row]
        and row in risk.place
        and engine.choice.unfit[engine.profiles[int(engine.options.candidate[row])].name] is None
    ]
    if not rows:
        return None
    row = min(rows, key=lambda r: float(engine.options.usd_per_month[r]))
    share = float((risk.usd(row) <= budget).mean())
    wanted = study.decision.feasible_probability
    if share >= wanted:
        return None
    return (
        f"{title_of(engine.options.platform_of(row))} costs "
        f"{engine.options.usd_per_month[row]:,.0f} USD/month typically, but only {share:.0%} of "
        f"the draws stay within {f'{budget:,.2f}'.removesuffix('.00')}, {wanted:.0%} is wanted"
    )


def warnings(
    engine: Engine, retraining: RetrainingAdvice, *, old_prices: str | None
) -> tuple[str, ...]:
    """Return what a reader must know: of the runs only what concerns the chosen candidate."""
    notes = {run.candidate.name: run.notes for run in engine.evidence.runs}
    chosen = engine.ladder.chosen
    guesses = {p.name for p in engine.profiles if p.is_baseline}
    found = [old_prices] if old_prices else []
    found += [engine.rank_note] if engine.rank_note else []
    found += engine.evidence.warnings
    found += _routing_advice(engine) + _spot_warnings(engine)
    found += _money_warnings(engine.study)
    found += [
        f"{p.name} makes no error at all on held-out rows: look for a column that gives the "
        "answer away, and name it in data.ignore"
        for p in engine.profiles
        if p.name == chosen and p.error_per_case == 0
    ]
    if engine.order.ranked and chosen not in guesses:
        found += retraining.notes
    found += [f"{chosen}: {note}" for note in notes.get(chosen or "", ())]
    others = sum(len(own) for name, own in notes.items() if name != chosen)
    if others:
        found.append(
            f"{others} more notes on the runs of the other candidates: 'advisor bench STUDY' "
            "prints them"
        )
    return tuple(dict.fromkeys([*found, *_not_sold(engine.study)]))


def _not_sold(study: Study) -> list[str]:
    """Say which ways to buy do not exist on which platforms, as far as they are looked at."""
    wanted = "always-on" if study.workload.pattern == "online" else "job"
    facts = [platform.facts for platform in in_order(study.cloud.platforms)]
    found = []
    for purchase in study.cloud.purchase:
        names = [
            one.title for one in facts if one.billing == wanted and purchase not in one.purchases
        ]
        if names:
            found.append(
                f"{purchase} is not sold, or its price is not known, for {', '.join(names)}"
            )
    return found


def _routing_advice(engine: Engine) -> list[str]:
    """Say what to set on the chosen platform for the planned latency to hold."""
    if not engine.order.ranked:
        return []
    facts = facts_of(engine.options.platform_of(engine.order.ranked[0]))
    what = "time" if facts.billing == "job" else "p99"
    return [f"for the planned {what} to hold, {facts.advice}"] if facts.advice else []


def _spot_warnings(engine: Engine) -> list[str]:
    """Say what spot capacity means for somebody who waits for an answer."""
    if not engine.order.ranked:
        return []
    row = engine.order.ranked[0]
    if engine.options.purchase_of(row) != "spot":
        return []
    sku, region = str(engine.options.sku[row]), str(engine.options.region[row])
    advice = load_spot_advice().get((region, sku))
    how_often = (
        f" ({advice.interruption} of {sku} were interrupted in the month before "
        f"{advice.observed_on})"
        if advice
        else ""
    )
    warning = (
        f"spot capacity can be taken away at two minutes' notice{how_often}: keep a part of the "
        "replicas on demand, or take spot out of cloud.purchase"
    )
    return [warning]


def _money_warnings(study: Study) -> list[str]:
    """Say so where errors are priced on every answer because nobody said which matter."""
    retraining = study.retraining
    told = {"cases_per_day", "share_that_matters"} & retraining.model_fields_set
    if not retraining.error_usd or told:
        return []
    warning = (
        f"every answer's error is priced at {retraining.error_usd:g} USD, on "
        f"{study.cases_per_day:,.0f} cases a day: set retraining.cases_per_day or "
        "retraining.share_that_matters"
    )
    return [warning]
