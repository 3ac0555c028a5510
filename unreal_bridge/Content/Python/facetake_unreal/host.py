"""A level sequence as a `facetake_host` Host.

A take becomes a section of its own on the face board's track, with the controls that it keys and no others; sections
keyed by hand are neither written nor moved, and the person's next key goes where it went. Times are whole ticks, since
older engines lose fractions of frames. A cancelled transaction only forgets what it recorded: here it is taken back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import cast

import unreal

from facetake_host.curves import HEAD, Delivery, KeyCurve, Sampled
from facetake_host.frames import tick_of
from facetake_host.host import Bar, Character, TaskBar, taken_back
from facetake_host.looking import Point
from facetake_host.problems import HostProblem
from facetake_host.recording import unique

SIGNS = {"CTRL_L_brow_down", "CTRL_C_jaw.Y"}
PREFIX = "Facetake_"
"""How the sections that Facetake made are called; others are somebody's work."""
SOUNDS = "/Game/Facetake/Audio"
EYES = ("FACIAL_L_Eye", "FACIAL_R_Eye")
HEAD_BONE = "head"
"""Bones of every MetaHuman; the head's x points up, its y ahead and its z to the character's right."""
CM_PER_M = 100.0
SWEEP = 20000  # keys between two collections of the objects that each key makes
bound_to = unreal.LevelSequenceEditorBlueprintLibrary.get_bound_objects
Channels = dict[str, unreal.MovieSceneScriptingFloatChannel]


class UnrealHost:
    """The sequence that is open, or the one given."""

    def __init__(self, sequence: unreal.LevelSequence | None = None, *, additive: bool = False) -> None:
        """`sequence` for use without Sequencer; `additive` lays takes over what is there instead of overriding it.

        `source` may name the section to restyle; otherwise it is the one that plays.
        """
        self._given = sequence
        self.is_additive = additive
        self.source: unreal.MovieSceneSection | None = None
        self._back: list[Callable[[], object]] = []

    def characters(self) -> list[Character]:
        """Every face board of the sequence, those whose track is selected first."""
        library = unreal.LevelSequenceEditorBlueprintLibrary
        selected = [] if self._given else list(library.get_selected_tracks())
        found: list[Character] = []
        for one in unreal.ControlRigSequencerLibrary.get_control_rigs(self.sequence()):
            if set(self._channels(one.track)) >= SIGNS:
                actor = one.proxy.get_parent()  # a face's own binding is called Face for every MetaHuman
                shown = (actor if actor.is_valid() else one.proxy).get_display_name()
                name = str(shown) or one.control_rig.get_name()
                taken = [character.name for character in found]
                name = name if name not in taken else f"{name} {len(taken) + 1}"
                found.append(Character(name, "unreal", one.track))
        return sorted(found, key=lambda character: character.handle not in selected)

    def rate(self) -> Fraction:
        """Frames per second of the sequence."""
        rate = self.sequence().get_display_rate()
        return Fraction(rate.numerator, rate.denominator)

    def now(self) -> int:
        """The frame of the playhead; without Sequencer, where playback starts."""
        if self._given:
            return self.playback_start()
        place = unreal.LevelSequenceEditorBlueprintLibrary.get_local_position(unreal.MovieSceneTimeUnit.DISPLAY_RATE)
        return int(place.frame.frame_number.value)

    def playback_start(self) -> int:
        """The frame where playback starts."""
        return self.sequence().get_playback_start()

    def refusal(self, character: Character) -> str:
        """Why nothing can be written now."""
        sequence = self.sequence()
        locked = not self._given and unreal.LevelSequenceEditorBlueprintLibrary.is_level_sequence_locked()
        if locked or sequence.is_read_only():
            return f"the sequence {sequence.get_name()} is locked; unlock it in Sequencer first"
        if character.handle not in [one.track for one in unreal.ControlRigSequencerLibrary.get_control_rigs(sequence)]:
            return f"{character.name} is no longer in the sequence; choose a character again"
        return ""

    def skipped(self, character: Character, channels: Collection[str]) -> dict[str, str]:
        """Channels that the face board lacks; head motion goes with baked delivery only."""
        there = self._channels(character.handle)
        head = dict.fromkeys(HEAD, "only in a baked sequence")
        return {channel: head.get(channel, "missing") for channel in channels if channel not in there}

    def selection(self) -> str:
        """The label of the actor that was selected last."""
        chosen = self._level().get_selected_level_actors()
        if not chosen:
            raise HostProblem("nothing is selected; select an actor in the level first")
        return str(chosen[-1].get_actor_label())

    def looked_at(self, character: Character, target: str, frames: range, bar: Bar) -> list[Point]:
        """Where an actor is, by the axes of the head bone, from between the eyes, as Sequencer plays the shot."""
        found = next((one for one in self._level().get_all_level_actors() if one.get_actor_label() == target), None)
        if found is None:
            raise HostProblem(f"there is no actor {target} in the level; select another one to look at")
        face = self._face(character)
        library = unreal.ControlRigSequencerLibrary
        unit = unreal.MovieSceneTimeUnit.DISPLAY_RATE
        times = [unreal.FrameNumber(frame) for frame in frames]
        heads = library.get_skeletal_mesh_component_world_transforms(self.sequence(), face, times, unit, HEAD_BONE)
        places = library.get_actor_world_transforms(self.sequence(), found, times, unit)
        bar.advance(1.0)
        if not len(heads) == len(places) == len(times):
            raise HostProblem(f"Unreal does not tell where {target} is over the line; open the shot in Sequencer")
        head = face.get_socket_transform(HEAD_BONE)
        left, right = (head.inverse_transform_location(face.get_socket_location(name)) for name in EYES)
        between = (left + right) / 2.0
        seen = [
            head.inverse_transform_location(one.translation) - between for head, one in zip(heads, places, strict=True)
        ]
        return [(-one.z / CM_PER_M, one.x / CM_PER_M, one.y / CM_PER_M) for one in seen]

    def read(self, character: Character, bar: Bar) -> Sampled:
        """The section to restyle, frame by frame."""
        section = self._source(character)
        first, last = self._extent(section)
        span = self.sequence().make_range(first, last - first + 1)
        rate = self.rate()
        frames = unreal.FrameRate(rate.numerator, rate.denominator)
        curves = {}
        channels = self.by_name(section)
        for number, (name, channel) in enumerate(channels.items()):
            if channel.get_num_keys() or channel.get_default():
                curves[name] = list(channel.evaluate_keys(span, frames))
            bar.advance(number / len(channels))
        return Sampled(rate, first, curves, section.get_name())

    def write(self, character: Character, name: str, delivery: Delivery, start_frame: int, bar: Bar) -> str:
        """Writes keys to a new section on a row of its own; earlier takes of the same frames are switched off."""
        track = character.handle
        before = list(track.get_sections())
        section = self._new_section(track, name, start_frame, start_frame + delivery.n_frames)
        channels = self._only(section, delivery.keys)
        done = 0
        for number, (channel, curve) in enumerate(delivery.keys.items()):
            self._key(channels[channel], curve, start_frame)
            if (done + len(curve.frames)) // SWEEP > done // SWEEP:
                unreal.collect_garbage()
            done += len(curve.frames)
            bar.advance((number + 1) / len(delivery.keys))
        ours = [one for one in before if one.get_name().startswith(PREFIX)]
        self._switch_off(ours, start_frame, start_frame + delivery.n_frames)
        return section.get_name()

    def place_audio(self, path: Path, start_frame: int) -> None:
        """Imports the sound under a name that is free and places it on an audio track of its own.

        The same line that Facetake placed over the same frames is switched off, so that it is not heard twice.
        """
        wave = self._import(path)
        sequence = self.sequence()
        label = f"{PREFIX}{path.stem}"
        end = start_frame + max(1, round(wave.duration * self.rate()))
        for track in sequence.find_tracks_by_exact_type(unreal.MovieSceneAudioTrack):
            if str(track.get_display_name()) == label:
                self._switch_off(track.get_sections(), start_frame, end)
        track = sequence.add_track(unreal.MovieSceneAudioTrack)
        self._back.append(lambda: sequence.remove_track(track))
        track.set_display_name(label)
        section = cast(unreal.MovieSceneAudioSection, track.add_section())
        section.set_sound(wave)
        section.set_range(start_frame, end)

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """One transaction; where the block raises, everything is taken back and nothing stays to undo."""
        with unreal.ScopedEditorTransaction(label) as transaction:
            self.sequence().modify()
            try:
                with taken_back(self._back):
                    yield
            except BaseException:
                transaction.cancel()
                raise
        if not self._given:
            unreal.LevelSequenceEditorBlueprintLibrary.refresh_current_level_sequence()

    @contextmanager
    def progress(self, label: str) -> Iterator[Bar]:
        """A slow task with a button to cancel; none without a window."""
        with unreal.ScopedSlowTask(1.0, label) as task:
            if not unreal.SystemLibrary.is_unattended():
                task.make_dialog(True)
            yield TaskBar(task)

    def ask(self, question: str, choices: Sequence[str]) -> int | None:
        """A dialog for each choice in turn; None without a window."""
        if unreal.SystemLibrary.is_unattended():
            return None
        kind = unreal.AppMsgType.YES_NO_CANCEL
        told = unreal.AppReturnType
        for number, choice in enumerate(choices):
            answer = unreal.EditorDialog.show_message("Facetake", f"{question}\n\n{choice}?", kind)
            if answer != told.NO:
                return number if answer == told.YES else None
        return None

    def tell(self, message: str, *, problem: bool = False) -> None:
        """A line in the log; a problem also in a dialog."""
        (unreal.log_warning if problem else unreal.log)(f"Facetake: {message}")
        if problem and not unreal.SystemLibrary.is_unattended():
            unreal.EditorDialog.show_message("Facetake", message, unreal.AppMsgType.OK)

    def sequence(self) -> unreal.LevelSequence:
        """The shot: the one given, or the one that has the focus in Sequencer; raises HostProblem without."""
        library = unreal.LevelSequenceEditorBlueprintLibrary
        sequence = self._given or library.get_focused_level_sequence() or library.get_current_level_sequence()
        if sequence is None:
            raise HostProblem("no level sequence is open; open the shot in Sequencer first")
        return sequence

    def _level(self) -> unreal.EditorActorSubsystem:
        return cast(unreal.EditorActorSubsystem, unreal.get_editor_subsystem(unreal.EditorActorSubsystem))

    def _face(self, character: Character) -> unreal.SkeletalMeshComponent:
        """The mesh with a MetaHuman's eyes, of the actor that a face board belongs to."""
        sequence = self.sequence()
        for one in unreal.ControlRigSequencerLibrary.get_control_rigs(sequence):
            for bound in bound_to(sequence.get_binding_id(one.proxy)) if one.track == character.handle else ():
                actor = bound if isinstance(bound, unreal.Actor) else cast(unreal.ActorComponent, bound).get_owner()
                for mesh in actor.get_components_by_class(unreal.SkeletalMeshComponent):
                    if isinstance(mesh, unreal.SkeletalMeshComponent) and mesh.does_socket_exist(EYES[0]):
                        return mesh
        raise HostProblem(f"{character.name} has no MetaHuman's eyes in the level, so that nothing can be looked at")

    def _channels(self, track: unreal.MovieSceneTrack) -> Channels:
        found: Channels = {}
        for section in track.get_sections():  # any of them may show a part of the board only
            found |= self.by_name(section)
        return found

    def by_name(self, section: unreal.MovieSceneSection) -> Channels:
        """Channels that hold numbers, by their name without the number that the engine may hang on it."""
        return {
            re.sub(r"_\d+$", "", str(channel.channel_name)): channel
            for channel in section.get_all_channels()
            if isinstance(channel, unreal.MovieSceneScriptingFloatChannel)
        }

    def selected(self) -> list[tuple[Character, unreal.MovieSceneSection]]:
        """The sections with keys that the person selected, each with the face it belongs to."""
        chosen = [] if self._given else list(unreal.LevelSequenceEditorBlueprintLibrary.get_selected_sections())
        owned = [(one, section) for one in self.characters() for section in one.handle.get_sections()]
        return [(one, section) for one, section in owned if section in chosen and self._has_keys(section)]

    def _source(self, character: Character) -> unreal.MovieSceneSection:
        own: list[unreal.MovieSceneSection] = list(character.handle.get_sections())
        for section in [self.source] if self.source in own else reversed(own):
            if section is not None and (section.is_active() or section is self.source) and self._has_keys(section):
                return section
        raise HostProblem(f"{character.name} has no keys to restyle; select a section with keys, or generate a take")

    def _has_keys(self, section: unreal.MovieSceneSection) -> bool:
        return any(channel.get_num_keys() for channel in self.by_name(section).values())

    def _extent(self, section: unreal.MovieSceneSection) -> tuple[int, int]:
        """First and last frame of a section: its own bounds, or its keys' where it has none."""
        if section.has_start_frame() and section.has_end_frame():
            return section.get_start_frame(), max(section.get_start_frame(), section.get_end_frame() - 1)
        frames = [
            key.get_time(unreal.MovieSceneTimeUnit.DISPLAY_RATE).frame_number.value
            for channel in self.by_name(section).values()
            for key in channel.get_keys()
        ]
        return min(frames), max(frames)

    def _new_section(self, track: unreal.MovieSceneTrack, name: str, start: int, end: int) -> unreal.MovieSceneSection:
        rows = [one.get_row_index() for one in track.get_sections()]
        track.modify()
        keyed = track.get_section_to_key()
        section = track.add_section()
        self._back.append(lambda: track.remove_section(section))
        track.set_section_to_key(keyed)
        section.modify()
        wanted = PREFIX + name.removeprefix("facetake_").removeprefix(PREFIX)
        label = unique(wanted, lambda one: unreal.find_object(track, one) is not None)  # two of a name end the editor
        section.rename(label)
        track.set_track_row_display_name(label, max(rows, default=-1) + 1)
        section.set_range(start, end)
        blend = unreal.MovieSceneBlendType.ADDITIVE if self.is_additive else unreal.MovieSceneBlendType.OVERRIDE
        section.set_blend_type(blend)
        if section.get_blend_type().blend_type != blend:  # what a track does not support is silently not set
            raise HostProblem("Unreal overrides on a face board from 5.5 on; tick Additive, or bake a sequence instead")
        section.set_row_index(max(rows, default=-1) + 1)
        return section

    def _only(self, section: unreal.MovieSceneSection, keys: Collection[str]) -> Channels:
        """A section's channels, all others hidden: they would hold the rig's present pose over other sections."""
        library = unreal.ControlRigSequencerLibrary
        library.hide_all_controls(section)
        library.set_controls_mask(section, sorted({name.partition(".")[0] for name in keys}), True)
        channels = self.by_name(section)
        for name in channels.keys() - keys:  # the other half of a control with two
            channels[name].remove_default()
        return channels

    def _switch_off(self, sections: Iterable[unreal.MovieSceneSection], start: int, end: int) -> None:
        """Those that play in a stretch and that nobody locked."""
        for section in sections:
            overlaps = section.get_start_frame() < end and section.get_end_frame() > start
            if overlaps and section.is_active() and not section.is_locked():
                section.modify()
                self._back.append(partial(section.set_is_active, True))
                section.set_is_active(False)

    def _key(self, channel: unreal.MovieSceneScriptingFloatChannel, curve: KeyCurve, start_frame: int) -> None:
        """Cubic keys; a channel's tangents are changes per tick."""
        rate = self.rate()
        ticks = self.sequence().get_tick_resolution()
        per_s = Fraction(ticks.numerator, ticks.denominator)
        scale = float(rate / per_s)
        kind = unreal.MovieSceneKeyInterpolation
        for frame, value, slope_in, slope_out in zip(
            curve.frames, curve.values, curve.slopes_in, curve.slopes_out, strict=True
        ):
            at = unreal.FrameNumber(tick_of(start_frame + frame, rate, per_s))
            shape = kind.USER if slope_in == slope_out else kind.BREAK
            key = channel.add_key(at, value, 0.0, unreal.MovieSceneTimeUnit.TICK_RESOLUTION, shape)
            key.set_arrive_tangent(slope_in * scale)
            key.set_leave_tangent(slope_out * scale)

    def _import(self, path: Path) -> unreal.SoundWave:
        tools = unreal.AssetToolsHelpers.get_asset_tools()
        package, name = tools.create_unique_asset_name(f"{SOUNDS}/{unique(path.stem)}", "")
        task = unreal.AssetImportTask()
        task.filename = str(path)
        task.destination_path = package.rpartition("/")[0]
        task.destination_name = name
        task.automated = True
        task.replace_existing = False
        task.save = False
        tools.import_asset_tasks([task])
        if not unreal.EditorAssetLibrary.does_asset_exist(package):
            raise HostProblem(f"Unreal could not import the sound {path}; it takes 16-bit wav files for certain")
        self._back.append(lambda: unreal.EditorAssetLibrary.delete_asset(package))
        return cast(unreal.SoundWave, unreal.EditorAssetLibrary.load_asset(package))
