"""Blender's scene as a `facetake_host` Host. Frames of the scene, whose rate is never touched.

Strips and actions of others are neither written nor moved, save that an action which would hide a take is pushed down.
Nothing of Blender's is held on to between two calls, as undo replaces it all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from facetake_host import frames, jobs
from facetake_host.curves import HEAD, Delivery, Sampled
from facetake_host.host import Bar, Character, taken_back
from facetake_host.looking import Point
from facetake_host.problems import HostProblem, JobCancelled
from facetake_host.stepping import Runner

from . import faces, keying

CHANNELS = 128
"""Blender's sequencer has no more."""


class BlenderHost:
    """The open scene, what the next job heeds there, and what the person was told last."""

    def __init__(self) -> None:
        """Looks at nothing yet."""
        self.eyes = ""  # the name of what lies between the eyes of the head at rest: Z up, facing -Y
        self.head = ""  # the name of an object that head motion turns; without one the head is left alone
        self.span: tuple[int, int] | None = None  # first and last frame of what is restyled; None for all that is keyed
        self.runner: Runner = Runner(self)
        self.message, self.has_problem = "", False
        self._back: list[Callable[[], object]] = []

    def character(self, name: str) -> Character:
        """The character of that name, or the only one. Raises HostProblem where there is none, or several."""
        return jobs.named(self, name, "an armature with MetaHuman's CTRL_ bones or a mesh with ARKit's shape keys")

    def characters(self) -> list[Character]:
        """Every face of the scene, those selected first."""
        return faces.find(_scene())

    def rate(self) -> Fraction:
        """Frames per second of the scene; its base is a rounded 1.001 where the rate is one of NTSC's."""
        render = _scene().render
        return Fraction(render.fps) / Fraction(render.fps_base).limit_denominator(10_000)

    def now(self) -> int:
        """The current frame."""
        return int(_scene().frame_current)

    def refusal(self, character: Character) -> str:
        """Why nothing can be written now."""
        if not bpy.context.preferences.edit.use_global_undo:
            return "undo is switched off, so this could not be taken back; switch on Global Undo in the preferences"
        if bpy.context.mode not in ("OBJECT", "POSE"):
            return "undo reaches no animation in this mode; change to Object or Pose Mode first"
        if any(one is None or _scene() not in one.users_scene for one in faces.objects(character)):
            return f"{character.name} is no longer in the scene; choose a character again"
        owners = {place.owner for found in faces.places(character, self.head).values() for place in found}
        return next(filter(None, map(_locked, owners)), "")

    def skipped(self, character: Character, channels: Collection[str]) -> dict[str, str]:
        """Channels that are missing, locked, driven or muted on every mesh that could show them."""
        places = faces.places(character, self.head)
        missing = {channel: "no object is chosen for it" if channel in HEAD else "missing" for channel in channels}
        why = {channel: [place.obstacle for place in places.get(channel, ())] for channel in channels}
        return {channel: found[0] if found else missing[channel] for channel, found in why.items() if all(found)}

    def stretch(self, character: Character) -> range:
        """The frames to restyle: what is keyed, as it is heard, within `span`. Raises HostProblem where nothing is."""
        places = [one for found in faces.places(character).values() for one in found if not one.obstacle]
        return frames.stretch(keying.extent(places), self.span, character.name)

    def looked_at(self, character: Character, target: str, looked: range, bar: Bar) -> list[Point]:  # noqa: ARG002
        """Where an object is, by the axes of the one that is called `eyes`."""
        objects: list[Any] = [bpy.data.objects.get(name) for name in (self.eyes, target)]
        metres = _scene().unit_settings.scale_length
        if None in objects:
            raise HostProblem("choose under Eyes an object between the eyes: Z up, facing -Y, parented to the neck")
        found = []
        for eyes, seen in keying.watch(objects, objects, looked, bar):
            place, turn, _ = eyes.matrix_world.decompose()
            left, back, up = turn.inverted() @ (seen.matrix_world.translation - place)
            found.append((left * metres, up * metres, -back * metres))
        return found

    def read(self, character: Character, bar: Bar) -> Sampled:
        """The stretch as the scene plays it; of several meshes with one shape, the first."""
        looked = self.stretch(character)
        first = {name: found[0] for name, found in faces.places(character).items() if not found[0].obstacle}
        rows = keying.sample(faces.objects(character), list(first.values()), looked, bar)
        return Sampled(self.rate(), looked.start, dict(zip(first, rows, strict=True)), character.name)

    def write(self, character: Character, name: str, delivery: Delivery, start_frame: int, bar: Bar) -> str:
        """Writes keys to a new strip; those that Facetake made for the same frames are muted."""
        places = faces.places(character, self.head)
        keys = [(place, curve) for name, curve in delivery.keys.items() for place in places[name] if not place.obstacle]
        return keying.write(name, keys, start_frame, delivery.n_frames, bar, self._back)

    def place_audio(self, path: Path, start_frame: int) -> None:
        """The sound on the sequencer's lowest channel that is free; nothing where it lies there already."""
        scene = _scene()
        if not scene.sequence_editor:
            scene.sequence_editor_create()
            self._back.append(scene.sequence_editor_clear)
        editor = scene.sequence_editor
        strips = editor.strips if hasattr(editor, "strips") else editor.sequences  # its name before 4.4
        sounds = [one for one in strips if one.type == "SOUND" and one.sound and round(one.frame_start) == start_frame]
        if path in [Path(bpy.path.abspath(one.sound.filepath)) for one in sounds if not one.mute]:
            return
        before = set(bpy.data.sounds)
        try:
            made = strips.new_sound(f"facetake_{path.stem}", str(path), CHANNELS, start_frame)
        except RuntimeError:  # the keys are worth having without it
            self.tell(f"the line is keyed, but Blender does not play {path.name}; save it as wav")
            return
        new = set(bpy.data.sounds) - before
        self._back += [*(partial(bpy.data.sounds.remove, one) for one in new), partial(strips.remove, made)]
        end = made.frame_final_end
        taken = {one.channel for one in strips if one.frame_final_start < end and one.frame_final_end > start_frame}
        made.channel = next(channel for channel in range(1, CHANNELS + 1) if channel not in taken - {CHANNELS})

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """One undo step; where the block raises, everything is taken back and nothing stays to undo."""
        with taken_back(self._back):
            yield
        bpy.ops.ed.undo_push(message=label)

    def progress(self, label: str) -> AbstractContextManager[Bar]:  # noqa: ARG002  the panel shows how far a job is
        """This host is its own bar."""
        return nullcontext(self)

    def advance(self, share: float) -> None:  # noqa: ARG002
        """Raises JobCancelled once the person pressed the button."""
        if self.runner.is_busy and self.runner.cancel.is_set():
            raise JobCancelled

    def ask(self, question: str, choices: Sequence[str]) -> int | None:  # noqa: ARG002
        """Nothing: Blender has no dialog that waits; its operators ask before they begin."""
        return None

    def tell(self, message: str, *, problem: bool = False) -> None:
        """A line for the panel and the console; a problem also beside the mouse."""
        self.message, self.has_problem = message, problem
        print(f"Facetake: {message}")
        if problem and bpy.context.window and not bpy.app.background:
            bpy.context.window_manager.popup_menu(lambda menu, _: menu.layout.label(text=message), title="Facetake")


def _scene() -> Any:
    """The scene in the window; a timer has none of its own."""
    windows = bpy.context.window_manager.windows
    window = bpy.context.window or (windows[0] if windows else None)
    return window.scene if window else bpy.context.scene


def _locked(owner: Any) -> str:
    """Why a datablock's animation cannot be written."""
    name = f"{owner.user.name} (its shape keys)" if isinstance(owner, bpy.types.Key) else owner.name
    if owner.library:
        return f"{name} is linked from {owner.library.filepath}; make a library override of it, or open that file"
    if owner.override_library and owner.override_library.is_system_override:
        return f"{name} is overridden and not editable; make its override editable in the outliner"
    data = owner.animation_data
    if data and (data.use_tweak_mode or not data.use_nla or any(track.is_solo for track in data.nla_tracks)):
        return f"the NLA of {name} is in tweak mode, switched off or soloed; leave that in the NLA editor first"
    return ""
