"""From a recorded line and an emotion to a take: the story of the product, step by step.

`generate` reads top to bottom in the order things happen. What each step does lives in the module it names; nothing
here knows file formats, the command line or training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facetake import audio, emotion_recognition, events, files, gaze, keys, rig
from facetake.arrays import F32, memmap
from facetake.audio import FRAME_RATE_HZ
from facetake.emotion import EmotionTrack, cue_file, is_heard, named, parse
from facetake.emotion_recognition import EmotionEstimate
from facetake.errors import AudioError, ConfigError
from facetake.events import EventTrack
from facetake.gaze import GazeTrack
from facetake.inference import AudioEmotion, Hearing, Models
from facetake.motion import coupling, expression, eyes, gaze_shifts, head
from facetake.motion.performances import Performances
from facetake.postprocess import heard_lips, lip_closure, masking, silence, smoothing
from facetake.take import Take, resample
from facetake.timebase import n_frames

MOST_GAIN = 10.0  # of a region: beyond it every control stands at the end of its range
EAR_SHARE = 0.6  # of the time a line takes until it is heard, for progress
NETWORK_SHARE = 0.7  # likewise, until there are curves
BLINK_RATES = (1.0, 1.1, 0.8, 0.75, 0.85, 1.3, 1.0)
"""Of blinks, relative to the usual, in the order of the emotion weights: those who glare or stare blink less."""
AFTER_ACCENT_S = 0.12  # a blink begins this long after a stressed onset
NO_MOVEMENT = "the models carry no movement of real faces (motion.npz): the face acts by rules alone"
LEAD_FRAMES = 1  # lips move before they are heard: tracked ones led the network's by 20 ms on average
LEAD_S = LEAD_FRAMES / FRAME_RATE_HZ


@dataclass(frozen=True)
class GenerateOptions:
    """What the user may choose.

    Attributes:
        emotion: as the command line writes it: "happy:0.7", "happy:0.5+sad:0.3", the path of a cue file, or "auto" to
            hear it in the voice ("auto:line": once for the whole line); None is neutral.
        rate: frames per second of the take.
        keys: "sparse" adds few, editable keys to the dense curves.
        seed: of blinks, gaze, head and movement, together with the sound: each line is its own, and the same input,
            options and seed give the same bytes.
        energy: how much the face acts, 0..2: 0 holds each emotion's pose.
        blink, gaze, head: whether these are added.
        gains: factor per region on its deviation from neutral.
        only: regions or groups to keep; empty keeps the whole face.
        blinks: when and how to blink (EmoFace 3.2).
        darts: where and how often the eyes move (EmoFace 3.3).
        head_style: "phrases" nods and holds poses, "onsets" follows the rhythm alone (landmark translation 3.3).
        look: what is looked at, as the command line writes it: "camera", a point "0.3,0.1,0.6", or the path of a file
            of cues; or what a host says of it; None leaves the eyes to their darts.
        events: what is not speech, as the command line writes it: "laugh@0.8-1.4:0.7", the path of a file, or "auto"
            to hear it; or a track of events.
    """

    emotion: str | None = None
    rate: Fraction = Fraction(60)
    keys: Literal["dense", "sparse"] = "dense"
    seed: int = 0
    energy: float = 1.0
    blink: bool = True
    gaze: bool = True
    head: bool = True
    gains: Mapping[str, float] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    blinks: eyes.BlinkOptions = field(default_factory=eyes.BlinkOptions)
    darts: eyes.GazeOptions = field(default_factory=eyes.GazeOptions)
    head_style: Literal["phrases", "onsets"] = "phrases"
    look: str | GazeTrack | None = None
    events: str | EventTrack | None = None


@dataclass(frozen=True)
class Performance:
    """A take and what it was made from.

    Attributes:
        take: the curves.
        visemes: (T, 16) float32 probabilities at the take's rate.
        closures: where the lips had to close, in seconds.
        speech: (T,) float32, 1 in speech and 0 in silence, at the take's rate.
        emotion: the weights that were performed.
        heard: what was heard of the emotion, where that was asked.
        keys: sparse keys of the curves, if asked for.
        told: sentences about what is unusual in the recording and how it was read, and about targets out of reach.
    """

    take: Take
    visemes: F32
    closures: tuple[lip_closure.Closure, ...]
    speech: F32
    emotion: EmotionTrack
    heard: EmotionEstimate | None = None
    keys: keys.Keys | None = None
    told: tuple[str, ...] = ()


def generate(
    path: Path, options: GenerateOptions, models: Models, progress: Callable[[float], None] | None = None
) -> Performance:
    """Turns a recorded line into a take.

    Args:
        path: sound file of any length, rate and number of channels.
        options: what the user chose.
        models: loaded and verified networks.
        progress: called with the share done, 0..1.

    Raises:
        AudioError: the file cannot be read.
        ConfigError, RigError: an option names something unknown.
        ModelError: the emotion is to be heard, and the model that hears it is missing or altered.
    """
    asked = options.emotion or "neutral"
    listener = models.audio_emotion if is_heard(asked) else None
    emotion, mood = _mood(asked)
    looked, watched = _looked(options)
    marked, listed = _marked(options)
    report = progress or _ignore
    with audio.unchanged(path), audio.stream(path) as sound:
        marked.check_within(sound.duration_s)
        count = n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ))
        rhythm = audio.Rhythm(count)
        hearing = models.ear.hear(
            rhythm.listening(sound),
            count,
            lambda share: report(EAR_SHARE * share),
            with_voice=listener is not None and listener.ear is models.ear,
        )
        sound_sha256 = files.hash_of(path, AudioError)
        told = sound.told if models.motion else (*sound.told, NO_MOVEMENT)
    if isinstance(options.events, str) and events.is_heard(options.events):
        marked, listed = _overheard(path, marked, hearing, models)
    energy_db, onsets = rhythm.tracks()
    visemes = hearing.visemes
    heard = _heard(path, asked, listener, hearing, energy_db) if listener else None
    emotion = heard.track if heard else emotion
    values = _curves(models, hearing, emotion, report)
    if hearing.lips is not None:
        heard_lips.follow(values, hearing.lips, heard_lips.spoken(visemes))
    del hearing  # of hours it is a hundred megabytes

    smoothing.smooth(values, out=values, window=smoothing.SHARP_WINDOW)
    speech = silence.speech_gate(visemes, energy_db)
    _rest(values, speech, emotion, models.rests)
    seed = _seed(sound_sha256, options.seed)
    weights = emotion.sample(np.arange(count) / FRAME_RATE_HZ)
    expression.add(values, energy_db, speech, weights, models.rests, seed, options.energy, models.motion)
    performances = Performances(marked, energy_db, seed)
    performances.play(values, weights, models.rests)
    said = visemes * ((speech > 0.0) * performances.spoken(visemes))[:, None]
    closures = tuple(lip_closure.find_closures(said, start_s=-LEAD_S, values=values))
    _lead(values)
    lip_closure.seal_lips(values, closures, out=values)
    shifts = gaze_shifts.plan(looked, seed, with_head=options.head) if looked else None
    turned = _head(onsets, speech, weights, options, seed) if options.head else None
    if shifts and turned is not None:
        gaze_shifts.turn_head(turned, shifts)
    if turned is not None:
        performances.turn(turned)
    if options.blink:
        blinks = replace(options.blinks, rate=options.blinks.rate * float(weights.mean(axis=0) @ BLINK_RATES))
        with_s = shifts.blinks_s if shifts else None
        eyes.blink(values, seed, options=blinks, out=values, cues_s=_blink_cues(speech, onsets), with_s=with_s)
    if shifts:
        gaze_shifts.look(values, shifts, seed, options.darts, out=values, head_deg=turned)
    elif options.gaze:
        eyes.gaze(values, seed, options=options.darts, out=values, head_deg=turned)
    coupling.couple(values, speech)
    masking.gain(values, options.gains, out=values)
    masking.clamp(values, out=values)

    visemes, speech = performances.seen(visemes, values), performances.opened(speech)
    origin = _origin(path, sound_sha256, mood | watched | listed, options, models, heard, told)
    told += shifts.told if shifts else ()
    take = Take(values, Fraction(FRAME_RATE_HZ), head=turned, origin=origin)
    take = lip_closure.reseal(resample(take, options.rate), closures)
    if options.only:
        take = replace(take, values=masking.mask(take.values, options.only))
    report(0.9)
    sparse = _sparse(take, closures) if options.keys == "sparse" else None
    report(1.0)
    return Performance(take, _at_rate(visemes, take), closures, _at_rate(speech, take), emotion, heard, sparse, told)


def hear(path: Path, models: Models, progress: Callable[[float], None] | None = None) -> F32:
    """Probabilities (T, 16) at 60 fps of the visemes in a recording.

    Raises:
        AudioError: the file cannot be read.
    """
    with audio.stream(path) as sound:
        return models.ear.hear(sound, n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ)), progress).visemes


def _ignore(share: float) -> None:
    """Progress that nobody asked for."""


def _heard(path: Path, asked: str, listener: AudioEmotion, hearing: Hearing, energy_db: F32) -> EmotionEstimate:
    """The emotion in the voice; a listener that knows another ear hears the line once more with that one."""
    if hearing.voice is None:
        return emotion_recognition.hear(path, asked, listener)
    return emotion_recognition.tell(
        hearing.voice, emotion_recognition.voice_level(energy_db, hearing.visemes), asked, listener
    )


def _curves(models: Models, hearing: Hearing, emotion: EmotionTrack, report: Callable[[float], None]) -> F32:
    """Curves (T, 174) of the whole line, at 60 fps."""
    count = len(hearing.features)
    values: F32 = memmap.make((count, rig.N_CONTROLS), np.float32)
    for first, curves in models.audio2rig.windows(hearing.features, emotion.sample):
        values[first : first + len(curves)] = curves
        memmap.release(values)
        report(EAR_SHARE + (NETWORK_SHARE - EAR_SHARE) * (first + len(curves)) / count)
    return values


def _rest(values: F32, speech: F32, emotion: EmotionTrack, rests: F32) -> None:
    """Eases the mouth, in place, to the emotion's pose in silence: a smile stays through a pause, a quiver does not."""
    for rows in memmap.blocks(values):
        pose = emotion.sample(np.arange(rows.start, rows.stop) / FRAME_RATE_HZ) @ rests
        silence.rest_in_silence(values[rows], speech[rows], pose, out=values[rows])


def _lead(values: F32) -> None:
    """Moves mouth, jaw, teeth, tongue and blown cheeks ahead of the sound, in place."""
    held = silence.HELD_COLUMNS
    for rows in memmap.blocks(values[:-LEAD_FRAMES]):
        values[rows, held] = values[rows.start + LEAD_FRAMES : rows.stop + LEAD_FRAMES, held]


def _seed(sound_sha256: str, seed: int) -> int:
    """The seed of one line: no two recordings share their blinks, and the same recording keeps its own."""
    return int.from_bytes(sha256(f"{sound_sha256}:{seed}".encode()).digest()[:8], "big")


def _blink_cues(speech: F32, onsets: F32) -> NDArray[np.float64]:
    """Instants in seconds at which people blink: as phrases begin and end, and just after what they stress."""
    turns = np.flatnonzero(np.diff(speech > 0.5))
    accents, _ = head.accents(onsets, FRAME_RATE_HZ)
    return np.asarray(np.sort(np.concatenate([turns / FRAME_RATE_HZ, accents / FRAME_RATE_HZ + AFTER_ACCENT_S])))


def _head(onsets: F32, speech: F32, weights: NDArray[np.floating], options: GenerateOptions, seed: int) -> F32:
    if options.head_style == "onsets":
        return head.onset_motion(onsets * speech, weights, seed)
    return head.head_motion(onsets, weights, seed, speech=speech)


def _origin(
    path: Path,
    sound_sha256: str,
    mood: Mapping[str, object],
    options: GenerateOptions,
    models: Models,
    heard: EmotionEstimate | None,
    told: tuple[str, ...],
) -> dict[str, object]:
    """How the take came to be; no time of day and no folder, so that the same input gives the same bytes."""
    played = {"motion_sha256": models.motion.sha256} if models.motion else {}
    by = {"heard": heard.facts, "heard_by_sha256": models.audio_emotion.sha256} if heard else {}
    return {
        "made_by": "facetake generate",
        "audio": path.name,
        "audio_sha256": sound_sha256,
        "model_sha256": models.audio2rig.sha256,
        "ear_sha256": models.ear.sha256,
        **mood,
        "seed": options.seed,
        "energy": options.energy,
        "blink": options.blink,
        "gaze": options.gaze,
        "head": options.head,
        "head_style": options.head_style,
        "gains": dict(options.gains),
        "only": list(options.only),
        **played,
        **by,
        **({"sound": list(told)} if told else {}),
    }


def _mood(asked: str) -> tuple[EmotionTrack, dict[str, object]]:
    """The emotion to perform, neutral where it is to be heard, and what is noted of it: of a file its name and hash."""
    if path := cue_file(asked):
        with audio.unchanged(path):
            return parse(asked), {"emotion": path.name, "cues_sha256": files.hash_of(path, ConfigError)}
    return parse("neutral" if is_heard(asked) else asked), {"emotion": named(asked)}


def _looked(options: GenerateOptions) -> tuple[GazeTrack | None, dict[str, object]]:
    """What is looked at, and what is noted of it: of a file its name and hash."""
    if options.look is None or options.look == "":
        return None, {}
    if not options.gaze:
        raise ConfigError("--look says what the eyes do and --no-gaze leaves it out; give one of the two")
    if isinstance(options.look, GazeTrack):
        return options.look, {"look": f"{len(options.look.looks)} points"}
    if path := gaze.cue_file(options.look):
        with audio.unchanged(path):
            return gaze.read(path), {"look": path.name, "look_sha256": files.hash_of(path, ConfigError)}
    return gaze.parse(options.look), {"look": options.look}


def _marked(options: GenerateOptions) -> tuple[EventTrack, dict[str, object]]:
    """What is not speech, and what is noted of it: of a file its name and hash."""
    if options.events is None or options.events == "":
        return EventTrack(), {}
    if isinstance(options.events, EventTrack):
        return options.events, {"events": events.written(options.events)}
    if path := events.cue_file(options.events):
        with audio.unchanged(path):
            return events.read(path), {"events": path.name, "events_sha256": files.hash_of(path, ConfigError)}
    track = events.parse(options.events)
    return track, {"events": events.written(track)}


def _overheard(
    path: Path, marked: EventTrack, hearing: Hearing, models: Models
) -> tuple[EventTrack, dict[str, object]]:
    """Events that were marked and those that are heard; a listener that knows another ear hears the line once more."""
    listener = models.event_listener
    features = hearing.features
    if listener.ear is not models.ear:
        with audio.stream(path) as sound:
            features = listener.ear.hear(sound, len(features)).features
    track = events.joined(marked, listener.hear(features))
    return track, {"events": events.written(track), "events_heard_by_sha256": listener.sha256}


def _sparse(take: Take, closures: tuple[lip_closure.Closure, ...]) -> keys.Keys:
    """Keys that keep every closure exactly where it is."""
    pins = lip_closure.closure_frames(closures, take.n_frames, float(take.rate), float(take.start))
    return keys.reduce(
        take.values, pin_frames=pins, pin_columns=lip_closure.SEAL_COLUMNS, bounds=(rig.MINIMUM, rig.MAXIMUM)
    )


def _at_rate(track: F32, take: Take) -> F32:
    """What was heard (T, ...) at the frames of the take: that of the nearest 60 fps frame."""
    if take.rate == FRAME_RATE_HZ and take.n_frames == len(track):
        return track
    nearest = np.round(take.times_s * FRAME_RATE_HZ).astype(int)
    return np.asarray(track[np.clip(nearest, 0, len(track) - 1)])
