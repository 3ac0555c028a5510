"""Sequencer: a level sequence, its tracks, sections, channels and keys. Signatures are those of the stub."""

from __future__ import annotations

import builtins
import struct
from bisect import bisect_right
from fractions import Fraction
from typing import Any, ClassVar

from fake_unreal.values import (
    FrameNumber,
    FrameRate,
    FrameTime,
    MovieSceneBlendType,
    MovieSceneKeyInterpolation,
    MovieSceneTimeUnit,
    SequencerScriptingRange,
)
from fake_unreal.world import World


class _Object:
    """Something that transactions can bring back: `modify` records it, and what is not recorded is not undone."""

    world: ClassVar[World]

    outer: Any = None

    def __init__(self, name: str) -> None:
        self._name = name
        self.world.objects.append(self)

    def modify(self, always_mark_dirty: bool = True) -> bool:
        """Records the state for the open transaction."""
        if self.world.recording is not None:
            self.world.recording.setdefault(id(self), (self, self.state()))
        return True

    def is_recorded(self) -> bool:
        """Whether a change now can be undone."""
        return self.world.recording is None or id(self) in self.world.recording

    def state(self) -> dict[str, Any]:
        """A copy of everything that may change."""
        return {key: list(value) if isinstance(value, list) else value for key, value in vars(self).items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Brings a state back."""
        for key, value in state.items():
            setattr(self, key, list(value) if isinstance(value, list) else value)

    def get_name(self) -> str:
        """The object's name."""
        return self._name

    def rename(self, name: str = "None", outer: object = None) -> bool:
        """Another name; spaces and dots are no part of one."""
        assert name.replace("_", "").isalnum(), f"{name!r} is no name of an object"
        there = self.world.find(self.outer, name)
        assert there in (None, self), f"Fatal: renaming an object to {name} on top of another; the editor ends"
        self._name = name
        return True


class MovieSceneScriptingFloatKey:
    """A key; tangents are changes per tick."""

    world: ClassVar[World]

    def __init__(
        self, tick: int, value: float, shape: MovieSceneKeyInterpolation, rate: FrameRate, ticks: FrameRate
    ) -> None:
        self.tick, self.value, self.shape, self.arrive, self.leave = tick, _single(value), shape, 0.0, 0.0
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
        self._section, self.channel_name = section, name

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
        """Whether it holds a value without keys; a face board's channels do not."""
        return False

    def add_key(
        self, time: FrameNumber, new_value: float, sub_frame: float = 0.0,
        time_unit: MovieSceneTimeUnit = MovieSceneTimeUnit.DISPLAY_RATE,
        interpolation: MovieSceneKeyInterpolation = MovieSceneKeyInterpolation.AUTO,
    ) -> MovieSceneScriptingFloatKey:  # fmt: skip
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
        """Values at each frame of a range, its end left out."""
        resolution = self._section.sequence.get_tick_resolution()
        per_frame = Fraction(resolution.numerator, resolution.denominator) / Fraction(
            frame_rate.numerator, frame_rate.denominator
        )
        frames = list(builtins.range(range.inclusive_start, range.exclusive_end))
        return [evaluate(self._keys, float(frame * per_frame)) for frame in frames]


class MovieSceneSection(_Object):
    """A stretch of a track."""

    def __init__(self, sequence: LevelSequence, name: str) -> None:
        super().__init__(name)
        self.sequence, self.start, self.end = sequence, None, None
        self.row, self.active, self.locked, self.blend = 0, True, False, MovieSceneBlendType.ABSOLUTE
        self.keys: list[tuple[str, MovieSceneScriptingFloatKey]] = []

    def set_range(self, start_frame: int, end_frame: int) -> None:
        """From a frame up to another."""
        assert start_frame < end_frame and isinstance(start_frame, int) and isinstance(end_frame, int)
        self.start, self.end = start_frame, end_frame  # type: ignore[assignment]

    def has_start_frame(self) -> bool:
        """Whether it has a beginning."""
        return self.start is not None

    def has_end_frame(self) -> bool:
        """Whether it has an end."""
        return self.end is not None

    def get_start_frame(self) -> int:
        """Its first frame."""
        assert self.start is not None
        return self.start

    def get_end_frame(self) -> int:
        """The frame after its last."""
        assert self.end is not None
        return self.end

    def set_blend_type(self, blend_type: MovieSceneBlendType) -> None:
        """How it mixes."""
        self.blend = blend_type

    def set_row_index(self, new_row_index: int) -> None:
        """Which row it is on."""
        self.row = new_row_index

    def get_row_index(self) -> int:
        """Which row it is on."""
        return self.row

    def set_is_active(self, is_active: bool) -> None:
        """Switches it on or off; a locked one refuses."""
        self.world.called()
        assert not self.locked and self.is_recorded()
        self.active = is_active

    def is_active(self) -> bool:
        """Whether it plays."""
        return self.active

    def is_locked(self) -> bool:
        """Whether it may be changed."""
        return self.locked

    def get_all_channels(self) -> list[Any]:
        """None of its own."""
        return []


class MovieSceneControlRigParameterSection(MovieSceneSection):
    """A section of a face board; channel names carry a number, as the engine may hang one on them."""

    def __init__(self, sequence: LevelSequence, name: str, channels: tuple[str, ...]) -> None:
        super().__init__(sequence, name)
        self.channels = channels

    def get_all_channels(self) -> list[Any]:
        """A channel for each control, and a switch that is no number."""
        return [*(MovieSceneScriptingFloatChannel(self, f"{one}_3") for one in self.channels), object()]


class MovieSceneAudioSection(MovieSceneSection):
    """A stretch of sound."""

    def set_sound(self, sound: object) -> None:
        """What is heard."""
        self.heard = sound


class MovieSceneTrack(_Object):
    """A track of the sequence."""

    def __init__(self, sequence: LevelSequence, name: str, channels: tuple[str, ...] = ()) -> None:
        super().__init__(name)
        self.sequence, self.channels = sequence, channels
        self.sections: list[Any] = []
        self.label, self.rows = name, dict[int, str]()

    def get_sections(self) -> list[Any]:
        """From the first made to the last."""
        return list(self.sections)

    def add_section(self) -> Any:
        """One more, without bounds."""
        self.world.called()
        assert self.is_recorded() or isinstance(self, MovieSceneAudioTrack), "modify the track first"
        name = f"Section_{len(self.sections)}"
        kind = MovieSceneAudioSection if isinstance(self, MovieSceneAudioTrack) else None
        made = (
            kind(self.sequence, name)
            if kind
            else MovieSceneControlRigParameterSection(self.sequence, name, self.channels)
        )
        made.outer = self
        self.sections.append(made)
        return made

    def set_track_row_display_name(self, name: str, row_index: int) -> None:
        """What people read beside a row."""
        self.rows = {**self.rows, row_index: name}

    def remove_section(self, section: Any) -> None:
        """One less."""
        self.sections.remove(section)

    def set_display_name(self, name: str) -> None:
        """What people read."""
        self.label = name

    def get_display_name(self) -> str:
        """What people read."""
        return self.label


class MovieSceneControlRigParameterTrack(MovieSceneTrack):
    """A face board's track."""


class MovieSceneAudioTrack(MovieSceneTrack):
    """A track of sounds."""


class LevelSequence(_Object):
    """A shot."""

    def __init__(self, name: str = "Shot", rate: Fraction = Fraction(30), resolution: int = 24000) -> None:
        super().__init__(name)
        self.rate, self.resolution, self.read_only, self.start = rate, resolution, False, 0
        self.tracks: list[Any] = []

    def get_display_rate(self) -> FrameRate:
        """Frames per second."""
        return FrameRate(self.rate.numerator, self.rate.denominator)

    def get_tick_resolution(self) -> FrameRate:
        """Ticks per second."""
        return FrameRate(self.resolution, 1)

    def get_playback_start(self) -> int:
        """The first frame played."""
        return self.start

    def is_read_only(self) -> bool:
        """Whether it may be changed."""
        return self.read_only

    def make_range(self, start_frame: int, duration: int) -> SequencerScriptingRange:
        """A range of so many frames."""
        return SequencerScriptingRange(True, True, start_frame, start_frame + duration)

    def add_track(self, track_type: type) -> Any:
        """One more track; the engine records itself that there is one."""
        self.world.called()
        self.modify()
        made = track_type(self, track_type.__name__)
        self.tracks.append(made)
        return made

    def find_tracks_by_exact_type(self, track_type: type) -> list[Any]:
        """Tracks of a class."""
        return [one for one in self.tracks if type(one) is track_type]

    def remove_track(self, track: Any) -> bool:
        """One less."""
        self.tracks.remove(track)
        return True


class MovieSceneBindingProxy:
    """An actor of the shot."""

    def __init__(self, binding_id: object = None, sequence: object = None) -> None:
        self._name = str(binding_id or "")
        self._actor: MovieSceneBindingProxy | None = None

    def get_parent(self) -> MovieSceneBindingProxy:
        """The actor that a component belongs to; an invalid one where there is none."""
        return self._actor or MovieSceneBindingProxy()

    def is_valid(self) -> bool:
        """Whether it stands for anything."""
        return bool(self._name)

    def get_display_name(self) -> str:
        """What people call it."""
        return self._name


class ControlRig(_Object):
    """A rig."""


class ControlRigSequencerBindingProxy:
    """A rig of the shot with its track."""

    def __init__(
        self, proxy: MovieSceneBindingProxy, control_rig: ControlRig, track: MovieSceneControlRigParameterTrack
    ) -> None:
        self.proxy, self.control_rig, self.track = proxy, control_rig, track


class ControlRigSequencerLibrary:
    """Rigs of a shot."""

    world: ClassVar[World]

    @classmethod
    def get_control_rigs(cls, level_sequence: LevelSequence) -> list[Any]:
        """All of them."""
        return [one for one in cls.world.rigs if one.track in level_sequence.tracks]


def _single(value: float) -> float:
    """The value as the engine keeps it, in four bytes."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def evaluate(keys: list[MovieSceneScriptingFloatKey], tick: float) -> float:
    """A channel's value: a Bezier of values and tangents, held outside the keys."""
    right = bisect_right([key.tick for key in keys], tick)
    if right in (0, len(keys)):
        return keys[min(right, len(keys) - 1)].value
    a, b = keys[right - 1], keys[right]
    width, s = b.tick - a.tick, (tick - a.tick) / (b.tick - a.tick)
    p1, p2 = a.value + a.leave * width / 3, b.value - b.arrive * width / 3
    return (1 - s) ** 3 * a.value + 3 * s * (1 - s) ** 2 * p1 + 3 * s * s * (1 - s) * p2 + s**3 * b.value
