"""Maya's scene as a `facetake_host` Host. Values in Maya's own units (cm), time in seconds, the scene's rate untouched.

A take becomes an override animation layer of its own; layers keyed by hand are neither written nor moved.
"""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any, cast

from maya import cmds, mel
from maya.api import OpenMaya

from facetake_host import pending
from facetake_host.curves import HEAD, Delivery, KeyCurve, Sampled
from facetake_host.frames import maya_rate
from facetake_host.host import Bar, Character
from facetake_host.looking import Point
from facetake_host.problems import HostProblem, JobCancelled
from facetake_host.recording import unique

SIGN = "CTRL_L_brow_down"
NEWER = "CTRL_C_tongue_move"
OLDER = "CTRL_C_tongue"
PLUGIN = "facetake_keys"
MARK = "facetakeCharacter"
"""A text attribute of the layers that Facetake made: the namespace of their character."""
HEAD_ATTRIBUTES = ("rotateY", "rotateX", "rotateZ")
HEAD_SIGNS = (1, -1, -1)
"""Yaw, pitch and roll (left, up, tipped to the left) of a joint whose Y is up and whose Z the face looks along."""
CM_PER_M = 100.0
HARMLESS = ("animCurveT", "animBlend", "pairBlend")
"""Nodes that may feed a control: its keys over time and its layers, but no driven keys."""


value_at: Any = cmds.getAttr  # the stubs know whole frames, and one value


class MayaHost:
    """The open scene."""

    def __init__(self, head_joint: str = "", eyes: str = "") -> None:
        """`head_joint` names a joint that head motion may turn; without one the head is left alone.

        `eyes` names what lies between the eyes of the head at rest, Y up and Z ahead, and goes with the neck.
        """
        self.head_joint = head_joint
        self.eyes = eyes
        self._numbers = count(1)
        self._bar: _MainBar | None = None

    def characters(self) -> list[Character]:
        """Every face board, by its namespace, those with something selected first."""
        chosen = [name.rpartition("|")[2].rpartition(":")[0] for name in cmds.ls(selection=True, long=True) or []]
        found = []
        for node in cmds.ls(SIGN, f"*:{SIGN}", recursive=True, long=True) or []:
            space = node.rpartition("|")[2].removesuffix(SIGN)
            rig = "mh4" if cmds.objExists(space + NEWER) else "mh3" if cmds.objExists(space + OLDER) else ""
            character = Character(space.rstrip(":") or "MetaHuman", rig, space)
            if rig and character not in found:
                found.append(character)
        return sorted(found, key=lambda one: str(one.handle).rstrip(":") not in chosen)

    def rate(self) -> Fraction:
        """Frames per second of the scene."""
        unit = cast(str, cmds.currentUnit(query=True, time=True))
        try:
            return maya_rate(unit)
        except ValueError as error:
            raise HostProblem(
                f"the scene counts time in {unit}; choose frames per second in the preferences"
            ) from error

    def now(self) -> int:
        """The current frame."""
        return round(cmds.currentTime(query=True))

    def refusal(self, character: Character) -> str:
        """Why nothing can be written now."""
        scene = cast(str, cmds.file(query=True, sceneName=True))
        if scene and Path(scene).exists() and not os.access(scene, os.W_OK):
            return f"{scene} is read-only; check it out or save it under another name first"
        if not cmds.undoInfo(query=True, state=True):
            return "undo is switched off, so this could not be taken back; switch it on in the preferences"
        if not cmds.objExists(f"{character.handle}{SIGN}"):
            return f"{character.name} is no longer in the scene; choose a character again"
        return ""

    def skipped(self, character: Character, channels: Collection[str]) -> dict[str, str]:
        """Channels that are missing, locked, connected, or there twice."""
        there = Counter(node.rpartition("|")[2] for node in self._board(character))
        found = {channel: self._obstacle(self._plug(character, channel), there) for channel in channels}
        return {channel: why for channel, why in found.items() if why}

    def selection(self) -> str:
        """What was selected last."""
        chosen = cmds.ls(selection=True, type="transform") or []
        if not chosen:
            raise HostProblem("nothing is selected; select an object first")
        return str(chosen[-1])

    def camera(self) -> str:
        """The camera that is rendered, of those that are the shot's own."""
        own = [one for one in cmds.ls(type="camera") or [] if not cmds.camera(one, query=True, startupCamera=True)]
        own.sort(key=lambda one: not cmds.getAttr(f"{one}.renderable"))
        if not own:
            raise HostProblem("the shot has no camera of its own; select an object to look at and press Selected")
        return str((cmds.listRelatives(own[0], parent=True, path=True) or [""])[0])

    def looked_at(self, character: Character, target: str, frames: range, bar: Bar) -> list[Point]:  # noqa: ARG002
        """Where an object's pivot is, by the axes of `eyes`; matrices are in centimetres, whatever the scene's unit."""
        for name, what in ((self.eyes, "Eyes, an object between the eyes, Y up and Z ahead"), (target, "Looks at")):
            if not name or not cmds.objExists(f"{name}.rotatePivot"):
                raise HostProblem(f"there is no {name or 'name'} in the scene to take for {what}; select one there")
        cm = OpenMaya.MDistance(1.0, OpenMaya.MDistance.uiUnit()).asCentimeters()
        found = []
        for number, frame in enumerate(frames):
            eyes, seen = (
                OpenMaya.MMatrix(value_at(f"{name}.worldMatrix[0]", time=frame)) for name in (self.eyes, target)
            )
            pivots = [value_at(f"{name}.rotatePivot", time=frame)[0] for name in (self.eyes, target)]
            begin, end = (OpenMaya.MPoint([cm * one for one in pivot]) for pivot in pivots)
            turn = OpenMaya.MTransformationMatrix(eyes).rotation(asQuaternion=True)
            left, up, ahead = (one / CM_PER_M for one in (end * seen - begin * eyes).rotateBy(turn.inverse()))
            found.append((left, up, ahead))
            bar.advance(number / len(frames))
        return found

    def read(self, character: Character, bar: Bar) -> Sampled:
        """The stretch from the first to the last key on any layer, as the scene plays it."""
        every = self._channels(character)
        blocked = self.skipped(character, every)
        channels = [name for name in every if name not in blocked]
        times = self._key_times([self._plug(character, name) for name in channels])
        if not times:
            raise HostProblem(f"{character.name} has no keys to restyle; generate or key a take first")
        first = round(min(times))
        last = round(max(times))
        cm = OpenMaya.MDistance(1.0, OpenMaya.MDistance.uiUnit()).asCentimeters()
        curves: dict[str, list[float]] = {name: [] for name in channels}
        for frame in range(first, last + 1):
            for name in channels:
                curves[name].append(cm * cmds.getAttr(self._plug(character, name), time=frame))
            bar.advance((frame - first) / (last - first + 1))
        return Sampled(self.rate(), first, curves, character.name)

    def write(self, character: Character, name: str, delivery: Delivery, start_frame: int, bar: Bar) -> str:
        """Writes keys to a new override layer above the character's last one.

        Its weight is 1 over the take and 0 elsewhere, as an override would otherwise hold its last pose for ever; those
        that Facetake made for the same frames are muted.
        """
        plugs = {self._plug(character, channel): curve for channel, curve in delivery.keys.items()}
        older = [one for one in cmds.ls(type="animLayer") or [] if self._owner(one) == character.handle]
        layer = cast(str, cmds.animLayer(unique(name, self._is_taken), override=True))
        cmds.addAttr(layer, longName=MARK, dataType="string")
        cmds.setAttr(f"{layer}.{MARK}", character.handle, type="string")
        cmds.animLayer(layer, edit=True, attribute=list(plugs))
        heard = [one for one in older if not cmds.animLayer(one, query=True, mute=True)]
        if older:
            cmds.animLayer(layer, edit=True, moveLayerAfter=[*older, *heard][-1])
        end = start_frame + delivery.n_frames
        for one in heard:
            if self._overlaps(one, start_frame, end):
                cmds.animLayer(one, edit=True, mute=True)
        for frame, weight in ((start_frame - 1, 0.0), (start_frame, 1.0), (end, 0.0)):
            cmds.setKeyframe(f"{layer}.weight", time=frame, value=weight, outTangentType="step")
        turned = {self._plug(character, channel) for channel in HEAD}
        self._turn(layer, {plug: curve for plug, curve in plugs.items() if plug in turned}, start_frame)
        faces = {plug: curve for plug, curve in plugs.items() if plug not in turned}
        self._key(layer, faces, delivery.rate, start_frame, bar)
        return layer

    def place_audio(self, path: Path, start_frame: int) -> None:
        """A sound node at the frame, heard in the timeline."""
        free = unique(f"facetake_{path.stem}", self._is_taken)
        try:
            name = cast(str, cmds.sound(file=str(path), offset=start_frame, name=free))
        except RuntimeError as error:  # the keys are worth having without it
            self.tell(f"the line is keyed, but Maya does not play {path.name} ({error}); save it as wav or aiff")
            return
        if not cmds.about(batch=True):
            slider = mel.eval("$facetake_tmp=$gPlayBackSlider")
            cmds.timeControl(slider, edit=True, sound=name, displaySound=True)

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """One undo chunk, taken back where the block raises.

        Maya keeps no empty chunk, and undoing would then take back what the person did before: the queue's last name
        tells whether there is one, and a number in it keeps two chunks of one label apart.
        """
        if not cmds.pluginInfo(PLUGIN, query=True, loaded=True):
            cmds.loadPlugin(PLUGIN)
        chunk = f"{label} ({next(self._numbers)})"
        done = False
        before = cmds.undoInfo(query=True, undoName=True)
        cmds.undoInfo(openChunk=True, chunkName=chunk)
        try:
            yield
            done = True
        finally:
            cmds.undoInfo(closeChunk=True)
            if not done and cmds.undoInfo(query=True, undoName=True) != before:
                cmds.undo()

    @contextmanager
    def progress(self, label: str) -> Iterator[Bar]:
        """Maya's main progress bar, which Esc cancels, and there is one only; none without a window."""
        if cmds.about(batch=True) or self._bar:
            yield self._bar or _NoBar()
            return
        bar = mel.eval("$facetake_tmp=$gMainProgressBar")
        self._bar = _MainBar(bar)
        cmds.progressBar(bar, edit=True, beginProgress=True, isInterruptable=True, maxValue=100, status=label)
        try:
            yield self._bar
        finally:
            self._bar = None
            cmds.progressBar(bar, edit=True, endProgress=True)

    def ask(self, question: str, choices: Sequence[str]) -> int | None:
        """A dialog with a button for each choice; None without a window."""
        if cmds.about(batch=True):
            return None
        buttons = [*choices, "Cancel"]
        picked = cmds.confirmDialog(
            title="Facetake", message=question, button=buttons, cancelButton="Cancel", dismissString="Cancel"
        )
        return choices.index(picked) if picked in choices else None

    def tell(self, message: str, *, problem: bool = False) -> None:
        """A line in the script editor; a problem also in a dialog."""
        (OpenMaya.MGlobal.displayWarning if problem else OpenMaya.MGlobal.displayInfo)(f"Facetake: {message}")
        if problem and not cmds.about(batch=True):
            cmds.confirmDialog(title="Facetake", message=message, button=["OK"])

    def _is_taken(self, name: str) -> bool:
        return bool(cmds.objExists(name))

    def _plug(self, character: Character, channel: str) -> str:
        if channel in HEAD:
            return f"{self.head_joint}.{HEAD_ATTRIBUTES[HEAD.index(channel)]}" if self.head_joint else ""
        return f"{character.handle}{channel}"

    def _obstacle(self, plug: str, there: Counter[str]) -> str:
        if not plug:
            return "no joint is chosen for it"
        if not cmds.objExists(plug):
            return "missing"
        if there[plug.partition(".")[0]] > 1:
            return "there twice"
        if cmds.getAttr(plug, lock=True):
            return "locked"
        for fed in (plug, plug[:-1]):  # translateY, and translate as a whole
            for node in cmds.listConnections(fed, source=True, destination=False, skipConversionNodes=True) or []:
                if not cast(str, cmds.nodeType(node)).startswith(HARMLESS):
                    return f"connected to {node}"
        return ""

    def _board(self, character: Character) -> list[str]:
        """The controls of a face board by their full names."""
        return cmds.ls(f"{character.handle}CTRL_*", type="transform", long=True) or []

    def _channels(self, character: Character) -> list[str]:
        """The keyable translate attributes of every control of the character's board."""
        nodes = self._board(character)
        names = [node.rpartition("|")[2].removeprefix(str(character.handle)) for node in nodes]
        return [
            f"{name}.{attribute}"
            for name, node in zip(names, nodes, strict=True)
            for attribute in cmds.listAttr(node, keyable=True, string="translate*") or []
        ]

    def _key_times(self, plugs: Collection[str]) -> list[float]:
        curves = set(cast(list[str], cmds.keyframe(*plugs, query=True, name=True) or []))
        for layer in cmds.ls(type="animLayer") or []:
            if cmds.animLayer(layer, query=True, mute=True):
                continue
            members = cast(list[str], cmds.animLayer(layer, query=True, attribute=True) or [])
            for plug in set(members) & set(plugs):
                curves.update(cast(list[str], cmds.animLayer(layer, query=True, findCurveForPlug=plug) or []))
        return cast(list[float], cmds.keyframe(*sorted(curves), query=True, timeChange=True) or []) if curves else []

    def _overlaps(self, layer: str, start: int, end: int) -> bool:
        """Whether a layer of ours plays in a stretch; without keys on its weight it plays everywhere."""
        times = cast(list[float], cmds.keyframe(f"{layer}.weight", query=True, timeChange=True) or [])
        return len(times) < 2 or (min(times) + 1 < end and max(times) > start)

    def _owner(self, layer: str) -> object:
        if not cmds.attributeQuery(MARK, node=layer, exists=True):
            return None
        return cmds.getAttr(f"{layer}.{MARK}") or ""

    def _turn(self, layer: str, plugs: dict[str, KeyCurve], start_frame: int) -> None:
        """Keys of the head, which are few, in degrees."""
        for plug, curve in plugs.items():
            sign = HEAD_SIGNS[HEAD_ATTRIBUTES.index(plug.rpartition(".")[2])]
            for frame, value in zip(curve.frames, curve.values, strict=True):
                cmds.setKeyframe(plug, time=start_frame + frame, value=sign * value, animLayer=layer)

    def _key(self, layer: str, plugs: dict[str, KeyCurve], rate: Fraction, start_frame: int, bar: Bar) -> None:
        """Keys of the face, through the undoable command."""
        inputs = {plug: cast(str, cmds.animLayer(layer, query=True, layeredPlug=plug)) for plug in plugs}
        work = pending.Work(
            [(inputs[plug], curve.times_s(rate, start_frame), curve) for plug, curve in plugs.items()], float(rate), bar
        )
        token = uuid.uuid4().hex
        pending.TABLE[token] = work
        try:
            getattr(cmds, "facetakeKeys")(token)  # noqa: B009  the plug-in's own command, unknown to every stub
        except RuntimeError as error:
            raise work.error or error from None
        finally:
            del pending.TABLE[token]


class _MainBar:
    """Maya's progress bar."""

    def __init__(self, bar: str) -> None:
        self._bar = bar

    def advance(self, share: float) -> None:
        """Moves it; raises JobCancelled after Esc."""
        cmds.progressBar(self._bar, edit=True, progress=round(100 * share))
        if cmds.progressBar(self._bar, query=True, isCancelled=True):
            raise JobCancelled


class _NoBar:
    """Nobody looks."""

    def advance(self, share: float) -> None:
        """Nothing."""
