"""Eyes and head look at targets as people do, and stay on them whatever turns the head."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetake import rig
from facetake.arrays import F32, F64
from facetake.face import head as preview
from facetake.gaze import CAMERA_M, GazeTrack
from facetake.motion import eyes, gaze_shifts
from facetake.motion.gaze_shifts import GazePlan

STILL = eyes.GazeOptions(range=0.0)
DARTING = eyes.GazeOptions()
EYE = {side: rig.columns(f"{side}_eye.X", f"{side}_eye.Y") for side in "CLR"}
LIDS = rig.both("eye_eyelidU")
FINE = 2000.0  # frames a second at which saccades of 30 ms are measured
SETTLED_S = 0.8  # after a cue: even a head that turns by 40 degrees has come to rest


def track(*cues: tuple[float, str | tuple[float, float, float]]) -> GazeTrack:
    """Cues of what is looked at."""
    points = [one if isinstance(one, tuple) else CAMERA_M if one == "camera" else (0.0, 0.0, 0.0) for _, one in cues]
    looks = tuple("target" if one == "camera" or isinstance(one, tuple) else one for _, one in cues)
    return GazeTrack(np.array([time_s for time_s, _ in cues]), looks, np.array(points))  # type: ignore[arg-type]


def toward(yaw_deg: float, pitch_deg: float, distance_m: float = 1.5) -> tuple[float, float, float]:
    """The point that lies that far to the left and up."""
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    unit = (np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch))
    return tuple(float(distance_m * one) for one in unit)  # type: ignore[return-value]


def nodding(n_frames: int, rate: float, size_deg: float = 7.0) -> F32:
    """A head that turns, nods and tips all the time, as in lively speech."""
    times = np.arange(n_frames) / rate
    waves = [np.sin(2 * np.pi * hertz * times + phase) for hertz, phase in ((0.7, 0.3), (1.6, 1.0), (0.4, 2.0))]
    return np.stack([size_deg * wave for wave in waves], axis=1).astype(np.float32)


def performed(
    cues: GazeTrack, duration_s: float, seed: int = 1, rate: float = 60.0, options: eyes.GazeOptions = STILL
) -> tuple[F32, F32, GazePlan]:
    """Controls, head angles and the plan of a line in which the head moves with speech, too."""
    n_frames = round(duration_s * rate)
    shifts = gaze_shifts.plan(cues, seed)
    head_deg = nodding(n_frames, rate)
    gaze_shifts.turn_head(head_deg, shifts, rate)
    values = np.tile(rig.NEUTRAL, (n_frames, 1)).astype(np.float32)
    return gaze_shifts.look(values, shifts, seed, options, rate, head_deg=head_deg), head_deg, shifts


def gaze_rays(values: F32, head_deg: F32) -> tuple[F64, F64]:
    """Where both eyes are (T, 2, 3), and the unit vectors (T, 2, 3) in which they look: frame by frame, by matrices.

    In the axes of a target, by the preview head's eyes, neck and rotation, and a MetaHuman's ranges.
    """
    face = preview.load()
    origin = face.eye_centres.mean(axis=0)
    places = np.zeros((len(values), 2, 3))
    rays = np.zeros((len(values), 2, 3))
    for frame, (row, angles) in enumerate(zip(values, head_deg, strict=True)):
        turn = preview.rotation(angles[None])[0].astype(np.float64)
        for number, side in enumerate("LR"):
            x, y = row[EYE["C"]] + row[EYE[side]]
            own = preview.rotation(np.array([[40.0 * x, (30.0 if y > 0 else 40.0) * y, 0.0]]))[0]
            place = preview.PIVOT_M + turn @ (face.eye_centres[number] - preview.PIVOT_M)
            places[frame, number] = (place - origin) * preview.FLIP
            rays[frame, number] = (turn @ own @ np.array([0.0, 0.0, -1.0])) * preview.FLIP
    return places, rays


def errors_deg(values: F32, head_deg: F32, target_m: tuple[float, float, float]) -> F64:
    """(T, 2) angle between each eye's direction and the target."""
    places, rays = gaze_rays(values, head_deg)
    wanted = np.asarray(target_m) - places
    wanted /= np.linalg.norm(wanted, axis=-1, keepdims=True)
    return np.asarray(np.degrees(np.arccos(np.clip((wanted * rays).sum(axis=-1), -1.0, 1.0))))


@given(
    st.floats(-62, 62),
    st.floats(-40, 30),
    st.sampled_from([0.3, 0.5, 1.0, 3.0, 50.0]),
    st.integers(0, 2**32),
)
@settings(max_examples=25, deadline=None)
def test_gaze_stays_on_its_target_while_the_head_moves(yaw: float, pitch: float, distance: float, seed: int) -> None:
    """In fixation each eye is within 1.5 degrees of its target, darts and a head in motion included."""
    target = toward(yaw, pitch * np.cos(np.radians(yaw)), distance)
    values, head_deg, _ = performed(track((0.0, "camera"), (0.5, target)), 3.0, seed, options=DARTING)
    fixed = slice(round((0.5 + SETTLED_S) * 60), None)

    assert np.ptp(head_deg[fixed], axis=0).min() > 5  # it does move
    assert errors_deg(values[fixed], head_deg[fixed], target).max() < 1.5
    assert errors_deg(values[:30], head_deg[:30], CAMERA_M).max() < 1.5


def test_without_darts_gaze_is_exact() -> None:
    """With darts switched off nothing is left of an error but rounding."""
    target = toward(25.0, -12.0, 0.6)
    values, head_deg, _ = performed(track((0.0, target)), 2.0)

    assert errors_deg(values, head_deg, target).max() < 0.05


def test_small_darts_go_on_around_a_target() -> None:
    """Eyes that look at something are not frozen: they dart, by less than a degree."""
    target = toward(10.0, 5.0)
    still, head_deg, _ = performed(track((0.0, target)), 6.0)
    darting, _, _ = performed(track((0.0, target)), 6.0, options=DARTING)
    error = errors_deg(darting, head_deg, target)

    assert 0.3 < error.max() < 1.0
    assert np.count_nonzero(np.abs(np.diff(darting - still, axis=0)).max(axis=1) > 1e-4) > 15


@pytest.mark.parametrize("size", [3.0, 6.0, 10.0, 20.0, 30.0])
def test_saccades_lie_on_the_main_sequence(size: float) -> None:
    """Durations are 21 ms and 2.2 ms a degree, and peak speeds scatter about 551 (1 - exp(-size / 14)) as people do."""
    start = toward(-size / 2, 0.0, 50.0)
    values, head_deg, shifts = performed(track((0.0, start), (0.5, toward(size / 2, 0.0, 50.0))), 0.9, rate=FINE)
    _, rays = gaze_rays(values, head_deg)
    yaw = np.degrees(np.arctan2(rays[:, 0, 0], rays[:, 0, 2]))
    speed = np.diff(yaw) * FINE
    moving = np.flatnonzero(np.abs(speed) > 0.02 * speed.max()) / FINE
    literature = 551.0 * (1.0 - np.exp(-size / 14.0))

    assert moving[0] == pytest.approx(0.5, abs=0.003)
    assert np.ptp(moving) == pytest.approx(0.021 + 0.0022 * size, abs=0.004)
    assert shifts.durations_s[1] == pytest.approx(0.021 + 0.0022 * size, rel=0.01)
    assert np.diff(yaw).min() > -0.01  # no overshoot
    assert 1 / 1.7 < speed.max() / literature < 1.7


def test_eyes_lead_and_the_head_follows() -> None:
    """The eyes are there before the head has begun to move much; then the eyes turn back as the head comes along."""
    target = toward(30.0, 0.0)
    values, head_deg, shifts = performed(track((0.0, "camera"), (1.0, target)), 2.5, rate=FINE)
    own_head = head_deg[:, 0] - nodding(len(head_deg), FINE)[:, 0]
    eye = 40.0 * values[:, EYE["C"][0]]
    landed = round((1.0 + float(shifts.durations_s[1])) * FINE)
    began = int(np.argmax(own_head > 0.2))

    assert 0.03 < began / FINE - 1.0 < 0.12
    assert own_head[landed] < 0.15 * own_head[-1]
    assert eye[landed] > 24.0
    assert eye[-1] < eye[landed] - 5.0
    assert errors_deg(values[landed::100], head_deg[landed::100], target).max() < 0.1


def test_the_heads_share_grows_with_the_shift() -> None:
    """Eyes go nearly alone to what is near; of 60 degrees the head takes most, and never more than all."""
    share = []
    for size in (5.0, 10.0, 20.0, 40.0, 60.0):
        _, head_deg, _ = performed(track((0.0, "camera"), (0.5, toward(size, 0.0))), 2.0)
        share.append(float(head_deg[-1, 0] - nodding(120, 60.0)[-1, 0]) / size)

    assert share[0] < 0.25
    assert share[1] < 0.25
    assert 0.2 < share[2] < 0.45
    assert 0.5 < share[4] < 0.75
    assert (np.diff(share[1:]) > 0).all()


def test_eyes_converge_on_what_is_near() -> None:
    """At 0.3 m the lines of sight meet at the angle that the distance between the eyes asks; far away they do not."""
    apart = float(np.ptp(preview.load().eye_centres[:, 0]))
    for distance, allowed in ((0.3, 0.05), (1.0, 0.05), (1000.0, 0.05)):
        shifts = gaze_shifts.plan(track((0.0, (0.0, 0.0, distance))), 1)
        values = np.tile(rig.NEUTRAL, (2, 1)).astype(np.float32)
        still = np.zeros((2, 3), np.float32)
        _, rays = gaze_rays(gaze_shifts.look(values, shifts, 1, STILL, head_deg=still), still)
        yaw = np.degrees(np.arctan2(rays[0, :, 0], rays[0, :, 2]))

        assert yaw[1] - yaw[0] == pytest.approx(2 * np.degrees(np.arctan(apart / 2 / distance)), abs=allowed)
        assert yaw[0] <= 0.05  # the left eye looks to the right, and never outwards


def test_lids_follow_the_eyes_up_and_down() -> None:
    """Upper lids go down with the eyes and up with them, on top of what an emotion does to them."""
    found = {}
    for pitch in (-25.0, 0.0, 20.0):
        shifts = gaze_shifts.plan(track((0.0, toward(0.0, pitch))), 1)
        values = np.tile(rig.NEUTRAL, (2, 1)).astype(np.float32)
        values[:, LIDS] = 0.1
        found[pitch] = float(gaze_shifts.look(values, shifts, 1, STILL)[0, LIDS].mean()) - 0.1

    assert found[-25.0] > 0.15
    assert abs(found[0.0]) < 0.01
    assert found[20.0] < -0.15


def test_large_shifts_bring_a_blink_by_their_size() -> None:
    """Shifts below 15 degrees never do, above 35 always, and between them more often the larger they are."""
    shares = []
    for size in (10.0, 20.0, 30.0, 40.0):
        plans = [gaze_shifts.plan(track((0.0, "camera"), (1.0, toward(size, -1.9))), seed) for seed in range(200)]
        shares.append(np.mean([len(one.blinks_s) for one in plans]))
        assert all(one.blinks_s.tolist() in ([], [1.0]) for one in plans)

    assert shares[0] == 0.0
    assert shares[1] == pytest.approx(0.25, abs=0.1)
    assert shares[2] == pytest.approx(0.75, abs=0.1)
    assert shares[3] == 1.0


@given(st.integers(0, 2**32), st.lists(st.floats(0.0, 30.0), max_size=12))
@settings(max_examples=50, deadline=None)
def test_a_blink_with_a_shift_doubles_no_other(seed: int, shifts: list[float]) -> None:
    """A shift's blink takes the place of one that is near, and no two blinks come within 0.6 s."""
    with_s = np.sort(np.array(shifts))
    times = eyes.blink_times(30.0, seed, with_s=with_s)
    drawn = eyes.blink_times(30.0, seed)

    assert (np.diff(times) >= 0.6 - 1e-9).all()
    for time_s in with_s[with_s < 30.0]:
        assert np.abs(times - time_s).min() < 0.6
    far = [one for one in drawn if not len(with_s) or np.abs(with_s - one).min() >= 0.6]
    assert np.isin(far, times).all()


@pytest.mark.parametrize(
    "target", [(0.0, 0.0, -1.0), (0.2, 0.1, -2.0), (3.0, 0.0, 0.1), (0.0, 5.0, 1.0), (0.0, -9.0, 1.0)]
)
def test_what_is_out_of_reach_is_looked_at_as_far_as_that_goes(target: tuple[float, float, float]) -> None:
    """Eyes and head turn to the end of their reach, on the right side, and one sentence says so."""
    cues = track((0.0, "camera"), (0.5, target), (2.0, "camera"), (2.5, target))
    values, head_deg, shifts = performed(cues, 4.0)
    _, rays = gaze_rays(values[110:115], head_deg[110:115])
    yaw = np.degrees(np.arctan2(rays[..., 0], rays[..., 2]))
    pitch = np.degrees(np.arcsin(rays[..., 1]))

    assert shifts.told == (
        "the target at 0.5 s (and 1 more) is out of reach: gaze turns 65 degrees to a side, 35 up and 45 down, and "
        "goes that far",
    )
    assert (np.abs(yaw) < 69).all()
    assert ((pitch > -49) & (pitch < 39)).all()
    assert max(np.abs(yaw).min() / 65, pitch.min() / 35, -pitch.max() / 45) > 0.85


def test_controls_stay_in_their_range() -> None:
    """Whatever is looked at, nothing leaves its range, and the look-at switch stays as it was."""
    random = np.random.default_rng(0)
    ways = random.uniform((-90, -60), (90, 60), (20, 2))
    cues = track(*((0.25 * n, toward(yaw, pitch, 0.3)) for n, (yaw, pitch) in enumerate(ways)))
    values, head_deg, _ = performed(cues, 5.0, options=DARTING)
    switch = rig.columns("lookAtSwitch")[0]

    assert (values >= rig.MINIMUM).all()
    assert (values <= rig.MAXIMUM).all()
    for side in "LR":
        assert np.abs(values[:, EYE["C"]] + values[:, EYE[side]]).max() <= 1.0 + 1e-6
    assert (values[:, switch] == rig.NEUTRAL[switch]).all()
    assert np.abs(head_deg).max() < 60


def test_free_eyes_are_those_without_a_target() -> None:
    """A line that is free throughout has the gaze that it would have without cues."""
    values = np.tile(rig.NEUTRAL, (600, 1)).astype(np.float32)
    head_deg = nodding(600, 60.0)
    shifts = gaze_shifts.plan(track((0.0, "free")), 5)
    turned = head_deg.copy()
    gaze_shifts.turn_head(turned, shifts)
    free = gaze_shifts.look(values, shifts, 5, DARTING, head_deg=turned)

    assert (turned == head_deg).all()
    assert np.allclose(free, eyes.gaze(values, 5, head_deg=head_deg), atol=1e-6)


def test_away_is_aside_of_what_was_looked_at() -> None:
    """Eyes that look away land 12 to 25 degrees from their target, to either side, as the seed has it."""
    sides = []
    for seed in range(20):
        values, head_deg, _ = performed(track((0.0, "camera"), (0.5, "away")), 2.0, seed)
        places, rays = gaze_rays(values[90:91], head_deg[90:91])
        away = np.degrees(np.arccos(rays[0, 0] @ (np.asarray(CAMERA_M) - places[0, 0]) / 1.08))
        assert 10 < away < 30
        sides.append(np.sign(rays[0, 0, 0]))

    assert {-1.0, 1.0} == set(sides)


@given(st.floats(-60, 60), st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_away_is_never_straight_ahead(before: float, seed: int) -> None:
    """Whatever was looked at before, eyes that look away land neither on it nor on who stands before them."""
    x, _, z = gaze_shifts.plan(track((0.0, toward(before, 0.0)), (1.0, "away")), seed).points_m[1]
    yaw = np.degrees(np.arctan2(x, z))

    assert 11.9 < abs(yaw) < 57
    assert abs(yaw - before) > 11.9


def test_the_same_seed_looks_the_same() -> None:
    """Seed and cues alone decide; a cue that is added at the end changes nothing before it."""
    cues = [(0.0, "camera"), (1.0, toward(30.0, 5.0)), (2.0, "away")]
    one, other = (gaze_shifts.plan(track(*cues), 7), gaze_shifts.plan(track(*cues, (3.0, "camera")), 7))  # type: ignore[arg-type]

    assert (one.points_m == other.points_m[:3]).all()
    assert (one.turns_deg == other.turns_deg[:3]).all()
    assert (one.lags_s == other.lags_s[:3]).all()
    assert (gaze_shifts.plan(track(*cues), 8).turns_deg != one.turns_deg).any()  # type: ignore[arg-type]


def test_a_cue_waits_until_the_eyes_have_landed() -> None:
    """Of cues that come faster than eyes move, one waits, and one that is overtaken is left out."""
    far = [toward(30.0, 0.0), toward(-30.0, 0.0), toward(30.0, 5.0), toward(-30.0, 5.0)]
    shifts = gaze_shifts.plan(track((0.0, "camera"), *((1.0 + 0.02 * n, one) for n, one in enumerate(far))), 1)

    assert len(shifts.starts_s) == 3
    assert (np.diff(shifts.starts_s) >= shifts.durations_s[:-1] - 1e-9).all()
    assert shifts.points_m[-1] == pytest.approx(far[-1])


def test_a_target_that_moves_is_followed() -> None:
    """A target that a host sampled 30 times a second is followed smoothly, to 1.5 degrees, at 20 degrees a second."""
    times = np.arange(0.0, 2.0, 1 / 30)
    points = [toward(20.0 * time_s - 20.0, 0.0) for time_s in times]
    values, head_deg, shifts = performed(track(*zip(times.tolist(), points, strict=True)), 2.0)
    error = [
        errors_deg(values[frame : frame + 1], head_deg[frame : frame + 1], toward(20.0 * frame / 60 - 20.0, 0.0)).max()
        for frame in range(30, 118)
    ]

    assert len(shifts.starts_s) == len(times)
    assert not len(shifts.blinks_s)
    assert max(error) < 1.5


@pytest.mark.parametrize("rate", [24.0, 30.0, 60.0])
def test_gaze_is_the_same_at_every_rate(rate: float) -> None:
    """Shifts are planned in seconds: at common instants all rates agree."""
    cues = track((0.0, "camera"), (0.5, toward(30.0, -5.0)), (1.5, "free"), (2.5, "camera"))
    fine, fine_head, _ = performed(cues, 4.0, rate=120.0, options=DARTING)
    values, head_deg, _ = performed(cues, 4.0, rate=rate, options=DARTING)

    assert np.allclose(values, fine[:: round(120 / rate)], atol=1e-3)
    assert np.allclose(head_deg, fine_head[:: round(120 / rate)], atol=1e-3)


def test_eyes_and_neck_are_the_preview_heads() -> None:
    """Where eyes and neck are is what the preview shows."""
    face = preview.load()
    origin = face.eye_centres.mean(axis=0)

    assert np.allclose(gaze_shifts.EYES_M, (face.eye_centres - origin) * preview.FLIP, atol=5e-4)
    assert np.allclose(gaze_shifts.NECK_M, (preview.PIVOT_M - origin) * preview.FLIP, atol=5e-4)
