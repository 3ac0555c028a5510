"""Movement plays around an emotion's pose, follows the voice and the seed, and leaves the lips alone."""

from __future__ import annotations

import numpy as np
import pytest

from facetake import inference, mouth, rig
from facetake.arrays import F32
from facetake.emotion import EMOTIONS
from facetake.motion import expression

RATE = 60.0
N = 900
ANGRY = EMOTIONS.index("angry")


def poses() -> F32:
    """(7, 174) a low brow for anger, a smile for happiness, nothing else."""
    rows = np.tile(rig.NEUTRAL, (len(EMOTIONS), 1)).astype(np.float32)
    rows[ANGRY, rig.both("brow_down")] = 0.8
    rows[EMOTIONS.index("happy"), rig.both("mouth_cornerPull")] = 0.6
    return rows


def line(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Level and speech of a made-up line with a pause of two seconds."""
    random = np.random.default_rng(seed)
    level = -20.0 + 6.0 * np.sin(np.arange(N) / 25.0 + random.uniform(0, 6)) + random.normal(0, 1, N)
    speech = np.ones(N)
    level[400:520], speech[400:520] = -70.0, 0.0
    return level, speech


def played(
    emotion: str = "neutral",
    seed: int = 1,
    energy: float = 1.0,
    movement: expression.Movement | None = None,
    strength: float = 1.0,
) -> F32:
    """(N, 174) movement laid over an emotion's held pose."""
    weights = np.zeros((N, len(EMOTIONS)))
    weights[:, 0] += 1.0 - strength
    weights[:, EMOTIONS.index(emotion)] += strength
    values = (rig.NEUTRAL + weights @ (poses() - rig.NEUTRAL)).astype(np.float32)
    level, speech = line()
    expression.add(values, level, speech, weights, poses(), seed, energy, movement)
    return values


@pytest.fixture(scope="module")
def shipped() -> expression.Movement:
    """The movement that ships."""
    movement = inference.open_motion(inference.SHIPPED)
    assert movement is not None
    return movement


def test_a_pose_breathes() -> None:
    """An angry brow varies by a quarter of its mean or more, eases in pauses, and stays an angry brow."""
    brow = played("angry")[:, rig.both("brow_down")].mean(axis=1)
    assert brow.std() > 0.2 * brow.mean()
    assert brow[440:500].mean() < 0.8 * brow[:400].mean()
    assert brow.min() > 0.2


def share_above(control: str, least: float, emotion: str, movement: expression.Movement) -> float:
    """Share of the frames of a dozen performances in which a control of both sides is beyond a size."""
    takes = [played(emotion, seed, movement=movement)[:, rig.both(control)].max(axis=1) for seed in range(12)]
    return float((np.concatenate(takes) > least).mean())


@pytest.mark.parametrize("emotion", ["sad", "angry", "fear", "disgusted"])
def test_nobody_smiles_in_anger(shipped: expression.Movement, emotion: str) -> None:
    """Smiles of the people whose movement is played stay out of moods that have none; the surprised do smile."""
    assert share_above("mouth_cornerPull", 0.2, emotion, shipped) == 0.0
    assert share_above("mouth_cornerPull", 0.2, "surprise", shipped) > 0.03


def test_who_is_glad_hardly_frowns(shipped: expression.Movement) -> None:
    """Frowns of those people are smaller in a happy face than in one of no mood."""
    assert share_above("brow_down", 0.2, "happy", shipped) < 0.6 * share_above("brow_down", 0.2, "neutral", shipped)


@pytest.mark.parametrize("control", ["eye_blink", "eye_squintInner"])
def test_no_lid_droops_alone(shipped: expression.Movement, control: str) -> None:
    """Lids of both sides move as one, whatever a tracker saw of either."""
    sides = np.concatenate([played("happy", seed, movement=shipped)[:, rig.both(control)] for seed in range(12)])

    assert np.ptp(sides, axis=1).max() < 0.15
    assert sides.max() > 0.15


def test_lids_never_sink_to_sleep(shipped: expression.Movement) -> None:
    """Sad lids that hang low, and movement that lowers them further, leave half of the eye open."""
    sad = poses()
    sad[EMOTIONS.index("sad"), rig.both("eye_blink")] = 0.3
    weights = np.eye(len(EMOTIONS))[np.full(N, EMOTIONS.index("sad"))]
    values = (weights @ sad).astype(np.float32)
    expression.add(values, *line(), weights, sad, 3, 2.0, shipped)

    assert 0.25 < values[:, rig.both("eye_blink")].max() <= expression.MOST_DROOP


def test_brows_do_not_jump(shipped: expression.Movement) -> None:
    """A brow takes a twelfth of a second at least from rest to where movement holds it."""
    takes = [played("neutral", seed, movement=shipped)[:400] for seed in range(24)]  # the made-up voice stops at once
    speeds = np.concatenate([np.abs(np.diff(take[:, rig.both("brow_raiseIn")], axis=0)) for take in takes]) * RATE

    assert 1.5 < speeds.max() < expression.MOST_MOVED / 0.08


def test_cheeks_go_with_the_corners(shipped: expression.Movement) -> None:
    """A smile that swells lifts the cheeks with it: they never part ways."""
    glad = poses()
    glad[EMOTIONS.index("happy"), rig.both("eye_cheekRaise")] = 0.5
    weights = np.eye(len(EMOTIONS))[np.full(N, EMOTIONS.index("happy"))]
    follows = []
    for seed in range(12):
        values = (weights @ glad).astype(np.float32)
        expression.add(values, *line(), weights, glad, seed, 1.0, shipped)
        cheek, corner = (values[:, rig.both(name)].mean(axis=1) for name in ("eye_cheekRaise", "mouth_cornerPull"))
        follows.append(np.corrcoef(cheek, corner)[0, 1])

    assert np.median(follows) > 0.8


def test_without_energy_nothing_moves() -> None:
    """Energy 0 leaves every byte, more moves more, and what is out of range is refused."""
    assert (played("angry", energy=0.0)[0] == played("angry", energy=0.0)).all()
    column = rig.both("brow_down")[0]
    spreads = [played("angry", energy=energy)[:, column].std() for energy in (0.5, 1.0)]
    assert 0.0 < spreads[0] < spreads[1]
    for energy in (-0.1, 2.1, np.nan):
        with pytest.raises(ValueError, match="energy"):
            played(energy=energy)


def test_a_seed_is_a_performance(shipped: expression.Movement) -> None:
    """The same seed gives the same bytes, another seed another performance of the same size."""
    one, same, other = (played("neutral", seed, movement=shipped) for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    column = rig.both("eye_squintInner")[0]
    assert abs(np.corrcoef(one[:, column], other[:, column])[0, 1]) < 0.7
    assert 0.3 < one.std(axis=0)[column] / other.std(axis=0)[column] < 3.0


def test_brows_and_lids_go_further_on_what_is_stressed(shipped: expression.Movement) -> None:
    """Seed by seed, brows and squints are further from their middle where the voice is loud than where it is quiet."""
    level, speech = line()
    loud, quiet = (np.flatnonzero((speech > 0) & one) for one in (level > -16.0, level < -24.0))
    columns = np.concatenate([rig.both(name) for name in ("brow_raiseIn", "brow_raiseOut", "brow_down")])
    ratios = []
    for seed in range(12):
        rows = played(seed=seed, movement=shipped)[:, columns]
        away = np.abs(rows - np.median(rows, axis=0)).mean(axis=1)
        ratios.append(away[loud].mean() / away[quiet].mean())
    assert np.median(ratios) > 1.15, ratios


def test_lips_are_left_alone(shipped: expression.Movement) -> None:
    """Whatever the emotion, how far lips open and round is as before."""
    for emotion in EMOTIONS:
        before, after = (played(emotion, 3, energy, shipped) for energy in (0.0, 2.0))
        assert np.abs(mouth.aperture(after) - mouth.aperture(before)).max() < 1e-6
        assert np.abs(mouth.pucker(after) - mouth.pucker(before)).max() < 1e-6


def test_corners_and_upper_lip_move_with_speech(shipped: expression.Movement) -> None:
    """Of an open mouth corners, dimples, chin and upper lip move, and the lips open as far as without."""
    level, speech = line()
    weights = np.eye(len(EMOTIONS))[np.zeros(N, int)]
    for seed in range(4):
        values = np.tile(rig.NEUTRAL, (N, 1)).astype(np.float32)
        values[:, rig.columns("C_jaw")] = 0.4
        before = values.copy()
        expression.add(values, level, speech, weights, poses(), seed, 1.0, shipped)
        for name in ("mouth_cornerPull", "mouth_dimple", "mouth_upperLipRaise", "jaw_ChinRaiseD", "mouth_lipsRollU"):
            assert values[:400, rig.both(name)].std(axis=0).max() > 0.01, (seed, name)
            assert np.ptp(values[400:520, rig.both(name)]) < 1e-6, (seed, name)
        assert np.abs(mouth.aperture(values) - mouth.aperture(before)).max() < 1e-6


def test_the_mouth_is_still_where_nobody_speaks(shipped: expression.Movement) -> None:
    """Mouth and jaw keep one pose in a pause, in every emotion; the upper face lives on."""
    held = rig.region_mask("mouth", "jaw", "teeth", "tongue")
    for emotion in EMOTIONS:
        pause = played(emotion, 5, movement=shipped)[400:520]
        assert np.ptp(pause[:, held], axis=0).max() < 1e-6
        assert np.ptp(pause[:, ~held], axis=0).max() > 0.01


def test_strength_stays_monotone(shipped: expression.Movement) -> None:
    """The stronger an emotion, the further its pose goes on average, whatever the seed."""
    column = rig.both("brow_down")[0]
    for seed in range(5):
        means = [played("angry", seed, movement=shipped, strength=s)[:, column].mean() for s in (0.2, 0.5, 0.8, 1.0)]
        assert (np.diff(means) > 0).all()


def test_pieces_keep_the_spread_of_real_faces(shipped: expression.Movement) -> None:
    """Joined pieces move as much and as fast as the faces they come from, and pass into each other without a jump."""
    level = np.concatenate([line(seed)[0] for seed in range(12)])
    tracks = expression._pieces(shipped, level, 7, RATE)
    real = shipped.tracks.std(axis=0)
    ours = tracks.std(axis=0)
    assert 0.5 < np.median(ours / real) < 1.6
    speed = np.abs(np.diff(shipped.tracks, axis=0)).mean(axis=0)
    assert 0.6 < np.median(np.abs(np.diff(tracks, axis=0)).mean(axis=0) / speed) < 1.5
    assert np.abs(np.diff(tracks, axis=0)).max() < 1.5 * np.abs(np.diff(shipped.tracks, axis=0)).max()


def test_a_line_of_any_length_is_played(shipped: expression.Movement) -> None:
    """A single frame, an emotion that changes every frame and an hour of silence are all performed."""
    one = np.tile(rig.NEUTRAL, (1, 1))
    expression.add(one, np.array([-90.0]), np.zeros(1), np.eye(7)[:1], poses(), 1, 2.0, shipped)
    assert np.isfinite(one).all()
    flicker = np.eye(7)[np.arange(N) % 7]
    values = np.tile(rig.NEUTRAL, (N, 1))
    expression.add(values, *line(), flicker, poses(), 1, 2.0, shipped)
    assert (values >= rig.MINIMUM).all() and (values <= rig.MAXIMUM).all()
    tracks = expression._pieces(shipped, np.full(216_000, -90.0), 1, RATE)
    assert len(tracks) >= 90_000 and np.isfinite(tracks).all()


def test_every_variant_of_a_mood_is_a_face_of_its_own() -> None:
    """Variants name known controls, none decides how lips open, and seeds reach all of them."""
    table = expression.moods()
    assert set(table) == set(EMOTIONS[1:])
    for name, variants in table.items():
        for row in variants:
            face = rig.clamp(rig.NEUTRAL + row)[None]
            assert mouth.aperture(face)[0] == pytest.approx(mouth.aperture(rig.NEUTRAL[None])[0], abs=1e-6)
        found = {expression._variants(seed)[EMOTIONS.index(name)].tobytes() for seed in range(40)}
        assert len(found) == len(variants) >= 2
