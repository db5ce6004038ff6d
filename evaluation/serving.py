"""Predicted percentiles against a real server under real open-loop load, on this machine.

For each model: train it, time it offline, start the server on cores of its own, and at each share
of its capacity (1) watch the server under other loads for a moment, (2) write the prediction
down, (3) send the load, (4) compare. Beside it what the textbook predicts. Nothing is fitted on the
cells.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from advisor.capacity.server_prediction import (
    WatchedServer,
    is_predictable,
    mm1_quantiles_s,
    predict_run,
)
from benchmarks.data.datasets import TaskData, load_data
from benchmarks.errors import BenchmarkError
from benchmarks.families import resolve_candidates
from benchmarks.serving.arrivals import schedule_s
from benchmarks.serving.build_package import Shipped, request_bodies, ship_model
from benchmarks.serving.calibrate import measure_busy, watch_load
from benchmarks.serving.cpu_affinity import usable_cores
from benchmarks.serving.launch import (
    Layout,
    Server,
    core_busy_s,
    core_stolen_s,
    plan_cores,
    running_server,
)
from benchmarks.serving.loadrun import WARM_UP_S, judge_load, request_bytes, send_load
from benchmarks.serving.request_times import Stretch
from benchmarks.storage.records import DataSettings
from evaluation.serving_hindsight import at_the_speed_of
from evaluation.serving_progress import Progress
from evaluation.serving_table import Cell, steal_note, summarise

MODELS = ("linear", "hist_gradient_boosting", "random_forest", "torch_mlp")
FAST_MODELS = ("linear", "hist_gradient_boosting")
LEVELS = (0.30, 0.50, 0.70, 0.85, 0.92)
FAST_LEVELS = (0.30, 0.70, 0.85)
SOURCE = "builtin:breast_cancer"
"""Data behind the models: 30 columns of numbers."""


FIRST_LOOKS = 3
"""Looks at the server before the first cell; each cell adds one."""

RECENT_LOOKS = 12
"""Looks that a prediction counts: some minutes."""

DISTURBED_FRACTION = 0.05
"""A cell in which other programs took more of the server's cores is invalid. [fraction]"""

MEASURED = ("p50_ms", "p95_ms", "p99_ms", "p99_low_ms", "p99_high_ms")


@dataclass(frozen=True)
class Plan:
    """What to run and for how long."""

    models: tuple[str, ...]
    levels: tuple[float, ...]
    repeats: int
    load_s: float
    """Length of one run of load, its warm-up included. [s]"""
    busy_s: float
    """Time on the server that is always busy, once per model. [s]"""
    watch_s: float
    """Time at each of the loads under which the server is watched before each. [s]"""
    budget_s: float
    """Time after which no further cell is begun. [s]"""


FAST = Plan(FAST_MODELS, FAST_LEVELS, 1, 20.0, 3.0, 2.5, 225.0)
WHOLE = Plan(MODELS, LEVELS, 3, 20.0, 3.0, 2.0, 1_770.0)


def evaluate(
    plan: Plan, *, source: str = SOURCE, keep: Path | None = None, quiet: bool = False
) -> dict[str, Any]:
    """Run the plan; return the cells and what they sum up to.

    Args:
        plan: what to run.
        source: data set behind the models.
        keep: file of finished cells, one JSON object a line: a run that was stopped goes on.
        quiet: whether to say nothing on stderr meanwhile.
    """
    began = time.monotonic()
    settings = DataSettings(source=source)
    data = load_data(**dict(settings), folder=Path(), max_rows=50_000, max_cells=10_000_000)
    worker_count = max(1, len(usable_cores()) - 1)
    layout = plan_cores(worker_count=worker_count)
    kept = _kept_cells(keep)
    every = {
        (m, level, n) for m in plan.models for level in plan.levels for n in range(plan.repeats)
    }
    progress = Progress(wanted=len(every), kept=len(every & kept.keys()), budget_s=plan.budget_s)
    cells: list[Cell] = []
    skipped: list[str] = []
    for model in plan.models:
        wanted = [(level, repeat) for repeat in range(plan.repeats) for level in plan.levels]
        cells += [kept[key] for level, repeat in wanted if (key := (model, level, repeat)) in kept]
        wanted = [(level, n) for level, n in wanted if (model, level, n) not in kept]
        if not wanted:
            continue
        if layout.is_shared:
            skipped += [f"{model} at {level:g}: no core for the generator" for level, _ in wanted]
            continue
        model_run = _ModelRun(
            plan, data, model, layout=layout, keep=keep, quiet=quiet, progress=progress
        )
        found, left = model_run.run(wanted, until=began + plan.budget_s, worker_count=worker_count)
        cells += found
        skipped += left
    result = summarise(cells)
    stolen = steal_note(cells, limit_fraction=DISTURBED_FRACTION)
    notes = [note for note in (layout.note, stolen) if note]
    return {
        **result,
        "skipped": skipped,
        "notes": notes,
        "worker_count": worker_count,
        "wall_s": round(time.monotonic() - began, 1),
    }


class _ModelRun:
    """All cells of one model, on one server."""

    def __init__(
        self,
        plan: Plan,
        data: TaskData,
        model: str,
        *,
        layout: Layout,
        keep: Path | None,
        quiet: bool,
        progress: Progress,
    ) -> None:
        self.plan, self.data, self.model = plan, data, model
        self.layout, self.keep, self.quiet = layout, keep, quiet
        self.progress = progress

    def run(
        self, wanted: Sequence[tuple[float, int]], *, until: float, worker_count: int
    ) -> tuple[list[Cell], list[str]]:
        """Return finished cells, and what was left out and why."""
        cells: list[Cell] = []
        with tempfile.TemporaryDirectory(prefix="advisor-serving-") as scratch:
            try:
                (candidate,) = resolve_candidates([self.model], task=self.data.spec.task)
                shipped = ship_model(
                    self.data, candidate, folder=Path(), into=Path(scratch) / "model"
                )
                with running_server(
                    shipped.folder, layout=self.layout, worker_count=worker_count
                ) as server:
                    requests = [
                        request_bytes(body, target=server.target)
                        for body in request_bodies(shipped.folder)
                    ]
                    bench = _Bench(self, server, shipped, requests, worker_count)
                    for level, repeat in wanted:
                        if time.monotonic() + self.plan.load_s + 12 > until:
                            break
                        cells.append(bench.cell(level, repeat))
            except BenchmarkError as error:
                return cells, [f"{self.model}: {error}"]
        done = {(c.level, c.repeat) for c in cells}
        left = [
            f"{self.model} at {level:g}, repeat {repeat + 1}: no time left; run again with --keep"
            for level, repeat in wanted
            if (level, repeat) not in done
        ]
        return cells, left


class _Bench:
    """One server that is watched, predicted and loaded again and again."""

    def __init__(
        self,
        run: _ModelRun,
        server: Server,
        shipped: Shipped,
        requests: list[bytes],
        worker_count: int,
    ) -> None:
        self.model_run, self.server, self.shipped = run, server, shipped
        self.requests, self.worker_count = requests, worker_count
        self.busy = measure_busy(
            server,
            requests,
            layout=run.layout,
            worker_count=worker_count,
            length_s=run.plan.busy_s,
        )
        self.looks: list[list[Stretch]] = []
        for _ in range(FIRST_LOOKS):
            self.watch()

    def watch(self) -> None:
        """Look once more at what requests take."""
        found = watch_load(
            self.server,
            self.requests,
            layout=self.model_run.layout,
            capacity_per_s=self.busy.capacity_per_s,
            length_s=self.model_run.plan.watch_s,
            rng=np.random.default_rng([len(self.looks), 77]),
        )
        self.looks.append(found)

    def cell(self, level: float, repeat: int) -> Cell:
        """Watch, predict, load, compare."""
        plan, name = self.model_run.plan, self.model_run.model
        self.watch()
        watched = WatchedServer(self.looks[-RECENT_LOOKS:], worker_count=self.worker_count)
        rng = np.random.default_rng([repeat, round(level * 1000), len(name), ord(name[0])])
        rate = watched.rate_at(level)
        server = watched.at(rate)
        count = max(1, int(rate * (plan.load_s - WARM_UP_S)))
        offline = np.asarray(self.shipped.offline_s)
        predicted = predict_run(server, rate_per_s=rate, request_count=count, rng=rng)
        mm1 = mm1_quantiles_s(
            service_s=float(offline.mean()),
            rate_per_s=rate,
            worker_count=self.worker_count,
            probabilities=(0.5, 0.95, 0.99),
        )
        forecast: dict[str, Any] = {
            "model": name,
            "level": level,
            "repeat": repeat,
            "rate_per_s": rate,
            "utilisation": rate / server.capacity_per_s,
            "offline_ms": 1e3 * float(offline.mean()),
            "service_ms": 1e3 * server.busy_s,
            "in_situ_factor": self.busy.predict_s / float(offline.mean()),
            "server_overhead_ms": 1e3 * (float(self.busy.service_s.mean()) - self.busy.predict_s),
            "idle_extra_ms": 1e3 * (float(server.service_s[-1].mean()) - server.busy_s),
            "pace_sd": float(np.concatenate(server.pace).std()),
            "speed_sd": server.relative_sd,
            "predicted_p50_ms": _ms(predicted.p50_s if predicted else None),
            "predicted_p95_ms": _ms(predicted.p95_s if predicted else None),
            "predicted_p99_ms": _ms(predicted.p99_s if predicted else None),
            "predicted_p99_low_ms": _ms(predicted.p99_low_s if predicted else None),
            "predicted_p99_high_ms": _ms(predicted.p99_high_s if predicted else None),
            "offline_p99_ms": 1e3 * float(np.quantile(offline, 0.99)),
            "mm1_p50_ms": _ms(float(mm1[0])),
            "mm1_p95_ms": _ms(float(mm1[1])),
            "mm1_p99_ms": _ms(float(mm1[2])),
        }
        assert (predicted is not None) == is_predictable(utilisation=forecast["utilisation"])
        self._say({"forecast": forecast})  # before the load runs
        cores = self.model_run.layout.server
        due = schedule_s(pattern="poisson", rate_per_s=rate, duration_s=plan.load_s, rng=rng)
        before_s, core_s, began = self.server.cpu_s(), core_busy_s(cores), time.monotonic()
        stolen_s = core_stolen_s(cores)
        samples = send_load(
            self.server.target,
            requests=self.requests,
            due_s=due,
            timeout_s=10.0,
            placement=self.model_run.layout.placement,
        )
        server_s = self.server.cpu_s() - before_s
        wall_s = (time.monotonic() - began) * len(cores)
        others = max(0.0, core_busy_s(cores) - core_s - server_s) / wall_s
        stolen_s = max(0.0, core_stolen_s(cores) - stolen_s)
        shown = judge_load(samples, duration_s=plan.load_s)
        validity: str = shown.validity
        reason = shown.reason
        if validity == "ok" and others > DISTURBED_FRACTION:
            validity, reason = (
                "disturbed",
                f"other programs took {others:.0%} of the server's cores",
            )
            shown = shown.replace(**dict.fromkeys(MEASURED))
        afterwards: dict[str, Any] = {}
        if shown.p99_ms is not None:
            afterwards = at_the_speed_of(
                samples, rate_per_s=rate, expected_s=server.busy_s, worker_count=self.worker_count
            )
        cell = Cell(
            **forecast,
            **afterwards,
            cpu_per_request_ms=1e3 * server_s / max(1, due.size),
            others_fraction=others,
            measured_p50_ms=shown.p50_ms,
            measured_p95_ms=shown.p95_ms,
            measured_p99_ms=shown.p99_ms,
            measured_p99_low_ms=shown.p99_low_ms,
            measured_p99_high_ms=shown.p99_high_ms,
            request_count=shown.request_count,
            lateness_p99_ms=shown.lateness_p99_ms,
            validity=validity,
            reason=reason,
            steal_fraction=stolen_s / wall_s,
        )
        self._say({"cell": asdict(cell)})
        return cell

    def _say(self, entry: dict[str, Any]) -> None:
        """Write a line to the file that is kept, and a word for people."""
        keep = self.model_run.keep
        if keep is not None:
            with keep.open("a") as file:
                file.write(json.dumps(entry, allow_nan=False) + "\n")
        if not self.model_run.quiet and "cell" in entry:
            cell = entry["cell"]
            print(
                f"{self.model_run.progress.step()}: "
                f"{cell['model']} at {cell['level']:.0%}: p99 predicted "
                f"{_shown(cell['predicted_p99_ms'])}, measured {_shown(cell['measured_p99_ms'])} ms"
                f"{'' if cell['validity'] == 'ok' else ' (' + cell['validity'] + ')'}",
                file=sys.stderr,
                flush=True,
            )


def _kept_cells(keep: Path | None) -> dict[tuple[str, float, int], Cell]:
    """Return the cells that an earlier run finished; a line that was cut short is left out."""
    if keep is None or not keep.exists():
        return {}
    found = {}
    for line in keep.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if "cell" in entry:
            cell = Cell(**entry["cell"])
            found[cell.model, cell.level, cell.repeat] = cell
    return found


def _ms(value_s: float | None) -> float | None:
    return None if value_s is None or not math.isfinite(value_s) else 1e3 * value_s


def _shown(value_ms: float | None) -> str:
    return "none" if value_ms is None else f"{value_ms:.2f}"


def _plan(options: argparse.Namespace) -> Plan:
    base = FAST if options.fast else WHOLE
    changes = {
        "models": tuple(options.models or base.models),
        "levels": tuple(options.levels or base.levels),
        "repeats": options.repeats or base.repeats,
        "load_s": options.load_s or base.load_s,
        "budget_s": options.budget_s or base.budget_s,
    }
    if options.load_s:  # a shorter look all round
        changes["busy_s"] = min(base.busy_s, options.load_s / 4)
        changes["watch_s"] = min(base.watch_s, options.load_s / 8)
    return Plan(**(asdict(base) | changes))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite; return the exit code: 3 where no cell is valid."""
    parser = argparse.ArgumentParser(
        prog="python -m advisor.evaluation.serving",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--fast", action="store_true", help="two models, three levels, once: 4 min")
    parser.add_argument("--models", nargs="+", help=f"families, by default {', '.join(MODELS)}")
    parser.add_argument("--levels", nargs="+", type=float, help="shares of capacity, 0 to 1")
    parser.add_argument("--repeats", type=int, help="runs of each level, 3 by default")
    parser.add_argument("--load-s", type=float, help="length of one run of load")
    parser.add_argument("--budget-s", type=float, help="begin no cell after this time")
    parser.add_argument("--keep", type=Path, help="file of finished cells, to go on after a stop")
    options = parser.parse_args(argv)
    for level in options.levels or ():
        if not 0 < level < 1.5:
            parser.error(f"--levels are shares of capacity such as 0.7, got {level:g}")
    try:
        found = evaluate(_plan(options), keep=options.keep)
    except BenchmarkError as error:
        print(f"advisor: {error}", file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2, allow_nan=False) if options.json else found["table"])
    if not options.json:
        for key in ("skipped", "notes"):
            for line in found[key]:
                print(f"- {line}")
    return 0 if any(c["validity"] == "ok" for c in found["cells"]) else 3


if __name__ == "__main__":
    sys.exit(main())
