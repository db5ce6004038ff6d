"""The embedded example: a study that needs no file and no network."""

from pathlib import Path

from advisor.errors import AdvisorError
from advisor.files import write_whole

DEMO_STUDY = """\
# The embedded example: who runs it needs no data and no network.
name: demo
data:
  source: "builtin:breast_cancer"   # real: 569 biopsies, 30 measurements (UCI)
workload:
  requests_per_s: 20                # [1/s]
  peak_requests_per_s: 60           # [1/s]
team:                               # this team's own hours: yours are another matter
  hours_per_month:                  # upkeep of each platform [h/month]
    sagemaker-realtime: 4
    sagemaker-serverless: 3
    sagemaker-multi-model: 5
    sagemaker-async: 5
    ecs-fargate: 6
    ecs-ec2: 10
    sagemaker-batch-transform: 2
    sagemaker-processing: 3
    ecs-fargate-scheduled: 3
    ecs-ec2-scheduled: 5
needs:
  max_p99_latency_ms: 100           # [ms]
retraining:
  error_cost_usd: 1.0               # one wrong answer [USD]
  cases_per_day: 2000               # answers whose errors cost money [1/day]
  review_hours: 4                   # people's time for one release [h]
  # The bundled set has no time column, so the decay is measured on a SIMULATED drifting stream.
  backtest_source: "simulated:linear,rows=20000,periods=60,seed=0"
"""


def demo_study_path(folder: Path = Path("out/demo")) -> Path:
    """Write the embedded study into a folder, unless it is there, and return its path.

    Raises:
        AdvisorError: the folder cannot be made or written.
    """
    path = folder / "advisor.yaml"
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AdvisorError(
                f"{folder}: cannot be made: {error.strerror}: choose another folder"
            ) from None
        write_whole(path, DEMO_STUDY)
    return path
