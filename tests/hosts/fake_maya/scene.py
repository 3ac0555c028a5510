"""What a Maya scene holds, and its undo queue. States are replaced, never changed, so that undo can bring them back."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

RATES = {
    "film": Fraction(24),
    "ntsc": Fraction(30),
    "pal": Fraction(25),
    "ntscf": Fraction(60),
    "23.976fps": Fraction(24000, 1001),
    "29.97fps": Fraction(30000, 1001),
}


class Key(NamedTuple):
    """A key; slopes per second."""

    time_s: float
    value: float
    slope_in: float = 0.0
    slope_out: float = 0.0


@dataclass(frozen=True)
class Node:
    """A node with its attributes."""

    type: str
    attributes: dict[str, Any] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    parent: str = "|board"


@dataclass(frozen=True)
class Layer:
    """An animation layer: its members and their curves."""

    name: str
    override: bool = False
    mute: bool = False
    plugs: dict[str, None] = field(default_factory=dict)  # a set that keeps its order
    curves: dict[str, str] = field(default_factory=dict)
    weight: tuple[Key, ...] = ()  # keys of its weight, which is 1 without any

    def weighs(self, time_s: float) -> float:
        """Its weight at an instant; steps."""
        before = [key.value for key in self.weight if key.time_s <= time_s + 1e-9]
        return before[-1] if before else (self.weight[0].value if self.weight else 1.0)


@dataclass(frozen=True)
class State:
    """Everything that undo brings back."""

    nodes: dict[str, Node] = field(default_factory=dict)
    curves: dict[str, tuple[Key, ...]] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)  # plug to the curve of BaseAnimation
    incoming: dict[str, str] = field(default_factory=dict)  # plug to a node that drives it
    layers: tuple[Layer, ...] = ()


class MayaScene:
    """The scene, its undo queue and what the person does."""

    def __init__(self) -> None:
        """An empty scene."""
        self.state = State()
        self.done: list[tuple[str, list[Any]]] = []
        self.undone: list[tuple[str, list[Any]]] = []
        self.chunk: tuple[str, list[Any]] | None = None
        self.cm_per_unit = 1.0
        self.unit = "film"
        self.time = 0.0
        self.path = ""
        self.undo_on = True
        self.batch = True
        self.selection: list[str] = []
        self.twice: set[str] = set()
        self.referenced: set[str] = set()  # nodes of another file: keys and layers reach them, nothing else does
        self.answer = "Cancel"
        self.stop_at = 1000
        self.shown = 0
        self.plugins: dict[str, Any] = {}
        self.heard_sound = ""
        self.calls: dict[str, int] = {}
        self.connects_at_once = True
        self.heeds_types = True
        self.commands: Any = None
        self.fail_after = -1  # raises RuntimeError at that command, as when Maya runs out of memory
        self._ids = itertools.count(1)

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return RATES[self.unit]

    def edit(self, **changed: Any) -> None:
        """Replaces parts of the state."""
        self.state = replace(self.state, **changed)

    def node(self, name: str, node: Node | None) -> None:
        """Puts a node in, or takes one out."""
        nodes = {**self.state.nodes}
        nodes.pop(name, None)
        self.edit(nodes={**nodes, name: node} if node else nodes)

    def new_curve(self) -> str:
        """The name of a curve that is not there yet."""
        return f"animCurveTL{next(self._ids)}"

    def set_curve(self, name: str, keys: tuple[Key, ...] | None) -> None:
        """Gives a curve its keys, or takes it away."""
        curves = {**self.state.curves}
        curves.pop(name, None)
        self.edit(curves=curves if keys is None else {**curves, name: keys})

    def layer(self, name: str) -> Layer:
        """A layer by name; RuntimeError where there is none, as Maya says."""
        for one in self.state.layers:
            if one.name == name:
                return one
        raise RuntimeError(f"No object matches name: {name}")

    def put_layer(self, layer: Layer) -> None:
        """Replaces the layer of that name."""
        self.edit(layers=tuple(layer if one.name == layer.name else one for one in self.state.layers))

    def value(self, plug: str, time_s: float) -> float:
        """What plays: the base, then every audible layer from the bottom up."""
        node, _, attribute = plug.partition(".")
        base = self.state.base.get(plug)
        value = evaluate(self.state.curves[base], time_s) if base else self.state.nodes[node].attributes[attribute]
        for layer in self.state.layers:
            curve = layer.curves.get(plug)
            if curve is None or layer.mute:
                continue
            found = evaluate(self.state.curves[curve], time_s)
            weight = layer.weighs(time_s)
            value = (1.0 - weight) * value + weight * found if layer.override else value + weight * found
        return float(value)

    def push(self, name: str, entry: Any) -> None:
        """Puts an edit on the undo queue, into the open chunk if there is one."""
        if not self.undo_on:
            return
        if self.chunk is not None:
            self.chunk[1].append(entry)
        else:
            self.done.append((name, [entry]))
        self.undone.clear()

    def recorded(self, name: str, work: Callable[[], Any]) -> Any:
        """Runs an undoable command; one that fails leaves nothing."""
        before = self.state
        try:
            result = work()
        except BaseException:
            self.state = before
            raise
        if self.state is not before:
            self.push(name, (before, self.state))
        return result

    def close_chunk(self) -> None:
        """Ends the chunk; an empty one is not kept."""
        assert self.chunk is not None, "no chunk is open"
        if self.chunk[1]:
            self.done.append(self.chunk)
        self.chunk = None

    def undo(self) -> None:
        """Takes back the last step."""
        if not self.done:
            raise RuntimeError("There are no more commands to undo.")
        step = self.done.pop()
        for entry in reversed(step[1]):
            if isinstance(entry, tuple):
                assert self.state == entry[1], "something was done behind the undo queue's back; Maya would now crash"
                self.state = entry[0]
            else:
                entry.undoIt()
        self.undone.append(step)

    def redo(self) -> None:
        """Does the step taken back again."""
        if not self.undone:
            raise RuntimeError("There are no more commands to redo.")
        step = self.undone.pop()
        for entry in step[1]:
            if isinstance(entry, tuple):
                assert self.state == entry[0], "something was done behind the undo queue's back; Maya would now crash"
                self.state = entry[1]
            else:
                entry.redoIt()
        self.done.append(step)


def evaluate(keys: tuple[Key, ...], time_s: float) -> float:
    """A non-weighted Maya curve: the cubic of values and slopes, constant outside."""
    times = [key.time_s for key in keys]
    right = bisect_right(times, time_s)
    if right in (0, len(keys)):
        return keys[min(right, len(keys) - 1)].value
    a = keys[right - 1]
    b = keys[right]
    width = b.time_s - a.time_s
    s = (time_s - a.time_s) / width
    h00 = 2 * s**3 - 3 * s**2 + 1
    h10 = s**3 - 2 * s**2 + s
    h01 = -2 * s**3 + 3 * s**2
    h11 = s**3 - s**2
    return h00 * a.value + h10 * width * a.slope_out + h01 * b.value + h11 * width * b.slope_in
