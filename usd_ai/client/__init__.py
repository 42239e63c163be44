"""A studio's server as synchronous objects: no message in sight, nothing heavy imported.

    import usd_ai

    studio = usd_ai.connect()
    shot = studio.shot("sh010")
    fire = shot.generate("burning_forest", {"density": 1.2}, seed=7)
    fire.wait(lambda progress: print(f"{progress.fraction:.0%} {progress.message}"))
    print(fire.publish().folder)

Errors are those of `usd_ai.errors`, raised again as the server raised them; `ServerAway` where nobody answers.
"""

from __future__ import annotations

from usd_ai.client.address import Tls
from usd_ai.client.handles import GenerationHandle, PlanPreview, ShotHandle
from usd_ai.client.studio import GeneratorInfo, Studio, connect

__all__ = ["GenerationHandle", "GeneratorInfo", "PlanPreview", "ShotHandle", "Studio", "Tls", "connect"]
