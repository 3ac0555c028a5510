"""Pocketsphinx, bent to three uses: recognise words, recognise bare phones, and align known phones in time.

The aligner is a grammar of phones: every phone is a word of the dictionary, and a line is the sequence of its
words' pronunciations with optional silence between them. (Pocketsphinx's own forced alignment loses 8 to 40 %
of clips; this loses next to none and runs at 70 times real time.)

Times are of the audio handed in. This module does NOT know spelling, languages, files or trust.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facetake.audio import SAMPLE_RATE_HZ
from facetake.errors import ConfigError
from facetake.phones import PHONES, SILENCE, VOWELS

if TYPE_CHECKING:
    from pocketsphinx import Decoder

FRAME_S: Final = 0.01  # Pocketsphinx' own
PADDING_S: Final = 0.25
"""Near silence put before and after: the grammar must find silence at both ends, even of a tight clip."""
LATE_S: Final = 0.007
"""Pocketsphinx leads exact synthesiser times by this much (measured on flite and festival)."""
PAUSE: Final = f"[{SILENCE}]"
"""The token that allows, and does not ask for, a silence. (Pocketsphinx's noise phone would swallow words.)"""
_PEAK: Final = 16_000.0  # of 16 bits: half of full scale
_NOISE: Final = 16
"""Half the range of the noise under a line of `_PEAK`: digital silence fits no model, and draws phones to it."""
_SCORE_UNIT: Final = 1024.0  # senone scores are log(1.0001) shifted right by 10 bits

_ENGLISH: Final = tuple(phone for phone in PHONES if phone not in (SILENCE, "UY", "OE"))
# How an English ear may hear sounds that English lacks; the first column is the token of the grammar.
_FOREIGN: Final = {
    "UY": ("IY", "UW", "IH", "Y"),
    "OE": ("ER", "EH", "UH", "AH"),
    "HH.r": ("HH", "R", "G", "AH", "ER"),
    "HH.x": ("HH", "K", "SH", "S"),
    "EY.de": ("EY", "IY", "EH"),
    "OW.de": ("OW", "AO", "UH"),
    "AA.de": ("AA", "AH", "AE"),
    "AH.de": ("AH", "EH", "ER", "IH"),
    "L.de": ("L",),
}

Audio = npt.NDArray[np.float32]
Pronunciation = tuple[str, ...]
Slot = tuple[Pronunciation, ...]
"""One word: its alternative pronunciations, in tokens (a phone, a stress digit, and for some ``.variant``)."""


@dataclass(frozen=True)
class PhoneSegment:
    """A phone in time. `fit` is its mean log-likelihood a frame below the best phone state (0 is perfect)."""

    phone: str
    start_s: float
    end_s: float
    fit: float


def model_folder() -> Path:
    """Give the folder of pocketsphinx's own English model; ConfigError when pocketsphinx is not installed."""
    try:
        from pocketsphinx import get_model_path
    except ImportError as missing:
        raise ConfigError(
            "labelling real speech needs pocketsphinx; install it with: pip install 'facetake[train]'"
        ) from missing
    return Path(get_model_path()) / "en-us"


def phone_of(token: str) -> str:
    """Give the phone, with its stress, that a token of the grammar stands for (``HH.r`` -> ``HH``)."""
    bare, _, variant = token.partition(".")
    digit = variant[-1:] if variant[-1:].isdigit() else ""
    return bare + digit


def token_of(phone: str, variant: str = "") -> str:
    """Give the token of a phone, heard as the `variant` where the table has one (``OW1``, de -> ``OW.de1``)."""
    bare, digit = (phone[:-1], phone[-1]) if phone[-1].isdigit() else (phone, "")
    name = f"{bare}.{variant}" if variant and f"{bare}.{variant}" in _FOREIGN else bare
    return name + digit


class PhoneAligner:
    """Finds when each phone of a known line was said. Keeps one decoder, so a line costs only its length."""

    def __init__(self) -> None:
        """Load the acoustic model (0.02 s)."""
        with tempfile.TemporaryDirectory() as folder:  # pocketsphinx reads its dictionary from nowhere else
            dictionary = Path(folder) / "phones.dict"
            dictionary.write_text(_phone_dictionary(), encoding="ascii", newline="\n")
            self._decoder = _decoder(
                dict=str(dictionary),
                lm=None,
                fsgusefiller=False,
                fsgusealtpron=True,
                bestpath=False,
                beam=1e-80,
                wbeam=1e-80,
                pbeam=1e-80,
                lw=1.0,
                wip=1.0,
                pip=1.0,
            )

    def align(self, samples: Audio, slots: Sequence[Slot]) -> list[PhoneSegment] | None:
        """Place the line's phones in time.

        Args:
            samples: (S,) mono, 16 kHz, -1..1.
            slots: the words in order, each with its alternative pronunciations.

        Returns:
            Contiguous segments from 0 to the end of the audio; of no length where a phone was placed before
            or after it. None where no path fits.
        """
        self._decoder.add_jsgf_string("line", _grammar(slots))
        self._decoder.activate_search("line")
        return _decode(self._decoder, samples)


class PhoneListener:
    """Hears phones without any text: a second opinion on an alignment."""

    def __init__(self) -> None:
        """Load the acoustic model and the phone bigrams."""
        self._decoder = _decoder(
            allphone=str(model_folder() / "en-us-phone.lm.bin"), lm=None, lw=2.0, beam=1e-20, pbeam=1e-20
        )

    def listen(self, samples: Audio) -> list[PhoneSegment] | None:
        """Give the phones heard, contiguous from 0 to the end of the audio; None where nothing was heard."""
        return _decode(self._decoder, samples)


class WordListener:
    """Large-vocabulary English recognition."""

    def __init__(self) -> None:
        """Load the language model (0.4 s)."""
        self._decoder = _decoder()

    def listen(self, samples: Audio) -> str:
        """Give the words heard in (S,) mono 16 kHz audio, lower case; empty where there were none."""
        _feed(self._decoder, samples)
        hypothesis = self._decoder.hyp()
        return str(hypothesis.hypstr) if hypothesis is not None else ""


def _decoder(**options: Any) -> Decoder:
    folder = model_folder()
    from pocketsphinx import Decoder

    # Batch mean normalisation, because the live kind also learns from the lines before.
    return Decoder(hmm=str(folder / "en-us"), cmn="batch", loglevel="FATAL", **options)


def _phone_dictionary() -> str:
    levels = ("", "0", "1", "2")
    lines = [f"{phone}{level} {phone}" for phone in _ENGLISH for level in (levels if phone in VOWELS else levels[:1])]
    for token, heard in _FOREIGN.items():
        for level in levels:
            lines += [f"{token}{level}{f'({i})' if i > 1 else ''} {h}" for i, h in enumerate(heard, 1)]
    return "\n".join([*lines, f"{SILENCE} SIL"]) + "\n"


def _grammar(slots: Sequence[Slot]) -> str:
    words = f" {PAUSE} ".join(_alternatives(slot) for slot in slots)
    return f"#JSGF V1.0;\ngrammar line;\npublic <line> = {PAUSE} {words} {PAUSE};\n"


def _alternatives(slot: Slot) -> str:
    ways = " | ".join(" ".join(p) for p in slot if p)
    return f"({ways})" if all(slot) else f"[{ways}]"


def _feed(decoder: Decoder, samples: Audio) -> None:
    pad = int(PADDING_S * SAMPLE_RATE_HZ)
    padded = np.pad(samples * (_PEAK / max(float(np.abs(samples).max(initial=0.0)), 1e-6)), pad)
    noise = np.random.default_rng(0).integers(-_NOISE, _NOISE + 1, len(padded))
    decoder.reinit_feat()  # forget the noise of the line before, or results would depend on the order of lines
    decoder.start_utt()
    decoder.process_raw((padded + noise).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()


def _decode(decoder: Decoder, samples: Audio) -> list[PhoneSegment] | None:
    _feed(decoder, samples)
    if decoder.hyp() is None:
        return None
    # The grammar's transitions without sound come as words "(NULL)".
    found = [s for s in decoder.seg() if s.word[0] != "(" and s.end_frame >= s.start_frame]
    if not found:
        return None
    duration_s = len(samples) / SAMPLE_RATE_HZ
    starts = [s.start_frame * FRAME_S + LATE_S - PADDING_S for s in found]
    edges = np.clip([0.0, *starts[1:], duration_s], 0.0, duration_s)
    return _joined(
        [
            PhoneSegment(_plain(s.word), float(a), float(b), _fit(s.ascore, s.end_frame - s.start_frame + 1))
            for s, a, b in zip(found, edges[:-1], edges[1:], strict=True)
        ]
    )


def _plain(word: str) -> str:
    """Read a decoder's word: tokens of the grammar, or the fillers of free decoding (``+NSN+``)."""
    if word.startswith(("+", "<", "[")):
        return SILENCE
    return phone_of(word.partition("(")[0])


def _fit(score: float, frames: int) -> float:
    return math.log(max(score, 1e-300)) * _SCORE_UNIT / frames


def _joined(segments: list[PhoneSegment]) -> list[PhoneSegment]:
    """Merge silences that touch: a pause beside the end is one silence."""
    merged: list[PhoneSegment] = []
    for segment in segments:
        if merged and segment.phone == SILENCE == merged[-1].phone:
            last = merged.pop()
            segment = PhoneSegment(SILENCE, last.start_s, segment.end_s, min(last.fit, segment.fit))
        merged.append(segment)
    return merged
