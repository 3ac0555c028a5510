"""From a recorded line and an emotion to a take: the story of the product, step by step.

`generate` reads top to bottom in the order things happen. What each step does lives in the module it names; nothing
here knows file formats, the command line or training.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import audio, direction, edits, emotion_recognition, events, files, keys, rig
from facetake.alignment import align_heard
from facetake.arrays import F32, memmap
from facetake.audio import FRAME_RATE_HZ
from facetake.edits import EditedScript, KeyedCurve, LineEdits, keyed, reshaping, touched
from facetake.emotion import EmotionTrack
from facetake.emotion_recognition import EmotionEstimate
from facetake.errors import AudioError, ModelError
from facetake.events import EventTrack
from facetake.inference import AudioEmotion, Hearing, Models
from facetake.motion import coupling, emphasis, expression, eyes, gaze_shifts, head
from facetake.motion.performances import Performances
from facetake.performance import Draft, GenerateOptions, HeardLine, Performance
from facetake.postprocess import heard_lips, lip_closure, masking, script_guide, silence, smoothing
from facetake.script import Aligned, Alignment, Sheet
from facetake.script import heard as heard_script
from facetake.take import Take, patched, resample
from facetake.timebase import n_frames

__all__ = [
    "Draft",
    "GenerateOptions",
    "HeardLine",
    "Memory",
    "Performance",
    "aligned_text",
    "draft",
    "edited_script",
    "generate",
    "hear",
    "listen",
    "mark",
    "needs_voice",
    "perform",
]

BESIDE_S = 0.5  # of a closure that belongs to a stretch: half of the longest, which begins before its middle
MOST_STRETCHES = 200  # of a line, that are remembered: twenty megabytes
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
class _Acted:
    """The face at 60 frames a second: curves, head, and what they were made by."""

    values: F32
    head: F32 | None
    visemes: F32
    speech: F32
    closures: tuple[lip_closure.Closure, ...]
    told: tuple[str, ...]


@dataclass
class Memory:
    """What edits of phones and words leave as it is, kept from one performance of a line to the next.

    Attributes:
        plain: the face without such edits.
        take: the same; its values are those of `plain`.
        broken: its closures that have to be sealed once more.
        scale: how the line speaks.
        heard: stretches as they are heard, by frames; those used last at the end.
        edited: stretches as they were edited last, by all that they depend on.
    """

    plain: _Acted | None = None
    take: Take | None = None
    broken: frozenset[lip_closure.Closure] = frozenset()
    scale: reshaping.Scale | None = None
    heard: OrderedDict[tuple[Any, ...], _Acted] = field(default_factory=OrderedDict)
    edited: dict[tuple[Any, ...], _Acted] = field(default_factory=dict)

    def learn(self, plain: _Acted) -> None:
        """The face without edits of phones and words; nobody writes to its values any more."""
        self.take = Take(plain.values, Fraction(FRAME_RATE_HZ), head=plain.head)
        self.plain = replace(plain, values=self.take.values)
        self.broken = frozenset(lip_closure.check_seals(self.take.values, plain.closures))

    def as_heard(self, key: tuple[Any, ...], make: Callable[[], _Acted]) -> _Acted:
        """A stretch as it is heard."""
        if key not in self.heard:
            self.heard[key] = make()
        self.heard.move_to_end(key)
        return self.heard[key]

    def keep(self, edited: dict[tuple[Any, ...], _Acted]) -> None:
        """The stretches that there are now; the oldest of all others as they are heard are forgotten."""
        self.edited = edited
        while len(self.heard) > max(MOST_STRETCHES, len(edited)):
            self.heard.popitem(last=False)


def generate(
    path: Path, options: GenerateOptions, models: Models, progress: Callable[[float], None] | None = None
) -> Performance:
    """Turns a recorded line into a take: `listen`, `draft` and `perform`, one after another.

    Args:
        path: sound file of any length, rate and number of channels.
        options: what the user chose.
        models: loaded and verified networks.
        progress: called with the share done, 0..1.

    Raises:
        AudioError: the file cannot be read.
        ConfigError, RigError: an option names something unknown.
        ModelError: the emotion is to be heard, and the model that hears it is missing or altered.
        ScriptError: the text cannot be put into the line's time.
    """
    report = progress or _ignore
    direction.mood(options)  # a mistake in either shows before anything is heard
    direction.looked(options)
    direction.marked(options)
    line = listen(
        path,
        models,
        lambda share: report(EAR_SHARE * share),
        with_voice=needs_voice(options, models),
        with_phones=options.script is None and (_text(options) is not None or _edits_phones(options)),
    )
    aligned = aligned_text(line, options)
    if aligned is not None:
        options = replace(options, script=aligned.alignment)
    drafted = draft(line, options, models, report)
    line = line.without_features()  # of hours they are a hundred megabytes
    if options.edits is not None:
        made = perform(line, drafted, options, models, report)
    else:
        acted = _acted(line, drafted, drafted.values, options, models)
        made = _finished(acted, line, drafted, options, models, report)
    return made if aligned is None else replace(made, told=(*made.told, *aligned.told), aligned=aligned)


def _text(options: GenerateOptions) -> str | Sheet | None:
    """What is said: as it is given, else as it was typed among the edits."""
    return options.text if options.text is not None else (options.edits.text or None) if options.edits else None


def _edits_phones(options: GenerateOptions) -> bool:
    return options.edits is not None and options.edits.is_of_phones


def aligned_text(line: HeardLine, options: GenerateOptions) -> Aligned | None:
    """The line's text in time, where one is given and no script is.

    Raises:
        ModelError: the line was heard without its phones.
        ScriptError: nothing in the text can be spoken, a word has no pronunciation, or it is far too long for the line.
    """
    text = _text(options)
    if text is None or options.script is not None:
        return None
    if line.hearing.phones is None:
        raise ModelError("the line was heard without its phones, which its text needs; listen to it with them")
    more = text.told if isinstance(text, Sheet) else ()
    phones = line.hearing.phones
    found = align_heard(phones, line.duration_s, text, language=options.language, dictionary=options.dictionary)
    return replace(found, told=(*more, *found.told))


def listen(
    path: Path,
    models: Models,
    progress: Callable[[float], None] | None = None,
    *,
    with_voice: bool = False,
    with_phones: bool = False,
) -> HeardLine:
    """Hears a recorded line, once for however many performances.

    Args:
        path: sound file of any length, rate and number of channels.
        models: loaded and verified networks.
        progress: called with the share done, 0..1.
        with_voice: tell how the voice sounds as well, for a performance whose emotion is to be heard.
        with_phones: tell the phones as well, for edits of a line whose text is not known.

    Raises:
        AudioError: the file cannot be read.
        ModelError: how the voice sounds, or its phones, are asked, and the ear does not tell.
    """
    with audio.unchanged(path), audio.stream(path) as sound:
        count = n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ))
        rhythm = audio.Rhythm(count)
        hearing = models.ear.hear(
            rhythm.listening(sound), count, progress, with_voice=with_voice, with_phones=with_phones
        )
        sound_sha256 = files.hash_of(path, AudioError)
    return HeardLine(path, sound_sha256, hearing, *rhythm.tracks(), sound.told)


def needs_voice(options: GenerateOptions, models: Models) -> bool:
    """Whether `listen` must tell how the voice sounds, for what is asked of the emotion."""
    return direction.heard_mood(options) is not None and models.audio_emotion.ear is models.ear


def draft(
    line: HeardLine, options: GenerateOptions, models: Models, progress: Callable[[float], None] | None = None
) -> Draft:
    """Curves of a heard line as the networks have them for an emotion; whatever else is chosen, they stay the same.

    Raises:
        AudioError: events are to be heard, or the emotion by another ear, and the file cannot be read again.
        ConfigError: the emotion is unknown.
        ModelError: the emotion is to be heard, and the model that hears it is missing or altered.
    """
    emotion, mood = direction.mood(options)
    asked = direction.heard_mood(options)
    heard = _heard(line, asked, models.audio_emotion) if asked else None
    emotion = heard.track if heard else emotion
    values = _curves(models, line.hearing, emotion, progress or _ignore)
    if line.hearing.lips is not None:
        heard_lips.follow(values, _lips(line, line.hearing.lips), heard_lips.spoken(line.hearing.visemes))
    return mark(Draft(values, emotion, heard, mood), line, options, models)


def mark(drafted: Draft, line: HeardLine, options: GenerateOptions, models: Models) -> Draft:
    """A draft with what is not speech, as these options have it: its curves stay as they are.

    Raises:
        AudioError: they are to be heard, and the file cannot be read again.
        ConfigError: an event is unknown, over another or past the end of the line.
        ModelError: they are to be heard, and the model that hears them is missing or altered.
    """
    marked, listed = direction.marked(options)
    if options.events:
        marked.check_within(line.duration_s)
    else:
        marked = EventTrack(tuple(one for one in marked.events if one.start_s < line.duration_s))
    if isinstance(options.events, str) and events.is_heard(options.events):
        marked, listed = _overheard(line, marked, models)
    mood = {name: value for name, value in drafted.mood.items() if not name.startswith("events")}
    return replace(drafted, mood={**mood, **listed}, events=marked)


def perform(
    line: HeardLine,
    drafted: Draft,
    options: GenerateOptions,
    models: Models,
    progress: Callable[[float], None] | None = None,
    script: EditedScript | None = None,
    memory: Memory | None = None,
) -> Performance:
    """Turns a heard line and its draft into a take; both stay as they are, for another performance.

    Args:
        line: from `listen`.
        drafted: from `draft`, of that line and for the emotion of these options.
        options: what the user chose.
        models: loaded and verified networks.
        progress: called with the share done, 0..1.
        script: phones and words of the line with its edits, where they are known already.
        memory: of a performance before that differs in phones, words, locks and keys alone, or an empty one: then
            what the edits do not touch is not performed again, and the take is the same to every byte.

    Raises:
        ConfigError, RigError: an option names something unknown.
    """
    if script is None and options.edits is not None:
        script = edited_script(line, options)
    if script is not None:
        options = replace(options, edits=script.edits)
    report = progress or _ignore
    if memory is None:
        acted = _acted(line, drafted, memmap.copy(drafted.values), options, models)
        acted = acted if script is None else _edited(acted, line, drafted, script, options, models, Memory())
        return _finished(acted, line, drafted, options, models, report)
    if memory.plain is None:
        memory.learn(_acted(line, drafted, memmap.copy(drafted.values), options, models))
    assert memory.plain is not None
    head = memory.plain.head
    acted = replace(memory.plain, values=memmap.fork(memory.plain.values), head=None if head is None else head.copy())
    acted = acted if script is None else _edited(acted, line, drafted, script, options, models, memory)
    changed = [] if script is None else touched.frames(script, len(acted.values))
    if options.rate != FRAME_RATE_HZ:
        memory = None
    return _finished(acted, line, drafted, options, models, report, memory, changed)


def _acted(line: HeardLine, drafted: Draft, values: F32, options: GenerateOptions, models: Models) -> _Acted:
    """The whole face at 60 frames a second, in place: `values` are the draft's, or a copy of them."""
    visemes, energy_db, onsets, emotion = line.hearing.visemes, line.energy_db, line.onsets, drafted.emotion
    if options.script is not None:
        visemes = script_guide.visemes(visemes, options.script)
    looked, _ = direction.looked(options)
    smoothing.smooth(values, out=values, window=smoothing.SHARP_WINDOW)
    speech = silence.speech_gate(visemes, energy_db)
    _rest(values, speech, emotion, models.rests)
    seed = _seed(line.sha256, options.seed)
    weights = emotion.sample(np.arange(len(values)) / FRAME_RATE_HZ)
    expression.add(values, energy_db, speech, weights, models.rests, seed, options.energy, models.motion)
    performances = Performances(drafted.events, energy_db, seed)
    performances.play(values, weights, models.rests)
    said = visemes * ((speech > 0.0) * performances.spoken(visemes))[:, None]
    closures = tuple(lip_closure.find_closures(said, start_s=-LEAD_S, values=values))
    _lead(values)
    if options.script is not None:
        script_guide.shape(values, options.script, speech)
        emphasis.add(values, options.script, weights, options.emphasis)
    lip_closure.seal_lips(values, closures, out=values)
    shifts = gaze_shifts.plan(looked, seed, with_head=options.head) if looked else None
    turned = _head(onsets, speech, weights, options, seed) if options.head else None
    if options.script is not None and turned is not None:
        emphasis.nod(turned, options.script, options.emphasis)
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
    return _Acted(values, turned, visemes, speech, closures, shifts.told if shifts else ())


def _edited(
    acted: _Acted,
    line: HeardLine,
    drafted: Draft,
    script: EditedScript,
    options: GenerateOptions,
    models: Models,
    memory: Memory,
) -> _Acted:
    """The face with the line's edits: about the phones and words that they touch, and nowhere else.

    Each stretch is solved as it is heard and as it is edited, and the difference is laid over the face: whatever else
    moves there stays.
    """
    acted = replace(acted, told=(*acted.told, *script.lost))
    if not script.edits.is_of_phones:
        return acted
    count = len(acted.values)
    phones, words = touched.of_phones(script), touched.of_words(script)
    by_phones, by_words = touched.weights(phones, count), touched.weights(words, count)
    bare = replace(
        options, blink=False, gaze=False, look=None, energy=0.0, head=options.head and bool(words), edits=None
    )
    if memory.scale is None:
        memory.scale = reshaping.scale_of(drafted.values, line.hearing.visemes, line.energy_db)
    edited: dict[tuple[Any, ...], _Acted] = {}
    visemes, speech = acted.visemes.copy(), acted.speech.copy()
    within = np.maximum(by_phones, by_words) > 0.5
    closures = list(acted.closures)
    for first, last in touched.frames(script, count):
        rows = slice(first, last)
        stretch = line.cut(first, last), drafted.cut(first, last)
        make = partial(_as_heard, *stretch, script, first, bare, models)
        plain = memory.as_heard((first, last, bare.head), make)
        key = (first, last, bare.head, script.within(first / FRAME_RATE_HZ, last / FRAME_RATE_HZ))
        other = memory.edited.get(key) or _as_edited(*stretch, script, memory.scale, first, bare, models)
        edited[key] = other
        change = other.values - plain.values
        touched.add(acted.values[rows], change, by_phones[rows], touched.PHONE_COLUMNS, script.edits, first)
        touched.add(acted.values[rows], change, by_words[rows], touched.WORD_COLUMNS, script.edits, first)
        if acted.head is not None and plain.head is not None and other.head is not None:
            acted.head[rows] += by_words[rows, None] * (other.head - plain.head)
        visemes[rows][within[rows]] = other.visemes[within[rows]]
        speech[rows][within[rows]] = other.speech[within[rows]]
        moved = [_later(one, first / FRAME_RATE_HZ) for one in other.closures]
        near = _about(closures, first, last)
        kept = [one for one in closures[near] if not _is_in(one, within[rows], first)]
        new = [*kept, *(one for one in moved if _is_in(one, within[rows], first))]
        closures[near] = sorted(new, key=lambda one: one.start_s)
    memory.keep(edited)
    return replace(acted, visemes=visemes, speech=speech, closures=tuple(closures))


def _as_heard(
    line: HeardLine, drafted: Draft, script: EditedScript, first: int, options: GenerateOptions, models: Models
) -> _Acted:
    """A stretch of a line without edits."""
    return _acted(line, drafted, drafted.values.copy(), _with_script(options, script.own, line, first), models)


def _as_edited(
    line: HeardLine,
    drafted: Draft,
    script: EditedScript,
    scale: reshaping.Scale,
    first: int,
    options: GenerateOptions,
    models: Models,
) -> _Acted:
    """A stretch of a line with its edits."""
    made = reshaping.reshape(drafted.values, line.hearing.visemes, line.energy_db, script, scale, first)
    line = replace(line, hearing=replace(line.hearing, visemes=made.visemes), energy_db=made.energy_db)
    return _acted(line, drafted, made.values, _with_script(options, script.alignment, line, first), models)


def _with_script(options: GenerateOptions, script: Alignment, line: HeardLine, first: int) -> GenerateOptions:
    """Options for a stretch of a line, whose script counts where there is one."""
    if options.script is None:
        return options
    start_s = first / FRAME_RATE_HZ
    return replace(options, script=script.cut(start_s, start_s + line.duration_s))


def _later(closure: lip_closure.Closure, by_s: float) -> lip_closure.Closure:
    return closure._replace(start_s=closure.start_s + by_s, end_s=closure.end_s + by_s)


def _finished(
    acted: _Acted,
    line: HeardLine,
    drafted: Draft,
    options: GenerateOptions,
    models: Models,
    report: Callable[[float], None],
    memory: Memory | None = None,
    changed: Sequence[tuple[int, int]] = (),
) -> Performance:
    """The take at its rate, with what lies over it, and its keys; with a memory of that rate, only what changed."""
    told = line.told if models.motion else (*line.told, NO_MOVEMENT)
    origin = direction.noted(
        line, {**drafted.mood, **direction.looked(options)[1]}, options, models, drafted.heard, told
    )
    told += acted.told
    visemes, speech, closures, emotion = acted.visemes, acted.speech, acted.closures, drafted.emotion
    curves = options.edits.curves if options.edits is not None else ()
    if memory is not None:
        take = _retouched(acted, memory, changed, curves, origin)
    else:
        take = Take(acted.values, Fraction(FRAME_RATE_HZ), head=acted.head, origin=origin)
        take = keyed.lay(lip_closure.reseal(resample(take, options.rate), closures), curves)
    if options.only:
        take = replace(take, values=masking.mask(take.values, options.only))
    report(0.9)
    sparse = _sparse(take, closures) if options.keys == "sparse" else None
    report(1.0)
    seen, gate = _at_rate(visemes, take), _at_rate(speech, take)
    return Performance(take, seen, closures, gate, emotion, drafted.heard, sparse, told)


def _retouched(
    acted: _Acted,
    memory: Memory,
    changed: Sequence[tuple[int, int]],
    curves: Sequence[KeyedCurve],
    origin: Mapping[str, object],
) -> Take:
    """The take of a face that differs from the one without edits in some stretches only; closures are resealed."""
    assert memory.take is not None
    again = [one for stretch in changed for one in acted.closures[_about(acted.closures, *stretch)]]
    broken = set(lip_closure.check_seals(acted.values, again))
    known = memory.broken.difference(again) if memory.broken else memory.broken
    sealed = [one for one in acted.closures if one in broken or one in known] if broken or known else []
    if sealed:
        lip_closure.seal_lips(acted.values, sealed, out=acted.values)
    by_hand = keyed.write(acted.values, curves, memory.take.rate)
    return patched(memory.take, acted.values, [*changed, *by_hand], acted.head, origin)


def edited_script(line: HeardLine, options: GenerateOptions) -> EditedScript:
    """A line's phones and words with its edits: of its script, or as the ear heard them.

    Raises:
        ModelError: neither is known, and phones are edited.
    """
    known = options.edits or LineEdits()
    own = options.script
    if own is None and line.hearing.phones is not None:
        own = heard_script(line.hearing.phones, line.duration_s)
    if own is None:
        if known.is_of_phones:
            raise ModelError("the line was heard without its phones, which its edits need; listen to it with them")
        own = Alignment(line.duration_s)
    return edits.apply(known, own, line.path.name, line.sha256)


def hear(path: Path, models: Models, progress: Callable[[float], None] | None = None) -> F32:
    """Probabilities (T, 16) at 60 fps of the visemes in a recording.

    Raises:
        AudioError: the file cannot be read.
    """
    with audio.stream(path) as sound:
        return models.ear.hear(sound, n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ)), progress).visemes


def _ignore(share: float) -> None:
    """Progress that nobody asked for."""


def _heard(line: HeardLine, asked: str, listener: AudioEmotion) -> EmotionEstimate:
    """The emotion in the voice; a listener that knows another ear hears the line once more with that one."""
    if line.hearing.voice is None:
        return emotion_recognition.hear(line.path, asked, listener)
    level = emotion_recognition.voice_level(line.energy_db, line.hearing.visemes)
    return emotion_recognition.tell(line.hearing.voice, level, asked, listener)


def _curves(models: Models, hearing: Hearing, emotion: EmotionTrack, report: Callable[[float], None]) -> F32:
    """Curves (T, 174) of the whole line, at 60 fps."""
    count = len(hearing.features)
    values: F32 = memmap.make((count, rig.N_CONTROLS), np.float32)
    for first, curves in models.audio2rig.windows(hearing.features, emotion.sample):
        values[first : first + len(curves)] = curves
        memmap.release(values)
        report(EAR_SHARE + (NETWORK_SHARE - EAR_SHARE) * (first + len(curves)) / count)
    return values


def _lips(line: HeardLine, lips: F32) -> F32:
    """What the ear read of the lips (T, 2), by loudness too in a list of words or phrases."""
    if not silence.is_list(silence.speech_spans(line.hearing.visemes, line.energy_db)):
        return lips
    return heard_lips.with_loudness(lips, line.energy_db, heard_lips.spoken(line.hearing.visemes))


def _about(closures: Sequence[lip_closure.Closure], first: int, last: int) -> slice:
    """Where among closures in order those of some frames are, and some beside them."""
    ends_s = first / FRAME_RATE_HZ - BESIDE_S, last / FRAME_RATE_HZ + BESIDE_S
    low, high = (bisect_left(closures, at_s, key=lambda one: one.start_s) for at_s in ends_s)
    return slice(low, high)


def _is_in(closure: lip_closure.Closure, frames: NDArray[np.bool_], first: int = 0) -> bool:
    """Whether the middle of a closure is among some frames, of which the first is that of a line."""
    middle = round((closure.start_s + closure.end_s) / 2 * FRAME_RATE_HZ) - first
    return 0 <= middle < len(frames) and bool(frames[middle])


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


def _overheard(line: HeardLine, marked: EventTrack, models: Models) -> tuple[EventTrack, dict[str, object]]:
    """Events that were marked and those that are heard: bands are measured then, and only another ear hears again."""
    listener = models.event_listener
    features = line.hearing.features
    levels = audio.BandLevels(len(features))
    with audio.stream(line.path) as sound:
        passing = levels.listening(sound)
        if listener.ear is not models.ear:
            features = listener.ear.hear(passing, len(features)).features
        deque(passing, maxlen=0)
    track = events.joined(marked, listener.hear(features, levels.tracks(), line.energy_db))
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
