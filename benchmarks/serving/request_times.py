"""What each request of a run of load took: waiting and work taken apart."""

from typing import NamedTuple

import numpy as np

from benchmarks.arrays import Floats
from benchmarks.serving.loadrun import Samples


class Stretch(NamedTuple):
    """Requests of one stretch of load, in the order in which they were due."""

    due_s: Floats
    """When each was due, from the beginning of the stretch. [s]"""
    gap_s: Floats
    """How long its worker had been idle by then; 0 where the request had to wait. [s]"""
    taken_s: Floats
    """From when its worker was free, or it was due if that is later, to its answer. [s]"""


def stretch_of(samples: Samples) -> Stretch:
    """Take the answers of a run apart into waiting and work.

    A worker is at one request after the other, first come first served: it took up request i when
    it was due, or when it had answered the one before if that is later.

        taken_i = done_i - max(due_i, done_(i-1))        gap_i = max(0, due_i - done_(i-1))
    """
    order = np.argsort(samples.scheduled_s, kind="stable")
    due = samples.scheduled_s[order]
    worker = samples.worker[order]
    gap, taken = np.zeros(due.size), np.zeros(due.size)
    for one in np.unique(worker):
        mine = worker == one
        asked = due[mine]
        # Answers that changed places count in the order of the requests.
        done = np.sort(samples.done_s[order][mine])
        before = np.concatenate(([-np.inf], done[:-1]))
        taken[mine] = done - np.maximum(asked, before)
        gap[mine] = np.where(np.isfinite(before), np.maximum(0.0, asked - before), 0.0)
    first = np.unique(worker, return_index=True)[1]
    kept = np.ones(due.size, dtype=bool)
    kept[first] = False  # nobody knows for how long the worker had been idle
    return Stretch(
        due_s=due[kept] - due[0],
        gap_s=gap[kept],
        taken_s=taken[kept],
    )
