"""How the chosen option answers under load, and what was measured of the model alone."""

from advisor.recommendation import LatencyAdvice, Recommendation
from advisor.report import tables
from advisor.report.chain import chain_sentence, chain_tables
from advisor.report.sections.parts import Section, present
from advisor.report.words import milliseconds, significant

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
        Section(
            "Latency: how it answers under load",
            sentences=_sentences(advice),
            chart="latency-by-load" if advice.curve else None,
            tables=(tables.load_table(advice),),
        ),
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


def _sentences(advice: LatencyAdvice) -> tuple[str, ...]:
    if not advice.curve:
        return (
            (
                f"{advice.option}: serverless adds a container for each request at a time, so the "
                "answer time does not grow with the rate; what it grows with are cold starts."
            ),
        )
    who = "" if advice.is_chosen else " the best option that keeps replicas:"
    found = [
        (
            f"Of{who} {advice.option}, its replicas held as planned for the peak of "
            f"{significant(advice.peak_requests_per_s)} requests/s."
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
