"""A cloud in a process of its own: moto's server, whose jobs run on until they are ended.

python -m tests.benchmarks.remote.cloud_server PORT_FILE
"""

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from moto.batch import models as batch
from moto.core.utils import utcnow
from moto.ecs import models as ecs
from moto.moto_api._internal import mock_random  # noqa: F401 - loaded before the patches
from moto.sagemaker import models as sagemaker
from moto.sagemaker.responses import SageMakerResponse
from moto.server import ThreadedMotoServer


def let_jobs_run() -> None:
    """Moto's processing jobs are completed at once: these run until they are stopped."""
    first = sagemaker.FakeProcessingJob.__init__

    def running(self, *args, **kwargs):
        first(self, *args, **kwargs)
        self.processing_job_status = "InProgress"
        self.processing_start_time = utcnow()
        self.processing_end_time = None

    def stop(self, processing_job_name):
        job = self.processing_jobs[processing_job_name]
        job.processing_job_status = "Stopped"
        job.processing_end_time = utcnow() + timedelta(seconds=1)

    told = sagemaker.SageMakerModelBackend.describe_processing_job

    def describe(self, processing_job_name):
        if Path(f"{sys.argv[1]}.done-{processing_job_name}").exists():
            job = self.processing_jobs[processing_job_name]
            job.processing_job_status = "Completed"
            job.processing_end_time = job.processing_start_time + timedelta(seconds=300)
        return told(self, processing_job_name)

    make = SageMakerResponse.create_processing_job

    def create(self):
        made = make(self)
        job = self.sagemaker_backend.processing_jobs[self._get_param("ProcessingJobName")]
        job.environment = self._get_param("Environment")  # moto forgets it
        return made

    SageMakerResponse.create_processing_job = create
    sagemaker.SageMakerModelBackend.describe_processing_job = describe
    sagemaker.FakeProcessingJob.__init__ = running
    sagemaker.SageMakerModelBackend.stop_processing_job = stop


def let_batch_jobs_run() -> None:
    """Moto's batch jobs run real containers: these run nothing until they are ended."""

    def run(self):
        self.job_started_at = datetime.now()  # noqa: DTZ005 - as moto does
        self.status = "RUNNING"
        self._start_attempt()
        while not self.stop:
            time.sleep(0.02)
        self._mark_stopped(success=False)

    batch.Job.run = run
    ecs.Task.advance = lambda self: None  # a task runs on until it is stopped


def main() -> None:
    let_jobs_run()
    let_batch_jobs_run()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    part = Path(sys.argv[1] + ".part")
    part.write_text(f"http://{host}:{port}")
    part.replace(sys.argv[1])
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
