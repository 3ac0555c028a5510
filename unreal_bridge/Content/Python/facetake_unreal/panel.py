"""The panel: an object whose properties and buttons Unreal's own details view shows, in a tab that docks.

Its buttons begin jobs whose steps the editor's tick takes, so that Sequencer and Live Link go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import unreal

from facetake_host import jobs
from facetake_host.engine import EngineClient
from facetake_host.host import Character
from facetake_host.jobs import Job, JobResult, Status
from facetake_host.problems import HostProblem
from facetake_host.stepping import Runner
from facetake_unreal import bake
from facetake_unreal.host import UnrealHost

LIST = "neutral, happy, sad, angry, surprise, fear or disgusted"
SHOWN = {"emotion": "neutral", "start_at_playhead": True, "blinks": True, "gaze": True, "style": "happy:0.8"}
"""What the panel shows at first."""
ENGINE = EngineClient()


class PanelHost(UnrealHost):
    """The open shot; what is told stands in the panel, as a dialog would come in the middle of a tick."""

    def tell(self, message: str, *, problem: bool = False) -> None:
        """A line in the panel and in the log."""
        (unreal.log_warning if problem else unreal.log)(f"Facetake: {message}")
        if "panel" in _kept:
            _kept["panel"].set_editor_property("status", message)


HOST = PanelHost()
RUNNER = Runner(HOST)
_kept: dict[str, Any] = {}  # the panel, which nothing else holds, and the handle of the tick while a job runs


def _meta(category: str, place: int, **more: str) -> dict[str, str]:
    return {"Category": category, "DisplayPriority": str(place), **more}


def _button(category: str, place: int, label: str, tip: str) -> Any:
    """Shows a function as a button."""
    return unreal.ufunction(meta=_meta(category, place, CallInEditor="true", DisplayName=label, ToolTip=tip))


@unreal.uclass()
class FacetakePanel(unreal.Object):
    """Facetake."""

    status = unreal.uproperty(str, meta=_meta("1 Facetake", 1, MultiLine="true", EditCondition="false"))
    character = unreal.uproperty(str, meta=_meta("1 Facetake", 2, GetOptions="characters", ToolTip="Empty: the one"))
    line = unreal.uproperty(unreal.FilePath, meta=_meta("2 Generate", 1, FilePathFilter="wav"))
    emotion = unreal.uproperty(str, meta=_meta("2 Generate", 2, ToolTip=f"{LIST}, happy:0.5+surprise:0.3, or auto"))
    looks_at = unreal.uproperty(str, meta=_meta("2 Generate", 3, ToolTip="Label of an actor; empty: nothing"))
    start_at_playhead = unreal.uproperty(bool, meta=_meta("2 Generate", 4, ToolTip="Or where playback starts"))
    additive = unreal.uproperty(bool, meta=_meta("2 Generate", 5, ToolTip="Add to what is there, do not override it"))
    blinks = unreal.uproperty(bool, meta=_meta("2 Generate", 6))
    gaze = unreal.uproperty(bool, meta=_meta("2 Generate", 7))
    bake_skeleton = unreal.uproperty(str, meta=_meta("2 Generate", 8, ToolTip="A path: bake a sequence for it instead"))
    style = unreal.uproperty(str, meta=_meta("3 Restyle", 1, ToolTip=f"{LIST}, with a strength: sad:0.8"))
    actor = unreal.uproperty(str, meta=_meta("3 Restyle", 2, ToolTip="house, ada, bruno, chen, dara; empty: its own"))
    regions = unreal.uproperty(str, meta=_meta("3 Restyle", 3, ToolTip="brow,eye and so on; empty: all"))

    @unreal.ufunction(ret=unreal.Array(str), pure=True)  # type: ignore[abstract, call-arg]  # a type in the editor
    def characters(self) -> list[str]:
        """The names to choose from."""
        return [one.name for one in jobs.guarded(HOST, HOST.characters) or ()]

    @_button("1 Facetake", 3, "Play Live", "Send the last take to Live Link on this machine, with its sound")
    def play(self) -> None:
        """The button."""
        _begin(lambda: RUNNER.play(ENGINE))

    @_button("1 Facetake", 4, "Stop", "End what is under way; what is not finished leaves nothing in the shot")
    def stop(self) -> None:
        """The button."""
        RUNNER.stop()

    @_button("1 Facetake", 5, "Test Connection", "Whether the engine is found, where, and of which version")
    def test(self) -> None:
        """The button."""
        _begin(lambda: RUNNER.test(ENGINE))

    @_button("2 Generate", 9, "Look at Selected", "Takes the actor, such as a camera, that is selected in the level")
    def look_at_selected(self) -> None:
        """The button."""
        jobs.guarded(HOST, lambda: self.set_editor_property("looks_at", HOST.selection()))

    @_button("2 Generate", 10, "Generate", "The line to keys on the face")
    def generate(self) -> None:
        """The button."""
        _begin(lambda: RUNNER.start(lambda cancel: _generate(self, cancel)))

    @_button("2 Generate", 11, "Edit Phones and Words", "The line in Facetake's window; what is saved there comes here")
    def edit(self) -> None:
        """The button."""
        _begin(lambda: RUNNER.follow(lambda cancel: _generate(self, cancel, in_window=True)))

    @_button("3 Restyle", 4, "Restyle Selected Takes", "Or, with none selected, the one that plays")
    def restyle(self) -> None:
        """The button."""
        _begin(lambda: RUNNER.start(lambda cancel: _restyle(self, cancel)))


def open_tab() -> None:
    """Shows the panel in a tab; where the editor makes none, in a dialog."""
    if "panel" not in _kept:
        _kept["panel"] = unreal.new_object(FacetakePanel, None, "Facetake")
        _kept["panel"].set_editor_properties(SHOWN)
    tabs = unreal.get_editor_subsystem(unreal.AssetEditorSubsystem)
    if not tabs or not tabs.open_editor_for_assets([_kept["panel"]]):
        unreal.EditorDialog.show_object_details_view("Facetake", _kept["panel"])


def _begin(start: Callable[[], bool]) -> None:
    """Has the editor's tick take the steps of a job, unless one runs."""
    if not RUNNER.is_busy and start() and "tick" not in _kept:
        _kept["tick"] = unreal.register_slate_post_tick_callback(_tick)


def _tick(_delta_s: float) -> None:
    handle = _kept.pop("tick", None)  # a step may show a bar, within which the editor ticks
    if handle is None:
        return
    if RUNNER.step():
        _kept["tick"] = handle
    else:
        unreal.unregister_slate_post_tick_callback(handle)


def _generate(panel: Any, cancel: Event, in_window: bool = False) -> Job:
    asked = panel.get_editor_property
    if not asked("line").file_path:
        raise HostProblem("no recorded line was chosen; choose one in the panel")
    sound = Path(asked("line").file_path)
    HOST.is_additive = bool(asked("additive"))
    fields = {"emotion": asked("emotion") or "neutral", "blink": bool(asked("blinks")), "gaze": bool(asked("gaze"))}
    if not in_window and (skeleton := str(asked("bake_skeleton") or "")):
        HOST.tell(f"baked {bake.generate(HOST, ENGINE, sound, skeleton, fields, cancel)}")
        return iter(())
    start = None if asked("start_at_playhead") else HOST.playback_start()
    target = str(asked("looks_at") or "")
    face = _character(panel)
    if in_window:
        return jobs.edit_line(HOST, ENGINE, face, sound, fields, target=target, made=RUNNER.generated, cancel=cancel)
    return jobs.generate(HOST, ENGINE, face, [sound], fields, start_frame=start, target=target, cancel=cancel)


def _restyle(panel: Any, cancel: Event) -> Iterator[Status | JobResult]:
    style, actor, regions = (str(panel.get_editor_property(name) or "") for name in ("style", "actor", "regions"))
    fields = {"style": style, "actor": actor, "only": regions.replace(",", " ").split()}
    targets: list[tuple[Character, unreal.MovieSceneSection | None]] = [*HOST.selected()]
    for owner, section in targets or [(_character(panel), None)]:
        HOST.source = section
        yield from jobs.restyle(HOST, ENGINE, owner, fields, cancel=cancel)


def _character(panel: Any) -> Character:
    return jobs.named(HOST, str(panel.get_editor_property("character") or "") or None)
