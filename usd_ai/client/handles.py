"""A shot and a generation to hold in the hand: each method is one call to the server."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypedDict, Unpack

from google.longrunning import operations_pb2

from usd_ai.api.v1 import generation_pb2, generation_pb2_grpc, generators_pb2, generators_pb2_grpc, values_pb2
from usd_ai.client import decode
from usd_ai.client.channel import PATIENCE, SLOW, Connection, error_of_failure
from usd_ai.client.decode import Places
from usd_ai.core.errors import InvalidRequest, ServerAway
from usd_ai.core.types import Detail, Forecast, Generation, ParameterValue, Progress, Rate, Shot, Understanding, Version
from usd_ai.core.words import checked_prompt

_MAX_SEED = 2**64 - 1
NO_PARAMETERS: Mapping[str, ParameterValue] = {}


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What would be made: identity, canonical JSON, world, what it will come to, what was understood of a prompt."""

    digest: str
    canonical_json: str
    world_digest: str
    forecast: Forecast
    understanding: Understanding | None = None


class Wishes(TypedDict, total=False):
    """What may be asked besides a generator's own parameters, as keywords; others are refused.

    Each is as `usd_ai.core.types.Request` says. ``edits``: what was changed by hand, for generators with a parameter of
    that name: ``["remove 4711"]``. ``cut``: a file of the project, or a cut of the history; "" is the one in force.
    ``rate``: of that cut, for formats that carry none. ``sequence``: of that cut, where a file holds several.
    """

    edits: Sequence[str]
    seed: int
    name: str
    camera: str
    ground: str
    detail: Detail
    meters_per_unit: float
    up_axis: str
    prompt: str
    cut: str
    rate: Rate | None
    sequence: str


class GenerationHandle:
    """A generation on the server. ``snapshot`` is how it stood when the server last spoke of it."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._stub = generation_pb2_grpc.GenerationServiceStub(connection.channel)
        self.name = name
        self._message = generation_pb2.Generation(name=name)

    @classmethod
    def of_message(cls, connection: Connection, message: generation_pb2.Generation) -> GenerationHandle:
        """A handle on what a list returned."""
        handle = cls(connection, message.name)
        handle._message = message
        return handle

    def __repr__(self) -> str:
        return f"<generation {self.name} {self.snapshot.state.value}>"

    @property
    def snapshot(self) -> Generation:
        """The generation as last heard of."""
        return decode.generation(self._message)

    @property
    def places(self) -> Places:
        """Where layer, record and picture lie, as last heard of."""
        return decode.places(self._message)

    def refresh(self) -> Generation:
        """Ask how it stands now. Raises NotFound."""
        request = generation_pb2.GetGenerationRequest(name=self.name)
        self._message = self._connection.call(self._stub.GetGeneration, request)
        return self.snapshot

    def watch(self, after_sequence: int = 0) -> Iterator[Progress]:
        """Every progress message after a sequence number, once and in order, until the generation has ended.

        A broken stream is taken up where it broke; ServerAway is raised when nobody answers any more.
        """
        waits = iter(PATIENCE)
        while True:
            try:
                for progress in self._watch_once(after_sequence):
                    after_sequence = progress.sequence
                    waits = iter(PATIENCE)
                    yield progress
            except ServerAway:
                wait = next(waits, None)
                if wait is None:
                    raise
                time.sleep(wait)
            else:
                return

    def wait(self, progress: Callable[[Progress], None] | None = None) -> Generation:
        """Wait until it is ready for review, telling ``progress`` of every message.

        Raises the error it ended with: CheckRejected, Cancelled, UnreadableInput, InvalidRequest, ...
        """
        for message in self.watch():
            if progress is not None:
                progress(message)
        snapshot = self.snapshot
        if snapshot.failure is not None:
            raise error_of_failure(snapshot.failure)
        return snapshot

    def cancel(self) -> Generation:
        """Stop it; cancelling twice is no error. A running one ends within a second."""
        request = generation_pb2.CancelGenerationRequest(name=self.name)
        self._message = self._connection.call(self._stub.CancelGeneration, request)
        return self.snapshot

    def publish(self, request_id: str = "", *, etag: str = "", dry_run: bool = False) -> Version:
        """Publish what was reviewed, which is what ``etag`` names: that of the snapshot unless given.

        Raises Conflict where it changed since, or has no layer yet.
        """
        if not (etag or self._message.etag):
            self.refresh()
        request = generation_pb2.PublishGenerationRequest(
            name=self.name,
            etag=etag or self._message.etag,
            request_id=request_id or str(uuid.uuid4()),
            validate_only=dry_run,
        )
        version = decode.version(self._connection.call(self._stub.PublishGeneration, request, SLOW))
        if not dry_run:
            self.refresh()
        return version

    def _watch_once(self, after_sequence: int) -> Iterator[Progress]:
        request = generation_pb2.WatchGenerationRequest(name=self.name, after_sequence=after_sequence)
        for response in self._connection.stream(self._stub.WatchGeneration, request):
            for message in response.progress:
                yield decode.progress(message)
            if response.HasField("generation"):
                self._message = response.generation


class ShotHandle:
    """A shot of the server's project. ``facts`` says what the cut needs of it, where it came from a cut."""

    def __init__(self, connection: Connection, project: str, name: str, facts: Shot | None = None) -> None:
        self._connection = connection
        self._stub = generation_pb2_grpc.GenerationServiceStub(connection.channel)
        self.project = project
        self.name = name
        self.facts = facts

    def __repr__(self) -> str:
        return f"<shot {self.project}/{self.name}>"

    def plan(
        self, generator: str, parameters: Mapping[str, ParameterValue] = NO_PARAMETERS, **wishes: Unpack[Wishes]
    ) -> PlanPreview:
        """What would be made, without making it. Raises NotFound, InvalidRequest, UnreadableInput."""
        request = self._request(generator, parameters, wishes, "")
        request.validate_only = True
        planned = _result(self._connection.call(self._stub.CreateGeneration, request, SLOW))
        plan = planned.plan
        return PlanPreview(
            plan.digest, plan.canonical_json, plan.world_digest, decode.forecast(plan), decode.understanding(plan)
        )

    def generate(
        self,
        generator: str,
        parameters: Mapping[str, ParameterValue] = NO_PARAMETERS,
        *,
        request_id: str = "",
        **wishes: Unpack[Wishes],
    ) -> GenerationHandle:
        """Queue a generation and return at once. Raises NotFound and InvalidRequest for what cannot be asked.

        Sending the same ``request_id`` again returns the same generation; without one a new one is made.
        """
        request = self._request(generator, parameters, wishes, request_id or str(uuid.uuid4()))
        operation = self._connection.call(self._stub.CreateGeneration, request, SLOW)
        return GenerationHandle(self._connection, operation.name.removeprefix("operations/"))

    def _request(
        self, generator: str, parameters: Mapping[str, ParameterValue], wishes: Wishes, request_id: str
    ) -> generation_pb2.CreateGenerationRequest:
        strange = sorted(set(wishes) - Wishes.__annotations__.keys())
        if strange:
            raise self._no_keyword(generator, strange[0])
        seed, axis = wishes.get("seed", 0), wishes.get("up_axis", "")
        if not 0 <= seed <= _MAX_SEED:
            raise InvalidRequest(
                f"The seed {seed} does not fit in 64 bits.", remedy="Give a whole number from 0 to 2^64 - 1."
            )
        if axis not in decode.UP_AXES:
            raise InvalidRequest(f"'{axis}' is no up axis.", remedy="Give Y or Z.", reason="UNITS_INVALID")
        generation = generation_pb2.Generation(
            generator=f"generators/{generator}",
            parameters=[
                generation_pb2.ParameterSetting(name=name, value=decode.encoded(value))
                for name, value in sorted(_with_edits(parameters, wishes.get("edits", ())).items())
            ],
            seed=seed,
            layer_name=wishes.get("name", ""),
            camera=wishes.get("camera", ""),
            ground=wishes.get("ground", ""),
            detail=decode.DETAILS[Detail(wishes.get("detail", Detail.FULL))],
            meters_per_unit=wishes.get("meters_per_unit", 0.0),
            up_axis=decode.UP_AXES[axis],
            prompt=checked_prompt(wishes.get("prompt", "")),
            cut=wishes.get("cut", ""),
        )
        parent = f"projects/{self.project}/shots/{self.name}"
        rate = wishes.get("rate")
        return generation_pb2.CreateGenerationRequest(
            parent=parent,
            generation=generation,
            request_id=request_id,
            cut_rate=None if rate is None else values_pb2.Rate(numerator=rate.numerator, denominator=rate.denominator),
            cut_sequence=wishes.get("sequence", ""),
        )

    def _no_keyword(self, generator: str, name: str) -> InvalidRequest:
        """The error for a keyword that is none of `Wishes`: most are parameters, which the generator knows."""
        stub = generators_pb2_grpc.GeneratorServiceStub(self._connection.channel)
        request = generators_pb2.GetGeneratorRequest(name=f"generators/{generator}")
        parameters = [parameter.name for parameter in self._connection.call(stub.GetGenerator, request).parameters]
        near = get_close_matches(name, sorted({*parameters, *Wishes.__annotations__}), n=1)
        found = near[0] if near else ""
        if found and found not in parameters:
            remedy = f"Did you mean {found}=...?"
        elif found:
            meant = "" if found == name else f"Did you mean the parameter '{found}'? "
            where = f'("{generator}", {{"{found}": ...}})'
            remedy = f"{meant}Parameters stand in a dictionary behind the generator: {where}."
        else:
            remedy = f"Keywords are {', '.join(sorted(Wishes.__annotations__))}; parameters stand in a dictionary."
        return InvalidRequest(
            f"'{name}' is no keyword of plan and generate.",
            remedy=remedy,
            reason="UNKNOWN_PARAMETER",
            context={"parameter": name},
        )


def _with_edits(parameters: Mapping[str, ParameterValue], edits: Sequence[str]) -> dict[str, ParameterValue]:
    """The parameters, with the edits of a list added to those of the text: each stands on a line of its own."""
    lines = [edits] if isinstance(edits, str) else list(edits)
    if not lines:
        return dict(parameters)
    text = str(parameters.get("edits", ""))
    return {**parameters, "edits": "\n".join([text, *lines] if text else lines)}


def _result(operation: operations_pb2.Operation) -> generation_pb2.Generation:
    message = generation_pb2.Generation()
    operation.response.Unpack(message)
    return message
