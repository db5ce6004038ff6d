"""What the candidates of one call share: data in a file, workers, the probed machine."""

import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.data.datasets import TaskData
from benchmarks.errors import StoreError
from benchmarks.families import FAMILIES, family_of, source_text
from benchmarks.machine.host import available_memory_bytes, pinned_cpus
from benchmarks.processes.cpu_load import free_processor_count
from benchmarks.processes.isolation import Job, Worker
from benchmarks.session.presets import Preset
from benchmarks.storage.records import Candidate, Device, HardwareProfile
from benchmarks.storage.store import RunStore

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
    binds: bool = False
    """Whether trials are bound to processors: only while others keep none busy, for a trial that
    is bound cannot step aside."""
    thread_counts: tuple[int, ...] = ()
    """Thread counts of workers that the candidate at hand will need: they start side by side."""
    _workers: dict[tuple[int, bool, bool], Worker] = field(default_factory=dict)
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
        towards the memory of those that do without. The first one starts those of the other
        `thread_counts` beside it, and nothing runs before all of them are up.
        """
        modules = family_of(candidate).serving_modules
        if "torch" not in modules and "torch" in source_text(candidate, self.folder):
            modules = (*modules, "torch")
        modules = shared_modules(modules)
        if modules != self._modules:
            self.close_workers()
            self._modules = modules
        names_code = candidate.family == "import"
        wanted = (thread_count, device == "cuda", names_code)
        if wanted not in self._workers:
            counts = {thread_count} if self._workers else {thread_count, *self.thread_counts}
            new = {
                (count, *wanted[1:]): self._new_worker(count, device, names_code=names_code)
                for count in counts
                if (count, *wanted[1:]) not in self._workers
            }
            self._workers |= new
            for worker in new.values():
                worker.start()
            for worker in new.values():
                worker.wait_until_ready()
        return self._workers[wanted]

    def _new_worker(self, thread_count: int, device: Device, *, names_code: bool) -> Worker:
        modules = ["pandas", *self._modules]
        return Worker(
            thread_count=thread_count,
            warm="benchmarks.tasks.trial_tasks:warm",
            warm_payload={"data_path": str(self.data_path), "modules": modules},
            folder=self.folder if names_code else None,
            with_cuda=device == "cuda",
            cpus=self.cpus_for(thread_count=thread_count, device=device),
        )

    def set_binding(self, *, binds: bool) -> None:
        """Bind the trials that follow to processors, or let the system place them."""
        if binds != self.binds:
            self.close_workers()
        self.binds = binds

    def cpus_for(self, *, thread_count: int, device: Device) -> tuple[int, ...] | None:
        """Return the processors of a trial, null where it is not bound."""
        if not self.binds or device == "cuda":
            return None
        return pinned_cpus(thread_count=thread_count)

    def close_workers(self) -> None:
        """Stop every worker."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()


def shared_modules(modules: Sequence[str]) -> tuple[str, ...]:
    """Return what a worker loads for candidates of these libraries.

    All of scikit-learn's families share one worker: it loads what any of them needs, a few MiB
    more, always the same whichever candidates are measured, instead of starting anew for each.

    Example:
        >>> "sklearn.ensemble" in shared_modules(["numpy", "sklearn.dummy"])
        True
        >>> shared_modules(["numpy", "torch"])
        ('numpy', 'torch')
    """
    if not _is_sklearn_alone(modules):
        return tuple(modules)
    every = [f.serving_modules for f in FAMILIES.values() if _is_sklearn_alone(f.serving_modules)]
    return tuple(dict.fromkeys(name for names in every for name in names))


def _is_sklearn_alone(modules: Sequence[str]) -> bool:
    return {name.partition(".")[0] for name in modules} <= {"numpy", "joblib", "sklearn"}


PROBE_LIMIT_S = 60.0
"""Deadline of each group of probes. [s]"""


def probe_machine(
    hardware: HardwareProfile, *, probe_s: float, folder: Path
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return what the machine can do, and notes on what could not be probed.

    Args:
        hardware: the machine.
        probe_s: time for each probe. [s]
        folder: where the disk is probed.
    """
    found: dict[str, float] = {}
    notes = []
    count = hardware.logical_cpu_count
    quiet = free_processor_count(cpu_count=count) == count
    groups = [("one-thread", 1), ("disk", 1), ("all-threads", count)]
    if hardware.gpu_model is not None:
        groups.append(("gpu", 1))
    for kind, thread_count in groups:
        cpus = pinned_cpus(thread_count=1) if quiet and kind == "one-thread" else None
        with Worker(thread_count=thread_count, with_cuda=kind == "gpu", cpus=cpus) as worker:
            payload = {
                "kind": kind,
                "probe_s": probe_s,
                "thread_count": thread_count,
                "folder": str(folder),
            }
            result = worker.run(
                Job("benchmarks.tasks.trial_tasks:probe", payload, deadline_s=PROBE_LIMIT_S)
            )
        found |= result.value
        if result.outcome != "ok":
            notes.append(f"the machine's probes ({kind}) failed: {result.reason}")
    return found, tuple(notes)


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
        try:
            scratch = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="advisor-bench-"))
            )
            data_path = scratch / "data.pickle"
            data_path.write_bytes(pickle.dumps(data, protocol=pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise StoreError(
                f"{tempfile.gettempdir()}: the trials' data cannot be written there "
                f"({error.strerror}): free some space, or name another folder in TMPDIR"
            ) from None
        begin_step("", "look at this machine")
        memory_limit = int(MEMORY_SHARE * available_memory_bytes())
        probes, notes = probe_machine(hardware, probe_s=preset.probe_s, folder=scratch)
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
                notes=notes,
            )
        )
