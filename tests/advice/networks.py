"""Runs of networks and of what is none, with times that follow from their arithmetic."""

from benchmarks.storage.records import InferenceMeasurement, NetworkWork
from tests.advisor.factories import hardware, run


def timings(call_s, row_s):
    return tuple(
        InferenceMeasurement(
            batch_rows=rows,
            thread_count=1,
            durations_s=tuple((call_s + row_s * rows) * (1 + 0.01 * (i % 3)) for i in range(30)),
        )
        for rows in (1, 8, 64, 256)
    )


def network(name, *, gflop, core_gflop_per_s, weights, kernels, call_s=0.0003, rank=4, **changes):
    """A network on one core that does so many GFLOP a second of it."""
    row_s = gflop / core_gflop_per_s
    return run(
        name,
        rank,
        error=0.05,
        training_s=600.0,
        parameter_count=weights,
        network=NetworkWork(
            flop_per_row=gflop * 1e9,
            bytes_per_row=gflop * 1e9 / 50,
            bytes_per_call=4.0 * weights,
            kernel_count=kernels,
        ),
        inference=timings(call_s, row_s),
        **changes,
    )


def on_card(name, model, *, call_s, row_s, weights, rank=4, **changes):
    """The same network timed on a GPU, from parsed rows to answers."""
    card = hardware(gpu_model=model, gpu_memory_gib=16.0)
    return run(
        name,
        rank,
        error=0.05,
        training_s=60.0,
        parameter_count=weights,
        device="cuda",
        hardware=card,
        inference=timings(call_s, row_s),
        **changes,
    )


CONVOLUTIONS = {"gflop": 2.4, "core_gflop_per_s": 60.0, "weights": 11_000_000, "kernels": 60}
TRANSFORMER = {"gflop": 0.87, "core_gflop_per_s": 40.0, "weights": 3_200_000, "kernels": 80}
PERCEPTRON = {"gflop": 0.0002, "core_gflop_per_s": 20.0, "weights": 110_000, "kernels": 6}
