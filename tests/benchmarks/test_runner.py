"""Whole runs on small real data with a preset that measures next to nothing."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError, CandidateError, DataError
from benchmarks.families import ladder
from benchmarks.session.plan import plan_lines, plan_trials
from benchmarks.session.presets import PRESETS, preset_named
from benchmarks.session.runner import run_key, run_study_benchmarks
from benchmarks.session.training_trials import curve_sizes
from benchmarks.statistics.replicates import unsteady_notes
from benchmarks.storage.records import DataSettings, InferenceMeasurement
from benchmarks.storage.store import RunStore
from tests.benchmarks.factories import candidate, dataset, hardware, tiny_preset

HERE = Path(__file__).parent
WINE = DataSettings(source="builtin:wine")

OWN = """
import os, signal, sys, time
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree import DecisionTreeClassifier

def good():
    return DecisionTreeClassifier(max_depth=3)

class Broken(ClassifierMixin, BaseEstimator):
    def __init__(self, how="raise"):
        self.how = how
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        if self.how == "raise": raise RuntimeError("no luck today")
        if self.how == "exit": sys.exit(0)
        if self.how == "segfault": os.kill(os.getpid(), signal.SIGSEGV)
        if self.how == "hang": time.sleep(600)
        if self.how == "hog":
            self.kept = [bytearray(2**24) for _ in range(10**6)]
        if self.how == "shout": sys.stdout.write("x" * 10**7)
        if self.how == "mutate": X[:] = 0
        return self
    def predict(self, X):
        if self.how == "nan": return np.full(len(X), np.nan)
        return np.zeros(len(X), dtype=int)

def raises(): return Broken("raise")
def exits(): return Broken("exit")
def crashes(): return Broken("segfault")
def hangs(): return Broken("hang")
def hogs(): return Broken("hog")
def shouts(): return Broken("shout")
def mutates(): return Broken("mutate")
def predicts_nan(): return Broken("nan")
"""


@pytest.fixture(autouse=True)
def _a_small_machine(monkeypatch):
    """One processor, so that there is one worker to start, and a memory limit worth its name.

    The machine is probed once, for `measured`.
    """
    monkeypatch.setattr("benchmarks.session.runner.read_host", hardware)
    monkeypatch.setattr("benchmarks.session.session.probe_machine", lambda *_, **__: ({}, ()))
    monkeypatch.setattr("benchmarks.session.session.available_memory_bytes", lambda: 2**30)


@pytest.fixture
def study(tmp_path):
    (tmp_path / "own_fits.py").write_text(OWN)
    return tmp_path


def measure(folder, **changes):
    boring = {
        "data_settings": WINE,
        "candidates": ["dummy", "linear"],
        "store": RunStore(folder / ".advisor"),
        "folder": folder,
        "preset": tiny_preset(),
        "devices": ("cpu",),
    }
    return run_study_benchmarks(**(boring | changes))


TWO_CPUS = {
    "benchmarks.session.runner.read_host": lambda: hardware(logical_cpu_count=2),
    "benchmarks.session.candidate_bench.free_processor_count": lambda **_: 2,
    # Whatever else runs on this machine.
    "benchmarks.session.training_trials.CROWDED_FRACTION": 2.0,
}


TWO_PROCESSES = {
    "preset": tiny_preset(process_count=2, threaded_process_count=2),
    "rows_per_request": 3,
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Two candidates measured once, for all tests that only look."""
    folder = tmp_path_factory.mktemp("measured")
    steps = []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in TWO_CPUS.items():
            patch.setattr(name, value)
        result = measure(
            folder, candidates=["linear", "dummy"], on_progress=steps.append, **TWO_PROCESSES
        )
    return folder, result, steps


def test_every_candidate_becomes_a_run_with_all_that_a_decision_needs(measured):
    folder, result, steps = measured

    assert [run.candidate.name for run in result.runs] == ["dummy", "linear"]
    for run in result.runs:
        assert run.outcome == "ok"
        assert [(t.seed, t.thread_count) for t in run.training] == [(0, 2), (1, 2), (2, 2), (0, 1)]
        assert len({point.row_count for point in run.learning_curve}) == 4
        assert [(i.thread_count, i.batch_rows) for i in run.inference] == [
            (threads, size) for threads in (1, 2) for size in (1, 3, 8, 64, 256, 1024)
        ]
        assert run.artefact_bytes > 0
        assert run.load_s > 0
        assert run.import_s > 0
        assert run.serving_memory_bytes > 50 * 2**20
        assert 0 < run.extra_worker_memory_bytes < run.serving_memory_bytes
        assert all(t.peak_memory_bytes > 50 * 2**20 for t in run.training)
        assert len(run.hardware.probes) == 18
        assert len(run.circumstances.references) > 8
        assert all(p.peak_memory_bytes > 0 for p in run.learning_curve)
    dummy, linear = result.runs
    assert linear.training[0].quality > dummy.training[0].quality
    assert linear.training[0].error_per_case == pytest.approx(1 - linear.training[0].quality)
    assert RunStore(folder / ".advisor").runs() == result.runs
    assert steps[-1].done_count == steps[-1].total_count == len(result.plan.trials)
    assert [step.done_count for step in steps] == sorted(step.done_count for step in steps)


def test_processes_of_one_thread_and_of_all_take_turns(measured):
    """So that they lie far apart in time, and what the machine does meanwhile is between them."""
    _, result, _ = measured

    for run in result.runs:
        trials = [check.trial for check in run.circumstances.references]
        assert [name for name in trials if name.startswith("serve")] == [
            "serve-1-0",
            "serve-2-0",
            "serve-1-1",
            "serve-2-1",
        ]
        assert {i.process_call_counts for i in run.inference} == {(2, 2)}


@pytest.mark.slow
def test_timed_processes_that_others_disturb_are_repeated_within_bounds(study, monkeypatch):
    monkeypatch.setattr("benchmarks.session.trial_runner.OTHER_LOAD_LIMIT_FRACTION", -1.0)

    result = measure(
        study,
        candidates=["dummy"],
        preset=tiny_preset(process_count=2, spare_process_count=1),
    )

    (disturbed,) = result.runs
    trials = [check.trial for check in disturbed.circumstances.references]
    assert [name for name in trials if name.startswith("serve")] == [
        "serve-1-0",
        "serve-1-1",
        "serve-1-2",
    ]
    assert {i.process_call_counts for i in disturbed.inference} == {(2, 2, 2)}


def test_a_second_call_measures_nothing_again_unless_asked(measured, monkeypatch):
    folder, first, _ = measured
    for name, value in TWO_CPUS.items():
        monkeypatch.setattr(name, value)
    same = {"candidates": ["dummy", "linear"], **TWO_PROCESSES}
    plans = []

    second = measure(folder, **same)

    assert second.runs == first.runs
    assert second.new_run_ids == frozenset()
    assert second.plan.trials == ()
    with pytest.raises(ZeroDivisionError):  # stops it once it has a plan
        measure(folder, **same, again=True, on_plan=lambda plan: plans.append(plan) or 1 / 0)
    assert [len(plan.trials) for plan in plans] == [len(first.plan.trials)]


TROUBLE = {
    "raises": ("failed", "RuntimeError: no luck today (own_fits.py, line"),
    "exits": ("failed", "called sys.exit(0)"),
    "crashes": ("crashed", "SIGSEGV"),
    "hogs": ("out-of-memory", "needed more memory than its limit of 0.8 GiB"),
    "predicts_nan": ("failed", "predicted NaN or infinity for 36 of 36 rows"),
    "nowhere": ("failed", "own_fits has no function 'nowhere'"),
    "shouts": ("ok", None),
    "mutates": ("ok", None),
}


@pytest.mark.slow
def test_a_candidate_that_fails_is_a_run_with_its_reason_and_the_others_go_on(study):
    names = [*TROUBLE, "good"]

    result = measure(study, candidates=[(name, f"own_fits:{name}") for name in names])

    found = {run.candidate.name: run for run in result.runs}
    assert list(found) == names
    for name, (outcome, reason) in TROUBLE.items():
        assert found[name].outcome == outcome, name
        assert reason is None or reason in found[name].reason
    assert found["good"].outcome == "ok"
    assert len(RunStore(study / ".advisor").runs()) == len(names)


@pytest.mark.slow
def test_a_candidate_that_hangs_is_ended_at_the_limit_and_the_others_go_on(study):
    """The limit is long against a trial of the good one, so that no load lets that one hit it."""
    result = measure(
        study,
        candidates=[(name, f"own_fits:{name}") for name in ("hangs", "good")],
        preset=tiny_preset(trial_limit_s=8.0),
    )

    hung, good = result.runs
    assert hung.outcome == "timeout"
    assert "did not end within 8 s" in hung.reason
    assert good.outcome == "ok"
    assert good in RunStore(study / ".advisor").runs()


def test_a_user_model_is_measured_anew_when_its_module_changes(study):
    own = candidate(name="mine", family="import", import_path="own_fits:good")

    def key():
        return run_key(
            own,
            device="cpu",
            dataset=dataset(),
            preset=tiny_preset(),
            hardware=hardware(),
            folder=study,
            batches=(1,),
        )

    before = key()
    assert key() == before

    (study / "own_fits.py").write_text(OWN + "# changed\n")
    assert key() != before


@pytest.mark.parametrize(
    "change",
    [
        {"candidate": candidate(name="other")},
        {"dataset": dataset(sha256="1" * 64)},
        {"hardware": hardware(host_id="other")},
        {"hardware": hardware(libraries={"numpy": "3"})},
        {"preset": tiny_preset(seeds=(0,))},
        {"device": "cuda"},
        {"batches": (1, 8)},
    ],
)
def test_runs_under_other_circumstances_have_other_keys(tmp_path, change):
    boring = {
        "candidate": candidate(),
        "device": "cpu",
        "dataset": dataset(),
        "preset": tiny_preset(),
        "hardware": hardware(),
        "folder": tmp_path,
        "batches": (1,),
    }

    def key(candidate, **rest):
        return run_key(candidate, **rest)

    assert key(**(boring | change)) != key(**boring)


@pytest.mark.slow
def test_a_harness_that_is_killed_goes_on_where_it_was(study):
    """It kills itself as soon as two trials are kept, whatever the machine's speed."""
    script = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        import benchmarks.session.session as lab
        import benchmarks.session.runner as runner
        from benchmarks.storage.store import RunStore
        from tests.benchmarks.factories import hardware
        from tests.benchmarks.test_runner import measure
        runner.read_host = hardware
        lab.available_memory_bytes = lambda: 2**30
        lab.probe_machine = lambda *_, **__: ({{}}, ())
        keep, kept = RunStore.keep_trial, []
        def keep_and_die(store, key, trial_id, result):
            keep(store, key, trial_id, result)
            kept.append(trial_id)
            if len([name for name in kept if name.startswith("curve-")]) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
        RunStore.keep_trial = keep_and_die
        measure(Path({str(study)!r}), candidates=["linear"])
    """)
    killed = subprocess.run([sys.executable, "-c", script], cwd=HERE.parents[1], check=False)
    assert killed.returncode == -signal.SIGKILL
    unfinished = study / ".advisor/unfinished"

    store = RunStore(study / ".advisor")
    assert store.runs() == ()
    kept = {path.stem for path in unfinished.glob("*/curve-*.json")}
    steps = []
    result = measure(study, candidates=["linear"], on_progress=steps.append)
    done_again = {step.label for step in steps if "learning curve" in step.label}
    assert result.runs[0].outcome == "ok"
    assert len(kept) == 2
    assert len(done_again) == 1
    assert list(unfinished.glob("*")) == []


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished(study):
    def interrupt(progress):
        if progress.label.startswith("linear: training"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(study, on_progress=interrupt)

    store = RunStore(study / ".advisor")
    assert [run.candidate.name for run in store.runs()] == ["dummy"]
    result = measure(study)
    assert [run.candidate.name for run in store.runs()] == ["dummy", "linear"]
    assert len(result.new_run_ids) == 1


@pytest.mark.slow
def test_time_stamped_data_are_back_tested(study):
    settings = DataSettings(source="simulated:linear,rows=1200,periods=24")

    result = measure(study, data_settings=settings, candidates=["linear"])

    assert [b.candidate.name for b in result.backtests] == ["linear"]
    assert result.backtests[0].outcome == "ok"
    assert len(result.backtests[0].cells) > 20
    assert RunStore(study / ".advisor").backtests() == result.backtests
    again = measure(study, data_settings=settings, candidates=["linear"])
    assert again.new_run_ids == frozenset()
    assert again.backtests == result.backtests


def test_a_device_that_is_missing_is_an_outcome(study):
    result = measure(study, candidates=["torch_mlp", "linear"], devices=("cuda",))

    assert [(run.candidate.name, run.device, run.outcome) for run in result.runs] == [
        ("torch_mlp", "cuda", "skipped")
    ]
    assert "no CUDA device" in result.runs[0].reason


@pytest.mark.slow
def test_when_time_is_short_fewer_rows_are_used_and_said_so(study, monkeypatch):
    """On a clustering task, so that one is measured too."""
    monkeypatch.setattr("benchmarks.session.training_trials.Trainings._affordable", lambda *_: 60)
    settings = DataSettings(source="builtin:wine", task="clustering")

    run = measure(study, data_settings=settings, candidates=["kmeans"]).runs[0]

    assert run.outcome == "ok"
    assert run.training[0].error_per_case is None
    assert {item.row_count for item in run.training} == {60}
    assert run.dataset.used_row_count == 75
    assert any("trained on 60 of 142 training rows" in note for note in run.notes)
    assert any("last doubling of training rows changed silhouette" in note for note in run.notes)


@pytest.mark.parametrize(
    ("changes", "error", "expected"),
    [
        ({"preset": "quick"}, BenchmarkError, "no preset 'quick': one of fast, standard"),
        ({"only": ["linaer"]}, CandidateError, "did you mean linear"),
        ({"candidates": ["kmeans"]}, CandidateError, "does not do classification"),
        ({"data_settings": DataSettings(path="no.csv")}, DataError, "no such file"),
    ],
)
def test_what_cannot_be_measured_at_all_is_an_error_and_nothing_is_written(
    study, changes, error, expected
):
    with pytest.raises(error, match=expected):
        measure(study, **changes)

    assert not (study / ".advisor").exists()


# Plans --------------------------------------------------------------------------------------------


def plan(**changes):
    boring = {
        "candidates": [(c, "cpu") for c in ladder("classification")],
        "dataset": dataset(),
        "preset": PRESETS["fast"],
        "thread_count": 2,
    }
    candidates = changes.pop("candidates", boring.pop("candidates"))
    return plan_trials(candidates, **(boring | changes))


def test_a_plan_names_what_it_does_and_how_long_it_takes():
    lines = plan_lines(plan())

    assert "wine: classification, 178 of 178 rows, 13 features" in lines[0]
    assert "50 trials of dummy, linear" in lines[-1]
    assert "at most about" in lines[-1]
    assert "stores at most about 0." in lines[-1]


def test_a_fast_plan_is_bounded_whatever_the_data():
    huge = plan(dataset=dataset(row_count=10**7, used_row_count=10**7))

    assert huge.estimate_s == PRESETS["fast"].budget_s


def test_an_empty_plan_says_so():
    lines = plan_lines(plan(candidates=[], finished=["linear (cpu)"]))

    assert "In the store already: linear (cpu)" in lines[-2]
    assert lines[-1] == "Nothing is left to measure."


def test_learning_curves_have_four_sizes_with_the_whole():
    assert curve_sizes(1_000) == [125, 250, 500]
    assert curve_sizes(16) == []


def test_presets_are_found_by_name():
    assert preset_named("standard").max_rows is None
    assert len(preset_named("fast").seeds) >= 3


def test_timings_that_did_not_settle_are_one_note():
    steady = InferenceMeasurement(batch_rows=1, thread_count=1, durations_s=(1.0,) * 8)
    rising = InferenceMeasurement(batch_rows=8, thread_count=1, durations_s=(1.0, 1.0, 1.5, 1.5))
    falling = InferenceMeasurement(batch_rows=64, thread_count=2, durations_s=(1.0, 0.8))

    assert unsteady_notes([steady, steady]) == ()
    (note,) = unsteady_notes([steady, rising, falling])
    assert note.startswith("2 of 3 timings did not settle; at 8 rows, 1 threads")
    assert "50% longer" in note
