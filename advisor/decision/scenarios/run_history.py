"""The runs of the past in the decision: runs per release, hit rate and spend, measured."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from advisor.errors import AdvisorError
from advisor.imports.history import RunHistory
from advisor.imports.spend import Prices, spend
from advisor.market import Market
from advisor.recommendation import HistoryAdvice
from advisor.study.types import Retraining, Study

MOST_RUNS = 100_000
"""No more runs per release are planned with; a study takes no more either."""


def machine_prices(
    histories: Sequence[RunHistory], *, machine: str, region: str, market: Market
) -> Prices:
    """Price each machine type that occurs: SageMaker's for `ml.*`, else EC2's, on demand.

    Raises:
        PricingError: the default machine has no price in the region.
    """
    book, on = market.book, market.on

    def service(name: str) -> str:
        return "sagemaker-training" if name.startswith("ml.") else "ec2"

    default = book.get(service=service(machine), sku=machine, region=region, on=on)
    found = {machine: default.price_usd_per_unit}
    for name in sorted({name for history in histories for name in history.machines}):
        quote = book.find(service=service(name), sku=name, region=region, on=on)
        if quote is not None:
            found[name] = quote.price_usd_per_unit
    return Prices(usd_per_hour=found, default=machine)


def history_advice(
    histories: tuple[RunHistory, ...],
    market: Market,
    *,
    machine: str,
    region: str,
    is_used: bool,
) -> HistoryAdvice | None:
    """Sum up the stores that the study names.

    Promotions and spend come from the first store, an MLflow one where both are named: a search of
    Optuna's promotes nothing but its best trial. What a stopped run costs comes from the first one
    that knows.

    Args:
        histories: the stores; tuples so that they can be kept.
        market: prices of the machines.
        machine: what a run without a machine ran on.
        region: where.
        is_used: whether the runs per release are taken from them.
    """
    if not histories:
        return None
    prices = machine_prices(
        histories,
        machine=machine,
        region=region,
        market=market,
    )
    first = histories[0]
    told = spend(first, prices=prices)
    phi = next((h.stopped_cost_share for h in histories if h.stopped_cost_share), None)
    low, high = told["runs_per_promoted_model_80"]
    return HistoryAdvice(
        sources=tuple(h.source for h in histories),
        run_count=told["runs"],
        finished_count=told["finished"],
        failed_count=told["failed"],
        pruned_count=max(h.count("pruned") for h in histories),
        promoted_count=told["promoted"],
        open_run_count=told["open_runs"],
        runs_per_promoted_model=told["runs_per_promoted_model"],
        runs_per_promoted_model_80=(low, high),
        is_used=is_used,
        hit_fraction=told["promoted_share"],
        stop_cost_fraction=phi,
        mean_run_s=told["mean_run_s"],
        usd=told["usd"],
        usd_per_run=told["usd_per_run"],
        usd_per_promoted_model=told["usd_per_promoted_model"],
        default_machine=prices.default,
        default_machine_run_count=int((first.machine < 0).sum()),
        default_machine_usd_per_hour=prices.usd_per_hour[prices.default],
        notes=tuple(told["notes"]),
    )


def with_history(study: Study, history: HistoryAdvice | None) -> Study:
    """Put the measured runs per release into a study that sets none itself."""
    if history is None or not history.is_used:
        return study
    runs = min(MOST_RUNS, max(1, round(history.runs_per_promoted_model)))
    # Only what the user set is carried on as set: the rest stays a default of ours in the answer.
    given = study.retraining.model_dump(exclude_unset=True)
    retraining = Retraining.model_validate(given | {"runs_per_release": runs})
    kept = {name: getattr(study, name) for name in study.model_fields_set}
    return Study.model_validate(kept | {"retraining": retraining})


def measured_scores(study: Study, histories: Sequence[RunHistory]) -> NDArray[np.float64]:
    """Return the scores that count errors per case, larger better; empty where none is named."""
    if study.history.metric is None:
        return np.empty(0)
    for history in histories:
        scores = history.score[np.isfinite(history.score)]
        if len(scores) >= 2:
            return np.asarray(scores, dtype=np.float64)
    if histories:
        raise AdvisorError(
            f"history.metric {study.history.metric!r}: fewer than two finished runs of"
            f" {histories[0].source} have it: check its name, or leave it out"
        )
    return np.empty(0)
