"""How the chosen option answers under load, and what was measured of the model alone."""

from advisor.decision.answer.words import hours_of
from advisor.recommendation import JobAdvice, LatencyAdvice, Recommendation, TrafficAdvice
from advisor.report import tables
from advisor.report.sections.parts import Section, present
from advisor.report.tables.latency_breakdown import chain_sentence, chain_tables
from advisor.report.words import counted, milliseconds, significant

NOTHING = "Nothing is feasible: there is no option whose answer time could be drawn."
NOT_MEASURED = (
    "The times of the model alone, on the machine of the benchmark: no server, no network, one "
    "call at a time. A quantile for which too few calls were made is not given."
)


def latency(recommendation: Recommendation) -> tuple[Section, ...]:
    """Load against p99 with the need, and the measured distribution."""
    advice = recommendation.latency
    if advice is None:
        return (Section("Latency: how it answers under load", sentences=(NOTHING,)),)
    return present(
        _job(recommendation.job)
        if recommendation.job
        else Section(
            "Latency: how it answers under load",
            sentences=_sentences(advice),
            chart="latency-by-load" if advice.curve else None,
            tables=(tables.load_table(advice),),
        ),
        Section(
            "Latency: what a faster answer costs",
            chart="cost-by-latency",
            tables=(tables.frontier_table(recommendation),),
        ),
        _traffic(recommendation.traffic) if recommendation.traffic else Section(""),
        Section(
            "Latency: what was measured",
            sentences=(
                NOT_MEASURED,
                (
                    f"{advice.measured_call_count:,} calls of {advice.measured_rows:,} "
                    f"row{'' if advice.measured_rows == 1 else 's'}, warm-ups dropped."
                ),
            ),
            chart="measured-latency",
            tables=(tables.measured_table(advice),),
        )
        if advice.measured
        else Section(""),
        Section(
            "Latency: from the measured time to this machine",
            sentences=(chain_sentence(recommendation),),
            tables=chain_tables(recommendation),
        )
        if recommendation.carried
        else Section(""),
    )


def _job(advice: JobAdvice) -> Section:
    wall_s = advice.start_s + advice.work_s
    share = f"{advice.machines:,} machines share" if advice.machines > 1 else "one machine scores"
    return Section(
        "Latency: how long one job takes",
        sentences=(
            (
                f"{advice.option}: {share} the {counted(advice.row_count)} rows of a job in "
                f"{hours_of(1e3 * wall_s)}, of which {hours_of(1e3 * advice.start_s)} are the "
                f"start; {hours_of(1e3 * advice.deadline_s)} are allowed."
            ),
            (
                f"The same machines finish up to {counted(advice.largest_row_count, digits=2)} "
                "rows in time; a larger job gets more of them."
            ),
        ),
        chart="job-time",
        tables=(tables.job_table(advice),),
    )


def _traffic(advice: TrafficAdvice) -> Section:
    days = "week" if len(advice.hours) > 24 else "day"
    shape = (
        f"The study's own {days}:"
        if advice.basis == "input"
        else "No profile is in the study: a day's bell around midday is assumed; "
        "'advisor traffic FILE' reads yours from a log. Assumed are"
    )
    needed = "" if advice.need_ms is None else f"within {milliseconds(advice.need_ms)} ms "
    return Section(
        "Latency: traffic and scaling",
        sentences=(
            (
                f"{shape} {significant(advice.mean_requests_per_s)} requests/s on average, "
                f"planned for {significant(advice.peak_requests_per_s)}; {advice.option} carries "
                f"{significant(advice.carried_requests_per_s)} {needed}with headroom left."
            ),
            _saving(advice),
        ),
        chart="traffic",
        tables=(tables.traffic_table(advice), tables.scaling_table(advice)),
    )


def _saving(advice: TrafficAdvice) -> str:
    fixed, *others = advice.scaling
    usable = [w for w in others if w.out_of_need_fraction <= fixed.out_of_need_fraction + 0.01]
    best = min(usable, key=lambda way: way.serving_usd_per_month, default=None)
    saved = 0.0 if best is None else fixed.serving_usd_per_month - best.serving_usd_per_month
    if best is None or saved < 0.01 * fixed.serving_usd_per_month:
        return (
            "Scaling with the traffic saves nothing worth having without leaving the need: keep "
            "the replicas fixed."
        )
    what = (
        "a schedule by the hour"
        if best.target_per_minute is None
        else f"target tracking at {significant(best.target_per_minute)} requests per replica and "
        "minute"
    )
    return (
        f"With {what} it would take {significant(best.mean_replicas)} replicas on average in place "
        f"of {advice.replicas}, and save {significant(saved)} USD/month of serving; the answer "
        "counts them as fixed."
    )


def _sentences(advice: LatencyAdvice) -> tuple[str, ...]:
    if not advice.curve:
        return (
            (
                f"{advice.option}: serverless adds a container for each request at a time, so the "
                "answer time does not grow with the rate; what it grows with are cold starts."
            ),
        )
    who = (
        "the chosen option"
        if advice.is_chosen
        else "the best option that keeps replicas (the chosen one adds containers with the load)"
    )
    found = [
        (
            f"Drawn for {advice.option}, {who}: its replicas as planned for the peak of "
            f"{significant(advice.peak_requests_per_s)} requests/s, the load on them changed."
        )
    ]
    if advice.need_ms is not None and advice.reaches_need_at_requests_per_s is not None:
        found.append(
            f"p99 reaches the need of {milliseconds(advice.need_ms)} ms at "
            f"{significant(advice.reaches_need_at_requests_per_s)} requests/s."
        )
    elif advice.need_ms is not None:
        found.append(
            f"p99 stays within the need of {milliseconds(advice.need_ms)} ms until the workers "
            "are all but full."
        )
    if advice.full_at_requests_per_s is not None:
        found.append(
            f"Every worker is busy at {significant(advice.full_at_requests_per_s)} requests/s: "
            "from there on the queue only grows."
        )
    return tuple(found)
