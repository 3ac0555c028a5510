"""The scene of real Blender for the contract; importable where bpy is, see `test_in_blender.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import bpy
import numpy as np
import pytest
from blender_addon import faces, keying
from blender_addon.host import BlenderHost
from mathutils import Matrix
from stages import EYES_AT, LEFT_UP_AHEAD, Stage, _failing, in_world

from facetake import rig
from facetake_host.curves import KeyCurve
from facetake_host.host import Character
from facetake_host.problems import JobCancelled

_AXES = np.array([LEFT_UP_AHEAD[0], -LEFT_UP_AHEAD[2], LEFT_UP_AHEAD[1]]).T
"""Columns of an object that faces -Y, with Z up."""
POINT = 0.01  # between the points of a head, each of which one shape moves


def board(name: str, channels: tuple[str, ...]) -> Any:
    """An armature whose bones are the controls of a face board."""
    armature = bpy.data.armatures.new(name)
    made = bpy.data.objects.new(name, armature)
    bpy.context.scene.collection.objects.link(made)
    bpy.context.view_layer.objects.active = made
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in dict.fromkeys(channel.partition(".")[0] for channel in channels):
        armature.edit_bones.new(bone).tail = (0.0, 0.0, 0.1)
    bpy.ops.object.mode_set(mode="OBJECT")
    return made


def head(name: str, shapes: tuple[str, ...] = rig.ARKIT_NAMES) -> Any:
    """A mesh with shape keys, each of which lifts a point of its own."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(POINT * number, 0.0, 0.0) for number in range(len(shapes))], [], [])
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    made.shape_key_add(name="Basis")
    for number, shape in enumerate(shapes):
        block = made.shape_key_add(name=shape)
        block.data[number].co.z = 1.0
        block.value = 0.0  # 1 from 5.0 on
    return made


def empty_scene() -> None:
    """Blender as it is after its first start, with nothing in it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.preferences.edit.use_global_undo = True


class BlenderStage(Stage):
    """The Blender add-on in Blender itself."""

    tells_rest = True

    def __init__(self, kind: str, patch: pytest.MonkeyPatch) -> None:
        empty_scene()
        self.kind = kind or "mh4"
        self.patch = patch
        self.host = BlenderHost()
        self.set_rate(Fraction(30))
        self.add("ann")

    def add(self, name: str, without: tuple[str, ...] = ()) -> None:
        (head if self.kind == "arkit" else board)(name, self.board(without))
        bpy.ops.ed.undo_push(message="a character")

    def put_target(self, name: str) -> None:
        eyes = bpy.data.objects.new("eyes", None)
        eyes.matrix_world = Matrix(
            [(*2.0 * column, place) for column, place in zip(_AXES, EYES_AT, strict=True)] + [(0, 0, 0, 1)]
        )
        seen = bpy.data.objects.new(name, None)
        for one in (eyes, seen):
            bpy.context.scene.collection.objects.link(one)
        for frame in (0, 100):
            seen.location = in_world(frame)
            seen.keyframe_insert("location", frame=frame)
        action = seen.animation_data.action
        for curve in keying.curves_of(action, keying.slot_of(seen.animation_data)):
            for point in curve.keyframe_points:
                point.interpolation = "LINEAR"
        self.host.eyes = "eyes"

    def snapshot(self) -> str:
        return everything()

    def set_rate(self, rate: Fraction) -> None:
        render = bpy.context.scene.render
        render.fps = -(-rate.numerator // rate.denominator)
        render.fps_base = float(render.fps / rate)

    def set_now(self, frame: int) -> None:
        bpy.context.scene.frame_set(frame)

    def owners(self) -> list[Any]:
        """What is animated of each character."""
        found = [faces.objects(one)[0] for one in self.host.characters()]
        return [one.data.shape_keys if one.type == "MESH" else one for one in found]

    def layers(self) -> list[tuple[str, bool]]:
        found = []
        for data in (owner.animation_data for owner in self.owners()):
            tracks = data.nla_tracks if data else ()
            found += [(one.name, not one.mute) for one in tracks if one.strips[0].action.get(keying.MARK) != "rest"]
            found += [(data.action.name, True)] if data and data.action else []
        return found

    def value(self, character: Character, channel: str, frame: float) -> float:
        return self.values(character, channel, [frame])[0]

    def values(self, character: Character, channel: str, frames: Sequence[float]) -> list[float]:
        place = faces.places(character)[channel][0]
        scene = bpy.context.scene
        before = scene.frame_current
        played = []
        for frame in frames:
            scene.frame_set(int(frame // 1), subframe=frame % 1)
            played.append(keying.value_of(place.owner.evaluated_get(scene.view_layers[0].depsgraph), place))
        scene.frame_set(before)
        return played

    def hand_edit(self, character: Character, channel: str, frame: int, value: float) -> str:
        return self.hand_key(character, {channel: [(frame, value)]})

    def hand_key(self, character: Character, keys: Mapping[str, Sequence[tuple[int, float]]]) -> str:
        places = faces.places(character)
        place = places[next(iter(keys))][0]
        data = place.owner.animation_data or place.owner.animation_data_create()
        name = f"hand_{len(bpy.data.actions)}"
        if data.action:  # the button Push Down
            slot = keying.slot_of(data)
            strip = data.nla_tracks.new().strips.new(data.action.name, int(data.action.frame_range[0]), data.action)
            if slot:
                strip.action_slot = slot
            data.action = None
        for channel, rows in keys.items():
            for frame, value in rows:
                key(places[channel][0], frame, value)
        data.action.name = name
        bpy.ops.ed.undo_push(message="by hand")
        return name

    def hand_layers(self) -> str:
        return repr([action for action in _actions() if not action[1]])

    def block(self, channel: str) -> None:
        owner = self.owners()[0]
        if self.kind == "arkit":
            owner.key_blocks[channel].mute = True
        else:
            bone, _, axis = channel.partition(".translate")
            owner.pose.bones[bone].lock_location["XY".index(axis)] = True

    def forbid(self) -> None:
        bpy.context.preferences.edit.use_global_undo = False

    def cancel_at(self, share: float) -> None:
        def advance(done: float) -> None:
            if done >= share:
                raise JobCancelled

        self.host.advance = advance

    def fail_soon(self, calls: int) -> None:
        fail = _failing(calls)
        self.host.advance = fail
        for name in ("_holder", "_key", "_lay", "_strip"):
            self.patch.setattr(keying, name, _then(fail, getattr(keying, name)))
        self.patch.setattr(KeyCurve, "bezier", _then(fail, KeyCurve.bezier))

    def undo(self) -> None:
        bpy.ops.ed.undo()

    def redo(self) -> None:
        bpy.ops.ed.redo()

    def sounds(self) -> list[tuple[str, int]]:
        return [(path, start) for path, start, _, is_mute in _sounds() if not is_mute]


def key(place: Any, frame: float, value: float) -> None:
    """A key by hand in the active action."""
    name = place.path.rpartition(".")[2]
    thing = place.owner.path_resolve(place.path.rpartition(".")[0])
    if name == "value":
        thing.value = value
        place.owner.keyframe_insert(place.path, frame=frame)
    else:
        getattr(thing, name)[place.axis] = value
        place.owner.keyframe_insert(place.path, index=place.axis, frame=frame)


def everything() -> str:
    """Every action, track, strip, sound and object, as text that tells two scenes apart."""
    owners = [*bpy.data.objects, *bpy.data.shape_keys]
    return repr(
        (
            _actions(),
            [(owner.name, _animation(owner.animation_data)) for owner in owners],
            _sounds(),
            sorted(one.name for one in bpy.data.sounds),
            [(scene.name, scene.frame_current, scene.render.fps, scene.render.fps_base) for scene in bpy.data.scenes],
        )
    )


def _actions() -> list[Any]:
    found = []
    for action in bpy.data.actions:
        slots = list(action.slots) if hasattr(action, "slots") else [None]
        curves = [curve for slot in slots for curve in keying.curves_of(action, slot)]
        names = [getattr(slot, "identifier", "") for slot in slots]
        found.append((action.name, keying.MARK in action, action.users, names, [_curve(one) for one in curves]))
    return found


def _curve(curve: Any) -> Any:
    points = [
        (
            *point.co,
            *point.handle_left,
            *point.handle_right,
            point.interpolation,
            point.handle_left_type,
            point.handle_right_type,
        )
        for point in curve.keyframe_points
    ]
    return curve.data_path, curve.array_index, curve.group.name if curve.group else "", curve.extrapolation, points


def _animation(data: Any) -> Any:
    if data is None:
        return None
    tracks = [
        (track.name, track.mute, track.is_solo, track.lock, [_strip(strip) for strip in track.strips])
        for track in data.nla_tracks
    ]
    slot = keying.slot_of(data)
    return data.action and data.action.name, slot and slot.identifier, tracks


def _strip(strip: Any) -> Any:
    names = (
        "name frame_start frame_end action_frame_start action_frame_end scale mute extrapolation blend_type influence"
    )
    slot = getattr(strip, "action_slot", None)
    return strip.action.name, slot and slot.identifier, [getattr(strip, name) for name in names.split()]


def _sounds() -> list[Any]:
    editor = bpy.context.scene.sequence_editor
    if not editor:
        return []
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    return [(bpy.path.abspath(one.sound.filepath), one.frame_start, one.channel, one.mute) for one in strips]


def _then(first: Any, then: Any) -> Any:
    def both(*given: Any) -> Any:
        first(0.0)
        return then(*given)

    return both
