"""A cloud in a process of its own: moto's server, whose jobs run on until they are ended.

python -m tests.benchmarks.remote.cloud_server PORT_FILE
"""

import sys
import time
from datetime import timedelta
from pathlib import Path

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random  # noqa: F401 - loaded before the patches
from moto.sagemaker import models as sagemaker
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

    sagemaker.FakeProcessingJob.__init__ = running
    sagemaker.SageMakerModelBackend.stop_processing_job = stop


def main() -> None:
    let_jobs_run()
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
