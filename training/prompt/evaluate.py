"""Measure the shipped network on 200 held-out phrases, beside two baselines: ``python -m training.prompt.evaluate``.

The held-out phrases were written by hand before a network was trained. They are for measuring, never for tuning;
``--split dev`` measures on the 60 phrases that are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from training.prompt.baseline import Nearest, Rules
from training.prompt.measure import Measure, measure_by, read_truths
from training.prompt.train import vocabularies
from usd_ai.core.words import Vocabulary
from usd_ai.learned.hearing import Intent, hear
from usd_ai.learned.tagger import shipped
from usd_ai.learned.understanding import known_words

HERE = Path(__file__).parent


def measures(split: str) -> dict[str, Measure]:
    """The network and the two baselines on one list of phrases."""
    vocabulary = Vocabulary(tuple(a for known in vocabularies() for a in known.attributes))
    tagger, words, truths = shipped(), known_words(), read_truths(HERE / f"{split}.jsonl")

    def network(prompt: str) -> tuple[Intent, ...]:
        return hear(prompt, tagger, words, vocabulary)

    return {
        "network": measure_by(network, truths),
        "key words": measure_by(Rules(vocabulary).hear, truths),
        "nearest phrase": measure_by(Nearest(vocabulary).hear, truths),
    }


def main() -> None:
    """Print the table, then one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("held_out", "dev"), default="held_out")
    parser.add_argument("--wrong", action="store_true", help="print each phrase that was misheard (dev only)")
    given = parser.parse_args()
    found = measures(given.split)
    figures = {name: measure.figures() for name, measure in found.items()}
    print(f"{'':16}{'exact':>8}{'precision':>11}{'recall':>8}{'F1':>8}{'degree':>8}")
    for name, row in figures.items():
        print(
            f"{name:16}{row['exact']:8.3f}{row['precision']:11.3f}{row['recall']:8.3f}{row['f1']:8.3f}{row['degree']:8.3f}"
        )
    print(f"\n{'attribute':16}{'said':>8}{'precision':>11}{'recall':>8}   (network)")
    for name, said, precision, recall in found["network"].by_attribute():
        print(f"{name:16}{said:8d}{precision:11.3f}{recall:8.3f}")
    if given.wrong and given.split == "dev":
        print("\n".join(found["network"].wrong))
    print(json.dumps({"split": given.split, **figures}))


if __name__ == "__main__":
    main()
