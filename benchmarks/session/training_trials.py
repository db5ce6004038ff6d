"""The trainings of one candidate: its learning curve, its seeds, one thread, within its time."""

import time
from pathlib import Path

from benchmarks.data.splits import split_rows
from benchmarks.processes.isolation import JobResult
from benchmarks.session.presets import CURVE_FRACTIONS
from benchmarks.session.session import Lab
from benchmarks.session.trial_runner import Attempts, StoppedError
from benchmarks.statistics.learning import affordable_rows, last_doubling_gain
from benchmarks.storage.records import (
    TEST_FRACTION,
    Candidate,
    Device,
    LearningPoint,
    NetworkWork,
    TrainingMeasurement,
)

MIN_CURVE_ROWS = 16
"""Smallest training of a learning curve."""

MIN_ALLOWANCE_S = 10.0
"""Time that the trainings of a candidate get at least, however little is left. [s]"""

CROWDED_FRACTION = 0.25
"""With more of the processors in use by others, trials fall back to one thread. [fraction]"""

IMPORT_LIMIT_S = 300.0
"""Time in which a model of the user's must have been imported and made. [s]"""

SLOW_IMPORT_S = 2.0
"""From here on an import is told. [s]"""

MAKING_MARGIN = 2.0
"""A limit on a training grows by so many times what importing and making took once: imports are
slower beside others."""

ONE_THREAD_FACTOR_LIMIT = 4.0
"""A training with one thread is planned to take at most so many times longer than with all."""


class Trainings:
    """Trains one candidate on one device; the first seed's model is saved to be served."""

    def __init__(
        self,
        lab: Lab,
        attempts: Attempts,
        *,
        candidate: Candidate,
        device: Device,
        threads: int,
        budget_s: float | None,
        save_path: Path,
        rows_path: Path,
    ) -> None:
        """Prepare the trainings; `budget_s` is the time for all of them, null for any."""
        self._lab, self._attempts, self._found = lab, attempts, attempts.found
        self._candidate, self._device = candidate, device
        self._fit_budget_s = budget_s
        self._save_path, self._rows_path = save_path, rows_path
        self._begin = time.monotonic()
        self._made_s = 0.0
        self._fit_count = 0
        self._curve_failures: list[str] = []
        self.threads = threads
        """Threads of the trainings: one, where others turn out to keep the processors busy."""

    def measure(self) -> None:
        """Measure the learning curve, every seed, and one thread.

        Raises:
            StoppedError: a training that the run cannot do without had no result.
        """
        self._made_s = self._time_of_making()
        rows = self._learning_curve()
        for seed in self._lab.preset.seeds:
            self._training(seed, rows=rows)
        if self.threads > 1 and self._device == "cpu":
            self._one_thread_training(rows)
        self._explain_rows(rows)

    def used_row_count(self) -> int:
        """Return the rows behind the trainings, with the held-out share that goes with them."""
        spec = self._lab.data.spec
        whole = len(split_rows(self._lab.data, seed=0)[0])
        trained = max((t.row_count for t in self._found.training), default=whole)
        if trained >= whole:
            return spec.used_row_count
        return min(spec.used_row_count, round(trained / (1 - TEST_FRACTION)))

    def _learning_curve(self) -> int:
        """Measure the sizes below the whole; return how many rows the trainings can afford."""
        whole = len(split_rows(self._lab.data, seed=0)[0])
        seed = self._lab.preset.seeds[0]
        first = self._first_point(curve_sizes(whole)[0], seed=seed)
        if first is None:
            return whole
        rows = self._affordable(whole)
        for size in curve_sizes(rows):
            if first < size < rows:
                self._curve_point(size, seed=seed, label=self._curve_label(size / rows))
                rows = min(rows, self._affordable(rows))
        return rows

    def _time_of_making(self) -> float:
        """Return what importing and making a model of the user's takes, beside its training. [s]

        Each trial imports anew, and a limit on a training is not one on a framework's imports.

        Raises:
            StoppedError: the import does not end.
        """
        if self._candidate.import_path is None:
            return 0.0
        payload = {
            "data_path": str(self._lab.data_path),
            "candidate": self._candidate.model_dump(),
        }
        job = self._attempts.job(
            "benchmarks.tasks.trial_tasks:make_once", payload, deadline_s=IMPORT_LIMIT_S
        )
        result = self._attempts.shared_worker(thread_count=self.threads).run(job)
        if result.outcome == "timeout":
            raise StoppedError(result, f"importing {self._candidate.import_path}")
        made_s = result.value.get("made_s", 0.0) if result.outcome == "ok" else 0.0
        if made_s > SLOW_IMPORT_S:
            self._found.note(
                f"importing and making {self._candidate.import_path} takes {made_s:.0f} s in each "
                "trial, which is not counted as training"
            )
        return float(made_s)

    def _spent_s(self) -> float:
        """Return the time since the first trial, without what models took to be made. [s]"""
        return time.monotonic() - self._begin - self._fit_count * self._made_s

    def _first_point(self, size: int, *, seed: int) -> int | None:
        """Measure the smallest size, an even smaller one if that takes too long."""
        limit_s = None if self._fit_budget_s is None else self._fit_budget_s / 3
        label = self._curve_label(CURVE_FRACTIONS[0])
        result = self._curve_point(size, seed=seed, label=label, limit_s=limit_s)
        too_busy = result.other_load_fraction > CROWDED_FRACTION
        if self.threads > 1 and (result.outcome == "timeout" or too_busy):
            self.threads = 1
            self._found.curve.clear()
            result = self._curve_point(size, seed=seed, label=label, limit_s=limit_s)
        if result.outcome == "timeout":
            size = max(MIN_CURVE_ROWS, size // 16)
            result = self._curve_point(size, seed=seed, label=label, limit_s=limit_s)
        if result.outcome in {"timeout", "out-of-memory", "crashed"}:
            raise StoppedError(result, f"training on {size:,} rows")
        return size if result.outcome == "ok" else None

    @staticmethod
    def _curve_label(share: float) -> str:
        nearest = min(CURVE_FRACTIONS, key=lambda fraction: abs(fraction - share))
        return f"learning curve, {nearest:.0%}"

    def _curve_point(
        self, size: int, *, seed: int, label: str, limit_s: float | None = None
    ) -> JobResult:
        result = self._fit(
            f"curve-{size}-{self.threads}",
            label,
            seed=seed,
            rows=size,
            threads=self.threads,
            limit_s=limit_s,
        )
        if result.outcome == "ok":
            measured = TrainingMeasurement.model_validate(result.value["measurement"])
            self._found.curve.append(_as_point(measured))
        elif result.outcome == "failed":  # rows can be too few; what fails at all is told below
            self._curve_failures.append(f"learning curve at {size:,} rows: {result.reason}")
        return result

    def _affordable(self, rows: int) -> int:
        """Return how many rows fit the time: every seed, one thread once, the rest of the curve."""
        if self._fit_budget_s is None or not self._found.curve:
            return rows
        left_s = max(1.0, self._fit_budget_s - self._spent_s())
        one_thread = min(self.threads, ONE_THREAD_FACTOR_LIMIT) if self._device == "cpu" else 0
        trainings = len(self._lab.preset.seeds) + one_thread + sum(CURVE_FRACTIONS[1:])
        return affordable_rows(
            self._found.curve, budget_s=left_s, training_count=trainings, row_count=rows
        )

    def _training(self, seed: int, *, rows: int) -> None:
        is_first = seed == self._lab.preset.seeds[0]
        result = self._fit(
            f"train-{seed}-{rows}-{self.threads}",
            f"training, seed {seed}",
            seed=seed,
            rows=rows,
            threads=self.threads,
            save=is_first,
            limit_s=self._fit_limit_s(),
        )
        if result.outcome != "ok":
            raise StoppedError(result, f"training, seed {seed}")
        measured = TrainingMeasurement.model_validate(result.value["measurement"])
        self._found.training.append(measured)
        self._found.note(*self._curve_failures)
        if is_first:
            self._found.curve.append(_as_point(measured))
            self._found.artefact_bytes = result.value["artefact_bytes"]
            self._found.parameter_count = result.value["parameter_count"]
            work = result.value.get("network")
            self._found.network = None if work is None else NetworkWork.model_validate(work)
        self._found.note(*result.value["notes"])

    def _fit_limit_s(self) -> float | None:
        """Return the deadline of one training: what is left of the candidate's time. [s]"""
        if self._fit_budget_s is None:
            return None
        return max(MIN_ALLOWANCE_S, self._fit_budget_s - self._spent_s())

    def _one_thread_training(self, rows: int) -> None:
        seed = self._lab.preset.seeds[0]
        result = self._fit(
            f"train-one-thread-{rows}",
            "training, one thread",
            seed=seed,
            rows=rows,
            threads=1,
            limit_s=self._fit_limit_s(),
        )
        if result.outcome == "ok":
            measured = TrainingMeasurement.model_validate(result.value["measurement"])
            self._found.training.append(measured)
        else:
            self._found.note(f"training with one thread: {result.reason}")

    def _fit(
        self,
        trial_id: str,
        label: str,
        *,
        seed: int,
        rows: int,
        threads: int,
        save: bool = False,
        limit_s: float | None = None,
    ) -> JobResult:
        payload = {
            "data_path": str(self._lab.data_path),
            "candidate": self._candidate.model_dump(),
            "seed": seed,
            "row_count": rows,
            "thread_count": threads,
            "device": self._device,
            "save_path": str(self._save_path) if save else None,
            "rows_path": str(self._rows_path) if save else None,
        }
        limit_s = min(self._lab.preset.trial_limit_s, limit_s or self._lab.preset.trial_limit_s)
        limit_s += MAKING_MARGIN * self._made_s
        self._fit_count += 1
        job = self._attempts.job("benchmarks.tasks.trial_tasks:train", payload, deadline_s=limit_s)
        return self._attempts.trial(trial_id, label, job, thread_count=threads, reusable=not save)

    def _explain_rows(self, rows: int) -> None:
        """Say what the learning curve tells of the rows that were not used."""
        spec = self._lab.data.spec
        whole = len(split_rows(self._lab.data, seed=0)[0])
        if rows < whole:
            self._found.note(
                f"trained on {rows:,} of {whole:,} training rows to end in time: "
                "measure with --preset standard for all of them"
            )
        gain = last_doubling_gain(self._found.curve)
        if gain is not None and (rows < whole or spec.used_row_count < spec.row_count):
            self._found.note(
                f"the last doubling of training rows changed {spec.metric} by {gain:+.4f}; "
                f"the whole data are {spec.row_count / max(1, self.used_row_count()):.1f} times "
                "as many rows"
            )


def curve_sizes(row_count: int) -> list[int]:
    """Return the sizes of a learning curve below `row_count`, each once, smallest first.

    Example:
        >>> curve_sizes(1000)
        [125, 250, 500]
        >>> curve_sizes(40)
        [16, 20]
    """
    sizes = {max(MIN_CURVE_ROWS, int(share * row_count)) for share in CURVE_FRACTIONS}
    return sorted(size for size in sizes if size < row_count)


def _as_point(measured: TrainingMeasurement) -> LearningPoint:
    return LearningPoint(
        row_count=measured.row_count,
        seed=measured.seed,
        wall_s=measured.wall_s,
        quality=measured.quality,
        peak_memory_bytes=measured.peak_memory_bytes,
    )
