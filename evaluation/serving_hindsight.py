"""After a run of load: was the model wrong, or did the machine change its speed?"""

from dataclasses import replace
from typing import Any

import numpy as np

from advisor.capacity.server_prediction import WatchedServer, predict_run
from benchmarks.serving.loadrun import WARM_UP_S, Samples
from benchmarks.serving.request_times import stretch_of


def at_the_speed_of(
    samples: Samples, *, rate_per_s: float, expected_s: float, worker_count: int
) -> dict[str, Any]:
    """Return what the same model says that knows a run's own service times, as fields of a cell.

    No prediction: it tells the model's error from a change of the machine's speed. Empty where
    nothing can be told, which is near saturation, or where no request waited.

    Args:
        samples: the run.
        rate_per_s: its rate. [1/s]
        expected_s: time of a request that waited, as it was expected. [s]
        worker_count: workers of the server.
    """
    kept = samples.after(WARM_UP_S)
    try:
        watched = WatchedServer([[stretch_of(kept)]], worker_count=worker_count)
    except ValueError:  # no request waited
        return {}
    server = replace(watched.at(rate_per_s), relative_sd=0.0)
    found = predict_run(
        server,
        rate_per_s=rate_per_s,
        request_count=kept.status.size,
        rng=np.random.default_rng(kept.status.size),
    )
    if found is None:
        return {}
    return {
        "same_speed_p99_ms": 1e3 * found.p99_s,
        "same_speed_p99_low_ms": 1e3 * found.p99_low_s,
        "same_speed_p99_high_ms": 1e3 * found.p99_high_s,
        "speed_ratio": server.busy_s / expected_s,
    }
