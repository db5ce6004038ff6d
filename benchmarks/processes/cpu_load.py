"""How much of the processors other programs and other machines use meanwhile."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CpuTicks:
    """Processor time of the whole machine so far."""

    busy_s: float
    """Not idle, all processors together; niced programs too, for OpenMP waits for them. [s]"""
    stolen_s: float
    """Taken by the hypervisor for others. [s]"""


FREE_TOLERANCE = 0.7
"""Others that use up to 0.3 of a processor are let pass as none. [processors]"""

LOOKS = 3
"""How often a processor that seems taken is looked at again."""

SHORTEST_LOAD_S = 0.5
"""Below this, processor ticks are too coarse to tell. [s]"""


def read_cpu_ticks(*, root: Path = Path("/")) -> CpuTicks | None:
    """Return the machine's processor times; null where the system does not tell."""
    try:
        line = (root / "proc/stat").read_text().partition("\n")[0]
    except OSError:
        return None
    hertz = os.sysconf("SC_CLK_TCK")
    ticks = [int(text) / hertz for text in line.split()[1:]]
    user, nice, system, _idle, _wait, interrupt, soft_interrupt = ticks[:7]
    stolen_s = ticks[7] if len(ticks) > 7 else 0.0
    return CpuTicks(busy_s=user + nice + system + interrupt + soft_interrupt, stolen_s=stolen_s)


def free_processor_count(
    *,
    cpu_count: int,
    window_s: float = 0.3,
    sleep: Callable[[float], None] = time.sleep,
    root: Path = Path("/"),
) -> int:
    """Return how many processors other programs leave free, at least 1; looks for a moment.

    Where some seem taken it looks again, up to `LOOKS` times, and believes the best look: a spike
    passes, and a load that stays is in every one.

    More threads than free processors is no measurement of threads: OpenMP's threads wait for each
    other, and one that shares its processor holds up all of them, tenfold and more.
    """
    if cpu_count == 1 or read_cpu_ticks(root=root) is None:
        return cpu_count
    found = 1
    for _ in range(LOOKS):
        before, own_s = read_cpu_ticks(root=root), time.process_time()
        sleep(window_s)
        after = read_cpu_ticks(root=root)
        assert before is not None
        assert after is not None
        others_s = after.busy_s - before.busy_s - (time.process_time() - own_s)
        taken = math.floor(max(0.0, others_s) / window_s + FREE_TOLERANCE)
        found = max(found, min(cpu_count, cpu_count - taken))
        if found == cpu_count:
            break
    return found


def other_load(
    before: CpuTicks | None, after: CpuTicks | None, *, wall_s: float, own_s: float
) -> tuple[float, float]:
    """Return the shares of the processors that other programs and other machines used meanwhile.

        other = (busy - own) / (wall * processors)        [fraction]

    Both 0 where the system does not tell, or the time was too short for its clock ticks.
    """
    if before is None or after is None or wall_s < SHORTEST_LOAD_S or own_s <= 0:
        return 0.0, 0.0
    all_s = wall_s * (os.cpu_count() or 1)
    other_s = max(0.0, after.busy_s - before.busy_s - own_s)
    stolen_s = max(0.0, after.stolen_s - before.stolen_s)
    return min(1.0, other_s / all_s), min(1.0, stolen_s / all_s)
