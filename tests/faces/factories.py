"""Recommendations for tests of the faces: plausible ones, an infeasible one, a hostile one."""

import math
from datetime import date

from advisor.recommendation import (
    AnswerKey,
    Assumption,
    BreakEven,
    BudgetRisk,
    CommitmentAdvice,
    Considered,
    CostLine,
    CostPoint,
    DecayLinePoint,
    DecayPoint,
    ExperimentAdvice,
    ExperimentPace,
    GainPoint,
    GpuAdvice,
    GpuServing,
    GpuTraining,
    HitRate,
    Holds,
    HoldsPoint,
    HorizonAdvice,
    HorizonMonth,
    JobAdvice,
    JobPoint,
    LadderStep,
    LatencyAdvice,
    LearningCurve,
    LearningCurvePoint,
    LoadPoint,
    MeasuredQuantile,
    MeasureNext,
    Option,
    Overtaking,
    PriceStamp,
    Recommendation,
    Rejection,
    RetrainingAdvice,
    RetrainingPoint,
    Risk,
    Rival,
    ScalingOutcome,
    TrafficAdvice,
    TrafficHour,
    TrainingAdvice,
    TrainingPlace,
    UncertainInput,
)

HOSTILE = "<script>alert(1)</script>|`*_\x1b[31mred\x1b[0m\u202eevil\u0007=cmd()"


def line(label="Compute", usd=50.0, **changes):
    values = {
        "label": label,
        "group": "serving",
        "quantity_per_month": 1460.0,
        "unit": "hour",
        "usd_per_unit": usd / 1460.0,
        "usd_per_month": usd,
        "basis": "list",
        "source": "AWS price list, checked 2026-11-01",
    }
    return CostLine(**values | changes)


def option(candidate="logistic", platform="ecs-fargate", serving_usd=50.0, **changes):
    lines = (
        line("Fargate vCPU", serving_usd * 0.8),
        line("Load balancer", serving_usd * 0.2, quantity_per_month=730, basis="scaled"),
        line("Training runs", 1.2345, group="training", quantity_per_month=43.4, unit="run"),
        line("Labels", 20.0, group="labels", quantity_per_month=1, unit="release", basis="input"),
        line("Upkeep", 570.0, group="people", quantity_per_month=6, unit="h", basis="input"),
    )
    values = {
        "name": f"{candidate} on {platform}, 2 x (1 vCPU, 2 GiB)",
        "candidate": candidate,
        "platform": platform,
        "sku": "1 vCPU, 2 GiB, x86_64",
        "region": "us-east-1",
        "purchase": "on-demand",
        "replicas": 2,
        "basis": "scaled",
        "p50_latency_ms": 3.1,
        "p95_latency_ms": 12.4,
        "p99_latency_ms": 41.2,
        "p99_latency_ms_low": 33.0,
        "p99_latency_ms_high": 58.0,
        "utilisation_fraction": 0.31,
        "quality": 0.953,
        "quality_spread": 0.008,
        "usd_per_month_low": 500.0,
        "usd_per_month_high": 800.0,
        "expected_usd_per_month": 650.0,
        "probability_best": 0.81,
        "probability_feasible": 0.98,
        "probability_as_planned": 0.97,
        "expected_regret_usd": 4.0,
        "usd_per_month": math.fsum(one.usd_per_month for one in lines),
        "lines": lines,
    }
    return Option(**values | changes)


def retraining(**changes):
    intervals = [2.0 ** (i / 2) for i in range(1, 18)]
    values = {
        "interval_days": 28.0,
        "usd_per_month": 413.0,
        "basis": "measured",
        "why": "4 weeks is where releases and the ageing model's errors together cost least.",
        "error_usd_per_month": 409.0,
        "retrain_usd": 381.2,
        "decay_per_day": 0.00048,
        "band_5_percent_days": (20.0, 39.0),
        "now_interval_days": 90.0,
        "curve": tuple(
            RetrainingPoint(
                interval_days=days,
                releases_usd_per_month=11600 / days,
                errors_usd_per_month=14.6 * days,
            )
            for days in intervals
        ),
        "decay_points": tuple(
            DecayPoint(
                age_days=float(age),
                error_per_case=0.11 + 0.00048 * age + 0.004 * math.sin(age),
                case_count=4000 - 60 * age,
            )
            for age in range(0, 60, 3)
        ),
        "decay_line": tuple(
            DecayLinePoint(age_days=float(age), error_per_case=0.11 + 0.00048 * age)
            for age in (0, 57)
        ),
        "simulated": True,
        "notes": ("The trend explains 91% of the variation between ages.",),
    }
    return RetrainingAdvice(**values | changes)


def cost_curve():
    found = []
    for exponent in range(-4, 13):
        rate = 10 ** (exponent / 3)
        found += [
            CostPoint(
                requests_per_s=rate,
                platform="sagemaker-realtime",
                option="logistic on 2 x ml.c7i.large",
                usd_per_month=560 + 3.1 * rate,
                aws_usd_per_month=90 + 3.1 * rate,
                with_people_usd_per_month=560 + 3.1 * rate,
            ),
            CostPoint(
                requests_per_s=rate,
                platform="ecs-fargate",
                option="logistic on 2 x (1 vCPU, 2 GiB)",
                usd_per_month=640 + 1.6 * rate,
                aws_usd_per_month=70 + 1.6 * rate,
                with_people_usd_per_month=640 + 1.6 * rate,
            ),
            CostPoint(
                requests_per_s=rate,
                platform="ecs-ec2",
                option="logistic on 2 x c7g.medium",
                usd_per_month=1010 + 0.5 * rate,
                aws_usd_per_month=60 + 0.5 * rate,
                with_people_usd_per_month=1010 + 0.5 * rate,
            ),
        ]
        if rate < 100:
            found.append(
                CostPoint(
                    requests_per_s=rate,
                    platform="sagemaker-serverless",
                    option="logistic serverless 1,024 MB",
                    usd_per_month=320 + 26 * rate,
                    aws_usd_per_month=20 + 26 * rate,
                    with_people_usd_per_month=320 + 26 * rate,
                )
            )
    return tuple(found)


def training():
    places = tuple(
        TrainingPlace(
            platform=platform,
            sku=sku,
            region="us-east-1",
            purchase=purchase,
            wall_s=12.5,
            billed_s=72.5,
            usd_per_run=price,
            basis="scaled",
        )
        for platform, sku, purchase, price in (
            ("ecs-fargate", "4 vCPU, 8 GiB, arm64", "on-demand", 0.0031),
            ("sagemaker-training", "ml.m5.large", "on-demand", 0.0046),
            ("ecs-ec2", "c7g.xlarge", "on-demand", 0.0052),
        )
    )
    return TrainingAdvice(
        platform=places[0].platform,
        sku=places[0].sku,
        usd_per_run=0.0031,
        usd_per_release=0.031,
        runs_per_release=10,
        usd_per_month=0.034,
        alternatives=places,
    )


def experiments(**changes):
    counts = (1, 2, 3, 5, 8, 10, 16, 24, 41, 70, 123)
    values = {
        "candidate": "logistic",
        "runs_per_release": 10,
        "runs_basis": "input",
        "usd_per_run": 0.0031,
        "usd_per_release": 0.031,
        "usd_per_month": 0.034,
        "spend_basis": "scaled",
        "hit_rates": tuple(
            HitRate(hit_fraction=share, run_count=count, spend_usd=0.0031 * count, basis="assumed")
            for share, count in ((0.1, 22), (0.2, 11), (0.33, 6))
        ),
        "hit_rate_source": "online experiments that improve their metric: 8% to 34%",
        "life_days": 28.0,
        "base_error_per_case": 0.047,
        "one_percent_usd": 26.3,
        "value_basis": "assumed",
        "pilot_run_count": 8,
        "pilot_usd": 0.0248,
        "search_pays": True,
        "spread_per_case": 0.004,
        "spread_source": "measured over 3 seeds of the same settings: a stand-in",
        "gain_basis": "assumed",
        "curve": tuple(
            GainPoint(
                run_count=count,
                expected_gain_usd_per_month=90 * math.log(count) ** 0.5,
                spend_usd_per_month=0.5 * count,
            )
            for count in counts
        ),
        "stopping_run_count": 41,
        "pace": tuple(
            ExperimentPace(
                platform=platform,
                sku=sku,
                region="us-east-1",
                purchase="on-demand",
                worker_count=workers,
                run_s=72.5,
                runs_per_week=8342.0 * workers,
                usd_per_week=26.0 * workers,
                release_hours=math.ceil(10 / workers) * 72.5 / 3600,
                hours_saved_by_one_more=0.04,
                basis="scaled",
            )
            for platform, sku in (
                ("ecs-fargate", "4 vCPU, 8 GiB, arm64"),
                ("sagemaker-training", "ml.m5.large"),
            )
            for workers in (1, 2, 4, 8)
        ),
        "why": "1% of the errors of logistic is worth 26 USD over the 28 days that a release "
        "lives and a pilot of 8 runs costs 0.025 USD: looking for a better model pays, people "
        "not counted.",
    }
    return ExperimentAdvice(**values | changes)


def latency(**changes):
    full = 400.0
    rates = (8.0, 20.0, 60.0, 120.0, 200.0, 300.0, 360.0, 390.0)
    times = {0.05: 1.8, 0.25: 1.9, 0.5: 2.0, 0.75: 2.2, 0.95: 2.9, 0.99: 4.1, 0.999: None}
    values = {
        "option": "logistic on ECS Fargate, 2 x (1 vCPU, 2 GiB)",
        "is_chosen": True,
        "replicas": 2,
        "mean_requests_per_s": 20.0,
        "peak_requests_per_s": 60.0,
        "need_ms": 100.0,
        "reaches_need_at_requests_per_s": 372.0,
        "full_at_requests_per_s": full,
        "basis": "scaled",
        "curve": tuple(
            LoadPoint(
                requests_per_s=rate,
                p50_ms=4 + 1 / (1 - rate / full),
                p99_ms=9 + 6 / (1 - rate / full),
                p99_ms_low=8 + 4 / (1 - rate / full),
                p99_ms_high=12 + 9 / (1 - rate / full) if rate < 350 else None,
            )
            for rate in rates
        ),
        "measured_rows": 1,
        "measured_call_count": 500,
        "measured": tuple(
            MeasuredQuantile(
                quantile_fraction=share,
                value_ms=ms,
                low_ms=None if ms is None else 0.97 * ms,
                high_ms=None if ms is None else 1.04 * ms,
            )
            for share, ms in times.items()
        ),
    }
    return LatencyAdvice(**values | changes)


def traffic(**changes):
    rates = [20 + 15 * math.sin((hour - 6) * math.pi / 12) for hour in range(24)]
    ways = (("fixed", 2.0, 2, 0.0, None), ("scheduled", 1.6, 2, 0.0, None))
    ways += (("target-tracking", 1.5, 2, 0.004, 5400.0),)
    values = {
        "option": "logistic on ECS Fargate, 2 x (1 vCPU, 2 GiB)",
        "basis": "assumed",
        "mean_requests_per_s": 20.0,
        "peak_requests_per_s": 60.0,
        "carried_requests_per_s": 280.0,
        "replicas": 2,
        "need_ms": 100.0,
        "start_s": 76.0,
        "hours": tuple(
            TrafficHour(hour=h, requests_per_s=r, busiest_requests_per_s=1.1 * r, replicas=1)
            for h, r in enumerate(rates)
        ),
        "scaling": tuple(
            ScalingOutcome(
                name=name,
                mean_replicas=mean,
                most_replicas=most,
                serving_usd_per_month=30.0 + 30 * mean,
                p99_ms=12.0,
                out_of_need_fraction=out,
                target_per_minute=target,
            )
            for name, mean, most, out, target in ways
        ),
    }
    return TrafficAdvice(**values | changes)


def learning():
    return tuple(
        LearningCurve(
            candidate=name,
            points=tuple(
                LearningCurvePoint(
                    row_count=rows,
                    quality=top - 8 / rows,
                    quality_low=top - 8 / rows - 0.004,
                    quality_high=top - 8 / rows + 0.004,
                    wall_s=rows / 1000,
                )
                for rows in (100, 200, 400)
            ),
        )
        for name, top in (("dummy", 0.7), ("logistic", 0.955), ("forest", 0.96))
    )


def risky():
    """The fields that tell how sure an answer is, and what would change it."""
    other = AnswerKey(candidate="logistic", platform="ecs-ec2", sku="c7g.large")
    return {
        "break_even": (
            BreakEven(
                driver="workload.requests_per_s", unit="1/s", now=20.0, flips_at=320.0, to=other
            ),
            BreakEven(
                driver="team.engineer_usd_per_hour", unit="USD/h", now=95.0, flips_at=40.0, to=None
            ),
        ),
        "rivals": (
            Rival(
                question="Why not SageMaker real-time?",
                name="logistic on SageMaker real-time, 2 x ml.c7i.large",
                candidate="logistic",
                platform="sagemaker-realtime",
                sku="ml.c7i.large",
                region="us-east-1",
                purchase="on-demand",
                usd_per_month_more=102.0,
                probability_cheaper=0.12,
                why_not="102 USD/month more for the same p99.",
                overtakes=(
                    Overtaking(
                        driver="workload.requests_per_s", unit="1/s", now=20.0, overtakes_at=2000.0
                    ),
                ),
            ),
        ),
        "holds": Holds(
            first_driver="workload.requests_per_s",
            second_driver="team.engineer_usd_per_hour",
            first_unit="1/s",
            second_unit="USD/h",
            points=tuple(
                HoldsPoint(first=x, second=y, answer=other, holds=x < 300)
                for x in (20.0, 200.0, 2000.0)
                for y in (50.0, 95.0, 200.0)
            ),
        ),
        "risk": Risk(
            draw_count=1000,
            seed=0,
            criterion="expected",
            quantile=0.9,
            wanted_probability_feasible=0.8,
            inputs=(
                UncertainInput(
                    name="traffic level",
                    low=0.8,
                    high=1.25,
                    unit="factor",
                    source="our assumption",
                    basis="assumed",
                    information_usd_per_month=12.0,
                    swing_usd_per_month=-260.0,
                ),
            ),
            budget=BudgetRisk(
                budget_usd_per_month=900.0,
                probability_over=0.07,
                value_at_risk_usd_per_month=830.0,
                tail_mean_usd_per_month=880.0,
            ),
            drawn_option_count=40,
            tie=None,
        ),
        "horizon": HorizonAdvice(
            growth_per_year_fraction=0.3,
            months=(
                HorizonMonth(month=0, requests_per_s=20.0, usd_per_month=641.0, answer=other),
                HorizonMonth(month=12, requests_per_s=26.0, usd_per_month=None, answer=None),
            ),
            changes_in_month=9,
            changes_on=date(2027, 8, 21),
            changes_to=other,
            commitment=CommitmentAdvice(
                advice="not-at-all",
                month=None,
                saves_usd_over_horizon=0.0,
                why="Nothing is saved by a commitment.",
            ),
        ),
    }


def ladder():
    return (
        LadderStep(
            candidate="dummy",
            quality=0.627,
            quality_spread=0.0,
            usd_per_month=590.0,
            error_usd_per_month=22691.0,
            verdict="costs 19,820 USD/month more in errors than logistic",
        ),
        LadderStep(
            candidate="logistic",
            quality=0.953,
            quality_spread=0.008,
            usd_per_month=641.23,
            error_usd_per_month=2859.0,
            verdict="chosen",
        ),
        LadderStep(
            candidate="forest",
            quality=0.958,
            quality_spread=0.014,
            usd_per_month=688.0,
            error_usd_per_month=2555.0,
            verdict="better by 0.005, which is within noise: the simpler one wins",
        ),
        LadderStep(
            candidate="mlp",
            quality=None,
            quality_spread=None,
            usd_per_month=None,
            error_usd_per_month=None,
            verdict="crashed while training: out of memory at 2 GiB",
        ),
    )


def recommendation(**changes):
    best = option()
    sagemaker = option(
        platform="sagemaker-realtime",
        serving_usd=152.0,
        name="logistic on SageMaker real-time, 2 x ml.c7i.large",
        sku="ml.c7i.large",
    )
    forest = option(candidate="forest", serving_usd=97.0, quality=0.958)
    serverless = option(
        platform="sagemaker-serverless",
        serving_usd=12.0,
        name="logistic on SageMaker serverless, 1,024 MB",
        sku="1024 MB",
        replicas=0,
        p99_latency_ms=3400.0,
        p99_latency_ms_low=None,
        p99_latency_ms_high=None,
        utilisation_fraction=None,
        basis="assumed",
    )
    values = {
        "verdict": "Deploy logistic on ECS Fargate, 2 x (1 vCPU, 2 GiB), us-east-1: "
        "641 USD/month, p99 41 ms of 100 ms; SageMaker real-time costs 102 USD/month more. "
        "Retrain every 28 days (decay from a simulated stream). No GPU: it pays from "
        "1,900 requests/s.",
        "best": best,
        "ranked": (best, forest, sagemaker),
        "rejected": (
            Rejection(
                option=serverless,
                reasons=("p99 3,400 ms > 100 ms: a cold start falls in the slowest 1%",),
            ),
        ),
        "retraining": retraining(),
        "gpu": GpuAdvice(
            serving=GpuServing(
                needed=False,
                pays_from_requests_per_s=1900.0,
                why="One CPU worker answers in 2 ms; a GPU would idle 99% of the time.",
            ),
            training=GpuTraining(
                needed=False,
                pays_from_runs_per_month=None,
                why="One run takes 13 s on 4 vCPUs.",
            ),
        ),
        "training": training(),
        "experiments": experiments(),
        "ladder": ladder(),
        "assumptions": (
            Assumption(
                name="workload.requests_per_s",
                value=20.0,
                unit="1/s",
                source="the study",
                dated=date(2026, 11, 21),
                basis="input",
            ),
            Assumption(
                name="needs.max_p99_latency_ms",
                value=100.0,
                unit="ms",
                source="the study",
                basis="input",
            ),
            Assumption(
                name="needs.min_quality", value=None, unit="", source="the study", basis="input"
            ),
            Assumption(
                name="load_balancer_s",
                value=0.002,
                unit="s added to every answer on ECS",
                source="our assumption; not measured",
                dated=date(2026, 8, 1),
                basis="assumed",
            ),
        ),
        "prices": PriceStamp(
            on=date(2026, 11, 21), oldest_checked_on=date(2026, 10, 3), sha256="ab" * 32
        ),
        "runs": ("20261121-logistic-1", "20261121-forest-1"),
        "study": "churn",
        "metric": "accuracy",
        "data": "569 rows, 30 columns, classification",
        "hardware": "AMD EPYC 9R14, 2 vCPUs, 8 GiB",
        "considered": Considered(option_count=480, feasible_count=120, rejected_count=360),
        "relaxations": (),
        "measure_next": (
            MeasureNext(
                action="Load-test the container: advisor serve STUDY.yaml",
                cost_usd=0.02,
                saves_usd_per_month=38.0,
            ),
        ),
        "excluded": ("Taxes, support plans and credits.", "Data transfer between regions."),
        "warnings": ("Only 3 seeds: run 'advisor bench churn.yaml --preset standard'.",),
        "cost_curve": cost_curve(),
        "latency": latency(),
        "traffic": traffic(),
        "learning": learning(),
        **risky(),
    }
    return Recommendation(**values | changes)


def infeasible():
    whole = recommendation()
    losers = tuple(
        Rejection(option=one, reasons=("p99 41 ms > 1 ms", "budget 641 USD/month > 10 USD/month"))
        for one in whole.ranked
    )
    return recommendation(
        verdict="No option meets every need: nearest is p99 41 ms of 1 ms.",
        best=None,
        ranked=(),
        rejected=losers + whole.rejected,
        considered=Considered(option_count=480, feasible_count=0, rejected_count=480),
        relaxations=("needs.max_p99_latency_ms: 42 ms would do",),
        cost_curve=(),
        experiments=None,
        latency=None,
        traffic=None,
        learning=(),
        break_even=(),
        rivals=(),
        holds=None,
        risk=None,
        horizon=None,
        retraining=retraining(
            interval_days=None,
            decay_per_day=0.0,
            band_5_percent_days=None,
            now_interval_days=None,
            curve=(),
            decay_points=(),
            decay_line=(),
            simulated=False,
            basis="assumed",
            error_usd_per_month=None,
            why="No decay was measured or assumed: watch the error and retrain when it grows.",
        ),
        ladder=tuple(
            LadderStep(
                candidate=step.candidate,
                quality=step.quality,
                quality_spread=step.quality_spread,
                usd_per_month=None,
                error_usd_per_month=step.error_usd_per_month,
                verdict="no feasible option",
            )
            for step in ladder()
        ),
    )


def hostile():
    """Every string that a user or a data file can set is an attack."""
    one = option(candidate=HOSTILE, name=f"{HOSTILE} on ecs-fargate")
    other = option(candidate=f"b{HOSTILE}", name=f"b{HOSTILE}", serving_usd=80.0)
    return recommendation(
        verdict=f"Deploy {HOSTILE}: 641 USD/month.",
        best=one,
        ranked=(one, other),
        rejected=(Rejection(option=other.replace(region="eu-west-1"), reasons=(HOSTILE,)),),
        study=HOSTILE,
        metric=HOSTILE,
        data=HOSTILE,
        hardware=HOSTILE,
        runs=(HOSTILE,),
        ladder=(
            LadderStep(
                candidate=HOSTILE,
                quality=0.9,
                quality_spread=0.01,
                usd_per_month=641.0,
                error_usd_per_month=1.0,
                verdict=HOSTILE,
            ),
        ),
        assumptions=(
            Assumption(name=HOSTILE, value=HOSTILE, unit=HOSTILE, source=HOSTILE, basis="input"),
        ),
        warnings=(HOSTILE,),
        measure_next=(MeasureNext(action=HOSTILE, cost_usd=0.0, saves_usd_per_month=0.0),),
        excluded=(HOSTILE,),
        relaxations=(HOSTILE,),
        retraining=retraining(why=HOSTILE, notes=(HOSTILE,)),
        latency=latency(option=HOSTILE),
        traffic=traffic(option=HOSTILE),
        learning=tuple(one.replace(candidate=HOSTILE) for one in learning()[:1]),
        experiments=experiments(
            candidate=HOSTILE, why=HOSTILE, spread_source=HOSTILE, hit_rate_source=HOSTILE
        ),
        cost_curve=(
            CostPoint(
                requests_per_s=1.0, platform="ecs-fargate", option=HOSTILE, usd_per_month=3.0
            ),
        ),
    )


def job(**changes):
    sizes = [1e6 * 2.0**i for i in range(-4, 5)]
    values = {
        "option": "logistic on SageMaker batch transform, 1 x ml.c7i.large",
        "machines": 1,
        "jobs_per_day": 1.0,
        "row_count": 1e6,
        "requests_per_s": 0.0116,
        "start_s": 240.0,
        "work_s": 600.0,
        "deadline_s": 7200.0,
        "largest_row_count": 1.16e7,
        "basis": "scaled",
        "curve": tuple(
            JobPoint(
                row_count=size,
                wall_s=240 + 600 * size / 1e6,
                wall_s_low=240 + 450 * size / 1e6,
                wall_s_high=240 + 800 * size / 1e6,
            )
            for size in sizes
        ),
    }
    return JobAdvice(**values | changes)


CHARTS_OF_JOBS = ("job-time",)
"""Charts that an answer about requests has not; it has `latency-by-load` in their place."""
