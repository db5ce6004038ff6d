"""The options of SageMaker serverless: a few memory sizes per candidate and region."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from advisor import defaults
from advisor.arrays import Floats
from advisor.capacity.carry_call import carry_call
from advisor.cost import bill_lines, total_usd
from advisor.decision.options.columns import Columns
from advisor.evidence import CandidateProfile
from advisor.platforms import sagemaker_serverless as serverless
from advisor.platforms.base import common_usage, traffic_of
from advisor.platforms.rules import models_rule, request_rule
from advisor.recommendation import CostLine
from advisor.study.types import Study
from pricing.quotes import PriceBook

PROCESSOR = "fargate-x86_64"
"""The vendor does not say what serverless runs on: taken as the slowest x86 behind Fargate."""

IDLE_PER_S = 1e-9
"""A request rate of nearly nothing, whose bill is what no traffic changes. [1/s]"""


def serverless_columns(
    study: Study,
    profiles: Sequence[CandidateProfile],
    *,
    book: PriceBook,
    on: date,
    monthly_usd: Floats,
    kept: dict[Any, Any] | None = None,
) -> Columns:
    """Return one row per candidate, region and memory size; prices are kept where asked to."""
    keys = [
        (index, region, memory_gib)
        for index in range(len(profiles))
        for region in study.cloud.regions
        for memory_gib in serverless.MEMORY_GIB
    ]
    count = len(keys)
    kept = {} if kept is None else kept
    if "serverless times" not in kept:
        kept["serverless times"] = {
            (i, memory_gib): _times(profiles[i], memory_gib)
            for i in range(len(profiles))
            for memory_gib in serverless.MEMORY_GIB
        }
    own: dict[tuple[int, int], Times] = kept["serverless times"]
    rows = [own[i, memory_gib] for i, _, memory_gib in keys]
    mean_s, start_s = np.array([t.mean_s for t in rows]), np.array([t.start_s for t in rows])
    low_s, high_s = np.array([t.low_s for t in rows]), np.array([t.high_s for t in rows])
    prices = {
        (region, memory_gib): _prices(
            study,
            memory_gib=memory_gib,
            book=book,
            region=region,
            on=on,
            kept=kept,
        )
        for region in study.cloud.regions
        for memory_gib in serverless.MEMORY_GIB
    }
    told = [prices[region, memory_gib] for _, region, memory_gib in keys]
    work_usd = np.array([p.second_usd for p in told]) * study.workload.requests_per_month * mean_s
    request_usd = np.array([p.request_usd for p in told])
    serving_usd = np.array([p.fixed_usd for p in told]) + request_usd + work_usd
    cold = serverless.cold_start_fraction(
        requests_per_s=study.workload.requests_per_s, idle_s=defaults.SERVERLESS_IDLE_S.value
    )
    front_s = defaults.SAGEMAKER_FRONT_S.value
    # Each request has a container to itself: no queue, so the service's own tail is the answer's.
    spread = np.array([1 + 2.33 * np.sqrt(profiles[i].service_scv) for i, _, _ in keys])
    cold_p99_s = start_s if cold > 0.01 else np.zeros(count)
    p99_s = front_s + mean_s * spread + cold_p99_s
    need_ms = study.needs.max_p99_latency_ms
    candidate = np.array([i for i, _, _ in keys])
    memory_gib = np.array([float(m) for _, _, m in keys])
    upkeep_usd = study.team.upkeep_usd(serverless.NAME)
    return Columns(
        candidate=candidate,
        platform=np.full(count, serverless.NAME, dtype=object),
        sku=np.array([f"{m} GiB" for _, _, m in keys], dtype=object),
        region=np.array([r for _, r, _ in keys], dtype=object),
        purchase=np.full(count, "on-demand", dtype=object),
        replicas=np.zeros(count, dtype=np.int64),
        p50_s=front_s + mean_s + (start_s if cold > 0.5 else 0.0),
        p95_s=front_s
        + mean_s * (1 + (spread - 1) * 1.645 / 2.33)
        + (start_s if cold > 0.05 else 0.0),
        p99_s=p99_s,
        utilisation=np.full(count, np.nan),
        memory_need_gib=np.array([profiles[i].memory_gib for i, _, _ in keys]),
        memory_gib=memory_gib,
        on_gpu=np.zeros(count, dtype=bool),
        basis=np.full(count, "assumed", dtype=object),
        serving_usd=serving_usd,
        usd_per_month=serving_usd + monthly_usd[candidate] + upkeep_usd,
        sold=np.isfinite(serving_usd) & ("on-demand" in study.cloud.purchase),
        fits=np.array([profiles[i].memory_gib for i, _, _ in keys])
        <= memory_gib * defaults.MEMORY_HEADROOM.value,
        meets_latency=np.ones(count, dtype=bool) if need_ms is None else p99_s <= need_ms / 1e3,
        other=np.array([_limits(study, float(s)) for s in mean_s], dtype=object),
        request_usd=request_usd,
        work_usd=work_usd,
        p99_service_s=mean_s * spread,
        p99_start_s=cold_p99_s,
        service_up=high_s / mean_s,
        service_down=low_s / mean_s,
    )


class Prices(NamedTuple):
    """What a serverless endpoint of one size costs, taken apart."""

    second_usd: float
    """One second of one container. [USD]"""
    request_usd: float
    """What grows with the requests beside that, at the study's rate. [USD/month]"""
    fixed_usd: float
    """What no traffic changes. [USD/month]"""


def _prices(
    study: Study,
    *,
    memory_gib: int,
    book: PriceBook,
    region: str,
    on: date,
    kept: dict[Any, Any],
) -> Prices:
    """Take the bill of one size apart: by the second of work, by the request, and the rest."""

    def bill(rate_per_s: float, duration_s: float) -> float:
        # A container that works no second costs nothing of any size: one bill is that of all.
        key = ("serverless", rate_per_s, duration_s, memory_gib if duration_s else 0, region)
        if key not in kept:
            work = study.workload.replace(requests_per_s=rate_per_s, peak_requests_per_s=None)
            lines = serverless_lines(
                study.replace(workload=work),
                memory_gib=memory_gib,
                duration_s=duration_s,
                book=book,
                region=region,
                on=on,
            )
            kept[key] = total_usd(lines)
        found: float = kept[key]
        return found

    idle_usd = bill(IDLE_PER_S, 0.0)
    second_usd = (bill(1.0, 1.0) - bill(1.0, 0.0)) / (study.workload.active_hours_per_month * 3600)
    return Prices(
        second_usd=second_usd,
        request_usd=bill(study.workload.requests_per_s, 0.0) - idle_usd,
        fixed_usd=idle_usd,
    )


def service_s_at(profile: CandidateProfile, memory_gib: int) -> float:
    """Return the mean time of one request at one memory size. [s]"""
    return _times(profile, memory_gib).mean_s


def p99_band_s(profile: CandidateProfile, memory_gib: int, p99_s: float) -> tuple[float, float]:
    """Return the 80% band of p99: the request's own time at both ends, what is around it kept."""
    times = _times(profile, memory_gib)
    spread = 1 + 2.33 * np.sqrt(profile.service_scv)
    low, high = ((s - times.mean_s) * spread for s in (times.low_s, times.high_s))
    return p99_s + low, p99_s + high


class Times(NamedTuple):
    """How long a request takes on a serverless container."""

    mean_s: float
    low_s: float
    high_s: float
    start_s: float


def _times(profile: CandidateProfile, memory_gib: int) -> Times:
    """Return mean, low and high service time and the cold start at one memory size. [s]"""
    vcpu = serverless.vcpu_count(memory_gib)
    share = min(1.0, vcpu * 0.625)  # a vCPU is a thread; one worker uses at most one core
    ratio = carry_call(profile.calls, (PROCESSOR,)).speed
    work_s = (profile.server.request_s(profile.service_s)) / share
    start_s = defaults.SERVERLESS_START_S.value + profile.start_s / share / float(ratio.ratio[0])
    return Times(
        mean_s=work_s / float(ratio.ratio[0]),
        low_s=work_s / float(ratio.high_80[0]),
        high_s=work_s / float(ratio.low_80[0]),
        start_s=start_s,
    )


def _limits(study: Study, mean_s: float) -> str:
    work = study.workload
    if rule := request_rule(study) or models_rule(study, serverless.NAME):
        return rule
    largest_kb = max(work.request_kb, work.response_kb)
    if largest_kb > serverless.MAX_PAYLOAD_KB:
        return (
            f"a payload of {largest_kb:,.0f} kB is above serverless's limit of "
            f"{serverless.MAX_PAYLOAD_KB:,.0f} kB"
        )
    if mean_s > serverless.MAX_DURATION_S:
        return f"a request takes {mean_s:,.0f} s, serverless allows {serverless.MAX_DURATION_S:g} s"
    concurrency = work.peak_per_s * mean_s
    if concurrency > defaults.SERVERLESS_MAX_CONCURRENCY.value:
        return (
            f"{concurrency:,.0f} requests at once at the peak, serverless allows "
            f"{defaults.SERVERLESS_MAX_CONCURRENCY.value:g} per endpoint"
        )
    return ""


def serverless_lines(
    study: Study,
    *,
    memory_gib: int,
    duration_s: float,
    book: PriceBook,
    region: str,
    on: date,
) -> tuple[CostLine, ...]:
    """Return the serving lines of one serverless option."""
    traffic = traffic_of(study)
    return bill_lines(
        [
            *serverless.usage(memory_gib=memory_gib, duration_s=duration_s, traffic=traffic),
            *common_usage(traffic),
        ],
        group="serving",
        study=study,
        book=book,
        region=region,
        on=on,
    )
