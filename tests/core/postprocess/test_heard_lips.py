"""Lips that follow the ear's word: in time, in the performer's own scale, and within range."""

from __future__ import annotations

import numpy as np

from facetake import mouth, rig
from facetake.postprocess import heard_lips

COUNT = 600


def performed(seed: int) -> np.ndarray:
    """A take (T, 174) whose jaw, lips and rounding swing without a pattern."""
    values = np.tile(rig.NEUTRAL, (COUNT, 1)).astype(np.float32)
    rng = np.random.default_rng(seed)
    drift = np.convolve(rng.normal(0, 1, COUNT), np.hanning(20), "same")
    values[:, rig.columns("C_jaw")[0]] = np.clip(0.3 + 0.05 * drift, 0, 1)
    for name in heard_lips.ROUNDING:
        values[:, rig.both(f"mouth_{name}")] = np.clip(0.3 + 0.05 * drift[::-1], 0, 1)[:, None]
    return values


def test_lips_follow_the_word_in_the_performers_scale() -> None:
    """Opening and rounding go with what was read a frame before, and keep their own mean and spread."""
    values = performed(0)
    before = mouth.aperture(values), mouth.pucker(values)
    phase = np.arange(COUNT) / 9.0
    read = np.stack([7.0 + 3.0 * np.sin(phase), -2.0 + 0.01 * np.cos(0.7 * phase)], axis=1)
    heard_lips.follow(values, read, np.ones(COUNT, np.bool_))

    for shown, was, word in zip((mouth.aperture(values), mouth.pucker(values)), before, read.T, strict=True):
        follows = [np.corrcoef(shown[20:-20], np.roll(word, late)[20:-20])[0, 1] for late in range(-4, 5)]
        assert max(follows) > 0.8 and int(np.argmax(follows)) - 4 == heard_lips.LATE_FRAMES
        assert abs(shown.mean() - was.mean()) < 0.05 and 0.6 < shown.std() / was.std() < 1.1


def test_other_controls_and_ranges_hold() -> None:
    """Nothing but the named controls moves, and none leaves its range, whatever was read."""
    values = performed(1)
    before = values.copy()
    heard_lips.follow(values, np.random.default_rng(2).normal(0, 9, (COUNT, 2)), np.ones(COUNT, np.bool_))
    moved = np.flatnonzero((values != before).any(axis=0))
    pairs = [rig.both(f"mouth_{name}") for name in (*heard_lips.ROUNDING, *heard_lips.OPENING) if name != "jaw"]
    named = np.concatenate([rig.columns("C_jaw")[:1], *pairs])

    assert len(moved) and set(moved) <= set(named)
    assert values[:, named].min() >= 0.0 and values[:, named].max() <= 1.0


def test_too_little_speech_keeps_the_performers_lips() -> None:
    """Less than half a second of speech has no spread to speak of: nothing changes."""
    values = performed(3)
    before = values.copy()
    heard_lips.follow(values, np.random.default_rng(4).normal(0, 1, (COUNT, 2)), np.arange(COUNT) < 29)
    assert np.array_equal(values, before)


def test_a_lists_opening_goes_by_loudness_too() -> None:
    """A share of it is loudness in the opening's own scale; rounding, and a line of hardly any speech, stay."""
    rng = np.random.default_rng(5)
    read = rng.normal(2.0, 3.0, (COUNT, 2)).astype(np.float32)
    energy_db = rng.uniform(-60.0, -10.0, COUNT)
    said = np.arange(COUNT) < 400
    mixed = heard_lips.with_loudness(read, energy_db, said)
    louder = read[:, 0] + (mixed[:, 0] - read[:, 0]) / heard_lips.LOUD_SHARE

    assert np.array_equal(mixed[:, 1], read[:, 1])
    assert np.corrcoef(louder, 10.0 ** (energy_db / 40.0))[0, 1] > 0.999
    assert abs(louder[said].mean() - read[said, 0].mean()) < 1e-3
    assert abs(louder[said].std() / read[said, 0].std() - 1.0) < 1e-3
    assert np.array_equal(heard_lips.with_loudness(read, energy_db, np.arange(COUNT) < 29), read)
