"""Tests of facetake.face.head: the shipped head moves as its names say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator

from facetake import rig
from facetake.arrays import F32
from facetake.face.choices import HEADS
from facetake.face.head import MORE_SHAPES, PARTS, Head, file_of, load, rotation
from facetake.preview import shown_face
from facetake.rig import ARKIT_NAMES


@pytest.fixture(scope="module")
def head() -> Head:
    """The first of the shipped heads."""
    return load()


def pose(**weights: float) -> F32:
    """One frame of weights: of ARKit's shapes, and of the others where one of them is told."""
    names = ARKIT_NAMES if weights.keys() <= set(ARKIT_NAMES) else (*ARKIT_NAMES, *MORE_SHAPES)
    frame = np.zeros((1, len(names)), np.float32)
    for name, value in weights.items():
        frame[0, names.index(name)] = value
    return frame


def lips_apart(head: Head, vertices: F32) -> float:
    """The widest opening along the mouth line in millimetres."""
    return float(head.gaps(vertices)[0, :, 1].max() * 1000)


def lids_apart(head: Head, vertices: F32) -> float:
    """How much of the front of the left eye no lid stands before, in millimetres of height at its middle."""
    centre = head.eye_centres[0]
    skin = np.unique(head.faces[head.part == PARTS.index("skin")])
    near = vertices[0, skin][np.abs(vertices[0, skin, 0] - centre[0]) < 0.004]
    rim = near[(np.linalg.norm(near - centre, axis=1) < head.eye_radius + 0.002) & (near[:, 2] < centre[2])]
    heights = np.sort(rim[:, 1])
    return float(np.diff(heights).max() * 1000)


@pytest.mark.parametrize("name", HEADS)
def test_the_file_is_small_and_says_where_it_comes_from(name: str) -> None:
    """Under 3 MB, with its sources and licences inside."""
    assert file_of(name).stat().st_size < 3_000_000
    about = json.loads(load(name).about)
    assert "CC0" in about["source"] and "Apache-2.0" in about["source"]


def test_shapes_stand_in_arkit_order(head: Head) -> None:
    """The columns are those of `to_arkit`, and then what ARKit has no shape for."""
    assert head.names == (*ARKIT_NAMES, *MORE_SHAPES)


@pytest.mark.parametrize("name", HEADS)
def test_the_tip_of_the_tongue_rises_behind_the_upper_teeth(name: str) -> None:
    """In a jaw as open as an l has it, the tip goes from below the upper crowns' edges to above, and stays behind."""
    head = load(name)
    tongue = np.unique(head.faces[head.part == PARTS.index("tongue")])
    low = head.deform(pose(jawOpen=0.18))[0]
    high = head.deform(pose(jawOpen=0.18, tongueTipUp=0.8))[0]
    crowns = np.unique(head.faces[head.part == PARTS.index("teeth")])
    is_upper = np.abs(low[crowns] - head.rest[crowns]).max(axis=1) < 1e-5  # the jaw takes the others down
    incisors = crowns[is_upper & (np.abs(head.rest[crowns, 0]) < 0.004)]
    edge, front = low[incisors, 1].max(), low[incisors, 2].min()
    tip = tongue[low[tongue, 2].argmin()]
    assert low[tip, 1] > edge + 0.005 and high[tip, 1] < edge - 0.002
    assert high[tongue, 2].min() > front + 0.004
    assert np.abs(high[tongue] - low[tongue]).max() < 0.015


@pytest.mark.parametrize("name", HEADS)
def test_brows_are_drawn_together_and_bent(name: str) -> None:
    """`browLateralLeft` takes the inner end of the left brow in and up, its middle down, and leaves the right one."""
    head = load(name)
    skin = np.unique(head.faces[head.part == PARTS.index("skin")])
    skin = skin[head.rest[skin, 2] < -0.05]
    moved = head.deform(pose(browLateralLeft=1.0))[0] - head.deform(pose())[0]
    in_mm, middle_mm, other_mm = (
        1000.0 * moved[skin[np.linalg.norm(head.rest[skin, :2] - (x, -0.046), axis=1).argmin()]]
        for x in (0.013, 0.034, -0.030)
    )
    assert in_mm[0] < -2.0 and in_mm[1] < -1.5 and middle_mm[1] > 3.0
    assert np.abs(other_mm).max() < 0.1


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize(
    ("control", "place_m", "whole_mm"),
    [("brow_raiseIn", 0.016, -4.5), ("brow_raiseOut", 0.042, -2.5), ("brow_down", 0.016, 3.0)],
)
def test_small_movement_of_a_brow_is_drawn(name: str, control: str, place_m: float, whole_mm: float) -> None:
    """From the first twentieth of a control on, the hair of a brow goes its share of the way, which is people's."""
    head = load(name)
    hair = np.unique(head.faces[head.part == PARTS.index("hair")])
    away = np.abs(head.rest[hair] - (place_m, -0.040, head.eye_centres[0, 2] - 0.03))
    brow = hair[(away < (0.006, 0.014, 0.03)).all(axis=1)]
    share = np.linspace(0.0, 1.0, 21)
    values = np.tile(rig.NEUTRAL, (len(share), 1)).astype(np.float32)
    values[:, rig.both(control)] = share[:, None]
    arkit, seal = shown_face(values)
    height_mm = 1000.0 * head.deform(arkit, None, seal)[:, brow, 1].mean(axis=1)
    moved_mm = height_mm - height_mm[0]
    assert moved_mm[-1] * np.sign(whole_mm) > abs(whole_mm)
    np.testing.assert_allclose(moved_mm, share * moved_mm[-1], atol=0.03)


@pytest.mark.parametrize("name", HEADS)
def test_a_wrinkled_nose_lifts_the_lip_and_is_no_frown(name: str) -> None:
    """`noseSneerLeft` lifts the upper lip beside the middle by millimetres, and lowers the brow by less than half of
    what it lifts.
    """
    head = load(name)
    sneered = head.deform(pose(noseSneerLeft=1.0))[0] - head.deform(pose())[0]
    lip = head.seal_upper[np.abs(head.rest[head.seal_upper, 0] - 0.012).argmin()]
    skin = np.unique(head.faces[head.part == PARTS.index("skin")])
    skin = skin[head.rest[skin, 2] < -0.05]
    brow = skin[np.linalg.norm(head.rest[skin, :2] - (0.024, -0.046), axis=1).argmin()]
    assert sneered[lip, 1] < -0.0015
    assert sneered[brow, 1] < 0.5 * -sneered[lip, 1] + 0.0005


@pytest.mark.parametrize("name", HEADS)
def test_no_ridge_parts_the_forehead(name: str) -> None:
    """Across its middle the skin turns no faster than it does beside it, but for three degrees in a centimetre."""
    head = load(name)
    skin = np.unique(head.faces[head.part == PARTS.index("skin")])
    pytest.importorskip("numba", reason="normals need the preview extra")
    from facetake.render.shade import vertex_normals

    normals = vertex_normals(head.rest, head.faces)
    near = skin[(head.rest[skin, 2] < -0.05) & (np.abs(head.rest[skin, 1] + 0.068) < 0.02)]
    yaw_deg = LinearNDInterpolator(head.rest[near, :2], np.degrees(np.arctan2(normals[near, 0], -normals[near, 2])))
    for height in (-0.060, -0.068, -0.074):
        turns = np.diff(yaw_deg([(x, height) for x in (-0.025, -0.015, -0.005, 0.005, 0.015, 0.025)]))
        assert turns[2] < max(turns[1], turns[3]) + 3.0, (name, height, turns)


def test_every_shape_moves_something_but_not_everything(head: Head) -> None:
    """No shape is empty and none moves the whole head."""
    vertices = head.deform(np.eye(len(head.names), dtype=np.float32))
    moved = np.linalg.norm(vertices - head.deform(pose()), axis=2) > 1e-4
    assert (moved.sum(axis=1) > 100).all()
    assert (moved.mean(axis=1) < 0.6).all()


def test_left_is_the_subjects_left(head: Head) -> None:
    """A smile on the left moves the side of positive x."""
    moved = np.linalg.norm(head.deform(pose(mouthSmileLeft=1.0)) - head.deform(pose()), axis=2)[0]
    assert moved[head.rest[:, 0] > 0.01].max() > 10 * moved[head.rest[:, 0] < -0.03].max()


def test_an_open_jaw_parts_the_lips_and_closing_them_seals_it(head: Head) -> None:
    """Jaw open parts the lips by centimetres; mouthClose, or a seal, brings them together again."""
    assert lips_apart(head, head.deform(pose(jawOpen=1.0))) > 20.0
    assert lips_apart(head, head.deform(pose(jawOpen=0.3, mouthClose=0.3))) < 0.6
    assert lips_apart(head, head.deform(pose(jawOpen=0.3), seal=np.ones(1, np.float32))) < 0.6


def test_a_seal_closes_what_other_shapes_part(head: Head) -> None:
    """With raised upper and lowered lower lip a sealed mouth still is shut, and seals grow evenly."""
    parted = pose(jawOpen=0.15, mouthUpperUpLeft=0.4, mouthUpperUpRight=0.4, mouthLowerDownLeft=0.4)
    gaps = [lips_apart(head, head.deform(parted, seal=np.full(1, s, np.float32))) for s in (0.0, 0.25, 0.5, 1.0)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 4.0
    assert gaps[-1] < 0.6


def test_lips_never_cross(head: Head) -> None:
    """Shapes that press the lips cannot push one through the other by more than a hair."""
    pressed = pose(mouthClose=1.0, mouthShrugLower=1.0, mouthPressLeft=1.0, mouthPressRight=1.0)
    assert head.gaps(head.deform(pressed))[0, :, 1].min() * 1000 > -1.0


def test_a_blink_shuts_the_eye(head: Head) -> None:
    """The lids stand centimetre-wide apart at rest and meet in a blink."""
    assert lids_apart(head, head.deform(pose())) > 6.0
    assert lids_apart(head, head.deform(pose(eyeBlinkLeft=1.0))) < 2.5


def test_no_lid_sinks_into_an_eyeball(head: Head) -> None:
    """Whatever the shapes, skin around the eyes stays outside both eyeballs."""
    wild = np.random.default_rng(5).uniform(0, 1, (20, 52)).astype(np.float32)
    away = head.deform(wild)[:, head.lids, None] - head.eye_centres
    assert np.linalg.norm(away, axis=-1).min() > head.eye_radius


def test_the_tongue_comes_out(head: Head) -> None:
    """With tongueOut some of the tongue lies before the lips' line."""
    tongue = np.unique(head.faces[head.part == PARTS.index("tongue")])
    rest = head.deform(pose())
    out = head.deform(pose(tongueOut=1.0, jawOpen=0.4))
    assert out[0, tongue, 2].min() < rest[0, tongue, 2].min() - 0.015


def through_the_lip(head: Head, jaw: float, out: float) -> int:
    """Pixels of the tongue that are seen below the edge of the lower lip, in a picture 600 pixels wide."""
    pytest.importorskip("numba", reason="drawing needs the preview extra")
    from facetake.face.studio import DISTANCE_M, FOV_DEG
    from facetake.render.camera import portrait
    from facetake.render.zbuffer import face_ids

    placed = head.deform(pose(tongueOut=out, jawOpen=jaw))[0] + np.array([0, 0, DISTANCE_M], np.float32)
    screen = portrait((600, 700), FOV_DEG).project(np.ascontiguousarray(placed))
    row, column = np.nonzero(head.part[face_ids(screen, head.faces, 700, 600, one_sided=True)] == PARTS.index("tongue"))
    edge = np.unique(head.seal_lower)
    edge = edge[screen[edge, 0].argsort()]
    return int((row > np.interp(column, screen[edge, 0], screen[edge, 1]) + 2.0).sum())


def test_a_tongue_does_not_come_through_the_lip(head: Head) -> None:
    """Whatever `tongueOut`, none of it is seen below the lower lip's edge while the jaw is nearly shut."""
    seen_ = {(jaw, out): through_the_lip(head, jaw, out) for jaw in (0.0, 0.06, 0.12) for out in (0.4, 0.6, 0.8, 1.0)}
    assert max(seen_.values()) < 12, seen_
    tongue = np.unique(head.faces[head.part == PARTS.index("tongue")])
    free = head.deform(pose(tongueOut=1.0, jawOpen=0.4))[0, tongue, 2].min()
    assert free < head.deform(pose(jawOpen=0.4))[0, tongue, 2].min() - 0.03


def test_one_frame_is_posed_as_many_are(head: Head) -> None:
    """Shapes added one by one give what the product with all of them gives."""
    weights = np.random.default_rng(2).uniform(0, 1, (12, 52)).astype(np.float32)
    many = head.deform(weights)
    np.testing.assert_allclose(head.deform(weights[3:4])[0], many[3], atol=2e-6)


def test_wrinkles_come_with_their_controls_and_side(head: Head) -> None:
    """A left smile folds the left side alone, and a face at rest has the lines it always has."""
    np.testing.assert_allclose(head.wrinkles_of(pose())[0], np.tile(head.wrinkles_rest, (2, 1)))
    right, left = head.wrinkles_of(pose(mouthSmileLeft=1.0))[0] - head.wrinkles_rest
    assert left[3] > 0.5 and right.max() == 0.0 and left[:3].max() == 0.0


def test_gaze_moves_the_irises_the_way_the_shapes_say(head: Head) -> None:
    """Looking left turns both eyes to positive yaw; the iris' texture follows; looking up is positive pitch."""
    left = head.gaze_deg(pose(eyeLookOutLeft=1.0, eyeLookInRight=1.0))[0]
    assert (left[:, 0] > 20).all() and np.allclose(left[:, 1], 0)
    assert (head.gaze_deg(pose(eyeLookUpLeft=1.0, eyeLookUpRight=1.0))[0, :, 1] > 15).all()
    ahead = head.look(np.zeros((2, 2), np.float32))
    turned = head.look(left)
    np.testing.assert_allclose(ahead, head.uv, atol=0.6)
    assert np.abs(turned - ahead).max() > 20


def test_the_head_turns_and_the_shoulders_stay(head: Head) -> None:
    """Yaw to the left moves the nose to positive x, pitch up raises it, and the bust's lower edge does not move."""
    nose = int(head.rest[:, 2].argmin())
    still = head.rest[:, 1] > 0.2
    rest = head.deform(pose())[0]
    yaw = head.deform(pose(), np.array([[20, 0, 0]], np.float32))[0]
    pitch = head.deform(pose(), np.array([[0, 15, 0]], np.float32))[0]
    assert yaw[nose, 0] > rest[nose, 0] + 0.02
    assert pitch[nose, 1] < rest[nose, 1] - 0.02
    np.testing.assert_allclose(yaw[still], rest[still], atol=1e-6)


def test_rotations_are_rigid() -> None:
    """Matrices keep lengths and handedness."""
    turns = rotation(np.random.default_rng(0).uniform(-40, 40, (10, 3)).astype(np.float32))
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (10, 1, 1)), atol=1e-5)
    np.testing.assert_allclose(np.linalg.det(turns), 1.0, atol=1e-5)


def test_weights_of_another_width_are_refused(head: Head) -> None:
    """ARKit's are as all with the others at nothing; 51 or 53 shapes are the programmer's mistake."""
    weights = np.random.default_rng(3).uniform(0, 1, (2, 52)).astype(np.float32)
    np.testing.assert_array_equal(head.deform(weights), head.deform(np.pad(weights, ((0, 0), (0, len(MORE_SHAPES))))))
    for width in (51, 53):
        with pytest.raises(ValueError, match=r"expected \(T, 52\) or \(T, 55\)"):
            head.deform(np.zeros((2, width), np.float32))


def seen(head: Head, **weights: float) -> dict[str, int]:
    """Pixels of each inner part of the mouth in a picture from the front; teeth apart by jaw."""
    pytest.importorskip("numba", reason="drawing needs the preview extra")
    from facetake.face.studio import DISTANCE_M, FOV_DEG
    from facetake.render.camera import portrait
    from facetake.render.zbuffer import face_ids

    placed = head.deform(pose(**weights))[0] + np.array([0, 0, DISTANCE_M], np.float32)
    camera = portrait((600, 700), FOV_DEG)
    ids = face_ids(camera.project(np.ascontiguousarray(placed)), head.faces, 700, 600, one_sided=True)
    shown = ids[ids >= 0]
    part = head.part[shown]
    is_upper = head.rest[head.faces[shown, 0], 1] < UPPER_ENDS_M
    teeth = part == PARTS.index("teeth")
    return {
        "upper": int((teeth & is_upper).sum()),
        "lower": int((teeth & ~is_upper).sum()),
        "tongue": int((part == PARTS.index("tongue")).sum()),
    }


UPPER_ENDS_M = 0.0495
"""Height at rest that upper crowns are above; lower gums and the bodies of lower crowns are below."""


def test_nothing_of_the_mouth_shows_through_shut_lips(head: Head) -> None:
    """At rest, pressed and pursed: no tooth and no tongue."""
    for weights in ({}, {"mouthPressLeft": 0.8, "mouthPressRight": 0.8}, {"mouthPucker": 1.0}):
        assert sum(seen(head, **weights).values()) < 12, weights


def test_open_vowels_show_upper_teeth_and_tongue(head: Head) -> None:
    """A wide and a small opening: some upper crowns, and a tongue that leaves room above it."""
    for jaw in (0.25, 0.6):
        shown = seen(head, jawOpen=jaw)
        assert shown["upper"] > 60 and shown["tongue"] > 100, (jaw, shown)


def test_f_and_smiles_show_upper_teeth(head: Head) -> None:
    """Upper crowns stand on a lower lip that is rolled in, and behind drawn lips."""
    on_lip = seen(head, jawOpen=0.1, mouthRollLower=0.6, mouthUpperUpLeft=0.4, mouthUpperUpRight=0.4)
    smile = seen(head, jawOpen=0.12, mouthSmileLeft=0.9, mouthSmileRight=0.9)
    assert on_lip["upper"] > 120 + on_lip["lower"] + on_lip["tongue"], on_lip
    assert smile["upper"] > 120, smile


def test_a_shut_eye_is_one_even_arc(head: Head) -> None:
    """The upper lid's lowest line rises towards the outer corner, and steps nowhere."""
    vertices = head.deform(pose(eyeBlinkLeft=1.0))[0] * 1000.0
    skin = np.unique(head.faces[head.part == PARTS.index("skin")])
    centre = head.eye_centres[0] * 1000.0
    upper = skin[(head.rest[skin, 1] * 1000.0 < centre[1] + 2.0) & (vertices[skin, 2] < centre[2])]
    near = vertices[upper]
    near = near[np.linalg.norm(near - centre, axis=1) < head.eye_radius * 1000.0 + 5.0]
    at = np.arange(-7.0, 14.1, 1.5)
    line = np.array([near[np.abs(near[:, 0] - centre[0] - x) < 2.5, 1].max() for x in at])
    assert np.abs(np.diff(line)).max() < 1.1, line
    assert line.max() - line[-1] > 1.5, line  # it has risen again where lids end
