"""The canvas: the only way in which a generator authors USD. It writes one layer, under one root prim, always alike.

Prims are described first and authored in `write`: an anonymous layer, prims in the order in which they were
described, properties sorted by name, then `Export`. The same calls give the same bytes in every process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Vt

from usd_ai.core.digest import sha256_file
from usd_ai.core.types import FrameRange, LayerFile
from usd_ai.stage.canvas_bounds import Box, union
from usd_ai.stage.canvas_geometry import (
    Properties,
    instancer_properties,
    mesh_properties,
    number_primvar,
    points_properties,
)
from usd_ai.stage.canvas_look import (
    Color,
    box_from,
    field_properties,
    light_properties,
    matrix_properties,
    visibility,
    volume_properties,
)
from usd_ai.stage.canvas_materials import Surface, material_prims
from usd_ai.stage.canvas_prims import Attribute, MetadataValue, PrimRecord, Relationship, author, refuse, root_record
from usd_ai.stage.canvas_states import Key, export_states, states_layer
from usd_ai.stage.canvas_values import Numbers, Timed, Varying, ints, timed
from usd_ai.stage.canvas_write import export_payload, list_files
from usd_ai.stage.marks import LAYER_MARK, PROTOTYPES


class Canvas:
    """One layer under one root prim, in the units, axis and time codes of the host stage.

    Paths are given relative to the root: ``trees``, ``trees/Prototypes/pine_0``. Anything else, and anything that
    would make a broken prim, raises CheckRejected. Arrays are numpy; lengths are host units; ``Varying`` is one
    array or a mapping from frame to array; ``Timed`` is a mapping from frame to value.
    """

    def __init__(
        self,
        root: str,
        meters_per_unit: float,
        up_axis: str,
        time_codes_per_second: float,
        frames: FrameRange,
    ) -> None:
        if not Sdf.Path.IsValidIdentifier(root):
            raise refuse("CANVAS_PATH", f"'{root}' cannot name a root prim.", "Use letters, digits and underscores.")
        self._root = f"/{root}"
        self._metadata: dict[str, object] = {
            "customLayerData": {LAYER_MARK: {"layer": root}},
            "defaultPrim": root,
            "endTimeCode": float(frames.end),
            "framesPerSecond": time_codes_per_second,
            "metersPerUnit": meters_per_unit,
            "startTimeCode": float(frames.start),
            "timeCodesPerSecond": time_codes_per_second,
            "upAxis": up_axis,
        }
        self._states: dict[Key, dict[str, Attribute]] = {}
        self._prims: dict[str, PrimRecord] = {self._root: root_record(self._root)}

    # ------------------------------------------------------------------------------------------------ structure

    def xform(
        self,
        path: str,
        *,
        matrix: NDArray[np.float64] | None = None,
        kind: str = "",
        purpose: str = "",
        visible: Timed[bool] | None = None,
    ) -> str:
        """An Xform. ``matrix``: 4 x 4, row vectors. ``purpose``: "render", "proxy", "guide" or "" (default)."""
        properties: Properties = {} if matrix is None else matrix_properties(matrix)
        if purpose:
            properties["purpose"] = Attribute("token", purpose, uniform=True)
        if visible is not None:
            properties["visibility"] = visibility(visible)
        prim = self._define(path, "Xform", properties)
        prim.kind, prim.matrix = kind, matrix
        return path

    def scope(self, path: str) -> str:
        """A Scope: a name that gathers, without a transform."""
        self._define(path, "Scope", {})
        return path

    def prototype(self, instancer: str, name: str, *, matrix: NDArray[np.float64] | None = None) -> str:
        """An Xform ``<instancer>/Prototypes/<name>`` to put meshes under; its path is what `instancer` takes."""
        path = self.xform(f"{instancer}/{PROTOTYPES}/{name}", matrix=matrix)
        self._known(path).properties["primvars:usdai:name"] = Attribute("string", name, interpolation="constant")
        return path

    # ------------------------------------------------------------------------------------------------- geometry

    def mesh(
        self,
        path: str,
        points: Numbers,
        counts: Numbers,
        indices: Numbers,
        *,
        normals: Numbers | None = None,
        uv: Numbers | None = None,
        color: Numbers | None = None,
        primvars: dict[str, Numbers] | None = None,
        material: str = "",
        double_sided: bool = False,
        subdivision: str = "none",
    ) -> str:
        """A Mesh with its extent. ``points`` [p, 3], ``counts`` [f], ``indices`` [sum of counts].

        ``normals`` [n, 3], ``uv`` [n, 2] and ``color`` [n, 3] (linear, scene-referred) spread over points, corners,
        faces or the whole by their number; so does each of ``primvars``, whose type follows from its array.
        ``material`` is the path that `material` returned.
        """
        properties, box = mesh_properties(
            path,
            points,
            counts,
            indices,
            normals=normals,
            uv=uv,
            color=color,
            primvars=primvars or {},
            double_sided=double_sided,
            subdivision=subdivision,
        )
        prim = self._define(path, "Mesh", properties)
        prim.box = box
        self._bind(prim, material)
        return path

    def instancer(
        self,
        path: str,
        *,
        prototypes: list[str],
        ids: Numbers,
        indices: Varying,
        positions: Varying,
        orientations: Varying,
        scales: Varying,
        velocities: Varying | None = None,
        primvars: dict[str, Varying] | None = None,
        invisible: Timed[Numbers] | None = None,
        states: Mapping[Key, Varying] | None = None,
    ) -> str:
        """A PointInstancer of n instances with its extent, over prototypes that live under ``<path>/Prototypes``.

        ``ids`` int64 [n], unique and stable; ``indices`` int [n] into ``prototypes``; ``positions`` [n, 3];
        ``orientations`` [n, 4] as w, x, y, z (stored in half precision, as the schema says); ``scales`` [n, 3];
        ``velocities`` [n, 3] host units per second; ``primvars`` one value per instance; ``invisible`` ids not shown.
        ``states``: other ``indices`` by (state, detail), which variant sets of the interface show.
        """
        for prototype in prototypes:
            if not prototype.startswith(f"{path}/{PROTOTYPES}/"):
                raise refuse(
                    "CANVAS_INSTANCER",
                    f"Prototype {prototype} does not live under {path}/{PROTOTYPES}.",
                    "Make it with `prototype`.",
                )
        targets = tuple((self._known(prototype).path, self._subtree_box(prototype)) for prototype in prototypes)
        properties, box = instancer_properties(
            path,
            targets,
            ids=ids,
            indices=indices,
            positions=positions,
            orientations=orientations,
            scales=scales,
            velocities=velocities,
            primvars=primvars or {},
            invisible=invisible,
            others=[*(states or {}).values()],
        )
        for key, other in (states or {}).items():
            self._states.setdefault(key, {})[path] = timed(other, "int[]", lambda array: ints(array, f"{path} states"))
        self._define(path, "PointInstancer", properties).box = box
        return path

    def points(
        self,
        path: str,
        *,
        ids: Varying,
        positions: Varying,
        widths: Varying,
        colors: Varying,
        velocities: Varying | None = None,
        primvars: dict[str, Varying] | None = None,
        material: str = "",
    ) -> str:
        """Points by frame, of any number in each.

        ``ids`` int64 [n], ``positions`` [n, 3], ``widths`` [n] (diameters), ``colors`` [n, 3] linear,
        ``velocities`` [n, 3] in host units per second, ``primvars`` float32 [n] each. A frame may hold none.
        """
        properties, box = points_properties(
            path, ids=ids, positions=positions, widths=widths, velocities=velocities, colors=colors
        )
        for name, values in (primvars or {}).items():
            properties[f"primvars:{name}"] = number_primvar(path, name, values)
        prim = self._define(path, "Points", properties)
        prim.box = box
        self._bind(prim, material)
        return path

    def volume(
        self,
        path: str,
        *,
        files: Timed[str],
        extent: tuple[Numbers, Numbers] | Numbers,
        fields: tuple[str, ...] = ("density", "temperature", "flame"),
        matrix: NDArray[np.float64] | None = None,
        visible: Timed[bool] | None = None,
        data_type: str = "half",
        metadata: dict[str, MetadataValue] | None = None,
    ) -> str:
        """A Volume with one OpenVDBAsset per field, a file per frame (paths relative to the layer's folder).

        ``extent``: low and high corner in the Volume's own space, host units, over all frames. ``metadata`` says
        what the grids mean.
        """
        box = box_from(extent)
        children = {name: f"{self._absolute(path)}/{name}" for name in fields}
        prim = self._define(path, "Volume", volume_properties(children, matrix, box, visible))
        prim.box, prim.matrix = box, matrix
        prim.custom_data.update(metadata or {})
        for name in fields:
            self._define(f"{path}/{name}", "OpenVDBAsset", field_properties(name, files, data_type))
        return path

    def integers(self, path: str, name: str, values: NDArray[np.int64]) -> None:
        """An array of its own on a prim that is already described: ids of what the prim stands for, int64 [n]."""
        self._known(path).properties[name] = Attribute("int64[]", Vt.Int64Array.FromNumpy(values), uniform=True)

    def floats(self, path: str, name: str, values: dict[float, NDArray[np.float32]]) -> None:
        """An array of its own by frame on a prim that is already described, float32 [n] each."""
        samples = {float(frame): Vt.FloatArray.FromNumpy(array) for frame, array in values.items()}
        self._known(path).properties[name] = Attribute("float[]", samples=samples)

    def asset(self, path: str, name: str, file: str) -> None:
        """The path of one of the layer's files on a prim that is already described."""
        self._known(path).properties[name] = Attribute("asset", Sdf.AssetPath(file), uniform=True)

    # ----------------------------------------------------------------------------------------------------- look

    def sphere_light(
        self,
        path: str,
        *,
        position: Varying,
        radius: float,
        intensity: float | Timed[float],
        temperature: float,
        color: Color = (1.0, 1.0, 1.0),
        group: str = "",
    ) -> str:
        """A SphereLight. ``position`` [3] or by frame; ``intensity`` in nits; ``temperature`` in kelvin (1000-10000).

        ``color`` multiplies the blackbody colour. ``group`` names the light group that renderers split by.
        """
        properties, box = light_properties(
            position=position, radius=radius, intensity=intensity, temperature=temperature, color=color, group=group
        )
        self._define(path, "SphereLight", properties).box = box
        return path

    def material(self, path: str, surface: Surface) -> str:
        """A material, as UsdPreviewSurface and as MaterialX standard surface; its path is what `mesh` takes."""
        prims = material_prims(self._absolute(path), surface)
        for absolute, (type_name, properties) in prims.items():
            self._define(absolute.removeprefix(f"{self._root}/"), type_name, properties)
        self._prims[self._absolute(path)].api_schemas.append("MaterialXConfigAPI")
        return path

    # ----------------------------------------------------------------------------------------------- description

    def metadata(
        self,
        path: str,
        *,
        custom: dict[str, MetadataValue] | None = None,
        asset: dict[str, MetadataValue] | None = None,
    ) -> None:
        """Add to ``customData`` and ``assetInfo`` of a prim ("" is the root)."""
        prim = self._known(path)
        prim.custom_data.update(custom or {})
        prim.asset_info.update(asset or {})

    def paths(self, type_name: str) -> list[str]:
        """Paths of all prims of a type, relative to the root, in the order in which they were described."""
        return [
            path.removeprefix(f"{self._root}/") for path, prim in self._prims.items() if prim.type_name == type_name
        ]

    def collection(self, name: str, includes: list[str]) -> None:
        """A collection on the root that holds the prims and everything below them."""
        root = self._prims[self._root]
        root.api_schemas.append(f"CollectionAPI:{name}")
        targets = tuple(self._known(path).path for path in includes)
        root.properties[f"collection:{name}:expansionRule"] = Attribute("token", "expandPrims", uniform=True)
        root.properties[f"collection:{name}:includes"] = Relationship(targets)

    # -------------------------------------------------------------------------------------------------- to bytes

    def build(self) -> Sdf.Layer:
        """The layer, anonymous. Raises CheckRejected where something refers to a prim that is not there."""
        for prim in self._prims.values():
            binding = prim.properties.get("material:binding")
            if isinstance(binding, Relationship) and binding.targets[0] not in self._prims:
                raise refuse(
                    "CANVAS_PATH",
                    f"{prim.path} is bound to {binding.targets[0]}, which is not there.",
                    "Describe the material with `material`.",
                )
        layer = Sdf.Layer.CreateAnonymous(".usdc")
        for key in sorted(self._metadata):
            layer.pseudoRoot.SetInfo(key, self._metadata[key])
        author(layer, self._prims.values())
        return layer

    def text(self) -> str:
        """The layer as ``.usda`` text."""
        return self.build().ExportToString()

    def write(self, folder: str | Path, digest: Callable[[Path], str] = sha256_file) -> tuple[list[LayerFile], str]:
        """Write ``payload.usdc`` (and ``states.usdc``, where instancers have other states) into a folder, durably.

        Returns the layer's files there (sorted, with size, SHA-256 as ``digest`` gives it) and the content's SHA-256.
        """
        content = export_payload(self.build(), Path(folder))
        if self._states:
            export_states(states_layer(self._root.removeprefix("/"), self._states), Path(folder))
        return list_files(Path(folder), digest), content

    # ---------------------------------------------------------------------------------------------------- inside

    def _absolute(self, path: str) -> str:
        parts = path.split("/")
        if not all(Sdf.Path.IsValidIdentifier(part) for part in parts):
            raise refuse(
                "OUTSIDE_ROOT",
                f"A generator may write only under {self._root}; '{path}' is not a path relative to it.",
                "Give names separated by '/', such as 'trees/Prototypes/pine_0'.",
            )
        return f"{self._root}/{path}"

    def _known(self, path: str) -> PrimRecord:
        absolute = self._absolute(path) if path else self._root
        if absolute not in self._prims:
            raise refuse("CANVAS_PATH", f"There is no prim {absolute}.", "Describe it first.")
        return self._prims[absolute]

    def _define(self, path: str, type_name: str, properties: Properties) -> PrimRecord:
        absolute = self._absolute(path)
        known = self._prims.get(absolute)
        if known is not None and not known.implied:
            raise refuse("CANVAS_PATH", f"{absolute} is described twice.", "Give every prim its own name.")
        if known is None:
            parent = path.rpartition("/")[0]
            if parent and self._absolute(parent) not in self._prims:
                self._define(parent, "Scope", {}).implied = True
            known = self._prims[absolute] = PrimRecord(absolute, type_name)
        known.type_name, known.implied = type_name, False
        known.properties.update(properties)
        return known

    def _bind(self, prim: PrimRecord, material: str) -> None:
        if material:
            prim.api_schemas.append("MaterialBindingAPI")
            prim.properties["material:binding"] = Relationship((self._absolute(material),))

    def _subtree_box(self, path: str) -> Box | None:
        """Box of everything at and below a prim, in the space of the prim's parent."""
        top = self._absolute(path)
        boxes: list[Box | None] = []
        for prim in self._prims.values():
            if prim.path != top and not prim.path.startswith(f"{top}/"):
                continue
            box, at = prim.box, prim.path
            while box is not None and len(at) >= len(top):
                box, at = box.moved(self._prims[at].matrix), at.rpartition("/")[0]
            boxes.append(box)
        return union(boxes)
