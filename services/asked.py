"""Messages → core types: what was asked, checked for what no plan could read. The other way is `convert.py`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TypeVar

from services import names
from usd_ai.api.v1 import assets_pb2, generation_pb2, timeline_pb2, values_pb2
from usd_ai.core.cuts import MOST_HANDLES
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Detail, ParameterValue, Rate, Request
from usd_ai.core.words import checked_prompt

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

CutRequest = (
    timeline_pb2.ReadCutRequest
    | timeline_pb2.DiffCutRequest
    | timeline_pb2.SyncCutRequest
    | timeline_pb2.WriteChangeListRequest
    | timeline_pb2.WriteTimelineRequest
)
"""Messages that say how a cut is to be read."""

DETAILS = {
    generation_pb2.Generation.DETAIL_UNSPECIFIED: Detail.FULL,
    generation_pb2.Generation.DETAIL_FULL: Detail.FULL,
    generation_pb2.Generation.DETAIL_FIRST_LOOK: Detail.FIRST_LOOK,
}
UP_AXES = {
    generation_pb2.Generation.UP_AXIS_UNSPECIFIED: "",
    generation_pb2.Generation.UP_AXIS_Y: "Y",
    generation_pb2.Generation.UP_AXIS_Z: "Z",
}
_PRIM_PATH = re.compile(r"(/[^\W\d]\w*)+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def request_from(message: generation_pb2.CreateGenerationRequest, project: str, shot: str, operator: str) -> Request:
    """What a person asked for. Raises InvalidRequest for fields that no plan could read."""
    asked = message.generation
    if not asked.generator:
        raise InvalidRequest(
            "No generator is named.",
            remedy="Set generation.generator to generators/{generator}; ListGenerators lists them.",
            reason="GENERATOR_REQUIRED",
        )
    given = tuple((setting.name, value_from(setting)) for setting in asked.parameters)
    _refuse_twice([name for name, _ in given])
    return Request(
        project=project,
        shot=shot,
        generator=names.generator(asked.generator),
        parameters=given,
        seed=asked.seed,
        name=asked.layer_name,
        camera=_prim(asked.camera, "camera"),
        ground=_prim(asked.ground, "ground"),
        detail=_known(DETAILS, asked.detail, "detail"),
        request_id=request_id_from(message.request_id),
        operator=operator,
        meters_per_unit=_meters(asked.meters_per_unit),
        up_axis=_known(UP_AXES, asked.up_axis, "up_axis"),
        prompt=checked_prompt(asked.prompt),
        cut=asked.cut,
    )


def value_from(setting: generation_pb2.ParameterSetting) -> ParameterValue:
    """The value a parameter is set to. Raises InvalidRequest where none is."""
    value = setting.value
    match value.WhichOneof("value"):
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "float_value":
            return value.float_value
        case "text_value":
            return value.text_value
        case "vector_value":
            return tuple(value.vector_value.components)
        case _:
            raise InvalidRequest(
                f"Parameter '{setting.name}' has no value.",
                remedy="Give one, or leave the parameter out to have its default.",
                reason="PARAMETER_WITHOUT_VALUE",
                context={"parameter": setting.name},
            )


def request_id_from(text: str) -> str:
    """A request id in lower case; "" where none is given. Raises InvalidRequest where it is no UUID."""
    if text and not _UUID.fullmatch(text):
        raise InvalidRequest(
            "request_id is no UUID.", remedy="Make one (uuid4) for each new wish.", reason="REQUEST_ID_INVALID"
        )
    return text.lower()


def rate_from(message: CutRequest) -> Rate | None:
    """The rate that is asked for, or None. Raises InvalidRequest unless both numbers are above 0."""
    return _rate(message.rate) if message.HasField("rate") else None


def cut_rate_from(message: generation_pb2.CreateGenerationRequest) -> Rate | None:
    """The rate of the cut that is asked for, or None. Raises as `rate_from`."""
    return _rate(message.cut_rate) if message.HasField("cut_rate") else None


def _rate(rate: values_pb2.Rate) -> Rate:
    if rate.numerator <= 0 or rate.denominator <= 0:
        raise InvalidRequest(
            f"{rate.numerator}/{rate.denominator} is no frame rate.",
            remedy="Give frames over seconds, both above zero: 24/1, or 24000/1001 for 23.976.",
            reason="RATE_INVALID",
        )
    return Rate(rate.numerator, rate.denominator)


def handles_from(message: CutRequest) -> int | None:
    """The handles that are asked for, or None. Raises InvalidRequest below 0 and above `MOST_HANDLES`."""
    handles = message.handles if message.HasField("handles") else None
    if handles is not None and not 0 <= handles <= MOST_HANDLES:
        raise InvalidRequest(
            f"Handles of {handles} frames are impossible.",
            remedy=f"Give 0 to {MOST_HANDLES}.",
            reason="HANDLES_INVALID",
        )
    return handles


def size_from(message: assets_pb2.RenderPreviewRequest | assets_pb2.MakeMovieRequest) -> tuple[int, int]:
    """Width and height of the pictures, pixels. Raises InvalidRequest outside 16 to 8192."""
    width, height = message.width or 960, message.height or 540
    if not (16 <= width <= 8192 and 16 <= height <= 8192):  # noqa: PLR2004 - as the field's comment says
        raise InvalidRequest(
            f"A picture cannot be {width} by {height} pixels.", remedy="Give 16 to 8192.", reason="SIZE_INVALID"
        )
    return width, height


def _known(table: Mapping[_Key, _Value], value: _Key, field: str) -> _Value:
    if value not in table:
        raise InvalidRequest(
            f"{field} has no value {value}.",
            remedy="Generate the client from the proto files of this server's version.",
            reason="ENUM_UNKNOWN",
            context={"field": field},
        )
    return table[value]


def _refuse_twice(given: list[str]) -> None:
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise InvalidRequest(
            f"Parameter '{twice[0]}' is set twice.",
            remedy="Set each parameter once.",
            reason="PARAMETER_TWICE",
            context={"parameter": twice[0]},
        )


def _prim(path: str, field: str) -> str:
    if path and not _PRIM_PATH.fullmatch(path):
        raise InvalidRequest(
            f"{field} '{path[:200]}' is no prim path.",
            remedy="Write it as the stage does: /Cam/shotCam_001.",
            reason="PRIM_PATH_INVALID",
            context={"field": field},
        )
    return path


def _meters(value: float) -> float:
    if not math.isfinite(value) or value < 0.0:
        raise InvalidRequest(
            f"A unit of {value} metres is impossible.",
            remedy="Give metres per unit above zero: 0.01 for centimetres.",
            reason="UNITS_INVALID",
        )
    return value
