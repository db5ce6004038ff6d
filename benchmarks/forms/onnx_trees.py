"""scikit-learn's forests and histogram boosting as one ONNX graph that takes the same branches.

The graph compares float64 columns as they come. A scaler before a forest is folded into its
thresholds: with g(x) = float32((x - mean) / scale), which is monotone and is what the forest sees,
`g(x) <= t` is `x <= u` with u the largest float64 that keeps it. So no rounding moves a case to the
other side of a split, as a float32 scaler would.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.forms import NotConvertibleError, Sample
from benchmarks.forms.steps import Affine, affine_of, last_step

OPSET, ML_OPSET, IR_VERSION = 17, 3, 9
"""Old enough for every ONNX Runtime since 1.15."""

SIGN_BIT = np.uint64(1 << 63)
"""The sign of a float64."""

FOREST_KINDS = frozenset(
    {"RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier"}
    | {"ExtraTreesRegressor"}
)
BOOSTING_KINDS = frozenset({"HistGradientBoostingClassifier", "HistGradientBoostingRegressor"})


@dataclass(frozen=True)
class Nodes:
    """The nodes of one tree, as columns."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    is_leaf: NDArray[np.bool_]
    value: NDArray[np.float64]
    """What a leaf adds to each target, shape (nodes, targets)."""


def is_tree_model(model: Any) -> bool:
    """Whether this module can write the model."""
    return type(last_step(model)).__name__ in FOREST_KINDS | BOOSTING_KINDS


def tree_graph(model: Any, sample: Sample) -> Any:
    """Return the ONNX model of a fitted forest or histogram boosting behind plain preprocessing.

    Raises:
        NotConvertibleError: it uses something that the graph does not cover.
    """
    last = last_step(model)
    before = affine_of(model, sample)
    if type(last).__name__ in FOREST_KINDS:
        trees, base, average = _forest(last, before)
        link = "probabilities" if sample.task == "classification" else "values"
    else:
        trees, base = _boosting(last, before)
        average = 1.0
        several = base.size > 1
        link = "values"
        if sample.task == "classification":
            link = "softmax" if several else "sigmoid"
    return _graph(
        trees,
        base=base,
        divide_by=average,
        link=link,
        classes=getattr(last, "classes_", None),
        fill=before.fill,
        width=len(before.mean),
    )


def folded_threshold(
    *, threshold: NDArray[Any], mean: NDArray[Any], scale: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the largest float64 u with float32((u - mean) / scale) <= threshold, for each split.

    By bisection over the float64 numbers in their order, which their bit patterns give.

    Example:
        >>> one = np.ones(1)
        >>> float(folded_threshold(threshold=one * 0.5, mean=one * 3.0, scale=one * 2.0)[0])
        4.000000059604645
    """
    threshold = np.asarray(threshold, dtype=np.float64)
    limit = np.float64(np.finfo(np.float64).max).view(np.int64)
    low = np.full(threshold.shape, -limit - 1, dtype=np.int64)
    high = np.full(threshold.shape, limit + 1, dtype=np.int64)
    with np.errstate(over="ignore"):
        while (low + 1 < high).any():
            middle = (low & high) + ((low ^ high) >> 1)  # their mean, without overflow
            keeps = ((_float64(middle) - mean) / scale).astype(np.float32) <= threshold
            low, high = np.where(keeps, middle, low), np.where(keeps, high, middle)
    return _float64(low)


def _float64(ordered: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the float64 at each place in their order, 0 at place 0."""
    bits = np.abs(ordered).astype(np.uint64) | np.where(ordered < 0, SIGN_BIT, np.uint64(0))
    return bits.view(np.float64)


def _forest(last: Any, before: Affine) -> tuple[list[Nodes], NDArray[np.float64], float]:
    trees = []
    for estimator in last.estimators_:
        tree = estimator.tree_
        if tree.value.shape[1] != 1:
            raise NotConvertibleError("a forest with several targets has no such form")
        value = tree.value[:, 0, :]
        feature = np.maximum(tree.feature, 0)
        gaps = getattr(tree, "missing_go_to_left", np.zeros(len(feature)))
        trees.append(
            Nodes(
                left=tree.children_left,
                right=tree.children_right,
                feature=feature,
                threshold=folded_threshold(
                    threshold=tree.threshold,
                    mean=before.mean[feature],
                    scale=before.scale[feature],
                ),
                missing_left=np.asarray(gaps, dtype=bool),
                is_leaf=tree.children_left < 0,
                value=np.asarray(value, dtype=float),
            )
        )
    return trees, np.zeros(trees[0].value.shape[1]), float(len(trees))


def _boosting(last: Any, before: Affine) -> tuple[list[Nodes], NDArray[np.float64]]:
    if not before.is_identity:
        raise NotConvertibleError("histogram boosting behind a scaler has no such form")
    link = type(last._loss.link).__name__  # noqa: SLF001  # no public name; answers are checked
    if link not in {"IdentityLink", "LogitLink", "MultinomialLogit"}:
        raise NotConvertibleError(f"histogram boosting with {link} has no such form")
    base = np.asarray(last._baseline_prediction, dtype=float).reshape(-1)  # noqa: SLF001
    trees = []
    for iteration in last._predictors:  # noqa: SLF001
        for target, predictor in enumerate(iteration):
            nodes = predictor.nodes
            if nodes["is_categorical"].any():
                raise NotConvertibleError("splits on categories have no such form")
            value = np.zeros((len(nodes), base.size))
            value[:, target] = nodes["value"]
            trees.append(
                Nodes(
                    left=nodes["left"].astype(np.int64),
                    right=nodes["right"].astype(np.int64),
                    feature=nodes["feature_idx"].astype(np.int64),
                    threshold=nodes["num_threshold"].astype(np.float64),
                    missing_left=nodes["missing_go_to_left"].astype(bool),
                    is_leaf=nodes["is_leaf"].astype(bool),
                    value=value,
                )
            )
    return trees, base


def _graph(
    trees: list[Nodes],
    *,
    base: NDArray[np.float64],
    divide_by: float,
    link: str,
    classes: Any,
    fill: NDArray[np.float64] | None,
    width: int,
) -> Any:
    from onnx import TensorProto, helper

    constants = [
        helper.make_tensor("base", TensorProto.FLOAT, [base.size], base.tolist()),
        helper.make_tensor("count", TensorProto.FLOAT, [1], [divide_by]),
    ]
    nodes, last = [], "X"
    if fill is not None:
        constants.append(helper.make_tensor("fill", TensorProto.DOUBLE, [width], fill.tolist()))
        nodes.append(helper.make_node("IsNaN", ["X"], ["missing"]))
        nodes.append(helper.make_node("Where", ["missing", "fill", "X"], ["filled"]))
        last = "filled"
    nodes.append(
        helper.make_node(
            "TreeEnsembleRegressor",
            [last],
            ["sums"],
            domain="ai.onnx.ml",
            n_targets=int(base.size),
            aggregate_function="SUM",
            post_transform="NONE",
            **_tree_attributes(trees),
        )
    )
    nodes.append(helper.make_node("Add", ["sums", "base"], ["raw"]))
    outputs = []
    if link == "values":
        nodes.append(helper.make_node("Div", ["raw", "count"], ["values"]))
        outputs.append(helper.make_tensor_value_info("values", TensorProto.FLOAT, [None, 1]))
    else:
        nodes += _class_nodes(link, constants, classes)
        outputs = [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info(
                "probabilities", TensorProto.FLOAT, [None, max(2, base.size)]
            ),
        ]
    graph = helper.make_graph(
        nodes,
        "trees",
        [helper.make_tensor_value_info("X", TensorProto.DOUBLE, [None, width])],
        outputs,
        constants,
    )
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    return helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION)


def _class_nodes(link: str, constants: list[Any], classes: Any) -> list[Any]:
    """Return what turns sums into probabilities and labels."""
    from onnx import TensorProto, helper

    labels = [int(label) for label in classes]
    constants.append(helper.make_tensor("classes", TensorProto.INT64, [len(labels)], labels))
    if link == "sigmoid":
        constants.append(helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]))
        nodes = [
            helper.make_node("Sigmoid", ["raw"], ["second"]),
            helper.make_node("Sub", ["one", "second"], ["first"]),
            helper.make_node("Concat", ["first", "second"], ["probabilities"], axis=1),
        ]
        ranked = "probabilities"
    elif link == "softmax":
        nodes, ranked = [helper.make_node("Softmax", ["raw"], ["probabilities"], axis=1)], "raw"
    else:
        # Labels come from the undivided sums of shares, so that ties stay ties.
        nodes, ranked = [helper.make_node("Div", ["raw", "count"], ["probabilities"])], "raw"
    return [
        *nodes,
        helper.make_node("ArgMax", [ranked], ["position"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "position"], ["label"]),
    ]


def _tree_attributes(trees: list[Nodes]) -> dict[str, Any]:
    """Return the columns of all trees one after the other, as ONNX wants them."""
    tree_id = np.concatenate([np.full(len(t.left), i) for i, t in enumerate(trees)])
    node_id = np.concatenate([np.arange(len(t.left)) for t in trees])
    leaf = np.concatenate([t.is_leaf for t in trees])

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(tree, name) for tree in trees])

    value = np.concatenate([tree.value for tree in trees])
    # A leaf names the targets it adds something to, and at least one.
    adds = value != 0
    adds[~adds.any(axis=1), 0] = True
    row, target = np.nonzero(adds & leaf[:, None])
    thresholds = np.where(leaf, 0.0, column("threshold"))
    return {
        "nodes_treeids": tree_id.tolist(),
        "nodes_nodeids": node_id.tolist(),
        "nodes_featureids": np.where(leaf, 0, column("feature")).tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values_as_tensor": _doubles("nodes_values", thresholds),
        "nodes_truenodeids": np.where(leaf, 0, column("left")).tolist(),
        "nodes_falsenodeids": np.where(leaf, 0, column("right")).tolist(),
        "nodes_missing_value_tracks_true": column("missing_left").astype(int).tolist(),
        "target_treeids": tree_id[row].tolist(),
        "target_nodeids": node_id[row].tolist(),
        "target_ids": target.tolist(),
        "target_weights_as_tensor": _doubles("target_weights", value[row, target]),
    }


def _doubles(name: str, values: NDArray[np.float64]) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor(name, TensorProto.DOUBLE, [len(values)], values.tolist())
