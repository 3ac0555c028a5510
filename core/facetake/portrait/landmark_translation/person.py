"""Whose 68 points they are, and where a picture shows them.

Points of a face are metres in the space of face models: x right in the picture, y down, z away, the head upright. In a
picture they are pixels, with depth in pixels too. Knows actors, face models and cameras; does not know sound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray

from facetake.arrays import F32, I64
from facetake.face.drive import from_take
from facetake.face.head import PIVOT_M, rotation
from facetake.face.ibug import INNER_LIPS
from facetake.face.marks import Marks
from facetake.face.model import FaceModel
from facetake.portrait.capture.actor import CapturedActor
from facetake.portrait.landmark_translation.motion.edges import EYE_CORNERS
from facetake.render.camera import Camera, placed, rotation_matrices
from facetake.take import Take

CALM = 0.5  # what a turn of the head counts beside an open mouth, in the search for the calmest frame
SHUT = 10.0  # likewise shut lids, of which a little is much
LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))  # iBUG's numbers: upper and lower points of the lids


@dataclass(frozen=True)
class Person:
    """A face.

    Attributes:
        still: (68, 3) its points at rest.
        identity: (I,) its shape, as the face model has it.
    """

    still: F32
    identity: F32

    @property
    def unit(self) -> float:
        """Distance between the outer corners of the eyes at rest, what lengths are counted in."""
        left, right = self.still[list(EYE_CORNERS)]
        return float(np.linalg.norm(left - right))


@dataclass(frozen=True)
class Stance:
    """Where a head is in pictures.

    Attributes:
        rotation: (T, 3, 3) matrices; translation: (T, 3) metres: camera = R face + t.
        camera: what sees it.
    """

    rotation: F32
    translation: F32
    camera: Camera

    def __getitem__(self, frames: slice | NDArray[np.int64]) -> Stance:
        """Some of the frames, such as those of a video that is played there and back."""
        return replace(self, rotation=self.rotation[frames], translation=self.translation[frames])

    def seen(self, points: F32, head_deg: F32 | None = None) -> F32:
        """Points in the picture.

        Args:
            points: (T, 68, 3) of the face; a stance of one frame serves for all of them.
            head_deg: (T, 3) yaw, pitch and roll by which the head turns on its neck beforehand.

        Returns:
            (T, 68, 3) x and y in pixels, centres at +0.5, and depth from the middle of the points, in pixels.
        """
        turned = points if head_deg is None else PIVOT_M + (points - PIVOT_M) @ rotation(head_deg).transpose(0, 2, 1)
        screen = self.camera.project(placed(turned.astype(np.float32), self.rotation, self.translation))
        depth = screen[..., 2]
        middle = depth.mean(axis=-1, keepdims=True)
        screen[..., 2] = (depth - middle) * self.camera.focal / middle
        return screen


def of_actor(actor: CapturedActor, model: FaceModel) -> tuple[Person, Stance, F32]:
    """A captured actor, where the video shows the head, and the points (T, 68, 3) of the face in every frame.

    ModelError for a face model without all 68 points.
    """
    fit = actor.fit
    marks = Marks(model)
    identity = torch.from_numpy(fit.identity)
    rest = model.neutral_expression[None]
    still = marks.of(identity, rest)[0].numpy()
    stance = Stance(rotation_matrices(fit.rotation), fit.translation, actor.camera)
    return Person(still, fit.identity), stance, marks.of(identity, torch.from_numpy(fit.expression)).numpy()


def of_take(take: Take, person: Person, model: FaceModel, rate: Fraction) -> F32:
    """Points (T, 68, 3) of a person who does what a take does, T frames at `rate`; the take's head is left aside."""
    marks = Marks(model)
    identity = torch.from_numpy(person.identity)
    moved = marks.of(identity, torch.from_numpy(from_take(take, rate, model)))
    away = moved - marks.of(identity, model.neutral_expression[None])
    return np.asarray(person.still + away.numpy(), np.float32)


def calmest(points: F32, count: int) -> I64:
    """Frames (R,) that serve as photographs: the one with the calmest face, then others spread over the clip."""
    eyes = np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    gap = np.mean([np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in INNER_LIPS], axis=0) / eyes
    middle = points[:, [36, 45]].mean(axis=1)
    turn = np.abs(points[:, 30, 0] - middle[:, 0]) / eyes
    tilt = np.abs(points[:, 30, 1] - middle[:, 1] - np.median(points[:, 30, 1] - middle[:, 1])) / eyes
    lids = np.mean([np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in LIDS], axis=0) / eyes
    shut = np.maximum(np.median(lids) - lids, 0.0)
    first = int(np.argmin(gap + CALM * (turn + tilt) + SHUT * shut))
    others = np.linspace(0, len(points) - 1, count + 1)[1:-1].round().astype(np.int64).tolist()
    return np.array([first, *others], np.int64)[: min(count, len(points))]
