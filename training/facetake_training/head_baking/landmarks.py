"""Finds where MediaPipe's points lie on the default model: `python -m facetake_training.head_baking.landmarks OUT.npz`.

Needs mediapipe 0.10.21, the last with its models inside, beside torch and numba. The detector looks at pictures of the
model in many poses; each pixel it names is a triangle and weights in it, and the median over the pictures, made
symmetric, is the point. Points that wander between pictures, as those on the outline do, weigh less or are left out.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from facetake.arrays import F64, I64
from facetake.errors import RenderError
from facetake.face.anny import Anny
from facetake.face.model import MATERIALS, Embedding
from facetake.render.camera import portrait
from facetake.render.harmonics import ambient, to_srgb
from facetake.render.perspective import place
from facetake.render.picture import draw
from facetake.rig import ARKIT_NAMES

N_POINTS = 478  # MediaPipe's, irises included
SIZE = 640  # pixels a side
DISTANCE_M = 0.9  # at which the head fills such a picture
YAWS = (-0.5, -0.25, 0.0, 0.25, 0.5)  # radians: further, MediaPipe guesses the far half
PITCHES = (-0.2, 0.0, 0.2)  # radians
JAWS = (0.0, 0.3, 0.7)  # shut, speaking and wide: lips are told apart only where they part
N_PEOPLE = 4  # the mean head and drawn ones, by choice: the median over all views is kept
PERSON_SPREAD = 0.7
"""Identities are drawn nearer to the mean than people are: odd heads teach odd places."""
APART = 0.35
"""Jaw opening at which the median is taken: on closed lips, upper and lower points would lie on each other."""
TRUSTED_M = 0.002
WORST_M = 0.006
"""Spread up to which a point weighs fully, and beyond which it is left out."""


def bake(out: Path) -> None:
    """Writes the embedding to `out` (.npz). RenderError when mediapipe cannot be used."""
    model = Anny(landmarks=_nothing())
    detect = _detector()
    seen = [points for view in _views() if (points := _look(model, detect, *view)) is not None]
    embedding, spread = settle(model, np.stack(seen))
    np.savez_compressed(
        out,
        face=embedding.face.astype(np.uint16),
        bary=embedding.bary,
        weight=embedding.weight,
        mediapipe_index=embedding.mediapipe_index.astype(np.uint16),
    )
    print(
        f"{len(seen)} pictures; {len(embedding.face)} of {N_POINTS} points kept; "
        f"median spread {1000 * np.median(spread):.1f} mm"
    )


def _nothing() -> Embedding:
    """An embedding of one point that does not matter, for a model that has none yet."""
    none = np.zeros(1, np.int64)
    return Embedding(none, np.full((1, 3), 1 / 3, np.float32), np.zeros(1, np.float32), none)


def _detector() -> Any:
    """MediaPipe's face mesh, for single pictures."""
    try:
        from mediapipe.python.solutions.face_mesh import FaceMesh
    except ImportError as error:
        raise RenderError('mediapipe 0.10.21 is needed; pip install "mediapipe==0.10.21"') from error
    return FaceMesh(static_image_mode=True, refine_landmarks=True, min_detection_confidence=0.3)


def _views() -> list[tuple[float, float, float, int]]:
    return list(product(YAWS, PITCHES, JAWS, range(N_PEOPLE)))


def _expression(jaw: float) -> torch.Tensor:
    weights = torch.zeros(1, len(ARKIT_NAMES))
    weights[0, ARKIT_NAMES.index("jawOpen")] = jaw
    return weights


def _person(model: Anny, number: int) -> torch.Tensor:
    """Identity (1, I): the mean head, then drawn ones."""
    drawn = torch.randn(1, model.identity_size, generator=torch.Generator().manual_seed(number))
    return PERSON_SPREAD * drawn * (number > 0)


@torch.no_grad()
def _look(model: Anny, detect: Any, yaw: float, pitch: float, jaw: float, person: int) -> F64 | None:
    """Where one picture's points lie on the mean head with its lips apart (478, 3); None where no face is seen."""
    camera = portrait((SIZE, SIZE), 19.0)
    vertices = model.vertices(_person(model, person), _expression(jaw))
    placed = place(vertices, torch.tensor([[pitch, yaw, 0.0]]), torch.tensor([[0.0, 0.0, DISTANCE_M]]))
    light = ambient()[None].clone()
    light[0, 1:4] = torch.tensor([-0.15, 0.2, 0.1])[:, None]
    picture = draw(placed, model.faces, model.albedo(torch.zeros(1, model.albedo_size)), light, camera)
    rgb = (to_srgb(picture.image(0.3)[0]) * 255).byte().numpy()
    found = detect.process(np.ascontiguousarray(rgb)).multi_face_landmarks
    if not found:
        return None
    at = np.array([[mark.x * SIZE, mark.y * SIZE] for mark in found[0].landmark])
    points = picture.points
    _, nearest = cKDTree(torch.stack([points.column, points.row], dim=1).numpy() + 0.5).query(at)
    return np.asarray(points.interpolate(_apart(model))[nearest].double().numpy())


def _apart(model: Anny) -> torch.Tensor:
    """The mean head with its lips apart (1, V, 3), on which places are told."""
    return model.vertices(torch.zeros(1, model.identity_size), _expression(APART))


def settle(model: Anny, seen: F64) -> tuple[Embedding, F64]:
    """An embedding of points seen in pictures (N, 478, 3), and their spread (478,) in metres."""
    middle = np.median(seen, axis=0)
    spread = np.median(np.linalg.norm(seen - middle, axis=2), axis=0)
    flipped = middle * (-1.0, 1.0, 1.0)
    pair = linear_sum_assignment(np.linalg.norm(middle[:, None] - flipped, axis=2))[1]
    even = 0.5 * (middle + flipped[pair])
    spread = 0.5 * (spread + spread[pair])
    still = _apart(model)[0].double().numpy()
    faces = model.topology.faces
    outer = np.flatnonzero(np.isin(model.topology.material, [MATERIALS.index(n) for n in ("skin", "lips", "eye")]))
    face, bary = closest(even, still[faces[outer]])
    kept = np.flatnonzero(spread < WORST_M)
    weight = np.minimum(1.0, (TRUSTED_M / np.maximum(spread, 1e-6)) ** 2)
    return Embedding(outer[face[kept]], bary[kept].astype(np.float32), weight[kept].astype(np.float32), kept), spread


def closest(points: F64, corners: F64, n_candidates: int = 60) -> tuple[I64, F64]:
    """The nearest of triangles (F, 3, 3) to each point (N, 3), and weights (N, 3) of the nearest place in it."""
    near = np.asarray(cKDTree(corners.mean(axis=1)).query(points, k=min(n_candidates, len(corners)))[1])
    weights = _nearest_weights(points[:, None], corners[near])
    away = np.linalg.norm((weights[..., None] * corners[near]).sum(axis=2) - points[:, None], axis=2)
    best = away.argmin(axis=1)
    rows = np.arange(len(points))
    return near[rows, best], weights[rows, best]


def _nearest_weights(points: F64, corners: F64) -> F64:
    """Barycentric weights (..., 3) of the place in each triangle (..., 3, 3) that is nearest to a point (..., 3)."""
    a = corners[..., 0, :]
    u = corners[..., 1, :] - corners[..., 0, :]
    v = corners[..., 2, :] - corners[..., 0, :]
    w = points - a
    uu = (u * u).sum(-1)
    vv = (v * v).sum(-1)
    uv = (u * v).sum(-1)
    wu = (w * u).sum(-1)
    wv = (w * v).sum(-1)
    determinant = np.maximum(uu * vv - uv * uv, 1e-18)
    s = (wu * vv - wv * uv) / determinant
    t = (wv * uu - wu * uv) / determinant
    inside = np.stack([1.0 - s - t, s, t], axis=-1)
    choices = [inside]
    for i, j in ((0, 1), (1, 2), (2, 0)):
        edge = corners[..., j, :] - corners[..., i, :]
        along = ((points - corners[..., i, :]) * edge).sum(-1) / np.maximum((edge * edge).sum(-1), 1e-18)
        share = np.clip(along, 0.0, 1.0)
        choice = np.zeros_like(inside)
        choice[..., i], choice[..., j] = 1.0 - share, share
        choices.append(choice)
    options = np.stack(choices)
    away = np.linalg.norm((options[..., None] * corners).sum(axis=-2) - points, axis=-1)
    away[0][(inside < 0).any(axis=-1)] = np.inf
    return np.asarray(np.take_along_axis(options, away.argmin(axis=0)[None, ..., None], axis=0)[0])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m facetake_training.head_baking.landmarks OUT.npz")
    bake(Path(sys.argv[1]))
