"""Sequencer: a level sequence, its tracks, sections, channels and keys. Signatures are those of the stub."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from fake_unreal.channels import (
    MovieSceneScriptingBoolChannel,
    MovieSceneScriptingFloatChannel,
    MovieSceneScriptingFloatKey,
    MovieSceneScriptingIntegerChannel,
    evaluate,
)
from fake_unreal.level import Actor, SkeletalMeshComponent, Transform, transforms_of
from fake_unreal.values import (
    FrameNumber,
    FrameRate,
    MovieSceneBlendType,
    MovieSceneTimeUnit,
    OptionalMovieSceneBlendType,
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


class MovieSceneSection(_Object):
    """A stretch of a track."""

    def __init__(self, sequence: LevelSequence, name: str) -> None:
        super().__init__(name)
        self.sequence = sequence
        self.start = None
        self.end = None
        self.row = 0
        self.active = True
        self.locked = False
        self.blend = MovieSceneBlendType.ABSOLUTE
        self.keys: list[tuple[str, MovieSceneScriptingFloatKey]] = []

    def set_range(self, start_frame: int, end_frame: int) -> None:
        """From a frame up to another."""
        assert start_frame < end_frame and isinstance(start_frame, int) and isinstance(end_frame, int)
        self.start = start_frame  # type: ignore[assignment]
        self.end = end_frame  # type: ignore[assignment]

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

    def get_blend_type(self) -> OptionalMovieSceneBlendType:
        """How it mixes."""
        return OptionalMovieSceneBlendType(self.blend, True)

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
    """A section of a face board; channel names carry a number, as the engine may hang one on them.

    Every channel is born with a default, and what a mask hides has no channel.
    """

    def __init__(self, sequence: LevelSequence, name: str, channels: tuple[str, ...], *, is_first: bool = True) -> None:
        super().__init__(sequence, name)
        self.channels = channels
        self.hidden = frozenset[str]()
        self.blend = MovieSceneBlendType.ABSOLUTE if is_first else MovieSceneBlendType.ADDITIVE
        self.defaults: dict[str, float] = {f"{one}_3": 0.0 for one in channels}

    def set_blend_type(self, blend_type: MovieSceneBlendType) -> None:
        """Nothing, where the track does not support it; an override takes the rig's present pose for its defaults."""
        if blend_type is MovieSceneBlendType.OVERRIDE:
            if self.world.version < (5, 5):
                return
            self.defaults = {f"{one}_3": self.world.present.get(one, 0.0) for one in self.channels}
        super().set_blend_type(blend_type)

    def get_all_channels(self) -> list[Any]:
        """A channel for each control that no mask hides, and two switches that are no numbers with a fraction."""
        floats = [one for one in self.channels if one.partition(".")[0] not in self.hidden]
        found: list[Any] = [MovieSceneScriptingFloatChannel(self, f"{one}_3") for one in floats]
        if "CTRL_lookAtSwitch" not in self.hidden:
            found.append(MovieSceneScriptingBoolChannel(self, "CTRL_lookAtSwitch"))
        if "mha_head_ik_switch_ctrl" not in self.hidden:
            found.append(MovieSceneScriptingIntegerChannel(self, "mha_head_ik_switch_ctrl"))
        return found

    def shows(self, channel: str, frame: float) -> float | None:
        """What it says of a channel at a frame; None where a mask hides it, or there is neither key nor default."""
        if channel.partition(".")[0] in self.hidden:
            return None
        keys = sorted((key for name, key in self.keys if name == f"{channel}_3"), key=lambda key: key.tick)
        if not keys:
            return self.defaults.get(f"{channel}_3")
        return evaluate(keys, float(Fraction(frame) * self.sequence.resolution / self.sequence.rate))


class MovieSceneAudioSection(MovieSceneSection):
    """A stretch of sound."""

    def set_sound(self, sound: object) -> None:
        """What is heard."""
        self.heard = sound


class MovieSceneTrack(_Object):
    """A track of the sequence."""

    def __init__(self, sequence: LevelSequence, name: str, channels: tuple[str, ...] = ()) -> None:
        super().__init__(name)
        self.sequence = sequence
        self.channels = channels
        self.sections: list[Any] = []
        self.keyed: Any = None
        self.label = name
        self.rows = dict[int, str]()

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
            else MovieSceneControlRigParameterSection(self.sequence, name, self.channels, is_first=not self.sections)
        )
        made.outer = self
        self.sections.append(made)
        if len(self.sections) > 1:
            self.keyed = made
        return made

    def get_section_to_key(self) -> Any:
        """Where the person's next key goes: the first section, or the one made last."""
        return self.keyed or (self.sections[0] if self.sections else None)

    def set_section_to_key(self, section: Any) -> None:
        """Where the person's next key goes."""
        self.modify()
        self.keyed = section

    def set_track_row_display_name(self, name: str, row_index: int) -> None:
        """What people read beside a row."""
        self.rows = {**self.rows, row_index: name}

    def remove_section(self, section: Any) -> None:
        """One less."""
        self.world.called()
        assert self.is_recorded() or isinstance(self, MovieSceneAudioTrack), "modify the track first"
        self.sections.remove(section)
        if self.keyed is section:
            self.keyed = self.sections[0] if self.sections else None

    def set_display_name(self, name: str) -> None:
        """What people read."""
        self.label = name

    def get_display_name(self) -> str:
        """What people read."""
        return self.label


class MovieSceneControlRigParameterTrack(MovieSceneTrack):
    """A face board's track."""

    def plays(self, channel: str, frame: float) -> float:
        """What the rig is given: every section that plays in turn, on top of the rig's rest."""
        value = 0.0
        for one in self.sections:
            inside = (one.start is None or one.start <= frame) and (one.end is None or frame < one.end)
            said = one.shows(channel, frame) if one.active and inside else None
            if said is not None:
                value = value + said if one.blend is MovieSceneBlendType.ADDITIVE else said
        return value


class MovieSceneAudioTrack(MovieSceneTrack):
    """A track of sounds."""


class LevelSequence(_Object):
    """A shot."""

    def __init__(self, name: str = "Shot", rate: Fraction = Fraction(30), resolution: int = 24000) -> None:
        super().__init__(name)
        self.rate = rate
        self.resolution = resolution
        self.read_only = False
        self.start = 0
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

    def get_binding_id(self, binding: MovieSceneBindingProxy) -> str:
        """What stands for an actor of the shot elsewhere."""
        return binding.get_display_name()

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
        self.proxy = proxy
        self.control_rig = control_rig
        self.track = track


class ControlRigSequencerLibrary:
    """Rigs of a shot."""

    world: ClassVar[World]

    @classmethod
    def get_control_rigs(cls, level_sequence: LevelSequence) -> list[Any]:
        """All of them."""
        return [one for one in cls.world.rigs if one.track in level_sequence.tracks]

    @classmethod
    def get_skeletal_mesh_component_world_transforms(
        cls,
        level_sequence: LevelSequence,
        skeletal_mesh_component: SkeletalMeshComponent,
        frames: list[FrameNumber],
        time_unit: MovieSceneTimeUnit = MovieSceneTimeUnit.DISPLAY_RATE,
        reference_name: str = "None",
    ) -> list[Transform]:
        """A bone at frames, as the shot plays."""
        return transforms_of(skeletal_mesh_component.bones[reference_name], frames, time_unit)

    @classmethod
    def get_actor_world_transforms(
        cls,
        level_sequence: LevelSequence,
        actor: Actor,
        frames: list[FrameNumber],
        time_unit: MovieSceneTimeUnit = MovieSceneTimeUnit.DISPLAY_RATE,
    ) -> list[Transform]:
        """An actor at frames, as the shot plays."""
        return transforms_of(actor.where, frames, time_unit)

    @classmethod
    def hide_all_controls(cls, section: MovieSceneControlRigParameterSection) -> None:
        """The section says nothing of any control; the engine records the section itself."""
        cls.world.called()
        section.modify()
        switches = {"CTRL_lookAtSwitch", "mha_head_ik_switch_ctrl"}
        section.hidden = frozenset(one.partition(".")[0] for one in section.channels) | switches

    @classmethod
    def set_controls_mask(
        cls, section: MovieSceneControlRigParameterSection, control_names: list[str], visible: bool
    ) -> None:
        """The section says something of these controls, or nothing; names are the controls' own."""
        cls.world.called()
        section.modify()
        known = {one.partition(".")[0] for one in section.channels}
        assert set(control_names) <= known, f"no controls: {set(control_names) - known}"
        named = frozenset(control_names)
        section.hidden = section.hidden - named if visible else section.hidden | named
