"""The program that opens the window without a console."""

from __future__ import annotations

import sys

import pytest

import facetake.cli
from facetake import ui
from facetake.cli import app
from facetake.errors import ConfigError


def test_with_a_console_it_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What went wrong is told on standard error, with the command's exit code."""
    monkeypatch.setattr(sys, "argv", ["facetake-app", "no*.wav"])
    assert app.open_window() == 2
    assert "no file matches no*.wav" in capsys.readouterr().err


@pytest.mark.parametrize(("problem", "shown"), [("no screen", ["facetake: error: no screen"]), ("", [])])
def test_without_a_console_a_box_tells(problem: str, shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Windows gives no standard error the sentence comes in a box, and only where something is wrong."""

    def run(_paths: object) -> int:
        if problem:
            raise ConfigError(problem)
        return 0

    boxes = list[str]()
    monkeypatch.setattr(ui, "run", run)
    monkeypatch.setattr(app, "_show", boxes.append)
    monkeypatch.setattr(sys, "argv", ["facetake-app"])
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, None)
    code = app.open_window()
    is_quiet = sys.stderr is None
    monkeypatch.undo()
    assert (code, boxes, is_quiet) == (2 if problem else 0, shown, True)
    assert app in facetake.cli.COMMANDS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only on Linux may there be no screen")
def test_without_a_screen_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a window has nothing to be shown on, the process ends with 2 and not with Qt's abort."""
    for package in ("PySide6", "numba", "av"):
        pytest.importorskip(package, reason="the window needs the ui and preview extras")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert facetake.cli.main(["app"]) == 2
    assert "there is no screen here" in capsys.readouterr().err
