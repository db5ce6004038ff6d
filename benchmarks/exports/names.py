"""What an exported measurement is called."""

from collections.abc import Iterator, Sequence

from benchmarks.storage.records import BenchmarkRun, InferenceMeasurement


def timed(
    runs: Sequence[BenchmarkRun],
) -> Iterator[tuple[str, BenchmarkRun, InferenceMeasurement]]:
    """Return every timed call of finished runs with a name of its own.

    Several runs of one candidate are told apart by the id of the run.
    """
    taken: set[str] = set()
    for run in runs:
        if run.outcome != "ok":
            continue
        for item in [*run.inference, *(i for form in run.forms for i in form.inference)]:
            name = (
                f"{run.candidate.name}[{run.device}-{item.form}-{item.input_kind}-{item.precision}-"
                f"rows{item.batch_rows}-threads{item.thread_count}]"
            )
            if name in taken:
                name = f"{name[:-1]}-{run.id}]"
            taken.add(name)
            yield name, run, item
