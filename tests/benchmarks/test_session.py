"""Which workers the candidates share, and that those of one candidate start side by side."""

import pytest

from benchmarks.families import FAMILIES, SKLEARN_SERVING, TORCH_SERVING
from benchmarks.session import session as lab_module
from benchmarks.session.session import Lab, shared_modules
from benchmarks.storage.store import RunStore
from tests.benchmarks.factories import candidate, hardware, tiny_preset


class FakeWorker:
    """Writes down what is asked of it."""

    def __init__(self, told, **asked):
        self.told, self.asked = told, asked

    def start(self):
        self.told.append(("start", self.asked["thread_count"]))

    def wait_until_ready(self):
        self.told.append(("wait", self.asked["thread_count"]))

    def close(self):
        self.told.append(("close", self.asked["thread_count"]))


@pytest.fixture
def told(monkeypatch):
    found = []
    monkeypatch.setattr(lab_module, "Worker", lambda **asked: FakeWorker(found, **asked))
    return found


def lab(tmp_path, *, thread_counts):
    return Lab(
        data=None,
        data_path=tmp_path / "data.pickle",
        scratch=tmp_path,
        folder=tmp_path,
        hardware=hardware(),
        preset=tiny_preset(),
        store=RunStore(tmp_path / ".advisor"),
        batches=(1,),
        memory_limit_bytes=2**30,
        begin_step=lambda *_: None,
        thread_counts=thread_counts,
    )


def test_the_workers_of_a_candidate_are_all_started_before_any_is_waited_for(tmp_path, told):
    shared = lab(tmp_path, thread_counts=(1, 2, 4))

    two = shared.worker(candidate(), thread_count=2, device="cpu")

    assert sorted(told[:3]) == [("start", 1), ("start", 2), ("start", 4)]
    assert sorted(told[3:]) == [("wait", 1), ("wait", 2), ("wait", 4)]
    assert two.asked["thread_count"] == 2
    assert shared.worker(candidate(), thread_count=2, device="cpu") is two
    assert len(told) == 6


def test_candidates_of_scikit_learn_share_workers_and_other_libraries_have_their_own(
    tmp_path, told
):
    shared = lab(tmp_path, thread_counts=(1,))
    linear = shared.worker(candidate(), thread_count=1, device="cpu")
    forest = candidate(name="forest", family="random_forest")
    network = candidate(name="net", family="torch_mlp")

    assert shared.worker(forest, thread_count=1, device="cpu") is linear
    assert "torch" not in linear.asked["warm_payload"]["modules"]
    other = shared.worker(network, thread_count=1, device="cpu")
    assert "torch" in other.asked["warm_payload"]["modules"]
    assert told[-3:] == [("close", 1), ("start", 1), ("wait", 1)]


def test_a_shared_worker_loads_the_same_whichever_candidates_are_measured():
    every = {shared_modules(family.serving_modules) for family in FAMILIES.values()}

    assert shared_modules(SKLEARN_SERVING) in every
    assert shared_modules(TORCH_SERVING) == TORCH_SERVING
    assert sum("sklearn.dummy" in modules for modules in every) == 1
