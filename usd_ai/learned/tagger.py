"""A small network that says of each word of a prompt what it speaks of, how much, and whether it is denied.

Embeddings of hashed character n-grams (fastText: Bojanowski et al., TACL 5, 2017, section 3), then residual dilated
convolutions over the words. Trained by ``training/prompt`` with torch; read here with numpy alone, in float32.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import RecordInvalid
from usd_ai.learned import weights
from usd_ai.learned.tokens import BUCKETS, Token, features

F32 = NDArray[np.float32]

NAME = "prompt_words"
DILATIONS = (1, 2, 4, 1)
"""Words on either side that a layer looks over; together 8."""

OTHER, SUBJECT = "", "subject"
DEGREES = ("plain", "slight", "very")


@dataclass(frozen=True, slots=True)
class Tag:
    """What one word was taken for: ``label`` is "attribute=value", `OTHER` or `SUBJECT`; ``certainty`` 0 to 1."""

    label: str
    degree: str
    denied: bool
    certainty: float


@dataclass(frozen=True, slots=True)
class Tagger:
    """The network with its labels, and the digest of its weights' bytes."""

    labels: tuple[str, ...]
    tensors: dict[str, F32]
    sha256: str
    licence: str

    def tag(self, tokens: tuple[Token, ...]) -> tuple[Tag, ...]:
        """One tag per word."""
        if not tokens:
            return ()
        hidden = forward(self.tensors, features(tokens))
        chances = _softmax(hidden @ self.tensors["label.weight"].T + self.tensors["label.bias"])
        degrees = (hidden @ self.tensors["degree.weight"].T + self.tensors["degree.bias"]).argmax(axis=1)
        denials = (hidden @ self.tensors["denied.weight"].T + self.tensors["denied.bias"])[:, 0] > 0.0
        best = chances.argmax(axis=1)
        return tuple(
            Tag(self.labels[label], DEGREES[degree], bool(denied), round(float(chances[row, label]), 3))
            for row, (label, degree, denied) in enumerate(zip(best, degrees, denials, strict=True))
        )


def forward(tensors: dict[str, F32], buckets: NDArray[np.int64]) -> F32:
    """Hidden state float32 [words, channels] of buckets int64 [words, n]."""
    table = tensors["embedding.weight"]
    real = buckets < BUCKETS
    rows = np.where(real[..., None], table[np.minimum(buckets, BUCKETS - 1)], np.float32(0.0))
    state = rows.sum(axis=1) / real.sum(axis=1, keepdims=True).astype(np.float32)
    state = state @ tensors["enter.weight"].T + tensors["enter.bias"]
    for layer, dilation in enumerate(DILATIONS):
        kernel, bias = tensors[f"mix.{layer}.weight"], tensors[f"mix.{layer}.bias"]
        padded = np.pad(_relu(state), ((dilation, dilation), (0, 0)))
        step = bias + sum(
            (padded[tap * dilation : tap * dilation + len(state)] @ kernel[:, :, tap].T for tap in range(3)),
            start=np.float32(0.0),
        )
        state = state + step
    return np.asarray(_relu(state), np.float32)


@cache
def shipped() -> Tagger:
    """The network that comes with usd_ai. Raises RecordInvalid for weights that its record does not name."""
    folder = files("usd_ai.learned") / "models"
    card = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
    data = (folder / f"{NAME}.safetensors").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != card["sha256"]:
        raise RecordInvalid(
            f"The weights of {NAME} are not those that its training record names.",
            remedy="Install usd_ai again, or train them: python -m training.prompt.train.",
            reason="WEIGHTS_INVALID",
        )
    return Tagger(tuple(card["labels"]), weights.load(data, NAME), digest, card["licence"])


def _relu(x: F32) -> F32:
    return np.maximum(x, np.float32(0.0))


def _softmax(x: F32) -> F32:
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
