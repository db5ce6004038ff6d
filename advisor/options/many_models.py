"""Many models on the same machines: all in memory, or loaded when they are asked for."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from advisor import defaults
from advisor.arrays import Floats
from advisor.capacity.service_shapes import cache_miss_share, zipf_popularity
from advisor.options.facts import Facts
from advisor.profiles import CandidateProfile
from advisor.study.types import Study

GIB_PER_GB = 1e9 / 2**30

ROUGH_GIB = 64.0
"""Room for models is rounded down to a part of this many to the GiB: few cases, none optimistic."""


def model_gib(profile: CandidateProfile) -> float:
    """Return the memory of one more model in a process that has its libraries already. [GiB]"""
    loaded = profile.artefact_gb * GIB_PER_GB * defaults.MODEL_MEMORY_FACTOR.value
    return max(1e-6, min(loaded, profile.memory_gib))


def worker_gib(study: Study, profile: CandidateProfile, facts: Facts) -> float:
    """Return the memory of one worker: with all models, or with none where they come and go."""
    own = model_gib(profile)
    if study.workload.models == 1:
        return profile.memory_gib
    if facts.loads_on_demand:
        return max(profile.memory_gib - own, 1e-3)
    return profile.memory_gib + (study.workload.models - 1) * own


def put_misses(
    columns: dict[str, NDArray[np.generic]],
    study: Study,
    profile: CandidateProfile,
    *,
    ratio: Floats,
) -> None:
    """Add the loading of models that are not in memory to service times, memory and answers.

    With a share m of requests that load for L seconds, the mean grows by m L and the second moment
    by m (2 S L + L^2); where m is above one in a hundred, p99 waits for a whole load.
    """
    own_gib = model_gib(profile)
    memory = np.asarray(columns["memory_gib"], dtype=float)
    taken = np.asarray(columns["memory_need_gib"], dtype=float)
    room = np.maximum(0.0, memory * defaults.MEMORY_HEADROOM.value - taken)
    misses = np.array(
        [_misses(study.workload.models, own_gib, float(gib)) for gib in np.floor(room * ROUGH_GIB)]
    )
    load_s = profile.artefact_gb / defaults.MODEL_DOWNLOAD_GB_PER_S.value + profile.start_s / ratio
    mean = np.asarray(columns["service_s"], dtype=float)
    second = mean**2 * (1 + np.asarray(columns["scv"], dtype=float))
    second += misses * (2 * mean * load_s + load_s**2)
    for name in ("service_s", "service_low_s", "service_high_s"):
        columns[name] = np.asarray(columns[name], dtype=float) + misses * load_s
    columns["scv"] = second / np.asarray(columns["service_s"], dtype=float) ** 2 - 1
    columns["front_s"] = columns["front_s"] + np.where(misses > 0.01, load_s, 0.0)
    columns["memory_need_gib"] = taken + own_gib  # one model at least has to fit


@lru_cache(maxsize=4096)
def _misses(models: int, own_gib: float, room: float) -> float:
    shares = zipf_popularity(model_count=models, exponent=defaults.MODEL_POPULARITY_EXPONENT.value)
    return cache_miss_share(popularity=shares, sizes_gib=own_gib, memory_gib=room / ROUGH_GIB)
