"""The bar on a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from facetake.cli.terminal import Reporter


class Terminal(io.StringIO):
    """A screen that keeps what is written to it."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Makes standard error a terminal."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def test_the_bar_is_there_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that is begun is at 0 % before anything is known of it; the bar goes before other text is written."""
    screen = terminal(monkeypatch)
    report = Reporter("auto")
    report.start("a.wav", 0, 2)
    assert screen.getvalue().endswith("]   0 % 1/2 a.wav")
    report.progress("a.wav", 0.5)
    assert screen.getvalue().endswith("#...............]  50 % 1/2 a.wav")
    report.warning("a.wav", "loud")
    assert screen.getvalue().split("\r")[-1] == "facetake: warning: loud\n"


def test_a_quiet_terminal_has_no_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Quiet, only errors and failures are written."""
    screen = terminal(monkeypatch)
    report = Reporter("auto", quiet=True)
    report.start("a.wav", 0, 1)
    report.overall(0.5, "half")
    report.warning("a.wav", "loud")
    report.note("a.wav", ["long"], {})
    report.done("a.wav", ["a.csv"])
    assert (screen.getvalue(), capsys.readouterr().out) == ("", "")
    report.failure("b.wav", "no sound", ["b.csv"])
    report.error("nothing is done")
    assert screen.getvalue() == "facetake: error: no sound\nfacetake: error: nothing is done\n"
