"""A small transformer over the columns: each column is a token.

Source:
    Y. Gorishniy and others, "Revisiting deep learning models for tabular data", NeurIPS 2021, for
    the idea of one token per column.
"""

from typing import Any

import torch
from torch import nn

from benchmarks.families import Setup
from benchmarks.families.preprocessing import scaled
from benchmarks.families.torch_training import torch_estimator

TOKEN_WIDTH, HEAD_COUNT, BLOCK_COUNT = 32, 4, 2
"""Numbers in a token, attention heads, and blocks of attention."""


def make(setup: Setup) -> Any:
    """Return a transformer on scaled features."""
    return scaled(setup, torch_estimator(build_transformer, setup))


def build_transformer(*, feature_count: int, output_count: int) -> nn.Module:
    """Return an encoder over the columns, a mean over them and a linear layer."""
    return _Network(feature_count, output_count)


class _Network(nn.Module):
    """Tokens w_i x_i + b_i, blocks of attention, their mean, and a linear layer."""

    def __init__(self, feature_count: int, output_count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(feature_count, TOKEN_WIDTH) / TOKEN_WIDTH**0.5)
        self.bias = nn.Parameter(torch.randn(feature_count, TOKEN_WIDTH) / TOKEN_WIDTH**0.5)
        self.blocks = nn.Sequential(*[_Block() for _ in range(BLOCK_COUNT)])
        self.norm = nn.LayerNorm(TOKEN_WIDTH)
        self.head = nn.Linear(TOKEN_WIDTH, output_count)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the outputs of each row."""
        tokens = rows.unsqueeze(-1) * self.weight + self.bias
        outputs: torch.Tensor = self.head(self.norm(self.blocks(tokens)).mean(dim=1))
        return outputs


class _Block(nn.Module):
    """Attention and a feed-forward layer, each after a norm and around a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.LayerNorm(TOKEN_WIDTH)
        self.queries = nn.Linear(TOKEN_WIDTH, 3 * TOKEN_WIDTH)
        self.merge = nn.Linear(TOKEN_WIDTH, TOKEN_WIDTH)
        self.feed = nn.Sequential(
            nn.LayerNorm(TOKEN_WIDTH),
            nn.Linear(TOKEN_WIDTH, 2 * TOKEN_WIDTH),
            nn.GELU(),
            nn.Linear(2 * TOKEN_WIDTH, TOKEN_WIDTH),
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the tokens after one block."""
        row_count, token_count, _ = tokens.shape
        split = (row_count, token_count, 3, HEAD_COUNT, TOKEN_WIDTH // HEAD_COUNT)
        query, key, value = self.queries(self.before(tokens)).view(split).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.merge(mixed.transpose(1, 2).flatten(start_dim=2))
        found: torch.Tensor = tokens + self.feed(tokens)
        return found
