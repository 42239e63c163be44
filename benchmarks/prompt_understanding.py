"""How well prompts are understood: 200 phrases written by hand, and how fast. No GPU, no torch.

Ours: attribute-value F1 of the shipped network on training/prompt/held_out.jsonl. Peer: rules on key words over the
same vocabulary, in the same run; the nearest training phrase by its bag of words is in the note. The phrases were
written before a network was trained, by the author of the vocabulary; `training/prompt/README.md` says what that means.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from training.prompt.evaluate import HERE, measures
from training.prompt.measure import read_truths
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.learned.hearing import hear
from usd_ai.learned.tagger import shipped
from usd_ai.learned.understanding import known_words

GOAL = 0.90


def milliseconds() -> float:
    """Of one prompt, warm: the best of five rounds over all held-out phrases, divided by their number."""
    vocabulary, phrases = GENERATOR.vocabulary, [t.phrase for t in read_truths(HERE / "held_out.jsonl")]
    if vocabulary is None:
        sys.exit("No figure: the generator declares no vocabulary.")
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        for phrase in phrases:
            hear(phrase, shipped(), known_words(), vocabulary)
        best = min(best, (time.perf_counter() - begun) / len(phrases))
    return 1000.0 * best


def main() -> None:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="the same: it ends within a minute")
    parser.parse_args()
    found = {name: measure.figures() for name, measure in measures("held_out").items()}
    ours, peer, nearest = found["network"], found["key words"], found["nearest phrase"]
    note = (
        f"exact {ours['exact']:.3f} (key words {peer['exact']:.3f}), precision {ours['precision']:.3f}, recall "
        f"{ours['recall']:.3f}, degree {ours['degree']:.3f}; nearest phrase F1 {nearest['f1']:.3f}; "
        f"{milliseconds():.1f} ms a prompt; load {os.getloadavg()[0]:.1f}"
    )
    print(
        json.dumps(
            {
                "claim": "prompts understood: attribute-value F1 on 200 held-out phrases",
                "unit": "share",
                "ours": ours["f1"],
                "peer": peer["f1"],
                "peer_name": "rules on key words, same vocabulary",
                "ratio": round(ours["f1"] / max(peer["f1"], 1e-9), 2),
                "goal": GOAL,
                "ok": ours["f1"] >= GOAL,
                "note": note,
            }
        )
    )


if __name__ == "__main__":
    main()
