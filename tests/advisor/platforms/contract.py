"""What every platform is held to: one function a law, so that a new one has its tests for free."""

import math
from typing import Any

import numpy as np

from advisor.decision.answer.bill import bought, option_lines
from advisor.decision.choice.engine import Engine
from advisor.options.facts import BILLINGS
from advisor.platforms import PLATFORMS, facts_of
from advisor.study.types import REGIONS, Study
from pricing.tables import load_book
from tests.advisor.factories import engine, market, study

SAMPLE = 25
"""Options of a platform whose bills are written."""


def study_for(name: str, **changes: Any) -> Study:
    """Return a study that a platform is for."""
    facts = facts_of(name)
    asked: dict[str, Any] = {"cloud": {"platforms": [name]}, "needs": {}, "workload": {}}
    if facts.billing == "job":
        asked["workload"] = {"pattern": "batch", "rows_per_job": 5e6}
    else:
        asked["needs"] = {"max_p99_latency_ms": 900_000.0 if facts.billing == "queue" else 400.0}
        asked["workload"] = {"requests_per_s": 5.0}
    if facts.loads_on_demand:
        asked["workload"]["models"] = 20
    for section, own in changes.items():
        asked[section] = {**asked.get(section, {}), **own}
    return study(**asked)


def facts_are_told(name: str) -> None:
    platform = PLATFORMS[name]
    facts = platform.facts
    assert facts.name == name
    assert facts.title
    assert facts.short_title
    assert len(facts.short_title) <= len(facts.title)
    assert facts.summary.endswith(".")
    assert len(facts.summary.split()) >= 8, "one sentence for somebody who does not know it"
    assert facts.side in {"SageMaker", "ECS"} or facts.side.istitle()
    assert facts.billing in BILLINGS
    assert facts.services
    assert facts.discount_service
    assert facts.purchases
    assert facts.max_payload_kb > 0
    assert facts.max_machines > 0
    assert facts.front_s > 0, "no platform answers without adding time"
    assert facts.look.colour.startswith("#")
    alike = [
        other
        for other, one in PLATFORMS.items()
        if one.facts.look == facts.look and (one.facts.billing == "job") == (facts.billing == "job")
    ]
    assert alike == [name], "drawn like another one beside it"
    if facts.billing == "always-on":
        assert facts.replica_start_s > 0
        assert facts.advice


def machines_are_sold(name: str) -> None:
    """Columns of one length, a price or NaN and never zero, and a sku once only."""
    platform = PLATFORMS[name]
    wanted = study_for(name, cloud={"purchase": list(facts_of(name).purchases)})
    offers = platform.offers(wanted, market())
    if facts_of(name).billing == "by-request":
        assert offers == ()
        return
    assert {o.purchase for o in offers} == set(facts_of(name).purchases)
    for offer in offers:
        machines = offer.machines
        columns = [machines.core_count, machines.memory_gib, machines.usd_per_hour]
        columns += [machines.gpu_count, machines.network_gbps, machines.sustained_vcpu]
        assert {len(c) for c in columns} == {len(machines)} == {len(set(machines.sku))}
        assert np.isfinite(machines.usd_per_hour).any()
        assert (machines.usd_per_hour[np.isfinite(machines.usd_per_hour)] > 0).all()
        assert (machines.core_count > 0).all()
        assert (machines.sustained_vcpu > 0).all()
        assert offer.facts is platform.facts


def cents_agree(name: str) -> None:
    """The option's columns, column 0 of the draws and the sum of its bill are one amount."""
    for wanted in (study_for(name), _with_everything(name)):
        made = engine(wanted)
        rows = _sample(made, made.options.sold & made.options.on_platform(name))
        assert rows.size
        drawn = made.problem.outcomes(rows)
        for place, row in enumerate(rows.tolist()):
            bill = math.fsum(line.usd_per_month for line in option_lines(made, row))
            assert abs(bill - made.options.usd_per_month[row]) < 0.005, made.options.sku[row]
            if not made.options.stands[row] or drawn.met[place, 0]:
                assert abs(drawn.usd[place, 0] - bill) < 0.005, made.options.sku[row]


def some_option_is_feasible(name: str) -> None:
    made = engine(study_for(name))
    assert (made.runs & made.options.on_platform(name)).any()
    assert made.choice.best is not None


def more_load_never_costs_less(name: str) -> None:
    least = []
    for factor in (1, 5, 25, 125):
        changes: dict[str, Any] = {"workload": {"requests_per_s": 0.2 * factor}}
        if facts_of(name).billing == "job":
            changes = {"workload": {"rows_per_job": 1e6 * factor}}
        made = engine(study_for(name, **changes))
        able = made.runs & made.options.on_platform(name)
        assert able.any()
        least.append(float(made.options.serving_usd[able].min()))
    assert least == sorted(least), least
    assert least[-1] > least[0], "no request costs anything"


def limits_reject_with_reasons(name: str) -> None:
    facts = facts_of(name)
    other = {"workload": _of_the_other_kind(facts.billing)}
    if facts.billing != "job":
        other["needs"] = {"max_p99_latency_ms": None}
    cases = [study_for(name, **other)]
    if math.isfinite(facts.max_payload_kb):
        cases.append(study_for(name, workload={"request_kb": 10 * facts.max_payload_kb}))
    if facts.serves_one:
        cases.append(study_for(name, workload={"models": 7}))
    if facts.loads_on_demand:
        cases.append(study_for(name, workload={"models": 1}))
    for wanted in cases:
        options = _options(name, wanted)
        assert len(options)
        assert (options.limit != "").all()
        assert all(len(limit.split()) > 3 for limit in options.limit)
    others = {"on-demand", "spot", "savings-1y"} - set(facts.purchases)
    for purchase in sorted(others):
        options = _options(name, study_for(name, cloud={"purchase": [purchase]}))
        assert len(options), "what is not sold is told, not left out"
        assert not options.sold.any()


def lines_name_services_of_the_book(name: str) -> None:
    facts, book = facts_of(name), load_book()
    made = engine(_with_everything(name))
    seen: set[str] = set()
    for row in _sample(made, made.options.sold & made.options.on_platform(name)).tolist():
        usage = PLATFORMS[name].usage(made.study, bought(made, row))
        assert "label" in set.intersection(*(line.model_fields_set for line in usage))
        assert len({line.label for line in usage}) == len(usage), "two lines of one name"
        for line in made.market.lines(
            usage,
            group="serving",
            region=str(made.options.region[row]),
        ):
            assert line.quote is not None
            assert line.quote.service in book.services
            assert line.usd_per_month >= 0
            seen.add(line.quote.service)
    told = {service.removesuffix("-task") for service in facts.services}
    assert {service.removesuffix("-task") for service in seen} <= told, seen
    assert told - {service.removesuffix("-task") for service in seen} <= {"data-transfer-out"}


def skus_are_the_options(name: str) -> None:
    platform = PLATFORMS[name]
    options = _options(name, study_for(name))
    known = platform.skus(market(), region=REGIONS[0], purchase="on-demand")
    assert set(options.sku[options.sold]) <= set(known)


LAWS = (
    facts_are_told,
    machines_are_sold,
    cents_agree,
    some_option_is_feasible,
    more_load_never_costs_less,
    limits_reject_with_reasons,
    lines_name_services_of_the_book,
    skus_are_the_options,
)


def _with_everything(name: str) -> Study:
    """Return a study in which every line of a bill is paid: releases, labels, large answers."""
    facts = facts_of(name)
    large = min(900.0, facts.max_payload_kb / 4)
    return study_for(
        name,
        workload={"request_kb": large, "response_kb": large / 2},
        retraining={"label_cost_usd": 50.0, "review_hours": 3.0, "runs_per_release": 7},
        team={"hours_per_month": {name: 2.5}},
        cloud={"purchase": list(facts.purchases), "regions": ["us-east-1", "eu-west-1"]},
        needs={"availability_zones": 3},
    )


def _of_the_other_kind(billing: str) -> dict[str, Any]:
    if billing == "job":
        return {"pattern": "online", "rows_per_job": None}
    return {"pattern": "batch", "requests_per_s": None}


def _options(name: str, wanted: Study) -> Any:
    made = engine(wanted)
    return made.options.take(np.flatnonzero(made.options.on_platform(name)))


def _sample(made: Engine, which: Any) -> Any:
    rows = np.flatnonzero(which)
    if rows.size <= SAMPLE:
        return rows
    return np.sort(np.random.default_rng(1).choice(rows, size=SAMPLE, replace=False))
