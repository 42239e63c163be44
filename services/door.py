"""A gRPC server around an engine: health and reflection always, plain text on loopback only, a graceful end."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
import grpc.aio
from google.longrunning import operations_pb2, operations_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health  # pyright: ignore[reportAttributeAccessIssue] - has no types
from grpc_reflection.v1alpha import reflection

from services.assets import AssetServicer
from services.calls import Calls
from services.generation import GenerationServicer
from services.generators import GeneratorServicer
from services.interceptors import LIMIT, ErrorTable
from services.operations import OperationsServicer
from services.provenance import ProvenanceServicer
from services.timeline import TimelineServicer
from services.watch import ProgressFeeds
from usd_ai.api.v1 import (
    assets_pb2,
    assets_pb2_grpc,
    generation_pb2,
    generation_pb2_grpc,
    generators_pb2,
    generators_pb2_grpc,
    provenance_pb2,
    provenance_pb2_grpc,
    timeline_pb2,
    timeline_pb2_grpc,
)
from usd_ai.core.engine import Engine
from usd_ai.core.errors import InvalidRequest, NotFound

SERVICES: Final = (
    generation_pb2.DESCRIPTOR.services_by_name["GenerationService"].full_name,
    generators_pb2.DESCRIPTOR.services_by_name["GeneratorService"].full_name,
    timeline_pb2.DESCRIPTOR.services_by_name["TimelineService"].full_name,
    provenance_pb2.DESCRIPTOR.services_by_name["ProvenanceService"].full_name,
    assets_pb2.DESCRIPTOR.services_by_name["AssetService"].full_name,
    operations_pb2.DESCRIPTOR.services_by_name["Operations"].full_name,
)
OPTIONS: Final = (
    # Above the message limit, so that a message a little too large is refused by the table, with ErrorInfo.
    ("grpc.max_receive_message_length", 4 * LIMIT),
    ("grpc.max_send_message_length", 2 * LIMIT),
    ("grpc.so_reuseport", 0),  # a second server on the same port must fail, not share its callers
)


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files: the server's certificate and key, and the authority that signed the clients' certificates."""

    certificate: Path
    key: Path
    clients: Path


class Door:
    """A server around an engine."""

    def __init__(self, engine: Engine, *, drain: float = 5.0) -> None:
        self._engine = engine
        self._drain = drain
        self._calls = Calls()
        self._feeds = ProgressFeeds(engine, self._calls)
        self._health = health.HealthServicer()
        self._server = grpc.aio.server(interceptors=(ErrorTable(),), options=OPTIONS)
        self.address = ""

    async def open(self, host: str, port: int, tls: Tls | None = None) -> str:
        """Listen; returns ``host:port``. Raises InvalidRequest for plain text off loopback or a port in use."""
        self._register()
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if tls is None and not is_loopback(host):
            raise InvalidRequest(
                f"Without TLS the server listens on loopback only, and {host} is not.",
                remedy="Use --host 127.0.0.1, or give --tls-cert, --tls-key and --tls-clients.",
                reason="PLAINTEXT_REFUSED",
            )
        try:
            if tls is None:
                bound = self._server.add_insecure_port(where)
            else:
                bound = self._server.add_secure_port(where, _credentials(tls))
        except RuntimeError as error:
            raise InvalidRequest(
                f"Nothing can listen at {where}.",
                remedy="Another server may be running there (usd-ai doctor says); choose another with --port.",
                reason="PORT_TAKEN",
            ) from error
        self.address = where.rpartition(":")[0] + f":{bound}"
        await self._server.start()
        for service in ("", *SERVICES):
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        return self.address

    async def close(self) -> None:
        """Say NOT_SERVING, end the watchers, let calls finish within the drain time, then stop."""
        await self._health.enter_graceful_shutdown()
        self._feeds.stop()
        await self._server.stop(self._drain)
        self._calls.close()

    def _register(self) -> None:
        engine, calls, feeds, server = self._engine, self._calls, self._feeds, self._server
        generation_pb2_grpc.add_GenerationServiceServicer_to_server(GenerationServicer(engine, calls, feeds), server)
        generators_pb2_grpc.add_GeneratorServiceServicer_to_server(GeneratorServicer(engine, calls), server)
        timeline_pb2_grpc.add_TimelineServiceServicer_to_server(TimelineServicer(engine, calls), server)
        provenance_pb2_grpc.add_ProvenanceServiceServicer_to_server(ProvenanceServicer(engine, calls), server)
        assets_pb2_grpc.add_AssetServiceServicer_to_server(AssetServicer(engine, calls), server)
        operations_pb2_grpc.add_OperationsServicer_to_server(OperationsServicer(engine, calls, feeds), server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        own = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        reflection.enable_server_reflection((*SERVICES, own, reflection.SERVICE_NAME), server)


def is_loopback(host: str) -> bool:
    """Whether an address reaches this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    try:
        pair = (tls.key.read_bytes(), tls.certificate.read_bytes())
        clients = tls.clients.read_bytes()
    except OSError as error:
        raise NotFound(
            f"The TLS file {Path(error.filename or '').name} cannot be read.", remedy="Give the path of a PEM file."
        ) from error
    return grpc.ssl_server_credentials([pair], clients, require_client_auth=True)
