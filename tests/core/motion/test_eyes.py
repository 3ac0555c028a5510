"""Blinks and gaze follow the paper's laws, at any frame rate, from the seed alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetake import rig
from facetake.arrays import F32
from facetake.motion import eyes

BLINK = rig.both("eye_blink")
GAZE = rig.columns("C_eye.X", "C_eye.Y")
RATES = [24.0, 24000 / 1001, 25.0, 30.0, 60.0]


def neutral(n_frames: int) -> F32:
    """A take at rest."""
    return np.tile(rig.NEUTRAL, (n_frames, 1)).astype(np.float32)


def test_blink_intervals_follow_the_law() -> None:
    """Over 200 seeds, log blinks per minute have the clipped log-normal's mean, spread and quartiles."""
    gaps = np.concatenate([np.diff(eyes.blink_times(120.0, seed)) for seed in range(200)])
    found = np.sort(np.log(60 / gaps))
    # long intervals are cut off by the end of each stretch, so the expectation is drawn the same slow way
    random = np.random.default_rng(99)
    expected: list[float] = []
    for _ in range(400):
        now = random.uniform() * 60 / np.exp(np.clip(random.normal(3.518, 0.532), np.log(15), np.log(100)))
        while now < 120:
            drawn = np.clip(random.normal(3.518, 0.532), np.log(15), np.log(100))
            now += 60 / np.exp(drawn)
            if now < 120:
                expected.append(float(drawn))
    assert found.mean() == pytest.approx(np.mean(expected), abs=0.02)
    assert found.std() == pytest.approx(np.std(expected), abs=0.02)
    assert np.quantile(found, [0.25, 0.5, 0.75]) == pytest.approx(np.quantile(expected, [0.25, 0.5, 0.75]), abs=0.03)


def test_uncut_draws_have_the_papers_parameters() -> None:
    """Without clipping and over one very long stretch, the logarithm's mean and deviation are 3.518 and 0.532."""
    options = eyes.BlinkOptions(low=1e-6, high=190.0)
    logs = np.log(60 / np.diff(eyes.blink_times(40_000.0, 7, options)))
    assert logs.mean() == pytest.approx(3.518, abs=0.015)
    assert logs.std() == pytest.approx(0.532, abs=0.015)


def test_rate_multiplies_blinks_and_zero_stops_them() -> None:
    """Twice the rate gives twice the blinks, and none at zero."""
    once = len(eyes.blink_times(3000.0, 1))
    twice = len(eyes.blink_times(3000.0, 1, eyes.BlinkOptions(rate=2.0)))
    assert twice == pytest.approx(2 * once, rel=0.05)
    still = eyes.blink(neutral(600), 1, options=eyes.BlinkOptions(rate=0.0))
    assert (still == neutral(600)).all()


@given(st.integers(0, 2**32), st.floats(0.2, 20.0))
@settings(max_examples=30, deadline=None)
def test_blinks_keep_their_distance(seed: int, rate: float) -> None:
    """However often they come, no blink starts within 0.6 s of the one before."""
    gaps = np.diff(eyes.blink_times(30.0, seed, eyes.BlinkOptions(rate=rate)))
    assert (gaps >= 0.6 - 1e-9).all()


def test_longer_takes_start_with_the_same_blinks() -> None:
    """The blinks of a short line are the first ones of a longer line with the same seed."""
    short = eyes.blink_times(10.0, 5)
    long = eyes.blink_times(60.0, 5)
    assert (long[: len(short)] == short).all()


@pytest.mark.parametrize("rate", RATES)
def test_every_blink_closes_both_eyes(rate: float) -> None:
    """At every rate each whole blink reaches 1.0 on both eyes, on a frame within half a frame of its time."""
    n_frames = round(60 * rate)
    lids = eyes.blink(neutral(n_frames), 3, rate, eyes.BlinkOptions(depth=(1.0, 1.0)))[:, BLINK]
    shut = eyes.blink_times(60.0, 3) + 5 / 60
    frames = [round(time * rate) for time in shut if round(time * rate) < n_frames]
    assert len(frames) > 10
    assert (lids[frames] == 1.0).all()


@pytest.mark.parametrize("rate", RATES)
def test_blinks_are_as_deep_at_every_rate(rate: float) -> None:
    """On the frame of its time both eyes are shut as far as this blink goes, which the seed says."""
    n_frames = round(60 * rate)
    lids = eyes.blink(neutral(n_frames), 3, rate)[:, BLINK]
    frames = [round(time * rate) for time in eyes.blink_times(60.0, 3) + 5 / 60 if round(time * rate) < n_frames]
    slow = eyes.blink(neutral(3600), 3)[:, BLINK]
    deepest = [slow[round(time * 60)] for time in eyes.blink_times(60.0, 3) + 5 / 60][: len(frames)]
    np.testing.assert_allclose(lids[frames], deepest, atol=1e-6)


def test_some_blinks_are_whole_and_none_is_too_shallow() -> None:
    """Over ten minutes blinks are as deep as told, evenly from the shallowest to the deepest."""
    low, high = eyes.BlinkOptions().depth
    lids = eyes.blink(neutral(36_000), 3)[:, BLINK]
    deepest = lids[[round(time * 60) for time in eyes.blink_times(599.0, 3) + 5 / 60]]
    assert low <= deepest.min() < low + 0.02 and high - 0.02 < deepest.max() <= high
    assert np.quantile(deepest, 0.5) == pytest.approx((low + high) / 2, abs=0.03)


def test_a_blink_closes_faster_than_it_opens() -> None:
    """A blink lasts 13 frames at 60 fps, rises and falls once, and takes longer to open than to close."""
    phase = np.arange(-13, 14) / 13
    lid = eyes.lid_closure(phase)
    assert np.count_nonzero(lid > 0) <= 13
    top = np.flatnonzero(lid == 1)
    closing = lid[: top[0] + 1]
    opening = lid[top[-1] :]
    assert (np.diff(closing) >= 0).all()
    assert (np.diff(opening) <= 0).all()
    assert np.count_nonzero((opening > 0) & (opening < 1)) > np.count_nonzero((closing > 0) & (closing < 1))


def test_blinks_start_from_the_takes_own_lids() -> None:
    """Between blinks wide or narrow eyes stay as they were, and whole blinks still close them fully."""
    values = neutral(900)
    values[:, BLINK] = (-0.4, 0.3)
    lids = eyes.blink(values, 11, options=eyes.BlinkOptions(depth=(1.0, 1.0)))[:, BLINK]
    open_frames = lids.max(axis=1) < 0.31
    assert np.count_nonzero(open_frames) > 450
    assert np.allclose(np.median(lids, axis=0), (-0.4, 0.3))
    assert (lids.max(axis=0) == 1).all()


def test_blinks_leave_mouth_and_range_alone() -> None:
    """A blink moves nothing in the lower face but the cheek, and nothing leaves its range."""
    values = np.random.default_rng(0).uniform(rig.MINIMUM, rig.MAXIMUM, (400, 174)).astype(np.float32)
    blinked = eyes.blink(values, 2)
    mouth = rig.region_mask("mouth", "jaw", "teeth", "tongue", "neck")
    assert (blinked[:, mouth] == values[:, mouth]).all()
    assert (blinked >= rig.MINIMUM).all()
    assert (blinked <= rig.MAXIMUM).all()


def test_gaze_law() -> None:
    """Intervals are 0.25 to 0.75 s, radii 0.1 to 0.2, angles all around, and two in five targets are the centre."""
    times, targets = eyes.gaze_targets(3000.0, 4)
    gaps = np.diff(times)
    radius = np.hypot(*targets[1:].T)
    assert 0.25 <= gaps.min() < 0.26
    assert 0.74 < gaps.max() <= 0.75
    away = radius > 0
    assert 1 - away.mean() == pytest.approx(0.4, abs=0.02)
    assert radius[away].min() >= 0.1 - 1e-9
    assert radius[away].max() <= 0.2 + 1e-9
    quadrants = np.floor(np.arctan2(*targets[1:][away].T) / (np.pi / 2)).astype(int)
    assert np.bincount(quadrants + 2, minlength=4) / away.sum() == pytest.approx([0.25] * 4, abs=0.03)


def test_eyes_dart_and_rest() -> None:
    """By default the eyes stand still on most frames and cross to the next target in about 50 ms."""
    path = eyes.gaze_path(np.arange(3600) / 60, 8)
    moving = np.hypot(*np.diff(path, axis=0).T) > 1e-6
    assert 0.02 < moving.mean() < 0.15


def test_paper_gaze_is_linear() -> None:
    """As in the paper, the eyes may instead move in straight lines from target to target, at every instant."""
    options = eyes.GazeOptions(paper=True)
    times, targets = eyes.gaze_targets(10.0, 8, options)
    now = np.linspace(0, 10, 997)
    path = eyes.gaze_path(now, 8, options)
    for axis in range(2):
        assert np.allclose(path[:, axis], np.interp(now, times, targets[:, axis]))


def test_gaze_options_scale_reach_and_pace() -> None:
    """Range scales the deflection, rate the number of darts, and range 0 keeps the eyes still."""
    half = eyes.gaze_path(np.arange(600) / 60, 1, eyes.GazeOptions(range=0.5))
    assert np.allclose(half * 2, eyes.gaze_path(np.arange(600) / 60, 1))
    assert len(eyes.gaze_targets(500.0, 1, eyes.GazeOptions(rate=2.0))[0]) == pytest.approx(2000, rel=0.05)
    still = eyes.gaze(neutral(300), 1, options=eyes.GazeOptions(range=0.0))
    assert (still == neutral(300)).all()


def test_gaze_adds_to_the_take_and_moves_the_lids() -> None:
    """Gaze is added to the shared eye control; the upper lids go up with it and down with it."""
    values = neutral(1200)
    values[:, GAZE[0]] = 0.1
    looked = eyes.gaze(values, 6)
    path = eyes.gaze_path(np.arange(1200) / 60, 6)
    assert np.allclose(looked[:, GAZE], path + (0.1, 0.0), atol=1e-6)
    for lid in rig.both("eye_eyelidU"):
        assert np.corrcoef(looked[:, lid], path[:, 1])[0, 1] < -0.99
    untouched = np.setdiff1d(np.arange(174), [*GAZE, *rig.both("eye_eyelidU")])
    assert (looked[:, untouched] == values[:, untouched]).all()


@pytest.mark.parametrize("rate", RATES)
def test_gaze_is_the_same_at_every_rate(rate: float) -> None:
    """A path sampled at another rate passes through the same targets at the same times."""
    times, targets = eyes.gaze_targets(20.0, 3)
    path = eyes.gaze_path(np.arange(round(20 * rate)) / rate, 3)
    frames = np.ceil((times[1:-1] + 0.06) * rate).astype(int)
    inside = frames < len(path)
    assert np.allclose(path[frames[inside]], targets[1:-1][inside])


def test_seeds_are_repeatable_and_independent() -> None:
    """The same seed gives the same bytes, another seed others, and blinks do not depend on gaze."""
    values = neutral(600)
    one = eyes.blink(values, 1)
    two = eyes.blink(eyes.gaze(values, 1), 1)
    assert one.tobytes() == eyes.blink(values, 1).tobytes()
    assert (one[:, BLINK] == two[:, BLINK]).all()
    assert (one != eyes.blink(values, 2)).any()
    assert (values == neutral(600)).all()


def test_writes_in_place_when_asked() -> None:
    """With `out` the result lands in that array, also when it is the input."""
    values = neutral(300)
    expected = eyes.gaze(eyes.blink(values, 9), 9)
    assert eyes.blink(values, 9, out=values) is values
    assert (eyes.gaze(values, 9, out=values) == expected).all()


def test_misuse_is_refused() -> None:
    """Negative rates, ranges and seeds are programmer's errors."""
    with pytest.raises(ValueError, match="negative"):
        eyes.blink_times(1.0, 0, eyes.BlinkOptions(rate=-1))
    with pytest.raises(ValueError, match="rate"):
        eyes.gaze_targets(1.0, 0, eyes.GazeOptions(rate=0))
    with pytest.raises(ValueError):  # noqa: PT011 - numpy words this one
        eyes.blink_times(1.0, -1)


def test_a_blink_waits_for_its_cue() -> None:
    """Blinks go to cues within reach, keep their distance, and stay where there is none."""
    drawn = eyes.blink_times(60.0, 3)
    cues = drawn[::2] + 0.2
    cued = eyes.blink_times(60.0, 3, cues_s=cues)
    assert len(cued) == len(drawn) and np.diff(cued).min() >= eyes.MIN_GAP_S - 1e-9
    assert np.isin(np.round(cues, 6), np.round(cued, 6)).mean() > 0.7
    assert np.abs(cued - drawn).max() <= eyes.CUE_REACH_S + 1e-9
    far = eyes.blink_times(60.0, 3, cues_s=np.array([1000.0]))
    assert (far == drawn).all()


def test_eyes_stay_where_they_look_while_the_head_turns() -> None:
    """A head that turns left and up leaves the eyes right and down of where they were, by most of its angle."""
    turned = np.tile(np.array([6.0, 5.0, 0.0]), (60, 1))
    one, other = (eyes.gaze(neutral(60), 1, head_deg=head) for head in (None, turned))
    side, up = rig.columns("C_eye.X", "C_eye.Y")
    moved = other - one
    assert np.allclose(moved[:, side], -eyes.STEADY * 6.0 / eyes.EYE_DEG[0], atol=1e-5)
    assert np.allclose(moved[:, up], -eyes.STEADY * 5.0 / eyes.EYE_DEG[1], atol=1e-5)
