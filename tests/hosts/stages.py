"""One way to set up, look into and disturb the scene of any host, so that one suite holds for all of them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import fake_maya
import fake_unreal
import numpy as np
import pytest
import stubs
from fake_maya.scene import Node
from fake_unreal import level, sequencer, values
from fake_unreal.channels import evaluate

from facetake import rig
from facetake_host.host import Character
from facetake_host.recording import AnimationLayer, RecordingHost

JAW = {"mh3": "CTRL_C_jaw.translateY", "mh4": "CTRL_C_jaw.translateY", "unreal": "CTRL_C_jaw.Y", "arkit": "jawOpen"}
LID = {
    "mh3": "CTRL_L_eye_blink.translateY",
    "mh4": "CTRL_L_eye_blink.translateY",
    "unreal": "CTRL_L_eye_blink",
    "arkit": "eyeBlinkLeft",
}
BROW = {
    "mh3": "CTRL_L_brow_down.translateY",
    "mh4": "CTRL_L_brow_down.translateY",
    "unreal": "CTRL_L_brow_down",
    "arkit": "browDownLeft",
}


def channels(kind: str) -> list[str]:
    """The names of a rig's channels."""
    table = {
        "mh3": [one.name for one in rig.CONTROLS],
        "mh4": [one.maya_mh4 for one in rig.CONTROLS],
        "unreal": [one.unreal for one in rig.CONTROLS],
        "arkit": list(rig.ARKIT_NAMES),
    }
    return [name for name in table[kind] if name]


FEW = ("CTRL_L_brow_down", "CTRL_C_jaw.", "CTRL_C_tongue_move", "CTRL_L_eye_blink")
"""Enough of a face board to be found, for tests that make thousands of scenes."""


def seen_from_the_eyes(frame: int) -> tuple[float, float, float]:
    """Where what stages put into their scenes is: metres to the actor's left, up and ahead."""
    return 0.3 + 0.01 * frame, 0.1, 0.6


LEFT_UP_AHEAD = np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0], [0.8, -0.6, 0.0]])
"""Of an actor in a right-handed world whose z is up: the way that each points."""
EYES_AT = np.array([2.0, -1.0, 1.6])


def in_world(frame: int) -> np.ndarray[Any, Any]:
    """The same place in that world, in metres."""
    return np.array(EYES_AT + np.array(seen_from_the_eyes(frame)) @ LEFT_UP_AHEAD)


class Stage:
    """A host with its scene."""

    host: Any
    kind: str
    has_few = False
    tells_rest = False
    """Whether `value` tells what plays where no take is, too."""

    def __init__(self, kind: str, patch: pytest.MonkeyPatch) -> None:
        """A scene with one character, ann, of a kind of rig."""

    @property
    def least(self) -> int:
        """How many channels a take keys at least."""
        return 52 if self.kind == "arkit" else 160

    def board(self, without: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The channels of a face board."""
        found = channels(self.kind)
        return tuple(one for one in found if one not in without and (not self.has_few or one.startswith(FEW)))

    @property
    def jaw(self) -> str:
        """The jaw's channel."""
        return JAW[self.kind]

    @property
    def lid(self) -> str:
        """A lid's channel."""
        return LID[self.kind]

    @property
    def brow(self) -> str:
        """A brow's channel."""
        return BROW[self.kind]

    def add(self, name: str, without: tuple[str, ...] = ()) -> None:
        """One more character."""
        raise NotImplementedError

    def put_target(self, name: str) -> None:
        """An object that is where `seen_from_the_eyes` says, of an actor who stands somewhere and faces aside."""
        raise NotImplementedError

    def select(self, name: str) -> None:
        """The person selects an object."""
        raise NotImplementedError

    def snapshot(self) -> str:
        """Everything in the scene, as text that tells two states apart."""
        raise NotImplementedError

    def set_rate(self, rate: Fraction) -> None:
        """Another frame rate."""
        raise NotImplementedError

    def set_now(self, frame: int) -> None:
        """Another current frame."""
        raise NotImplementedError

    def layers(self) -> list[tuple[str, bool]]:
        """Layers from the bottom up, each with whether it is heard."""
        raise NotImplementedError

    def value(self, character: Character, channel: str, frame: float) -> float:
        """What the topmost heard layer of Facetake plays."""
        raise NotImplementedError

    def values(self, character: Character, channel: str, frames: Sequence[float]) -> list[float]:
        """`value` at each of some frames."""
        return [self.value(character, channel, frame) for frame in frames]

    def hand_edit(self, character: Character, channel: str, frame: int, value: float) -> str:
        """A person keys a layer of their own; its name."""
        raise NotImplementedError

    def hand_key(self, character: Character, keys: Mapping[str, Sequence[tuple[int, float]]]) -> str:
        """A person keys channels at frames, all in one layer of their own; its name."""
        raise NotImplementedError

    def hand_layers(self) -> str:
        """What the people's own layers hold, as text."""
        raise NotImplementedError

    def block(self, channel: str) -> None:
        """Makes a channel one that cannot be keyed."""
        raise NotImplementedError

    def forbid(self) -> None:
        """Makes the scene one that cannot be written."""
        raise NotImplementedError

    def cancel_at(self, share: float) -> None:
        """The person cancels at a share of progress."""
        raise NotImplementedError

    def fail_soon(self, calls: int) -> None:
        """The host fails at one of its next calls."""
        raise NotImplementedError

    def undo(self) -> None:
        """The person undoes."""
        raise NotImplementedError

    def redo(self) -> None:
        """The person redoes."""
        raise NotImplementedError

    def sounds(self) -> list[tuple[str, int]]:
        """Sounds with their first frames."""
        raise NotImplementedError


class RecordingStage(Stage):
    """The scene in memory."""

    def __init__(self, _kind: str, _patch: pytest.MonkeyPatch) -> None:
        self.kind = "mh4"
        self.host = RecordingHost()
        self.add("ann")

    def add(self, name: str, without: tuple[str, ...] = ()) -> None:
        self.host.faces.append(Character(name, self.kind))
        self.host.blocked.update(dict.fromkeys(without, "missing"))

    def put_target(self, name: str) -> None:
        self.host.places[name] = seen_from_the_eyes

    def snapshot(self) -> str:
        return repr(self.host.scene)

    def set_rate(self, rate: Fraction) -> None:
        self.host.frame_rate = rate

    def set_now(self, frame: int) -> None:
        self.host.frame = frame

    def layers(self) -> list[tuple[str, bool]]:
        return [(one.name, not one.is_muted) for one in self.host.scene.layers]

    def value(self, character: Character, channel: str, frame: float) -> float:
        layers = [
            one
            for one in self.host.scene.layers
            if one.is_generated and not one.is_muted and one.start_frame <= frame < one.end_frame
        ]
        return float(layers[-1].keys[channel].at(frame - layers[-1].start_frame))

    def hand_edit(self, character: Character, channel: str, frame: int, value: float) -> str:
        return self.hand_key(character, {channel: [(frame, value)]})

    def hand_key(self, character: Character, keys: Mapping[str, Sequence[tuple[int, float]]]) -> str:
        from dataclasses import replace

        from facetake_host.curves import KeyCurve

        flat = {
            channel: KeyCurve(
                tuple(frame for frame, _ in rows),
                tuple(value for _, value in rows),
                (0.0,) * len(rows),
                (0.0,) * len(rows),
            )
            for channel, rows in keys.items()
        }
        with self.host.step("by hand"):
            made = AnimationLayer(f"hand_{len(self.host.scene.layers)}", character.name, 0, 0, flat, is_generated=False)
            self.host.scene = replace(self.host.scene, layers=(*self.host.scene.layers, made))
        return made.name

    def hand_layers(self) -> str:
        return repr([one for one in self.host.scene.layers if not one.is_generated])

    def block(self, channel: str) -> None:
        self.host.blocked[channel] = "locked"

    def forbid(self) -> None:
        self.host.reason = "the scene is read-only; save it under another name first"

    def cancel_at(self, share: float) -> None:
        self.host.stop_at = share

    def fail_soon(self, calls: int) -> None:
        self.host.advance = _failing(calls)

    def undo(self) -> None:
        self.host.undo()

    def redo(self) -> None:
        self.host.redo()

    def sounds(self) -> list[tuple[str, int]]:
        return list(self.host.scene.sounds)


class MayaStage(Stage):
    """The Maya plugin over the fake."""

    tells_rest = True

    def __init__(self, kind: str, patch: pytest.MonkeyPatch) -> None:
        if not (stubs.installed("types-maya") and stubs.installed("maya-stubs")):
            pytest.skip("the published stubs of Maya are not installed; pip install the dev extra")
        forget_plugins()
        self.kind = kind or "mh4"
        self.scene = fake_maya.install(patch)
        plugin = importlib.import_module("facetake_keys")
        plugin.initializePlugin(None)
        self.host = importlib.import_module("facetake_maya.host").MayaHost()
        self.scene.unit = "ntsc"
        self.add("ann")

    def add(self, name: str, without: tuple[str, ...] = ()) -> None:
        space = f"{name}:" if name else ""
        for channel in self.board(without):
            node, _, attribute = channel.partition(".")
            found = self.scene.state.nodes.get(space + node, Node("transform"))
            self.scene.node(space + node, Node("transform", {**found.attributes, attribute: 0.0}))

    def put_target(self, name: str) -> None:
        def y_up(place: Any) -> Any:
            return np.array([place[0], place[2], -place[1]])

        def matrix(frame: int) -> list[float]:  # of something whose transformations were frozen a metre aside
            return [*np.eye(4)[:3].ravel(), *(100.0 * y_up(in_world(frame)) - (100.0, 0.0, 0.0)), 1.0]

        rows = [[*(2.0 * y_up(axis)), 0.0] for axis in LEFT_UP_AHEAD] + [[*(100.0 * y_up(EYES_AT)), 1.0]]
        nowhere = {"worldMatrix": lambda _: list(np.ravel(rows)), "rotatePivot": (0.0, 0.0, 0.0)}
        self.scene.node("eyes", Node("transform", nowhere))
        self.scene.node(name, Node("transform", {"worldMatrix": matrix, "rotatePivot": (100.0, 0.0, 0.0)}))
        self.host.eyes = "eyes"

    def select(self, name: str) -> None:
        self.scene.selection = [name]

    def snapshot(self) -> str:
        state = self.scene.state
        return repr(
            (sorted(state.nodes.items()), sorted(state.curves.items()), sorted(state.base.items()), state.layers)
        )

    def set_rate(self, rate: Fraction) -> None:
        from fake_maya.scene import RATES

        self.scene.unit = next(unit for unit, one in RATES.items() if one == rate)

    def set_now(self, frame: int) -> None:
        self.scene.time = float(frame)

    def layers(self) -> list[tuple[str, bool]]:
        return [(one.name, not one.mute) for one in self.scene.state.layers if one.name != "BaseAnimation"]

    def value(self, character: Character, channel: str, frame: float) -> float:
        return self.scene.value(f"{character.handle}{channel}", float(Fraction(frame) / self.scene.rate))

    def hand_edit(self, character: Character, channel: str, frame: int, value: float) -> str:
        return self.hand_key(character, {channel: [(frame, value)]})

    def hand_key(self, character: Character, keys: Mapping[str, Sequence[tuple[int, float]]]) -> str:
        cmds = self.scene.commands
        name = f"hand_{len(self.scene.state.layers)}"
        cmds.undoInfo(openChunk=True, chunkName="by hand")
        cmds.animLayer(name, override=False)
        cmds.animLayer(name, edit=True, attribute=[f"{character.handle}{channel}" for channel in keys])
        for channel, rows in keys.items():
            for frame, value in rows:
                cmds.setKeyframe(f"{character.handle}{channel}", time=frame, value=value, animLayer=name)
        cmds.undoInfo(closeChunk=True)
        return name

    def hand_layers(self) -> str:
        state = self.scene.state
        own = [one for one in state.layers if one.name.startswith("hand_")]
        return repr([(one, [state.curves[curve] for curve in one.curves.values()]) for one in own])

    def block(self, channel: str) -> None:
        node, _, attribute = f"ann:{channel}".partition(".")
        found = self.scene.state.nodes[node]
        self.scene.node(node, Node(found.type, found.attributes, found.locked | {attribute}))

    def forbid(self) -> None:
        self.scene.undo_on = False

    def cancel_at(self, share: float) -> None:
        self.scene.batch = False
        self.scene.stop_at = round(100 * share)

    def fail_soon(self, calls: int) -> None:
        self.scene.fail_after = sum(self.scene.calls.values()) + calls

    def undo(self) -> None:
        self.scene.undo()

    def redo(self) -> None:
        self.scene.redo()

    def sounds(self) -> list[tuple[str, int]]:
        nodes = self.scene.state.nodes.values()
        return [(one.attributes["filename"], one.attributes["offset"]) for one in nodes if one.type == "audio"]


class UnrealStage(Stage):
    """The Unreal plugin over the fake."""

    kind = "unreal"

    def __init__(self, _kind: str, patch: pytest.MonkeyPatch) -> None:
        if not stubs.installed("unreal-stub"):
            pytest.skip("the published stub of Unreal is not installed; pip install the dev extra")
        forget_plugins()
        self.world = fake_unreal.install(patch)
        self.world.sequence = sequencer.LevelSequence()
        self.host = importlib.import_module("facetake_unreal.host").UnrealHost()
        self.add("ann")

    def add(self, name: str, without: tuple[str, ...] = ()) -> None:
        names = self.board(without)
        track = sequencer.MovieSceneControlRigParameterTrack(self.world.sequence, "FaceBoard", names)
        track.sections.append(sequencer.MovieSceneControlRigParameterSection(self.world.sequence, "Section_0", names))
        track.sections[0].outer = track
        self.world.sequence.tracks.append(track)
        proxy = sequencer.MovieSceneBindingProxy(name)
        board = sequencer.ControlRig("Face_ControlBoard_CtrlRig")
        self.world.rigs.append(sequencer.ControlRigSequencerBindingProxy(proxy, board, track))

    def put_target(self, name: str) -> None:
        def left_handed(place: Any) -> Any:
            return np.array([place[0], -place[1], place[2]])

        left, up, ahead = map(left_handed, LEFT_UP_AHEAD)
        eyes = level.Transform(level.Vector(*(100.0 * left_handed(EYES_AT))), [up, ahead, -left])

        def bone(*by_head: float) -> Any:  # up, ahead, right of the eyes, in centimetres
            return lambda frame: level.Transform(eyes.at(*by_head) + level.Vector(frame, 0.0, 0.0), eyes.axes)

        mesh = {"head": bone(-9.0, -8.0, 0.0), "FACIAL_L_Eye": bone(0, 0, -3.0), "FACIAL_R_Eye": bone(0, 0, 3.0)}
        actor = level.Actor("BP_ann")
        level.SkeletalMeshComponent(actor, {"head": mesh["head"]})  # the body
        self.world.bound["ann"] = [level.SkeletalMeshComponent(actor, mesh)]

        def where(frame: int) -> level.Transform:
            walked = level.Vector(frame, 0.0, 0.0)  # with the actor, a centimetre a frame
            return level.Transform(level.Vector(*(100.0 * left_handed(in_world(frame)))) + walked)

        level.Actor(name, where)

    def select(self, name: str) -> None:
        self.world.selected_actors = [one for one in self.world.actors if one.get_actor_label() == name]

    def snapshot(self) -> str:
        def section(one: Any) -> Any:
            keys = [(name, key.tick, key.value, key.arrive, key.leave) for name, key in one.keys]
            return (one.get_name(), one.start, one.end, one.row, one.active, one.blend, keys)

        tracks = [(one.get_name(), [section(each) for each in one.sections]) for one in self.world.sequence.tracks]
        return repr((tracks, self.world.sequence.rate))

    def set_rate(self, rate: Fraction) -> None:
        self.world.sequence.rate = rate

    def set_now(self, frame: int) -> None:
        self.world.playhead = frame

    def _sections(self) -> list[Any]:
        return [one for board in self.world.rigs for one in board.track.sections[1:]]

    def layers(self) -> list[tuple[str, bool]]:
        return [(one.get_name(), one.active) for one in self._sections()]

    def value(self, character: Character, channel: str, frame: float) -> float:
        return self.values(character, channel, [frame])[0]

    def values(self, character: Character, channel: str, frames: Sequence[float]) -> list[float]:
        takes = [one for one in character.handle.sections if one.get_name().startswith("Facetake_") and one.active]
        sorts = {
            id(take): sorted((key for name, key in take.keys if name == f"{channel}_3"), key=lambda key: key.tick)
            for take in takes
        }
        ticks = Fraction(24000) / self.world.sequence.rate
        found = []
        for frame in frames:
            playing = [one for one in takes if one.start <= frame < one.end][-1]
            tick = Fraction(frame) * ticks  # no whole number at 29.97; keys sit on the nearest
            found.append(evaluate(sorts[id(playing)], float(tick) if frame % 1 else round(tick)))
        return found

    def hand_edit(self, character: Character, channel: str, frame: int, value: float) -> str:
        return self.hand_key(character, {channel: [(frame, value)]})

    def hand_key(self, character: Character, keys: Mapping[str, Sequence[tuple[int, float]]]) -> str:
        with sequencer_transaction():
            track: Any = character.handle
            track.modify()
            section = track.add_section()
            section.modify()
            section.rename(f"hand_{len(track.sections)}")
            unit = values.MovieSceneTimeUnit.TICK_RESOLUTION
            channels = {getattr(one, "channel_name", ""): one for one in section.get_all_channels()}
            for channel, rows in keys.items():
                for frame, value in rows:
                    at = values.FrameNumber(round(frame * 24000 / self.world.sequence.rate))
                    channels[f"{channel}_3"].add_key(at, value, 0.0, unit)
        return str(section.get_name())

    def hand_layers(self) -> str:
        return repr(
            [
                (one.get_name(), one.active, [(name, key.tick, key.value) for name, key in one.keys])
                for one in self._sections()
                if one.get_name().startswith("hand_")
            ]
        )

    def block(self, channel: str) -> None:
        for board in self.world.rigs[:1]:
            left = tuple(one for one in board.track.channels if one != channel)
            board.track.channels = left
            for section in board.track.sections:
                section.channels = left

    def forbid(self) -> None:
        self.world.sequence.read_only = True

    def cancel_at(self, share: float) -> None:
        self.world.stop_at = share

    def fail_soon(self, calls: int) -> None:
        self.world.fail_after = self.world.calls + calls

    def undo(self) -> None:
        self.world.undo()

    def redo(self) -> None:
        self.world.redo()

    def sounds(self) -> list[tuple[str, int]]:
        tracks = [one for one in self.world.sequence.tracks if isinstance(one, sequencer.MovieSceneAudioTrack)]
        return [(track.label, section.start) for track in tracks for section in track.sections if section.active]


def forget_plugins() -> None:
    """Makes the next import of a plugin find the host that is there then."""
    for name in [
        name for name in sys.modules if name.startswith(("facetake_maya", "facetake_unreal", "facetake_keys"))
    ]:
        del sys.modules[name]


def sequencer_transaction() -> Any:
    """A transaction of the editor."""
    from fake_unreal.editor import ScopedEditorTransaction

    return ScopedEditorTransaction("by hand")


def _failing(calls: int) -> Any:
    left = [calls]

    def advance(_share: float) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise RuntimeError("the host ran into an error")

    return advance
