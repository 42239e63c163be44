from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.prompt import train as training
from training.prompt.evaluate import HERE
from training.prompt.grammar import Grammar
from training.prompt.measure import measure_by, read_truths
from training.prompt.network import Network
from training.prompt.train import Recipe, labels_of, shipped_form, train, vocabularies
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.learned.hearing import Intent, hear
from usd_ai.learned.tagger import NAME, shipped
from usd_ai.learned.tokens import tokens_of
from usd_ai.learned.understanding import known_words

TINY = Recipe(phrases=300, steps=12, batch=24)


def test_when_trained_twice_with_a_seed_then_weights_are_equal_and_with_another_they_are_not() -> None:
    known = vocabularies()
    one, again = (train(TINY, known, log=False)[0].tensors() for _ in range(2))
    other = train(Recipe(seed=7, phrases=300, steps=12, batch=24), known, log=False)[0].tensors()
    assert all((one[name] == again[name]).all() for name in one)
    assert any((one[name] != other[name]).any() for name in one)


def test_when_read_by_numpy_then_the_network_answers_as_in_torch() -> None:
    import torch  # noqa: PLC0415 - only this test compares with it

    from usd_ai.learned.tokens import features  # noqa: PLC0415 - as above

    labels = labels_of(vocabularies())
    torch.manual_seed(3)
    network = Network(len(labels)).eval()
    tokens = tokens_of("very dense pine forest, no smoke, wind 8 m/s from the left")
    with torch.no_grad():
        scores = network(torch.from_numpy(features(tokens))[None])[0][0].numpy()
    tags = shipped_form(network, labels).tag(tokens)
    assert [tag.label for tag in tags] == [labels[i] for i in scores.argmax(axis=1)]


def test_when_phrases_are_made_then_a_seed_repeats_them_and_every_label_is_met() -> None:
    known = vocabularies()
    grammars = [Grammar(known, seed) for seed in (5, 5, 6)]
    made = [[grammar.phrase() for _ in range(3000)] for grammar in grammars]
    assert made[0] == made[1] != made[2]
    met = {word.label for phrases in made for phrase in phrases for word in phrase}
    assert met == set(labels_of(known))


def test_when_a_meaning_is_declared_then_the_shipped_network_has_learnt_it() -> None:
    assert GENERATOR.vocabulary is not None
    missing = [
        f"{a.name}={value}"
        for a in GENERATOR.vocabulary.attributes
        for value in a.values
        if f"{a.name}={value}" not in shipped().labels
    ]
    assert not missing, "train the network again: python -m training.prompt.train"


@pytest.mark.parametrize(("split", "count"), [("held_out", 200), ("dev", 60)])
def test_when_phrases_are_for_measuring_then_their_intents_are_declared_and_none_is_in_the_other_list(
    split: str, count: int
) -> None:
    assert GENERATOR.vocabulary is not None
    truths = read_truths(HERE / f"{split}.jsonl")
    assert len(truths) == len({t.phrase for t in truths}) == count
    for truth in truths:
        for name, value, _ in truth.items:
            attribute = GENERATOR.vocabulary.attribute(name)
            assert attribute is not None, truth.phrase
            assert value in attribute.values or (attribute.quantity and float(value) > 0.0), truth.phrase
    others = {t.phrase for name in ("held_out", "dev") if name != split for t in read_truths(HERE / f"{name}.jsonl")}
    assert not others & {t.phrase for t in truths}


def test_when_held_out_phrases_are_heard_then_no_fewer_are_understood_than_the_record_says() -> None:
    assert GENERATOR.vocabulary is not None
    vocabulary = GENERATOR.vocabulary
    card = json.loads((training.MODELS / f"{NAME}.json").read_text(encoding="utf-8"))
    measured = measure_by(lambda p: hear(p, shipped(), known_words(), vocabulary), read_truths(HERE / "held_out.jsonl"))
    assert measured.figures()["f1"] >= card["figures"]["held_out"]["f1"] - 0.005


def test_when_intents_are_counted_then_right_missed_and_invented_ones_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "three.jsonl"
    lines = [
        {"phrase": "a", "intents": ["density=high+", "!smoke=high"], "unknown": ["dragon"]},
        {"phrase": "b", "intents": ["wind_speed=8"], "unknown": []},
    ]
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    heard = {
        "a": (Intent("x", 0, "density", "high", "very"), Intent("y", 1, "smoke", "high"), Intent("a dragon", 2)),
        "b": (Intent("z", 0, "wind_speed", "number", number=8.0),),
    }
    measured = measure_by(heard.__getitem__, read_truths(file))
    figures = measured.figures()
    assert (figures["exact"], figures["precision"], figures["recall"]) == (0.5, 0.667, 0.667)
    assert (figures["degree"], figures["unknown_recall"]) == (1.0, 1.0)
    assert dict(measured.missed) == dict(measured.invented) == {"smoke": 1}


def test_when_a_phrase_is_made_then_its_words_are_tokens() -> None:
    grammar = Grammar(vocabularies(), 11)
    for _ in range(300):
        for word in grammar.phrase():
            assert [t.text for t in tokens_of(word.text)] == [word.text]
