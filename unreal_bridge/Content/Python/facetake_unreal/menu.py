"""Facetake's entry in Unreal's Tools menu."""

from __future__ import annotations

import unreal

from facetake_unreal import panel

MENU = "LevelEditor.MainMenu.Tools"
COMMAND = "from facetake_unreal import panel; panel.open_tab()"


def add() -> None:
    """Puts the entry into the menu; without a window there is none."""
    if unreal.SystemLibrary.is_unattended():
        return
    entry = unreal.ToolMenuEntry(name="FacetakePanel", type=unreal.MultiBlockType.MENU_ENTRY)
    entry.set_label("Facetake")
    entry.set_tool_tip("Recorded lines to keys on a MetaHuman's face: the panel")
    entry.set_string_command(unreal.ToolMenuStringCommandType.PYTHON, "", COMMAND)
    unreal.ToolMenus.get().extend_menu(MENU).add_menu_entry("Facetake", entry)
    unreal.ToolMenus.get().refresh_all_widgets()
    unreal.register_python_shutdown_callback(panel.ENGINE.close)
