"""Every number behind the answer that was not measured, with its source."""

from datetime import date

from pydantic import BaseModel

from advisor import defaults
from advisor.decision.choice.engine import Engine
from advisor.recommendation import Assumption, Basis, RetrainingAdvice
from advisor.study.types import HOURS_PER_MONTH, Study

SECTIONS = (
    *("workload", "needs", "retraining", "experiments", "history"),
    *("team", "cloud", "decision"),
)

FOLLOW_FROM_JOBS = ("workload.requests_per_s", "needs.max_p99_latency_ms")
FOLLOWS = "follows from the jobs and their deadline"
"""Of a study of jobs: the same said as a rate and as a time."""

OF_REQUESTS = (
    *("peak rate", "peak_factor", "workload.peak_requests_per_s", "decision.peak_factor"),
)
"""Figures that a study of jobs does not have."""
OF_ENDPOINTS = (
    *("load_balancer_", "balancer_", "connections_", "sagemaker_front_", "realtime_"),
    *("serverless_", "async_"),
)
"""First words of defaults of what takes requests one by one: no job runs there."""


def assumptions_of(engine: Engine, retraining: RetrainingAdvice) -> tuple[Assumption, ...]:
    """Return the study's figures, our defaults, and what the retraining plan had to assume."""
    rows = [*study_figures(engine.study), *_served(_ours(), engine), *_derived(engine, retraining)]
    history = engine.history
    if history is not None and history.is_used:
        measured = {
            "basis": "measured",
            "source": f"{history.promoted_count} promoted of {history.run_count:,} runs in "
            + history.sources[0],
        }
        runs = "retraining.runs_per_release"
        rows = [row.replace(**measured) if row.name == runs else row for row in rows]
    jobs = engine.study.workload.pattern == "batch"
    return tuple(row for row in rows if not (jobs and _is_of_requests(row)))


def _is_of_requests(row: Assumption) -> bool:
    return row.name in OF_REQUESTS or row.name.startswith(OF_ENDPOINTS)


def with_dates(rows: tuple[Assumption, ...], *, on: date) -> tuple[Assumption, ...]:
    """Return rows with the day each was said or set.

    A figure of the study holds as of the answer's day, a default of ours since we set it last.

    Args:
        rows: the figures.
        on: the answer's day.
    """
    days = {"input": on, "assumed": defaults.SET_ON}
    return tuple(row.replace(dated=row.dated or days.get(row.basis)) for row in rows)


def study_figures(study: Study) -> list[Assumption]:
    """Return every figure of the study: `input` where it is the user's, else `assumed`."""
    rows = []
    for section in SECTIONS:
        record: BaseModel = getattr(study, section)
        given = record.model_fields_set
        for key, field in type(record).model_fields.items():
            basis: Basis = "input" if key in given else "assumed"
            follows = study.workload.pattern == "batch" and f"{section}.{key}" in FOLLOW_FROM_JOBS
            ours = FOLLOWS if follows else "default of the study file, ours"
            rows.append(
                Assumption(
                    name=f"{section}.{key}",
                    value=_plain(getattr(record, key)),
                    unit=_unit(field.description),
                    source="the study" if basis == "input" else ours,
                    basis=basis,
                )
            )
    rows.append(
        Assumption(
            name="horizon_months",
            value=float(study.horizon_months),
            unit="months",
            source="the study"
            if "horizon_months" in study.model_fields_set
            else "default of the study file, ours",
            basis="input" if "horizon_months" in study.model_fields_set else "assumed",
        )
    )
    return rows


def _plain(value: object) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, dict):
        return ", ".join(f"{k} {v:g}" for k, v in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def _unit(description: str | None) -> str:
    """Return the unit that a field's description names in its last brackets."""
    text = description or ""
    if "[" not in text:
        return ""
    return text.rpartition("[")[2].partition("]")[0]


def _ours() -> list[Assumption]:
    month = Assumption(
        name="hours_per_month",
        value=HOURS_PER_MONTH,
        unit="h",
        source="8,760 h / 12; AWS's own examples use 720, 730 and 744",
        basis="assumed",
    )
    rows = [
        Assumption(name=d.name, value=d.value, unit=d.unit, source=d.source, basis="assumed")
        for d in defaults.ALL
    ]
    return [month, *rows]


def _served(rows: list[Assumption], engine: Engine) -> list[Assumption]:
    """Put what a load test measured in place of what is assumed of the server."""
    ranked = engine.order.ranked
    server = engine.profiles[int(engine.options.candidate[ranked[0]]) if ranked else 0].server
    known = {
        "http_server_s": (server.http_s, server.http_basis),
        "in_situ_factor": (server.in_situ_factor, server.factor_basis),
    }
    return [
        row.replace(value=known[row.name][0], basis=known[row.name][1], source=server.source)
        if row.name in known and known[row.name][1] != "assumed"
        else row
        for row in rows
    ]


def _derived(engine: Engine, retraining: RetrainingAdvice) -> list[Assumption]:
    study = engine.study
    rows = []
    if study.workload.peak_requests_per_s is None:
        rows.append(
            Assumption(
                name="peak rate",
                value=study.workload.peak_per_s,
                unit="1/s",
                source="three times the mean, our assumption",
                basis="assumed",
            )
        )
    if study.retraining.cases_per_day is None:
        rows.append(
            Assumption(
                name="cases per day",
                value=study.cases_per_day,
                unit="1/day",
                source="every scored row of the workload",
                basis="assumed",
            )
        )
    if retraining.decay_per_day is not None:
        rows.append(
            Assumption(
                name="decay",
                value=retraining.decay_per_day,
                unit="loss per case and day of age",
                source=retraining.why,
                basis=retraining.basis,
            )
        )
    return rows
