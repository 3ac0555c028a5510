"""`maya.api.OpenMaya` and `OpenMayaAnim` over the scene: just the classes that a plug-in keys with.

Edits through these are on no undo queue, as in Maya; a command has to take them back itself.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import stubs

from fake_maya.scene import Key, MayaScene


class KeysPlug:
    """An MPlug: the input of a layer's blend, `plug@layer`, or a plain attribute."""

    def __init__(self, name: str) -> None:
        self.plug, _, self.layer = name.partition("@")


class MSelectionList:
    """Finds plugs by name."""

    scene: ClassVar[MayaScene]

    def add(self, name: str) -> MSelectionList:
        """Refuses what is not in the scene."""
        plug = KeysPlug(name)
        if not self.scene.commands.do_objExists(plug.plug):
            raise RuntimeError(f"(kInvalidParameter): Object does not exist: {name}")
        if plug.layer and plug.plug not in self.scene.layer(plug.layer).plugs:
            raise RuntimeError(f"(kInvalidParameter): {name} is not on the layer")
        self._found = plug
        return self

    def getPlug(self, index: int) -> KeysPlug:
        """The plug that was added."""
        assert index == 0
        return self._found


class MTime:
    """Seconds."""

    kSeconds = 2

    def __init__(self, value: float, unit: int) -> None:
        assert unit == self.kSeconds, "times are given in seconds, whatever the scene's rate"
        self.seconds = value


class MDistance:
    """A length in the scene's unit."""

    scene: ClassVar[MayaScene]

    def __init__(self, value: float, unit: int) -> None:
        self._value = value

    @staticmethod
    def uiUnit() -> int:
        """The scene's unit."""
        return 1

    def asCentimeters(self) -> float:
        """The same length in Maya's own unit."""
        return self._value * self.scene.cm_per_unit


class MVector:
    """A direction."""

    def __init__(self, numbers: Sequence[float]) -> None:
        assert len(numbers) == 3
        self.numbers = np.array(numbers)

    def __iter__(self) -> Iterator[float]:
        return iter(self.numbers.tolist())

    def rotateBy(self, rotation: MQuaternion) -> MVector:
        """Turned; Maya writes vectors as rows."""
        return MVector(self.numbers @ rotation.rows)


class MPoint:
    """A place that a matrix moves."""

    def __init__(self, numbers: Sequence[float]) -> None:
        assert len(numbers) == 3
        self.numbers = np.array(numbers)

    def __sub__(self, other: MPoint) -> MVector:
        return MVector(self.numbers - other.numbers)

    def __mul__(self, matrix: MMatrix) -> MPoint:
        """Moved; Maya writes points as rows."""
        return MPoint((np.append(self.numbers, 1.0) @ matrix.rows)[:3])


class MQuaternion:
    """A turn."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def inverse(self) -> MQuaternion:
        """The turn back."""
        return MQuaternion(self.rows.T)


class MMatrix:
    """Four rows: three axes with their scales, and where they begin."""

    def __init__(self, numbers: Sequence[float]) -> None:
        assert len(numbers) == 16
        self.rows = np.reshape(numbers, (4, 4))


class MTransformationMatrix:
    """A matrix taken apart."""

    def __init__(self, matrix: MMatrix) -> None:
        self._matrix = matrix

    def rotation(self, asQuaternion: bool = False) -> MQuaternion:
        """Its turn, without its scale."""
        assert asQuaternion
        axes = self._matrix.rows[:3, :3]
        return MQuaternion(axes / np.linalg.norm(axes, axis=1, keepdims=True))


class MDGModifier:
    """Makes and connects curves, and takes that back."""

    def __init__(self) -> None:
        self.planned: list[_Connection] = []

    def doIt(self) -> None:
        """Does what is not done yet."""
        for one in self.planned:
            one.do()

    def undoIt(self) -> None:
        """Takes back what is done."""
        for one in reversed(self.planned):
            one.undo()


class _Connection:
    """A curve that drives a plug."""

    def __init__(self, scene: MayaScene, plug: KeysPlug, curve: str) -> None:
        self.scene = scene
        self.plug = plug
        self.curve = curve
        self.is_done = False

    def do(self) -> None:
        if self.is_done:
            return
        scene = self.scene
        plug = self.plug.plug
        if self.curve not in scene.state.curves:
            scene.set_curve(self.curve, ())
        if self.plug.layer:
            layer = scene.layer(self.plug.layer)
            if plug in layer.curves:
                raise RuntimeError(f"(kFailure): {plug} is connected already")
            scene.put_layer(replace(layer, curves={**layer.curves, plug: self.curve}))
        else:
            scene.edit(base={**scene.state.base, plug: self.curve})
        self.is_done = True

    def undo(self) -> None:
        scene = self.scene
        if self.is_done:
            layer = scene.layer(self.plug.layer)
            scene.put_layer(replace(layer, curves={p: c for p, c in layer.curves.items() if p != self.plug.plug}))
        if self.curve in scene.state.curves:
            scene.set_curve(self.curve, None)
        self.is_done = False


class MAnimCurveChange:
    """What was done to curves."""

    scene: ClassVar[MayaScene]

    def __init__(self) -> None:
        self.changes: list[tuple[str, tuple[Key, ...], tuple[Key, ...]]] = []

    def undoIt(self) -> None:
        """Gives every curve the keys it had."""
        for curve, before, _ in reversed(self.changes):
            self._set(curve, before)

    def redoIt(self) -> None:
        """Gives every curve the keys it got."""
        for curve, _, after in self.changes:
            self._set(curve, after)

    def _set(self, curve: str, keys: tuple[Key, ...]) -> None:
        if curve not in self.scene.state.curves:
            raise RuntimeError(f"(kFailure): the curve {curve} is gone; Maya would crash here")
        self.scene.set_curve(curve, keys)


class MFnAnimCurve:
    """Makes a curve and its keys."""

    scene: ClassVar[MayaScene]
    kAnimCurveTL = 1
    kTangentFixed = 1

    def create(self, plug: KeysPlug, kind: int, modifier: MDGModifier) -> None:
        """A curve for a plug; refuses one that is locked or driven."""
        node, attribute = self.scene.commands._node(plug.plug)
        if attribute in node.locked or plug.plug in self.scene.state.incoming:
            raise RuntimeError(f"(kFailure): {plug.plug} is locked or connected")
        if kind != self.kAnimCurveTL or not attribute.startswith("translate"):
            raise RuntimeError(f"(kInvalidParameter): {plug.plug} takes another type of curve")
        self._name = self.scene.new_curve()
        self._is_weighted = True
        self.scene.set_curve(self._name, ())
        self._modifier = modifier
        modifier.planned.append(_Connection(self.scene, plug, self._name))
        if self.scene.connects_at_once:
            modifier.planned[-1].do()

    def setIsWeighted(self, isWeighted: bool, change: MAnimCurveChange) -> None:
        """Whether tangents have lengths; a new curve has what the person prefers."""
        self._is_weighted = isWeighted

    def addKeysWithTangents(
        self,
        times: Sequence[MTime],
        values: Sequence[float],
        *,
        tangentInType: int = 0,
        tangentOutType: int = 0,
        tangentInTypeArray: Sequence[int],
        tangentOutTypeArray: Sequence[int],
        tangentInXArray: Sequence[float],
        tangentInYArray: Sequence[float],
        tangentOutXArray: Sequence[float],
        tangentOutYArray: Sequence[float],
        tangentsLockedArray: Sequence[int],
        weightsLockedArray: Sequence[int],
        convertUnits: bool,
        change: MAnimCurveChange,
    ) -> None:
        """Keys with fixed tangents; locked ones must be one line; two keys at one time are an error.

        Types by key may go unheeded, as people have found; then all have the type that is given for the whole.
        """
        if not any(one.curve == self._name and one.is_done for one in self._modifier.planned):
            raise RuntimeError(f"(kFailure): {self._name} is not there yet; the modifier was not done")
        if not self.scene.heeds_types:
            tangentInTypeArray = [tangentInType] * len(times)
            tangentOutTypeArray = [tangentOutType] * len(times)
        assert not self._is_weighted, "with weighted tangents these would be handles of a third of a second"
        rows = [
            times,
            values,
            tangentInTypeArray,
            tangentOutTypeArray,
            tangentInXArray,
            tangentInYArray,
            tangentOutXArray,
            tangentOutYArray,
            tangentsLockedArray,
            weightsLockedArray,
        ]
        if len({len(row) for row in rows}) != 1:
            raise RuntimeError("(kInvalidParameter): arrays differ in length")
        assert not convertUnits and set(tangentInTypeArray) | set(tangentOutTypeArray) == {self.kTangentFixed}
        seconds = [one.seconds for one in times]
        if any(b <= a for a, b in zip(seconds, seconds[1:], strict=False)):
            raise RuntimeError("(kFailure): keys out of order or twice at one time")
        keys = []
        for index, instant in enumerate(seconds):
            slope_in = tangentInYArray[index] / tangentInXArray[index]
            slope_out = tangentOutYArray[index] / tangentOutXArray[index]
            slope_out = slope_in if tangentsLockedArray[index] else slope_out
            keys.append(Key(instant, float(values[index]), slope_in, slope_out))
        change.changes.append((self._name, self.scene.state.curves[self._name], tuple(keys)))
        self.scene.set_curve(self._name, tuple(keys))


class MPxCommand:
    """What a plug-in's command derives from."""


class MFnPlugin:
    """Registers commands."""

    scene: ClassVar[MayaScene]

    def __init__(self, *_: object) -> None:
        pass

    def registerCommand(self, name: str, creator: Any) -> None:
        """From now on `cmds` has it."""
        self.scene.plugins[name] = creator

    def deregisterCommand(self, name: str) -> None:
        """No longer."""
        del self.scene.plugins[name]


class MGlobal:
    """Messages."""

    said: ClassVar[list[str]] = []

    @classmethod
    def displayInfo(cls, text: str) -> None:
        """A line."""
        cls.said.append(text)

    displayWarning = displayInfo


CLASSES: dict[str, Any] = {
    "MSelectionList": MSelectionList,
    "MTime": MTime,
    "MDGModifier": MDGModifier,
    "MPxCommand": MPxCommand,
    "MDistance": MDistance,
    "MFnPlugin": MFnPlugin,
    "MGlobal": MGlobal,
    "MPoint": MPoint,
    "MVector": MVector,
    "MMatrix": MMatrix,
    "MTransformationMatrix": MTransformationMatrix,
    "MTimeArray": list,
    "MDoubleArray": list,
    "MIntArray": list,
}
ANIM_CLASSES: dict[str, Any] = {"MFnAnimCurve": MFnAnimCurve, "MAnimCurveChange": MAnimCurveChange}


class Api(types.ModuleType):
    """A module of the API: classes that the stubs know, over one scene."""

    def __init__(self, name: str, classes: dict[str, Any], scene: MayaScene) -> None:
        super().__init__(f"maya.api.{name}")
        self._name = name
        self._classes = classes
        for one in classes.values():
            if "scene" in getattr(one, "__annotations__", {}):
                one.scene = scene

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        stubs.maya_members(self._name, name)
        return self._classes[name]
