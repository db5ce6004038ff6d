"""What was measured of each candidate, summed up as the decision needs it."""

import dataclasses
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from advisor import defaults
from advisor.capacity.batching import BatchCost, fit_batch_cost
from advisor.capacity.carry_call import MeasuredCall, measured_call
from advisor.capacity.gpu import Network
from advisor.capacity.gpu_runs import network_of
from advisor.capacity.processors import WorkloadClass
from advisor.capacity.thread_scaling import fit_parallel_fraction
from advisor.evidence import Evidence, is_ok, ladder_order
from advisor.study.types import Study
from benchmarks.families import BASELINE_FAMILY
from benchmarks.storage.records import (
    NATIVE_FORM,
    TEST_FRACTION,
    BenchmarkRun,
    HardwareProfile,
    LoadTest,
)

FLAT_FRACTION = 0.05
"""A learning curve that rises by less than this is flat: noise, not growth."""

COST_METRIC = "neg_cost_usd"
"""Metric whose loss per case is money, not a share of wrong cases."""


class ServerCost(NamedTuple):
    """What serving adds to a request, from a load test or assumed."""

    http_s: float
    """The server's own work for a request, on the measured host. [s]"""
    http_basis: Literal["measured", "scaled", "assumed"]
    """`scaled`: measured with another candidate behind the same server."""
    in_situ_factor: float
    """Time of `predict` in a server / alone."""
    factor_basis: Literal["measured", "assumed"]
    """`measured` by a load test of this candidate."""
    source: str = ""
    """Which load test; empty where both are assumed."""

    def request_s(self, predict_s: float) -> float:
        """Return a request's time of which `predict_s` is the model's. [s]"""
        return predict_s * self.in_situ_factor + self.http_s


ASSUMED_SERVER = ServerCost(
    defaults.HTTP_SERVER_S.value, "assumed", defaults.IN_SITU_FACTOR.value, "assumed"
)


@dataclass(frozen=True)
class CandidateProfile:
    """One measured candidate, as the decision needs it."""

    name: str
    rank: int
    is_baseline: bool
    run_id: str
    hardware: HardwareProfile
    qualities: tuple[float, ...]
    """Quality of each seed."""
    errors_per_case: tuple[float, ...] | None
    """Loss per case of each seed; null for clustering."""
    held_out_count: int
    """Held-out cases behind all seeds together."""
    is_proportion: bool
    """Whether the loss is a share of wrong cases."""
    service_s: float
    """Mean time of `predict` for one request's rows, one thread, on the measured host. [s]"""
    service_relative_error: float
    """Half-width of its 80% interval over its mean."""
    calls: tuple[MeasuredCall, ...]
    """One request's rows in one call, on this and on every other machine that was measured."""
    service_scv: float
    """Squared coefficient of variation of that time."""
    memory_gib: float
    """Memory of one worker. [GiB]"""
    artefact_gb: float
    """Size of the saved model. [GB]"""
    start_s: float
    """Imports and loading, on the measured host. [s]"""
    training_1_thread_s: float
    """One training on all rows, one thread, on the measured host. [s]"""
    parallel_fraction: float
    """Share of the training that more cores speed up."""
    training_memory_gib: float
    """Peak memory of a training on all rows. [GiB]"""
    training_is_extrapolated: bool
    """Whether fewer rows were measured than there are."""
    row_count: int
    """Training rows of the whole data set."""
    blind_class_rows: int | None
    """Rows of a class that are too few for accuracy to tell models apart; null where enough."""
    blind_test_rows: int | None
    """Those of them in a test on the newest rows; null where enough, or rows have no time."""
    parameter_count: int | None
    """Weights of a torch model; null where there is no GPU form."""
    network: Network | None
    """What a row of it takes on a GPU; null where there is no GPU form."""
    preparation_s: float
    """Part of `service_s` that no GPU takes over: making rows of what a client sent, and the call
    itself. [s]"""
    gpu_run: BenchmarkRun | None
    """The same candidate measured on CUDA, where there was a GPU."""
    form: str = NATIVE_FORM
    """Runtime form that this is the profile of; a candidate has one profile per verified form."""
    form_rank: int = 0
    """Place of the form, 0 the simplest: the simplest wins ties."""
    extra_worker_memory_gib: float | None = None
    """What one more worker adds to the first one's memory; null where it was not measured. [GiB]"""
    server: "ServerCost" = dataclasses.field(default_factory=lambda: ASSUMED_SERVER)
    """What serving adds to the model's own time."""

    @property
    def row_class(self) -> WorkloadClass:
        """What the rows of a call keep the processor busy with."""
        return self.calls[0].row_class

    @property
    def label(self) -> str:
        """The candidate's name, with the form unless it is the native one."""
        return self.name if self.form == NATIVE_FORM else f"{self.name} ({self.form})"

    @property
    def quality(self) -> float:
        """Mean quality over seeds."""
        return statistics.fmean(self.qualities)

    @property
    def quality_spread(self) -> float:
        """Highest minus lowest quality over seeds."""
        return max(self.qualities) - min(self.qualities)

    @property
    def error_per_case(self) -> float | None:
        """Mean loss per case over seeds."""
        return None if self.errors_per_case is None else statistics.fmean(self.errors_per_case)


def server_cost(run: BenchmarkRun, tests: Sequence[LoadTest], *, service_s: float) -> ServerCost:
    """Return what serving adds to a run's candidate, by the newest load tests on its machine.

    A candidate that was not served itself has the server's work from those that were, their
    median: it is the same server. Its own factor stays assumed.

    Args:
        run: the candidate's.
        tests: load tests, the oldest first.
        service_s: the candidate's time alone, which the factor is applied to. [s]
    """
    newest = {t.candidate: t for t in tests if t.hardware.host_id == run.hardware.host_id}
    own = newest.get(run.candidate)
    if own is not None:
        source = f"load test of {own.candidate.name} on {own.started_at:%Y-%m-%d}"
        return ServerCost(own.server_s, "measured", own.predict_s / service_s, "measured", source)
    if not newest:
        return ASSUMED_SERVER
    names = ", ".join(sorted(c.name for c in newest))
    return ASSUMED_SERVER._replace(
        http_s=statistics.median(t.server_s for t in newest.values()),
        http_basis="scaled",
        source=f"load test of {names}, the same server",
    )


def profiles_of(study: Study, evidence: Evidence) -> tuple[CandidateProfile, ...]:
    """Return every candidate that was measured on a CPU, simplest first, in each verified form.

    The native form of a candidate stands first. A form that no need could ever choose is left out:
    one that a simpler form of the same candidate beats in time, memory and start.
    """
    on_gpu = {r.candidate.name: r for r in evidence.runs if is_ok(r, "cuda")}
    found: list[CandidateProfile] = []
    for run in sorted(evidence.runs, key=ladder_order):
        if not is_ok(run, "cpu"):
            continue
        others = [r for r in evidence.elsewhere if r.candidate.name == run.candidate.name]
        native = profile_of(study, run, gpu_run=on_gpu.get(run.candidate.name), elsewhere=others)
        forms = [native, *_other_forms(study, run, native, elsewhere=others)]
        server = server_cost(run, evidence.load_tests, service_s=native.service_s)
        found += [dataclasses.replace(one, server=server) for one in forms]
    return tuple(found)


def _other_forms(
    study: Study,
    run: BenchmarkRun,
    native: CandidateProfile,
    *,
    elsewhere: Sequence[BenchmarkRun] = (),
) -> list[CandidateProfile]:
    """Return the profiles of the verified forms beside the native one, the simplest first."""
    kept: list[CandidateProfile] = [native]
    verified = [item for item in run.forms if item.outcome == "ok" and item.form != NATIVE_FORM]
    for rank, item in enumerate(verified, start=1):
        if not any(i.input_kind == "json" for i in item.inference):
            continue
        others = [
            r.in_form(item.form)
            for r in elsewhere
            if any(f.form == item.form and f.outcome == "ok" for f in r.forms)
        ]
        profile = dataclasses.replace(
            profile_of(study, run.in_form(item.form), elsewhere=others),
            form=item.form,
            form_rank=rank,
            parameter_count=None,  # no GPU form
            network=None,
        )
        if not any(_beats(simpler, profile) for simpler in kept):
            kept.append(profile)
    return kept[1:]


def _beats(simpler: CandidateProfile, other: CandidateProfile) -> bool:
    """Whether one form is at least as good as another in all that a deployment depends on."""
    return (
        simpler.service_s <= other.service_s
        and simpler.memory_gib <= other.memory_gib
        and simpler.start_s <= other.start_s
    )


def profile_of(
    study: Study,
    run: BenchmarkRun,
    *,
    gpu_run: BenchmarkRun | None = None,
    elsewhere: Sequence[BenchmarkRun] = (),
) -> CandidateProfile:
    """Sum up one run."""
    threaded = [t for t in run.training if t.thread_count > 1] or list(run.training)
    single = [t for t in run.training if t.thread_count == 1] or list(run.training)
    seeds = {t.seed: t for t in (*single, *threaded)}
    errors = [t.error_per_case for t in seeds.values() if t.error_per_case is not None]
    cost = fit_batch_cost(run)
    service = cost.service(rows=study.workload.rows_per_request)
    growth = _row_growth(run)
    wall_1_s = statistics.median(t.wall_s for t in single)
    return CandidateProfile(
        name=run.candidate.name,
        rank=run.candidate.simplicity_rank,
        is_baseline=run.candidate.family == BASELINE_FAMILY,
        run_id=run.id,
        hardware=run.hardware,
        qualities=tuple(t.quality for t in seeds.values()),
        errors_per_case=tuple(errors) if errors else None,
        held_out_count=_held_out_count(run, seed_count=len(seeds)),
        is_proportion=run.dataset.task == "classification" and run.dataset.metric != COST_METRIC,
        service_s=service.mean_s,
        service_relative_error=service.relative_error,
        calls=(
            measured_call(run, rows=study.workload.rows_per_request, cost=cost),
            *(measured_call(one, rows=study.workload.rows_per_request) for one in elsewhere),
        ),
        service_scv=service.scv,
        memory_gib=(run.serving_memory_bytes or 0) / 2**30,
        extra_worker_memory_gib=None
        if run.extra_worker_memory_bytes is None
        else run.extra_worker_memory_bytes / 2**30,
        artefact_gb=(run.artefact_bytes or 0) / 1e9,
        start_s=(run.import_s or 0.0) + (run.load_s or 0.0),
        training_1_thread_s=wall_1_s * growth,
        parallel_fraction=fit_parallel_fraction(
            wall_1_thread_s=wall_1_s,
            wall_n_thread_s=statistics.median(t.wall_s for t in threaded),
            thread_count=threaded[0].thread_count,
        ),
        training_memory_gib=max(t.peak_memory_bytes for t in run.training) / 2**30,
        training_is_extrapolated=growth > 1,
        row_count=run.dataset.row_count,
        blind_class_rows=run.dataset.rarest_class_rows if run.dataset.accuracy_is_blind else None,
        blind_test_rows=run.dataset.rarest_test_rows if run.dataset.accuracy_is_blind else None,
        parameter_count=run.parameter_count,
        network=network_of(run, gpu_run),
        preparation_s=preparation_s(run, rows=study.workload.rows_per_request, cost=cost),
        gpu_run=gpu_run,
    )


def preparation_s(run: BenchmarkRun, *, rows: int, cost: BatchCost) -> float:
    """Return the part of a call's time that no GPU takes over, on the measured host. [s]

    What parsed JSON takes over a ready array, where both were timed, else so much per number; and
    what a call costs whatever its rows, without reading the weights. The rest is the network.
    """
    service_s = cost.service(rows=rows).mean_s
    network = network_of(run)
    if network is None:
        return service_s
    ready = [
        item
        for form in run.forms
        if form.form == NATIVE_FORM and form.outcome == "ok"
        for item in form.inference
        if item.input_kind == "numpy" and item.thread_count == 1
    ]
    if ready:
        near = min(ready, key=lambda item: abs(np.log(item.batch_rows / rows)))
        parsed_s = cost.service(rows=near.batch_rows).mean_s
        per_row_s = max(0.0, parsed_s - statistics.median(near.durations_s)) / near.batch_rows
    else:
        per_row_s = defaults.PARSED_VALUE_S.value * run.dataset.feature_count
    weights_s = network.bytes_per_call / defaults.CORE_BYTES_PER_S.value
    left_s = max(0.0, cost.per_call_s - weights_s) + per_row_s * rows
    arithmetic_s = network.flop_per_row * rows / defaults.CORE_FLOP_PER_S.value
    return float(np.clip(min(left_s, service_s - arithmetic_s), 0.0, service_s))


def _held_out_count(run: BenchmarkRun, *, seed_count: int) -> int:
    """Return how many different held-out cases stand behind the mean loss.

    Split by time, every seed is scored on the same cases; split at random, on a draw of its own,
    so that k seeds see 1 - (1 - f)^k of all rows.
    """
    rows = run.dataset.used_row_count
    draws = 1 if run.dataset.time is not None else seed_count
    return max(1, int(rows * (1 - (1 - TEST_FRACTION) ** draws)))


def _row_growth(run: BenchmarkRun) -> float:
    """Return how many times longer a training on all rows takes than on the rows trained on.

    A fixed part and a part per row, T = a + b n with a, b >= 0, fitted to the learning curve; or
    the power law T ~ n^k where the curve is steeper than that. A curve that does not rise tells
    nothing of more rows: then time is taken to grow with them.
    """
    trained = max(t.row_count for t in run.training)
    whole = run.dataset.row_count * trained / max(run.dataset.used_row_count, 1)
    whole = max(whole, run.dataset.row_count * (1 - TEST_FRACTION))
    if whole <= trained:
        return 1.0
    rows = np.array([p.row_count for p in run.learning_curve], dtype=float)
    walls = np.array([p.wall_s for p in run.learning_curve])
    if len(set(rows.tolist())) < 2:
        return float(whole / trained)
    per_row, fixed = np.polyfit(rows, walls, 1, w=1 / walls)
    exponent = float(np.polyfit(np.log(rows), np.log(walls), 1)[0])
    if per_row * (rows.max() - rows.min()) < FLAT_FRACTION * walls.mean():
        return float(whole / trained)
    fixed = max(0.0, float(fixed))
    straight = (fixed + per_row * whole) / (fixed + per_row * trained)
    return float(max(straight, (whole / trained) ** exponent if exponent > 1 else 1.0))
