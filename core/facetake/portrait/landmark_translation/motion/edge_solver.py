"""Back from lengths and angles to 68 points, by least squares (Landmark translation 3.2, `edges`).

Lengths and angles do not say where a face is: it is laid where its steady points, which no muscle moves far, were.
Damped Gauss-Newton steps, many frames at once; differentiable, as every step is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from facetake.portrait.landmark_translation.motion.edges import N_POINTS, SMALLEST, edges_of, joints, wrapped

STEADY = (0, 1, 15, 16, 27, 28)
"""Both ends of the jaw and the root of the nose. The bridge alone is nearly a straight line, about which a face could
turn, and its lower end moves with the upper lip."""
LOWER_LIP = (*range(55, 60), *range(65, 68))  # iBUG's numbers
CHIN = 8  # likewise
ROOT = 27  # likewise, of the nose
APART = (-0.1, 0.15, 0.4, 0.06, -0.05, 0.25)
FOLDED = 1e-8
"""How far lips are parted for another try, in units of length, and what may be off, squared, before one is made."""
STEPS = 40  # by choice: from a face at rest half of random ones settle in 7, nine of ten in 15, and 160 change none
DAMPING = 1e-3  # Levenberg's and Marquardt's, at first; it shrinks and grows by ten
LEAST_DAMPING = 1e-9  # keeps the system solvable
AFTER_A_MISS = 1e-4  # else several misses would pass before a small damping counts again
SETTLED = 1e-6
GAINED = 1e-6
"""A face has settled when a step moves no point further, in units of length, or gains no greater part of the rest."""
NOTHING_OFF = 1e-14  # squared: what rounding leaves
LEAST_HEIGHT = 0.05  # of a triangle, in units of length: flatter ones, between shut lips, count as if they were so high
AT_ONCE = 64  # faces solved together, by choice: memory grows with them


def settle(edges: Tensor, start: Tensor, apart: Sequence[float] = APART) -> Tensor:
    """The points whose edges are most nearly as told.

    Args:
        edges: (B, E, 2) lengths and angles; lengths in the unit of `start`.
        start: (B, 68, 3) where to start from, such as the person's neutral face; its steady points hold the face.
        apart: what else is tried where lips have folded the wrong way: lips this far apart at the start. Nothing need
            be tried from a start that is near already.

    Returns:
        (B, 68, 3) in the type of `start`; inside, everything is float64.
    """
    parts = [
        _unfolded(told.double(), began.double(), apart)
        for told, began in zip(torch.split(edges, AT_ONCE), torch.split(start, AT_ONCE), strict=True)
    ]
    return torch.cat(parts).to(start.dtype) if parts else start


def _unfolded(edges: Tensor, start: Tensor, apart: Sequence[float]) -> Tensor:
    """As `settle`, for one batch: where lips have folded the wrong way, the way there is tried with lips apart."""
    points, off = _settled(edges, start, start)
    for far in apart:
        rows = torch.nonzero(off > FOLDED)[:, 0]
        if not len(rows):
            break
        again, still_off = _settled(edges[rows], start[rows], parted(start[rows], far))
        better = still_off < off[rows]
        points = points.index_copy(0, rows, torch.where(better[:, None, None], again, points[rows]))
        off = off.index_copy(0, rows, torch.where(better, still_off, off[rows]))
    return laid(points, start)


def parted(points: Tensor, apart: float) -> Tensor:
    """Points (B, 68, 3) with the lower lip moved towards the chin."""
    down = points[:, CHIN] - points[:, ROOT]
    moved: Tensor = apart * (down / torch.linalg.vector_norm(down, dim=1, keepdim=True))
    share = torch.zeros(N_POINTS, 1, dtype=points.dtype).index_fill(0, torch.tensor(LOWER_LIP), 1.0)
    apart_now: Tensor = points + share * moved[:, None]
    return apart_now


def _settled(edges: Tensor, still: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    """Points, and what is off (B,), for one batch. Each face has its own damping and stops when it has settled."""
    weight = torch.minimum(_heights(edges[..., 0]), _heights(edges_of(still)[..., 0]))
    points = start
    remaining = torch.zeros_like(start[:, 0, 0])
    rows = torch.arange(len(start))
    damping = torch.full((len(start),), DAMPING, dtype=torch.float64)
    for _ in range(STEPS):
        before = points[rows]
        told = edges[rows]
        heights = weight[rows]
        left, slopes = _residuals(before, told, heights)
        move = _step(left, slopes, damping)
        off, still_off = (x.square().sum(dim=1) for x in (left, _residuals(before + move, told, heights)[0]))
        better = still_off < off
        points = points.index_copy(0, rows, torch.where(better[:, None, None], before + move, before))
        remaining = remaining.index_copy(0, rows, torch.where(better, still_off, off))
        damping = torch.where(better, damping * 0.1, (damping * 10.0).clamp(min=AFTER_A_MISS)).clamp(min=LEAST_DAMPING)
        moving = (move.detach().abs().amax(dim=(1, 2)) > SETTLED) & (off.detach() > NOTHING_OFF)
        moving &= ~(better & (off - still_off < GAINED * off)).detach()
        rows = rows[moving]
        damping = damping[moving]
        if not len(rows):
            break
    return points, remaining.detach()


def laid(points: Tensor, where: Tensor, by: Sequence[int] = STEADY) -> Tensor:
    """Points (B, 68, 3), turned and moved so that some of them, the steady ones, lie on those of others (Kabsch)."""
    chosen = list(by)
    middle, wanted = (x[:, chosen].mean(dim=1, keepdim=True) for x in (points, where))
    u, _, v = torch.linalg.svd((points[:, chosen] - middle).transpose(1, 2) @ (where[:, chosen] - wanted))
    mirrored = torch.linalg.det(u @ v).sign()
    u = torch.cat([u[..., :2], u[..., 2:] * mirrored[:, None, None]], dim=-1)
    there: Tensor = (points - middle) @ (u @ v) + wanted
    return there


def _heights(lengths: Tensor) -> Tensor:
    """How far (B, D) the nearer tip of an edge's two triangles moves when its angle grows by 1: its height.

    What weighs angles against lengths: between closed lips triangles are slivers, and their angles mean little.
    Something they mean, though: without it lips could fold the other way.
    """
    number = {(a, b): row for row, (a, b) in enumerate(joints().ends.tolist())}
    heights = []
    for tip in (2, 3):
        rows = [
            (number[w[0], w[1]], *(number[min(end, w[tip]), max(end, w[tip])] for end in w[:2]))
            for w in joints().wings.tolist()
        ]
        base, one, other = (lengths[:, list(column)] for column in zip(*rows, strict=True))
        half = (base + one + other) / 2.0
        area = (half * (half - base) * (half - one) * (half - other)).clamp(min=0.0).sqrt()
        heights.append(2.0 * area / base.clamp(min=SMALLEST))
    return torch.minimum(*heights).clamp(min=LEAST_HEIGHT).detach()


def _residuals(points: Tensor, edges: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """What is off (B, R), and how it follows the four points each row depends on (B, R, 12)."""
    known = joints()
    now = edges_of(points)
    lengths = now[..., 0] - edges[..., 0]
    angles = weight * wrapped((now - edges)[..., 1][:, torch.from_numpy(known.hinges)])
    rows = torch.cat([lengths, angles], dim=1)
    return rows, torch.cat([_length_slopes(points), weight[..., None] * _angle_slopes(points)], dim=1)


def _length_slopes(points: Tensor) -> Tensor:
    """(B, E, 12) of lengths by both ends; the other two points are none."""
    first, second = (points[:, joints().ends[:, k]] for k in (0, 1))
    edge = second - first
    along = edge / torch.linalg.vector_norm(edge, dim=-1, keepdim=True).clamp(min=SMALLEST)
    return torch.cat([-along, along, torch.zeros_like(along), torch.zeros_like(along)], dim=-1)


def _angle_slopes(points: Tensor) -> Tensor:
    """(B, D, 12) of angles by both ends and both tips: a tip turns its triangle, the ends take the turn up."""
    a, b, c, d = (points[:, joints().wings[:, k]] for k in range(4))
    edge = b - a
    long = torch.linalg.vector_norm(edge, dim=-1, keepdim=True).clamp(min=SMALLEST)
    left = torch.linalg.cross(edge, c - a)
    right = torch.linalg.cross(a - b, d - b)
    left = left / left.square().sum(dim=-1, keepdim=True).clamp(min=SMALLEST**2)
    right = right / right.square().sum(dim=-1, keepdim=True).clamp(min=SMALLEST**2)
    share = [((tip - end) * edge).sum(dim=-1, keepdim=True) / long for end in (b, a) for tip in (c, d)]
    by_a = share[0] * left + share[1] * right
    by_b = -(share[2] * left + share[3] * right)
    return -torch.cat([by_a, by_b, long * left, long * right], dim=-1)


@cache
@torch.inference_mode(False)  # kept for later calls, which may be of a training
def _places() -> Tensor:
    """(R, 12) which coordinate each slope is by; slopes that are 0 may name any."""
    ends = torch.from_numpy(joints().ends).repeat(1, 2)
    points = torch.cat([ends, torch.from_numpy(joints().wings)])
    return (3 * points[..., None] + torch.arange(3)).flatten(1)


def _step(left: Tensor, slopes: Tensor, damping: Tensor) -> Tensor:
    """The damped Gauss-Newton step (B, 68, 3)."""
    size = 3 * N_POINTS
    places = _places()
    flat = (size * places[:, :, None] + places[:, None, :]).flatten()
    squares = (slopes[..., :, None] * slopes[..., None, :]).flatten(1)
    normal = slopes.new_zeros(len(slopes), size * size).index_add(1, flat, squares).view(-1, size, size)
    pull = slopes.new_zeros(len(slopes), size).index_add(1, places.flatten(), (slopes * left[..., None]).flatten(1))
    normal = normal + damping[:, None, None] * torch.eye(size, dtype=normal.dtype)
    return -torch.cholesky_solve(pull[..., None], torch.linalg.cholesky(normal)).view(-1, N_POINTS, 3)


def feasible(still: Tensor, spread: Tensor) -> Tensor:
    """What of a change of edges moving points can bring about, near a face at rest: one step, as a matrix.

    Args:
        still: (68, 3) the face.
        spread: (E, 2) what changes are counted in.

    Returns:
        (2 E, 2 E) takes any change (E, 2), flattened, to the nearest one that a face can make.
    """
    points = still.double()[None]
    known = joints()
    slopes = still.new_zeros((known.n_edges, 2, 3 * N_POINTS), dtype=torch.float64)
    places = _places()
    hinges = torch.from_numpy(known.hinges)
    slopes[:, 0] = slopes[:, 0].scatter_add(1, places[: known.n_edges], _length_slopes(points)[0])
    turned = slopes.new_zeros(len(hinges), 3 * N_POINTS).scatter_add(
        1, places[known.n_edges :], _angle_slopes(points)[0]
    )
    slopes[hinges, 1] = turned
    heights = torch.ones_like(slopes[..., 0]).index_put(
        (hinges, torch.ones_like(hinges)), _heights(edges_of(points)[..., 0])[0]
    )
    moved = (slopes / spread.double()[..., None]).flatten(0, 1)
    count = (heights * spread.double()).flatten() ** 2
    normal = (moved.T * count) @ moved + LEAST_HEIGHT**2 * 1e-2 * torch.eye(3 * N_POINTS, dtype=torch.float64)
    nearest: Tensor = (moved @ torch.linalg.solve(normal, moved.T * count)).to(still.dtype)
    return nearest
