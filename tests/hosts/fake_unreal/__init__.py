"""A stateful Unreal editor for tests: one level sequence with face boards, assets and transactions.

It refuses what the editor would refuse, and every name that the published stub does not know.
"""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest
import stubs

from fake_unreal import assets, channels, editor, level, sequencer, values
from fake_unreal.world import World

__all__ = ["CLASSES", "World", "install"]

CLASSES: dict[str, Any] = {
    name: value
    for module in (assets, channels, editor, level, sequencer, values)
    for name, value in vars(module).items()
    if isinstance(value, type) and value.__module__ == module.__name__ and not name.startswith("_")
}


class _Module(types.ModuleType):
    """`import unreal`: what the stub knows and a plugin needs."""

    def __init__(self, world: World) -> None:
        super().__init__("unreal")
        self._world = world

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in CLASSES:
            stubs.unreal_source(name)
            return CLASSES[name]
        if not stubs.has_unreal_function(name):
            raise stubs.UnknownToStubsError(f"unreal has no function {name}")
        return getattr(self._world, f"do_{name}")


def install(patch: pytest.MonkeyPatch) -> World:
    """Puts the fake where `import unreal` finds it; gives its world."""
    world = World()
    for one in CLASSES.values():
        one.world = world
    patch.setitem(sys.modules, "unreal", _Module(world))
    return world
