"""What writer and reader of OpenVDB files share: the values, the tree's numbers, the words of the format.

Source: OpenVDB 12, `openvdb/io/{Archive,File,GridDescriptor,Compression}.h`, `openvdb/tree/{RootNode,InternalNode,
LeafNode}.h`, `openvdb/math/Maps.h`. The tree is the usual 5-4-3 one: a root table of nodes of 32³ nodes of 16³ leaves
of 8³ voxels. File version 224 is the newest that readers in the field all know.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x56444220
FILE_VERSION = 224
LIBRARY_VERSION = (10, 0)
COMPRESS_ZIP_AND_ACTIVE_MASK = 3
NO_MASK_OR_INACTIVE_VALUES = 0  # inactive values are the background and are not stored

LEAF_SPAN = 8  # voxels along a leaf's edge
LEAF_VOXELS = 512
LEAF_MASK_BYTES = 64
LOWER_SPAN = 128  # voxels along a lower internal node's edge: 16 leaves
LOWER_CHILDREN = 4096
UPPER_SPAN = 4096  # voxels along an upper internal node's edge: 32 lower nodes
UPPER_CHILDREN = 32768
HALF_MAX = 65504.0  # largest finite half float
INDEX_LIMIT = 2**30  # voxel indices beyond this leave no room for a node's edge in an int32

TYPE_NAMES = {1: "Tree_float_5_4_3", 3: "Tree_vec3s_5_4_3"}
HALF_SUFFIX = "_HalfFloat"
MAP_NAME = "UniformScaleTranslateMap"


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A dense box of voxels that becomes one sparse grid.

    ``values``: float32 [x, y, z] or, for vectors, [x, y, z, 3]. ``origin``: voxel index of ``values[0, 0, 0]``; voxel
    (i, j, k) has its centre at ``voxel_size * (i, j, k) + translation``. ``background``: what every voxel outside
    holds, for each component.
    """

    name: str
    values: NDArray[np.float32]
    origin: tuple[int, int, int] = (0, 0, 0)
    background: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class VdbFile:
    """The grids of a file, each cropped to its active voxels, and the transform they share (metres or host units)."""

    grids: tuple[Grid, ...]
    voxel_size: float
    translation: tuple[float, float, float]

    def grid(self, name: str) -> Grid | None:
        """The grid of that name, or None."""
        return next((grid for grid in self.grids if grid.name == name), None)


def leaf_order(leaves: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order in which a file lists leaves.

    ``leaves``: int64 [n, 3], voxel index of each leaf's first voxel. Returns int64 [n]: root children ascend by (x, y,
    z), inside a node children ascend by their offset, x slowest.
    """
    levels = (leaves % LOWER_SPAN // LEAF_SPAN, leaves % UPPER_SPAN // LOWER_SPAN, leaves // UPPER_SPAN)
    return np.lexsort([level[:, axis] for level in levels for axis in (2, 1, 0)]).astype(np.int64)
