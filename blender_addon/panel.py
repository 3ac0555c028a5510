"""What a person sees of Facetake in Blender: a tab in the 3D view's sidebar, and the operators behind its buttons."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, PointerProperty, StringProperty

from facetake_host import jobs

from .session import SESSION

EMOTIONS = ("neutral", "happy", "sad", "angry", "surprise", "fear", "disgusted")
SOUNDS = "*.wav;*.flac;*.ogg;*.opus;*.mp3;*.aif;*.aiff;*.m4a"
WIDTH = 42  # letters in a line of the sidebar


def _faces(_self: Any, _context: Any, _text: str) -> list[str]:
    return [one.name for one in SESSION.host.characters()]


def _emotions(_self: Any, _context: Any, text: str) -> Iterable[str]:
    return ["auto", *EMOTIONS] if not text else [f"{name}:0.7" for name in EMOTIONS if text in name]


def _styles(_self: Any, _context: Any, _text: str) -> Iterable[str]:
    return [f"{name}:0.8" for name in EMOTIONS]


def _actors(_self: Any, _context: Any, _text: str) -> Iterable[str]:
    return SESSION.engine.about.get("actors", ())


class Settings(bpy.types.PropertyGroup):
    """What is chosen, kept with the scene."""

    __annotations__ = {  # as Blender reads them; no types, which is what checkers take them for
        "character": StringProperty(name="Character", search=_faces, description="Empty: the only one"),
        "audio": StringProperty(name="Line", subtype="FILE_PATH", description="A recorded line"),
        "emotion": StringProperty(
            name="Emotion",
            default="neutral",
            search=_emotions,
            search_options={"SUGGESTION"},
            description="A blend such as happy:0.5+surprise:0.3, auto to hear it in the voice, or a file of cues",
        ),
        "blink": BoolProperty(name="Blinks", default=True),
        "gaze": BoolProperty(name="Gaze", default=True),
        "head": PointerProperty(
            name="Head", type=bpy.types.Object, description="An object that head motion turns: Z up, facing -Y"
        ),
        "style": StringProperty(name="Style", default="happy:0.8", search=_styles, search_options={"SUGGESTION"}),
        "actor": StringProperty(
            name="Manner", search=_actors, search_options={"SUGGESTION"}, description="An actor; empty: its own"
        ),
        "use_range": BoolProperty(name="Range", description="Restyle these frames only"),
        "first": IntProperty(name="First", default=1),
        "last": IntProperty(name="Last", default=250),
    }


CHARACTER = StringProperty(name="Character", search=_faces)


class _Job:
    """Asks which character where there are several, then begins; without a window it runs to the end."""

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """One job at a time."""
        return not SESSION.is_busy

    def invoke(self, context: Any, event: Any) -> set[str]:  # noqa: ARG002
        """The button."""
        self.character = self.character or context.scene.facetake.character
        if not self.character and len(SESSION.host.characters()) > 1:
            return context.window_manager.invoke_props_dialog(self)
        return self.execute(context)

    def draw(self, _context: Any) -> None:
        """What is asked."""
        self.layout.prop(self, "character")

    def execute(self, context: Any) -> set[str]:
        """Begins."""
        settings = context.scene.facetake
        if not self.begin(settings, self.character or settings.character):
            self.report({"ERROR"}, SESSION.host.message)
            return {"CANCELLED"}
        while bpy.app.background and SESSION.step() is not None:
            time.sleep(jobs.PAUSE_S)
        if SESSION.host.has_problem:
            self.report({"ERROR"}, SESSION.host.message)
            return {"CANCELLED"}
        return {"FINISHED"}


class Generate(_Job, bpy.types.Operator):
    """From a recorded line to keys on a face, in an NLA strip of its own."""

    bl_idname = "facetake.generate"
    bl_label = "Generate from Audio"
    __annotations__ = {
        "character": CHARACTER,
        "directory": StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"}),
        "files": CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"}),
        "filter_glob": StringProperty(default=SOUNDS, options={"HIDDEN"}),
    }

    def invoke(self, context: Any, event: Any) -> set[str]:
        """The button; without a line it asks for one or several."""
        if not context.scene.facetake.audio and not self.files:
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        return super().invoke(context, event)

    def begin(self, settings: Any, name: str) -> bool:
        """Whether it could begin."""
        chosen = [Path(self.directory) / one.name for one in self.files]
        if not chosen and settings.audio:
            chosen = [Path(bpy.path.abspath(settings.audio))]
        if not chosen:
            SESSION.host.message = "choose a recorded line first"
        return bool(chosen) and SESSION.generate(settings, name, chosen)


class Restyle(_Job, bpy.types.Operator):
    """What is keyed on a face, in another style, in an NLA strip of its own."""

    bl_idname = "facetake.restyle"
    bl_label = "Restyle"
    __annotations__ = {"character": CHARACTER}

    def begin(self, settings: Any, name: str) -> bool:
        """Whether it could begin."""
        return SESSION.restyle(settings, name)


class Cancel(bpy.types.Operator):
    """Stop; what is not finished leaves nothing in the scene."""

    bl_idname = "facetake.cancel"
    bl_label = "Cancel"

    def execute(self, _context: Any) -> set[str]:
        """Asks the job to stop."""
        SESSION.stop()
        return {"FINISHED"}


class Sidebar(bpy.types.Panel):
    """The tab in the sidebar."""

    bl_idname = "FACETAKE_PT_sidebar"
    bl_label = "Facetake"
    bl_category = "Facetake"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"

    def draw(self, context: Any) -> None:
        """Settings and buttons, or how far the job is, and what was told last."""
        settings = context.scene.facetake
        column = self.layout.column()
        for name in ("character", "audio", "emotion"):
            column.prop(settings, name)
        row = column.row()
        row.prop(settings, "blink")
        row.prop(settings, "gaze")
        column.prop(settings, "head")
        column.operator("facetake.generate", icon="SOUND")
        column.separator()
        for name in ("style", "actor", "use_range"):
            column.prop(settings, name)
        row = column.row()
        row.active = settings.use_range
        row.prop(settings, "first")
        row.prop(settings, "last")
        column.operator("facetake.restyle", icon="FORCE_CURVE")
        if SESSION.is_busy:
            column.progress(factor=SESSION.status.share, text=SESSION.status.label)
            column.operator("facetake.cancel", icon="X")
        for line in textwrap.wrap(SESSION.host.message, WIDTH):
            column.label(text=line)


CLASSES = (Settings, Generate, Restyle, Cancel, Sidebar)
