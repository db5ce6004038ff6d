"""No key of a study that costs money can be forgotten in one of the places that add money up.

An option's amount is made three times: in the columns that are ranked, in the draws that give
bands and chances, and in the bill that people read. The keys are found from the types of `Study`:
each is set to another value and has to move the three alike, or is listed here with the reason why
it moves none of them. A new key is tried at once by the unit in its name; one whose unit is not
known here fails until somebody says what it does.
"""

import dataclasses
import types
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from advisor.decision.answer.bill import candidate_lines, option_lines
from advisor.decision.answer.compose import compose
from advisor.decision.choice.engine import Engine, judge
from advisor.decision.choice.naming import name_of as option_name
from advisor.decision.scenarios.option_space import option_space_for, option_space_of
from advisor.errors import AmountsDifferError
from advisor.market import total_usd
from advisor.recommendation import CostLine
from advisor.study.types import DISCOUNT_SERVICES, PLATFORM_NAMES, Retraining, Study
from tests.advisor.factories import evidence, ladder, market, run, study

CENT = 0.005
"""Sums of the same terms differ by less. [USD/month]"""

BY_UNIT = {
    "_usd": 1000.0,
    "_usd_per_hour": 1000.0,
    "_usd_per_month": 1000.0,
    "_hours": 500.0,
    "_hours_per_month": 500.0,
    "_per_s": 777.0,
    "_per_day": 0.004,
    "_per_month": 0.5,
    "_per_year_fraction": 0.9,
    "_per_release": 5000,
    "_per_request": 40,
    "_per_job": 7e7,
    "_kb": 900.0,
    "_ms": 12.0,
    "_days": 3.0,
    "_months": 36,
    "_zones": 5,
    "_factor": 9.0,
    "_fraction": 0.4,
    "_that_matters": 0.3,
    "_count": 300,
}
"""What a key is set to, by the unit that its name ends with: the longest that fits."""

VALUES: dict[str, Any] = {
    "workload.models": 40,
    "workload.profile": (1.0,) * 20 + (9.0,) * 4,
    "workload.dispersion": 400.0,
    "needs.min_quality": 0.99,
    "needs.max_quality_spread": 0.5,
    "retraining.cases_per_day": 500_000.0,
    "decision.gpu_speed_factor": 0.002,  # so slow that more of them are needed
    "decision.quantile": 0.5,
    "decision.feasible_probability": 0.99,
    "decision.seed": 7,
    "current.replicas": 40,
    "workload.jobs_per_day": 17.0,
    "cloud.discounts": 0.99,
    "needs.deadline_hours": 0.2,
}
"""Keys that need another value than their unit's."""

ERRORS_WERE_PRICED = "the runs hold errors that were priced with it when they were measured"
RULES_OUT = "a need: it says which options are feasible, not what they cost"
ADVICE_ALONE = "part of the advice on retraining: no bill holds it until somebody follows it"
SEARCH_ALONE = "part of the advice on experiments: the bill holds retraining.runs_per_release"
DOUBT = "a doubt: it moves the draws, and column 0 is the study taken at its word"
RISK = "says how draws are made or judged: no option costs more or less by it"
TODAY = "what runs today is shown beside the options, on a bill of its own"

MOVES_NOTHING = {
    "data.false_positive_usd": ERRORS_WERE_PRICED,
    "data.false_negative_usd": ERRORS_WERE_PRICED,
    "needs.min_quality": RULES_OUT,
    "needs.max_quality_spread": RULES_OUT,
    "needs.max_usd_per_month": RULES_OUT,
    "retraining.now_interval_days": ADVICE_ALONE,
    "retraining.label_delay_days": ADVICE_ALONE,
    "retraining.warm_start_cost_fraction": ADVICE_ALONE,
    "retraining.warm_start_decay_per_day": ADVICE_ALONE,
    "experiments.worker_count": SEARCH_ALONE,
    "experiments.budget_usd": SEARCH_ALONE,
    "experiments.budget_days": SEARCH_ALONE,
    "experiments.stop_cost_fraction": SEARCH_ALONE,
    "decision.quantile": RISK,
    "decision.feasible_probability": RISK,
    "decision.draw_count": RISK,
    "decision.seed": RISK,
    "decision.growth_per_year_fraction": DOUBT,
    "decision.growth_half_width_fraction": DOUBT,
    "decision.price_drift_per_year_fraction": DOUBT,
    "decision.price_drift_half_width_fraction": DOUBT,
    "decision.traffic_factor": DOUBT,
    "decision.peak_factor": DOUBT,
    "decision.service_factor": DOUBT,
    "decision.transfer_factor": DOUBT,
    "decision.start_factor": DOUBT,
    "decision.spot_price_factor": DOUBT,
    "decision.spot_fallback_fraction": DOUBT,
    "decision.decay_factor": DOUBT,
    "decision.runs_factor": DOUBT,
    "decision.training_factor": DOUBT,
    "decision.hours_factor": DOUBT,
    "current.replicas": TODAY,
    "current.usd_per_month": TODAY,
    "current.migration_hours": TODAY,
    "current.migration_usd": TODAY,
    "horizon_months": "how long the answer must hold: it rules commitments out and widens doubt",
}
"""Keys that move no option's planned amount, with the reason."""

TOGETHER = {
    "retraining.warm_start_cost_fraction": ("warm_start_decay_per_day",),
    "retraining.warm_start_decay_per_day": ("warm_start_cost_fraction",),
}
"""Keys that are only taken with others beside them."""

INSTEAD_OF = {"retraining.share_that_matters": ("cases_per_day",)}
"""Keys that say the same as others, which are left out then."""

MEMBERS = {"team.hours_per_month": PLATFORM_NAMES, "cloud.discounts": DISCOUNT_SERVICES}
"""Keys that are tables of numbers, and the names in them: each is a key of its own."""

KINDS: dict[str, dict[str, Any]] = {
    "online": {
        "workload": {"requests_per_s": 400.0},
        "needs": {"max_p99_latency_ms": 800.0},
        "cloud": {
            "purchase": ["on-demand", "spot", "savings-1y"],
            "platforms": ["sagemaker-realtime", "sagemaker-serverless", "ecs-fargate", "ecs-ec2"],
        },
        "current": {"platform": "ecs-ec2", "sku": "m5.large", "replicas": 3},
    },
    "jobs": {
        "workload": {"pattern": "batch", "rows_per_job": 4e6, "jobs_per_day": 2},
        "cloud": {
            "platforms": [
                *("sagemaker-batch-transform", "sagemaker-processing"),
                *("ecs-fargate-scheduled", "ecs-ec2-scheduled"),
            ]
        },
    },
    "queue": {
        "workload": {"requests_per_s": 0.02, "request_kb": 3_000},
        "needs": {"max_p99_latency_ms": 1_200_000},
        "cloud": {"platforms": ["sagemaker-async", "ecs-fargate"]},
    },
    "many-models": {
        "workload": {"requests_per_s": 20.0, "models": 300, "profile": [1.0] * 12 + [4.0] * 12},
        "needs": {"max_p99_latency_ms": 500.0},
        "cloud": {"platforms": ["sagemaker-multi-model", "ecs-ec2"]},
    },
}
"""A small study of each kind: few platforms, few draws, releases that come more than seldom."""

RETRAINING = {
    "error_cost_usd": 0.02,
    "cases_per_day": 20_000,
    "decay_per_day": 0.0005,
    "runs_per_release": 50,
}


def numeric_keys(model: type[BaseModel] = Study, prefix: str = "") -> Iterator[str]:
    """Yield the path of every field that holds numbers, of tables one for each member."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        kinds = set(_leaves(field.annotation))
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from numeric_keys(kind, f"{path}.")
        if kinds & {int, float}:
            yield from (f"{path}.{member}" for member in MEMBERS.get(path, ()))
            if path not in MEMBERS:
                yield path


def _leaves(annotation: Any) -> Iterator[Any]:
    """Yield the plain types in an annotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin is Literal:
        return
    elif origin in {Union, types.UnionType, tuple, dict, list}:
        for part in get_args(annotation):
            yield from _leaves(part)
    else:
        yield annotation


KEYS = tuple(dict.fromkeys(numeric_keys()))


def value_of(path: str) -> Any:
    """Return what a key is set to; None where nobody has said."""
    owner = path.rpartition(".")[0]
    if owner in MEMBERS:
        path = owner
    if path in VALUES:
        return VALUES[path]
    fits = [unit for unit in BY_UNIT if f"_{path.rpartition('.')[2]}".endswith(unit)]
    return BY_UNIT[max(fits, key=len)] if fits else None


def with_key(asked: Study, path: str, value: Any) -> Study:
    """Return a study with one key set."""
    part, *rest = path.split(".")
    if not rest:
        return asked.replace(**{part: value})
    own = getattr(asked, part)
    if own is None:
        return asked
    name, *member = rest
    if member:
        value = {**getattr(own, name), member[0]: value}
    together = {other: float(value_of(f"{part}.{other}")) for other in TOGETHER.get(path, ())}
    together |= dict.fromkeys(INSTEAD_OF.get(path, ()))
    return asked.replace(**{part: own.replace(**{name: value}, **together)})


BIG = {"parameter_count": 10**9, "artefact_bytes": 400_000_000, "training_s": 3_000.0}
MEASURED = evidence(ladder()[0], run("torch_mlp", 4, error=0.08, service_s=0.2, **BIG))
"""A baseline, and a model whose size, training and GPU cost money."""


def base_study(kind: str) -> Study:
    return study(**{"retraining": RETRAINING, "decision": {"draw_count": 16}, **KINDS[kind]})


@lru_cache(maxsize=len(KINDS))
def base(kind: str) -> Engine:
    """Return the judged study of a kind, no key changed."""
    asked = base_study(kind)
    space = option_space_of(asked, MEASURED, market())
    return judge(asked, space)


def changed(kind: str, path: str) -> Engine | None:
    """Return the same study judged with one key set, as a slider would; None where it may not."""
    try:
        asked = with_key(base_study(kind), path, value_of(path))
    except ValidationError:
        return None
    return judge(asked, option_space_for(asked, base(kind).problem.space))


def name_of(engine: Engine, row: int) -> tuple[Any, ...]:
    """Return what tells an option apart from the others, in any study."""
    options = engine.options
    bought = options.platform_of(row), options.purchase_of(row), bool(options.scaled[row])
    platform, *how = bought
    return int(options.candidate[row]), platform, options.sku[row], options.region[row], *how


@lru_cache(maxsize=len(KINDS))
def shown(kind: str) -> dict[tuple[Any, ...], int]:
    """Return the rows that an answer shows, by name: of those priced, the first of each sort."""
    engine = base(kind)
    options = engine.options
    bought = options.platform_at, options.purchase_at
    sorts = (options.candidate, *bought, options.on_gpu, options.scaled)
    first: dict[tuple[Any, ...], int] = {}
    for row in (*engine.order.ranked, *engine.order.rejected):
        if options.sold[row]:
            first.setdefault(tuple(part[row] for part in sorts), row)
    return {name_of(engine, row): row for row in first.values()}


@lru_cache(maxsize=len(KINDS))
def unmoved(kind: str) -> dict[tuple[Any, ...], np.ndarray]:
    """Return what the shown options of a kind cost by each of the three ways, by name."""
    rows = shown(kind)
    return dict(zip(rows, amounts(base(kind), list(rows.values())), strict=True))


def amounts(engine: Engine, rows: Sequence[int]) -> np.ndarray:
    """Return what some options cost in columns, draws and bill, a row each. [USD/month]"""
    drawn = engine.problem.outcomes(np.array(rows, dtype=np.intp)).usd[:, 0]
    ranked = engine.problem.scenarios.counts_people
    bill = [
        total_usd([one for one in option_lines(engine, row) if ranked or one.group != "people"])
        for row in rows
    ]
    return np.stack([engine.options.usd_per_month[list(rows)], drawn, bill], axis=1)


def moved(kind: str, path: str) -> np.ndarray | None:
    """Return by how much one key moves columns, draws and bill; None where it may not be set."""
    after = changed(kind, path)
    if after is None:
        return None
    before = unmoved(kind)
    place = {name: row for row in _rows(after) if (name := name_of(after, row)) in before}
    assert len(place) > len(before) / 2  # some keys take options away
    return amounts(after, list(place.values())) - np.stack([before[name] for name in place])


def _rows(engine: Engine) -> np.ndarray:
    """Return the rows that can be among the shown ones of another study."""
    skus = {name[2] for kind in KINDS for name in shown(kind)}
    return np.flatnonzero(np.isin(engine.options.sku.astype(str), list(skus)))


@pytest.mark.parametrize("path", KEYS)
def test_a_key_moves_columns_draws_and_bill_alike_or_is_listed(path):
    assert value_of(path) is not None, (
        f"{path}: nothing is known of this unit: give it a value in VALUES, or list the key in "
        "MOVES_NOTHING too where no option costs more by it"
    )
    found = {kind: moved(kind, path) for kind in KINDS}
    changes = {kind: change for kind, change in found.items() if change is not None}

    assert changes, f"{path}: no kind of study takes {value_of(path)!r}"
    for kind, change in changes.items():
        apart = np.ptp(change, axis=1)
        assert apart.max() < CENT, (
            f"{path} moves the {kind} options' columns, draws and bill by {change[apart.argmax()]}"
        )
    most = max(np.abs(change).max() for change in changes.values())
    if path in MOVES_NOTHING:
        assert most < CENT, f"{path} moves an option by {most} USD/month: take it off the list"
    else:
        assert most > CENT, (
            f"{path} moves no option: a forgotten term, or list it in MOVES_NOTHING with the reason"
        )


def test_no_key_is_listed_that_the_study_has_not():
    assert set(MOVES_NOTHING) <= set(KEYS)
    assert {path for path in VALUES if path not in MEMBERS} <= set(KEYS)


def test_the_kinds_show_every_platform_by_every_sort_of_bill():
    names = [name for kind in KINDS for name in shown(kind)]

    assert {platform for _, platform, *_ in names} == set(PLATFORM_NAMES)
    assert all(base(kind).order.ranked for kind in KINDS)
    assert {purchase for *_, purchase, _ in names} == {"on-demand", "spot", "savings-1y"}
    assert {scaled for *_, scaled in names} == {True, False}
    assert any(base(kind).options.on_gpu[row] for kind in KINDS for row in shown(kind).values())


def test_a_new_key_of_unknown_unit_is_not_passed_over():
    class Wider(Retraining):
        deploy_usd: float = 0.0
        steps: dict[str, tuple[float, ...]] | None = None
        on: bool = False

    new = set(numeric_keys(Wider)) - set(numeric_keys(Retraining))
    assert new == {"deploy_usd", "steps"}
    assert value_of("deploy_usd") == BY_UNIT["_usd"]
    assert value_of("steps") is None


def test_an_option_whose_columns_forget_a_term_is_not_shown():
    engine = base("online")
    options = dataclasses.replace(engine.options, fixed_usd=engine.options.fixed_usd - 1)

    with pytest.raises(AmountsDifferError) as told:
        compose(dataclasses.replace(engine, options=options), what_if=False)
    best = engine.order.ranked[0]
    bill_usd = total_usd(option_lines(engine, best))
    assert str(told.value).startswith(f"{option_name(engine, best)}: its bill is {bill_usd:,.4f}")
    assert f"its columns {bill_usd - 1:,.4f}, its draws {bill_usd:,.4f}" in str(told.value)


def test_an_option_whose_draws_forget_a_term_is_not_shown():
    engine = base("jobs")
    drawn = engine.risk.outcomes
    outcomes = dataclasses.replace(drawn, usd=drawn.usd - 0.02)

    with pytest.raises(AmountsDifferError, match="its draws"):
        compose(
            dataclasses.replace(engine, risk=dataclasses.replace(engine.risk, outcomes=outcomes)),
            what_if=False,
        )


def test_an_option_whose_bill_forgets_a_line_is_not_shown(monkeypatch):
    def without_review(engine: Engine, candidate: int) -> tuple[CostLine, ...]:
        return candidate_lines(engine, candidate)[:-1]

    monkeypatch.setattr("advisor.decision.answer.bill.candidate_lines", without_review)
    with pytest.raises(AmountsDifferError, match="a fault of this program"):
        compose(base("many-models"), what_if=False)
