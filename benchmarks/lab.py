"""What the candidates of one call share: data in a file, workers, the probed machine."""

import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.datasets import TaskData
from benchmarks.families import family_of, source_text
from benchmarks.host import available_memory_bytes, pinned_cpus
from benchmarks.isolation import Job, Worker
from benchmarks.presets import Preset
from benchmarks.records import Candidate, Device, HardwareProfile
from benchmarks.store import RunStore

MEMORY_SHARE = 0.8
"""Share of the free memory that one trial may use. [fraction]"""


@dataclass
class Lab:
    """What the candidates of one call share. A context manager: it stops its workers."""

    data: TaskData
    data_path: Path
    scratch: Path
    folder: Path
    hardware: HardwareProfile
    preset: Preset
    store: RunStore
    batches: tuple[int, ...]
    memory_limit_bytes: int
    begin_step: Callable[[str, str], None]
    notes: tuple[str, ...] = ()
    _workers: dict[tuple[int, bool], Worker] = field(default_factory=dict)
    _modules: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close_workers()

    def worker(self, candidate: Candidate, *, thread_count: int, device: Device) -> Worker:
        """Return the worker for a candidate's libraries and thread count, made if need be.

        Candidates with other libraries get workers of their own, so that torch does not count
        towards the memory of those that do without.
        """
        modules = family_of(candidate).serving_modules
        if "torch" not in modules and "torch" in source_text(candidate, self.folder):
            modules = (*modules, "torch")
        if modules != self._modules:
            self.close_workers()
            self._modules = modules
        wanted = (thread_count, device == "cuda")
        if wanted not in self._workers:
            self._workers[wanted] = Worker(
                thread_count=thread_count,
                warm="benchmarks.measure:warm",
                warm_payload={"data_path": str(self.data_path), "modules": ["pandas", *modules]},
                folder=self.folder,
                with_cuda=device == "cuda",
                cpus=None if device == "cuda" else pinned_cpus(thread_count=thread_count),
            )
        return self._workers[wanted]

    def close_workers(self) -> None:
        """Stop every worker."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()


@contextmanager
def open_lab(
    data: TaskData,
    *,
    hardware: HardwareProfile,
    preset: Preset,
    folder: Path,
    store: RunStore,
    batches: Sequence[int],
    begin_step: Callable[[str, str], None],
) -> Iterator[Lab]:
    """Set up what all candidates share: data in a file, workers, the machine's probes."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="advisor-bench-")))
        data_path = scratch / "data.pickle"
        data_path.write_bytes(pickle.dumps(data, protocol=pickle.HIGHEST_PROTOCOL))
        begin_step("", "look at this machine")
        memory_limit = int(MEMORY_SHARE * available_memory_bytes())
        probes: dict[str, float] = {}
        notes: list[str] = []
        counts = sorted({1, hardware.logical_cpu_count})
        for count in counts:
            for all_threads in [False, True] if len(counts) == 1 else [count > 1]:
                with Worker(thread_count=count) as worker:
                    payload = {"all_threads": all_threads, "probe_s": preset.probe_s}
                    job = Job("benchmarks.measure:probe", payload, deadline_s=60.0)
                    result = worker.run(job)
                probes |= result.value
                if result.outcome != "ok":
                    notes.append(f"the machine's probes failed: {result.reason}")
        yield stack.enter_context(
            Lab(
                data=data,
                data_path=data_path,
                scratch=scratch,
                folder=folder.resolve(),
                hardware=hardware.replace(probes=probes),
                preset=preset,
                store=store,
                batches=tuple(batches),
                memory_limit_bytes=memory_limit,
                begin_step=begin_step,
                notes=tuple(notes),
            )
        )
