"""The tagger's network in torch, for training. `usd_ai.learned.tagger.forward` is the same in numpy."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from usd_ai.learned.tagger import DEGREES, DILATIONS
from usd_ai.learned.tokens import BUCKETS

WIDTH, CHANNELS = 48, 96


class Network(nn.Module):
    """Buckets int64 [phrases, words, n] → scores of labels, degrees and denial for every word."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(BUCKETS + 1, WIDTH, padding_idx=BUCKETS)
        self.enter = nn.Linear(WIDTH, CHANNELS)
        self.mix = nn.ModuleList(nn.Conv1d(CHANNELS, CHANNELS, 3, padding=d, dilation=d) for d in DILATIONS)
        self.label = nn.Linear(CHANNELS, labels)
        self.degree = nn.Linear(CHANNELS, len(DEGREES))
        self.denied = nn.Linear(CHANNELS, 1)

    def forward(self, buckets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores [phrases, words, labels], [phrases, words, degrees] and [phrases, words]."""
        phrases, words, size = buckets.shape
        there = (buckets != BUCKETS).sum(dim=2, keepdim=True)
        rows = functional.embedding_bag(
            buckets.reshape(-1, size), self.embedding.weight, mode="sum", padding_idx=BUCKETS
        ).reshape(phrases, words, WIDTH)
        real = (there > 0).float()
        state = functional.dropout(self.enter(rows / there.clamp(min=1)), 0.1, self.training)
        for layer in self.mix:
            seen = functional.relu(state) * real  # what lies beyond the end of a phrase is nothing
            state = state + layer(seen.transpose(1, 2)).transpose(1, 2)
        hidden = functional.dropout(functional.relu(state), 0.15, self.training)
        return self.label(hidden), self.degree(hidden), self.denied(hidden)[..., 0]

    def tensors(self) -> dict[str, NDArray[np.float16]]:
        """What is shipped: float16, without the row of padding."""
        found = {name: value.detach().numpy().astype(np.float16) for name, value in self.state_dict().items()}
        found["embedding.weight"] = found["embedding.weight"][:BUCKETS]
        return found


def seeded(seed: int, threads: int) -> None:
    """Make torch repeat itself: seed, threads, deterministic algorithms."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=True)
