"""A study with no more in it than some function depends on, so that the memo knows what it saw.

What is left out takes a value of its own that is always the same: a function that is given such a
study cannot depend on what is not there.
"""

from typing import Any

from advisor.study.types import Decision, Needs, Study, Team, Workload

_SECTIONS = {name: field for name, field in Study.model_fields.items() if name != "data"}

_NOTHING: dict[str, Any] = {
    name: field.get_default(call_default_factory=True) for name, field in _SECTIONS.items()
}
"""What stands for a section that is left out: one object, which need not be copied each time."""


def _study(**kept: Any) -> Study:
    return Study(**_NOTHING | kept)


def for_options(study: Study) -> Study:
    """Return what machines, service times and places to train depend on: no rate and no need."""
    return _study(
        data=study.data,
        candidates=study.candidates,
        workload=_at_one_rate(study.workload),
        cloud=study.cloud,
        decision=Decision(gpu_speed_factor=study.decision.gpu_speed_factor),
    )


def at_list_prices(study: Study) -> Study:
    """Return a study without its negotiated discounts."""
    return study.replace(cloud=study.cloud.replace(discounts={}))


def for_profiles(study: Study) -> Study:
    """Return what the measurements come to depend on."""
    return _study(
        data=study.data, candidates=study.candidates, workload=_at_one_rate(study.workload)
    )


def for_question(study: Study) -> Study:
    """Return what the limits and the parts of options depend on: no people, no budget, no doubt."""
    return _study(
        data=study.data,
        candidates=study.candidates,
        workload=study.workload,
        needs=study.needs.replace(max_usd_per_month=None),
        cloud=study.cloud,
        horizon_months=study.horizon_months,
    )


def for_load(study: Study) -> Study:
    """Return what fleets depend on, beside their machines and the draws."""
    needs = study.needs
    return _study(
        data=study.data,
        workload=study.workload,
        needs=Needs(
            max_p99_latency_ms=needs.max_p99_latency_ms,
            deadline_hours=needs.deadline_hours,
            availability_zones=needs.availability_zones,
        ),
    )


def for_draws(study: Study) -> Study:
    """Return what the common draws depend on."""
    given = study.decision.model_dump(
        exclude_unset=True, exclude={"risk", "quantile", "feasible_probability", "rank_by"}
    )
    return _study(
        data=study.data,
        decision=Decision.model_validate(given),
        horizon_months=study.horizon_months,
    )


def for_releases(study: Study) -> Study:
    """Return what the retraining of a candidate depends on."""
    # Where the study does not count the cases, they are those of its requests.
    counted = study.retraining.cases_per_day is not None
    return _study(
        data=study.data,
        workload=Workload() if counted else study.workload,
        retraining=study.retraining,
        team=Team(engineer_usd_per_hour=study.team.engineer_usd_per_hour),
        horizon_months=study.horizon_months,
    )


def _at_one_rate(work: Workload) -> Workload:
    """Return a workload without its rate: of a batch workload, with one job a day."""
    if work.pattern == "batch":
        return work.replace(rows_per_job=1e6, jobs_per_day=1.0)
    return work.replace(requests_per_s=1.0, peak_requests_per_s=None)
