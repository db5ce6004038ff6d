"""GPU or not: for serving by the rate at which it would start to pay, for training by the run."""

import numpy as np

from advisor.arrays import Floats
from advisor.decision.answer.words import figure
from advisor.decision.choice.engine import Engine
from advisor.decision.whatif.cost_curve import standing_usd
from advisor.recommendation import GpuAdvice, GpuServing, GpuTraining

SEARCH_RATES_PER_S = np.geomspace(0.1, 1e6, 15)
"""Where a crossover is looked for: two points a decade. [1/s]"""

REFINEMENTS = 20
"""Halvings of the bracket around a crossover: a millionth of it."""


def gpu_advice(engine: Engine, candidate: int | None, row: int | None = None) -> GpuAdvice:
    """Return whether a candidate should be served and trained on a GPU.

    Args:
        engine: the judged options.
        candidate: row of the profiles; null where nothing is feasible.
        row: the chosen option, which the answer follows; null asks for the cheapest.
    """
    if candidate is None:
        why = "nothing is feasible, with or without a GPU"
        return GpuAdvice(
            serving=GpuServing(needed=False, pays_from_requests_per_s=None, why=why),
            training=GpuTraining(needed=False, pays_from_runs_per_month=None, why=why),
        )
    profile = engine.profiles[engine.candidate_of[candidate]]  # only the native form has a GPU form
    if profile.network is None:
        why = f"{profile.name} is a scikit-learn model and has no GPU form"
        return GpuAdvice(
            serving=GpuServing(
                needed=False,
                pays_from_requests_per_s=None,
                why=why
                if engine.study.workload.pattern == "batch"
                else why + _network_instead(engine, candidate),
            ),
            training=GpuTraining(needed=False, pays_from_runs_per_month=None, why=why),
        )
    of_jobs = engine.study.workload.pattern == "batch"
    serving = _serving_jobs(engine, candidate, row) if of_jobs else _serving(engine, candidate, row)
    return GpuAdvice(serving=serving, training=_training(engine, candidate))


def _serving_jobs(engine: Engine, candidate: int, row: int | None) -> GpuServing:
    """Say whether the machine that was chosen for the jobs has a GPU; no rate is crossed."""
    options, name = engine.options, engine.profiles[candidate].name
    own = engine.runs & (engine.candidate_of[options.candidate] == engine.candidate_of[candidate])
    usd = [
        float(options.usd_per_month[rows].min()) if rows.any() else None
        for rows in (own & options.on_gpu, own & ~options.on_gpu)
    ]
    with_gpu, without = usd
    if with_gpu is None or without is None:
        kind = "GPU" if with_gpu is None else "CPU"
        why = f"no {kind} machine finishes the jobs of {name} in time"
        return GpuServing(needed=with_gpu is not None, pays_from_requests_per_s=None, why=why)
    gap = with_gpu - without
    why = f"jobs on a GPU cost {abs(gap):,.0f} USD/month {'less' if gap < 0 else 'more'} for {name}"
    needed = gap < 0 if row is None else bool(options.on_gpu[row])
    return GpuServing(needed=needed, pays_from_requests_per_s=None, why=why)


def _network_instead(engine: Engine, candidate: int) -> str:
    """Say from which rate the ladder's network on a GPU would be cheaper than a CPU-only model."""
    networks = [i for i, p in enumerate(engine.profiles) if p.network is not None]
    if not networks:
        return ""
    name = engine.profiles[networks[0]].name
    gap = _gap_usd(engine, candidate, SEARCH_RATES_PER_S, on_gpu=networks[0])
    pays = np.flatnonzero(gap < 0)
    if not pays.size:
        return (
            f"; nor would {name} on one be cheaper, up to {SEARCH_RATES_PER_S[-1]:,.0f} requests/s"
        )
    rate = SEARCH_RATES_PER_S[pays[0]]
    return f"; {name} on one would be cheaper from about {figure(float(rate))} requests/s"


def _gap_usd(engine: Engine, candidate: int, rates: Floats, *, on_gpu: int | None = None) -> Floats:
    """Return cheapest GPU minus cheapest CPU option at each rate; NaN where neither is feasible.

    The same network on both, in whichever of its forms is the cheapest on a CPU; the GPU options
    are the candidate's own, or those of another candidate. Where one kind cannot keep the needs,
    the gap is infinite.
    """
    options = engine.options
    kind, profile = options.on_gpu, options.candidate
    family = engine.candidate_of[profile]
    with_gpu = int(engine.candidate_of[candidate]) if on_gpu is None else on_gpu
    cheapest = []
    for own in (kind & (profile == with_gpu), ~kind & (family == engine.candidate_of[candidate])):
        rows = np.flatnonzero(own & options.stands)
        if not rows.size:
            return np.full(len(rates), np.nan)
        usd, _ = standing_usd(engine, rows, rates)
        cheapest.append(np.where(np.isfinite(usd), usd, np.inf).min(axis=1))
    gpu_usd, cpu_usd = cheapest
    with np.errstate(invalid="ignore"):
        gap: Floats = gpu_usd - cpu_usd
    return gap


def _serving(engine: Engine, candidate: int, row: int | None) -> GpuServing:
    """Say whether the chosen option has a GPU, what it saves, and from which rate one pays."""
    name = engine.profiles[candidate].name
    here = engine.study.workload.requests_per_s
    gap = _gap_usd(engine, candidate, SEARCH_RATES_PER_S)
    pays = np.flatnonzero(gap < 0)
    now_usd = float(_gap_usd(engine, candidate, np.array([here]))[0])
    needed = now_usd < 0 if row is None else bool(engine.options.on_gpu[row])
    doubt = _doubt(engine, candidate)
    crossover = None if not pays.size else _bisect(engine, candidate, int(pays[0]))
    if needed:
        saved = (
            "no processor keeps the needs"
            if now_usd == -np.inf
            else f"{-now_usd:,.0f} USD/month less than on processors"
        )
        since = "" if crossover is None else f", from {figure(crossover)} requests/s on"
        why = f"a GPU pays for {name}: {saved}{since}{doubt}"
        return GpuServing(needed=True, pays_from_requests_per_s=crossover, why=why)
    now = f", {now_usd:,.0f} USD/month more now" if np.isfinite(now_usd) else ""
    if crossover is None:
        why = f"no GPU pays for {name} up to {SEARCH_RATES_PER_S[-1]:,.0f} requests/s{now}"
        return GpuServing(needed=False, pays_from_requests_per_s=None, why=why)
    costs = f"costs {now_usd:,.0f} USD/month more at {here:g} requests/s; it "
    why = (
        f"a GPU {costs if np.isfinite(now_usd) and now_usd > 0 else ''}pays from "
        f"{figure(crossover)} requests/s for {name}{doubt}"
    )
    return GpuServing(
        needed=False,
        # A rate that is passed already would contradict an option chosen for other reasons.
        pays_from_requests_per_s=crossover if crossover > here else None,
        why=why,
    )


def _doubt(engine: Engine, candidate: int) -> str:
    """Say what the speed on a GPU rests on, and how to be sure of it."""
    table = engine.machines
    own = table.on_gpu & (table.profile == engine.candidate_of[candidate])
    if not own.any() or bool((table.basis[own] == "measured").any()):
        return ""
    if bool((table.basis[own] == "scaled").any()):
        return " (GPU speed is carried from another GPU)"
    return (
        " (GPU speed is an assumption within a factor of two: run the benchmark on one to be sure)"
    )


def _bisect(engine: Engine, candidate: int, first: int) -> float:
    """Return the rate at which the GPU starts to pay, between two points of the search."""
    if first == 0:
        return float(SEARCH_RATES_PER_S[0])
    low, high = np.log(SEARCH_RATES_PER_S[first - 1 : first + 1])
    for _ in range(REFINEMENTS):
        middle = (low + high) / 2
        if _gap_usd(engine, candidate, np.array([np.exp(middle)]))[0] < 0:
            high = middle
        else:
            low = middle
    return float(np.exp(high))


def _training(engine: Engine, candidate: int) -> GpuTraining:
    name = engine.profiles[candidate].name
    cost = engine.costs[candidate]
    gpu_row = cost.places.cheapest(gpu_only=True)
    cpu_row = cost.places.cheapest(cpu_only=True)
    if gpu_row is None or cpu_row is None:
        return GpuTraining(
            needed=cpu_row is None and gpu_row is not None,
            pays_from_runs_per_month=None,
            why=f"no {'GPU' if gpu_row is None else 'CPU'} machine is sold for training {name}",
        )
    gpu_usd = float(cost.places.usd_per_run[gpu_row])
    cpu_usd = float(cost.places.usd_per_run[cpu_row])
    runs_per_month = engine.study.retraining.runs_per_release * cost.cadence.releases_per_month
    saved_s = float(cost.places.wall_s[cpu_row] - cost.places.wall_s[gpu_row])
    figures = f"{gpu_usd:,.3g} against {cpu_usd:,.3g} USD a run"
    if gpu_usd < cpu_usd:
        return GpuTraining(
            needed=True,
            pays_from_runs_per_month=1.0,
            why=f"each run is cheaper on a GPU: {figures}, {runs_per_month:,.0f} runs a month",
        )
    return GpuTraining(
        needed=False,
        pays_from_runs_per_month=None,
        why=f"a run costs more on a GPU ({figures}), and machines are billed by the second, so "
        f"more runs do not change that; it would save {max(0.0, saved_s):,.0f} s of waiting a run",
    )
