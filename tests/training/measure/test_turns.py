"""Lines that turn from one emotion to another, with a network whose answer is known: pitch tells the emotion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

pytest.importorskip("torch", reason="measuring needs torch, which the train extra brings")

from facetake.inference import AudioEmotion, Ear  # noqa: E402  after the skip
from facetake_training.emotion_datasets import Acted  # noqa: E402
from facetake_training.measure import turns  # noqa: E402
from facetake_training.measure.report import MeasurementReport  # noqa: E402

RATE_HZ = 16_000


def network(*, is_deaf: bool = False) -> AudioEmotion:
    """Hears happy in high sounds and sad in low ones; a deaf one hears nothing."""

    def run(voice: np.ndarray) -> np.ndarray:
        row = np.full(7, 0.02)
        row[1], row[2] = 0.9 * voice[0, 0], 0.9 * (1 - voice[0, 0])
        return (np.eye(7)[:1] if is_deaf else row[None]).astype(np.float32)

    return AudioEmotion(run, ear(), np.zeros(2, np.float32), 0.6, "none")


def ear() -> Ear:
    """Its voice has one channel: 1 where a sound is high and 0 where it is low."""

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
            voice[0, frame] = high > 0.5 * power.sum()
        return features, visemes, voice

    return Ear(run, 1, "none", run_voice, 1)


@pytest.fixture
def lines(tmp_path: Path) -> list[Acted]:
    """Three lines of 2 s in either emotion by one speaker."""
    found = []
    for emotion, hertz in (("happy", 300.0), ("sad", 100.0)):
        for take in range(3):
            path = tmp_path / f"a_{emotion}_{take}.wav"
            sf.write(path, 0.3 * np.sin(2 * np.pi * hertz * np.arange(2 * RATE_HZ) / RATE_HZ), RATE_HZ)
            found.append(Acted(path, emotion, speaker="a"))
    return found


def told(found: list[turns.Turn], *, is_followed: bool) -> str:
    """The rows of a report."""
    report = MeasurementReport()
    turns._tell(report, found, is_followed=is_followed)
    return str(report)


def test_a_turn_is_found_and_timed(lines: list[Acted]) -> None:
    """Both orders are joined of two lines each, and what is shown changes near the join."""
    found = turns.turns(lines, network(), turns.PART_S)

    assert [turn.acted for turn in found] == [(1, 2), (2, 1)]
    assert all(turn.alone == turn.acted and turn.join_s == pytest.approx(4.0) for turn in found)
    assert all(-1.5 < turn.left_s <= 0.5 and -0.5 <= turn.came_s < 1.5 for turn in found)  # type: ignore[operator]
    assert "of 2 whose parts alone are heard differently, 2 are shown so" in told(found, is_followed=True)


def test_a_short_line_gets_one_answer(lines: list[Acted]) -> None:
    """What is heard at once is shown as one emotion or none, whatever is acted in it."""
    found = turns.turns(lines, network(), turns.SHORT_S)

    assert all(len(set(turn.shown.tolist())) == 1 for turn in found)
    assert "from the join" not in told(found, is_followed=False)


def test_deafness_shows(lines: list[Acted]) -> None:
    """A network that hears no emotion is right for none of the time."""
    found = turns.turns(lines, network(is_deaf=True), turns.PART_S)

    assert "emotional: right 0.00; neutral 1.00; wrong 0.00" in told(found, is_followed=True)
    assert "of 0 whose parts" in told(found, is_followed=True)
