"""A take as Blender keeps it: an action of Bezier keys in an NLA strip on a track of its own, and the way back.

Tracks that others made are neither written nor moved. Blender's newer actions have slots, 4.2 and 4.3 do not; where
they are missing, each datablock gets an action of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import bpy

from facetake_host.curves import KeyCurve
from facetake_host.host import Bar

from .faces import Place

MARK = "facetake"
"""A property of the actions that Facetake made, "take" or "rest"; others are somebody's work."""
SHORT = 1 / 64  # frames by which a strip ends before the next may begin, so that it covers its last frame's motion blur
BEZIER = 2
FREE = 0
ALIGNED = 3
Back = list[Callable[[], object]]


def write(name: str, keys: Sequence[tuple[Place, KeyCurve]], start: int, n_frames: int, bar: Bar, back: Back) -> str:
    """Keys to a new action in strips of their own, from frame `start`; earlier takes of the same frames are muted.

    Returns the action's name, which Blender numbers where it is taken. `back` gets what takes all back, in order.
    """
    made: Any = None
    done = 0
    for owner in dict.fromkeys(place.owner for place, _ in keys):
        if made is None or not hasattr(made, "slots"):
            action = _action(name, "take", back)
            made = made or action
        holder, slot = _holder(action, owner)
        mine = [(place, curve) for place, curve in keys if place.owner == owner]
        for place, curve in mine:
            _key(holder, place, curve, start)
            done += 1
            bar.advance(done / len(keys))
        _lay(owner, action, slot, start, n_frames, [place for place, _ in mine], back)
    return str(made.name)


def curves_of(action: Any, slot: Any) -> list[Any]:
    """An action's F-curves for a slot."""
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    bags = [strip.channelbag(slot) for layer in action.layers for strip in layer.strips] if slot else []
    return [curve for bag in bags if bag for curve in bag.fcurves]


def extent(places: Sequence[Place]) -> tuple[int, int] | None:
    """The frames from the first to the last key that is heard on any of some places; None without keys."""
    times: list[float] = []
    for owner in {place.owner for place in places}:
        paths = {(place.path, place.axis) for place in places if place.owner == owner}
        data = owner.animation_data
        if data and data.action:
            times += _key_times(data.action, slot_of(data), paths)
        for strip in _heard(data):
            if strip.action.get(MARK) != "rest" and _key_times(strip.action, slot_of(strip), paths):
                times += [strip.frame_start, strip.frame_end]
    return (-int(-min(times) // 1), int(max(times) // 1)) if times else None


def sample(objects: Sequence[Any], places: Sequence[Place], frames: Sequence[float], bar: Bar) -> list[list[float]]:
    """What plays at each place, frame by frame."""
    owners = list(dict.fromkeys(place.owner for place in places))
    seen = [*objects, *(one for one in owners if isinstance(one, bpy.types.Object))]
    rows = []
    for found in watch(seen, owners, frames, bar):
        played = dict(zip(owners, found, strict=True))
        rows.append([value_of(played[place.owner], place) for place in places])
    return [list(column) for column in zip(*rows, strict=True)]


def watch(objects: Sequence[Any], owners: Sequence[Any], frames: Sequence[float], bar: Bar) -> Iterator[list[Any]]:
    """Datablocks as they are, frame by frame; in a scene of its own, so that nothing in the shot's is evaluated anew.

    There, a pose that a person has not keyed yet would be lost.
    """
    scene = bpy.data.scenes.new("facetake")
    try:
        for one in set(objects):
            scene.collection.objects.link(one)
        for number, frame in enumerate(frames):
            scene.frame_set(int(frame // 1), subframe=frame % 1)
            graph = scene.view_layers[0].depsgraph
            yield [owner.evaluated_get(graph) for owner in owners]
            bar.advance(number / len(frames))
    finally:
        bpy.data.scenes.remove(scene)


def value_of(owner: Any, place: Place) -> float:
    """What a place's property is, in the engine's unit, on its datablock or on an evaluated copy of that."""
    value = owner.path_resolve(place.path)
    return float(value if isinstance(value, float) else value[place.axis]) / place.scale


def slot_of(thing: Any) -> Any:
    """The slot of an action that a strip or a datablock plays; None where there are none."""
    return getattr(thing, "action_slot", None)


def _heard(data: Any) -> list[Any]:
    tracks = [track for track in data.nla_tracks if not track.mute] if data else []
    return [strip for track in tracks for strip in track.strips if strip.action and not strip.mute]


def _key_times(action: Any, slot: Any, paths: set[tuple[str, int]]) -> list[float]:
    """The first and the last key of each of an action's curves that move a place."""
    curves = [one for one in curves_of(action, slot) if (one.data_path, one.array_index) in paths]
    return [one.keyframe_points[end].co.x for one in curves if one.keyframe_points for end in (0, -1)]


def _action(name: str, mark: str, back: Back) -> Any:
    made = bpy.data.actions.new(name)
    made[MARK] = mark
    back.append(partial(bpy.data.actions.remove, made))
    return made


def _holder(action: Any, owner: Any) -> tuple[Any, Any]:
    """What holds the curves of a datablock in an action, and its slot where there are slots."""
    if not hasattr(action, "slots"):
        action.id_root = owner.id_type
        return action, None
    slot = action.slots.new(owner.id_type, owner.name)
    layer = action.layers[0] if action.layers else action.layers.new("Facetake")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True), slot


def _key(holder: Any, place: Place, keys: KeyCurve, start: int) -> None:
    """Bezier keys that make the engine's cubic."""
    curve = holder.fcurves.new(place.path, index=place.axis)
    curve.group = holder.groups.get(place.group) or holder.groups.new(place.group)
    points = curve.keyframe_points
    points.add(len(keys.frames))
    for name, numbers in zip(("co", "handle_left", "handle_right"), keys.bezier(start, place.scale), strict=True):
        points.foreach_set(name, numbers)
    kinds = [ALIGNED if a == b else FREE for a, b in zip(keys.slopes_in, keys.slopes_out, strict=True)]
    points.foreach_set("interpolation", [BEZIER] * len(kinds))
    for name in ("handle_left_type", "handle_right_type"):
        points.foreach_set(name, kinds)
    curve.update()


def _lay(owner: Any, action: Any, slot: Any, start: int, n_frames: int, places: list[Place], back: Back) -> None:
    """A strip over the take's frames, above the last take and below what others laid over that."""
    data = owner.animation_data
    if data is None:
        data = owner.animation_data_create()
        back.append(owner.animation_data_clear)
    ours = [one for one in data.nla_tracks if one.strips and all(s.action and MARK in s.action for s in one.strips)]
    if not ours:
        _make_way(data, {(place.path, place.axis) for place in places}, back)
    below = _rest(data, places, start, ours[-1] if ours else None, back)
    for track in ours:
        takes = [strip for strip in track.strips if strip.action[MARK] == "take"]
        if not track.mute and any(one.frame_start < start + n_frames and one.frame_end > start for one in takes):
            track.mute = True
            back.append(partial(setattr, track, "mute", False))
    strip = _strip(data, below, action, slot, back)
    end = start + n_frames - SHORT
    strip.action_frame_start, strip.action_frame_end = start, end
    strip.frame_start_raw, strip.frame_end_raw = start, end
    strip.extrapolation = "NOTHING"


def _rest(data: Any, places: list[Place], start: int, below: Any, back: Back) -> Any:
    """A track that holds what is not animated yet as it is; the track to lay the take over.

    Where no strip plays, Blender shows a property's default, which is 1 for a shape key from 5.0 on.
    """
    curves = [curve for one in (data, *_heard(data)) if one.action for curve in curves_of(one.action, slot_of(one))]
    moved = {(curve.data_path, curve.array_index) for curve in curves}
    still = [place for place in places if (place.path, place.axis) not in moved]
    if not still:
        return below
    action = _action("facetake_rest", "rest", back)
    holder, slot = _holder(action, still[0].owner)
    for place in still:
        held = KeyCurve((0,), (value_of(place.owner, place),), (0.0,), (0.0,))
        _key(holder, place, held, start)
    _strip(data, below, action, slot, back)
    return data.nla_tracks[action.name]


def _make_way(data: Any, paths: set[tuple[str, int]], back: Back) -> None:
    """Pushes an action down that would hide the take, as Blender's own button does; its keys stay as they are.

    One that is keyed over earlier takes, added or faded in is meant to be on top, and stays there.
    """
    action, slot = data.action, slot_of(data)
    hides = data.action_blend_type == "REPLACE" and data.action_influence == 1.0
    if not action or not hides or not _key_times(action, slot, paths):
        return
    first, last = action.frame_range
    strip = _strip(data, None, action, slot, back)
    strip.frame_start_raw, strip.frame_end_raw = first, max(last, first + 1.0)
    strip.extrapolation = data.action_extrapolation
    back += [partial(setattr, data, "action_slot", slot)] if slot else []
    back.append(partial(setattr, data, "action", action))
    data.action = None


def _strip(data: Any, below: Any, action: Any, slot: Any, back: Back) -> Any:
    track = data.nla_tracks.new(prev=below)
    back.append(partial(data.nla_tracks.remove, track))
    track.name = action.name
    strip = track.strips.new(action.name, int(action.frame_range[0]), action)
    if slot:
        strip.action_slot = slot
    return strip
