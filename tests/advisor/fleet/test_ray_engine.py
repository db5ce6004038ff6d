"""Ray for real: two local nodes, one of them killed in the middle."""

import os
import time
from pathlib import Path

import pytest

from advisor.errors import AdvisorError
from advisor.fleet.measuring import refuse_a_niced_process

LONG = pytest.mark.skipif(
    not os.environ.get("ADVISOR_LONG"), reason="starts a cluster: set ADVISOR_LONG=1"
)


def test_a_niced_process_takes_no_times():
    refuse_a_niced_process(0)
    with pytest.raises(AdvisorError, match="niceness of 15"):
        refuse_a_niced_process(15)


def note(number, folder):
    """Leave a mark for each time that it ran to its end, and tell the own niceness."""
    time.sleep(0.3)
    with (Path(folder) / f"{number}-{os.getpid()}").open("w") as file:
        file.write("done")
    if number == 7:
        raise ValueError("seven fails\nfor a reason")
    return number * number, os.getpriority(os.PRIO_PROCESS, 0)


def same(value):
    return value


@LONG
@pytest.mark.filterwarnings("ignore")
def test_two_nodes_survive_the_loss_of_one_and_answer_as_local_does(tmp_path, monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
    from ray.cluster_utils import Cluster

    from advisor.fleet.engines.local import LocalEngine
    from advisor.fleet.engines.ray import RayEngine

    monkeypatch.setenv("RAY_worker_niceness", "0")
    root = str(Path(__file__).resolve().parents[3])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        second = cluster.add_node(num_cpus=1)
        engine = RayEngine(address=cluster.address)
        items = [(number, str(tmp_path)) for number in range(40)]
        found = []
        for outcome in engine.map(note, items, exclusive=False):
            found.append(outcome)
            if len(found) == 10:
                cluster.remove_node(second, allow_graceful=False)

        by_index = sorted(found, key=lambda one: one.index)
        local = sorted(
            LocalEngine(workers=2).map(note, items, exclusive=False), key=lambda one: one.index
        )
        assert by_index == local
        assert {one.value[1] for one in by_index if one.value} == {0}
        assert by_index[7].error == "seven fails"

        start = time.perf_counter()
        list(engine.map(same, [(1,)] * 300, exclusive=False))
        ours = time.perf_counter() - start
        bare = ray.remote(num_cpus=1)(same)
        start = time.perf_counter()
        ray.get([bare.remote(1) for _ in range(300)])
        theirs = time.perf_counter() - start
        print(f"a task: {ours / 300 * 1e3:.2f} ms, bare Ray {theirs / 300 * 1e3:.2f} ms")
    finally:
        ray.shutdown()
        cluster.shutdown()
