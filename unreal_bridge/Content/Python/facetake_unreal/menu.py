"""Facetake's entries in Unreal's Tools menu, and what they do."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import unreal

from facetake_host import jobs
from facetake_host.engine import EngineClient
from facetake_host.host import Character
from facetake_host.problems import HostProblem
from facetake_unreal import bake, options
from facetake_unreal.host import UnrealHost

MENU = "LevelEditor.MainMenu.Tools"
SECTION = "Facetake"
ENTRIES = (
    ("Generate", "Facetake: generate from audio...", "A recorded line to keys on a MetaHuman's face", "generate"),
    ("Restyle", "Facetake: restyle the selected takes...", "The same line in another emotion", "restyle"),
)
ENGINE = EngineClient()


def add() -> None:
    """Puts the entries into the menu; without a window there is none."""
    if unreal.SystemLibrary.is_unattended():
        return
    menu = unreal.ToolMenus.get().extend_menu(MENU)
    for name, label, tip, action in ENTRIES:
        entry = unreal.ToolMenuEntry(name=f"Facetake{name}", type=unreal.MultiBlockType.MENU_ENTRY)
        entry.set_label(label)
        entry.set_tool_tip(tip)
        python = unreal.ToolMenuStringCommandType.PYTHON
        entry.set_string_command(python, "", f"from facetake_unreal import menu; menu.{action}()")
        menu.add_menu_entry(SECTION, entry)
    unreal.ToolMenus.get().refresh_all_widgets()
    unreal.register_python_shutdown_callback(ENGINE.close)


def generate() -> None:
    """Asks for a line and generates it."""
    host = UnrealHost()
    shown = {"emotion": "neutral", "start_at_playhead": True, "blinks": True, "gaze": True}
    jobs.guarded(host, lambda: _generate(host, options.filled(options.FacetakeGenerateOptions, shown)))


def _generate(host: UnrealHost, found: Any) -> None:
    if not unreal.EditorDialog.show_object_details_view("Facetake: generate from audio", found):
        return
    host.is_additive = bool(found.get_editor_property("additive"))
    chosen = str(found.get_editor_property("audio").file_path)
    if not chosen:
        raise HostProblem("no recorded line was chosen; choose one in the dialog")
    sound = Path(chosen)
    fields = {
        "emotion": found.get_editor_property("emotion") or "neutral",
        "blink": bool(found.get_editor_property("blinks")),
        "gaze": bool(found.get_editor_property("gaze")),
    }
    skeleton = str(found.get_editor_property("bake_skeleton") or "")
    cancel = threading.Event()
    if skeleton:
        path = bake.generate(host, ENGINE, sound, skeleton, fields, cancel)
        host.tell(f"baked {path}")
        return
    character = jobs.choose(host)
    if character is None:
        return
    start = None if found.get_editor_property("start_at_playhead") else host.playback_start()
    job = jobs.generate(host, ENGINE, character, [sound], fields, start_frame=start, cancel=cancel)
    jobs.run(host, job, cancel, f"Facetake: {sound.name}")


def restyle() -> None:
    """Asks for a style and restyles the selected takes."""
    host = UnrealHost()
    jobs.guarded(host, lambda: _restyle(host, options.filled(options.FacetakeRestyleOptions, {"style": "happy:0.8"})))


def _restyle(host: UnrealHost, found: Any) -> None:
    if not unreal.EditorDialog.show_object_details_view("Facetake: restyle the selected takes", found):
        return
    selected = host.selected()
    character = selected[0][0] if selected else jobs.choose(host)
    if character is None:
        return
    regions = [name.strip() for name in str(found.get_editor_property("regions") or "").split(",") if name.strip()]
    fields = {
        "style": str(found.get_editor_property("style") or ""),
        "actor": str(found.get_editor_property("actor") or ""),
        "only": regions,
    }
    cancel = threading.Event()
    targets: list[tuple[Character, unreal.MovieSceneSection | None]] = [*selected] or [(character, None)]
    for owner, section in targets:
        host.source = section
        jobs.run(host, jobs.restyle(host, ENGINE, owner, fields, cancel=cancel), cancel, "Facetake: restyle")
