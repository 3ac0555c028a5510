"""Microphones and playback, on a library that stands for PortAudio's."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from facetake.errors import LiveError
from facetake.live import Microphone, Playback
from facetake.live import microphone as microphones


def test_a_microphone_gives_what_it_hears(devices: SimpleNamespace) -> None:
    """Blocks come in order, all that has come at once, and the stream closes with it."""
    with Microphone() as microphone:
        (stream,) = devices.opened
        assert stream.settings["samplerate"] == 16000 and stream.settings["device"] == 1
        for number in range(3):
            stream.settings["callback"](np.full((320, 1), number, np.float32), 320, None, None)
        assert np.array_equal(next(iter(microphone)), np.repeat(np.array([0, 1, 2], np.float32), 320))
        assert microphone.clock.has_begun and stream.is_open
    assert not stream.is_open


def test_a_microphone_of_another_rate_is_resampled(devices: SimpleNamespace) -> None:
    """One that gives 44.1 kHz alone is heard at 16 kHz."""
    with Microphone("headset") as microphone:
        (stream,) = devices.opened
        assert stream.settings["samplerate"] == 44100
        for _ in range(50):
            stream.settings["callback"](np.full((882, 1), 0.5, np.float32), 882, None, None)
        heard = next(iter(microphone))
    assert 15_500 <= len(heard) <= 16_000
    assert np.abs(heard[4000:12_000] - 0.5).max() < 0.01


def test_a_microphone_that_is_not_there_is_told(devices: SimpleNamespace) -> None:
    """Its name is repeated with those that there are; without any, that is said."""
    with pytest.raises(LiveError, match="no microphone is called 'studio'; there are: Built-in, USB Headset"):
        Microphone("studio")
    devices.known[:] = devices.known[:1]
    with pytest.raises(LiveError, match="there is no microphone here"):
        Microphone()


def test_a_device_that_cannot_be_opened_is_told(devices: SimpleNamespace) -> None:
    """What the library says stands in one sentence, for a microphone and for sound."""

    def fail(**_settings: object) -> None:
        raise RuntimeError("Device unavailable")

    devices.module.InputStream = devices.module.OutputStream = fail
    with pytest.raises(LiveError, match="cannot be opened .Device unavailable."):
        Microphone()
    with pytest.raises(LiveError, match="no sound can be played here .Device unavailable."):
        Playback(np.zeros((10, 1), np.float32))


def test_a_device_that_does_not_start_is_let_go(devices: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that was opened and fails to start is closed, for whoever opens the device next."""

    def fail(self: SimpleNamespace) -> None:
        self.is_open = True
        raise RuntimeError("Device busy")

    monkeypatch.setattr(type(devices.module.OutputStream()), "start", fail)
    devices.opened.clear()
    with pytest.raises(LiveError, match="Device busy"):
        Microphone()
    with pytest.raises(LiveError, match="Device busy"):
        Playback(np.zeros((10, 1), np.float32))
    assert [stream.is_open for stream in devices.opened] == [False, False]


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is said."""
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(LiveError, match=r'pip install "facetake\[live\]"'):
        Microphone()


def test_a_microphone_that_falls_silent_is_told(devices: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that gives nothing any more does not hang."""
    monkeypatch.setattr(microphones, "SILENT_S", 0.02)
    monkeypatch.setattr(microphones, "LOOK_S", 0.01)
    with Microphone() as microphone, pytest.raises(LiveError, match="has given nothing"):
        list(microphone)


def test_playback_gives_samples_once_and_tells_when_they_are_heard(devices: SimpleNamespace) -> None:
    """Silence before the beginning, every sample in order, silence after the end, and a clock that knows the delay."""
    samples = np.arange(1, 101, dtype=np.float32)[:, None]
    begun_s = devices.now_s()
    with Playback(samples, rate_hz=1000, from_s=-0.03) as playback:
        (stream,) = devices.opened
        times = SimpleNamespace(currentTime=5.0, outputBufferDacTime=5.5)
        given = []
        for _ in range(4):
            out = np.full((40, 1), np.nan, np.float32)
            stream.settings["callback"](out, 40, times, None)
            given.append(out[:, 0])
        playback.wait()
        heard_s = playback.clock.due_s(0.0)
    expected = np.concatenate([np.zeros(30), np.arange(1, 101), np.zeros(30)])
    assert np.array_equal(np.concatenate(given), expected)
    assert heard_s > begun_s + 0.5 and not stream.is_open, "the card plays what it is given half a second later"


def test_a_sound_card_that_never_begins_is_told(devices: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for it ends."""
    monkeypatch.setattr("facetake.live.sound.WAKING_S", 0.01)
    with Playback(np.zeros((10, 1), np.float32)) as playback, pytest.raises(LiveError, match="does not begin"):
        playback.wait()
