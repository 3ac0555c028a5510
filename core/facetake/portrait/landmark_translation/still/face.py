"""A photograph's face as the net's points in space, and where a take moves them.

Lips and lids keep the photograph's own measures: lips that were open in it shut when the take's do, and lids shut by
the share of their gap that the take says. Knows photographs, face models and takes; does not know sound or pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import torch

from facetake.arrays import F32, U8
from facetake.face.drive import from_take
from facetake.face.model import FaceModel
from facetake.portrait.landmark_translation.person import Stance
from facetake.portrait.landmark_translation.photograph import Photograph, brought_back
from facetake.portrait.landmark_translation.still.mesh import (
    FACING,
    FaceMesh,
    face_mesh,
    model_points,
    shut_where_crossed,
)
from facetake.rig import ARKIT_NAMES
from facetake.take import Take, resample

LIDS: Final = np.array(
    """
    246 7 161 163 160 144 159 145 158 153 157 154 173 155
    466 249 388 390 387 373 386 374 385 380 384 381 398 382
    """.split(),
    dtype=np.int64,
).reshape(-1, 2)
"""MediaPipe's points of the lids that face each other, upper and lower."""
MIDDLE: Final = slice(2, 5)  # of the pairs of a lid
ALONG: Final = np.array([0.3, 0.65, 0.9, 1.0, 0.9, 0.65, 0.3], np.float32)  # how far a lid goes with its middle
WIDE: Final = 1.3  # times the photograph's gap: as far as lids open beyond it
NEAR: Final = 0.06  # of the distance of the eyes: what lies so near to lips goes along when these are shut
LOWER: Final = 0.6  # of the gap between lips is closed by the lower one: the jaw moves, the upper lip hardly does
SPOKEN: Final = (
    "jawOpen",
    "jawForward",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthSmile",
    "mouthFrown",
    "mouthDimple",
    "mouthStretch",
    "mouthLowerDown",
    "mouthUpperUp",
    "mouthShrug",
    "mouthRoll",
    "mouthPress",
)
"""What a photograph does with its mouth goes when it is brought to rest. All else stays: what a fit to one picture
takes for a wrinkled nose, screwed-up eyes or a crooked jaw is mostly how this face is made."""


@dataclass(frozen=True)
class StillFace:
    """A face in a photograph.

    Attributes:
        picture: (H, H, 3); fine: (2 H, 2 H, 3) the same in twice the resolution.
        mesh: the net.
        seen: (N, 2) its points in the picture.
        points: (N, 3) the same in the space of the face, in metres, as they are in the photograph.
        rest: (N, 3) likewise, at rest: lips shut, all that is not speech as in the photograph.
        expressed: (N, 3) what the face model's points do in the photograph, away from its rest.
        identity: (I,) of the face model.
        stance: where the head is.
        model: the face model.
    """

    picture: U8
    fine: U8
    mesh: FaceMesh
    seen: F32
    points: F32
    rest: F32
    expressed: F32
    identity: F32
    stance: Stance
    model: FaceModel


@dataclass(frozen=True)
class MovedPoints:
    """Where the net's points are in each frame: turned (T, N, 2) by the head alone, and moved (T, N, 2) in all."""

    turned: F32
    moved: F32


def still_face(photograph: Photograph, model: FaceModel) -> StillFace:
    """Brings a photograph's points into space and to rest."""
    mesh = face_mesh(model)
    identity = photograph.person.identity
    neutral = model.neutral_expression[None].numpy()
    does, rest = (model_points(model, row, identity)[1][0] for row in (photograph.expression, neutral))
    seen = shut_where_crossed(photograph.every[mesh.numbers], mesh)
    points = brought_back(seen, does, photograph.stance)
    still = points - (does - model_points(model, _unspoken(photograph.expression, model), identity)[1][0])
    still = still + _closing(still, rest, mesh)
    pictures = (photograph.picture, photograph.fine)
    return StillFace(*pictures, mesh, seen, points, still, does - rest, identity, photograph.stance, model)


@torch.no_grad()
def _unspoken(expression: F32, model: FaceModel) -> F32:
    """An expression (1, E) without what its mouth does to speak or to smile."""
    own = torch.from_numpy(np.atleast_2d(expression))
    change = -model.to_arkit(own)
    change[:, [k for k, name in enumerate(ARKIT_NAMES) if not name.startswith(SPOKEN)]] = 0.0
    return np.asarray((own + model.from_arkit(change) - model.from_arkit(torch.zeros_like(change))).numpy(), np.float32)


def _closing(still: F32, rest: F32, mesh: FaceMesh) -> F32:
    """What is to be added to points (N, 3) so that lips are as far apart as the model's at rest are."""
    upper, lower = mesh.rows(FACING[:, 0]), mesh.rows(FACING[:, 1])
    gap = (still[lower] - still[upper]) - (rest[lower] - rest[upper])
    away = np.zeros_like(still)
    reach = NEAR * _between_eyes(still, mesh)
    below = _is_below(rest, mesh)
    for rows, share, side in ((upper, 1.0 - LOWER, ~below), (lower, -LOWER, below)):
        distance = np.linalg.norm(rest[:, None] - rest[rows][None], axis=2)
        weight = np.exp(-0.5 * (distance / reach) ** 2)
        spread = weight @ gap / np.maximum(weight.sum(axis=1, keepdims=True), 1.0)
        away[side] += share * spread[side]
        away[rows] = share * gap
    return np.asarray(away, np.float32)


def _is_below(rest: F32, mesh: FaceMesh) -> np.ndarray:
    """Which points (N,) lie below the line between the lips."""
    line = 0.5 * (rest[mesh.rows(FACING[:, 0])] + rest[mesh.rows(FACING[:, 1])])
    order = np.argsort(line[:, 0])
    return np.asarray(rest[:, 1] > np.interp(rest[:, 0], line[order, 0], line[order, 1]))


def _between_eyes(points: F32, mesh: FaceMesh) -> float:
    right, left = points[mesh.rows(np.array([33, 263]))]
    return float(np.linalg.norm(right - left))


def moved_by(face: StillFace, take: Take, rate: Fraction) -> MovedPoints:
    """Where the points of a face are when it does what a take does, at `rate` frames a second."""
    expression = from_take(take, rate, face.model)
    rest = model_points(face.model, face.model.neutral_expression[None].numpy(), face.identity)[1][0]
    does = model_points(face.model, expression, face.identity)[1]
    points = _with_lids(face.rest + (does - rest), face, does, rest)
    angles = resample(take, rate).head
    head = np.zeros((len(points), 3), np.float32) if angles is None else angles[: len(points)]
    still = np.broadcast_to(face.points, points.shape)
    turned = face.stance.seen(still, head)[..., :2]
    moved = shut_where_crossed(face.stance.seen(points.astype(np.float32), head)[..., :2], face.mesh)
    return MovedPoints(np.ascontiguousarray(turned), np.ascontiguousarray(moved))


def _with_lids(points: F32, face: StillFace, does: F32, rest: F32) -> F32:
    """Points (T, N, 3) whose lids are as far open as the model's, measured by the photograph's own gap.

    How far is told by the middle of the model's lids, as single points lie on them and not on their edge.
    """
    fixed = points.copy()
    for pairs in np.split(LIDS, 2):  # one eye after the other
        upper, lower = (face.mesh.rows(some) for some in pairs.T)
        middle = (rest[lower] - rest[upper])[MIDDLE]
        now = (does[:, lower] - does[:, upper])[:, MIDDLE]
        share = np.clip((now * middle).sum(axis=(1, 2)) / (middle**2).sum(), 0.0, WIDE)[:, None, None]
        raised = (does - rest - face.expressed)[:, lower[MIDDLE]].mean(axis=1, keepdims=True)
        fixed[:, lower] = face.points[lower] + raised * ALONG[:, None]
        fixed[:, upper] = fixed[:, lower] - share * (face.points[lower] - face.points[upper])
    return fixed
