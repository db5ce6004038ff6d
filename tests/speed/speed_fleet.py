"""Time and memory of deciding many models together, and of loading one: ratios to one answer.

Run with `python tests/speed/speed_fleet.py`.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from advisor.evidence import load_evidence
from advisor.fleet.decide import decide
from advisor.fleet.model import FleetModel, Load, Place, Releases, Runs
from advisor.fleet.setup import Commitments, FleetSetup, Hours
from advisor.fleet.summary import load_and_summarise
from advisor.recommend import market_on, recommend
from advisor.study.file import load_study
from tests.advisor.factories import ON
from tests.faces.pages import measured_study

PLATFORMS = (
    *("ecs-ec2", "ecs-fargate", "sagemaker-async", "sagemaker-multi-model"),
    *("sagemaker-realtime", "sagemaker-serverless"),
)
SETUP = FleetSetup(
    hours=Hours(releases_per_week=2000),
    commitment=Commitments(discounts={"compute": 0.28}),
    shared_machines=("m7i.large", "m7i.2xlarge"),
    experiments_budget_usd=2000,
)


def random_model(number: int, rng: np.random.Generator) -> FleetModel:
    rate, service = float(np.exp(rng.uniform(-3, 4))), float(np.exp(rng.uniform(-6, -3)))
    shape = 1 + 0.5 * np.sin(np.arange(24) / 24 * 6.28 + rng.random() * 6)
    days = float(rng.uniform(10, 120))
    review_usd = 400 * 30.4 / days
    places = []
    for more, name in enumerate(PLATFORMS):
        usd = 30 + float(rng.random()) * 60 * (1 + rate * service)
        places.append(
            Place(
                platform=name, name=f"linear on {name}", usd_per_month=usd + review_usd,
                aws_usd_per_month=usd, serving_usd_per_month=usd, machine_usd_per_month=usd / 2,
                rank_usd_per_month=usd + review_usd, upkeep_hours=3.0 + more,
                committable={"compute": usd / 2},
            )
        )  # fmt: skip
    types = ("m7i.large", "m7i.2xlarge")
    own = int(rng.integers(len(places)))
    return FleetModel(
        study=f"m{number:05d}",
        platform=places[own].platform,
        usd_per_month=places[own].usd_per_month + 95 * places[own].upkeep_hours,
        hour_usd=95.0,
        with_people=True,
        places=tuple(places),
        releases=Releases(
            interval_days=days, band_days=(days * 0.75, days * 1.3), release_usd=400.0,
            aws_usd=10.0, hours=4.0, errors_usd_per_month=review_usd,
        ),
        runs=Runs(
            run_usd=1 + float(rng.random()) * 5, unit_usd=1000.0,
            spread=float(rng.random()) * 0.1, spread_runs=5,
        ),
        load=Load(
            rate_per_s=tuple((rate * shape).tolist()), service_s=dict.fromkeys(types, service),
            machine_usd_per_month=dict(zip(types, (73.0, 294.0), strict=True)),
            cores=dict(zip(types, (1, 4), strict=True)),
            machine_gib=dict(zip(types, (7.0, 29.0), strict=True)),
            scv=1.0, memory_gib=0.3, room_s=float(rng.uniform(0.05, 1)), zones=2,
        ),
    )  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        path = measured_study(Path(scratch))
        market = market_on(ON)
        study = load_study(path)
        evidence = load_evidence(path, study)
        recommend(study, evidence, on=ON, book=market.book, catalogue=market.catalogue)
        start = time.process_time()
        recommend(study, evidence, on=ON, book=market.book, catalogue=market.catalogue,
                  what_if=False)  # fmt: skip
        one_s = time.process_time() - start
        print(f"one recommend without what-ifs: {one_s:.2f} CPU s")
        load_and_summarise(str(path), "warm", (), ON.isoformat(), SETUP.shared_machines)
        start, count = time.process_time(), 10
        for number in range(count):
            change = (f"workload.requests_per_s={10 + number}",)
            text = load_and_summarise(str(path), "x", change, ON.isoformat(), ())
        each_s = (time.process_time() - start) / count
        print(
            f"load and answer a study: {each_s:.2f} CPU s, {each_s / one_s:.2f} of that; "
            f"{len(text):,} B kept of it"
        )
    for count in (1_000, 10_000):
        rng = np.random.default_rng(0)
        models = [random_model(number, rng) for number in range(count)]
        start = time.process_time()
        answer = decide(models, SETUP, on=ON.isoformat())
        took_s = time.process_time() - start
        peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"decide {count:,} models: {took_s:.2f} CPU s, {took_s / one_s:.1f} of one recommend, "
            f"memory {peak_gib:.2f} GiB; {answer.verdict}"
        )
        shared, single = answer.shared_machines, answer.sum_of_single_answers_usd_per_month
        print(f"  {len(shared)} shared machines a zone, bound {answer.fewest_shared_machines}")
        print(f"  sum of single answers {single:,.0f} USD/month, fleet {answer.usd_per_month:,.0f}")


if __name__ == "__main__":
    main()
