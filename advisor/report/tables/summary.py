"""The short answers below the verdict, and how an answer differs from another."""

from typing import Protocol

from advisor.recommendation import BASIS_BADGES, Option, Recommendation
from advisor.report.tables.cells import (
    PART_NAMES,
    PARTS,
    Cell,
    Column,
    Fact,
    Table,
    part_usd_per_month,
    platform_name,
)
from advisor.report.tables.ledger import amount_facts, sureness_fact, time_fact
from advisor.report.tables.options import time_words
from advisor.report.words import UNKNOWN, change, days, milliseconds, significant, small_usd, usd


def _no_model_yet(best: Option, runs: int) -> str:
    """Why nothing is retrained where nothing beats guessing, and what the cost holds for it."""
    held = part_usd_per_month(best, "retraining", runs_per_release=runs)
    why = "no model is better than guessing, and a guess does not age"
    if held <= 0:
        return why
    return f"{why}; the {small_usd(held)} USD/month are what a model in its place would cost"


def first_facts(recommendation: Recommendation) -> tuple[Fact, ...]:
    """What everybody asks first: what AWS and people take, how soon it answers, how sure we are."""
    return (
        *amount_facts(recommendation),
        *time_fact(recommendation),
        *sureness_fact(recommendation),
    )


def facts(recommendation: Recommendation) -> tuple[Fact, ...]:
    """The short answers after the first ones: move or stay, retraining, GPU, where to train."""
    if recommendation.best is None:
        # What follows would be said of a model that nothing can run.
        return _present(recommendation)
    retraining = recommendation.retraining
    training = recommendation.training
    serving_gpu, training_gpu = recommendation.gpu.serving, recommendation.gpu.training
    runs = training.runs_per_release
    return (
        *_present(recommendation),
        Fact(
            "Retrain",
            "Nothing yet"
            if recommendation.beats_guessing is False
            else "Unknown"
            if retraining.kind == "unknown"
            else "Never: monitor only"
            if retraining.interval_days is None
            else f"Every {days(retraining.interval_days)} {BASIS_BADGES[retraining.basis]}"
            + (" (simulated stream)" if retraining.simulated else ""),
            _no_model_yet(recommendation.best, runs)
            if recommendation.beats_guessing is False
            else retraining.why,
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
            f"{runs:,} run{'' if runs == 1 else 's'}, {usd(training.usd_per_month)} USD/month.",
        ),
    )


def _present(recommendation: Recommendation) -> tuple[Fact, ...]:
    """Say whether to move from what runs today, where the study says what that is."""
    advice = recommendation.present
    if advice is None:
        return ()
    answer, _, why = advice.why.partition(": ")
    return (
        Fact(
            "Move or stay",
            answer.capitalize(),
            f"{why}; today: {advice.name}, {usd(advice.usd_per_month)} USD/month.",
        ),
    )


def _gpu_answer(*, needed: bool, pays_from: float | None, unit: str) -> str:
    if needed:
        return "Yes"
    return "No" if pays_from is None else f"No; it pays from {significant(pays_from)} {unit}"


class Answered(Protocol):
    """Whatever knows the chosen option."""

    @property
    def best(self) -> Option | None:
        """The chosen option; null where none is feasible."""


def difference_sentence(
    now: Answered, before: Answered, *, against: str = "the saved study"
) -> str:
    """Say how an answer differs from another, in one short sentence."""
    if now.best is None or before.best is None:
        if now.best is None and before.best is None:
            return f"Nothing is feasible, as in {against}."
        return (
            f"Nothing is feasible any more; {against} has an answer."
            if now.best is None
            else f"Feasible now; {against} has no feasible option."
        )
    money = change(now.best.usd_per_month - before.best.usd_per_month)
    if (now.best.name, now.best.region) == (before.best.name, before.best.region):
        return f"{money} USD/month against {against}; same answer."
    return f"{money} USD/month against {against}, which says {before.best.name}."


def change_table(now: Recommendation, before: Recommendation) -> Table:
    """What became of the answer: who runs, what it costs by part, how fast it answers."""
    old, new = before.best, now.best
    rows: list[tuple[Cell, ...]] = [
        (
            Cell("Option"),
            Cell(old.name if old else "none feasible"),
            Cell(new.name if new else "none feasible"),
            Cell("same" if old and new and old.name == new.name else "another"),
        )
    ]
    for part in PARTS:
        was, now_usd = _part(before, part), _part(now, part)
        rows.append(_changed(f"{PART_NAMES[part]}, USD/month", was, now_usd))
    rows.append(
        _changed(
            "Together, USD/month",
            old.usd_per_month if old else None,
            new.usd_per_month if new else None,
        )
    )
    was_ms = old.p99_latency_ms if old else None
    now_ms = new.p99_latency_ms if new else None
    gap = significant(now_ms - was_ms) if was_ms is not None and now_ms is not None else ""
    if now.pattern == before.pattern == "online":
        rows.append(
            (Cell("p99, ms"), Cell(milliseconds(was_ms)), Cell(milliseconds(now_ms)), Cell(gap))
        )
    else:
        times = (
            Cell(time_words(one, answer) if one else UNKNOWN)
            for one, answer in ((old, before), (new, now))
        )
        rows.append((Cell("Slowest 1% of answers, or a job"), *times, Cell("")))
    return Table(
        caption="What became of the answer",
        columns=(
            Column("Of the answer"),
            Column("Baseline", numeric=True),
            Column("Now", numeric=True),
            Column("Change", numeric=True),
        ),
        rows=tuple(rows),
    )


def _part(answer: Recommendation, part: str) -> float | None:
    if answer.best is None:
        return None
    runs = answer.training.runs_per_release
    return part_usd_per_month(answer.best, part, runs_per_release=runs)


def _changed(label: str, was: float | None, now: float | None) -> tuple[Cell, ...]:
    gap = change(now - was) if was is not None and now is not None else ""
    return (Cell(label), Cell(usd(was)), Cell(usd(now)), Cell(gap))
