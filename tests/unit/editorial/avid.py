"""Writes small AAF files as Avid does, through pyaaf2: speed, mutes and tapes, which public writers cannot say."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aaf2
import aaf2.misc

_WARP = uuid.UUID("9d2ea890-0968-11d3-8a38-0050040ef7d2")
_DISSOLVE = uuid.UUID("0c3bea40-fc05-11d2-8a29-0050040ef7d2")
_OFFSETS = uuid.UUID("8d56827d-847e-11d5-935a-50f857c10000")
_POSITIONS = uuid.UUID("8d56827e-847e-11d5-935a-50f857c10000")
_RATIO = uuid.UUID("72559a80-24d7-11d3-8a50-0050040ef7d2")


class Avid:
    """An AAF file under construction; a context manager. Frames are of ``rate``."""

    def __init__(self, path: Path, rate: Fraction | int = 24) -> None:
        self.path = path
        self.rate = rate
        self._file: Any = aaf2.open(str(path), "w")
        self._datadef: Any = self._file.dictionary.lookup_datadef("picture")
        self._operations: dict[str, Any] = {}
        self._parameters: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def master(  # noqa: ANN201 - pyaaf2 has no types
        self, name: str, timecode: int, length: int = 500, tape: str = "", rate: int = 0, **comments: str
    ):
        """A master clip over a file over a tape whose timecode starts at ``timecode``, of a ``rate`` of its own."""
        create = self._file.create
        reel, file, master = create.SourceMob(), create.SourceMob(), create.MasterMob(name)
        self._file.content.mobs.extend([reel, file, master])
        reel.name = tape or f"{name}_tape"
        reel.descriptor = create.TapeDescriptor()
        code = reel.create_timeline_slot(rate or self.rate, 2)
        code["PhysicalTrackNumber"].value = 1
        code.segment = create.Timecode(rate or 24)
        code.segment.start = timecode
        self._point(reel, None, length)
        file.descriptor = create.PCMDescriptor()  # of all descriptors the one that asks for least
        for key, value in {"SampleRate": self.rate, "Length": length, "AudioSamplingRate": 48000}.items():
            file.descriptor[key].value = value
        for key in ("Channels", "QuantizationBits", "BlockAlign", "AverageBPS"):
            file.descriptor[key].value = 1
        locator = create.NetworkLocator()
        locator["URLString"].value = f"file:///media/{name}.mxf"
        file.descriptor["Locator"].append(locator)
        self._point(file, reel, length)
        self._point(master, file, length)
        for key, value in comments.items():
            master.comments[key] = value
        return master

    def _point(self, mob: Any, other: Any, length: int) -> None:  # noqa: ANN401 - pyaaf2
        slot = mob.create_timeline_slot(self.rate, 1)
        clip = self._file.create.SourceClip(0, length, other.mob_id if other else None, 1, "picture")
        slot.segment = clip

    def clip(self, mob: Any, start: int, length: int) -> Any:  # noqa: ANN401 - pyaaf2
        """A source clip: frames of a master, or of another composition."""
        return self._file.create.SourceClip(start, length, mob.mob_id, 1, "picture")

    def filler(self, length: int) -> Any:  # noqa: ANN401 - pyaaf2
        """Nothing, so long."""
        return self._file.create.Filler("picture", length)

    def muted(self, component: Any) -> Any:  # noqa: ANN401 - pyaaf2
        """A component that is switched off, as Avid writes it: an alternate of nothing."""
        selector = self._file.create.Selector(length=component.length, media_kind="picture")
        selector["Selected"].value = self.filler(component.length)
        selector["Alternates"].append(component)
        return selector

    def sequence(self, *components: Any) -> Any:  # noqa: ANN401 - pyaaf2
        """Components after one another."""
        sequence = self._file.create.Sequence("picture")
        sequence.components.extend(components)
        sequence.length = sum(c.length for c in components)
        return sequence

    def dissolve(self, length: int, cut: int) -> Any:  # noqa: ANN401 - pyaaf2
        """A dissolve that overlaps both neighbours; the cut stands ``cut`` frames after its start."""
        transition = self._file.create.Transition("picture", length)
        transition["OperationGroup"].value = self._group("Dissolve", _DISSOLVE, length, warps=False)
        transition["CutPoint"].value = cut
        return transition

    def warp(  # noqa: ANN201 - pyaaf2 has no types
        self,
        inner: Any,  # noqa: ANN401
        length: int,
        offsets: Sequence[tuple[float, float]] = (),
        positions: Sequence[tuple[float, float]] = (),
        ratio: str = "",
        name: str = "Motion Control",
    ):
        """A speed effect of ``length`` frames over a component."""
        group = self._group(name, _WARP, length, warps=True)
        group.segments.append(inner)
        if offsets:
            group["Parameters"].append(self._varying("PARAM_SPEED_OFFSET_MAP_U", _OFFSETS, offsets))
        if positions:
            group["Parameters"].append(self._varying("PARAM_OFFSET_MAP_U", _POSITIONS, positions))
        if ratio:
            value = self._file.create.ConstantValue()
            value.parameterdef = self._parameter("SpeedRatio", _RATIO)
            value.value = Fraction(ratio)
            group["Parameters"].append(value)
        return group

    def composition(  # noqa: ANN201 - pyaaf2 has no types
        self,
        name: str,
        *tracks: Sequence[Any],
        start: int = 86400,
        top: bool = True,
        markers: Sequence[tuple[int, str]] = (),
    ):
        """A sequence; ``markers`` stand on its first track."""
        mob = self._file.create.CompositionMob(name)
        mob.usage = "Usage_TopLevel" if top else "Usage_LowerLevel"
        self._file.content.mobs.append(mob)
        for number, components in enumerate(tracks, start=1):
            slot = mob.create_timeline_slot(self.rate, number)
            slot.segment = self.sequence(*components)
        code = mob.create_timeline_slot(self.rate, len(tracks) + 1)
        code["PhysicalTrackNumber"].value = 1
        code.segment = self._file.create.Timecode(24)
        code.segment.start = start
        if markers:
            self._mark(mob, markers)
        return mob

    def _mark(self, mob: Any, markers: Sequence[tuple[int, str]]) -> None:  # noqa: ANN401 - pyaaf2
        slot = self._file.create.EventMobSlot()
        slot["EditRate"].value = self.rate
        slot["SlotID"].value = 1000
        sequence = self._file.create.Sequence("DescriptiveMetadata")
        for position, words in markers:
            marker = self._file.create.DescriptiveMarker()
            marker["Position"].value = position
            marker["Comment"].value = words
            marker["DescribedSlots"].value = {1}
            sequence.components.append(marker)
        slot.segment = sequence
        mob.slots.append(slot)

    def _group(self, name: str, identity: uuid.UUID, length: int, *, warps: bool) -> Any:  # noqa: ANN401 - pyaaf2
        if name not in self._operations:
            operation = self._file.create.OperationDef(identity if len(self._operations) < 2 else uuid.uuid4(), name)
            self._file.dictionary.register_def(operation)
            operation.media_kind = "picture"
            operation["IsTimeWarp"].value = warps
            operation["NumberInputs"].value = 1
            self._operations[name] = operation
        group = self._file.create.OperationGroup(self._operations[name], length)
        group["DataDefinition"].value = self._datadef
        return group

    def _parameter(self, name: str, identity: uuid.UUID) -> Any:  # noqa: ANN401 - pyaaf2
        if name not in self._parameters:
            typedef = self._file.dictionary.lookup_typedef("Rational")
            self._parameters[name] = self._file.create.ParameterDef(identity, name, "", typedef)
            self._file.dictionary.register_def(self._parameters[name])
        return self._parameters[name]

    def _varying(self, name: str, identity: uuid.UUID, points: Sequence[tuple[float, float]]) -> Any:  # noqa: ANN401
        varying = self._file.create.VaryingValue()
        varying.parameterdef = self._parameter(name, identity)
        linear = self._file.create.InterpolationDef(aaf2.misc.LinearInterp, "LinearInterp", "straight")
        self._file.dictionary.register_def(linear)
        varying["Interpolation"].value = self._file.dictionary.lookup_interperlationdef("LinearInterp")
        for when, value in points:
            point = self._file.create.ControlPoint()
            point["EditHint"].value = "Proportional"
            point.value = Fraction(value)
            point.time = Fraction(when)
            varying["PointList"].append(point)
        return varying
