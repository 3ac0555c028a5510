"""Tests of facetake.face.studio: what the camera sees of mouth and eyes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facetake.errors import RenderError
from facetake.face.choices import HEADS, VIEWS
from facetake.face.head import FOLDS, PARTS, load
from facetake.face.studio import DISTANCE_M, LOOK_AT_M, Studio
from facetake.render.camera import portrait
from facetake.render.zbuffer import bands, face_ids, fill_ids
from facetake.rig import ARKIT_NAMES

INSIDE = ("cavity", "teeth", "tongue")


@pytest.fixture(scope="module")
def studio() -> Studio:
    """A small studio."""
    return Studio((256, 256))


def pose(**weights: float) -> NDArray[np.float32]:
    """One frame of ARKit weights."""
    frame = np.zeros((1, len(ARKIT_NAMES)), np.float32)
    for name, value in weights.items():
        frame[0, ARKIT_NAMES.index(name)] = value
    return frame


def visible(studio: Studio, arkit: NDArray[np.float32], *parts: str) -> int:
    """How many pixels of a 512 x 512 picture show these parts."""
    placed = studio.head.deform(arkit)[0] - LOOK_AT_M + np.array([0, 0, DISTANCE_M], np.float32)
    ids = face_ids(portrait((512, 512), 15.5).project(placed), studio.head.faces, 512, 512)
    return int(np.isin(studio.head.part[ids[ids >= 0]], [PARTS.index(name) for name in parts]).sum())


def test_a_sealed_mouth_shows_nothing_of_its_inside(studio: Studio) -> None:
    """Lips held together over an open jaw hide teeth, tongue and cavity; an open jaw shows them."""
    wide = visible(studio, pose(jawOpen=0.8), *INSIDE)
    rest = visible(studio, pose(), *INSIDE)
    sealed = visible(studio, pose(jawOpen=0.25, mouthClose=0.25), *INSIDE)
    assert wide > 1000
    assert rest < 40
    assert sealed < 60


def test_a_blink_hides_the_eyeballs(studio: Studio) -> None:
    """Open eyes show hundreds of pixels, shut ones none."""
    assert visible(studio, pose(), "eye") > 500
    assert visible(studio, pose(eyeBlinkLeft=1.0, eyeBlinkRight=1.0), "eye") < 6


def test_the_picture_shows_a_lit_face_before_a_darker_backdrop(studio: Studio) -> None:
    """The middle is bright and warm, the corner dark and cool, and the picture has the asked size."""
    frame = pose()
    image = studio.picture(studio.head.deform(frame)[0], frame[0]).astype(int)
    assert image.shape == (256, 256, 3)
    cheek = image[135, 100]
    corner = image[3, 3]
    assert cheek[0] > cheek[2] + 20 and cheek.sum() > corner.sum() + 150


def test_the_same_pose_gives_the_same_bytes(studio: Studio) -> None:
    """Pictures do not depend on what was drawn before."""
    frame = pose()
    other = pose(jawOpen=1.0)
    head = studio.head
    first = studio.picture(head.deform(frame)[0], frame[0])
    studio.picture(head.deform(other)[0], other[0])
    np.testing.assert_array_equal(first, studio.picture(head.deform(frame)[0], frame[0]))


def looked_at(studio: Studio, **weights: float) -> NDArray[np.int64]:
    """A picture of a pose, as whole numbers."""
    frame = pose(**weights)
    return studio.picture(studio.head.deform(frame)[0], frame[0]).astype(int)


def test_threads_draw_what_one_would(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture drawn in one band is that of many."""
    whole = looked_at(studio, jawOpen=0.4)
    monkeypatch.setattr("facetake.face.studio.BAND_ROWS", 1000)
    np.testing.assert_array_equal(looked_at(studio, jawOpen=0.4), whole)


def test_bands_hold_all_that_they_show(studio: Studio) -> None:
    """Filled from its own triangles, each band shows what it does when it looks at all of them."""
    head = studio.head
    placed = head.deform(pose(jawOpen=0.5))[0] - LOOK_AT_M + np.array([0, 0, DISTANCE_M], np.float32)
    screen = portrait((200, 200), 15.5).project(placed) - np.array([0, 30, 0], np.float32)  # hair beyond the edge
    ids, all_of_them = np.empty((2, 200, 200), np.int32)
    shown = bands(screen, head.faces, 200, 48)
    for band, chosen in enumerate(shown):
        fill_ids(screen, head.faces, ids, (48 * band, min(48 * band + 48, 200)), chosen)
    fill_ids(screen, head.faces, all_of_them, (0, 200))
    np.testing.assert_array_equal(ids, all_of_them)
    assert len(shown) == 5 and sum(map(len, shown)) < len(head.faces)


@pytest.mark.parametrize("name", HEADS)
def test_every_head_is_seen_from_every_side(name: str) -> None:
    """Each fills a good part of the picture from each view, no two views alike, and a blink hides its eyes."""
    pictures = [looked_at(Studio((128, 128), load(name), view)) for view in VIEWS]
    ground = pictures[0][2, 2]
    for picture in pictures:
        assert (np.abs(picture - ground).sum(axis=2) > 60).mean() > 0.25
    assert min(np.abs(one - other).mean() for one, other in zip(pictures, pictures[1:], strict=False)) > 8.0
    shut = pose(eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    assert visible(Studio((64, 64), load(name)), shut, "eye") < 8


def test_views_and_heads_that_are_not_there_are_named() -> None:
    """The message lists those that are."""
    with pytest.raises(RenderError, match="there are: front, three-quarter, profile"):
        Studio((64, 64), view="back")
    with pytest.raises(RenderError, match="there are: young, woman, elder"):
        load("nobody")


@pytest.mark.parametrize(
    ("shapes", "where"),
    [
        (("browInnerUp", "browOuterUpLeft", "browOuterUpRight"), (slice(56, 76), slice(100, 156))),
        (("browDownLeft", "browDownRight"), (slice(74, 98), slice(120, 136))),
    ],
    ids=["brow up", "brow down"],
)
def test_skin_folds_where_its_controls_say(
    studio: Studio, shapes: tuple[str, ...], where: tuple[slice, slice], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raised and lowered brows draw lines that the same pose without wrinkles has not."""
    folded = looked_at(studio, **dict.fromkeys(shapes, 1.0))
    monkeypatch.setattr("facetake.face.head.FOLDS", dict.fromkeys(FOLDS, {"jawOpen": 0.0}))
    flat = looked_at(studio, **dict.fromkeys(shapes, 1.0))
    assert np.abs(folded - flat)[where].max() > 20
    assert np.abs(folded - flat)[200:].max() == 0  # the shirt has none


@pytest.mark.parametrize("name", HEADS)
def test_lids_that_nearly_meet_shade_the_eye(name: str) -> None:
    """Open eyes have all their light, one eye apart from the other; the slit of a blink shows next to no white."""
    head = load(name)
    wink = head.deform(pose(eyeBlinkLeft=0.8))[0]
    np.testing.assert_allclose(head.eyes_lit(head.deform(pose())[0]), 1.0)
    assert head.eyes_lit(wink)[0] < 0.25 and head.eyes_lit(wink)[1] == 1.0
    studio = Studio((480, 480), head)
    open_, slit, shut = (white(looked_at(studio, eyeBlinkLeft=w, eyeBlinkRight=w)) for w in (0.0, 0.75, 1.0))
    assert slit - shut < 0.05 * open_


def white(picture: NDArray[np.int64]) -> int:
    """How many pixels about the eyes of a 480 x 480 picture are white rather than skin, iris or dark."""
    eyes = picture[165:200, 160:320]
    return int(((np.ptp(eyes, axis=2) < 40) & (eyes.mean(axis=2) > 110)).sum())


def test_lids_carry_lashes(studio: Studio) -> None:
    """Lashes are seen over open eyes and go down with the lids."""
    head = studio.head
    lash = np.unique(head.faces[head.part == PARTS.index("hair")])
    lash = lash[np.isin(lash, head.lids)]
    ahead = lash[head.rest[lash, 2].argsort()[:40]]
    shut = head.deform(pose(eyeBlinkLeft=1.0, eyeBlinkRight=1.0))[0]
    assert len(lash) > 300
    assert (shut[ahead, 1] - head.rest[ahead, 1]).max() > 0.005
