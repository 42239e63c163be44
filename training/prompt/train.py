"""Train the tagger of prompts: ``python -m training.prompt.train``. On one machine a seed gives the same weights.

Writes ``usd_ai/learned/models/prompt_words.safetensors`` and its training record ``prompt_words.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.prompt.grammar import Grammar, Word
from training.prompt.measure import measure_by, read_truths
from training.prompt.network import Network, seeded
from usd_ai.core.words import Vocabulary
from usd_ai.generators.installed import InstalledGenerators
from usd_ai.learned import weights
from usd_ai.learned.hearing import hear
from usd_ai.learned.tagger import DEGREES, NAME, OTHER, SUBJECT, Tagger
from usd_ai.learned.tokens import BUCKETS, PER_WORD, ngrams

HERE = Path(__file__).parent
MODELS = HERE.parents[1] / "usd_ai" / "learned" / "models"
_LONGEST = 48  # words of a phrase; longer ones are cut


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights, besides vocabularies and code."""

    seed: int = 65
    phrases: int = 80_000
    steps: int = 4_500
    batch: int = 96
    rate: float = 4e-3
    forget_word: float = 0.2  # share of words read by their letters alone
    forget_part: float = 0.08  # share of n-grams not seen
    threads: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Phrases as arrays: buckets [phrases, words, PER_WORD]; label, degree, denied [phrases, words], -100 = no word."""

    buckets: NDArray[np.int16]
    label: NDArray[np.int64]
    degree: NDArray[np.int64]
    denied: NDArray[np.int64]


def vocabularies() -> list[Vocabulary]:
    """Those of all installed generators, in the order of their ids."""
    return [spec.vocabulary for spec in InstalledGenerators().all() if spec.vocabulary is not None]


def labels_of(known: Sequence[Vocabulary]) -> tuple[str, ...]:
    """All labels: nothing, the subject, then every meaning in the vocabularies' order, each once."""
    said = [f"{a.name}={value}" for vocabulary in known for a in vocabulary.attributes for value in a.values]
    return (OTHER, SUBJECT, *dict.fromkeys(said))


def examples(grammar: Grammar, labels: tuple[str, ...], count: int) -> Examples:
    """Phrases out of a grammar."""
    place = {label: index for index, label in enumerate(labels)}
    found = Examples(
        np.full((count, _LONGEST, PER_WORD), BUCKETS, np.int16),
        *(np.full((count, _LONGEST), -100, np.int64) for _ in range(3)),
    )
    for row in range(count):
        words = grammar.phrase()[:_LONGEST]
        for column, word in enumerate(words):
            grams = ngrams(word.text)
            found.buckets[row, column, : len(grams)] = grams
            found.label[row, column] = place[word.label]
            if _means(word):
                found.degree[row, column] = DEGREES.index(word.degree)
                found.denied[row, column] = word.denied
    return found


def known_words(known: Sequence[Vocabulary]) -> frozenset[str]:
    """Every word that a phrase could hold with a meaning or as context, as often as chance lets it be seen."""
    grammar = Grammar(known, seed=0)
    return frozenset(grammar.words())


def _means(word: Word) -> bool:
    return word.label not in {OTHER, SUBJECT}


def train(recipe: Recipe, known: Sequence[Vocabulary], log: bool = True) -> tuple[Network, tuple[str, ...]]:
    """A network trained as the recipe says, and its labels."""
    seeded(recipe.seed, recipe.threads)
    labels = labels_of(known)
    data = examples(Grammar(known, recipe.seed), labels, recipe.phrases)
    network = Network(len(labels))
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps, pct_start=0.1)
    for step, rows in enumerate(_batches(recipe)):
        length = max(int((data.label[rows] >= 0).sum(axis=1).max()), 1)
        buckets = torch.from_numpy(data.buckets[rows, :length].astype(np.int64))
        told = network(_forgetful(buckets, recipe))
        truth = [torch.from_numpy(part[rows, :length]) for part in (data.label, data.degree, data.denied)]
        loss = _loss(told, truth)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if log and step % 250 == 0:
            print(f"step {step:5d}  loss {loss.item():.4f}", flush=True)
    return network.eval(), labels


def _batches(recipe: Recipe) -> Iterator[NDArray[np.int64]]:
    rng = np.random.Generator(np.random.PCG64(recipe.seed + 1))
    order = np.array([], np.int64)
    for _ in range(recipe.steps):
        if len(order) < recipe.batch:
            order = rng.permutation(recipe.phrases)
        yield order[: recipe.batch]
        order = order[recipe.batch :]


def _forgetful(buckets: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """Hide words and parts of words, so that misspelt and unseen forms are met. A number's only bucket stays."""
    chance = torch.rand(buckets.shape)
    hidden = chance < recipe.forget_part
    hidden[..., 0] = chance[..., 0] < recipe.forget_word
    hidden &= (buckets[..., 1] != BUCKETS)[..., None]
    return torch.where(hidden, BUCKETS, buckets)


def _loss(told: tuple[torch.Tensor, ...], truth: list[torch.Tensor]) -> torch.Tensor:
    label, degree, denied = told
    meant = truth[2] >= 0
    loss = functional.cross_entropy(label.flatten(0, 1), truth[0].flatten())
    if bool(meant.any()):
        loss = loss + 0.3 * functional.cross_entropy(degree[meant], truth[1][meant])
        loss = loss + 0.5 * functional.binary_cross_entropy_with_logits(denied[meant], truth[2][meant].float())
    return loss


def shipped_form(network: Network, labels: tuple[str, ...]) -> Tagger:
    """The network as it will be read: rounded to float16."""
    rounded = {name: value.astype(np.float32) for name, value in network.tensors().items()}
    return Tagger(labels, rounded, "", "Apache-2.0")


def main() -> None:
    """Train, write weights and record, print the figures on the phrases for tuning."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    parser.add_argument("--threads", type=int, default=Recipe().threads)
    parser.add_argument("--out", type=Path, default=MODELS)
    given = parser.parse_args()
    recipe = Recipe(seed=given.seed, steps=given.steps, threads=given.threads)
    begun = time.perf_counter()
    known = vocabularies()
    network, labels = train(recipe, known)
    seconds = time.perf_counter() - begun
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / f"{NAME}.safetensors"
    weights.save(file, network.tensors())
    words = known_words(known)
    tagger = shipped_form(network, labels)
    merged = Vocabulary(tuple(a for vocabulary in known for a in vocabulary.attributes))
    figures = {
        split: measure_by(
            lambda phrase: hear(phrase, tagger, words, merged), read_truths(HERE / f"{split}.jsonl")
        ).figures()
        for split in ("dev", "held_out")
    }
    card = _card(file, labels, recipe, seconds, figures) | {"words": sorted(words)}
    (given.out / f"{NAME}.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps({"seconds": round(seconds), "bytes": file.stat().st_size, **figures["dev"]}))


def _card(file: Path, labels: tuple[str, ...], recipe: Recipe, seconds: float, figures: object) -> dict[str, object]:
    """The training record: what a studio's lawyer, and whoever trains it again, asks."""
    return {
        "name": NAME,
        "what": "Says of each word of an English prompt which attribute of a generator it speaks of.",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "licence": "Apache-2.0",
        "trained_by": "the usd_ai project, with training/prompt/train.py",
        "training_data": {
            "class": "own-synthetic",
            "text": "Phrases that training/prompt/grammar.py makes out of the installed generators' vocabularies. No "
            "text of anybody else, no person's data, no other network.",
            "phrases": recipe.phrases,
        },
        "recipe": asdict(recipe),
        "sources": {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in
                    ("grammar.py", "network.py", "small_talk.py", "train.py")},
        "environment": {"python": platform.python_version(), "torch": torch.__version__.partition("+")[0],
                        "numpy": np.__version__, "machine": platform.machine()},
        "minutes": round(seconds / 60.0, 1),
        "figures": figures,
        "labels": list(labels),
    }  # fmt: skip


if __name__ == "__main__":
    main()
