"""Tests of the speech engines and of spoken lines; an engine that is not installed is skipped."""

from __future__ import annotations

import random

import numpy as np
import pytest

from facetake.audio import SAMPLE_RATE_HZ
from facetake.errors import ConfigError
from facetake.phones import SILENCE, base, is_vowel, stress
from facetake_training.speech import (
    SpeakingVoice,
    SpeechSynthesizer,
    SpokenLine,
    add_silence,
    engine_of,
    festival,
    flite,
    tidy,
)
from facetake_training.speech.espeak import _rows

TEXT = "Both boys moved a big map. Five vans, nothing more!"
VOICES = [
    ("flite", SpeakingVoice("slt")),
    ("flite", SpeakingVoice("rms", rate=1.2)),
    ("festival", SpeakingVoice("kal_diphone", pitch=1.1)),
    ("festival", SpeakingVoice("cmu_us_slt_arctic_hts", rate=0.9)),
    ("espeak", SpeakingVoice("gmw/en-US+f2")),
]


def engine(name: str) -> SpeechSynthesizer:
    """Start an engine or skip the test that needs it."""
    try:
        return engine_of(name)
    except ConfigError as error:
        pytest.skip(str(error))


def rms(spoken: SpokenLine, start_s: float, end_s: float) -> float:
    """Level of the middle half of a span, away from its transitions."""
    quarter_s = (end_s - start_s) / 4
    first, last = (round(t * SAMPLE_RATE_HZ) for t in (start_s + quarter_s, end_s - quarter_s))
    return float(np.sqrt(np.mean(spoken.audio[first:last].astype(np.float64) ** 2)))


def assert_contiguous(spoken: SpokenLine) -> None:
    """Rows run from 0 to the end of the audio without gap or overlap."""
    rows = spoken.phones
    assert rows[0][1] == 0.0
    assert rows[-1][2] == pytest.approx(spoken.duration_s, abs=1e-9)
    assert all(a[2] == b[1] for a, b in zip(rows, rows[1:], strict=False))
    assert all(end_s > start_s for _, start_s, end_s in rows)


@pytest.mark.parametrize(("name", "voice"), VOICES, ids=lambda x: getattr(x, "name", x))
def test_phones_cover_the_line_and_silence_is_silent(name: str, voice: SpeakingVoice) -> None:
    """Every engine's phones span its audio, say the words, and are 20 times quieter in silence than in vowels."""
    spoken = add_silence(engine(name).speak(TEXT, voice), random.Random(1))
    assert_contiguous(spoken)
    said = [base(phone) for phone, _, _ in spoken.phones]
    assert said.count("B") >= 2
    assert said.count("M") >= 3
    vowels = [rms(spoken, b, e) for phone, b, e in spoken.phones if is_vowel(phone)]
    silences = [rms(spoken, b, e) for phone, b, e in spoken.phones if phone == SILENCE and e - b > 0.05]
    assert len(silences) >= 3
    assert np.median(silences) < 0.05 * np.median(vowels)
    assert max(silences) < 0.25 * np.median(vowels)


@pytest.mark.parametrize(("name", "voice"), VOICES, ids=lambda x: getattr(x, "name", x))
def test_engines_tell_stress(name: str, voice: SpeakingVoice) -> None:
    """Nearly every vowel knows its stress, and both kinds occur."""
    vowels = [phone for phone, _, _ in engine(name).speak(TEXT, voice).phones if is_vowel(phone)]
    known = [stress(phone) for phone in vowels if stress(phone) is not None]
    assert len(known) >= 0.9 * len(vowels)
    assert {0, 1} <= set(known)


@pytest.mark.parametrize(("name", "voice"), VOICES[:1] + VOICES[2:], ids=lambda x: getattr(x, "name", x))
def test_rate_changes_the_length(name: str, voice: SpeakingVoice) -> None:
    """A voice asked to hurry takes less time, and its phones shrink with its audio."""
    mouth = engine(name)
    slow, fast = (mouth.speak(TEXT, SpeakingVoice(voice.name, rate=rate)) for rate in (0.85, 1.25))
    assert fast.duration_s < 0.8 * slow.duration_s
    assert_contiguous(fast)


def test_espeak_speaks_mandarin_and_german() -> None:
    """Chinese characters and umlauts come out as the front rounded vowels they are."""
    mouth = engine("espeak")
    chinese = mouth.speak("女儿觉得绿色的鱼很漂亮。", SpeakingVoice("sit/cmn-Latn-pinyin", "zh"))
    german = mouth.speak("Schöne grüne Brücken.", SpeakingVoice("gmw/de", "de"))
    assert "UY" in {phone for phone, _, _ in chinese.phones}
    assert {"UY", "OE"} <= {base(phone) for phone, _, _ in german.phones}


def test_espeak_closure_belongs_to_its_stop() -> None:
    """The silence between a vowel and the burst of a stop is part of the stop, not of the vowel."""
    noise = np.random.default_rng(0).normal(0, 0.3, 16_000).astype(np.float32)
    noise[4_800:6_400] = 0.0  # closure from 0.3 to 0.4 s; the event for P comes at 0.4 s
    events = [("ɑː", 1_600), ("p", 6_400), ("ɑː", 8_000)]
    rows = _rows(events, 16_000, noise, "en")
    stop = next(row for row in rows if row[0] == "P")
    assert stop[1] == pytest.approx(0.3, abs=0.011)


def test_added_silence_moves_phones_and_audio_together() -> None:
    """A tone in the middle of a line stays under its phone, however much silence is put around it."""
    audio = np.zeros(16_000, np.float32)
    audio[8_000:9_600] = 0.5
    line = SpokenLine(audio, (("B", 0.0, 0.2), (SILENCE, 0.2, 0.5), ("AA1", 0.5, 0.6), (SILENCE, 0.6, 1.0)))
    for seed in range(20):
        longer = add_silence(line, random.Random(seed))
        assert_contiguous(longer)
        start_s, end_s = next((b, e) for phone, b, e in longer.phones if phone == "AA1")
        first, last = np.flatnonzero(longer.audio)[[0, -1]] / SAMPLE_RATE_HZ
        assert (start_s, end_s) == pytest.approx((first, last), abs=1e-3)
        assert longer.phones[0][0] == longer.phones[-1][0] == SILENCE
        assert longer.phones[0][2] >= 0.15


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("AA", 0.0, 0.5), ("B", 0.3, 1.0)], "back in time"),
        ([("AA", 0.0, 0.5)], "phones end at"),
        ([(SILENCE, 0.0, 1.0)], "nothing was said"),
    ],
)
def test_times_that_cannot_be_true_are_refused(rows: list[tuple[str, float, float]], reason: str) -> None:
    """Overlaps, a wrong end and empty lines are rejected rather than learnt."""
    with pytest.raises(ValueError, match=reason):
        tidy(rows, 1.0)


def test_tidy_fills_gaps_and_joins_silence() -> None:
    """Gaps become silence and neighbouring silences one."""
    rows = tidy([(SILENCE, 0.0, 0.2), (SILENCE, 0.2, 0.3), ("AA", 0.4, 1.0)], 1.0)
    assert rows == ((SILENCE, 0.0, 0.4), ("AA", 0.4, 1.0))


def test_missing_engines_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its program or library an engine names the package to install."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="apt install festival"):
        festival.Festival()
    with pytest.raises(ConfigError, match="apt install flite"):
        flite._load("libflite-not-here")
    with pytest.raises(ConfigError, match="flite, festival and espeak"):
        engine_of("hal")


def test_unknown_voices_are_named() -> None:
    """A voice that an engine lacks is an error of the config."""
    for name in ("flite", "festival", "espeak"):
        with pytest.raises(ConfigError, match="nobody"):
            engine(name).speak("Hello.", SpeakingVoice("nobody"))
