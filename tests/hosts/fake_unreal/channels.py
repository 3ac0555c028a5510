"""Channels of a section and their keys. Signatures are those of the stub."""

from __future__ import annotations

import builtins
import struct
from bisect import bisect_right
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from fake_unreal.values import (
    FrameNumber,
    FrameRate,
    FrameTime,
    MovieSceneKeyInterpolation,
    MovieSceneTimeUnit,
    SequencerScriptingRange,
)
from fake_unreal.world import World

if TYPE_CHECKING:
    from fake_unreal.sequencer import MovieSceneControlRigParameterSection


class MovieSceneScriptingFloatKey:
    """A key; tangents are changes per tick."""

    world: ClassVar[World]

    def __init__(
        self, tick: int, value: float, shape: MovieSceneKeyInterpolation, rate: FrameRate, ticks: FrameRate
    ) -> None:
        self.tick = tick
        self.value = _single(value)
        self.shape = shape
        self.arrive = 0.0
        self.leave = 0.0
        self._per_frame = Fraction(ticks.numerator, ticks.denominator) / Fraction(rate.numerator, rate.denominator)

    def get_time(self, time_unit: MovieSceneTimeUnit = MovieSceneTimeUnit.DISPLAY_RATE) -> FrameTime:
        """When it is."""
        ticks = time_unit is MovieSceneTimeUnit.TICK_RESOLUTION
        return FrameTime(FrameNumber(self.tick if ticks else round(self.tick / self._per_frame)))

    def get_value(self) -> float:
        """What it holds."""
        return self.value

    def set_arrive_tangent(self, new_value: float) -> None:
        """The slope before it; without a break the one after it, too."""
        self.world.called()
        self.arrive = _single(new_value)
        if self.shape is MovieSceneKeyInterpolation.USER:
            self.leave = self.arrive

    def set_leave_tangent(self, new_value: float) -> None:
        """The slope after it; without a break the one before it, too."""
        self.world.called()
        self.leave = _single(new_value)
        if self.shape is MovieSceneKeyInterpolation.USER:
            self.arrive = self.leave


class MovieSceneScriptingFloatChannel:
    """A channel of a section."""

    world: ClassVar[World]

    def __init__(self, section: MovieSceneControlRigParameterSection, name: str) -> None:
        self._section = section
        self.channel_name = name

    @property
    def _keys(self) -> list[MovieSceneScriptingFloatKey]:
        return sorted((key for name, key in self._section.keys if name == self.channel_name), key=lambda key: key.tick)

    def get_num_keys(self) -> int:
        """How many keys there are."""
        return len(self._keys)

    def get_keys(self) -> list[MovieSceneScriptingFloatKey]:
        """Every key."""
        return self._keys

    def has_default(self) -> bool:
        """Whether it holds a value without keys, as every channel of a new section does."""
        return self.channel_name in self._section.defaults

    def get_default(self) -> float:
        """That value; 0 where there is none."""
        return self._section.defaults.get(self.channel_name, 0.0)

    def remove_default(self) -> None:
        """Takes it away."""
        assert self._section.is_recorded(), "the section was not modified in this transaction: undo would miss it"
        self._section.defaults = {k: v for k, v in self._section.defaults.items() if k != self.channel_name}

    def add_key(
        self,
        time: FrameNumber,
        new_value: float,
        sub_frame: float = 0.0,
        time_unit: MovieSceneTimeUnit = MovieSceneTimeUnit.DISPLAY_RATE,
        interpolation: MovieSceneKeyInterpolation = MovieSceneKeyInterpolation.AUTO,
    ) -> MovieSceneScriptingFloatKey:
        """One more key; the editor does not replace one that is there, and loses fractions of frames."""
        self.world.called()
        assert time_unit is MovieSceneTimeUnit.TICK_RESOLUTION, "older engines lose the sub-frame: give ticks"
        assert self._section.is_recorded(), "the section was not modified in this transaction: undo would miss it"
        assert all(key.tick != time.value for key in self._keys), "two keys at one time"
        sequence = self._section.sequence
        key = MovieSceneScriptingFloatKey(
            time.value, new_value, interpolation, sequence.get_display_rate(), sequence.get_tick_resolution()
        )
        self._section.keys.append((self.channel_name, key))
        return key

    def evaluate_keys(self, range: SequencerScriptingRange, frame_rate: FrameRate) -> list[float]:
        """Values over a range of the sequence's frames, its end left out, so many a second."""
        sequence = self._section.sequence
        ticks = Fraction(sequence.resolution) / sequence.rate
        step = Fraction(sequence.resolution) * frame_rate.denominator / frame_rate.numerator
        count = int((range.exclusive_end - range.inclusive_start) * ticks / step)
        keys = self._keys
        first = range.inclusive_start * ticks
        if not keys:
            return [self.get_default()] * count
        return [evaluate(keys, float(first + number * step)) for number in builtins.range(count)]


class MovieSceneScriptingBoolChannel:
    """A switch."""

    world: ClassVar[World]

    def __init__(self, section: MovieSceneControlRigParameterSection, name: str) -> None:
        self.channel_name = name


class MovieSceneScriptingIntegerChannel(MovieSceneScriptingBoolChannel):
    """A switch with a number."""


def _single(value: float) -> float:
    """The value as the engine keeps it, in four bytes."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def evaluate(keys: list[MovieSceneScriptingFloatKey], tick: float) -> float:
    """A channel's value: a Bezier of values and tangents, held outside the keys."""
    right = bisect_right([key.tick for key in keys], tick)
    if right in (0, len(keys)):
        return keys[min(right, len(keys) - 1)].value
    a = keys[right - 1]
    b = keys[right]
    width = b.tick - a.tick
    s = (tick - a.tick) / (b.tick - a.tick)
    p1 = a.value + a.leave * width / 3
    p2 = b.value - b.arrive * width / 3
    return (1 - s) ** 3 * a.value + 3 * s * (1 - s) ** 2 * p1 + 3 * s * s * (1 - s) * p2 + s**3 * b.value
