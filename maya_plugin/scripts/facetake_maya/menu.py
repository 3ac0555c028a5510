"""Facetake's menu, shelf button and dockable panel in Maya."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from maya import cmds, mel

from facetake_host.engine import EngineClient
from facetake_maya.host import MayaHost

if TYPE_CHECKING:
    from facetake_host.panel import Panel

MENU = "FacetakeMenu"
SHELF_BUTTON = "FacetakeShelfButton"
CONTROL = "FacetakePanel"
OPEN: Any = "from facetake_maya import menu; menu.show_panel()"
RESTORE: Any = "from facetake_maya import menu; menu.restore()"
"""What a shelf and a dock run, as text because they keep it; the stubs know functions only."""
ENGINE = EngineClient()
_open: list[Panel] = []  # keeps the panel alive while Maya shows it


def add() -> None:
    """The menu and the shelf button; a second call changes nothing."""
    if cmds.about(batch=True):
        return
    if not cmds.menu(MENU, exists=True):
        cmds.scriptJob(event=("quitApplication", ENGINE.close))
        cmds.menu(MENU, label="Facetake", parent=mel.eval("$facetake_tmp=$gMainWindow"))
        cmds.menuItem(label="Generate from audio or restyle...", parent=MENU, command=lambda *_: show_panel())
        cmds.menuItem(label="Stop the engine", parent=MENU, command=lambda *_: ENGINE.close())
    shelf: Any = cmds.tabLayout(mel.eval("$facetake_tmp=$gShelfTopLevel"), query=True, selectTab=True)
    if shelf and not cmds.shelfButton(SHELF_BUTTON, exists=True):
        cmds.shelfButton(
            SHELF_BUTTON,
            parent=shelf,
            label="Facetake",
            annotation="Generate from audio",
            image1="facetake.png",
            command=OPEN,
            sourceType="python",
        )


def remove() -> None:
    """Takes menu, button and panel away and ends the engine."""
    for exists, name in ((cmds.menu, MENU), (cmds.shelfButton, SHELF_BUTTON), (cmds.workspaceControl, CONTROL)):
        if exists(name, exists=True):
            cmds.deleteUI(name)
    ENGINE.close()


def show_panel() -> None:
    """Opens the dockable panel, or brings it to the front; Maya calls `restore` to fill it, now and at each start."""
    if cmds.workspaceControl(CONTROL, exists=True):
        cmds.workspaceControl(CONTROL, edit=True, restore=True)
    else:
        cmds.workspaceControl(CONTROL, label="Facetake", uiScript=RESTORE, retain=False)


def restore() -> None:
    """Puts a new panel into the dock that Maya has just made."""
    from maya.OpenMayaUI import MQtUtil
    from PySide6.QtWidgets import QWidget
    from shiboken6 import getCppPointer, wrapInstance

    from facetake_host.panel import Panel

    parent = cast(QWidget, wrapInstance(int(MQtUtil.getCurrentParent()), QWidget))
    panel = Panel(MayaHost(), ENGINE, parent)
    MQtUtil.addWidgetToMayaLayout(int(getCppPointer(panel)[0]), int(MQtUtil.getCurrentParent()))
    _open[:] = [panel]
