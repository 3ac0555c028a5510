"""Lashes along the lids, hair of the brows and locks on the scalp: small pieces of surface that go where skin goes.

Each hair hangs on points of the skin or of a lid's edge and takes their movement; a lash also turns with its lid about
the eyeball. Knows where hair grows; does not know colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from facetake.arrays import F64, I64
from facetake.render.shade import vertex_normals
from facetake_training.head_baking.lids import outside
from facetake_training.head_baking.mesh import BODY, HAIR, SKIN, SOCKET, Mesh
from facetake_training.head_baking.mouth import join
from facetake_training.head_baking.paint import brow_band, scalp
from facetake_training.head_baking.people import Cut, HeadDesign

LASH_COLUMN = 0.80
BROW_COLUMN = 0.93
LOCK_COLUMNS = (0.06, 0.68)
"""Where in hair's chart, across, lashes, brows and locks find their colours (`paint`)."""
LASHES = {True: (34, 0.0080, 0.42), False: (22, 0.0040, -0.34)}
"""Upper and lower: how many points a row of lashes has, their length in metres, and how far they curl up; by eye."""
LASH_ROOT_M = {True: 0.0031, False: 0.0022}
"""How far upper and lower lashes begin before the seam of skin and socket: that lies behind the lid's front."""
BROW_HAIRS = 230  # a side, by eye: with fewer they are lines, not a brow
BROW_HAIR_M = (0.0078, 0.00032)  # length and half the width at the root, by eye
BROW_LIFT_M = (0.0003, 0.0011)  # off the skin at root and tip: flat hair drowns in curved skin
LOCK_ROWS = 6  # of vertices a lock
CREST = 0.10  # height of a lock over its half width, by eye: round ones shine like plastic
CROWN_M = np.array([0.006, -0.118, 0.052])
"""Where hair parts from, a little left of the middle of the back of the head."""


@dataclass
class Strands:
    """Vertices (V, 3), faces (F, 3), charts (V, 2), and for each vertex the mesh's vertices that it hangs on (V, N)."""

    points: F64
    faces: I64
    chart: F64
    hung: csr_matrix


def grow(mesh: Mesh, drawn: F64, design: HeadDesign) -> None:
    """Adds all hair to a mesh.

    Args:
        mesh: with its lids as they will be.
        drawn: (V, 3), where the mesh's vertices are on the head whose features `paint` knows.
        design: how it is cut, where brows grow, and how long lashes are.
    """
    rng = np.random.default_rng(11)
    pieces = [_brow(mesh, drawn, design.brow_lower, rng), _locks(mesh, drawn, design.cut, rng)]
    rows = [_lashes(mesh, eye, is_upper, design.lashes, rng) for eye in mesh.eye_centres for is_upper in LASHES]
    moves = [{name: piece.hung @ delta for name, delta in mesh.deltas.items()} for piece in pieces]
    moves += [_turned(mesh, row, eye) for row, eye in zip(rows, np.repeat(mesh.eye_centres, 2, axis=0), strict=True)]
    for piece, move in zip(pieces + rows, moves, strict=True):
        join(mesh, (piece.points, piece.faces, piece.chart), HAIR, move)


def _hung(size: int, count: int, corners: I64, weights: F64) -> csr_matrix:
    """The map (V, N) that takes values of N mesh vertices to V points, each on corners (V, K) with weights (V, K)."""
    rows = np.repeat(np.arange(size), corners.shape[1])
    return csr_matrix((weights.ravel(), (rows, corners.ravel())), shape=(size, count))


def _lashes(mesh: Mesh, eye: F64, is_upper: bool, longer: float, rng: np.random.Generator) -> Strands:
    """A row of lashes: a dark fringe whose tips come together in points."""
    count, length, curl = LASHES[is_upper]
    edge = _edge(mesh, eye, is_upper)
    line = mesh.vertices[edge]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    share = np.linspace(0.10 if is_upper else 0.22, 0.985, 2 * count + 1)  # none at the inner corner
    at = share * along[-1]
    left = np.clip(np.searchsorted(along, at) - 1, 0, len(edge) - 2)
    mix = (at - along[left]) / (along[left + 1] - along[left])
    roots = line[left] + mix[:, None] * (line[left + 1] - line[left])
    out = roots - eye
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    size = length * longer * (0.55 + 0.6 * share) * rng.uniform(0.85, 1.15, len(share))
    size *= np.clip((1.0 - share) / 0.06, 0.55, 1.0)
    fan = np.sign(eye[0]) * (share - 0.45)[:, None] * np.array([0.75, 0.0, 0.0])
    ahead = out * (1.0, 0.35, 1.0) + fan
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    up = np.array([0.0, -1.0, 0.0])
    root = roots + LASH_ROOT_M[is_upper] * out
    middle = root + 0.5 * size[:, None] * (ahead + 0.30 * curl * up)
    tip = root + size[:, None] * (0.86 * ahead + curl * up)
    lash = np.arange(1, 2 * count, 2)
    before, after = lash - 1, lash + 1
    waist = 0.45
    points = np.concatenate(
        [
            root,
            middle[lash] + waist * (root[before] - root[lash]),
            middle[lash] + waist * (root[after] - root[lash]),
            tip[lash],
        ]
    )
    n = len(share)
    w0 = n + np.arange(count)
    w1 = w0 + count
    top = w1 + count
    faces = np.concatenate(
        [
            np.stack([before, lash, w0], axis=1),
            np.stack([lash, w1, w0], axis=1),
            np.stack([lash, after, w1], axis=1),
            np.stack([w0, w1, top], axis=1),
        ]
    )
    chart = np.stack(
        [np.full(len(points), LASH_COLUMN), np.r_[np.zeros(n), np.full(2 * count, 0.5), np.ones(count)]], axis=1
    )
    hangs = np.r_[np.arange(n), lash, lash, lash]
    hung = _hung(
        len(points),
        len(mesh.vertices),
        np.stack([edge[left], edge[left + 1]], axis=1)[hangs],
        np.stack([1.0 - mix, mix], axis=1)[hangs],
    )
    return _both_sides(Strands(points, faces, chart, hung))


def _edge(mesh: Mesh, eye: F64, is_upper: bool) -> I64:
    """Vertices along one lid's edge, from the inner corner to the outer."""
    ring = np.intersect1d(mesh.faces[mesh.part == SKIN], mesh.faces[mesh.part == SOCKET])
    ring = ring[np.sign(mesh.vertices[ring, 0]) == np.sign(eye[0])]
    x = np.abs(mesh.vertices[ring, 0])
    y = mesh.vertices[ring, 1]
    inner, outer = x.argmin(), x.argmax()
    chord = y[inner] + (y[outer] - y[inner]) * (x - x[inner]) / (x[outer] - x[inner])
    chosen = (y < chord) if is_upper else (y > chord)
    chosen[[inner, outer]] = True
    return np.asarray(ring[chosen][np.argsort(x[chosen])])


def _turned(mesh: Mesh, row: Strands, eye: F64) -> dict[str, F64]:
    """What actions do to lashes: they go with their lid's edge and turn with it about the eye."""
    root = row.hung @ mesh.vertices
    moves = {}
    for name, delta in mesh.deltas.items():
        carried = row.hung @ delta
        if np.abs(carried).max() < 1e-5:
            moves[name] = np.zeros_like(carried)
            continue
        there = outside(mesh, root + carried, eye)
        first, last = (np.arctan2(at[:, 1] - eye[1], eye[2] - at[:, 2]) for at in (root, there))
        turn = last - first
        away = row.points - root
        cos, sin = np.cos(turn), np.sin(turn)
        turned = np.stack(
            [away[:, 0], cos * away[:, 1] - sin * away[:, 2], sin * away[:, 1] + cos * away[:, 2]], axis=1
        )
        moves[name] = carried + turned - away
    return moves


def _both_sides(strands: Strands) -> Strands:
    """The same seen from behind, too, with vertices of its own so that normals do not cancel."""
    n = len(strands.points)
    twice = np.r_[np.arange(n), np.arange(n)]
    return Strands(
        strands.points[twice],
        np.concatenate([strands.faces, strands.faces[:, ::-1] + n]),
        strands.chart[twice],
        csr_matrix(strands.hung[twice]),
    )


def _brow(mesh: Mesh, drawn: F64, lower_m: float, rng: np.random.Generator) -> Strands:
    """Hair of both brows: wedges that lean up in the middle of the face, outwards along it, and down at its end."""
    faces = mesh.faces[mesh.part == SKIN]
    corners = drawn[faces]
    size = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chance = size * (brow_band(corners.mean(axis=1), lower_m)[0] > 0.02)
    chosen = rng.choice(len(faces), 40 * BROW_HAIRS, p=chance / chance.sum())
    weights = rng.dirichlet((1.0, 1.0, 1.0), len(chosen))
    at = (corners[chosen] * weights[..., None]).sum(axis=1)
    band, along = brow_band(at, lower_m)
    kept = np.flatnonzero(rng.uniform(0.0, 1.0, len(at)) < band)[: 2 * BROW_HAIRS]
    chosen, weights, along = chosen[kept], weights[kept], along[kept]
    normals = _normals(mesh)
    hung = _hung(len(kept), len(mesh.vertices), faces[chosen], weights)
    root = hung @ mesh.vertices
    normal = hung @ normals
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    angle = np.radians(
        np.interp(along, [0.0, 0.25, 0.6, 1.0], [72.0, 38.0, 8.0, -24.0]) + rng.normal(0.0, 9.0, len(kept))
    )
    side = np.sign(root[:, 0])
    way = np.stack([side * np.cos(angle), -np.sin(angle), np.zeros(len(kept))], axis=1)
    way -= (way * normal).sum(axis=1, keepdims=True) * normal
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    across = np.cross(normal, way)
    length, half = BROW_HAIR_M
    long = length * rng.uniform(0.7, 1.15, len(kept)) * np.interp(along, [0.0, 0.2, 0.8, 1.0], [0.55, 1.0, 0.9, 0.6])
    points = np.stack(
        [
            root + BROW_LIFT_M[0] * normal + half * across,
            root + BROW_LIFT_M[0] * normal - half * across,
            root + BROW_LIFT_M[1] * normal + long[:, None] * way,
        ],
        axis=1,
    ).reshape(-1, 3)
    corner = np.arange(3 * len(kept)).reshape(-1, 3)
    chart = np.tile([[BROW_COLUMN, 0.1], [BROW_COLUMN, 0.1], [BROW_COLUMN, 0.9]], (len(kept), 1))
    return Strands(
        points,
        _facing(points, corner, np.repeat(normal, 3, axis=0)),
        chart,
        csr_matrix(hung[np.repeat(np.arange(len(kept)), 3)]),
    )


def _facing(points: F64, faces: I64, normals: F64) -> I64:
    """Faces turned so that they look along the normals (V, 3) of their first corners."""
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    wrong = (across * normals[faces[:, 0]]).sum(axis=1) < 0.0
    return np.where(wrong[:, None], faces[:, ::-1], faces)


def _normals(mesh: Mesh) -> F64:
    return np.asarray(vertex_normals(mesh.vertices.astype(np.float32), mesh.faces.astype(np.int32)), dtype=np.float64)


def _locks(mesh: Mesh, drawn: F64, cut: Cut, rng: np.random.Generator) -> Strands:
    """Locks over the scalp, each a tapered strip that follows the skull."""
    skin = np.unique(mesh.faces[np.isin(mesh.part, (SKIN, BODY))])
    normals = _normals(mesh)[skin]
    ground = mesh.vertices[skin]
    near = cKDTree(ground)
    roots = _spread_roots(mesh, drawn, cut, rng)
    start = mesh.vertices[roots]
    crown = CROWN_M + (mesh.vertices[roots] - drawn[roots]).mean(axis=0)
    steps = LOCK_ROWS - 1
    high = np.clip((0.02 - start[:, 1]) / 0.12, 0.0, 1.0)
    long = cut.longest * rng.uniform(0.75, 1.1, len(roots)) * (0.55 + 0.45 * high)
    lift = cut.volume * rng.uniform(0.6, 1.2, len(roots)) * (0.35 + 0.65 * high)
    side_lean = rng.normal(0.0, 0.16, len(roots))
    rows = [start]
    at = start.copy()
    facing = [normals[near.query(start)[1]]]
    for step in range(1, LOCK_ROWS):
        share = step / steps
        _, index = near.query(at)
        normal = normals[index]
        way = _flow(at, crown, cut)
        way += side_lean[:, None] * np.cross(normal, way)
        way -= (way * normal).sum(axis=1, keepdims=True) * normal
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        at = at + (long / steps)[:, None] * way
        _, index = near.query(at)
        normal = normals[index]
        off = ((at - ground[index]) * normal).sum(axis=1)
        bow = np.sin(np.pi * min(share * 0.85 + 0.05, 1.0))
        wanted = lift * (0.25 + 0.95 * bow)
        at = at + (wanted - off)[:, None] * normal
        rows.append(at.copy())
        facing.append(normal)
    return _strips(mesh, roots, np.stack(rows, axis=1), np.stack(facing, axis=1), cut, rng)


def _spread_roots(mesh: Mesh, drawn: F64, cut: Cut, rng: np.random.Generator) -> I64:
    """Vertices (N,) of the scalp, far from one another."""
    grows = np.isin(np.arange(len(drawn)), mesh.faces[np.isin(mesh.part, (SKIN, BODY))])
    chosen = np.flatnonzero(grows & (scalp(drawn, cut.recedes) > 0.55))
    points = drawn[chosen]
    picked = [int(rng.integers(len(chosen)))]
    distance = np.full(len(chosen), np.inf)
    for _ in range(min(cut.locks, len(chosen)) - 1):
        distance = np.minimum(distance, np.linalg.norm(points - points[picked[-1]], axis=1))
        picked.append(int(distance.argmax()))
    return np.asarray(chosen[picked])


def _flow(at: F64, crown: F64, cut: Cut) -> F64:
    """Where hair at places (N, 3) goes: away from the crown, in front to one side or back, and back at the temples."""
    way = at - crown
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
    front = np.clip((0.0 - at[:, 2]) / 0.06, 0.0, 1.0) * np.clip((-0.05 - at[:, 1]) / 0.04, 0.0, 1.0)
    temple = np.clip((np.abs(at[:, 0]) - 0.045) / 0.025, 0.0, 1.0) * np.clip((at[:, 1] + 0.09) / 0.05, 0.0, 1.0)
    way = way + front[:, None] * (cut.side * np.array([1.0, 0.0, 0.15]) + cut.back * np.array([0.0, -0.9, 2.2]))
    way = way + temple[:, None] * np.array([0.0, 0.9, 0.75 + 1.2 * cut.back])
    return np.asarray(way / np.linalg.norm(way, axis=1, keepdims=True))


def _strips(mesh: Mesh, roots: I64, lines: F64, facing: F64, cut: Cut, rng: np.random.Generator) -> Strands:
    """Strips of three vertices across along lines (N, R, 3), with outward directions (N, R, 3)."""
    n, rows = lines.shape[:2]
    along = np.gradient(lines, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    across = np.cross(along, facing)
    across /= np.maximum(np.linalg.norm(across, axis=2, keepdims=True), 1e-9)
    share = np.linspace(0.0, 1.0, rows)
    taper = np.sqrt(np.clip(1.0 - share**2.2, 0.0, 1.0)) * (0.75 + 0.25 * share) + 0.02
    half = 0.5 * cut.width * rng.uniform(0.75, 1.25, (n, 1)) * taper[None]
    crest = CREST * half
    points = np.stack(
        [
            lines - half[..., None] * across - crest[..., None] * facing,
            lines + crest[..., None] * facing,
            lines + half[..., None] * across - crest[..., None] * facing,
        ],
        axis=2,
    )
    grid = np.arange(n * rows * 3).reshape(n, rows, 3)
    quads = np.stack([grid[:, :-1, :-1], grid[:, 1:, :-1], grid[:, 1:, 1:], grid[:, :-1, 1:]], axis=-1).reshape(-1, 4)
    faces = quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)
    flat = points.reshape(-1, 3)
    faces = _facing(flat, faces, np.repeat(facing.reshape(-1, 3), 3, axis=0))
    low, high = LOCK_COLUMNS
    column = rng.uniform(low + 0.06, high - 0.06, (n, 1, 1)) + np.array([-0.055, 0.0, 0.055])
    chart = np.stack(np.broadcast_arrays(column, np.broadcast_to(share[None, :, None], (n, rows, 3))), axis=-1).reshape(
        -1, 2
    )
    hung = _hung(len(flat), len(mesh.vertices), np.repeat(roots, 3 * rows)[:, None], np.ones((len(flat), 1)))
    return Strands(flat, faces, chart, hung)
