"""A study with runs in its store, for tests that open the explorer."""

from pathlib import Path

from advisor.demo import DEMO_STUDY
from benchmarks.storage.store import RunStore
from tests.advisor.factories import backtest, dataset, ladder

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"

VIEWS = {
    "Decision": "Options considered",
    "Cost": "The bill of the chosen option",
    "Latency": "Latency: how it answers under load",
    "Models": "Models: the simplest that is good enough",
    "Retraining": "Retraining: what it costs to wait",
    "Experiments": "Experiments: what the next run gains",
    "Risk": "Risk: what to measure next",
    "Data and prices": "Inputs and assumptions",
}
"""Each view with a heading that only it has."""


def measured_study(folder: Path) -> Path:
    """Write the embedded study with runs that were made up, and return its path."""
    path = folder / "advisor.yaml"
    path.write_text(DEMO_STUDY, encoding="utf-8")
    store = RunStore(folder / ".advisor")
    for run in ladder():
        store.append(run)
    stream = "simulated:linear,rows=20000,periods=60,seed=0"
    store.append(backtest(dataset=dataset(source=stream, time="time", simulated=True)))
    return path
