"""Every command has a key of its own, and the page tells of every one."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from facetake.ui.commands import COMMANDS, keys_page

PAGE = Path(__file__).parents[3] / "docs" / "window.md"


def test_every_command_has_a_key_and_no_key_two() -> None:
    """So that everything is done without the mouse."""
    keys = Counter(key for one in COMMANDS for key in one.key.split(", "))
    assert all(one.key for one in COMMANDS)
    assert max(keys.values()) == 1
    assert len({one.name for one in COMMANDS}) == len(COMMANDS)


def test_the_page_has_the_table_of_keys() -> None:
    """The table in the page is the one that the program makes."""
    assert keys_page() in PAGE.read_text("utf-8")


@pytest.mark.skipif(find_spec("PySide6") is None, reason="the window needs the ui extra")
def test_every_command_is_done_by_a_part_of_the_window() -> None:
    """None of them leads nowhere, and Qt reads each key."""
    from PySide6.QtGui import QKeySequence

    from facetake.ui.filing import Filing
    from facetake.ui.menus import Menus
    from facetake.ui.script_editor import ScriptEditor
    from facetake.ui.time_view import TimeView
    from facetake.ui.transport import Transport
    from facetake.ui.window import Window

    for one in COMMANDS:
        parts = (Window, Menus, Filing, Transport, TimeView, ScriptEditor)
        assert any(callable(getattr(part, one.name, None)) for part in parts), one.name
        assert all(QKeySequence(key).count() == 1 for key in one.key.split(", ")), one.key
