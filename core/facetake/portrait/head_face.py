"""The baked preview head as a face model for fitting: needs no package and no model file.

Its expressions are the 52 ARKit shapes it was baked with. Identity is a set of smooth symmetric deformations of the
whole head (stretches and bends of low order) and of its features. Knows the baked head; does not know pictures.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake.errors import ModelError
from facetake.face.head import ATLAS, PARTS, Head, load
from facetake.portrait.linear_face import LinearFace

F32 = NDArray[np.float32]
NAME = "head"
LANDMARKS = Path(__file__).with_name("head_landmarks.npz")
HALF_M = np.array([0.075, 0.11, 0.09], np.float32)  # half the face's width, height and depth
SPREAD_M = 0.004  # one standard deviation of each deformation at the edge of the face
ORDER = 3
BUMP_M = 0.03  # width of the local deformations
BUMPS_M = ((0, 0.028, -0.09), (0.03, 0.03, -0.06), (0, 0.06, -0.08), (0.03, 0.06, -0.06), (0, 0.09, -0.07),
           (0.045, 0.075, -0.03), (0.03, -0.005, -0.07), (0, -0.01, -0.08), (0.03, -0.04, -0.07), (0.06, 0.02, -0.02),
           (0, -0.05, -0.08))  # fmt: skip


@cache
def head_face() -> LinearFace:
    """The head (`facetake.face.head`) with its shapes, moves, colours and landmarks.

    Raises:
        ModelError: the file of its landmarks is missing.
    """
    head = load()
    if not LANDMARKS.is_file():
        raise ModelError(f"{LANDMARKS} is missing; install facetake again")
    with np.load(LANDMARKS, allow_pickle=False) as file:
        where = {name: file[name] for name in file.files}
    skin = np.zeros(len(head.rest), bool)
    skin[np.unique(head.faces[head.part == PARTS.index("skin")])] = True
    colour = _colour(head)
    moves = head.deltas.reshape(len(head.names), -1, 3)
    ones = np.ones(len(moves), np.float32)
    return LinearFace(
        name=NAME, faces=head.faces.astype(np.int64), mean=head.rest, shapes=_shapes(head.rest), moves=moves,
        colour=colour, colours=_colours(head.rest, colour, skin), skin=skin, low=0.0 * ones, high=ones,
        expression_names=head.names, points=where["mediapipe_index"].astype(np.int64),
        point_face=where["face"].astype(np.int64), point_bary=where["bary"].astype(np.float32),
        point_weight=where["weight"].astype(np.float32),
    )  # fmt: skip


def _shapes(rest: F32) -> F32:
    """Smooth symmetric deformations (I, V, 3), one standard deviation each."""
    middle = np.array([0.0, 0.02, -0.02], np.float32)
    x, y, z = np.clip((rest - middle) / HALF_M, -1.5, 1.5).T
    near = (1.0 / (1.0 + np.exp(-(0.19 - rest[:, 1]) / 0.02)))[:, None]  # the shoulders stay
    basis: list[F32] = []
    for i in range(ORDER + 1):
        for j in range(ORDER + 1 - i):
            for k in range(ORDER + 1 - i - j):
                value = x**i * y**j * z**k
                for axis in range(3):
                    if (i + (axis == 0)) % 2 == 0 and i + j + k > 0:  # x-movement odd in x, others even: symmetric
                        basis.append(_along(value * SPREAD_M / (i + j + k), axis) * near)
    for bump in BUMPS_M:
        for axis in range(3):
            sides = [np.array(bump, np.float32) * [side, 1, 1] for side in ((1, -1) if bump[0] else (1,))]
            field = [np.exp(-((rest - side) ** 2).sum(axis=1) / (2 * BUMP_M**2)) for side in sides]
            signs = (1.0, -1.0) if axis == 0 else (1.0, 1.0)
            if axis == 0 and not bump[0]:
                continue
            value = sum(sign * part for sign, part in zip(signs, field, strict=False))
            basis.append(_along(np.asarray(value) * SPREAD_M / 2, axis))
    return _without_rigid(np.stack(basis).astype(np.float32), rest)


def _without_rigid(shapes: F32, rest: F32) -> F32:
    """Shapes less the turn and shift of the face's front in them, which belong to the pose and would blur it."""
    front = (rest[:, 2] < 0.0) & (np.abs(rest[:, 1]) < HALF_M[1])
    modes = [_along(np.ones(len(rest)), axis) for axis in range(3)]
    modes += [np.cross(np.eye(3, dtype=np.float32)[axis], rest).astype(np.float32) for axis in range(3)]
    rigid = np.stack(modes)
    flat = shapes[:, front].reshape(len(shapes), -1).T
    share = np.linalg.lstsq(rigid[:, front].reshape(6, -1).T.astype(np.float64), flat.astype(np.float64), rcond=None)[0]
    return np.asarray(shapes - np.tensordot(share.T, rigid, 1), np.float32)


def _along(value: NDArray[np.floating], axis: int) -> F32:
    moved = np.zeros((len(value), 3), np.float32)
    moved[:, axis] = value
    return moved


def _colour(head: Head) -> F32:
    """Linear colours (V, 3) out of the head's painted texture."""
    uv = np.zeros((len(head.rest), 2), np.float32)
    uv[head.faces.ravel()] = head.uv[head.uv_faces.ravel()]
    column, row = np.clip(uv, 0, ATLAS - 1).astype(int).T
    return np.asarray((head.texture[row, column, :3] / np.float32(255.0)) ** 2, np.float32)


def _colours(rest: F32, colour: F32, skin: NDArray[np.bool_]) -> F32:
    """Changes of colour (A, V, 3): tone and gradients over the skin, and the depth of what is painted."""
    x, y = rest[:, 0] / HALF_M[0], rest[:, 1] / HALF_M[1]
    typical = np.median(colour[skin], axis=0)
    fields = [np.ones_like(x), y, x**2, y**2]
    tones = [_along(field * skin * 0.15, channel) for field in fields for channel in range(3)]
    return np.stack([*tones, (colour - typical) * skin[:, None] * 0.5]).astype(np.float32)
