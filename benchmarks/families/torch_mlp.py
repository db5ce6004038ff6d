"""A small multilayer perceptron in plain torch, with plain defaults."""

import itertools
from typing import Any

from torch import nn

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled
from benchmarks.families.torch_training import torch_estimator

HIDDEN_UNITS = (128, 64)
"""Widths of the hidden layers."""


def make(setup: Setup) -> Any:
    """Return a perceptron on scaled features."""
    return scaled(setup, torch_estimator(build_perceptron, setup))


def build_perceptron(*, feature_count: int, output_count: int) -> nn.Module:
    """Return linear layers with ReLU between them."""
    widths = (feature_count, *HIDDEN_UNITS)
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], output_count))
