"""flite's statistical voices, called in process, with the phones and stresses of the utterance they made.

The library is used and not the program, because ``flite -psdur`` starts its times again at every sentence and does
not tell stress. The diphone voice ``kal16`` is refused: its times are more than 50 ms off its own audio.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Final

import numpy as np

from facetake.errors import ConfigError
from facetake.phones import from_festival
from facetake_training.speech.spoken import Row, SpeakingVoice, SpokenLine, tidy, to_16_khz

VOICES: Final[tuple[str, ...]] = ("slt", "rms", "awb")

# Mean and spread of each voice's own pitch, in Hz: flite takes absolute targets only.
_PITCH_HZ: Final = {"slt": (172.0, 26.0), "rms": (98.0, 16.0), "awb": (130.0, 20.0)}


class _Wave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]


def _load(name: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(f"{name}.so.1", mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise ConfigError(
            f"flite's library {name} is not on this machine; install it (Debian, Ubuntu: apt install flite) "
            "or set the hours of flite to 0"
        ) from error


def _declare(lib: ctypes.CDLL) -> None:
    """Tell ctypes which functions return pointers; it would cut them to 32 bits."""
    for name, result, arguments in (
        ("flite_synth_text", ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_void_p)),
        ("utt_wave", ctypes.POINTER(_Wave), (ctypes.c_void_p,)),
        ("utt_relation", ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_char_p)),
        ("relation_head", ctypes.c_void_p, (ctypes.c_void_p,)),
        ("item_next", ctypes.c_void_p, (ctypes.c_void_p,)),
        ("flite_ffeature_string", ctypes.c_char_p, (ctypes.c_void_p, ctypes.c_char_p)),
        ("flite_ffeature_float", ctypes.c_float, (ctypes.c_void_p, ctypes.c_char_p)),
        ("flite_feat_set_float", None, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float)),
        ("delete_utterance", None, (ctypes.c_void_p,)),
    ):
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments


class Flite:
    """The flite engine; ConfigError at construction where its library is missing."""

    def __init__(self) -> None:
        """Load the library; voices follow when they are asked for."""
        self._lib = _load("libflite")
        _declare(self._lib)
        self._lib.flite_init()
        self._voices: dict[str, int] = {}

    def speak(self, text: str, voice: SpeakingVoice) -> SpokenLine:
        """Say a text; ValueError where the times do not match the audio, ConfigError for an unknown voice."""
        handle = self._voice(voice.name)
        features = ctypes.cast(handle, ctypes.POINTER(_Voice)).contents.features
        mean_hz, spread_hz = _PITCH_HZ[voice.name]
        for name, value in (
            (b"duration_stretch", 1.0 / voice.rate),
            (b"int_f0_target_mean", mean_hz * voice.pitch),
            (b"int_f0_target_stddev", spread_hz * voice.pitch_range),
        ):
            self._lib.flite_feat_set_float(features, name, value)
        utterance = self._lib.flite_synth_text(text.encode("ascii", "ignore"), handle)
        try:
            return self._spoken(utterance)
        finally:
            self._lib.delete_utterance(utterance)

    def _voice(self, name: str) -> int:
        if name not in VOICES:
            raise ConfigError(f"unknown flite voice {name!r}; the voices are {', '.join(VOICES)}")
        if name not in self._voices:
            register = getattr(_load(f"libflite_cmu_us_{name}"), f"register_cmu_us_{name}")
            register.restype = ctypes.c_void_p
            self._voices[name] = register(None)
        return self._voices[name]

    def _spoken(self, utterance: int) -> SpokenLine:
        wave = self._lib.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.int16)
        audio = to_16_khz(samples, wave.sample_rate)
        return SpokenLine(audio, tidy(self._rows(utterance), len(audio) / 16_000))

    def _rows(self, utterance: int) -> Iterator[Row]:
        item = self._lib.relation_head(self._lib.utt_relation(utterance, b"Segment"))
        start_s = 0.0
        while item:
            symbol = self._lib.flite_ffeature_string(item, b"name").decode()
            level = self._lib.flite_ffeature_string(item, b"R:SylStructure.parent.stress").decode()
            end_s = self._lib.flite_ffeature_float(item, b"end")
            yield from_festival(symbol, int(level)), start_s, end_s
            start_s = end_s
            item = self._lib.item_next(item)
