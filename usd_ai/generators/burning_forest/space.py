"""Between the host's space and simulation space.

Simulation space: metres, Z up, right-handed. A Y-up host point (x, y, z) stands at (x, -z, y) there. All matrices are
4 × 4, row vectors: ``p' = p · M``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Space:
    """The host's unit (``meters_per_unit`` metres) and up axis ("Y" or "Z")."""

    meters_per_unit: float
    up_axis: str

    @property
    def to_host_rotation(self) -> F64:
        """3 × 3, row vectors: directions of simulation space in host space."""
        if self.up_axis == "Z":
            return np.eye(3)
        return np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])

    def to_host(self, points: NDArray[np.floating]) -> F64:
        """Points [..., 3] of simulation space in host units."""
        return self.directions_to_host(points) / self.meters_per_unit

    def to_sim(self, points: NDArray[np.floating]) -> F64:
        """Host points [..., 3] in simulation space."""
        return np.asarray(points, dtype=np.float64) @ self.to_host_rotation.T * self.meters_per_unit

    def directions_to_host(self, directions: NDArray[np.floating]) -> F64:
        """Unit directions or normals [..., 3] of simulation space in host axes, lengths kept."""
        own = np.asarray(directions, dtype=np.float64)
        if self.up_axis == "Z":
            return own + 0.0  # as the product with the rotation has it: no negative zeros
        turned = np.empty(own.shape)
        turned[..., 0], turned[..., 1], turned[..., 2] = own[..., 0] + 0.0, own[..., 2] + 0.0, 0.0 - own[..., 1]
        return turned

    def host_matrix(
        self,
        *,
        place: F64,
        scale: tuple[float, float, float] = (1.0, 1.0, 1.0),
        yaw: float = 0.0,
        slope: tuple[float, float] = (0.0, 0.0),
    ) -> F64:
        """Matrix that puts something modelled Z-up in host units at ``place`` (simulation space, metres).

        ``scale`` along the thing's own axes, ``yaw`` radians about the vertical, counter-clockwise from above.
        ``slope``: metres that the thing's floor rises per metre along x and y of simulation space; it stays upright.
        """
        c, s = np.cos(yaw), np.sin(yaw)
        turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        tilt = np.array([[1.0, 0.0, slope[0]], [0.0, 1.0, slope[1]], [0.0, 0.0, 1.0]])
        matrix = np.eye(4)
        matrix[:3, :3] = np.diag(scale) @ turn @ tilt @ self.to_host_rotation
        matrix[3, :3] = self.to_host(place)
        return matrix

    def orientations(self, yaw: F64, lean: F64, lean_azimuth: F64) -> F32:
        """Quaternions float32 [n, 4] (w, x, y, z) for things modelled with the host's axes.

        They are turned by ``yaw`` about the vertical, then tilted by ``lean`` towards ``lean_azimuth`` (radians,
        simulation space).
        """
        spin = _axis_angle(np.tile([0.0, 0.0, 1.0], (len(yaw), 1)), yaw)
        axis = np.stack([-np.sin(lean_azimuth), np.cos(lean_azimuth), np.zeros_like(yaw)], axis=1)
        both = _multiply(_axis_angle(axis, lean), spin)
        if self.up_axis == "Y":
            both = np.stack([both[:, 0], both[:, 1], both[:, 3], -both[:, 2]], axis=1)
        return both.astype(np.float32)


def _axis_angle(axis: F64, angle: F64) -> F64:
    half = 0.5 * angle[:, None]
    return np.concatenate([np.cos(half), np.sin(half) * axis], axis=1)


def _multiply(a: F64, b: F64) -> F64:
    """Hamilton product a · b: b is applied first."""
    aw, ax, ay, az = a.T
    bw, bx, by, bz = b.T
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=1,
    )
