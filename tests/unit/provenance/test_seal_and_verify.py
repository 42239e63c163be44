from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path

import pytest

from usd_ai.core.digest import layer_sha256, sha256_file
from usd_ai.core.errors import NotFound, RecordInvalid
from usd_ai.core.ports import RunFacts
from usd_ai.core.types import Edge, Layer, LayerFile
from usd_ai.provenance.keeper import Records
from usd_ai.provenance.seal import Signer, open_envelope, read_trust
from usd_ai.provenance.verify import trace_prim, verify_layer

RUN = RunFacts(
    record_id="6f1c1b1e-0000-4000-8000-123456789abc",
    request_id="r-1",
    operator="ada",
    project="ember",
    shot="sh010",
    started="2026-11-22T10:00:00.000Z",
    ended="2026-11-22T10:01:00.000Z",
    versions=(("usd-ai", "0.1.0"),),
    inputs=(Edge("cut", "ab" * 32, "editorial/cut.otio"), Edge("stage-layer", "cd" * 32, "set/ground.usda")),
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
)
PAYLOAD = b'#usda 1.0\ndef Xform "fire"\n{\n    def Mesh "tree"\n    {\n    }\n}\n'
PLAN = {
    "generator": "burning_forest",
    "algorithm_version": 1,
    "seed": "7",
    "world": "ee" * 32,
    "parameters": {"smoke": 1},
}
WORLD = {"parameters": {"density": 1}}


def publish(root: Path, signer: Signer | None = None) -> Path:
    """A small published layer with a real signature, six levels under the folder with the trust file."""
    folder = root / "publish" / "ember" / "sh010" / "env" / "fire" / "v001"
    (folder / "vdb").mkdir(parents=True)
    (folder / "payload.usdc").write_bytes(PAYLOAD)
    (folder / "vdb" / "flame.0001.vdb").write_bytes(bytes(range(64)))
    (folder / "fire.usda").write_text("#usda 1.0\n(\n    subLayers = [@./payload.usdc@]\n)\n")
    (folder / "preview.png").write_bytes(b"png")
    names = ["payload.usdc", "vdb/flame.0001.vdb"]
    files = tuple(LayerFile(n, sha256_file(folder / n), (folder / n).stat().st_size) for n in names)
    layer = Layer("fire", files, layer_sha256(files), "00" * 32, (("trees", 1),))
    records = Records(signer or Signer.first_run(root / "keys"))
    records.publish_trust(root / "publish", "usd_ai", "2026-01-01T00:00:00.000Z")
    record = records.seal(str(folder), json.dumps(PLAN), json.dumps(WORLD), layer, RUN)
    (folder / "record.json").write_text(record.envelope)
    return folder


def test_when_nothing_changed_then_intact_by_folder_and_by_any_file(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    for place in (folder, folder / "fire.usda", folder / "payload.usdc", folder / "vdb" / "flame.0001.vdb"):
        verdict = verify_layer(str(place))
        assert verdict.verdict == "INTACT", verdict
        assert verdict.record_id == RUN.record_id


@pytest.mark.parametrize("name", ["payload.usdc", "vdb/flame.0001.vdb", "fire.usda", "preview.png"])
def test_when_any_single_bit_of_the_layer_flips_then_altered(tmp_path: Path, name: str) -> None:
    folder = publish(tmp_path)
    file = folder / name
    whole = file.read_bytes()
    for position in range(0, len(whole) * 8, 3 if len(whole) < 100 else 7):
        flipped = bytearray(whole)
        flipped[position // 8] ^= 1 << (position % 8)
        file.write_bytes(bytes(flipped))
        # Only files other than the payload: judging a changed payload opens it in a child, which is tested below.
        if name != "payload.usdc":
            assert verify_layer(str(folder)).verdict == "ALTERED", position
    flipped = bytearray(whole)
    flipped[-3] ^= 1
    file.write_bytes(bytes(flipped))
    assert verify_layer(str(folder)).verdict == "ALTERED"


def test_when_any_single_bit_of_the_record_flips_then_invalid(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    file = folder / "record.json"
    whole = file.read_bytes()
    for position in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[position // 8] ^= 1 << (position % 8)
        file.write_bytes(bytes(flipped))
        verdict = verify_layer(str(folder))
        assert verdict.verdict == "INVALID", (position, bytes(flipped[position // 8 - 8 : position // 8 + 8]), verdict)


def test_when_a_file_is_missing_or_added_then_altered_and_named(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    (folder / "vdb" / "flame.0002.vdb").write_bytes(b"new")
    verdict = verify_layer(str(folder))
    assert verdict.verdict == "ALTERED"
    assert "vdb/flame.0002.vdb" in " ".join(verdict.reasons)
    (folder / "vdb" / "flame.0002.vdb").unlink()
    (folder / "vdb" / "flame.0001.vdb").unlink()
    assert "missing" in " ".join(verify_layer(str(folder)).reasons)


def test_when_two_layers_swap_their_records_then_altered(tmp_path: Path) -> None:
    one, two = publish(tmp_path / "one"), publish(tmp_path / "two", Signer.first_run(tmp_path / "one" / "keys"))
    (two / "vdb" / "flame.0001.vdb").write_bytes(b"another")
    envelope = (one / "record.json").read_text()
    (two / "record.json").write_text(envelope)
    assert verify_layer(str(two)).verdict == "ALTERED"


def test_when_another_key_signed_then_invalid(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    other = publish(tmp_path / "other")
    (folder / "record.json").write_text((other / "record.json").read_text())
    verdict = verify_layer(str(folder))
    assert verdict.verdict == "INVALID"
    assert "No key" in verdict.reasons[0]


def test_when_signed_outside_the_keys_time_then_invalid(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    signer = Signer.first_run(tmp_path / "keys")
    late = tmp_path / "late.json"
    late.write_text(signer.trust("usd_ai", "2027-01-01T00:00:00.000Z"))
    verdict = verify_layer(str(folder), trust=str(late))
    assert verdict.verdict == "INVALID"
    assert "outside the time" in verdict.reasons[0]


def test_when_no_trust_file_is_found_then_the_remedy_is_told(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    (tmp_path / "publish" / "trust.json").unlink()
    with pytest.raises(NotFound, match="--trust FILE"):
        verify_layer(str(folder))


def test_when_trust_was_found_beside_the_layer_then_the_verdict_says_what_that_is_worth(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    beside = verify_layer(str(folder)).reasons
    given = verify_layer(str(folder), trust=str(tmp_path / "publish" / "trust.json")).reasons
    assert "not who signed" in beside[-1]
    assert "you gave" in given[-1]


def test_when_there_is_no_record_then_unrecorded(tmp_path: Path) -> None:
    lone = tmp_path / "lone.usda"
    lone.write_bytes(PAYLOAD)
    assert verify_layer(str(lone)).verdict == "UNRECORDED"


def test_when_payload_was_rewritten_with_the_same_content_then_converted(tmp_path: Path) -> None:
    from pxr import Sdf  # noqa: PLC0415 - only this test writes USD

    from usd_ai.provenance.content import content_sha256  # noqa: PLC0415 - as above

    folder = publish(tmp_path)
    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.ImportFromString(PAYLOAD.decode())
    layer.Export(str(folder / "payload.usdc"))
    content = content_sha256(str(folder / "payload.usdc"))
    names = ["payload.usdc", "vdb/flame.0001.vdb"]
    files = tuple(LayerFile(n, sha256_file(folder / n), 0) for n in names)
    sealed = Layer("fire", files, layer_sha256(files), content)
    records = Records(Signer.first_run(tmp_path / "keys"))
    envelope = records.seal(str(folder), json.dumps(PLAN), json.dumps(WORLD), sealed, RUN).envelope
    (folder / "record.json").write_text(envelope)
    assert verify_layer(str(folder)).verdict == "INTACT"
    (folder / "payload.usdc").unlink()
    resaved = Sdf.Layer.CreateNew(str(folder / "payload.usdc"))  # what a program does that opens and saves
    resaved.TransferContent(layer)
    Sdf.CreatePrimInLayer(resaved, "/passing")
    resaved.Save()
    del resaved.rootPrims["passing"]
    resaved.Save()
    assert sha256_file(folder / "payload.usdc") != files[0].sha256
    verdict = verify_layer(str(folder))
    assert verdict.verdict == "CONVERTED", verdict
    Sdf.CreatePrimInLayer(resaved, "/fire/more")
    resaved.Save()
    assert verify_layer(str(folder)).verdict == "ALTERED"


def test_when_a_prim_is_traced_then_who_when_plan_seed_and_inputs_are_answered(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    (folder / "payload.usdc").write_bytes(PAYLOAD)
    (folder / "fire.usda").write_text(PAYLOAD.decode())
    trace = trace_prim(str(folder / "fire.usda"), "/fire/tree")
    answers = dict(trace.lines)
    assert (answers["who"], answers["when"], answers["seed"]) == ("ada", RUN.ended, "7")
    assert any(q == "input" and "set/ground.usda" in a for q, a in trace.lines)
    with pytest.raises(NotFound, match="no prim /fire/stone"):
        trace_prim(str(folder / "fire.usda"), "/fire/stone")


def test_when_two_processes_make_the_first_key_then_there_is_one(tmp_path: Path) -> None:
    one, two = Signer.first_run(tmp_path / "keys"), Signer.first_run(tmp_path / "keys")
    assert one.keyid == two.keyid
    assert (tmp_path / "keys" / "signing.pem").stat().st_mode & 0o777 == 0o600


def test_when_trust_file_was_edited_then_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    file = tmp_path / "publish" / "trust.json"
    envelope = json.loads(file.read_text())
    document = json.loads(base64.b64decode(envelope["payload"]))
    document["keys"][0]["name"] = "mallory"
    envelope["payload"] = base64.b64encode(json.dumps(document).encode()).decode()
    file.write_text(json.dumps(envelope))
    with pytest.raises(RecordInvalid):
        read_trust(file)


def test_when_the_record_is_sealed_then_seeds_stay_strings_and_subjects_are_sorted(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    keys = read_trust(tmp_path / "publish" / "trust.json")
    document = json.loads(open_envelope((folder / "record.json").read_text(), keys).payload)
    names = [s["name"] for s in document["subject"]]
    assert names == sorted(names) == ["fire.usda", "payload.usdc", "preview.png", "vdb/flame.0001.vdb"]
    assert document["predicate"]["buildDefinition"]["externalParameters"]["plan"]["seed"] == "7"
    assert dataclasses.asdict(RUN)["operator"] == document["predicate"]["request"]["operator"]


def test_when_the_path_is_relative_then_it_means_the_folder_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = publish(tmp_path)
    monkeypatch.chdir(folder.parent)
    assert verify_layer("v001", "", "").verdict == "INTACT"
    (folder / "fire.usda").write_text(PAYLOAD.decode())
    assert trace_prim("v001/fire.usda", "/fire/tree").prim == "/fire/tree"


def test_when_the_loaded_payload_was_swapped_and_the_true_one_lies_beside_it_then_altered(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    (folder / "payload.usda").write_bytes(PAYLOAD)
    (folder / "payload.usdc").write_bytes(PAYLOAD.replace(b"tree", b"evil"))
    assert verify_layer(str(folder)).verdict == "ALTERED"


@pytest.mark.parametrize("name", ["evil.usda", "sub/evil.usda", "materials/a.usda"])
def test_when_a_file_that_nobody_recorded_lies_in_the_folder_then_altered(tmp_path: Path, name: str) -> None:
    folder = publish(tmp_path)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(PAYLOAD)
    for place in (folder, folder / name):
        verdict = verify_layer(str(place))
        assert verdict.verdict == "ALTERED"
        assert name in " ".join(verdict.reasons)


def test_when_a_recorded_file_became_a_link_then_altered(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    (tmp_path / "elsewhere").write_bytes((folder / "payload.usdc").read_bytes())
    (folder / "payload.usdc").unlink()
    (folder / "payload.usdc").symlink_to(tmp_path / "elsewhere")
    assert verify_layer(str(folder)).verdict == "ALTERED"


def test_when_another_server_comes_with_a_key_of_its_own_then_older_records_still_hold(tmp_path: Path) -> None:
    folder = publish(tmp_path)
    other = Records(Signer.first_run(tmp_path / "other-keys"))
    other.publish_trust(tmp_path / "publish", "second", "2026-02-01T00:00:00.000Z")
    assert verify_layer(str(folder)).verdict == "INTACT"
    assert {key.name for key in read_trust(tmp_path / "publish" / "trust.json")} == {"usd_ai", "second"}


def test_when_the_trust_file_is_damaged_then_a_server_refuses_to_forget_it(tmp_path: Path) -> None:
    publish(tmp_path)
    (tmp_path / "publish" / "trust.json").write_text("{}")
    with pytest.raises(RecordInvalid, match="damaged"):
        Records(Signer.first_run(tmp_path / "keys")).publish_trust(tmp_path / "publish", "usd_ai", "2026")
