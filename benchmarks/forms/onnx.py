"""ONNX, run by ONNX Runtime: no Python around the arithmetic.

Forests and histogram boosting are written by `onnx_trees`, torch modules by torch's exporter, the
rest by skl2onnx. Trees compare in float64, everything else computes in float32.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.data.features import Kind
from benchmarks.forms import NotConvertibleError, Sample
from benchmarks.forms.steps import last_step

FILE, ABOUT = "model.onnx", "about.json"

INSTALL = "needs the ONNX libraries: pip install 'model-deployment-advisor[onnx]'"


class OnnxModel:
    """A loaded session."""

    def __init__(self, session: Any, about: dict[str, Any]) -> None:
        self._session = session
        self._names = [item.name for item in session.get_inputs()]
        is_double = session.get_inputs()[0].type == "tensor(double)"
        self._precision = "float64" if is_double else "float32"
        outputs = [item.name for item in session.get_outputs()]
        self._answer = outputs[:1]
        self._scores = ["probabilities"] if "probabilities" in outputs else None
        self._is_label = about["task"] != "regression"

    def prepare(self, rows: Sequence[Sequence[Any]], kinds: Mapping[str, Kind]) -> Any:
        """Return the inputs by name: one matrix, or a column each where kinds differ."""
        import numpy as np

        if len(self._names) == 1 and all(kind == "number" for kind in kinds.values()):
            return {self._names[0]: np.array(rows, dtype=self._precision)}
        found = {}
        columns = zip(*rows, strict=True)
        for name, kind, values in zip(self._names, kinds.values(), columns, strict=True):
            if kind == "number":
                found[name] = np.array(values, dtype=np.float32).reshape(-1, 1)
            else:
                texts = ["nan" if value is None else str(value) for value in values]
                found[name] = np.array(texts, dtype=object).reshape(-1, 1)
        return found

    def predict(self, prepared: Any) -> Any:
        """Return labels or values."""
        return self._session.run(self._answer, prepared)[0].reshape(-1)

    def scores(self, prepared: Any) -> Any:
        """Return class probabilities where the graph has them."""
        if self._scores is None:
            return None if self._is_label else self.predict(prepared)
        return self._session.run(self._scores, prepared)[0]


def convert(model: Any, sample: Sample, folder: Path) -> None:
    """Write the graph of a fitted model."""
    from benchmarks.forms.onnx_trees import is_tree_model, tree_graph

    try:
        if hasattr(last_step(model), "module_"):
            from benchmarks.forms.torch_module import write_onnx

            write_onnx(model, sample, folder / FILE)
        else:
            fitting = is_tree_model(model) and sample.all_numbers
            graph = tree_graph(model, sample) if fitting else _by_skl2onnx(model, sample)
            (folder / FILE).write_bytes(graph.SerializeToString())
    except ModuleNotFoundError as error:
        raise NotConvertibleError(f"{INSTALL} ({error.name} is missing)") from None
    (folder / ABOUT).write_text(json.dumps({"task": sample.task}))


def _by_skl2onnx(model: Any, sample: Sample) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    if any(kind == "date" for kind in sample.kinds.values()):
        raise NotConvertibleError("date columns have no ONNX form: make numbers of them first")
    if sample.all_numbers:
        types = [("X", FloatTensorType([None, len(sample.kinds)]))]
    else:
        by_kind = {"number": FloatTensorType, "category": StringTensorType}
        types = [(name, by_kind[kind]([None, 1])) for name, kind in sample.kinds.items()]
    is_classifier = sample.task == "classification"
    plain = _unwrapped(model)
    try:
        try:
            return to_onnx(
                plain, initial_types=types, options={"zipmap": False} if is_classifier else None
            )
        except Exception as error:  # it throws several kinds for an option a converter lacks
            if "zipmap" not in str(error):
                raise
            # Without options of its own, a pipeline's last step is given the same one again.
            own = {id(last_step(plain)): {"nocl": False}}
            return to_onnx(plain, initial_types=types, options=own)
    except ModuleNotFoundError:
        raise
    except Exception as error:  # noqa: BLE001  # it throws all kinds for what it does not know
        text = " ".join(str(error).partition("It usually means")[0].split())[:160]
        raise NotConvertibleError(f"skl2onnx cannot convert it: {text}") from None


def _unwrapped(model: Any) -> Any:
    """Return the pipeline with the clustering that was chosen in place of the one that chose."""
    from sklearn.pipeline import Pipeline

    from benchmarks.families.cluster_count import ChosenCount

    last = last_step(model)
    if not isinstance(last, ChosenCount):
        return model
    return Pipeline([*model.steps[:-1], ("model", last.estimator_)])


def load(folder: Path, thread_count: int) -> OnnxModel:
    """Read the graph into a session with so many threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(folder / FILE), options, providers=["CPUExecutionProvider"]
    )
    return OnnxModel(session, json.loads((folder / ABOUT).read_text()))
