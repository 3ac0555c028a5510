"""What a person sees of Facetake in Blender: a tab in the 3D view's sidebar, and the operators behind its buttons."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty, PointerProperty, StringProperty

from facetake_host import jobs
from facetake_host.engine import EngineClient
from facetake_host.jobs import Job
from facetake_host.problems import HostProblem

from .host import BlenderHost

TICK_S = 0.02
WIDTH = 42  # letters in a line of the sidebar
ENGINE = EngineClient()
HOST = BlenderHost()
EMOTION = "neutral, happy, sad, angry, surprise, fear or disgusted, with a strength: happy:0.7"


FACES: Any = lambda _self, _context, _text: [one.name for one in HOST.characters()]  # noqa: E731  what is offered
CHARACTER = StringProperty(name="Character", search=FACES, description="Empty: the only one")


class Settings(bpy.types.PropertyGroup):
    """What is chosen, kept with the scene."""

    __annotations__ = {  # as Blender reads them; to a checker of types they are none
        "character": CHARACTER,
        "audio": StringProperty(name="Line", subtype="FILE_PATH", description="A recorded line"),
        "emotion": StringProperty(name="Emotion", default="neutral", description=f"{EMOTION}; or auto, or a file"),
        "blink": BoolProperty(name="Blinks", default=True),
        "gaze": BoolProperty(name="Gaze", default=True),
        "head": PointerProperty(name="Head", type=bpy.types.Object, description="What it turns: Z up, -Y ahead"),
        "looks_at": PointerProperty(name="Looks at", type=bpy.types.Object, description="Such as the camera"),
        "eyes": PointerProperty(name="Eyes", type=bpy.types.Object, description="Between the eyes: Z up, -Y ahead"),
        "style": StringProperty(name="Style", default="happy:0.8", description=EMOTION),
        "actor": StringProperty(name="Manner", description="house, ada, bruno, chen or dara; empty: its own"),
        "use_range": BoolProperty(name="Range", description="Restyle these frames only"),
        "first": IntProperty(name="First", default=1),
        "last": IntProperty(name="Last", default=250),
    }


class _Job:
    """Asks which character where there are several, then begins; without a window it runs to the end."""

    __annotations__ = {"character": CHARACTER, "in_window": BoolProperty(options={"HIDDEN", "SKIP_SAVE"})}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """One job at a time."""
        return not HOST.runner.is_busy

    def invoke(self: Any, context: Any, _event: Any) -> Any:
        """The button."""
        self.character = context.scene.facetake.character  # and not the one that was asked for last
        if not self.character and len(HOST.characters()) > 1:
            return context.window_manager.invoke_props_dialog(self)
        return self.execute(context)

    def execute(self: Any, context: Any) -> set[str]:
        """Begins."""
        settings = context.scene.facetake
        HOST.head, HOST.eyes = (one.name if one else "" for one in (settings.head, settings.eyes))
        HOST.span = (settings.first, settings.last) if settings.use_range else None
        name = self.character or settings.character
        starts = HOST.runner.follow if self.in_window else HOST.runner.start
        return _pressed(self, lambda: starts(lambda cancel: self.begin(settings, name, cancel)))


class Generate(_Job, bpy.types.Operator):
    """From a recorded line to keys on a face, in an NLA strip of its own; or each time it is saved in the window."""

    bl_idname = "facetake.generate"
    bl_label = "Generate from Audio"

    def begin(self, settings: Any, name: str, cancel: Event) -> Job:
        """The job."""
        if not settings.audio:
            raise HostProblem("no recorded line was chosen; choose one in the sidebar's tab")
        sounds = [Path(bpy.path.abspath(settings.audio))]
        options = {"emotion": bpy.path.abspath(settings.emotion or "neutral"), "head": bool(HOST.head)}
        options |= {"blink": settings.blink, "gaze": settings.gaze}
        target = settings.looks_at.name if settings.looks_at else ""
        face, made = HOST.character(name), HOST.runner.generated
        if self.in_window:
            return jobs.edit_line(HOST, ENGINE, face, sounds[0], options, target=target, made=made, cancel=cancel)
        return jobs.generate(HOST, ENGINE, face, sounds, options, target=target, cancel=cancel)


class Restyle(_Job, bpy.types.Operator):
    """What is keyed on a face, in another style, in an NLA strip of its own."""

    bl_idname = "facetake.restyle"
    bl_label = "Restyle"

    def begin(self, settings: Any, name: str, cancel: Event) -> Job:
        """The job; what lies outside a range plays on, so that the change blends in and out within."""
        face = HOST.character(name)
        span = {"span_s": [0.0, float((len(HOST.stretch(face)) - 1) / HOST.rate())]} if HOST.span else {}
        options = {"style": settings.style, "actor": settings.actor, **span}
        return jobs.restyle(HOST, ENGINE, face, options, cancel=cancel)


def _button(name: str, label: str, about: str, press: Callable[[], object]) -> Any:
    """An operator that begins or ends something."""
    body = {"bl_idname": f"facetake.{name}", "bl_label": label, "__doc__": about}
    return type(name.title(), (bpy.types.Operator,), {**body, "execute": lambda self, _: _pressed(self, press)})


def _pressed(operator: Any, press: Callable[[], object]) -> set[str]:
    """Does what a button does; a timer takes the steps of a job, and without a window it runs to its end."""
    HOST.message, HOST.has_problem = "", False
    press()
    if bpy.app.background:
        HOST.runner.finish()
    elif (HOST.runner.is_busy or HOST.runner.is_waiting) and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, persistent=True)
    if HOST.has_problem:
        operator.report({"ERROR"}, HOST.message)
    return {"CANCELLED"} if HOST.has_problem else {"FINISHED"}


class Sidebar(bpy.types.Panel):
    """The tab."""

    bl_idname = "FACETAKE_PT_sidebar"
    bl_label = "Facetake"
    bl_category = "Facetake"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"

    def draw(self, context: Any) -> None:
        """Settings and buttons, how far the job is, and what was told last."""
        column = self.layout.column()
        column.use_property_split = True  # else the sidebar's own width leaves three letters of a name
        column.use_property_decorate = False
        line = "character audio emotion blink gaze head looks_at eyes"
        style = "style actor use_range first last"
        for button, names in (("generate", line), ("restyle", style), ("play", ""), ("test", "")):
            for name in names.split():
                column.prop(context.scene.facetake, name)
            column.operator(f"facetake.{button}")
            if button == "generate":
                column.operator("facetake.generate", text="Edit Phones and Words").in_window = True
        if HOST.runner.is_busy or HOST.runner.is_waiting:
            column.progress(factor=HOST.runner.status.share, text=HOST.runner.status.label)
            column.operator("facetake.cancel")
        for line in textwrap.wrap(HOST.message, WIDTH):
            column.label(text=line)


def _tick() -> float | None:
    """A step of the job, in the window's context, which a timer lacks."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        has_more = HOST.runner.step()
        for area in bpy.context.screen.areas:
            area.tag_redraw()
    return TICK_S if has_more else None


BUTTONS = (
    ("cancel", "Cancel", "Stop; what is not finished leaves nothing in the scene", HOST.runner.stop),
    ("play", "Play Live", "Send the last take to Unreal's Live Link, with its sound", lambda: HOST.runner.play(ENGINE)),
    ("test", "Test Connection", "Whether the engine is found, and where", lambda: HOST.runner.test(ENGINE)),
)
CLASSES = (Settings, Generate, Restyle, *(_button(*one) for one in BUTTONS), Sidebar)
