"""Shot frames and story time. Everything that burns asks this one clock."""

from __future__ import annotations

from dataclasses import dataclass

from usd_ai.core.types import FrameRange, Plan

STORY_TICKS = 24
"""Volume caches are kept at this many steps per story second."""
PAD = 1
"""Frames before and after the range for which volumes have files: motion blur looks there."""


@dataclass(frozen=True, slots=True)
class StoryClock:
    """Story seconds at a frame: ``time`` at ``frame``, running at ``rate`` frames per second."""

    time: float
    frame: int
    rate: float
    frames: FrameRange

    @classmethod
    def of(cls, plan: Plan) -> StoryClock:
        """The clock of a plan."""
        values = dict(plan.parameters)
        return cls(
            float(str(values["story_time"])), int(str(values["story_frame"])), plan.time_codes_per_second, plan.frames
        )

    def at(self, frame: float) -> float:
        """Story seconds at a frame of the shot."""
        return self.time + (frame - self.frame) / self.rate

    def tick(self, frame: float) -> int:
        """Nearest step of the volume caches at a frame."""
        return round(self.at(frame) * STORY_TICKS)

    def tick_of(self, story: float) -> int:
        """Nearest step of the volume caches at a story time."""
        return round(story * STORY_TICKS)

    @property
    def padded(self) -> range:
        """Frames of the range with `PAD` on either side."""
        return range(self.frames.start - PAD, self.frames.end + PAD + 1)

    @property
    def ticks(self) -> tuple[int, int]:
        """First and last step of the volume caches that the shot sees."""
        return self.tick(self.padded[0]), self.tick(self.padded[-1])

    @property
    def start(self) -> float:
        """Story seconds at the first frame."""
        return self.at(self.frames.start)

    @property
    def end(self) -> float:
        """Story seconds at the last frame."""
        return self.at(self.frames.end)
