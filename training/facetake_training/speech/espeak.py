"""espeak-ng's formant voices, called in process: many speakers, many languages, a robot's sound.

espeak says when a phone starts but counts the silent closure of a stop to the phone before it; the closure
is given back to the stop here, found by its lack of energy. The engine is GPL and is never shipped or linked: it is
loaded from the user's machine where it is installed.
"""

from __future__ import annotations

import ctypes
import difflib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake.audio import SAMPLE_RATE_HZ
from facetake.errors import ConfigError
from facetake.phones import SILENCE, STOPS, from_ipa, is_vowel, with_stress
from facetake_training.speech.spoken import Row, SpeakingVoice, SpokenLine, tidy, to_16_khz

_SYNCHRONOUS: Final = 2  # espeak-ng's speak_lib.h: AUDIO_OUTPUT_SYNCHRONOUS
_PHONEME_EVENTS_IN_IPA: Final = 3  # espeakINITIALIZE_PHONEME_EVENTS | espeakINITIALIZE_PHONEME_IPA
_EVENT_PHONEME: Final = 7  # espeakEVENT_PHONEME
_UTF_8: Final = 1  # espeakCHARS_UTF8
_RATE = 1  # espeakRATE
_PITCH = 3  # espeakPITCH
_RANGE = 4  # espeakRANGE
_OWN_WORDS_A_MINUTE: Final = 165.0  # at a rate of 1, by choice: a little below its own 175
_IPA_SPLIT_BY_UNDERSCORE: Final = (ord("_") << 8) | 0x02  # bit 1: IPA; bits 8 and up: what stands between phones

_FRAME: Final = 80  # 5 ms at 16 kHz
_LONGEST_CLOSURE_S: Final = 0.12  # by choice: stops are shut for less; more is a pause before one
_SHORTEST_PAUSE_S: Final = 0.04  # by choice: less is no pause, but an empty event
_QUIET: Final = 0.06  # of the line's loud frames: what counts as a closure or a pause


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def _load() -> ctypes.CDLL:
    for name in ("libespeak-ng.so.1", "libespeak-ng.dylib", "libespeak-ng.dll"):
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise ConfigError(
        "espeak-ng's library is not on this machine; install it (Debian, Ubuntu: apt install espeak-ng) "
        "or set the hours of espeak to 0"
    )


class Espeak:
    """The espeak engine; ConfigError at construction where its library is missing."""

    def __init__(self) -> None:
        """Load and start the library; one per process, because it keeps global state."""
        self._lib = _load()
        self._rate_hz = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS_IN_IPA)
        if self._rate_hz <= 0:
            raise ConfigError("espeak-ng could not find its voice data; install the package espeak-ng-data")
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._blocks: list[NDArray[np.int16]] = []
        self._events: list[tuple[str, int]] = []
        self._callback = _CALLBACK(self._collect)  # kept: ctypes does not hold it for the library
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: SpeakingVoice) -> SpokenLine:
        """Say a text; ValueError where the times do not match the audio, ConfigError for an unknown voice."""
        if self._lib.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise ConfigError(f"espeak-ng has no voice {voice.name!r}; `espeak-ng --voices` lists them")
        for parameter, value in (
            (_RATE, _OWN_WORDS_A_MINUTE * voice.rate),
            (_PITCH, 50.0 * voice.pitch),
            (_RANGE, 50.0 * voice.pitch_range),
        ):
            self._lib.espeak_SetParameter(parameter, round(value), 0)
        self._blocks.clear()
        self._events.clear()
        data = text.encode() + b"\0"
        self._lib.espeak_Synth(data, len(data), 0, 1, 0, _UTF_8, None, None)
        if not self._blocks or not self._events:
            raise ValueError(f"espeak-ng could not say {text!r}")
        audio = to_16_khz(np.concatenate(self._blocks), self._rate_hz)
        rows = _rows(self._events, self._rate_hz, audio, voice.language)
        if voice.language != "zh":  # Mandarin has tones; espeak marks every syllable of it as stressed
            rows = _with_stress(rows, self._stressed(text, voice.language))
        return SpokenLine(audio, tidy(rows, len(audio) / SAMPLE_RATE_HZ))

    def _collect(self, samples: object, count: int, events: object) -> int:
        """Take a block of audio and its phoneme events from the library."""
        if count > 0 and samples:
            self._blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        i = 0
        while events[i].type != 0:  # type: ignore[index]
            event = events[i]  # type: ignore[index]
            if event.type == _EVENT_PHONEME:
                self._events.append((bytes(event.id.string).decode("utf-8", "ignore"), event.sample))
            i += 1
        return 0

    def _stressed(self, text: str, language: str) -> list[str]:
        """Give the phones of a text with their stress, without times."""
        pointer = ctypes.c_char_p(text.encode())
        phones: list[str] = []
        while pointer.value:
            clause = self._lib.espeak_TextToPhonemes(ctypes.byref(pointer), _UTF_8, _IPA_SPLIT_BY_UNDERSCORE)
            for word in clause.decode("utf-8", "ignore").replace("_", " ").split():
                phones += _marked(word, language)
        return phones


def _marked(ipa: str, language: str) -> list[str]:
    """Turn one marked sound ("ˈaɪɚ") into phones whose first vowel carries the stress."""
    level = 1 if "ˈ" in ipa else 2 if "ˌ" in ipa else 0
    found: list[str] = []
    for phone in from_ipa(ipa, language):
        found.append(with_stress(phone, level))
        level = 0 if is_vowel(phone) else level
    return found


def _rows(events: list[tuple[str, int]], rate_hz: int, audio: NDArray[np.float32], language: str) -> list[Row]:
    """Turn phoneme starts into rows; empty events are pauses if they are quiet, else part of the sound before."""
    quiet = _quiet_frames(audio)
    starts = [sample / rate_hz for _, sample in events] + [len(audio) / SAMPLE_RATE_HZ]
    rows: list[Row] = []
    for (ipa, _), start_s, end_s in zip(events, starts, starts[1:], strict=False):
        phones = from_ipa(ipa, language)
        if not phones:
            same = rows and not _is_quiet(quiet, start_s, end_s)
            phones = (rows[-1][0] if same else SILENCE,)
        if end_s <= start_s:
            continue
        if phones[0] in STOPS and rows and rows[-1][0] != phones[0]:
            start_s = _closure(quiet, rows, start_s)
        step_s = (end_s - start_s) / len(phones)
        for i, phone in enumerate(phones):
            _append(rows, (phone, start_s + i * step_s, start_s + (i + 1) * step_s))
    return _without_short_silence(_quiet_tail(rows, quiet))


def _append(rows: list[Row], row: Row) -> None:
    """Append a row, or lengthen the last one when an empty event continued its phone."""
    if rows and rows[-1][0] == row[0]:
        rows[-1] = (row[0], rows[-1][1], row[2])
    else:
        rows.append(row)


def _quiet_frames(audio: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(frames of 5 ms,) True where there is next to no sound."""
    frames = audio[: len(audio) // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1))
    return np.asarray(level < _QUIET * np.percentile(level, 90))


def _is_quiet(quiet: NDArray[np.bool_], start_s: float, end_s: float) -> bool:
    span = quiet[round(start_s * 200) : max(round(end_s * 200), round(start_s * 200) + 1)]
    return bool(span.mean() > 0.6) if len(span) else True


def _closure(quiet: NDArray[np.bool_], rows: list[Row], start_s: float) -> float:
    """Move a stop's start back over its silent closure, but not over half of the phone before it."""
    phone, before_s, end_s = rows[-1]
    first = round((before_s + (end_s - before_s) / 2) * 200) if phone != SILENCE else round(start_s * 200)
    frame = min(round(start_s * 200), len(quiet))
    while frame > first and quiet[frame - 1]:
        frame -= 1
    moved_s = min(start_s, frame / 200)
    rows[-1] = (phone, before_s, moved_s)
    return moved_s


def _quiet_tail(rows: list[Row], quiet: NDArray[np.bool_]) -> list[Row]:
    """Cut silence off phones that espeak lets run into a pause or the end of the line."""
    out: list[Row] = []
    for i, (phone, start_s, end_s) in enumerate(rows):
        last = phone != SILENCE and (i + 1 == len(rows) or rows[i + 1][0] == SILENCE)
        frame = min(round(end_s * 200), len(quiet))
        while last and frame > round(start_s * 200) + 4 and quiet[frame - 1]:
            frame -= 1
        cut_s = min(end_s, frame / 200) if last else end_s
        out.append((phone, start_s, cut_s))
        if end_s - cut_s > 0.005:
            out.append((SILENCE, cut_s, end_s))
    return out


def _without_short_silence(rows: list[Row]) -> list[Row]:
    """Give a short silence inside the line to the stop after it (its closure) or, shorter still, to the phone before.

    espeak writes a tone as an empty event at the end of each Mandarin syllable, which is what most of these are.
    """
    out: list[Row] = []
    for i, (phone, start_s, end_s) in enumerate(rows):
        inside = 0 < i < len(rows) - 1 and phone == SILENCE
        following = rows[i + 1][0] if inside else ""
        if inside and following in STOPS and end_s - start_s < _LONGEST_CLOSURE_S:
            rows[i + 1] = (following, start_s, rows[i + 1][2])
        elif inside and out and end_s - start_s < _SHORTEST_PAUSE_S:
            out[-1] = (out[-1][0], out[-1][1], end_s)
        else:
            out.append((phone, start_s, end_s))
    return out


def _with_stress(rows: list[Row], marked: list[str]) -> list[Row]:
    """Copy stress from the phones of the text to the phones that were said, matched in order."""
    bare = [phone.rstrip("012") for phone in marked]
    said = [i for i, row in enumerate(rows) if row[0] != SILENCE]
    matcher = difflib.SequenceMatcher(None, [rows[i][0] for i in said], bare, autojunk=False)
    out = list(rows)
    for block in matcher.get_matching_blocks():
        for k in range(block.size):
            i = said[block.a + k]
            out[i] = (marked[block.b + k], rows[i][1], rows[i][2])
    return out
