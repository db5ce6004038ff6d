"""What takes a thing down when nobody is left to: a schedule in the cloud that asks repeatedly.

Once is not enough: what is still being made refuses to be deleted.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.remote.cloud import Cloud, make, unless_gone
from benchmarks.remote.job import EXPIRES_TAG, PREFIX, RUN_TAG, Job

EVERY_MINUTES = 10
"""Between two tries. [min]"""

FOR_DAYS = 1
"""It goes on for so long after the thing's end, and then takes itself away. [days]"""

ACTIONS = (
    "scheduler:CreateSchedule",
    "scheduler:GetSchedule",
    "scheduler:ListSchedules",
    "scheduler:DeleteSchedule",
    "iam:PassRole",
)
"""Rights that it takes."""


def make_reaper(cloud: Cloud, job: Job, *, call: str, asked: dict[str, Any]) -> None:
    """Ask the cloud to make a call again and again from the end of a job's life on.

    Args:
        cloud: services of the region.
        job: whose.
        call: universal target, e.g. `sagemaker:deleteEndpoint`.
        asked: its request.
    """
    end = job.expires_at
    make(
        job,
        doing="scheduler:CreateSchedule",
        call=lambda: cloud.client("scheduler").create_schedule(
            Name=job.run_id,
            Description=f"{RUN_TAG}={job.run_id} {EXPIRES_TAG}={end.isoformat()}",
            ScheduleExpression=f"rate({EVERY_MINUTES} minutes)",
            StartDate=end,
            EndDate=end + timedelta(days=FOR_DAYS),
            ActionAfterCompletion="DELETE",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": f"arn:aws:scheduler:::aws-sdk:{call}",
                "RoleArn": job.setting("reaper_role"),
                "Input": json.dumps(asked),
                "RetryPolicy": {"MaximumRetryAttempts": 3},
            },
        ),
        is_there=lambda: bool(cloud.client("scheduler").get_schedule(Name=job.run_id)),
    )


def drop_reaper(cloud: Cloud, run_id: str) -> None:
    """Take the schedule away, last of all; none there is fine."""
    with unless_gone():
        cloud.client("scheduler").delete_schedule(Name=run_id)


def reapers(cloud: Cloud) -> Iterator[dict[str, str]]:
    """Return the tags of every schedule of ours: its description holds them."""
    for one in cloud.pages("scheduler", "list_schedules", "Schedules", NamePrefix=PREFIX):
        told: dict[str, Any] = {}
        with unless_gone():
            told = cloud.client("scheduler").get_schedule(Name=one["Name"])
        yield dict(
            part.split("=", 1) for part in str(told.get("Description", "")).split() if "=" in part
        )
