"""The window's own scene: one preview head, its takes as layers, and undo. A Host like Maya and Unreal."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import rig
from facetake.keys import Curve
from facetake.take import Take
from facetake_host.curves import HEAD, Delivery, KeyCurve
from facetake_host.host import Bar, Character
from facetake_host.recording import AnimationLayer, RecordingHost

FACE = Character("Preview head", "mh3")


class StageHost(RecordingHost):
    """The scene behind the window."""

    def __init__(self, rate: Fraction = Fraction(60)) -> None:
        """Empty, with one face."""
        super().__init__(faces=[FACE], frame_rate=rate)
        self._sounds: dict[str, Path] = {}

    @property
    def top(self) -> AnimationLayer | None:
        """The topmost audible layer; None where nothing was made yet."""
        heard = [one for one in self.scene.layers if not one.is_muted]
        return heard[-1] if heard else None

    @property
    def sound(self) -> Path | None:
        """The recording of that layer."""
        return self._sounds.get(self.top.name) if self.top else None

    def write(self, character: Character, name: str, delivery: Delivery, start_frame: int, bar: Bar) -> str:
        """Adds a layer; until a sound is placed with it, it has that of the take it was made from."""
        before = self.sound
        label = super().write(character, name, delivery, start_frame, bar)
        if before is not None:
            self._sounds[label] = before
        return label

    def place_audio(self, path: Path, start_frame: int) -> None:
        """The recording of the layer just written."""
        super().place_audio(path, start_frame)
        self._sounds[self.scene.layers[-1].name] = path

    @property
    def take(self) -> Take | None:
        """What the topmost audible layer plays; None where nothing was made yet."""
        return take_of(self.top, self.frame_rate) if self.top else None


def take_of(layer: AnimationLayer, rate: Fraction) -> Take:
    """The take that a layer's keys stand for."""
    frames = np.arange(1 + max(one.frames[-1] for one in layer.keys.values()))
    values = np.tile(rig.NEUTRAL, (len(frames), 1))
    for name, keys in layer.keys.items():
        column = rig.find(name)
        if column is not None:
            values[:, column] = _curve(keys).at(frames)
    turned = [_curve(layer.keys[name]).at(frames) for name in HEAD if name in layer.keys]
    head = np.stack(turned, axis=1).astype(np.float32) if len(turned) == len(HEAD) else None
    return Take(rig.clamp(values), rate, Fraction(layer.start_frame) / rate, head, {"made_by": "facetake app"})


def _curve(keys: KeyCurve) -> Curve:
    columns = [np.asarray(row, np.float32) for row in (keys.values, keys.slopes_in, keys.slopes_out)]
    return Curve(np.asarray(keys.frames, np.int32), *columns)
