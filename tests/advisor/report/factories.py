"""Small answers for tests of the report: a bare one to add a part to, kept ones, what was drawn.

Parts that look like a real answer's stand in `tests.faces.factories`.
"""

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from advisor.recommendation import (
    AnswerKey,
    BreakEven,
    Considered,
    CostLine,
    CostPoint,
    GpuAdvice,
    GpuServing,
    GpuTraining,
    LineQuote,
    Option,
    PresentAdvice,
    PriceStamp,
    Recommendation,
    Rejection,
    RetrainingAdvice,
    Rival,
    TrainingAdvice,
    UncertainInput,
)
from advisor.report.sections.parts import Section
from advisor.report.tables.cells import Cell, Table
from benchmarks.storage.records import Finding

GOLDEN = Path(__file__).parents[2] / "golden"
"""Where whole answers are kept."""

TODAY = date(2026, 11, 21)
"""Day of the prices: as of `tests.faces.factories`."""


@cache
def golden(name: str) -> Recommendation:
    """Return a whole answer that is kept as JSON, read once a session."""
    return Recommendation.model_validate_json((GOLDEN / f"{name}.json").read_text("utf-8"))


def bare(**changes: Any) -> Recommendation:
    """Return an answer with nothing in it: no option, no advice, no table with a row."""
    values = {
        "verdict": "No option meets every need.",
        "best": None,
        "ranked": (),
        "rejected": (),
        "retraining": RetrainingAdvice(
            interval_days=None,
            usd_per_month=0.0,
            basis="assumed",
            why="No decay was measured.",
            retrain_usd=0.0,
            decay_per_day=None,
        ),
        "gpu": GpuAdvice(
            serving=GpuServing(needed=False, pays_from_requests_per_s=None, why="no model"),
            training=GpuTraining(needed=False, pays_from_runs_per_month=None, why="no model"),
        ),
        "training": TrainingAdvice(
            platform="",
            sku="",
            usd_per_run=0.0,
            usd_per_release=0.0,
            runs_per_release=1,
            usd_per_month=0.0,
            alternatives=(),
        ),
        "ladder": (),
        "assumptions": (),
        "prices": PriceStamp(on=TODAY, oldest_checked_on=TODAY, sha256="cd" * 32),
        "runs": (),
        "study": "bare",
        "metric": "accuracy",
        "data": "8 rows",
        "hardware": "a machine",
        "considered": Considered(option_count=0, feasible_count=0, rejected_count=0),
        "relaxations": (),
        "measure_next": (),
        "excluded": (),
        "warnings": (),
        "cost_curve": (),
    }
    return Recommendation.model_validate(values | changes)


def cost_line(usd: float = 10.0, **changes: Any) -> CostLine:
    """Return one line of a bill: ten hours of something that serves."""
    values = {
        "label": "Compute",
        "group": "serving",
        "quantity_per_month": 10.0,
        "unit": "hour",
        "usd_per_unit": usd / 10.0,
        "usd_per_month": usd,
        "basis": "list",
        "source": "AWS price list",
    }
    return CostLine.model_validate(values | changes)


def way(name: str = "m on p", *lines: CostLine, **changes: Any) -> Option:
    """Return an option whose bill is the given lines: a single one of 10 USD without any."""
    bill = lines or (cost_line(),)
    values = {
        "name": name,
        "candidate": "m",
        "platform": "ecs-fargate",
        "sku": "1 vCPU",
        "region": "us-east-1",
        "purchase": "on-demand",
        "replicas": 2,
        "basis": "scaled",
        "p50_latency_ms": 2.0,
        "p95_latency_ms": 4.0,
        "p99_latency_ms": 8.0,
        "p99_latency_ms_low": 6.0,
        "p99_latency_ms_high": 12.5,
        "utilisation_fraction": 0.25,
        "quality": 0.9,
        "quality_spread": 0.01,
        "usd_per_month": sum(one.usd_per_month for one in bill),
        "lines": bill,
    }
    return Option.model_validate(values | changes)


def costing(usd: float, name: str = "", **changes: Any) -> Option:
    """Return an option that costs so much, named after it."""
    return way(name or f"{usd:g} USD", cost_line(usd), **{"aws_usd_per_month": usd / 2} | changes)


def turned_down(option: Option, *reasons: str) -> Rejection:
    """Return a rejection for reasons."""
    return Rejection(option=option, reasons=reasons or ("too slow",))


def of(*options: Option, **changes: Any) -> Recommendation:
    """Return a bare answer with these ranked options, the first of them chosen."""
    return bare(**{"best": options[0], "ranked": options} | changes)


def quote(service: str = "fargate", sku: str = "vcpu", **changes: Any) -> LineQuote:
    """Return a row of the price book that was read on the day of the answer."""
    values = {
        "service": service,
        "sku": sku,
        "region": "us-east-1",
        "purchase": "on-demand",
        "valid_from": date(2026, 1, 2),
        "checked_on": TODAY,
    }
    return LineQuote.model_validate(values | changes)


def finding(candidate: str = "m", **changes: Any) -> Finding:
    """Return a finding: its text and remedy are short."""
    values = {
        "kind": "faster-form",
        "candidate": candidate,
        "run_id": "run-1",
        "factor": 3.25,
        "factor_low": 3.0,
        "factor_high": 3.5,
        "slow_s": 0.013,
        "fast_s": 0.004,
        "text": "ONNX is faster",
        "remedy": "ship ONNX",
    }
    return Finding.model_validate(values | changes)


def key(**changes: Any) -> AnswerKey:
    """Return what an answer is told apart by."""
    values = {"candidate": "m", "platform": "ecs-ec2", "sku": "c7g.large"}
    return AnswerKey.model_validate(values | changes)


def flip(now: float = 20.0, flips_at: float = 320.0, **changes: Any) -> BreakEven:
    """Return where the request rate changes the answer."""
    values = {
        "driver": "workload.requests_per_s",
        "unit": "1/s",
        "now": now,
        "flips_at": flips_at,
        "to": key(),
    }
    return BreakEven.model_validate(values | changes)


def rival(**changes: Any) -> Rival:
    """Return a rival that no figure alone makes the cheaper one."""
    values = {
        "question": "Why not ECS on EC2?",
        "name": "m on ECS on EC2",
        "candidate": "m",
        "platform": "ecs-ec2",
        "sku": "c7g.large",
        "region": "us-east-1",
        "purchase": "on-demand",
        "usd_per_month_more": 102.0,
        "probability_cheaper": 0.125,
        "why_not": "102 USD/month more",
        "overtakes": (),
    }
    return Rival.model_validate(values | changes)


def doubt(name: str = "traffic level", swing: float = 10.0, **changes: Any) -> UncertainInput:
    """Return an input that is not certain."""
    values = {
        "name": name,
        "low": 0.8,
        "high": 1.25,
        "unit": "factor",
        "source": "our assumption",
        "basis": "assumed",
        "information_usd_per_month": 12.0,
        "swing_usd_per_month": swing,
    }
    return UncertainInput.model_validate(values | changes)


def today(**changes: Any) -> PresentAdvice:
    """Return what runs today, and that it pays to move."""
    values = {
        "name": "ECS on EC2, 3 x m5.large",
        "usd_per_month": 1449.9,
        "basis": "list",
        "saves_usd_per_month": 919.3,
        "migration_usd": 2280.0,
        "payback_months": 2.48,
        "move": True,
        "why": "move: it saves 919 USD/month",
    }
    return PresentAdvice.model_validate(values | changes)


def curve(**platforms: dict[float, float]) -> tuple[CostPoint, ...]:
    """Return a curve of cost: of each platform (`_` for `-`) the USD/month at each rate."""
    return tuple(
        CostPoint(
            requests_per_s=rate,
            platform=name.replace("_", "-"),
            option=f"m at {rate:g}",
            usd_per_month=usd,
        )
        for name, at in platforms.items()
        for rate, usd in at.items()
    )


def texts(table: Table) -> list[list[str]]:
    """Return the cells of a table as they are printed, badges behind them."""
    return [[cell.plain for cell in row] for row in table.rows]


def column(table: Table, title: str) -> list[str]:
    """Return one column of a table as it is printed."""
    place = [one.title for one in table.columns].index(title)
    return [row[place].plain for row in table.rows]


def numeric(table: Table) -> list[str]:
    """Return the titles of the columns that hold figures."""
    return [one.title for one in table.columns if one.numeric]


def cells(*words: str) -> tuple[Cell, ...]:
    """Return a row without badges."""
    return tuple(Cell(word) for word in words)


class Layer(NamedTuple):
    """One layer of a drawn chart."""

    kind: str
    """Its mark: `bar`, `line`, `point`, `rule`, `text`, `area` or `rect`."""
    mark: dict[str, Any]
    """All of the mark."""
    rows: list[dict[str, Any]]
    """What it is drawn from."""
    encoding: dict[str, Any]
    """Which column goes where."""


def layers(chart: Any) -> list[Layer]:
    """Return the layers of a chart with their data, having seen that it is JSON all through.

    The grammar is not checked here, which takes most of the time: `test_charts` does it for each.
    """
    assert chart is not None, "nothing was drawn"
    spec = json.loads(json.dumps(chart.to_dict(validate=False), allow_nan=False))
    return [
        Layer(
            kind=one["mark"]["type"],
            mark=one["mark"],
            # What all layers draw stands once, above them.
            rows=spec["datasets"][one.get("data", spec.get("data"))["name"]],
            encoding=one.get("encoding", {}),
        )
        for one in spec["layer"]
    ]


def layer(chart: Any, kind: str, number: int = 0) -> Layer:
    """Return one layer of a chart: of its kind the so-manieth."""
    return [one for one in layers(chart) if one.kind == kind][number]


def words_in(chart: Any) -> list[str]:
    """Return what is written into a picture, in the order of the layers."""
    texts_of = (one for one in layers(chart) if one.kind == "text")
    return [row[one.encoding["text"]["field"]] for one in texts_of for row in one.rows]


def domain(one: Layer, channel: str) -> list[Any]:
    """Return the ends, or the names, that a channel of a layer reaches over."""
    found: list[Any] = one.encoding[channel]["scale"]["domain"]
    return found


def titles(sections: Iterable[Section]) -> list[str]:
    """Return the titles of sections."""
    return [one.title for one in sections]


def section(sections: Iterable[Section], title: str) -> Section:
    """Return the first section of a title."""
    return next(one for one in sections if one.title == title)
