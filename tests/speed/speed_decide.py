"""A decision: options x draws in columns against a loop that asks the same formulas one by one."""

import dataclasses
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from advisor import defaults
from advisor.capacity.fleet import MAX_REPLICAS
from advisor.capacity.replicas import plan_replicas
from advisor.capacity.target_tracking import ROUTING, billed_replicas
from advisor.decision.choice.choose import choose
from advisor.decision.choice.pruning import draw, undominated
from advisor.decision.scenarios.option_space import option_space_of
from advisor.decision.scenarios.problem import problem_of
from advisor.decision.whatif.sweep import parse_axis, sweep
from advisor.memo import Memo
from advisor.options.replicas import fewest_replicas
from advisor.recommend import market_on, recommend
from advisor.study.types import REGIONS
from tests.advisor.factories import evidence, study

ON = date(2026, 11, 21)
REPEATS = 5
LOOPED = 300
"""Pairs of option and draw that the plain loop is timed on."""


def median_s(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median duration of a call. [s]"""
    durations = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def main() -> None:
    """Print times of a whole re-decision, of a sweep, and the ratio to a plain loop."""
    measured, market = evidence(), market_on(ON)
    purchases = {"purchase": ["on-demand", "spot", "savings-1y"]}
    for title, regions in (("one region", REGIONS[:1]), (f"{len(REGIONS)} regions", REGIONS)):
        wanted = study(cloud={**purchases, "regions": list(regions)})
        space = option_space_of(wanted, measured, market)
        rates = iter(np.geomspace(15, 25, 100))

        def again(wanted=wanted, space=space, rates=rates) -> None:
            work = wanted.workload.replace(requests_per_s=float(next(rates)))
            choose(problem_of(wanted.replace(workload=work), space))

        for _ in range(10):
            again()  # tables of p99 by load are kept from then on
        problem = problem_of(wanted, space)
        kept = undominated(problem.options, problem.possible)
        again_s = median_s(again)
        print(
            f"{title}: {len(problem.options):,} options, {problem.possible.sum():,} possible, "
            f"{len(kept):,} drawn {wanted.decision.draw_count:,} times"
        )
        print(f"  a whole re-decision                  {again_s * 1e3:8.0f} ms")
        if title == "one region":
            _against_a_loop(problem, kept)
    _jobs(measured, market, purchases)
    one = study()
    space = option_space_of(one, measured, market)
    axes = [
        parse_axis("workload.requests_per_s=1:1000:40log"),
        parse_axis("team.engineer_usd_per_hour=20:200:40log"),
    ]
    swept_s = median_s(lambda: list(sweep(one, space, axes)), repeats=1)
    print(f"a sweep of 1,600 points, 100 draws each  {swept_s:8.1f} s")
    whole_s = median_s(lambda: recommend(one, measured, on=ON), repeats=2)
    print(f"a whole answer, what-ifs and all         {whole_s:8.1f} s")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory at most                           {peak_mib:8.0f} MiB")


def _jobs(measured, market, purchases) -> None:
    """Print the time of a re-decision of a nightly job in all regions, with all purchases."""
    wanted = study(
        workload={"pattern": "batch", "rows_per_job": 1e8},
        needs={"deadline_hours": 4.0},
        cloud={**purchases, "regions": list(REGIONS)},
    )
    space = option_space_of(wanted, measured, market)
    rows = iter(np.geomspace(0.9e8, 1.1e8, 100))

    def again() -> None:
        work = wanted.workload.replace(rows_per_job=float(next(rows)))
        choose(problem_of(wanted.replace(workload=work), space))

    again()
    problem = problem_of(wanted, space)
    kept = undominated(problem.options, problem.possible)
    print(
        f"a nightly job, {len(REGIONS)} regions: {len(problem.options):,} options, "
        f"{len(kept):,} drawn {wanted.decision.draw_count:,} times"
    )
    print(f"  a whole re-decision                  {median_s(again) * 1e3:8.0f} ms")


def _against_a_loop(problem, kept) -> None:
    """Print the ratio to a loop over options and draws, and by how much the two differ at most."""
    table, scenarios, options = problem.space.machines, problem.scenarios, problem.options
    standing = kept[options.stands[kept]]
    need_s = problem.study.needs.max_p99_latency_ms / 1e3
    rng = np.random.default_rng(0)
    pairs = [
        (int(row), int(column))
        for row, column in zip(
            rng.choice(standing, LOOPED),
            rng.integers(1, scenarios.peak_per_s.size, LOOPED),
            strict=True,
        )
    ]

    def one(row: int, column: int) -> float:
        at = int(options.machine[row])
        service_s = table.service_s[at] * scenarios.service[options.group[row], column]
        peak = float(scenarios.peak_per_s[column])
        sustained = table.sustained_vcpu[[at]] / table.service_s[[at]]
        network = table.network_gbps[[at]]
        fewest = fewest_replicas(problem.study, network, peak, sustained_per_s=sustained)
        found = plan_replicas(
            arrival_per_s=peak,
            service_mean_s=service_s,
            service_scv=table.scv[at],
            workers_per_replica=table.workers[at],
            fixed_overhead_s=table.front_s[at],
            max_p99_s=need_s,
            minimum_count=int(fewest[0]),
            maximum_count=MAX_REPLICAS,
            routing=ROUTING,
        )
        if found.infeasible[0]:
            return float("nan")
        billed = float(found.replica_count[0])
        if options.scaled[row]:
            load = peak * service_s / (table.workers[at] * defaults.MAX_UTILISATION.value)
            billed = float(
                billed_replicas(
                    problem.study.workload,
                    zones=problem.study.needs.availability_zones,
                    start_s=table.start_s[[at]],
                    load=np.array([load * problem.pooled(options.machine_class[[row]])[0]]),
                    most=found.replica_count,
                    fewest=fewest,
                )[0]
            )
        fixed = options.fixed_usd[row] + options.request_usd[row] * scenarios.draws.traffic[column]
        return float(
            options.replica_usd[row] * billed * scenarios.price[options.purchase_at[row], column]
            + fixed * scenarios.draws.drift[column]
            + scenarios.people_usd[options.platform_at[row], column]
            + scenarios.candidate_usd[options.candidate[row], column]
        )

    looped: list[float] = []
    each_s = median_s(lambda: looped.extend(one(*p) for p in pairs), repeats=1) / LOOPED
    columns_s = median_s(lambda: _draw_anew(problem, kept)) / (len(kept) * scenarios.draws.count)
    usd = draw(problem, kept).outcomes.usd
    place = {int(row): i for i, row in enumerate(kept)}
    same = np.array([usd[place[row], column] for row, column in pairs])
    told = np.isfinite(looped)
    gap = np.max(np.abs(same[told] / np.array(looped)[told] - 1))
    print(f"  a plain loop, each option and draw   {each_s * 1e6:8.0f} us")
    print(f"  the columns, each option and draw    {columns_s * 1e6:8.3f} us")
    print(f"  ratio {each_s / columns_s:,.0f}x; largest relative difference {gap:.1e}")


def _draw_anew(problem, kept) -> None:
    space = dataclasses.replace(problem.space, memo=Memo())
    draw(dataclasses.replace(problem, space=space), kept)


if __name__ == "__main__":
    main()
