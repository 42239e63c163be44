"""What wind may do to a plant: for every point a joint to turn about, and how far it goes.

A deformer bends the trunk by height and carries every joint with it, then turns each point about its joint in
proportion to its weight. All points of a limb share the joint where the limb leaves the trunk, and the weight changes
steadily over space, so nothing that touches comes apart, however hard it blows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from usd_ai.sim.growth.vectors import F64

_TRUNK_BEND = 1.5  # a trunk that tapers bends like a beam: little at the foot, most at the top


@dataclass(frozen=True, slots=True)
class Wind:
    """How a plant gives way.

    ``height``: metres. ``reach``: metres from its joint at which a limb's twig moves fully. ``trunk``: weight of the
    trunk's top. ``stiffness``: exponent by which a limb's weight grows along it: 1 limp, 2 stiff at its base.
    """

    height: float
    reach: float
    trunk: float
    stiffness: float

    def weights(self, points: F64, joints: F64) -> F64:
        """Weight [n] of points [n, 3] with joints [n, 3]: 0 at the foot, 1 at the tip of a long limb.

        A joint on the ground is the foot of the trunk itself.
        """
        carried = self._trunk(np.where(joints[:, 2] > 0.0, joints[:, 2], points[:, 2]))
        out = np.sqrt(np.sum((points - joints) ** 2, axis=1)) / self.reach
        own = np.where(joints[:, 2] > 0.0, np.clip(out, 0.0, 1.0) ** self.stiffness, 0.0)
        return carried + (1.0 - carried) * own

    def _trunk(self, height: F64) -> F64:
        return self.trunk * np.clip(height / self.height, 0.0, 1.0) ** _TRUNK_BEND


STILL = Wind(1.0, 1.0, 0.0, 1e9)
"""Stones and what lies on the ground."""


def herb(height: float) -> Wind:
    """A plant that bends as a whole from its foot; ``height`` in metres."""
    return Wind(max(height, 1e-3), 1.0, 1.0, 1.0)
