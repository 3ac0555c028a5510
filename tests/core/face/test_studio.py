"""Tests of facetake.face.studio: what the camera sees of mouth and eyes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facetake.face.head import PARTS
from facetake.face.studio import DISTANCE_M, LOOK_AT_M, Studio
from facetake.render.camera import portrait
from facetake.render.zbuffer import face_ids
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
    image = studio.picture(studio.head.deform(frame)[0], studio.head.gaze_deg(frame)[0]).astype(int)
    assert image.shape == (256, 256, 3)
    cheek = image[135, 100]
    corner = image[3, 3]
    assert cheek[0] > cheek[2] + 20 and cheek.sum() > corner.sum() + 150


def test_the_same_pose_gives_the_same_bytes(studio: Studio) -> None:
    """Pictures do not depend on what was drawn before."""
    frame = pose()
    other = pose(jawOpen=1.0)
    head = studio.head
    first = studio.picture(head.deform(frame)[0], head.gaze_deg(frame)[0])
    studio.picture(head.deform(other)[0], head.gaze_deg(other)[0])
    np.testing.assert_array_equal(first, studio.picture(head.deform(frame)[0], head.gaze_deg(frame)[0]))
