"""The short answers below the verdict, and how an answer differs from another."""

from advisor.recommendation import BASIS_BADGES, Recommendation
from advisor.report.tables.cells import (
    GROUP_NAMES,
    GROUPS,
    Fact,
    group_usd_per_month,
    platform_name,
)
from advisor.report.words import change, days, significant, usd


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


def _gpu_answer(*, needed: bool, pays_from: float | None, unit: str) -> str:
    if needed:
        return "Yes"
    return "No" if pays_from is None else f"No; it pays from {significant(pays_from)} {unit}"


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
