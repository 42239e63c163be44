"""The server as one object: its project, shots, generators, generations, versions and records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, Unpack

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
from usd_ai.client import address as addresses
from usd_ai.client import decode, decode_cuts
from usd_ai.client.channel import SLOW, Connection
from usd_ai.client.generators import GeneratorInfo, generator_info
from usd_ai.client.handles import GenerationHandle, ShotHandle
from usd_ai.client.reading import Reading, say
from usd_ai.core.changes import CutDiff
from usd_ai.core.decisions import KeptCut, KeptShot, SyncPlan
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.in_force import Chosen
from usd_ai.core.types import Cut, FrameRange, Project, Rate, Record, Shot, Trace, Verdict, Version


def connect(address: str | None = None, *, project: str = "", tls: addresses.Tls | None = None) -> Studio:
    """A studio's server, after it answered.

    ``address``: ``host:port``; by default USD_AI_SERVER, then the server that runs for the folder you stand in, then
    loopback. ``project``: needed where the server has several. Raises ServerAway, NotFound, InvalidRequest.
    """
    return Studio(Connection(addresses.find(address), tls or addresses.tls_from()), project)


_MANY = 1000
"""What is asked for of a cut at a time: the server ends a page where a message is full, and works out each anew."""


class Studio:
    """One project on one server."""

    def __init__(self, connection: Connection, project: str = "") -> None:
        self._connection = connection
        self._generations = generation_pb2_grpc.GenerationServiceStub(connection.channel)
        self._generators = generators_pb2_grpc.GeneratorServiceStub(connection.channel)
        self._timeline = timeline_pb2_grpc.TimelineServiceStub(connection.channel)
        self._provenance = provenance_pb2_grpc.ProvenanceServiceStub(connection.channel)
        self._assets = assets_pb2_grpc.AssetServiceStub(connection.channel)
        self.project = self._chosen(project)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()

    @property
    def address(self) -> str:
        """The server's ``host:port``."""
        return self._connection.address

    # ------------------------------------------------------------------------------------------ what there is

    def projects(self) -> tuple[Project, ...]:
        """The projects the server works for, by name."""
        pages = self._pages(self._timeline.ListProjects, timeline_pb2.ListProjectsRequest())
        return tuple(decode_cuts.project(p) for page in pages for p in page.projects)

    def generators(self) -> tuple[GeneratorInfo, ...]:
        """The installed generators, by id."""
        pages = self._pages(self._generators.ListGenerators, generators_pb2.ListGeneratorsRequest())
        return tuple(generator_info(g) for page in pages for g in page.generators)

    def generator(self, generator_id: str) -> GeneratorInfo:
        """One generator. Raises NotFound naming those that exist."""
        request = generators_pb2.GetGeneratorRequest(name=f"generators/{generator_id}")
        return generator_info(self._connection.call(self._generators.GetGenerator, request))

    def cut(self, path: str = "", rate: Rate | None = None, handles: int | None = None, sequence: str = "") -> Cut:
        """A cut and all its shots; by default the one in force. Raises NotFound, InvalidRequest, UnreadableInput."""
        return self.which_cut(path, shots=True, rate=rate, handles=handles, sequence=sequence).cut

    def which_cut(self, cut: str = "", *, shots: bool = False, **reading: Unpack[Reading]) -> Chosen:
        """A cut, and which it is: ``cut`` is a file of the project or a cut of the history.

        "" is the cut in force: the one applied last, or that of studio.toml where it names another since.
        ``shots``: with its shots. Raises NotFound, InvalidRequest, UnreadableInput.
        """
        request = timeline_pb2.ReadCutRequest(parent=self._parent, path=cut, page_size=_MANY if shots else 1)
        say(request, reading)
        if not shots:
            return decode_cuts.chosen(self._connection.call(self._timeline.ReadCut, request, SLOW), ())
        found: list[Shot] = []
        read = timeline_pb2.ReadCutResponse()
        for read in self._pages(self._timeline.ReadCut, request, SLOW):
            found += [decode_cuts.shot(s) for s in read.shots]
        return decode_cuts.chosen(read, tuple(found))

    def shots(self) -> tuple[ShotHandle, ...]:
        """The shots of the cut in force, in order of first appearance."""
        return tuple(ShotHandle(self._connection, self.project, s.name, s) for s in self.cut().shots)

    def shot(self, name: str) -> ShotHandle:
        """A shot by name; whether the cut has it is known when something is asked of it."""
        return ShotHandle(self._connection, self.project, name)

    # ------------------------------------------------------------------------------------------ what was made

    def generation(self, name: str) -> GenerationHandle:
        """A generation by its full name, or by its shot and id: ``sh010/generations/ID``.

        Raises NotFound, and InvalidRequest for what is no such name.
        """
        if "/" not in name:
            raise InvalidRequest(
                f"'{name}' is no name of a generation.",
                remedy="Give what `usd-ai list` prints: .../SHOT/generations/ID, or SHOT/generations/ID.",
                reason="NAME_INVALID",
            )
        full = name if name.startswith("projects/") else f"{self._parent}/shots/{name}"
        handle = GenerationHandle(self._connection, full)
        handle.refresh()
        return handle

    def generations(self, shot: str = "") -> Iterator[GenerationHandle]:
        """The generations of a shot, or of all, newest first."""
        request = generation_pb2.ListGenerationsRequest(parent=f"{self._parent}/shots/{shot or '-'}")
        for page in self._pages(self._generations.ListGenerations, request):
            for message in page.generations:
                yield GenerationHandle.of_message(self._connection, message)

    def versions(self, shot: str = "") -> Iterator[Version]:
        """The published versions of a shot, or of all, newest first, without their lineage."""
        request = assets_pb2.ListVersionsRequest(parent=f"{self._parent}/shots/{shot or '-'}")
        for page in self._pages(self._assets.ListVersions, request):
            for message in page.versions:
                yield decode.version(message)

    def version(self, shot: str, name: str, number: int = 0) -> Version:
        """One version with its lineage; ``number`` 0 is the latest. Raises NotFound."""
        found = self._connection.call(
            self._assets.GetVersion, assets_pb2.GetVersionRequest(name=self._version_name(shot, name, number))
        )
        lineage = assets_pb2.ListLineageRequest(parent=found.name)
        edges = [decode.edge(e) for page in self._pages(self._assets.ListLineage, lineage) for e in page.edges]
        return decode.version(found, tuple(edges))

    def record(self, shot: str, name: str, number: int = 0) -> Record:
        """The signed record of a version. Raises NotFound."""
        request = provenance_pb2.GetRecordRequest(name=self._version_name(shot, name, number))
        return decode.record(self._connection.call(self._provenance.GetRecord, request))

    # ------------------------------------------------------------------------------------------ a new cut

    def diff(self, new: str = "", old: str = "", **reading: Unpack[Reading]) -> CutDiff:
        """What is different in the cut ``new``: a file of the project or a cut of the history; "" for the one in force.

        ``old``: likewise, by label, name or first digits of its digest; "" for the one applied last. Unchanged shots
        are left out. Raises NotFound, InvalidRequest, UnreadableInput.
        """
        return self._diff(timeline_pb2.DiffCutRequest(parent=self._parent, old=old, path=new), reading)

    def diff_against_published(self, new: str = "", **reading: Unpack[Reading]) -> CutDiff:
        """What is different in the cut ``new`` from what each published layer was generated for."""
        request = timeline_pb2.DiffCutRequest(parent=self._parent, path=new, against_published=True)
        return self._diff(request, reading)

    def sync(
        self,
        cut: str = "",
        *,
        apply: bool = False,
        etag: str = "",
        check_stages: bool = False,
        every: bool = False,
        despite_errors: bool = False,
        **reading: Unpack[Reading],
    ) -> SyncPlan:
        """What a new cut means for every published layer; with ``apply``, the carrying out of it.

        ``etag``: the decisions that were approved; without one those that are found now are. ``check_stages``: look at
        every shot's stage for another camera. ``every``: tell of layers to which nothing happens too. Applying again
        does what is left. Raises Conflict: SYNC_STALE where the decisions are not those that were approved,
        OMISSIONS_DOUBTFUL where shots seem gone of a cut that could not be read whole, unless ``despite_errors``.
        """
        request = timeline_pb2.SyncCutRequest(
            parent=self._parent,
            path=cut,
            check_stages=check_stages,
            include_unchanged=every,
            validate_only=True,
            page_size=_MANY,
            despite_errors=despite_errors,
        )
        say(request, reading)
        if apply:
            request.page_size = 1  # any page has the etag
            etag = etag or self._connection.call(self._timeline.SyncCut, request, SLOW).etag
            return self._applied(request, etag)
        decisions: list[timeline_pb2.Decision] = []
        found = timeline_pb2.SyncCutResponse()
        for page in self._pages(self._timeline.SyncCut, request, SLOW):
            found = page
            decisions += page.decisions
        return decode_cuts.sync_plan(found, decisions)

    def cuts(self) -> Iterator[KeptCut]:
        """The versions of the cut that something was made for, newest first, without their shots."""
        for page in self._pages(self._timeline.ListCuts, timeline_pb2.ListCutsRequest(parent=self._parent)):
            for message in page.cuts:
                yield decode_cuts.kept_cut(message)

    def cut_shot(self, cut: str, shot: str) -> KeptShot:
        """A shot as a version of the cut had it: by label, name or first digits of its digest, "" for the last applied.

        Raises NotFound naming the cuts that are kept.
        """
        request = timeline_pb2.GetCutShotRequest(name=f"{self._parent}/cuts/{cut or 'latest'}/shots/{shot}")
        return decode_cuts.kept_shot(self._connection.call(self._timeline.GetCutShot, request))

    def shot_history(self, shot: str) -> Iterator[KeptShot]:
        """A shot as every version of the cut had it, newest first."""
        request = timeline_pb2.ListCutShotsRequest(parent=f"{self._parent}/shots/{shot}")
        for page in self._pages(self._timeline.ListCutShots, request):
            for message in page.cut_shots:
                yield decode_cuts.kept_shot(message)

    # ------------------------------------------------------------------------------------------ what can be done

    def verify(self, path: str | Path) -> Verdict:
        """Whether a layer on the server's file system is what its record signed. Offline: ``usd-ai verify``."""
        request = provenance_pb2.VerifyLayerRequest(path=str(Path(path).resolve()))
        return decode.verdict(self._connection.call(self._provenance.VerifyLayer, request, SLOW))

    def trace(self, path: str | Path, prim: str) -> Trace:
        """Who made a prim, when, from which plan, seed, code and inputs. Raises NotFound, RecordInvalid."""
        request = provenance_pb2.TracePrimRequest(path=str(Path(path).resolve()), prim=prim)
        return decode.trace(self._connection.call(self._provenance.TracePrim, request, SLOW), prim)

    def write_timeline(
        self,
        output: str,
        cut: str = "",
        *,
        marks: bool = False,
        old: str = "",
        dry_run: bool = False,
        **reading: Unpack[Reading],
    ) -> tuple[str, tuple[str, ...]]:
        """Write a new .otio that carries what was published; its path and the shots with a layer.

        ``cut``: as in `which_cut`; it is written out of its file. ``marks``: mark also what changed since ``old``.
        """
        request = timeline_pb2.WriteTimelineRequest(
            parent=self._parent, output_path=output, path=cut, marks=marks, old=old, validate_only=dry_run
        )
        say(request, reading)
        written = self._connection.call(self._timeline.WriteTimeline, request, SLOW)
        return written.path, tuple(written.shots)

    def preview(
        self,
        shot: str,
        name: str,
        output: str,
        *,
        number: int = 0,
        frames: Sequence[int] = (),
        size: tuple[int, int] = (960, 540),
    ) -> tuple[str, ...]:
        """Render frames of a version (none: start, middle, end) into a folder of the project; the pictures' paths."""
        request = assets_pb2.RenderPreviewRequest(
            name=self._version_name(shot, name, number),
            frames=frames,
            width=size[0],
            height=size[1],
            output_folder=output,
        )
        return tuple(self._connection.call(self._assets.RenderPreview, request, SLOW).paths)

    def contact_sheet(self, output: str) -> tuple[str, tuple[str, ...]]:
        """Put the pictures of all published shots on one page inside the project; its path and the shots on it."""
        request = assets_pb2.MakeContactSheetRequest(parent=self._parent, output_path=output)
        made = self._connection.call(self._assets.MakeContactSheet, request, SLOW)
        return made.path, tuple(made.shots)

    def movie(
        self,
        shot: str,
        name: str,
        output: str,
        *,
        number: int = 0,
        size: tuple[int, int] = (960, 540),
        codec: str = "prores",
        slate: str = "none",
        cut: str = "",
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[str, FrameRange, str]:
        """Write a .mov of a version, every frame that the cut needs; its path, frames, and first timecode.

        ``progress`` is called with the frames drawn and all of them. An exception, Ctrl-C too, stops the work.
        """
        request = assets_pb2.MakeMovieRequest(
            name=self._version_name(shot, name, number),
            output_path=output,
            width=size[0],
            height=size[1],
            codec=codec,
            slate=slate,
            cut=cut,
            validate_only=dry_run,
        )
        made = assets_pb2.MakeMovieResponse()
        messages = self._connection.stream(self._assets.StreamMovie, assets_pb2.StreamMovieRequest(movie=request))
        with closing(messages):
            for message in messages:
                made = message.movie
                if progress is not None and message.frame_count:
                    progress(message.drawn_frames, message.frame_count)
        return made.path, FrameRange(made.first_frame, made.last_frame), made.timecode

    def change_list(
        self, output: str, new: str = "", old: str = "", *, dry_run: bool = False, **reading: Unpack[Reading]
    ) -> tuple[str, tuple[str, ...]]:
        """Write what a new cut changes (.html, .csv, .json, .png); its path and a sentence for each shot."""
        request = timeline_pb2.WriteChangeListRequest(
            parent=self._parent,
            output_path=output,
            old=old,
            path=new,
            validate_only=dry_run,
        )
        say(request, reading)
        written = self._connection.call(self._timeline.WriteChangeList, request, SLOW)
        return written.path, tuple(written.sentences)

    # ------------------------------------------------------------------------------------------ inside

    @property
    def _parent(self) -> str:
        return f"projects/{self.project}"

    def _diff(self, request: timeline_pb2.DiffCutRequest, reading: Reading) -> CutDiff:
        say(request, reading)
        request.page_size = _MANY
        shots: list[timeline_pb2.ShotChange] = []
        found = timeline_pb2.DiffCutResponse()
        for page in self._pages(self._timeline.DiffCut, request, SLOW):
            found = page
            shots += page.shots
        return decode_cuts.diff(found, shots)

    def _applied(self, request: timeline_pb2.SyncCutRequest, etag: str) -> SyncPlan:
        request.validate_only, request.etag, request.page_token = False, etag, ""
        done = self._connection.call(self._timeline.SyncCut, request, SLOW)
        return decode_cuts.sync_plan(done, done.decisions)

    def _version_name(self, shot: str, name: str, number: int) -> str:
        return f"{self._parent}/shots/{shot}/layers/{name}/versions/{number or 'latest'}"

    def _chosen(self, project: str) -> str:
        known = [show.name for show in self.projects()]
        if project in known or (not project and len(known) == 1):
            return project or known[0]
        raise InvalidRequest(
            f"The server has no project '{project}'." if project else f"The server has {len(known)} projects.",
            remedy=f"Choose one of: {', '.join(known) or 'none; start it with --project'}.",
            reason="PROJECT_AMBIGUOUS",
        )

    def _pages(self, method: Callable[..., Any], request: _Paged, seconds: float = SLOW) -> Iterator[Any]:
        while True:
            page = self._connection.call(method, request, seconds)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token


class _Paged(Protocol):
    page_token: str
