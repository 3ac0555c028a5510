"""Values of Sequencer: units, rates, frames and ranges."""

from __future__ import annotations

from enum import Enum, auto
from typing import ClassVar

from fake_unreal.world import World


class MovieSceneTimeUnit(Enum):
    """Frames of the display rate, or ticks."""

    DISPLAY_RATE = auto()
    TICK_RESOLUTION = auto()


class MovieSceneKeyInterpolation(Enum):
    """How a curve leaves a key."""

    AUTO = auto()
    USER = auto()
    BREAK = auto()
    LINEAR = auto()


class MovieSceneBlendType(Enum):
    """How a section mixes with those below."""

    ABSOLUTE = auto()
    ADDITIVE = auto()
    OVERRIDE = auto()


class OptionalMovieSceneBlendType:
    """How a section mixes, if it says so."""

    def __init__(self, blend_type: MovieSceneBlendType, is_valid: bool = False) -> None:
        self.blend_type = blend_type
        self.is_valid = is_valid


class FrameRate:
    """Frames per second."""

    world: ClassVar[World]

    def __init__(self, numerator: int = 0, denominator: int = 1) -> None:
        assert isinstance(numerator, int) and isinstance(denominator, int)
        self.numerator = numerator
        self.denominator = denominator


class FrameNumber:
    """A whole number of frames or ticks."""

    def __init__(self, value: int = 0) -> None:
        assert isinstance(value, int), f"{value!r} is no whole number of ticks"
        self.value = value


class FrameTime:
    """A frame."""

    def __init__(self, frame_number: FrameNumber, sub_frame: float = 0.0) -> None:
        self.frame_number = frame_number


class MovieSceneSequencePlaybackParams:
    """A place on the timeline."""

    def __init__(self, frame: FrameTime) -> None:
        self.frame = frame


class SequencerScriptingRange:
    """From a frame up to, and without, another."""

    def __init__(
        self,
        has_start_value: bool = False,
        has_end_value: bool = False,
        inclusive_start: int = 0,
        exclusive_end: int = 0,
    ) -> None:
        self.inclusive_start = inclusive_start
        self.exclusive_end = exclusive_end
