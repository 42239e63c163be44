"""The names by which our own layers and the parts of them are known, and how to tell our layers from a studio's."""

from __future__ import annotations

import re

from pxr import Sdf

LAYER_MARK = "usd_ai"
"""Key in ``customLayerData`` by which our own layers are known."""
PROTOTYPES = "Prototypes"
"""Scope under an instancer. Capital: a prim and a relationship of one name are legal, but not every reader copes."""

_PUBLISHED = re.compile(r"/env/[^/]+/v\d{3,}/[^/]+$")


def is_ours(layer: Sdf.Layer) -> bool:
    """Whether a layer is one that we generated: it says so, or it lies where published layers lie."""
    mark = layer.customLayerData.get(LAYER_MARK)
    said = isinstance(mark, dict) and "layer" in mark
    return said or bool(_PUBLISHED.search(layer.realPath.replace("\\", "/")))
