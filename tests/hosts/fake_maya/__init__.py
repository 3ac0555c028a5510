"""A stateful Maya for tests: a scene with namespaces, layers, locks and an undo queue, behind Maya's own names.

It refuses what Maya would refuse, and every command, flag, class and member that the published stubs do not know.
"""

from __future__ import annotations

import sys
import types

import pytest

from fake_maya.api import ANIM_CLASSES, CLASSES, Api, KeysPlug
from fake_maya.commands import Commands
from fake_maya.scene import MayaScene

__all__ = ["ANIM_CLASSES", "CLASSES", "KeysPlug", "MayaScene", "install"]


def install(patch: pytest.MonkeyPatch) -> MayaScene:
    """Puts the fake where `import maya` finds it; gives the scene."""
    scene = MayaScene()
    maya = types.ModuleType("maya")
    api = types.ModuleType("maya.api")
    commands = Commands(scene)
    modules = {
        "maya": maya,
        "maya.cmds": commands,
        "maya.mel": commands.mel,
        "maya.api": api,
        "maya.api.OpenMaya": Api("OpenMaya", CLASSES, scene),
        "maya.api.OpenMayaAnim": Api("OpenMayaAnim", ANIM_CLASSES, scene),
    }
    for name, module in modules.items():
        patch.setitem(sys.modules, name, module)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(modules[parent], child, module)
    scene.commands = commands
    return scene
