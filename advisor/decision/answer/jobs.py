"""How long one job of the chosen option takes, and how many rows its machines finish in time."""

import numpy as np

from advisor.decision.choice.engine import Engine
from advisor.decision.choice.naming import name_of
from advisor.platforms import facts_of
from advisor.recommendation import JobAdvice, JobPoint

REACH = 30.0
"""The curve goes so many times below and above the study's rows."""

POINT_COUNT = 21
"""Points of the curve; the middle one is the study's."""


def job_advice(engine: Engine) -> JobAdvice | None:
    """Return the time of a job against its rows, on the machines that were planned.

        time(rows) = start + work x rows / rows of the study

    None where the study is of requests, or nothing is feasible.
    """
    study = engine.study
    if study.workload.pattern != "batch" or not engine.order.ranked:
        return None
    options, row = engine.options, engine.order.ranked[0]
    if facts_of(options.platform_of(row)).billing != "job":
        return None
    start_s = float(options.p99_fixed_s[row])
    work_s = float(options.p99_s[row]) - start_s
    low_s, high_s = (
        work_s * float(factor) for factor in (options.service_down[row], options.service_up[row])
    )
    deadline_s = (study.needs.deadline_hours or 24.0) * 3600
    rows = study.workload.job_rows
    sizes = rows * np.geomspace(1 / REACH, REACH, POINT_COUNT)
    return JobAdvice(
        option=name_of(engine, row),
        machines=int(options.replicas[row]),
        jobs_per_day=study.workload.jobs_per_day or 1.0,
        row_count=rows,
        requests_per_s=study.workload.requests_per_s,
        start_s=start_s,
        work_s=work_s,
        deadline_s=deadline_s,
        largest_row_count=rows * (deadline_s - start_s) / work_s,
        basis=options.basis[row],
        curve=tuple(
            JobPoint(
                row_count=float(size),
                wall_s=float(start_s + work_s * size / rows),
                wall_s_low=float(start_s + low_s * size / rows),
                wall_s_high=float(start_s + high_s * size / rows),
            )
            for size in sizes
        ),
    )
