"""The job that runs in Blender, taken a step at a time by a timer, so that the window stays alive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import bpy

from facetake_host import jobs
from facetake_host.engine import Engine
from facetake_host.host import Character
from facetake_host.jobs import Job, Made, Status
from facetake_host.problems import HostProblem

from .host import BlenderHost

TICK_S = 0.02


class Session:
    """What lives as long as the add-on: the engine, and the job under way.

    Attributes:
        host: the open scene.
        engine: started when first needed.
        status: how far the job is.
    """

    def __init__(self) -> None:
        """Nothing runs yet."""
        self.host = BlenderHost()
        self.engine = Engine()
        self.status = Status(0.0, "")
        self._job: Job | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self._job is not None

    def generate(self, settings: Any, name: str, sounds: list[Path]) -> bool:
        """Starts to generate recordings one after another; whether it could begin."""
        return self._start(settings, lambda: self._generating(settings, name, sounds))

    def restyle(self, settings: Any, name: str) -> bool:
        """Starts to restyle what is keyed; whether it could begin."""
        return self._start(settings, lambda: self._restyling(settings, name))

    def step(self) -> float | None:
        """Takes one step of the job; seconds until the next, None after the last."""
        job = self._job
        if job is None:
            return None
        found = jobs.guarded(self.host, lambda: next(job, None))
        if isinstance(found, Made):
            self.host.tell(jobs.summary(found))
        elif found is None:  # it has come to its end, or its problem was told
            self._job = None
        else:
            self.status = found
        _redraw()
        return TICK_S if self._job else None

    def stop(self) -> None:
        """Asks the job to stop."""
        self.host.cancel.set()

    def drop(self) -> None:
        """Ends the job at once, as its scene is about to go."""
        self.stop()
        self.step()
        self._job = None

    def close(self) -> None:
        """Ends job and engine."""
        self.drop()
        self.engine.close()

    def character(self, name: str) -> Character:
        """The character of that name, or the only one.

        Raises:
            HostProblem: there is none, or there are several and none is named.
        """
        if not self.host.characters():
            raise HostProblem(
                "there is no face in the scene: no armature with MetaHuman's CTRL_ bones and no mesh with ARKit's "
                "shape keys; open or append a character first"
            )
        return jobs.named(self.host, name or None)

    def _start(self, settings: Any, begin: Callable[[], Job]) -> bool:
        if self._job is not None:
            return False
        self.host.cancel = Event()
        self.host.message = ""
        self.host.has_problem = False
        self.host.head = settings.head.name if settings.head else ""
        self.host.span = (settings.first, settings.last) if settings.use_range else None
        self._job = jobs.guarded(self.host, begin)
        self.status = Status(0.0, "")
        if self._job is not None and not bpy.app.background:
            bpy.app.timers.register(self._tick, persistent=True)
        return self._job is not None

    def _tick(self) -> float | None:
        """A step in the window's context, which a timer lacks."""
        windows = bpy.context.window_manager.windows
        with bpy.context.temp_override(window=windows[0]):
            return self.step()

    def _generating(self, settings: Any, name: str, sounds: list[Path]) -> Job:
        options = {"emotion": settings.emotion or "neutral", "blink": settings.blink, "gaze": settings.gaze}
        face = self.character(name)
        options["head"] = bool(self.host.head)
        return jobs.generate(self.host, self.engine, face, sounds, options, cancel=self.host.cancel)

    def _restyling(self, settings: Any, name: str) -> Job:
        face = self.character(name)
        options: dict[str, object] = {"style": settings.style, "actor": settings.actor}
        if self.host.span:  # what lies outside plays on, so the change blends in and out within
            options["span_s"] = [0.0, float((len(self.host.stretch(face)) - 1) / self.host.rate())]
        return jobs.restyle(self.host, self.engine, face, options, cancel=self.host.cancel)


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


SESSION = Session()
