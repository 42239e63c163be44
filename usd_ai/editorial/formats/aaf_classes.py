"""pyaaf2's classes, as Any: it carries no types, and what a checker infers of it is wrong."""

from __future__ import annotations

from typing import Any

import aaf2
import aaf2.components
import aaf2.essence
import aaf2.mobs

aaf: Any = aaf2
components: Any = aaf2.components
essence: Any = aaf2.essence
mobs: Any = aaf2.mobs
