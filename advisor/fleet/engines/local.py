"""Processes of this machine, made again when one is killed."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from advisor.fleet.engines.base import MOST_TRIES, Outcome


class LocalEngine:
    """A pool of processes; a killed one breaks the pool, and only what it had not done goes on."""

    name = "local"

    def __init__(self, *, workers: int | None = None) -> None:
        """Say how many processes; one a core by default."""
        self.workers = workers or len(os.sched_getaffinity(0))

    def map(
        self, function: Callable[..., Any], items: Sequence[tuple[Any, ...]], *, exclusive: bool
    ) -> Iterator[Outcome]:
        """Call a function with each item; see `Engine`."""
        waiting = deque((index, 1) for index in range(len(items)))
        suspects: deque[tuple[int, int]] = deque()  # in flight when a process died: one at a time
        while waiting or suspects:
            alone = bool(suspects)
            queue = suspects if alone else waiting
            count = 1 if alone or exclusive else min(self.workers, len(queue))
            yield from self._round(function, items, queue, suspects, count=count, alone=alone)

    def _round(
        self,
        function: Callable[..., Any],
        items: Sequence[tuple[Any, ...]],
        queue: deque[tuple[int, int]],
        suspects: deque[tuple[int, int]],
        *,
        count: int,
        alone: bool,
    ) -> Iterator[Outcome]:
        """Work a queue off with one pool, until it is through or the pool breaks."""
        flying: dict[Future[Any], tuple[int, int]] = {}
        context = multiprocessing.get_context("forkserver")
        pool = ProcessPoolExecutor(max_workers=count, mp_context=context)
        try:
            while queue or flying:
                while queue and len(flying) < (1 if alone else 2 * count):
                    one = queue.popleft()
                    flying[pool.submit(function, *items[one[0]])] = one
                done, _ = wait(flying, return_when=FIRST_COMPLETED)
                for future in done:
                    index, tries = flying.pop(future)
                    try:
                        yield Outcome(index, future.result())
                    except BrokenProcessPool:
                        flying[future] = (index, tries)
                        raise
                    except Exception as error:  # noqa: BLE001 - the caller's, told as an outcome
                        yield Outcome(index, error=_line(error))
        except BrokenProcessPool:
            for index, tries in sorted(flying.values()):
                if alone and tries >= MOST_TRIES:
                    yield Outcome(index, error=f"its process was killed {tries} times")
                else:
                    suspects.append((index, tries + 1))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
