"""Speed of the serving models, and the load generator against an independent one.

Three figures, each beside its baseline in the same run: a week by the minute with scaling; the
percentiles of ten million requests by Lindley's recursion, per request against a plain Python event
loop; and, where `wrk` is installed (Debian's package), the median of one connection by both.
"""

import heapq
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from advisor.capacity.autoscaling import TrackingPolicy, target_tracking
from advisor.capacity.fleet_outcome import ServiceTime, fleet_outcome
from advisor.capacity.traffic import minute_rates_per_s
from evaluation.simulation import lindley_waits_s


def week_with_scaling() -> None:
    """Print the time of one option over a week of minutes."""
    hours = np.arange(168)
    rates = minute_rates_per_s(
        requests_per_s=100.0,
        profile=1 + 0.8 * np.sin(2 * np.pi * hours / 24),
        dispersion=3.0,
        rng=np.random.default_rng(0),
    )
    service = ServiceTime(mean_s=0.05, scv=0.25, workers_per_replica=2)
    policy = TrackingPolicy(target_per_minute=1500.0, minimum_count=2, start_s=90.0)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        fleet = target_tracking(rates_per_s=rates, policy=policy)
        fleet_outcome(rates_per_s=rates, fleet=fleet, service=service, max_p99_s=0.25)
        times.append(time.perf_counter() - start)
    best, worst = min(times) * 1e3, max(times) * 1e3
    print(f"a week by the minute with scaling: {best:.0f} ms (worst of ten {worst:.0f}), aim 50 ms")


def ten_million_requests() -> None:
    """Print the time of the recursion over ten million requests and its ratio to an event loop."""
    rng = np.random.default_rng(0)
    count, few = 10_000_000, 200_000
    arrivals = np.cumsum(rng.exponential(0.0125, count))
    services = rng.exponential(0.01, count)
    start = time.perf_counter()
    waits = lindley_waits_s(arrival_s=arrivals, service_s=services)
    waits += services
    ranks = [round(q * count) - 1 for q in (0.5, 0.95, 0.99)]
    waits.partition(ranks)
    found = waits[ranks]
    took_s = time.perf_counter() - start
    start = time.perf_counter()
    _event_loop(arrivals[:few].tolist(), services[:few].tolist())
    baseline_s = (time.perf_counter() - start) * count / few
    shown = ", ".join(f"{1e3 * q:.1f}" for q in found)
    print(
        f"percentiles of 10 million requests: {took_s:.2f} s, aim 2 s; an event loop in plain "
        f"Python {baseline_s:.0f} s: ratio {baseline_s / took_s:.0f}; {shown} ms (exact 34.7, "
        "149.8, 230.3)"
    )


def _event_loop(arrivals: list[float], services: list[float]) -> list[float]:
    """Follow each request by events, one worker."""
    events = [(at, 0, number) for number, at in enumerate(arrivals)]
    heapq.heapify(events)
    waiting: list[int] = []
    answers, is_busy = [], False
    while events:
        now, kind, number = heapq.heappop(events)
        if kind == 1:
            answers.append(now - arrivals[number])
            is_busy = False
        else:
            waiting.append(number)
        if waiting and not is_busy:
            first = waiting.pop(0)
            is_busy = True
            heapq.heappush(events, (now + services[first], 1, first))
    return answers


def against_wrk() -> None:
    """Print the median of one connection by our generator and by wrk, on the same server."""
    if shutil.which("wrk") is None:
        print("wrk is not installed (apt-get install wrk): not compared")
        return
    from benchmarks.serving.launch import plan_cores, running_server
    from benchmarks.serving.loadrun import request_bytes, send_load
    from benchmarks.serving.payloads import encode_rows

    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from tests.benchmarks.serving_models import ROWS, make_package

    layout = plan_cores()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        body = encode_rows(ROWS * 200).decode()
        script = folder / "post.lua"
        script.write_text(
            f"wrk.method = 'POST'\nwrk.body = '{body}'\n"
            "wrk.headers['content-type'] = 'application/json'\n"
        )
        with running_server(make_package(folder), layout=layout) as server:
            url = f"http://{server.target.host}:{server.target.port}/invocations"
            requests = [request_bytes(body.encode(), target=server.target)]
            core = str(layout.generator[0])
            command = ["wrk", "-t1", "-c1", "-d3s", "--latency", "-s", str(script), url]
            first = ["chrt", "-f", "20"] if layout.first else []
            ours, theirs = [], []
            for _ in range(5):
                done = subprocess.run(
                    ["taskset", "-c", core, *first, *command],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                value, unit = re.search(r"50%\s+([\d.]+)(us|ms)", done.stdout).groups()
                theirs.append(float(value) * (1e-3 if unit == "us" else 1.0))
                samples = send_load(
                    server.target,
                    requests=requests,
                    closed_connections=1,
                    duration_s=3.0,
                    placement=layout.placement,
                )
                ours.append(1e3 * float(np.median(samples.latency_s)))
    mine, other = float(np.median(ours)), float(np.median(theirs))
    print(
        f"median of one connection: ours {mine:.3f} ms, wrk {other:.3f} ms, ratio "
        f"{mine / other:.3f}, aim within 5%"
    )


if __name__ == "__main__":
    week_with_scaling()
    ten_million_requests()
    against_wrk()
