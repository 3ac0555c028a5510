"""`maya.cmds` and `maya.mel` over the scene: commands refuse unknown flags and what Maya would refuse."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import stubs

from fake_maya.scene import Key, Layer, MayaScene, Node

MEL = {
    "$facetake_tmp=$gMainProgressBar": "mainProgressBar",
    "$facetake_tmp=$gPlayBackSlider": "timeControl1",
    "$facetake_tmp=$gMainWindow": "MayaWindow",
    "$facetake_tmp=$gShelfTopLevel": "Shelf",
}


IN_TANGENTS = {"auto", "clamped", "fast", "fixed", "flat", "linear", "plateau", "slow", "spline", "stepnext"}
OUT_TANGENTS = IN_TANGENTS | {"step"}
"""Tangents that Maya's commands take: what leaves a key may step, what arrives at it may not."""


class Commands(types.ModuleType):
    """Every command by name; one that is not written here is no command that the plug-in may use."""

    def __init__(self, scene: MayaScene) -> None:
        """Commands on that scene."""
        super().__init__("maya.cmds")
        self._scene = scene
        self.mel = types.ModuleType("maya.mel")
        self.mel.eval = lambda text: MEL[text]  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._scene.plugins:
            return lambda *arguments: self._plugin(name, arguments)
        flags = stubs.maya_flags(name)

        def run(*arguments: Any, **given: Any) -> Any:
            unknown = set(given) - flags
            if unknown:
                raise stubs.UnknownToStubsError(f"maya.cmds.{name} has no flag {sorted(unknown)}")
            scene = self._scene
            scene.calls[name] = scene.calls.get(name, 0) + 1
            if sum(scene.calls.values()) == scene.fail_after:
                raise RuntimeError("Maya ran into an error")
            return getattr(self, f"do_{name}")(*arguments, **given)

        return run

    def _plugin(self, name: str, arguments: Sequence[str]) -> None:
        """A plug-in's command: undoable if it says so; an exception becomes Maya's own."""
        command = self._scene.plugins[name]()
        self._scene.calls[name] = self._scene.calls.get(name, 0) + 1
        try:
            command.doIt(types.SimpleNamespace(asString=lambda index: arguments[index]))
        except BaseException as error:
            raise RuntimeError(f"Error in {name}") from error
        if command.isUndoable():
            self._scene.push(name, command)

    def do_ls(self, *patterns: str, type: str = "", selection: bool = False, long: bool = False, **_: Any) -> list[str]:
        """Names of nodes."""
        scene = self._scene
        nodes = dict(scene.state.nodes)
        if selection:
            names = [name for name in scene.selection if name in nodes]
        elif patterns:
            tests = [_pattern(one) for one in patterns]
            names = [name for name in nodes if any(test.fullmatch(name) for test in tests)]
            names += [name for name in names if name in scene.twice]
        else:
            names = [*nodes, *scene.state.curves]
        if type == "animLayer":
            return [one.name for one in scene.state.layers]  # from the bottom up
        names = [name for name in names if not type or (name in nodes and nodes[name].type == type)]
        return [f"{nodes[name].parent}|{name}" if long else name for name in names]

    def do_objExists(self, name: str) -> bool:
        """Whether a node or a plug is there."""
        node, dot, attribute = name.partition(".")
        found = self._scene.state.nodes.get(node)
        return found is not None and (not dot or attribute in found.attributes)

    def _node(self, plug: str) -> tuple[Node, str]:
        if not self.do_objExists(plug):
            raise ValueError(f"No object matches name: {plug}")
        return self._scene.state.nodes[plug.partition(".")[0]], plug.partition(".")[2]

    def do_getAttr(self, plug: str, lock: bool = False, time: float | None = None) -> Any:
        """A value now or at a frame, or whether the plug is locked; a matrix in centimetres, whatever the unit."""
        node, attribute = self._node(plug.removesuffix("[0]"))
        if attribute == "worldMatrix":
            return list(node.attributes[attribute](time))
        if attribute == "rotatePivot":
            return [tuple(one / self._scene.cm_per_unit for one in node.attributes[attribute])]
        if lock:
            return attribute in node.locked
        if time is None or not isinstance(node.attributes[attribute], float):
            return node.attributes[attribute]
        return self._scene.value(plug, float(time / self._scene.rate)) / self._scene.cm_per_unit

    def do_setAttr(self, plug: str, value: Any, type: str = "") -> None:
        """Sets an attribute."""
        node, attribute = self._node(plug)
        if attribute in node.locked or plug.partition(".")[0] in self._scene.referenced:
            raise RuntimeError(f"{plug} is locked or of a referenced file")
        changed = replace(node, attributes={**node.attributes, attribute: value})
        self._scene.recorded("setAttr", lambda: self._scene.node(plug.partition(".")[0], changed))

    def do_addAttr(self, name: str, longName: str, dataType: str) -> None:
        """Gives a node one more attribute."""
        if name in self._scene.referenced:
            raise RuntimeError(f"{name} is of a referenced file and takes no attribute")
        node = self._scene.state.nodes[name]
        changed = replace(node, attributes={**node.attributes, longName: None})
        self._scene.recorded("addAttr", lambda: self._scene.node(name, changed))

    def do_attributeQuery(self, attribute: str, node: str, exists: bool) -> bool:
        """Whether a node has an attribute."""
        return attribute in self._scene.state.nodes[node].attributes

    def do_listAttr(self, name: str, keyable: bool, string: str) -> list[str] | None:
        """Keyable attributes by pattern; what is locked is not keyable on a face board."""
        node = self._scene.state.nodes[name.rpartition("|")[2]]
        found = [one for one in node.attributes if one.startswith(string.rstrip("*"))]
        return found or None

    def do_listConnections(self, plug: str, **_: Any) -> list[str] | None:
        """What drives a plug: its curve, the blend of its layers, or another node."""
        state = self._scene.state
        driver = state.incoming.get(plug)
        if any(plug in layer.plugs for layer in state.layers):
            driver = f"{plug}_blend"
        driver = driver or state.base.get(plug)
        return [driver] if driver else None

    def do_camera(self, name: str, query: bool, startupCamera: bool) -> bool:
        """Whether a camera is one that every scene has."""
        return bool(self._scene.state.nodes[name].attributes["startup"])

    def do_listRelatives(self, name: str, parent: bool, path: bool) -> list[str] | None:
        """What a node hangs from."""
        return [self._scene.state.nodes[name].parent]

    def do_nodeType(self, name: str) -> str:
        """The type of a node."""
        if name.endswith("_blend"):
            return "animBlendNodeAdditiveDL"
        return "animCurveTL" if name in self._scene.state.curves else self._scene.state.nodes[name].type

    def do_animLayer(self, name: str = "", query: bool = False, edit: bool = False, **given: Any) -> Any:
        """Makes, edits or asks a layer."""
        if query:
            return self._ask_layer(self._scene.layer(name), **given)
        work = self._edit_layer if edit else self._make_layer
        return self._scene.recorded("animLayer", lambda: work(name, **given))

    def _ask_layer(self, layer: Layer, **given: Any) -> Any:
        if given.get("attribute"):
            return list(layer.plugs) or None
        if "layeredPlug" in given:
            plug = given["layeredPlug"]
            return f"{plug}@{layer.name}" if plug in layer.plugs else None
        if "findCurveForPlug" in given:
            curve = layer.curves.get(given["findCurveForPlug"])
            return [curve] if curve else None
        return getattr(layer, next(iter(given)))

    def _make_layer(self, name: str, override: bool = False) -> str:
        scene = self._scene
        if name in scene.state.nodes:
            raise RuntimeError(f"{name} is there already")
        if not scene.state.layers:
            scene.node("BaseAnimation", Node("animLayer"))
            scene.edit(layers=(Layer("BaseAnimation"),))
        scene.node(name, Node("animLayer", parent=""))
        scene.edit(layers=(*scene.state.layers, Layer(name, override)))
        return name

    def _edit_layer(
        self, name: str, attribute: Sequence[str] = (), mute: bool | None = None, moveLayerAfter: str = ""
    ) -> None:
        scene = self._scene
        layer = scene.layer(name)
        members = dict(layer.plugs)
        for plug in [attribute] if isinstance(attribute, str) else attribute:
            node, short = self._node(plug)
            if short in node.locked or plug in scene.state.incoming:
                raise RuntimeError(f"{plug} is locked or connected and cannot be layered")
            members[plug] = None
        scene.put_layer(replace(layer, plugs=members, mute=layer.mute if mute is None else mute))
        if moveLayerAfter:
            rest = [one for one in scene.state.layers if one.name != name]
            rest.insert([one.name for one in rest].index(moveLayerAfter) + 1, scene.layer(name))
            scene.edit(layers=tuple(rest))

    def do_setKeyframe(
        self,
        plug: str,
        time: float,
        value: float,
        animLayer: str = "",
        inTangentType: str = "",
        outTangentType: str = "",
    ) -> None:
        """A key by hand: on the base, on a layer, or on a layer's weight."""
        scene = self._scene
        instant = float(time / self._scene.rate)
        for given, known in ((inTangentType, IN_TANGENTS), (outTangentType, OUT_TANGENTS)):
            if given and given not in known:
                raise RuntimeError(f"Invalid tangent type: {given}")
        if plug.endswith(".weight"):
            assert outTangentType == "step"
            layer = scene.layer(plug.partition(".")[0])
            keys = tuple(sorted((*layer.weight, Key(instant, value))))
            scene.recorded("setKeyframe", lambda: scene.put_layer(replace(layer, weight=keys)))
            return
        node, short = self._node(plug)
        if short in node.locked:
            raise RuntimeError(f"{plug} is locked")

        def work() -> None:
            layer = scene.layer(animLayer) if animLayer else None
            name = (layer.curves if layer else scene.state.base).get(plug) or scene.new_curve()
            keys = {key.time_s: key for key in scene.state.curves.get(name, ())} | {instant: Key(instant, value)}
            scene.set_curve(name, tuple(keys[at] for at in sorted(keys)))
            if layer:
                scene.put_layer(replace(layer, curves={**layer.curves, plug: name}))
            else:
                scene.edit(base={**scene.state.base, plug: name})

        scene.recorded("setKeyframe", work)

    def do_delete(self, name: str) -> None:
        """Takes a layer away, with its curves."""
        scene = self._scene
        layer = scene.layer(name)

        def work() -> None:
            for curve in layer.curves.values():
                scene.set_curve(curve, None)
            scene.edit(layers=tuple(one for one in scene.state.layers if one.name != name))
            scene.node(name, None)

        scene.recorded("delete", work)

    def do_keyframe(
        self, *names: str, query: bool, name: bool = False, timeChange: bool = False, valueChange: bool = False
    ) -> Any:
        """Curves of plugs, or times of curves in frames, or their values in the scene's unit."""
        scene = self._scene
        if names and names[0].endswith(".weight"):
            return [key.time_s * float(scene.rate) for key in scene.layer(names[0].partition(".")[0]).weight] or None
        if name:
            return [scene.state.base[plug] for plug in names if plug in scene.state.base] or None
        keys = [key for one in names for key in scene.state.curves[one]]
        if valueChange:
            return [key.value / scene.cm_per_unit for key in keys] or None
        return [key.time_s * float(scene.rate) for key in keys] or None

    def do_sound(self, file: str, offset: float, name: str) -> str:
        """A sound node."""
        node = Node("audio", {"filename": file, "offset": offset})
        self._scene.recorded("sound", lambda: self._scene.node(name, node))
        return name

    def do_timeControl(self, _slider: str, edit: bool, sound: str, displaySound: bool) -> None:
        """Which sound is heard; no undo brings it back."""
        assert sound in self._scene.state.nodes
        self._scene.heard_sound = sound

    def do_currentUnit(self, query: bool = False, time: object = False) -> str:
        """The time unit; nobody may change it."""
        assert query, "the scene's rate must not be touched"
        return self._scene.unit

    def do_currentTime(self, query: bool) -> float:
        """The current frame."""
        return self._scene.time

    def do_file(self, query: bool, sceneName: bool) -> str:
        """The scene's path."""
        return self._scene.path

    def do_about(self, batch: bool = False, version: bool = False, cutIdentifier: bool = False) -> Any:
        """Whether there is no window, and which Maya it is."""
        return self._scene.batch if batch else ("2026" if version else "202503280845-5e4ac9a3a4")

    def do_keyTangent(
        self,
        *curves: str,
        query: bool,
        inTangentType: bool = False,
        outTangentType: bool = False,
        weightedTangents: bool = False,
    ) -> list[Any]:
        """What kind each key's tangents are, or whether curves have weights; those made here are fixed without."""
        if weightedTangents:
            return [False] * len(curves)
        return ["fixed" for one in curves for _ in self._scene.state.curves[one]]

    def do_undoInfo(
        self,
        query: bool = False,
        openChunk: bool = False,
        closeChunk: bool = False,
        chunkName: str = "",
        undoName: bool = False,
        state: bool = False,
        infinity: bool = False,
    ) -> Any:
        """Chunks, and the state of the queue."""
        scene = self._scene
        if query:
            return scene.undo_on if state else (scene.done[-1][0] if scene.done else "")
        if infinity:
            scene.undo_on = state
        if openChunk:
            assert scene.chunk is None, "a chunk is open already"
            scene.chunk = (chunkName, [])
        if closeChunk:
            scene.close_chunk()
        return None

    def do_scriptJob(self, event: Sequence[object]) -> int:
        """Something to be done when Maya quits."""
        assert event[0] == "quitApplication" and callable(event[1])
        return 1

    def do_createNode(self, type: str, name: str) -> str:
        """A new transform."""
        node = Node(type, {"translateX": 0.0, "translateY": 0.0, "translateZ": 0.0})
        self._scene.recorded("createNode", lambda: self._scene.node(name, node))
        return name

    def do_redo(self) -> None:
        """Does the last step taken back again."""
        self._scene.redo()

    def do_undo(self) -> None:
        """Takes back the last step."""
        self._scene.undo()

    def do_pluginInfo(self, name: str, query: bool, loaded: bool) -> bool:
        """Whether a plug-in is loaded."""
        return bool(self._scene.plugins)

    def do_progressBar(
        self, bar: str, edit: bool = False, query: bool = False, progress: int = 0, isCancelled: bool = False, **_: Any
    ) -> bool:
        """Moves the bar, or says whether the person pressed Esc."""
        assert bar == "mainProgressBar"
        self._scene.shown = progress if edit else self._scene.shown
        return self._scene.shown >= self._scene.stop_at

    def do_confirmDialog(self, button: Sequence[str], **_: Any) -> str:
        """What the person presses."""
        assert self._scene.answer in button or self._scene.answer == "Cancel"
        return self._scene.answer


def _pattern(text: str) -> re.Pattern[str]:
    """How Maya matches names: `*` stays within a namespace, `*:` with `recursive` stands for any number of them."""
    if text.startswith("*:"):
        return re.compile("(?:[^:]+:)*" + re.escape(text[2:]))
    return re.compile(re.escape(text).replace(r"\*", "[^:]*"))
