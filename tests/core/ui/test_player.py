"""A recording that plays in the window."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf

from facetake import live
from facetake.errors import LiveError
from facetake.ui import player


def test_without_a_device_the_clock_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording plays in silence, and says that it does."""

    def refuse(_samples: object, from_s: float) -> None:
        raise LiveError("no sound can be played here")

    now_s = [0.0]
    monkeypatch.setattr(live, "Playback", refuse)
    monkeypatch.setattr(player, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    sf.write(tmp_path / "a.wav", np.zeros(48_000), 48_000)
    one = player.Player()
    one.open(tmp_path / "a.wav", 1.0)
    one.seek(0.25)
    one.play()
    now_s[0] = 0.5
    assert one.is_silent and one.is_playing and one.time_s == 0.75
    now_s[0] = 2.0
    assert not one.is_playing and one.time_s == 1.0


def test_a_recording_is_played_by_one_device_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Playing again after the end begins anew, and what played before is closed."""
    now_s = [0.0]
    begun: list[float] = []
    is_open: list[bool] = []

    class Playing:
        def __init__(self, _samples: object, from_s: float) -> None:
            begun.append(from_s)
            is_open.append(True)
            self.number = len(is_open) - 1

        def close(self) -> None:
            is_open[self.number] = False

    monkeypatch.setattr(live, "Playback", Playing)
    monkeypatch.setattr(player, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    sf.write(tmp_path / "a.wav", np.zeros(4800), 48_000)
    one = player.Player()
    one.open(tmp_path / "a.wav", 0.1)
    one.play()
    now_s[0] = 1.0
    assert not one.is_playing
    one.play()
    assert one.is_playing and (begun, is_open) == ([0.0, 0.0], [False, True])
    one.stop()
    assert is_open == [False, False]
