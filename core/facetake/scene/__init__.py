"""From recordings of people who talk to a take of each: the story of `facetake scene`, step by step.

Every take is as long as the scene and in step with the others. Who speaks is performed from the sound, as any line;
who listens looks at who speaks, blinks as phrases end, nods, and shows a little of what the other shows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from facetake import emotion_recognition, files, phrases
from facetake.emotion import EmotionTrack, is_heard, parse
from facetake.errors import AudioError, ConfigError
from facetake.gaze import GazeTrack
from facetake.generate import GenerateOptions, Performance, generate
from facetake.inference import Models
from facetake.phrases import Phrase
from facetake.postprocess import lip_closure
from facetake.scene import listening, looking
from facetake.scene.looking import Seating
from facetake.scene.tracks import Track, Voice, lay, leaks, mute, refuse_same, split
from facetake.scene.turns import Talk, Turn, talk
from facetake.take import Take

__all__ = ["Scene", "SceneOptions", "Seating", "Talk", "Turn", "Voice", "perform", "split"]

MOST_SPEAKERS: Final = 12  # by choice: a table; more are scenes of their own
LONGEST_S: Final = 2 * 3600.0  # by choice: a play; more is a recording that nobody stopped
HEARD: Final = 0.2  # of the time a scene takes until all is heard, for progress


@dataclass(frozen=True)
class SceneOptions:
    """What the user may choose.

    Attributes:
        performance: of every take: frame rate, seed, energy, gains; its emotion and look are each speaker's own.
        seating: where the others are.
        reaction: how much of a speaker's emotion a listener shows, 0..1.
        nods: how many and how deep nods are, 0..2.
    """

    performance: GenerateOptions = field(default_factory=GenerateOptions)
    seating: Seating = field(default_factory=Seating)
    reaction: float = 0.5
    nods: float = 1.0


@dataclass(frozen=True)
class Scene:
    """Takes of a scene, in the order of its voices: of one length, rate and start.

    Attributes:
        voices: who speaks.
        takes: one for each.
        looks: what each looks at.
        talk: who speaks when.
        told: sentences about what is unusual.
    """

    voices: tuple[Voice, ...]
    takes: tuple[Take, ...]
    looks: tuple[GazeTrack, ...]
    talk: Talk
    told: tuple[str, ...]

    @property
    def facts(self) -> dict[str, object]:
        """What to tell a program: who speaks when, times to a millisecond."""
        turns = [
            {
                "who": self.voices[turn.who].name,
                "start_s": round(turn.phrase.start_s, 3),
                "end_s": round(turn.phrase.end_s, 3),
                **({"backchannel": True} if turn.is_backchannel else {}),
            }
            for turn in self.talk.turns
        ]
        return {
            "duration_s": round(self.talk.duration_s, 3),
            "speakers": [
                {"name": one.name, "audio": one.path.name, "start_s": round(float(one.start), 6)} for one in self.voices
            ],
            "turns": turns,
            "told": [*self.told],
        }


def perform(
    voices: Sequence[Voice],
    options: SceneOptions,
    models: Models,
    progress: Callable[[float], None] | None = None,
) -> Scene:
    """Performs a scene.

    Args:
        voices: who speaks, from left to right as the camera sees them; two or more.
        options: what the user chose.
        models: loaded and verified networks.
        progress: called with the share done, 0..1.

    Raises:
        AudioError: a recording cannot be read, is too long, or two hold one voice.
        ConfigError: too few or too many voices, two of one name, or an unknown emotion.
    """
    _check(voices, options)
    report = progress or _ignore
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tracks, duration = lay(voices, folder)
        if duration > LONGEST_S:
            raise AudioError(f"the scene lasts {float(duration) / 3600:.1f} hours; cut it into scenes of at most 2")
        refuse_same(tracks)
        found, told = _spoken(tracks, models, lambda share: report(HEARD * share))
        talked = talk(found, float(duration))
        moods = [_mood(track, models) for track in tracks]
        seeds = [_seed(track, options.performance.seed) for track in tracks]
        looks = tuple(looking.looks(talked, who, options.seating, seed) for who, seed in enumerate(seeds))
        takes = []
        for who, track in enumerate(tracks):
            asked = _asked(talked, who, moods, looks[who], options, seeds[who])
            begin, share = HEARD + (1.0 - HEARD) * who / len(tracks), (1.0 - HEARD) / len(tracks)
            made = generate(track.path, asked, models, lambda done, b=begin, s=share: report(b + s * done))  # type: ignore[misc]
            takes.append(_take(made, track, talked, who, options, seeds[who]))
            others = [one for one in made.told if not one.startswith(track.path.name)]  # of the track as of its source
            told += tuple(f"{track.voice.name}: {one}" for one in others) + track.told
    return Scene(tuple(voices), tuple(takes), looks, talked, told)


def _ignore(share: float) -> None:
    """Progress that nobody asked for."""


def _check(voices: Sequence[Voice], options: SceneOptions) -> None:
    if not 2 <= len(voices) <= MOST_SPEAKERS:
        raise ConfigError(
            f"a scene has 2 to {MOST_SPEAKERS} voices, not {len(voices)}; for one use 'facetake generate', and for one "
            "file with a voice a channel add --channels"
        )
    names = [voice.name for voice in voices]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"two voices are called {twice[0]}; give each a name of its own in a list")
    for voice in voices:
        if voice.emotion and not is_heard(voice.emotion):
            parse(voice.emotion)
    if options.performance.look is not None:
        raise ConfigError("in a scene speakers look at each other; leave --look out")


def _spoken(
    tracks: Sequence[Track], models: Models, progress: Callable[[float], None]
) -> tuple[list[list[Phrase]], tuple[str, ...]]:
    """Phrases of each voice, those of others silenced in its track, and what is told of that."""
    told: list[str] = []
    found = []
    for number, (track, others) in enumerate(zip(tracks, leaks(tracks), strict=True)):
        if others:
            mute(track, others)
            seconds = sum(stretch.duration_s for stretch in others)
            told.append(f"{track.voice.name}: {seconds:.1f} s are another's voice, heard from afar, and left out")
        heard = phrases.heard(track.path, models.ear, lambda share, n=number: progress((n + share) / len(tracks)))  # type: ignore[misc]
        found.append(list(heard.found))
        if not heard.found:
            told.append(f"{track.voice.name} says nothing, and listens throughout")
    return found, tuple(told)


def _mood(track: Track, models: Models) -> EmotionTrack:
    """What somebody feels while speaking, over the scene."""
    asked = track.voice.emotion or "neutral"
    if is_heard(asked):
        return emotion_recognition.hear(track.path, asked, models.audio_emotion).track
    mood = parse(asked)
    return replace(mood, times_s=mood.times_s + float(track.voice.start)) if len(mood.times_s) > 1 else mood


def _seed(track: Track, seed: int) -> int:
    """A seed of this voice, so that no two in a scene nod or look away alike."""
    sound = files.hash_of(track.voice.path, AudioError)
    return int.from_bytes(sha256(f"{sound}:{track.voice.name}:{seed}".encode()).digest()[:6], "big")


def _asked(
    talked: Talk,
    who: int,
    moods: Sequence[EmotionTrack],
    look: GazeTrack,
    options: SceneOptions,
    seed: int,
) -> GenerateOptions:
    """How somebody's track is performed."""
    asked = options.performance
    mood = listening.reacting(talked, who, moods, options.reaction, seed)
    blinks = replace(asked.blinks, with_s=listening.blinks(talked, who, seed))
    return replace(asked, mood=mood, blinks=blinks, look=look if asked.gaze else None)


def _take(made: Performance, track: Track, talked: Talk, who: int, options: SceneOptions, seed: int) -> Take:
    """The take with its listener's nods, and how it came to be."""
    take = made.take
    origin = {key: value for key, value in take.origin.items() if key != "sound"} | {
        "made_by": "facetake scene",
        "audio": track.voice.path.name,
        "audio_sha256": files.hash_of(track.voice.path, AudioError),
        "emotion": track.voice.emotion or "neutral",
        "scene": {
            "who": track.voice.name,
            "start_s": float(track.voice.start),
            "speakers": talked.n_speakers,
            "reaction": options.reaction,
            "nods": options.nods,
            "angle_deg": options.seating.angle_deg,
            "distance_m": options.seating.distance_m,
        },
    }
    given = listening.nods(talked, who, seed, options.nods)
    if take.head is None or not given:
        return replace(take, origin=origin)
    values, head = take.values.copy(), np.array(take.head)
    listening.nod(values, head, given, float(take.rate))
    return lip_closure.reseal(replace(take, values=values, head=head, origin=origin), made.closures)
