"""The head nods on accents, more in strong emotions, within limits, smoothly, and sways in silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facetake.motion import head

RATE = 60.0


def line(seed: int = 0, n_frames: int = 600, quiet: tuple[int, int] = (0, 0)) -> NDArray[np.float64]:
    """Onset strengths of made-up speech: a syllable about every 200 ms over a low ripple, none within `quiet`."""
    random = np.random.default_rng(seed)
    onsets = random.uniform(0, 0.3, n_frames)
    beats = np.cumsum(random.uniform(8, 16, n_frames // 8)).astype(int)
    beats = beats[beats < n_frames]
    onsets[beats] += random.gamma(2.0, 2.0, len(beats))
    onsets[quiet[0] : quiet[1]] = 0
    return onsets


def one_hot(emotion: int, n_frames: int = 600) -> NDArray[np.float64]:
    """(T, 7) weights of a single emotion."""
    return np.tile(np.eye(7)[emotion], (n_frames, 1))


def test_accents_are_the_strongest_peaks_nearby() -> None:
    """The fast peak search agrees with looking at every frame's neighbourhood in turn."""
    onsets = line(3)
    frames, strengths = head.accents(onsets, RATE)
    strong = np.percentile(onsets[onsets > 0], 95)
    options = head.HeadOptions()
    reach = round(options.spacing_s * RATE)
    slow = [
        frame
        for frame in range(len(onsets))
        if onsets[frame] > options.threshold * strong
        and onsets[frame] == onsets[max(0, frame - reach) : frame + reach + 1].max()
    ]
    assert frames.tolist() == slow
    assert len(slow) > 5
    assert strengths == pytest.approx(np.minimum(onsets[slow] / strong, 1))


def test_head_dips_on_a_strong_onset() -> None:
    """On average over seeds the pitch goes down around a lone strong onset and comes back."""
    onsets = np.zeros(240)
    onsets[120] = 5.0
    speech = np.ones(240)
    options = head.HeadOptions(phrase_s=(100.0, 100.0))
    moves = np.mean(
        [head.head_motion(onsets, one_hot(3, 240), seed, RATE, speech, options) for seed in range(40)], axis=0
    )
    bottom = int(np.argmin(moves[:, 1]))
    assert 120 <= bottom <= 135
    carried = head.POSTURES_DEG[3][1]
    assert moves[bottom, 1] < carried - 1.5
    assert np.abs(moves[[100, 170], 1] - carried).max() < 0.4


def test_amount_follows_the_emotion() -> None:
    """Anger and disgust move the head most, happy and sad less, neutral least."""
    onsets = line(1)

    def size(emotion: int) -> float:
        return float(np.mean([head.head_motion(onsets, one_hot(emotion), seed).std(axis=0) for seed in range(5)]))

    neutral, happy, sad, angry, _, _, disgusted = (size(emotion) for emotion in range(7))
    assert min(angry, disgusted) > 1.15 * max(happy, sad)
    assert min(happy, sad) > 1.15 * neutral


@given(st.integers(0, 1000), st.floats(0, 20), st.sampled_from([24.0, 25.0, 30.0, 60.0]))
@settings(max_examples=25, deadline=None)
def test_angles_stay_within_ten_degrees(seed: int, amount: float, rate: float) -> None:
    """No option, seed or rate turns the head by more than 10 degrees."""
    onsets = line(seed, 200)
    pose = head.head_motion(onsets, one_hot(3, 200), seed, rate, options=head.HeadOptions(amount=amount))
    assert pose.shape == (200, 3)
    assert pose.dtype == np.float32
    assert np.abs(pose).max() <= 10


def test_head_does_not_jitter() -> None:
    """Less than a thousandth of the motion's power is above 6 Hz, and it starts without a jerk."""
    pose = head.head_motion(line(2, 1800), one_hot(3, 1800), 2).astype(np.float64)
    moved = (pose - pose.mean(axis=0)) * np.hanning(1800)[:, None]
    power = (np.abs(np.fft.rfft(moved, axis=0)) ** 2).sum(axis=1)
    fast = np.fft.rfftfreq(1800, 1 / RATE) > 6
    assert power[fast].sum() < 1e-3 * power.sum()
    assert np.abs(np.diff(pose[:6], axis=0)).max() * RATE < 6.0


def test_head_sways_in_silence() -> None:
    """In a long pause the head comes back to its posture, and is never quite still."""
    speech = np.ones(900)
    speech[300:700] = 0
    pose = head.head_motion(line(4, 900, (300, 700)), one_hot(3, 900), 4, RATE, speech)
    away = pose[345:640] - np.asarray(head.POSTURES_DEG[3])
    assert np.abs(away).max() < 3.0 * max(head.SWAY_DEG)
    speed = np.linalg.norm(np.diff(pose, axis=0), axis=1) * RATE
    assert (speed < 0.1).mean() < 0.03
    assert pose[100:280].std(axis=0).max() > 1.5 * pose[345:640].std(axis=0).max()


def test_emotions_carry_the_head() -> None:
    """Sad heads hang, surprised ones are drawn back, and the one or other side is drawn by the seed."""
    still = np.zeros(300)
    pitch = [np.mean([head.head_motion(still, one_hot(n, 300), s)[:, 1].mean() for s in range(8)]) for n in range(7)]
    assert pitch[2] < -3.0 < pitch[0] - 2.0 < pitch[4]
    yaws = [head.head_motion(still, one_hot(6, 300), seed)[:, 0].mean() for seed in range(8)]
    assert min(yaws) < -1.5 and max(yaws) > 1.5


def test_noise_does_not_nod() -> None:
    """Weak room noise moves the head no more than silence does, and the shortest take works."""
    noise = np.random.default_rng(0).uniform(0, 0.3, 600)
    assert (head.head_motion(noise, one_hot(3), 1) == head.head_motion(np.zeros(600), one_hot(3), 1)).all()
    assert head.head_motion(np.zeros(1), one_hot(0, 1), 1).shape == (1, 3)


def test_emotion_may_change_within_a_line() -> None:
    """A line that turns from neutral to angry moves more in its second half, without a jump between."""
    emotion = one_hot(0, 1200)
    emotion[600:] = np.eye(7)[3]
    poses = np.array([head.head_motion(line(5, 1200), emotion, seed) for seed in range(10)])
    assert poses[:, 660:].std(axis=1).mean() > 1.3 * poses[:, :540].std(axis=1).mean()
    steps = np.abs(np.diff(head.head_motion(line(5, 1200), emotion, 1), axis=0)).max(axis=1)
    assert steps[595:605].max() < steps[605:].max()
    assert steps.max() < 1.2


def test_same_seed_same_motion() -> None:
    """Seed and input decide every byte."""
    onsets = line(6)
    one = head.head_motion(onsets, one_hot(3), 1)
    assert one.tobytes() == head.head_motion(onsets, one_hot(3), 1).tobytes()
    assert (one != head.head_motion(onsets, one_hot(3), 2)).any()


def test_shapes_must_agree() -> None:
    """An emotion of another length or width is a programmer's error."""
    with pytest.raises(ValueError, match="emotion"):
        head.head_motion(np.zeros(10), one_hot(0, 9), 1)


def test_onsets_alone_follow_the_paper() -> None:
    """Anger and disgust move the head most, happy and sad less, neutral barely; its speed follows the onsets."""
    lines = [line(seed, 1200) for seed in range(5)]

    def speeds(emotion: int) -> list[NDArray[np.float64]]:
        made = [head.onset_motion(onsets, one_hot(emotion, 1200), seed) for seed, onsets in enumerate(lines)]
        return [np.abs(np.gradient(pose.astype(np.float64), axis=0)).sum(axis=1) * RATE for pose in made]

    neutral, happy, sad, angry, _, _, disgusted = (float(np.mean(speeds(emotion))) for emotion in range(7))
    assert min(angry, disgusted) > 1.5 * max(happy, sad)
    assert min(happy, sad) > 2.5 * neutral
    calm = np.ones(10) / 10
    follows = [
        max(
            np.corrcoef(np.convolve(speed[lag:], calm), np.convolve(onsets[: 1200 - lag], calm))[0, 1]
            for lag in range(20)
        )
        for speed, onsets in zip(speeds(3), lines, strict=True)
    ]
    assert np.mean(follows) > 0.4


def test_onsets_alone_stay_within_limits_and_smooth() -> None:
    """However strong onsets are the head stays within its limits, does not jitter, and rests where nothing is said."""
    strong = head.onset_motion(50.0 * line(2, 1800), one_hot(3, 1800), 2, amount=5.0)
    assert (np.abs(strong).max(axis=0) <= head.ONSET_LIMITS_DEG).all()
    pose = head.onset_motion(line(2, 1800, (600, 1200)), one_hot(3, 1800), 2).astype(np.float64)
    assert np.abs(pose[:560]).max() > 1.0
    assert np.abs(pose[850:1190]).max() < 0.05
    moved = (pose - pose.mean(axis=0)) * np.hanning(1800)[:, None]
    power = (np.abs(np.fft.rfft(moved, axis=0)) ** 2).sum(axis=1)
    assert power[np.fft.rfftfreq(1800, 1 / RATE) > 6].sum() < 2e-3 * power.sum()
    noise = np.random.default_rng(0).uniform(0, 0.3, 600)
    assert (head.onset_motion(noise, one_hot(3), 1) == 0).all()
    assert head.onset_motion(np.zeros(0), one_hot(3, 0), 1).shape == (0, 3)


def test_onsets_alone_are_the_same_for_the_same_seed() -> None:
    """Seed and input decide every byte, and an emotion of another length is a programmer's error."""
    one = head.onset_motion(line(6), one_hot(3), 1)
    assert one.tobytes() == head.onset_motion(line(6), one_hot(3), 1).tobytes()
    assert (one != head.onset_motion(line(6), one_hot(3), 2)).any()
    with pytest.raises(ValueError, match="emotion"):
        head.onset_motion(np.zeros(10), one_hot(0, 9), 1)
