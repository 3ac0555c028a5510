"""A plaster cast of the default model's face on a small grid, for files of other models that tests write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

from facetake.arrays import F64, I64
from facetake.face.anny import load
from facetake.face.ibug import IBUG_68
from facetake.rig import ARKIT_NAMES

COLUMNS = 26
ROWS = 30
MOVES = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthPucker", "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight")


@dataclass(frozen=True)
class Cast:
    """vertices (V, 3) m in our space; faces (F, 3); moves (7, V, 3): `MOVES`; people (3, V, 3); ibug (68,) vertices."""

    vertices: F64
    faces: I64
    moves: F64
    people: F64
    ibug: I64


@cache
def cast() -> Cast:
    """The cast: heights and displacements of the default model's face over a grid seen from the front."""
    model = load()
    chosen = model.topology.parts["face"]
    rest = model.rest.numpy().astype(np.float64)
    front = rest[chosen]
    low = front[:, :2].min(axis=0)
    high = front[:, :2].max(axis=0)
    x, y = np.meshgrid(np.linspace(low[0], high[0], COLUMNS), np.linspace(low[1], high[1], ROWS))
    at = np.stack([x.ravel(), y.ravel()], axis=1)

    def over(values: Any) -> F64:
        smooth = LinearNDInterpolator(front[:, :2], values)(at)
        hole = np.isnan(smooth).any(axis=1)
        smooth[hole] = NearestNDInterpolator(front[:, :2], values)(at[hole])
        return np.asarray(smooth)

    vertices = np.concatenate([at, over(front[:, 2:])], axis=1)
    deltas = model.expression_basis.numpy().reshape(len(ARKIT_NAMES), -1, 3)[:, chosen]
    basis = model.identity_basis.numpy().reshape(model.identity_size, -1, 3)[:, chosen]
    moves = np.stack([over(deltas[ARKIT_NAMES.index(name)]) for name in MOVES])
    marks = model.topology.landmarks
    points = (rest[model.topology.faces[marks.face]] * marks.bary[..., None]).sum(axis=1)
    wanted = np.array([_place(points, marks.mediapipe_index, k) for k in range(68)])
    ibug = np.array([np.square(vertices - point).sum(axis=1).argmin() for point in wanted])
    return Cast(vertices, _grid(), moves, np.stack([over(direction) for direction in basis[:3]]), ibug)


def _place(points: F64, index: I64, k: int) -> F64:
    """An iBUG point on the default model; for those of the jaw that it has not, a place on an arc from ear to ear."""
    row = np.flatnonzero(index == IBUG_68[k])
    if len(row):
        return np.asarray(points[row[0]])
    turn = np.pi * k / 16.0
    return np.array([-0.066 * np.cos(turn), 0.0 + 0.085 * np.sin(turn), -0.06 - 0.04 * np.sin(turn)])


def _grid() -> I64:
    """Triangles that run counter-clockwise in a picture whose y points down."""
    corner = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    a = corner[:-1, :-1]
    b = corner[1:, :-1]
    c = corner[1:, 1:]
    d = corner[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
