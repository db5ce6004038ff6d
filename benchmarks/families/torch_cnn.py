"""A small convolutional network: over the picture that the columns make, or over their order."""

import math
from typing import Any

import torch
from torch import nn

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled
from benchmarks.families.torch_training import torch_estimator

CHANNELS = (32, 64)
"""Channels of the two convolutions, 3 wide."""

SMALLEST_PICTURE = 4
"""Columns are taken for a square picture from this side length on."""


def make(setup: Setup) -> Any:
    """Return a convolutional network on scaled features."""
    return scaled(setup, torch_estimator(build_convolutions, setup))


def build_convolutions(*, feature_count: int, output_count: int) -> nn.Module:
    """Return two convolutions and a linear layer over all places.

    64 columns are a picture of 8 x 8; a number of columns that is no square is a line.
    """
    side = math.isqrt(feature_count)
    if side**2 == feature_count and side >= SMALLEST_PICTURE:
        return _Network((1, side, side), nn.Conv2d, output_count)
    return _Network((1, feature_count), nn.Conv1d, output_count)


class _Network(nn.Module):
    """Convolutions over an input of one channel."""

    def __init__(
        self, shape: tuple[int, ...], convolution: "type[nn.Module]", output_count: int
    ) -> None:
        super().__init__()
        self.shape = shape
        first, second = CHANNELS
        self.body = nn.Sequential(
            convolution(1, first, 3, padding=1),
            nn.ReLU(),
            convolution(first, second, 3, padding=1),
            nn.ReLU(),
        )
        self.head = nn.Linear(second * math.prod(shape), output_count)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the outputs of each row."""
        found = self.body(rows.reshape(-1, *self.shape))
        outputs: torch.Tensor = self.head(found.flatten(start_dim=1))
        return outputs
