from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from services.door import SERVICES, Door, Tls
from services.server import NOTE
from tests.service.conftest import OpenDoor
from tests.service.fakes import World
from usd_ai.api.v1 import generation_pb2, generation_pb2_grpc, provenance_pb2, provenance_pb2_grpc
from usd_ai.client import address as addresses
from usd_ai.config import load_settings
from usd_ai.core.errors import InvalidRequest

_ROOT = Path(__file__).resolve().parents[2]


def test_when_asked_by_reflection_then_every_service_and_message_is_told(open_door: OpenDoor) -> None:
    database = ProtoReflectionDescriptorDatabase(open_door.channel)
    told = set(database.get_services())
    assert set(SERVICES) < told
    assert "grpc.health.v1.Health" in told
    described = database.FindFileContainingSymbol("usd_ai.api.v1.GenerationService")
    assert "WatchGeneration" in [method.name for method in described.service[0].method]


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_when_health_is_asked_then_each_service_serves(open_door: OpenDoor, service: str) -> None:
    stub = health_pb2_grpc.HealthStub(open_door.channel)
    assert stub.Check(health_pb2.HealthCheckRequest(service=service)).status == health_pb2.HealthCheckResponse.SERVING


def test_when_health_is_watched_then_the_drain_is_seen(open_door: OpenDoor) -> None:
    stub = health_pb2_grpc.HealthStub(open_door.channel)
    stream = stub.Watch(health_pb2.HealthCheckRequest())
    assert next(stream).status == health_pb2.HealthCheckResponse.SERVING
    open_door.close()
    assert next(stream).status == health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])  # noqa: S104 - what must be refused
def test_when_plain_text_is_asked_off_loopback_then_it_is_refused(world: World, host: str) -> None:
    async def listen() -> None:
        await Door(world.engine).open(host, 0)

    with pytest.raises(InvalidRequest, match="loopback only") as caught:
        asyncio.run(listen())
    assert caught.value.reason == "PLAINTEXT_REFUSED"


def test_when_the_port_is_taken_then_the_error_says_what_to_do(open_door: OpenDoor) -> None:
    async def listen() -> None:
        await Door(open_door.world.engine).open("127.0.0.1", int(open_door.address.rpartition(":")[2]))

    with pytest.raises(InvalidRequest, match="--port"):
        asyncio.run(listen())


def test_when_a_client_has_a_certificate_then_its_name_is_the_operator_and_only_projects_are_open(
    world: World, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority, server, client = _authority(tmp_path_factory.mktemp("keys"), "server", "ada")

    async def ask() -> str:
        door = Door(world.engine, drain=0.2)
        address = await door.open("127.0.0.1", 0, Tls(server[0], server[1], authority))
        credentials = grpc.ssl_channel_credentials(
            authority.read_bytes(), client[1].read_bytes(), client[0].read_bytes()
        )
        async with grpc.aio.secure_channel(address, credentials) as channel:
            stub = generation_pb2_grpc.GenerationServiceStub(channel)
            asked = generation_pb2.Generation(generator="generators/bonfire", operator="mallory")
            request = generation_pb2.CreateGenerationRequest(parent="projects/-/shots/sh010", generation=asked)
            operation = await stub.CreateGeneration(request)
            name = operation.name.removeprefix("operations/")
            operator = (await stub.GetGeneration(generation_pb2.GetGenerationRequest(name=name))).operator
            outside = provenance_pb2.VerifyLayerRequest(path=str(server[1]))
            inside = provenance_pb2.VerifyLayerRequest(path=str(tmp_path / "shots" / "absent.usda"))
            told = [await _code(channel, request) for request in (outside, inside)]
        async with grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(authority.read_bytes())) as stranger:
            with pytest.raises(grpc.aio.AioRpcError):
                await generation_pb2_grpc.GenerationServiceStub(stranger).CreateGeneration(request, timeout=3)
        await door.close()
        assert told == [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND]
        return operator

    assert asyncio.run(ask()) == "ada"


async def _code(channel: grpc.aio.Channel, request: provenance_pb2.VerifyLayerRequest) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await provenance_pb2_grpc.ProvenanceServiceStub(channel).VerifyLayer(request)
    return caught.value.code()


def test_when_the_server_is_told_to_stop_then_it_drains_and_leaves_no_note(tmp_path: Path) -> None:
    ready, show = tmp_path / "ready.json", _show(tmp_path)
    server = _start(show, "--ready-file", str(ready), "--json")
    try:
        address = _address(ready, server)
        note = tmp_path / ".usd_ai" / "server.json"
        assert json.loads(note.read_text())["address"] == address
        stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(address))
        assert stub.Check(health_pb2.HealthCheckRequest(), timeout=10).status == 1
        second = _start(show)
        assert second.wait(60) == 1
        assert "already works" in second.communicate()[1]
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
        assert not ready.exists()
        assert not note.exists()
        out, err = server.communicate()
        assert json.loads(out)["address"] == address
        assert "Traceback" not in err
    finally:
        server.kill()
        server.wait(10)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--project", "absent.toml"], 3, "studio.toml"),
        ([], 2, "--project"),
        (["--host", "0.0.0.0"], 2, "loopback"),  # noqa: S104 - what must be refused
        (["--tls-cert", "a.pem"], 2, "TLS"),
        (["--port", "99999"], 2, "port"),
    ],
)
def test_when_the_server_cannot_start_then_two_lines_say_why(
    tmp_path: Path, arguments: list[str], code: int, word: str
) -> None:
    given = arguments if "--project" in arguments or not arguments else ["--project", str(_show(tmp_path)), *arguments]
    server = _run(given, tmp_path)
    _, err = server.communicate(timeout=60)
    assert server.returncode == code
    assert word in err
    assert "Traceback" not in err


def test_when_the_start_is_dry_then_nothing_is_written(tmp_path: Path) -> None:
    server = _start(_show(tmp_path), "--dry-run")
    out, _ = server.communicate(timeout=60)
    assert json.loads(out)["shows"] == ["ember"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["studio.toml"]


def _show(folder: Path) -> Path:
    file = folder / "studio.toml"
    file.write_text('[project]\nname = "ember"\ncut = "cut.otio"\nrate = "24"\nstage = "{shot}.usda"\n')
    return file


def _start(show: Path, *arguments: str) -> subprocess.Popen[str]:
    return _run(["--project", str(show), "--port", "0", "--workers", "1", *arguments], show.parent)


def _run(arguments: list[str], folder: Path) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("USD_AI_")}
    environment["PYTHONPATH"] = str(_ROOT)
    command = [sys.executable, "-m", "services.server", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _address(ready: Path, server: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + 60
    while not ready.exists():
        assert server.poll() is None, server.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return str(json.loads(ready.read_text())["address"])


def _authority(folder: Path, *names: str) -> tuple[Path, *tuple[tuple[Path, Path], ...]]:
    """An authority's certificate, and (certificate, key) of each name, as PEM files."""
    root_key, root_name = ec.generate_private_key(ec.SECP256R1()), _name("studio")
    root = _certificate(root_name, root_name, root_key.public_key(), root_key, authority=True)
    files = [folder / "authority.pem"]
    files[0].write_bytes(root.public_bytes(serialization.Encoding.PEM))
    pairs = []
    for name in names:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(_name(name), root_name, key.public_key(), root_key, authority=False)
        pair = (folder / f"{name}.pem", folder / f"{name}.key")
        pair[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pair[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        pairs.append(pair)
    return files[0], *pairs


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(signer, hashes.SHA256())
    )


def test_when_a_default_is_known_in_two_places_then_both_say_the_same(tmp_path: Path) -> None:
    settings = load_settings({})
    assert f"{settings.host}:{settings.port}" == addresses.DEFAULT
    out, _ = _start(_show(tmp_path), "--dry-run").communicate(timeout=60)
    assert json.loads(out)["state"] == str(tmp_path / addresses.STATE)
    assert NOTE == addresses.NOTE
