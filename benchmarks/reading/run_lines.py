"""Runs and comparisons as lines for people."""

import math
from collections.abc import Iterator, Sequence

from benchmarks.reading.compare import Comparison
from benchmarks.reading.gpu_rates import crossover_batch_rows, reached_rates
from benchmarks.reading.run_interval import disturbance_ln, run_interval
from benchmarks.reading.run_table import NONE, run_cells
from benchmarks.statistics.learning import fit_curve, time_to_quality, trimmed_mean
from benchmarks.statistics.stats import conservative_quantile
from benchmarks.storage.records import (
    NATIVE_FORM,
    BenchmarkRun,
    FormMeasurement,
    InferenceMeasurement,
)


def run_row(runs: Sequence[BenchmarkRun]) -> list[str]:
    """Return a table of runs, one a line, the oldest first."""
    lines = [f"{'run':<38} {'candidate':<28} {'preset':<9} {'quality':>8} {'p50 ms':>8}  outcome"]
    for run in runs:
        cells = run_cells(run)
        lines.append(
            f"{run.id:<38} {cells['candidate']:<28} {run.preset:<9} {cells['quality']:>8} "
            f"{cells['p50 ms']:>8}  {run.outcome}"
        )
    return lines


def run_lines(run: BenchmarkRun, *, quality: float | None = None) -> list[str]:
    """Return all that a run measured."""
    return [
        *_head(run),
        *_training(run, quality=quality),
        *_inference(run),
        *_reached(run),
        *_shipping(run),
        *_around(run),
    ]


def _head(run: BenchmarkRun) -> Iterator[str]:
    spec, host = run.dataset, run.hardware
    yield f"{run.candidate.name} on {spec.name} ({run.device}), {run.preset}, {run.id}"
    yield f"  {host.processor}, {host.logical_cpu_count} processors, {host.memory_gib:.1f} GiB"
    if run.outcome != "ok":
        yield f"  {run.outcome}: {run.reason}"


def _training(run: BenchmarkRun, *, quality: float | None) -> Iterator[str]:
    if not run.training:
        return
    seeds = {item.seed: item for item in reversed(run.training)}
    walls = [item.wall_s for item in seeds.values()]
    found = [item.quality for item in seeds.values()]
    yield "training"
    yield (
        f"  {len(seeds)} seeds on {max(t.row_count for t in run.training):,} rows: "
        f"{_seconds(trimmed_mean(walls))} ({_seconds(min(walls))} to {_seconds(max(walls))}), "
        f"{run.dataset.metric} {sum(found) / len(found):.4f} ({min(found):.4f} to {max(found):.4f})"
    )
    peak = max(item.peak_memory_bytes for item in run.training)
    pss = [item.pss_bytes for item in run.training if item.pss_bytes]
    share = f", its share (PSS) {max(pss) / 2**20:,.0f} MiB" if pss else ""
    yield f"  peak memory {peak / 2**20:,.0f} MiB{share}"
    epochs = [item.epoch_count for item in seeds.values() if item.epoch_count]
    if epochs:
        yield f"  stopped after {min(epochs)} to {max(epochs)} passes or iterations"
    device = [item.gpu_memory_bytes for item in run.training if item.gpu_memory_bytes]
    if device:
        yield f"  most memory on the device {max(device) / 2**20:,.0f} MiB"
    energy = [item for item in seeds.values() if item.energy_j is not None]
    if energy:
        mean_j = sum(item.energy_j or 0.0 for item in energy) / len(energy)
        yield f"  energy {mean_j:,.1f} J a training: {energy[0].energy_source}"
    else:
        yield "  energy: this machine does not tell (no processor energy counters)"
    if run.learning_curve:
        yield from _curve(run)
    if quality is not None:
        reached = time_to_quality(run.learning_curve, quality=quality)
        yield f"  {run.dataset.metric} of {quality:g}: " + (
            "not reached, whatever the rows, by this curve"
            if reached is None
            else f"{reached.row_count:,} rows, {_seconds(reached.wall_s)} a training "
            f"({reached.basis})"
        )


def _curve(run: BenchmarkRun) -> Iterator[str]:
    fit = fit_curve(run.learning_curve)
    memory = "" if fit.memory_exponent is None else f", memory as rows^{fit.memory_exponent:.2f}"
    limit = (
        ""
        if fit.quality_limit is None or fit.quality_exponent is None
        else f", {run.dataset.metric} nears {fit.quality_limit:.4f} as rows^-"
        f"{fit.quality_exponent:.2f}"
    )
    sizes = len({point.row_count for point in run.learning_curve})
    yield f"  {sizes} sizes: time grows as rows^{fit.time_exponent:.2f}{memory}{limit}"
    gain = (
        "" if fit.doubled_quality_gain is None else f" for {fit.doubled_quality_gain:+.4f} quality"
    )
    used = (
        "" if fit.doubled_memory_bytes is None else f", {fit.doubled_memory_bytes / 2**20:,.0f} MiB"
    )
    yield f"  twice the rows would take {_seconds(fit.doubled_wall_s)}{used}{gain} (scaled)"


def _inference(run: BenchmarkRun) -> Iterator[str]:
    timings = [*run.inference, *(item for form in run.forms for item in form.inference)]
    if not timings:
        return
    doubt_ln = disturbance_ln(run)
    widened = f", widened by {math.expm1(doubt_ln):.0%} for the machine's speed" if doubt_ln else ""
    yield f"inference, ms a call with the 95% interval{widened}"
    yield f"  {'rows':>6} {'threads':>7} {'p50':>24} {'p99':>24} {'calls':>7} {'processes':>9}"
    for item in timings:
        counts = item.process_call_counts
        where = "" if item.form == NATIVE_FORM else f"  {item.form}"
        kind = "" if item.input_kind == "json" else f"  {item.input_kind} {item.precision}"
        middle = _stated(item, 0.5, doubt_ln=doubt_ln)
        tail = f"{_tail(item, doubt_ln=doubt_ln):>24}"
        yield (
            f"  {item.batch_rows:>6} {item.thread_count:>7} {middle:>24} {tail} "
            f"{len(item.durations_s):>7} {max(1, len(counts)):>9}{where}{kind}"
        )
    first = next((item.first_call_s for item in run.inference if item.first_call_s), None)
    if first is not None:
        yield f"  the very first call took {_seconds(first)}"


def _reached(run: BenchmarkRun) -> Iterator[str]:
    """What a network on a GPU reaches of the rates that the machine's probes found."""
    rates = reached_rates(run)
    if not rates:
        return
    yield "reached on the device, and the share of what its probes reach"
    yield f"  {'rows':>6} {'call':>9} {'GFLOP/s':>16} {'weights, GB/s':>16}"
    for item in rates:
        arithmetic = f"{item.flop_per_s / 1e9:,.4g} {_share(item.matrix_fraction)}"
        traffic = f"{item.bytes_per_s / 1e9:,.4g} {_share(item.bandwidth_fraction)}"
        yield (
            f"  {item.batch_rows:>6} {_seconds(item.call_s):>9} {arithmetic:>16} {traffic:>16}"
            f"  {item.form}"
        )


def _share(fraction: float | None) -> str:
    return f"({NONE})" if fraction is None else f"({fraction:.1%})"


def _shipping(run: BenchmarkRun) -> Iterator[str]:
    """What each form takes to be shipped and started."""
    verified = [item for item in run.forms if item.form != NATIVE_FORM and item.outcome == "ok"]
    shipped: list[tuple[str, BenchmarkRun | FormMeasurement]] = [(NATIVE_FORM, run)]
    shipped += [(item.form, item) for item in verified]
    known = [(form, item) for form, item in shipped if item.serving_memory_bytes is not None]
    if not known:
        return
    yield "to ship"
    yield f"  {'form':<14} {'file':>10} {'import':>9} {'load':>9} {'replica':>9} {'one more':>9}"
    for form, item in known:
        size = NONE if item.artefact_bytes is None else f"{item.artefact_bytes / 1e6:,.3f} MB"
        starts = (NONE if s is None else _seconds(s) for s in (item.import_s, item.load_s))
        memory = (
            NONE if count is None else f"{count / 2**20:,.0f} MiB"
            for count in (item.serving_memory_bytes, item.extra_worker_memory_bytes)
        )
        cells = " ".join(f"{text:>9}" for text in (*starts, *memory))
        yield f"  {form:<14} {size:>10} {cells}"


def _stated(item: InferenceMeasurement, quantile: float, *, doubt_ln: float) -> str:
    found = run_interval(item, quantile, disturbance_ln=doubt_ln)
    if found.value_s is None:
        return NONE
    low = NONE if found.lower_s is None else _ms(found.lower_s)
    high = NONE if found.upper_s is None else _ms(found.upper_s)
    return f"{_ms(found.value_s)} ({low} to {high})"


def _tail(item: InferenceMeasurement, *, doubt_ln: float) -> str:
    """Return the p99 where the calls are enough, else what can be said."""
    if item.inner_call_count > 1:
        return NONE
    stated = _stated(item, 0.99, doubt_ln=doubt_ln)
    if stated != NONE:
        return stated
    p90 = conservative_quantile(item.durations_s, quantile=0.9)
    return "too few calls" if p90 is None else f"too few; p90 at most {_ms(p90)}"


def _around(run: BenchmarkRun) -> Iterator[str]:
    found = run.circumstances
    if found is not None:
        changes = [abs(item.change_fraction) for item in found.references]
        yield "circumstances"
        yield (
            f"  other programs at most {found.other_load_fraction:.0%}, stolen "
            f"{found.stolen_fraction:.0%}, waiting {found.waiting_fraction:.0%}, throttled "
            f"{found.throttled_s:.1f} s; {'bound to processors' if found.pinned else 'not bound'}"
        )
        if changes:
            yield f"  reference workload changed by at most {max(changes):.1%} around a trial"
    if run.hardware.probes:
        yield "machine"
        for name, value in sorted(run.hardware.probes.items()):
            yield f"  {name:<40} {value:>12,.4g}"
    for note in run.notes:
        yield f"note: {note}"


def comparison_lines(old: BenchmarkRun, new: BenchmarkRun, rows: Sequence[Comparison]) -> list[str]:
    """Return two runs side by side."""
    lines = [f"{_name(old)} -> {_name(new)}"]
    lines.append(f"  {'what':<34} {'old':>10} {'new':>10}   {'new / old (95%)':<24} verdict")
    for row in rows:
        interval = (
            NONE
            if row.ratio is None or row.lower is None or row.upper is None
            else f"{row.ratio:.3f} ({row.lower:.3f} to {row.upper:.3f})"
        )
        values = [NONE if v is None else _seconds(v) for v in (row.old_s, row.new_s)]
        lines.append(
            f"  {row.what:<34} {values[0]:>10} {values[1]:>10}   {interval:<24} {row.verdict}"
        )
    by_device = {run.device: run for run in (old, new)}
    if by_device.keys() == {"cpu", "cuda"}:
        rows_from = crossover_batch_rows(cpu=by_device["cpu"], gpu=by_device["cuda"])
        lines.append(
            "  the GPU answers a whole call faster at none of the largest batches in common"
            if rows_from is None
            else f"  the GPU answers a whole call faster from {rows_from:,.0f} rows"
        )
    notes = dict.fromkeys(row.note for row in rows if row.note)
    return lines + [f"  note: {note}" for note in notes]


def _name(run: BenchmarkRun) -> str:
    return f"{run.candidate.name} ({run.device}, {run.preset}, {run.id})"


def _ms(value_s: float) -> str:
    return f"{value_s * 1e3:.3g}"


def _seconds(value_s: float) -> str:
    """Return a duration in the unit that suits it.

    Example:
        >>> _seconds(2.5), _seconds(0.0123), _seconds(4.2e-5)
        ('2.5 s', '12.3 ms', '42 us')
    """
    if value_s >= 1:
        return f"{value_s:.3g} s" if value_s < 1000 else f"{value_s:,.0f} s"
    return f"{value_s * 1e3:.3g} ms" if value_s >= 1e-3 else f"{value_s * 1e6:.3g} us"
