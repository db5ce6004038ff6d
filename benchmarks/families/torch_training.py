"""One training loop for torch modules, behind scikit-learn's `fit` and `predict`.

Adam, one learning-rate decay milestone, one early-stopping rule, nothing else. Float32.
"""

import copy
import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from torch import nn

from benchmarks.families import Setup

LEARNING_RATE = 1e-3
"""Adam's step size; divided by 10 at the milestone."""

MAX_EPOCHS = 40
MILESTONE_EPOCH = 20
"""Epoch at which the learning rate is divided by 10."""

PATIENCE_EPOCHS = 5
"""Training stops after so many epochs without a better validation loss; the best weights stay."""

VALIDATION_FRACTION = 0.1
"""Share of the training rows that early stopping looks at. [fraction]"""

MIN_BATCH_ROWS, MAX_BATCH_ROWS = 32, 512
"""A batch is a hundredth of the rows, within these bounds."""

PREDICT_ROWS = 65_536
"""Rows scored at once at most, to bound memory."""

Build = Callable[..., nn.Module]


def torch_estimator(build: Build, setup: Setup) -> "TorchClassifier | TorchRegressor":
    """Return an estimator that trains what `build(feature_count, output_count)` makes."""
    if setup.task == "classification":
        return TorchClassifier(
            build=build,
            class_count=setup.class_count or 2,
            seed=setup.seed,
            device=setup.device,
            thread_count=setup.thread_count,
        )
    return TorchRegressor(
        build=build, seed=setup.seed, device=setup.device, thread_count=setup.thread_count
    )


def warm_up() -> None:
    """Load what torch's optimisers import when they are first used; starts no thread.

    It takes a second, once for each process, and is no part of a training.
    """
    weight = nn.Parameter(torch.zeros(1))
    weight.grad = torch.zeros(1)
    torch.optim.Adam([weight]).step()


class _TorchModel(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """What the two estimators share: the loop and the forward pass."""

    module_: nn.Module

    def __init__(
        self, *, build: Build, seed: int = 0, device: str = "cpu", thread_count: int = 1
    ) -> None:
        self.build: Build | None = build
        self.seed = seed
        self.device = device
        self.thread_count = thread_count

    def _train(self, X: Any, target: "torch.Tensor", output_count: int, loss: Any) -> None:
        torch.set_num_threads(self.thread_count)
        torch.manual_seed(self.seed)
        rows = torch.as_tensor(np.ascontiguousarray(X, dtype=np.float32)).to(self.device)
        target = target.to(self.device)
        if self.build is None:
            raise ValueError("a saved model cannot be trained again: make a new one")
        module = self.build(feature_count=rows.shape[1], output_count=output_count)
        module = module.to(self.device)
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(self.seed))
        held_count = max(1, int(VALIDATION_FRACTION * len(rows)))
        held, kept = order[:held_count].to(self.device), order[held_count:].to(self.device)
        optimiser = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE)
        schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [MILESTONE_EPOCH], gamma=0.1)
        batch_rows = min(MAX_BATCH_ROWS, max(MIN_BATCH_ROWS, len(rows) // 100))
        best_loss, best_state, best_epoch = math.inf, copy.deepcopy(module.state_dict()), 0
        for epoch in range(MAX_EPOCHS):
            module.train()
            shuffled = kept[torch.randperm(len(kept)).to(self.device)]
            for batch in torch.split(shuffled, batch_rows):
                if len(batch) == 1 and len(kept) > 1:
                    continue  # batch normalisation cannot train on a single row
                optimiser.zero_grad(set_to_none=True)
                loss(module(rows[batch]), target[batch]).backward()
                optimiser.step()
            schedule.step()
            module.eval()
            with torch.inference_mode():
                held_loss = float(loss(module(rows[held]), target[held]))
            if not math.isfinite(held_loss):
                raise FloatingPointError(
                    f"the validation loss became {held_loss} in epoch {epoch + 1}: "
                    "scale the inputs, or lower the model's output range"
                )
            if held_loss < best_loss:
                best_loss, best_epoch = held_loss, epoch
                best_state = copy.deepcopy(module.state_dict())
            elif epoch - best_epoch >= PATIENCE_EPOCHS:
                break
        module.load_state_dict(best_state)
        self.module_ = module.eval()
        self.epoch_count_ = epoch + 1
        self.n_features_in_ = rows.shape[1]
        if self.device == "cuda":
            torch.cuda.synchronize()

    def _forward(self, X: Any) -> "np.ndarray[Any, Any]":
        rows = torch.as_tensor(np.ascontiguousarray(X, dtype=np.float32))
        with torch.inference_mode():
            parts = [
                self.module_(part.to(self.device)).cpu() for part in torch.split(rows, PREDICT_ROWS)
            ]
        return torch.cat(parts).numpy() if len(parts) != 1 else parts[0].numpy()

    @property
    def parameter_count(self) -> int:
        """Weights of the fitted module."""
        return sum(weights.numel() for weights in self.module_.parameters())

    def __getstate__(self) -> dict[str, Any]:
        """Save a fitted module on the CPU, so that it loads on a machine without a GPU."""
        state: dict[str, Any] = dict(super().__getstate__())
        if "module_" in state:
            state["build"] = None  # made its module; may hold a second copy of the weights
            if self.device != "cpu":
                state["module_"] = copy.deepcopy(self.module_).cpu()
        return state

    def to_device(self, device: str, thread_count: int) -> Self:
        """Place a loaded model where it serves."""
        torch.set_num_threads(thread_count)
        self.device, self.thread_count = device, thread_count
        self.module_ = self.module_.to(device).eval()
        return self


class TorchClassifier(ClassifierMixin, _TorchModel):  # type: ignore[misc]
    """A torch module with one output per class (or one logit for two classes)."""

    def __init__(
        self,
        *,
        build: Build,
        class_count: int = 2,
        seed: int = 0,
        device: str = "cpu",
        thread_count: int = 1,
    ) -> None:
        super().__init__(build=build, seed=seed, device=device, thread_count=thread_count)
        self.class_count = class_count

    def fit(self, X: Any, y: Any) -> Self:
        """Train on class numbers 0, 1, ..."""
        self.classes_ = np.arange(self.class_count)
        target = torch.as_tensor(np.asarray(y, dtype=np.int64))
        self._train(X, target, self.class_count, self._loss)
        return self

    def _loss(self, outputs: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
        if outputs.ndim == 2 and outputs.shape[1] == self.class_count:
            return nn.functional.cross_entropy(outputs, target)
        if self.class_count == 2 and outputs.numel() == len(target):
            return nn.functional.binary_cross_entropy_with_logits(
                outputs.reshape(-1), target.float()
            )
        raise ValueError(
            f"the module returned shape {tuple(outputs.shape)} for {len(target)} rows of "
            f"{self.class_count} classes: its last layer needs {self.class_count} outputs"
        )

    def predict_proba(self, X: Any) -> "np.ndarray[Any, Any]":
        """Return class probabilities, shape (n, classes)."""
        outputs = self._forward(X)
        if outputs.ndim == 1 or outputs.shape[1] == 1:
            second = 1.0 / (1.0 + np.exp(-outputs.reshape(-1)))
            return np.column_stack([1.0 - second, second])
        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))

    def predict(self, X: Any) -> "np.ndarray[Any, Any]":
        """Return class numbers, shape (n,)."""
        outputs = self._forward(X)
        if outputs.ndim == 1 or outputs.shape[1] == 1:
            return (outputs.reshape(-1) > 0).astype(np.int64)
        return np.asarray(outputs.argmax(axis=1))


class TorchRegressor(RegressorMixin, _TorchModel):  # type: ignore[misc]
    """A torch module with one output; the target is scaled for training and back for answers."""

    def fit(self, X: Any, y: Any) -> Self:
        """Train on floats."""
        values = np.asarray(y, dtype=float)
        self.target_mean_, self.target_sd_ = float(values.mean()), float(values.std()) or 1.0
        scaled = ((values - self.target_mean_) / self.target_sd_).astype(np.float32)
        self._train(X, torch.as_tensor(scaled), 1, self._loss)
        return self

    @staticmethod
    def _loss(outputs: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
        if outputs.numel() != len(target):
            raise ValueError(
                f"the module returned shape {tuple(outputs.shape)} for {len(target)} rows: "
                "its last layer needs one output"
            )
        return nn.functional.mse_loss(outputs.reshape(-1), target)

    def predict(self, X: Any) -> "np.ndarray[Any, Any]":
        """Return values, shape (n,)."""
        outputs = self._forward(X).reshape(-1).astype(float)
        return np.asarray(outputs * self.target_sd_ + self.target_mean_)
