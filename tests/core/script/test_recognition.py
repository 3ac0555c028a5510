"""Phones as they are heard, without a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facetake import audio, inference, script
from facetake.arrays import F32
from facetake.phones import INDEX, PHONES

EXAMPLE = Path(__file__).parents[3] / "examples" / "line.wav"


def sure_of(*spans: tuple[str, int], sure: float = 0.9) -> F32:
    """Log-probabilities of phones that follow each other, each for a number of frames."""
    rows = [INDEX[phone] for phone, count in spans for _ in range(count)]
    shares = np.full((len(rows), len(PHONES)), (1.0 - sure) / (len(PHONES) - 1), np.float32)
    shares[np.arange(len(rows)), rows] = sure
    return np.log(shares)


def test_phones_stand_where_they_are_heard() -> None:
    """Silence is left out, times are those of the frames, and confidence is the probability."""
    found = script.heard(sure_of(("SIL", 6), ("M", 6), ("AA", 12), ("SIL", 6)), 0.5)
    assert [(one.symbol, one.start_s, one.end_s) for one in found.phones] == [("M", 0.1, 0.2), ("AA", 0.2, 0.4)]
    assert all(abs(one.confidence - 0.9) < 1e-5 for one in found.phones)
    assert not found.words


def test_a_single_frame_is_no_phone() -> None:
    """What flickers up for 17 ms is not told."""
    found = script.heard(sure_of(("AA", 10), ("P", 1), ("AA", 10), sure=0.6), 21 / 60)
    assert [one.symbol for one in found.phones] == ["AA"]


def test_a_line_of_no_frames_or_one_has_no_fault() -> None:
    """The shortest lines give what there is."""
    assert not script.heard(np.zeros((0, 42), np.float32), 0.0).phones
    assert [one.end_s for one in script.heard(sure_of(("AA", 1)), 0.01).phones] == [0.01]


def test_the_shipped_ear_hears_a_real_line() -> None:
    """The tracked example's phones come in a rate at which people speak."""
    sound = audio.read(EXAMPLE)
    count = round(len(sound) * 60 / 16_000)
    ear = inference.load_ear(inference.SHIPPED)
    log_probs = ear.hear([sound], count, with_phones=True).phones
    assert log_probs is not None
    assert log_probs.shape == (count, 42)
    found = script.heard(log_probs, len(sound) / 16_000)
    spoken_s = sum(one.end_s - one.start_s for one in found.phones)
    assert 8 < len(found.phones) / spoken_s < 20
