"""The stage room as the engine sees it: every file is opened in a child, hostile ones within limits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from usd_ai.core.decisions import Edit
from usd_ai.core.errors import NotFound
from usd_ai.core.movies import Movie, MovieWish
from usd_ai.core.ports import Cancel, Limits, Lines, Reporter, RunFacts, Workers
from usd_ai.core.types import Finding, FrameRange, Layer, Request, SheetShot, StageFacts, Version
from usd_ai.stage.drawing import draw_frames

_NONE: Mapping[str, tuple[str, ...]] = {}
READING_LIMITS = Limits(memory=12 << 30, cpu=300, wall=420.0)
"""A feature set of some million prims opens within this; a stage made to do harm ends here."""

_FULL, _QUICK = (960, 402), (480, 201)
_FULL_SAMPLES, _QUICK_SAMPLES = 16, 8


class Workshop:
    """`core.ports.StageReader` and `core.ports.LayerWorkshop`."""

    def __init__(self, workers: Workers, arrays: str, lanes: int = 1) -> None:
        """``lanes``: how many workers may draw frames of one layer at the same time."""
        self._workers = workers
        self._arrays = arrays
        self._lanes = lanes

    def read(
        self, path: str, request: Request, frames: FrameRange, project_root: str, *, cancel: Cancel | None = None
    ) -> StageFacts:
        """The facts of a stage. Raises NotFound, InvalidRequest, UnreadableInput."""
        if not Path(path).is_file():
            raise NotFound(
                f"Shot {request.shot} has no stage: there is no {_shown(path, project_root)} in the show's folder.",
                remedy="Put the stage there, or mend 'stage' in studio.toml, which says where stages are.",
                reason="STAGE_NOT_FOUND",
                context={"shot": request.shot, "file": Path(path).name},
            )
        return self._workers.call(
            "usd_ai.stage.facts:read_facts_task",
            {
                "path": path,
                "frames": (frames.start, frames.end),
                "camera": request.camera,
                "ground": request.ground,
                "meters_per_unit": request.meters_per_unit,
                "up_axis": request.up_axis,
                "arrays": self._arrays,
                "project_root": project_root,
            },
            cancel=cancel,
            limits=READING_LIMITS,
        )

    def curves(
        self, path: str, prims: Sequence[str], facts: StageFacts, *, cancel: Cancel | None = None
    ) -> tuple[Lines, ...]:
        """Lines that prims of a stage draw. Raises NotFound, InvalidRequest, UnreadableInput."""
        units = {"meters_per_unit": facts.meters_per_unit, "up_axis": facts.up_axis}
        return self._workers.call(
            "usd_ai.stage.curves:read_curves_task",
            {"path": path, "prims": tuple(prims), **units},
            cancel=cancel,
            limits=READING_LIMITS,
        )

    def finish(self, folder: str, layer: Layer, plan_json: str, facts: StageFacts, run: RunFacts) -> None:
        """Write the interface beside the payload."""
        self._workers.call(
            "usd_ai.stage.interface:write_interface_task",
            {"folder": folder, "layer": layer, "plan_json": plan_json, "facts": facts, "run": run},
        )

    def adopt(self, source: str, layer: Layer, folder: str) -> None:
        """Put the files of a layer that lies in ``source`` into ``folder`` as well: as links where that is possible."""
        for file in layer.files:
            target = Path(folder) / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(Path(source) / file.path, target)
            except OSError:
                shutil.copyfile(Path(source) / file.path, target)

    def check(
        self, folder: str, layer: Layer, stage: str, facts: StageFacts, *, cancel: Cancel | None = None
    ) -> tuple[Finding, ...]:
        """The check report of a finished layer against its host stage."""
        return tuple(
            self._workers.call(
                "usd_ai.stage.check:check_task",
                {"folder": folder, "layer": layer, "stage": stage, "facts": facts},
                cancel=cancel,
                limits=READING_LIMITS,
            )
        )

    def preview(
        self,
        folder: str,
        layer: Layer,
        stage: str,
        facts: StageFacts,
        *,
        camera: str,
        quick: bool,
        report: Reporter,
        cancel: Cancel | None = None,
    ) -> tuple[str, ...]:
        """Pictures beside the layer: preview.png is the middle, preview_start.png and preview_end.png the ends."""
        first, last = facts.frames.start, facts.frames.end
        middle = (first + last) // 2
        frames = {"preview.png": middle} if quick else _start_middle_end(first, middle, last)
        once = sorted(set(frames.values()))  # the three are one or two in the shortest shots
        pictures = self._render(
            folder,
            layer.root,
            stage,
            camera,
            tuple(once),
            _QUICK if quick else _FULL,
            _QUICK_SAMPLES if quick else _FULL_SAMPLES,
            folder,
            report,
            cancel,
        )
        drawn = dict(zip(once, pictures, strict=True))
        for name, frame in frames.items():
            shutil.copyfile(drawn[frame], Path(folder) / name)
        for picture in pictures:
            Path(picture).unlink()
        return tuple(frames)

    def render(
        self,
        folder: str,
        root: str,
        stage: str,
        camera: str,
        frames: tuple[int, ...],
        size: tuple[int, int],
        out: str,
        *,
        told: Callable[[int], None] | None = None,
        cancel: Cancel | None = None,
    ) -> tuple[str, ...]:
        """Render frames of a finished layer with its host into the folder ``out``."""
        Path(out).mkdir(parents=True, exist_ok=True)

        def draw(some: tuple[int, ...], report: Reporter, stop: Cancel) -> tuple[str, ...]:
            return self._render(folder, root, stage, camera, some, size, _FULL_SAMPLES, out, report, stop)

        return draw_frames(draw, frames, self._lanes, told, cancel)

    def sheet(self, heading: str, shots: Sequence[SheetShot], out: str) -> str:
        """Put pictures of many shots on one page."""
        return str(
            self._workers.call(
                "usd_ai.stage.preview.sheet:sheet_task", {"heading": heading, "shots": tuple(shots), "out": out}
            )
        )

    def movie(self, pictures: Sequence[str], out: str, wish: MovieWish) -> Movie:
        """Write pictures as a movie that editors can cut in."""
        task = "usd_ai.stage.preview.movie:write_movie_task"
        return self._workers.call(task, {"pictures": tuple(pictures), "out": out, "wish": wish})

    def point(self, stage: str, versions: Sequence[Version], played: Mapping[str, tuple[str, ...]] = _NONE) -> str:
        """Make the host see published versions, or edit layers of them."""
        told = {"stage": stage, "versions": tuple(versions), "played": dict(played)}
        return str(self._workers.call("usd_ai.stage.pointer:point_task", told))

    def play(self, folder: str, name: str, out: str, edit: Edit, time_codes_per_second: float) -> tuple[str, ...]:
        """Write an edit layer, in which a published layer plays as a use of the cut does."""
        return tuple(
            self._workers.call(
                "usd_ai.stage.retime_task:edit_layer_task",
                {"folder": folder, "name": name, "out": out, "edit": edit, "rate": time_codes_per_second},
            )
        )

    def _render(
        self,
        folder: str,
        root: str,
        stage: str,
        camera: str,
        frames: tuple[int, ...],
        size: tuple[int, int],
        samples: int,
        out: str,
        report: Reporter | None,
        cancel: Cancel | None,
    ) -> tuple[str, ...]:
        return tuple(
            self._workers.call(
                "usd_ai.stage.preview.render:preview_task",
                {
                    "folder": folder,
                    "root": root,
                    "stage": stage,
                    "frames": frames,
                    "size": size,
                    "samples": samples,
                    "camera": camera,
                    "out": out,
                },
                report=report,
                cancel=cancel,
            )
        )


def _start_middle_end(first: int, middle: int, last: int) -> dict[str, int]:
    return {"preview.png": middle, "preview_start.png": first, "preview_end.png": last}


def _shown(path: str, root: str) -> str:
    """A path as a person of the show writes it."""
    return os.path.relpath(path, root) if Path(path).is_relative_to(root) else path
