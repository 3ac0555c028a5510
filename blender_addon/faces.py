"""Which faces a scene holds, and where the curves of each go: bones of a face board, or ARKit's shape keys.

A character is remembered by the names of its objects, since undo replaces every datablock by another.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import bpy

from facetake_host import arkit
from facetake_host.curves import HEAD
from facetake_host.host import Character, generation

DEGREE = 0.017453292519943295  # in radians
TURNS = {HEAD[0]: (2, DEGREE), HEAD[1]: (0, -DEGREE), HEAD[2]: (1, DEGREE)}
"""Axis and scale of yaw, pitch and roll (left, up, tipped to the left) of an object whose Z is up and that faces -Y."""


class Place(NamedTuple):
    """A property that a curve can move, as Blender's F-curves name it.

    `obstacle` says why it cannot be keyed, and is empty where it can; `scale` leads from the engine's unit to its own.
    """

    owner: Any
    path: str
    axis: int
    group: str
    obstacle: str
    scale: float = 1.0


def find(scene: Any) -> list[Character]:
    """Every face in a scene, those selected first."""
    found = [Character(one.name_full, rig, (_reference(one),)) for one in scene.objects if (rig := _generation(one))]
    for root, meshes in _families(scene).items():
        if {name for mesh in meshes for name in shapes(mesh.data.shape_keys)} >= {"jawOpen", "eyeBlinkLeft"}:
            is_taken = root.name_full in [one.name for one in found]
            name = f"{root.name_full} (shape keys)" if is_taken else root.name_full
            found.append(Character(name, "arkit", tuple(map(_reference, meshes))))
    return sorted(found, key=lambda character: not any(one and one.select_get() for one in objects(character)))


def objects(character: Character) -> list[Any]:
    """The objects of a character; None for each that is no longer there."""
    return [bpy.data.objects.get(reference) for reference in character.handle]


def places(character: Character, head: str = "") -> dict[str, list[Place]]:
    """Where each channel of a character goes, on one mesh or several; head motion turns the object called `head`."""
    found: dict[str, list[Place]] = defaultdict(list)
    for one in objects(character):
        if one is not None:
            for channel, place in _shape_places(one) if character.rig == "arkit" else _bone_places(one):
                found[channel].append(place)
    turned: Any = bpy.data.objects.get(head) if head else None
    for channel, (axis, scale) in TURNS.items() if turned else ():
        why = "locked" if turned.lock_rotation[axis] else ""
        why = why if len(turned.rotation_mode) == 3 else "its object does not turn by Euler angles"
        found[channel] = [_place(turned, "rotation_euler", axis, "Head", why, scale)]
    return found


def shapes(keys: Any) -> dict[str, str]:
    """ARKit's names of the shape keys of a mesh, each with the mesh's own spelling."""
    return arkit.spelt(block.name for block in keys.key_blocks) if keys else {}


def _generation(one: Any) -> str:
    """Whose names a face board has; empty where an object is none."""
    return generation(one.pose.bones if one.type == "ARMATURE" and one.pose else ())


def _families(scene: Any) -> dict[Any, list[Any]]:
    """Meshes with ARKit's shapes by what they belong to: an armature, a head that they are parented to, themselves."""
    found: dict[Any, list[Any]] = defaultdict(list)
    seen = set()
    for one in scene.objects:
        keys = one.data.shape_keys if one.type == "MESH" else None
        if keys in seen or not shapes(keys):  # a mesh that two objects share moves once
            continue
        seen.add(keys)
        above = one.parent if one.parent and one.parent.type == "MESH" else None
        found[one.find_armature() or (above if above and shapes(above.data.shape_keys) else one)].append(one)
    return found


def _reference(one: Any) -> tuple[str, str | None]:
    return one.name, one.library.filepath if one.library else None


def _bone_places(board: Any) -> list[tuple[str, Place]]:
    found = []
    for bone in board.pose.bones:
        path = f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"].location'
        for axis, name in enumerate("XY" if bone.name.startswith("CTRL_") else ""):
            why = "locked" if bone.lock_location[axis] else ""
            found.append((f"{bone.name}.translate{name}", _place(board, path, axis, bone.name, why)))
    return found


def _shape_places(mesh: Any) -> list[tuple[str, Place]]:
    keys = mesh.data.shape_keys
    found = []
    for channel, name in shapes(keys).items():
        why = "muted" if keys.key_blocks[name].mute else "" if keys.use_relative else "its shape keys are absolute"
        path = f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'
        found.append((channel, _place(keys, path, 0, "Face", why)))
    return found


def _place(owner: Any, path: str, axis: int, group: str, why: str, scale: float = 1.0) -> Place:
    driven = owner.animation_data.drivers.find(path, index=axis) if owner.animation_data else None
    return Place(owner, path, axis, group, why or ("driven" if driven else ""), scale)
