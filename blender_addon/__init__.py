"""Facetake inside Blender 4.2 and later: the seam to the scene, the panel, and use without a window.

No numerics: the engine computes in a process of its own, and `facetake_host` tells the stories.
"""

from __future__ import annotations

import bpy

from . import panel

_add, _remove = bpy.utils.register_classes_factory(panel.CLASSES)


@bpy.app.handlers.persistent
def _leave(*_: object) -> None:
    panel.HOST.runner.drop()


def register() -> None:
    """Puts the panel and its operators into Blender."""
    _add()
    bpy.types.Scene.facetake = bpy.props.PointerProperty(type=panel.Settings)
    bpy.app.handlers.load_pre.append(_leave)


def unregister() -> None:
    """Takes it all away and ends the engine."""
    bpy.app.handlers.load_pre.remove(_leave)
    panel.HOST.runner.drop()
    panel.ENGINE.close()
    del bpy.types.Scene.facetake
    _remove()
