"""Sound devices that are none, and takes to send."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from fractions import Fraction
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from facetake import rig
from facetake.take import Take


@pytest.fixture
def acted() -> Callable[..., Take]:
    """Makes takes in which every control that ARKit knows moves, and the head."""

    def make(count: int, rate: Fraction = Fraction(60), start: Fraction = Fraction(0)) -> Take:
        dice = np.random.default_rng(3)
        values = rig.from_arkit(dice.uniform(0.0, 1.0, (count, len(rig.ARKIT_NAMES))))
        return Take(values, rate, start, dice.uniform(-30.0, 30.0, (count, 3)).astype(np.float32))

    return make


class FakeStream:
    """A stream of PortAudio's that does nothing until a test calls its callback."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.is_open = False

    def start(self) -> None:
        """Begins."""
        self.is_open = True

    def close(self) -> None:
        """Ends."""
        self.is_open = False


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A library of sound devices with two microphones, of which the second gives 44.1 kHz alone, and what it opened."""
    known = [
        {"name": "Speakers", "index": 0, "max_input_channels": 0, "default_samplerate": 48000.0},
        {"name": "Built-in", "index": 1, "max_input_channels": 2, "default_samplerate": 48000.0},
        {"name": "USB Headset", "index": 2, "max_input_channels": 1, "default_samplerate": 44100.0},
    ]
    opened: list[FakeStream] = []

    def query(name: str | None = None, kind: str | None = None) -> Any:
        if kind is None:
            return known
        wanted = (name or "built-in").lower()
        return next(one for one in known if wanted in str(one["name"]).lower())

    def check(device: int, channels: int, samplerate: int) -> None:
        if device == 2 and samplerate != 44100:
            raise ValueError("Invalid sample rate")

    def open_stream(**settings: Any) -> FakeStream:
        opened.append(FakeStream(**settings))
        return opened[-1]

    module: Any = ModuleType("sounddevice")
    module.query_devices, module.check_input_settings = query, check
    module.InputStream = module.OutputStream = open_stream
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return SimpleNamespace(known=known, opened=opened, module=module, now_s=time.perf_counter)
