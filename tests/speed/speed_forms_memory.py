"""What one more worker of each form really adds to the machine's memory, and what the record says.

The record's figure is one process's pages that no file backs. Here one, two and three processes
load the form, answer a row, and stay: each one more adds so much to the sum of all their shares of
memory (PSS), which counts every page once.

    python tests/speed/speed_forms_memory.py
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.forms import FORMS, forms_for

PROCESS_COUNT = 3
FAMILIES = ("random_forest", "torch_mlp")

SERVE = """
import json, sys
from pathlib import Path
from benchmarks.forms import FORMS
form, folder, rows_path = sys.argv[1:]
raw = json.loads(Path(rows_path).read_text())
served = FORMS[form].load(Path(folder), thread_count=1)
served.predict(served.prepare(raw["rows"][:1], raw["kinds"]))
print("ready", flush=True)
sys.stdin.read()
"""


def prepared(family: str, scratch: Path) -> tuple[Path, Path]:
    """Train a family on the digits and return its saved model and rows to serve."""
    from benchmarks.data.datasets import load_data
    from benchmarks.families import FAMILIES as KNOWN
    from benchmarks.families import Setup
    from benchmarks.families.artefacts import save_model
    from benchmarks.storage.records import Candidate, DataSettings
    from benchmarks.tasks.trial_tasks import _save_rows

    data = load_data(
        **dict(DataSettings(source="builtin:digits")), folder=scratch, max_rows=None, max_cells=None
    )
    learner = Candidate(name=family, family=family, simplicity_rank=0)
    setup = Setup.of(learner, spec=data.spec, kinds=data.kinds)
    model = KNOWN[family].make(setup).fit(data.model_input(), data.y)
    save_path, rows_path = scratch / f"{family}.joblib", scratch / f"{family}.json"
    save_model(model, save_path)
    _save_rows(data, rows_path)
    return save_path, rows_path


def field_bytes(pid: int, *, file: str, name: str) -> int:
    """Return a field of a process's memory. [B]"""
    text = Path(f"/proc/{pid}/{file}").read_text()
    return next(1024 * int(x.split()[1]) for x in text.splitlines() if x.startswith(f"{name}:"))


def measured(form: str, folder: Path, rows_path: Path) -> tuple[list[int], int]:
    """Return the sum of the shares of one, two and three processes, and what one records. [B]"""
    sums, recorded = [], 0
    with contextlib.ExitStack() as stack:
        running: list[subprocess.Popen[str]] = []
        for _ in range(PROCESS_COUNT):
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, form, str(folder), str(rows_path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.wait)
            assert process.stdin is not None
            assert process.stdout is not None
            stack.callback(process.stdin.close)
            stack.enter_context(process.stdout)
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError(f"{form} could not be served")
            running.append(process)
            sums.append(
                sum(field_bytes(each.pid, file="smaps_rollup", name="Pss") for each in running)
            )
        recorded = field_bytes(running[0].pid, file="status", name="RssAnon")
    return sums, recorded


def main() -> None:
    """Measure every form of a forest and of a network, and print both figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    from benchmarks.families import FAMILIES as KNOWN
    from benchmarks.forms.trial import convert_form

    print(f"{'model':<14} {'form':<14} {'sum of 1, 2, 3 [MiB]':>22} {'one more':>9} {'record':>7}")
    with tempfile.TemporaryDirectory(prefix="advisor-forms-") as name:
        scratch = Path(name)
        for family in FAMILIES:
            save_path, rows_path = prepared(family, scratch)
            for form in ("native", *forms_for(KNOWN[family].serving_modules, list(FORMS))):
                folder = scratch / family / form
                made = convert_form(
                    form=form,
                    save_path=str(save_path),
                    rows_path=str(rows_path),
                    folder=str(folder),
                    task="classification",
                )
                if made["refused"] != "":
                    continue
                sums, recorded = measured(form, folder, rows_path)
                one_more = (sums[-1] - sums[0]) / (PROCESS_COUNT - 1)
                shown = ", ".join(f"{total / 2**20:.0f}" for total in sums)
                print(
                    f"{family:<14} {form:<14} {shown:>22} {one_more / 2**20:>9.0f} "
                    f"{recorded / 2**20:>7.0f}"
                )


if __name__ == "__main__":
    main()
