"""From a study and its measurements to the few figures that a fleet needs."""

import math
from datetime import date
from functools import lru_cache

import numpy as np

from advisor import defaults
from advisor.decision.answer.compose import chosen_row, compose
from advisor.decision.choice.engine import Engine, prepare
from advisor.evidence import Evidence
from advisor.fleet.model import FleetModel, Load, Place, Releases, Runs
from advisor.fleet.sharing import SHARED
from advisor.market import Market
from advisor.options.machines import Machines
from advisor.recommendation import CostLine, Option, Recommendation
from advisor.study.types import HOURS_PER_MONTH, Study

SERVICE_P99 = 3.0
"""P99 of a service time over its mean: of what serves alike requests, hardly ever passed."""
FAMILIES = {"ec2": "compute", "fargate": "compute", "lambda": "compute"}
"""Which family of commitments covers a service; all of SageMaker is one."""


def summary_of(
    name: str, study: Study, evidence: Evidence, market: Market, *, shared: tuple[str, ...] = ()
) -> FleetModel:
    """Answer one study and keep what a fleet needs of it.

    Args:
        name: what the fleet calls it.
        study: the question.
        evidence: its runs.
        market: prices, instance types and the day.
        shared: machine types that models may share.

    Raises:
        NoRunsError: no candidate was measured.
    """
    engine = prepare(study, evidence, market)
    answer = compose(engine, what_if=False, curves=False)
    best = answer.best
    if best is None:
        reasons = (
            *answer.relaxations[:3],
            *(r for one in answer.rejected[:1] for r in one.reasons),
        )
        return FleetModel(
            study=name,
            platform=None,
            usd_per_month=0.0,
            hour_usd=study.team.engineer_usd_per_hour,
            reasons=reasons or ("no option keeps the needs",),
        )
    with_people = answer.rank_by == "with-people"
    first: dict[str, Option] = {}
    for option in answer.ranked:
        if option.candidate == best.candidate and option.priced:
            first.setdefault(option.platform, option)
    guess = "no candidate beats a guess" if answer.beats_guessing is False else None
    return FleetModel(
        study=name,
        platform=best.platform,
        usd_per_month=best.usd_per_month,
        hour_usd=study.team.engineer_usd_per_hour,
        with_people=with_people,
        places=tuple(_place(study, one, with_people=with_people) for one in first.values()),
        releases=_releases(study, answer),
        runs=_runs(engine, answer),
        load=_load(engine, shared) if shared else None,
        warning=guess,
    )


def _family(line: CostLine) -> str | None:
    """Return the family of commitments that covers a line; null for none."""
    if line.group != "serving" or line.quote is None or line.quote.purchase != "on-demand":
        return None
    service = line.quote.service
    return "sagemaker" if service.startswith("sagemaker") else FAMILIES.get(service)


def _place(study: Study, option: Option, *, with_people: bool) -> Place:
    upkeep = study.team.upkeep_usd(option.platform)
    rank = option.criterion_usd_per_month
    rank = option.usd_per_month if rank is None else rank
    spend: dict[str, float] = {}
    for line in option.lines:
        family = _family(line)
        if family is not None and line.usd_per_month > 0:
            spend[family] = spend.get(family, 0.0) + line.usd_per_month

    def of_service(name: str) -> float:
        return math.fsum(
            line.usd_per_month
            for line in option.lines
            if line.group == "serving" and line.quote is not None and line.quote.service == name
        )

    return Place(
        platform=option.platform,
        name=option.name,
        usd_per_month=option.usd_per_month - upkeep,
        aws_usd_per_month=math.fsum(one.usd_per_month for one in option.lines if one.is_aws),
        serving_usd_per_month=math.fsum(
            one.usd_per_month for one in option.lines if one.group == "serving"
        ),
        machine_usd_per_month=of_service("ec2"),
        balancer_usd_per_month=of_service("load-balancer"),
        rank_usd_per_month=rank - upkeep if with_people else rank,
        upkeep_hours=study.team.upkeep_hours(option.platform),
        committable=spend,
    )


def _releases(study: Study, answer: Recommendation) -> Releases | None:
    plan = answer.retraining
    if plan.kind != "planned" or plan.interval_days is None:
        return None
    return Releases(
        interval_days=plan.interval_days,
        band_days=plan.band_5_percent_days or (plan.interval_days, plan.interval_days),
        release_usd=plan.retrain_usd,
        aws_usd=answer.training.usd_per_release,
        hours=study.retraining.counted_review_hours,
        errors_usd_per_month=plan.error_usd_per_month or 0.0,
    )


def _runs(engine: Engine, answer: Recommendation) -> Runs | None:
    advice = answer.experiments
    if advice is None or advice.usd_per_run <= 0 or advice.base_error_per_case <= 0:
        return None
    seeds = engine.profiles[chosen_row(engine)].errors_per_case or ()
    spread = float(np.std(seeds, ddof=1)) if len(seeds) > 1 else 0.0
    return Runs(
        run_usd=advice.usd_per_run,
        unit_usd=advice.one_percent_usd / (0.01 * advice.base_error_per_case),
        spread=spread or None,
        spread_runs=len(seeds) if spread else 0,
    )


def _load(engine: Engine, shared: tuple[str, ...]) -> Load | None:
    """Return what the chosen candidate asks of each shared type; null where it cannot share."""
    study, table = engine.study, engine.machines
    need_ms = study.needs.max_p99_latency_ms
    if study.workload.pattern != "online" or need_ms is None:
        return None
    candidate = chosen_row(engine)
    found: dict[str, tuple[int, int, Machines]] = {}
    for row in np.flatnonzero(table.profile == candidate).tolist():
        offer = table.offers[int(table.offer[row])]
        machines = offer.machines
        sku = machines.sku[int(table.row[row])]
        at = int(table.row[row])
        if offer.facts.name != SHARED or offer.purchase != "on-demand":
            continue
        if sku in shared and np.isfinite(machines.usd_per_hour[at]) and not table.on_gpu[row]:
            found.setdefault(sku, (row, at, machines))
    if not found:
        return None
    slowest = max(found.values(), key=lambda one: float(table.service_s[one[0]]))[0]
    service_s, front_s = float(table.service_s[slowest]), float(table.front_s[slowest])
    work = study.workload
    peak = work.peak_per_s
    shape = np.asarray(work.profile[:24] if len(work.profile or ()) == 24 else [1.0] * 24)
    return Load(
        rate_per_s=tuple((peak * shape / shape.max()).tolist()),
        service_s={sku: float(table.service_s[row]) for sku, (row, _, _) in found.items()},
        machine_usd_per_month={
            sku: float(m.usd_per_hour[at]) * HOURS_PER_MONTH for sku, (_, at, m) in found.items()
        },
        cores={sku: max(1, int(m.core_count[at])) for sku, (_, at, m) in found.items()},
        machine_gib={
            sku: float(m.memory_gib[at]) * defaults.MEMORY_HEADROOM.value
            for sku, (_, at, m) in found.items()
        },
        scv=float(table.scv[slowest]),
        memory_gib=engine.profiles[candidate].memory_gib,
        room_s=max(0.0, need_ms / 1000 - SERVICE_P99 * service_s - front_s),
        zones=study.needs.availability_zones,
    )


@lru_cache(maxsize=2)
def _market(on: str) -> Market:
    """Return the market of a day, read once a process."""
    from advisor.recommend import market_on

    return market_on(date.fromisoformat(on))


def load_and_summarise(
    path: str, name: str, overrides: tuple[str, ...], on: str, shared: tuple[str, ...]
) -> str:
    """Load one study and its runs, answer it, and return the summary as JSON: what a worker does.

    An error that the study is to blame for is a model without a feasible option, in words.
    """
    from pathlib import Path

    from advisor.errors import AdvisorError
    from advisor.evidence import load_evidence
    from advisor.study.file import load_study
    from benchmarks.errors import BenchmarkError

    try:
        study = load_study(Path(path), overrides)
        evidence = load_evidence(Path(path), study)
        market = _market(on)
        found = summary_of(name, study, evidence, market, shared=shared)
    except (AdvisorError, BenchmarkError) as error:
        found = FleetModel(
            study=name, platform=None, usd_per_month=0.0, hour_usd=0.0, reasons=(str(error),)
        )
    return found.model_dump_json()
