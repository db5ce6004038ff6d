"""Real data that some tests read by path and that never travel with the project.

They skip with a reason where the data are absent. The folders are looked for beside the checkout,
in `shared/`, or where the environment says.
"""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
STREAMS = Path(os.environ.get("ADVISOR_STREAMS", SHARED / "streams"))
HARDWARE = Path(os.environ.get("ADVISOR_HARDWARE", SHARED / "hardware"))

needs_streams = pytest.mark.skipif(
    not (STREAMS / "elec2.parquet").exists(),
    reason=f"no real streams in {STREAMS}: set ADVISOR_STREAMS to their folder",
)
needs_hardware = pytest.mark.skipif(
    not HARDWARE.is_dir(),
    reason=f"no public measurements in {HARDWARE}: set ADVISOR_HARDWARE to their folder",
)
