"""The emotion heard in recordings, with a network whose answer is known: pitch tells the emotion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import emotion, emotion_recognition
from facetake.emotion import EMOTIONS
from facetake.inference import AudioEmotion, Ear
from facetake.visemes import VISEMES

RATE_HZ = 16_000
PITCHES_HZ = {"happy": 300.0, "sad": 100.0}


def tone(name: str, seconds: float) -> np.ndarray:
    """A sound that the network below takes for an emotion; "silence" is none."""
    if name == "silence":
        return np.zeros(round(seconds * RATE_HZ))
    return 0.3 * np.sin(2 * np.pi * PITCHES_HZ[name] * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)


def ear() -> Ear:
    """Its voice has one channel: 1 where a sound is high, 0 where it is low, 100 in silence."""

    def run(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = round(audio.shape[1] * 60 / RATE_HZ)
        return np.zeros((1, count, 1), np.float32), np.full((1, count, 16), np.log(1 / 16), np.float32)

    def run_voice(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        features, visemes = run(audio)
        voice = np.empty_like(features)
        for frame in range(voice.shape[1]):
            middle = frame * RATE_HZ // 60
            heard = audio[0, max(0, middle - 320) : middle + 320]
            power = np.abs(np.fft.rfft(heard)) ** 2
            high = power[np.fft.rfftfreq(len(heard), 1 / RATE_HZ) > 200].sum()
            voice[0, frame] = high / power.sum() > 0.5 if power.sum() > 0 else 100.0
        return features, visemes, voice

    return Ear(run, 1, "none", run_voice, 1)


def network(sure: float = 0.8, threshold: float = 0.5, heard: list[np.ndarray] | None = None) -> AudioEmotion:
    """Hears happy in high sounds and sad in low ones, in the measure in which they are there."""

    def run(voice: np.ndarray) -> np.ndarray:
        if heard is not None:
            heard.append(voice[0])
        high = voice[0, 0]
        row = np.full(7, (1 - sure) / 5)
        row[1], row[2] = sure * high, sure * (1 - high)
        return row[None].astype(np.float32)

    return AudioEmotion(run, ear(), np.zeros(2, np.float32), threshold, "none")


def recorded(path: Path, *parts: tuple[str, float]) -> Path:
    """A recording of tones one after another."""
    sf.write(path, np.concatenate([tone(name, seconds) for name, seconds in parts]), RATE_HZ)
    return path


def test_a_short_line_is_heard_at_once(tmp_path: Path) -> None:
    """One answer, whose weight is its confidence; the rest is neutral."""
    seen: list[np.ndarray] = []
    heard = emotion_recognition.hear(recorded(tmp_path / "a.wav", ("happy", 4.4)), "auto", network(heard=seen))

    assert (heard.emotion, heard.why, len(seen)) == ("happy", "", 1)
    assert heard.confidence == pytest.approx(0.8, abs=0.01)
    assert np.allclose(heard.track.weights, [[0.2, 0.8, 0, 0, 0, 0, 0]], atol=0.01)
    assert heard.sentence == "heard happy, 80 % sure"


def test_a_line_may_turn(tmp_path: Path) -> None:
    """A line with two emotions is followed over time, unless one answer is asked for."""
    path = recorded(tmp_path / "a.wav", ("happy", 8.0), ("sad", 12.0))
    over_time = emotion_recognition.hear(path, "auto", network())
    at_once = emotion_recognition.hear(path, "auto:line", network(threshold=0.3))
    seen = over_time.track.sample(np.array([1.0, 5.0, 11.0, 19.0]))

    assert [EMOTIONS[i] for i in seen.argmax(axis=1)] == ["happy", "happy", "sad", "sad"]
    assert np.allclose(over_time.track.weights.sum(axis=1), 1.0)
    assert over_time.emotion == "sad"
    assert over_time.sentence.endswith("; at times happy") and "at times" not in at_once.sentence
    assert (at_once.emotion, len(at_once.track.times_s)) == ("sad", 1)
    assert emotion_recognition.hear(path, "Auto:Line", network(threshold=0.3)).sentence == at_once.sentence


def test_an_emotion_stays_through_a_pause(tmp_path: Path) -> None:
    """Windows without a voice say nothing: what was heard before and after them holds."""
    path = recorded(tmp_path / "a.wav", ("happy", 4.0), ("silence", 9.0), ("happy", 4.0))
    weights = emotion_recognition.hear(path, "auto", network()).track.sample(np.arange(17.0))

    assert (weights[:, 1] > 0.75).all()


def test_what_is_not_sure_stays_neutral(tmp_path: Path) -> None:
    """Below the threshold nothing is shown, and the guess is told with its confidence."""
    heard = emotion_recognition.hear(recorded(tmp_path / "a.wav", ("sad", 2.0)), "auto", network(0.45))

    assert (heard.emotion, heard.why, heard.likely) == ("neutral", "unsure", "sad")
    assert np.array_equal(heard.track.weights, np.eye(7)[:1])
    assert heard.sentence == "heard perhaps sad, only 45 % sure; left neutral"


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([("silence", 2.0)], "silence"),
        ([("silence", 0.02)], "silence"),
        ([("happy", 0.2)], "short"),
        ([("silence", 9.0), ("happy", 0.3), ("silence", 9.0)], "short"),
    ],
)
def test_silence_and_a_word_too_short(tmp_path: Path, parts: list[tuple[str, float]], why: str) -> None:
    """Where there is no voice or too little, the network is not asked and the line stays neutral."""
    seen: list[np.ndarray] = []
    heard = emotion_recognition.hear(recorded(tmp_path / "a.wav", *parts), "auto", network(heard=seen))

    assert (heard.emotion, heard.why, seen) == ("neutral", why, [])
    assert "left neutral" in heard.sentence


def test_voice_too_thinly_spread(tmp_path: Path) -> None:
    """Words so far apart that no window holds enough voice count as too short."""
    parts = [("silence", 5.0), ("happy", 0.25)] * 4
    heard = emotion_recognition.hear(recorded(tmp_path / "a.wav", *parts), "auto", network())

    assert heard.why == "short"


def test_sound_without_a_viseme_is_no_voice(tmp_path: Path) -> None:
    """Hum or music, in which only silence is heard of visemes, shows no emotion."""
    deaf = network()

    def run_voice(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        assert deaf.ear.run_voice is not None
        features, visemes, voice = deaf.ear.run_voice(audio)
        visemes = np.full_like(visemes, np.log(1e-3))
        visemes[..., VISEMES.index("sil")] = np.log(0.985)
        return features, visemes, voice

    listener = replace(deaf, ear=replace(deaf.ear, run_voice=run_voice))
    heard = emotion_recognition.hear(recorded(tmp_path / "a.wav", ("happy", 6.0)), "auto", listener)

    assert (heard.emotion, heard.why) == ("neutral", "silence")


def test_a_window_with_little_voice_shows_nothing(tmp_path: Path) -> None:
    """A second of voice after a long silence is too little for a window of a long line."""
    parts = [("silence", 8.0), ("happy", 1.0)]

    assert emotion_recognition.hear(recorded(tmp_path / "a.wav", *parts), "auto", network()).why == "short"


def test_long_sound_is_heard_in_windows(tmp_path: Path) -> None:
    """A window of 3 s begins every half second, and the last one reaches the end of the sound."""
    seen: list[np.ndarray] = []
    path = recorded(tmp_path / "a.wav", ("happy", 61.3), ("sad", 3.0))
    heard = emotion_recognition.hear(path, "auto", network(heard=seen))

    assert len(seen) == 124
    assert [round(float(voice[0]), 1) for voice in seen[::41]] == [1.0, 1.0, 1.0, 0.0]
    assert heard.track.sample(np.array([64.0])).argmax() == 2


def test_a_pause_does_not_count(tmp_path: Path) -> None:
    """Half seconds without a voice change neither mean nor spread of what the network gets."""
    seen: list[np.ndarray] = []
    parts = [("happy", 1.0), ("silence", 1.5), ("happy", 1.0)]
    emotion_recognition.hear(recorded(tmp_path / "a.wav", *parts), "auto", network(heard=seen))

    assert np.allclose(seen, [[1.0, 0.0]], atol=0.02)


def test_what_was_heard_can_be_edited_and_given(tmp_path: Path) -> None:
    """The cues are lines of a cue file and mean the same track."""
    heard = emotion_recognition.hear(recorded(tmp_path / "a.wav", ("happy", 8.0), ("sad", 8.0)), "auto", network())
    (tmp_path / "mood.txt").write_text("\n".join(heard.cues), encoding="utf-8")
    times_s = np.arange(0.0, 16.0, 0.5)

    given = emotion.read(tmp_path / "mood.txt")
    assert np.abs(given.sample(times_s) - heard.track.sample(times_s)).max() < 0.03
    assert heard.facts["cues"] == list(heard.cues)
