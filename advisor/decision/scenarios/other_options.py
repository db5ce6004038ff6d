"""The options whose replicas do not stand, and what is kept of them from question to question."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from advisor.arrays import Floats
from advisor.decision.options.columns import Columns, concatenate
from advisor.decision.options.jobs_and_queues import Metered, metered_columns, metered_options
from advisor.decision.options.serverless import serverless_columns
from advisor.decision.scenarios.option_space import OptionSpace
from advisor.memo import last_few
from advisor.platforms import ASYNC, FRONTS, JOB_PLATFORMS, sagemaker_serverless
from advisor.study.types import Study

T = TypeVar("T")

QUESTIONS_KEPT = 4
"""Workloads and needs whose options are kept: most drivers leave these alone."""


def too_late(study: Study) -> bool:
    """Return whether no job and no queue answers within the need, whatever it runs on."""
    need_ms = study.needs.max_p99_latency_ms
    soonest_s = min(FRONTS[name].value for name in (ASYNC.name, *JOB_PLATFORMS))
    return need_ms is not None and soonest_s > need_ms / 1e3 * (1 + 1e-9)


def asked_key(study: Study) -> tuple[str, str, int]:
    """Return what of a study the limits and parts of its options depend on, beside the space."""
    needs = study.needs.replace(max_usd_per_month=None)
    return study.workload.model_dump_json(), needs.model_dump_json(), study.horizon_months


def other_options(
    study: Study, space: OptionSpace, *, monthly_usd: Floats, whole: bool
) -> tuple[Columns, tuple[Metered, ...]]:
    """Return the options whose replicas do not stand; those of the last questions are kept.

    Args:
        study: the question.
        space: its option space.
        monthly_usd: training runs, labels and review of each profile. [USD/month]
        whole: with jobs and queues, which come last and are returned beside.
    """

    def made() -> tuple[Columns, tuple[Metered, ...]]:
        common: dict[str, Any] = {"book": space.book, "on": space.on, "kept": space.kept}
        metered: tuple[Metered, ...] = ()
        if whole:
            metered = metered_options(study, space.profiles, catalogue=space.catalogue, **common)
        parts = [metered_columns(study, one, monthly_usd=monthly_usd) for one in metered]
        if sagemaker_serverless.NAME in study.cloud.platforms:
            parts.insert(
                0, serverless_columns(study, space.profiles, monthly_usd=monthly_usd, **common)
            )
        return concatenate(parts), metered

    others, metered = keep(space, ("others", *asked_key(study), whole), made)
    upkeep = {name: study.team.upkeep_usd(name) for name in dict.fromkeys(others.platform)}
    people_usd = np.array([upkeep[name] for name in others.platform], dtype=float)
    usd = others.serving_usd + monthly_usd[others.candidate] + people_usd
    return dataclasses.replace(others, usd_per_month=usd), metered


def keep(space: OptionSpace, key: tuple[Any, ...], make: Callable[[], T]) -> T:
    """Return what was made for a question, of its kind that of the last few."""
    tables: dict[Any, T] = space.kept.setdefault(key[0], {})
    return last_few(tables, key, make, most=QUESTIONS_KEPT)
