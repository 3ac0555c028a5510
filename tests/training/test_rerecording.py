"""What other people's rooms and tools make of a recording."""

from __future__ import annotations

import numpy as np
import pytest

from facetake.arrays import F32
from facetake_training import rerecording

SECOND = 16_000


def _line() -> F32:
    """Three seconds: a voice, 60 dB below it an event from 1.2 to 1.6 s, and a voice again; a faint room throughout."""
    random = np.random.default_rng(0)
    sound = random.normal(0.0, 1e-5, 3 * SECOND)
    voice = 0.2 * np.sin(2.0 * np.pi * 220.0 * np.arange(SECOND) / SECOND)
    sound[:SECOND] += voice
    sound[2 * SECOND :] += voice
    sound[int(1.2 * SECOND) : int(1.6 * SECOND)] += random.normal(0.0, 1e-3, int(0.4 * SECOND))
    return sound.astype(np.float32)


def test_an_event_at_another_level_leaves_the_rest_alone() -> None:
    """Only the event changes, by no more than is said, and without an edge; one at the recording's end is cut."""
    line = _line()
    other = rerecording.relevelled(line, [(1.2, 1.6), (2.9, 3.4)], np.random.default_rng(1))
    beside = slice(int(1.64 * SECOND), int(2.86 * SECOND))
    now = slice(int(1.25 * SECOND), int(1.55 * SECOND))
    change_db = 20.0 * np.log10(np.abs(other[now]) / np.abs(line[now]))

    assert np.array_equal(other[beside], line[beside]) and len(other) == len(line)
    assert np.ptp(change_db) < 0.01 and -5.0 <= change_db[0] <= 8.0 and abs(change_db[0]) > 0.1


def test_noise_lies_below_the_voice_as_far_as_is_said() -> None:
    """Noise of another's room comes within its range, and a recording that is noisy already gets none."""
    line = _line()
    random = np.random.default_rng(2)
    floors = [rerecording.floor_of(random.normal(0.0, 0.1, SECOND).astype(np.float32))]
    for _ in range(20):
        noise = rerecording.noise_for(line, floors, random)
        assert noise is not None and len(noise) == len(line)
        pause = (line + noise)[int(1.7 * SECOND) : int(1.9 * SECOND)]
        below_db = 20.0 * np.log10(0.2 / np.sqrt(2.0) / pause.std())
        assert rerecording.RANGE_DB[0] - 4.0 < below_db < rerecording.RANGE_DB[1] + 4.0
    noisy = (line + random.normal(0.0, 0.1, len(line))).astype(np.float32)
    assert rerecording.noise_for(noisy, floors, random) is None


def test_a_pause_without_its_event_sounds_like_its_room() -> None:
    """An event that is taken out leaves the level of the room, and the rest of the recording as it was."""
    line = _line()
    other = rerecording.without(line, 1.2, 1.6, np.random.default_rng(4))
    level_db = 20.0 * np.log10(other[int(1.22 * SECOND) : int(1.58 * SECOND)].std() / 1e-5)

    assert abs(level_db) < 6.0 and len(other) == len(line)
    assert np.array_equal(other[: int(1.1 * SECOND)], line[: int(1.1 * SECOND)])
    assert np.array_equal(other[int(1.7 * SECOND) :], line[int(1.7 * SECOND) :])
    assert len(rerecording.without(line, 2.9, 3.4, np.random.default_rng(5))) == len(line)


def test_an_event_below_the_noise_is_not_heard() -> None:
    """What is fainter than the noise in nearly all frequencies is drowned; as loud in some, it is heard still."""
    line = _line()
    noise = np.random.default_rng(3).normal(0.0, 1.0, len(line)).astype(np.float32)

    assert rerecording.is_heard(line, 1e-4 * noise, 1.2, 1.6)
    assert not rerecording.is_heard(line, 1e-1 * noise, 1.2, 1.6)


@pytest.mark.parametrize("seed", range(12))
def test_reworking_moves_nothing_in_time(seed: int) -> None:
    """Whichever tools a recording goes through, it is as long as before and the voice begins and ends where it did."""
    line = _line()
    other = rerecording.reworked(line, np.random.default_rng(seed))
    power = [np.square(one[: 3 * SECOND // 160 * 160].reshape(-1, 160)).mean(axis=1) for one in (line, other)]
    loud = [np.flatnonzero(one > 0.05 * one.max()) for one in power]

    assert other.dtype == np.float32 and other.shape == line.shape and np.isfinite(other).all()
    begins = [one[one > 150][0] for one in loud]
    assert abs(int(begins[0]) - int(begins[1])) <= 3
