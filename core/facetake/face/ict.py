"""ICT-FaceKit's light model from the user's own folder: `FaceXModel` with its .obj files and vertex_indices.json.

Knows that layout; none of these files come with Facetake. Its expressions carry ARKit's names, some split in two
halves; units are centimetres, y up. Clear layers over the eyes (tears, lashes, shadows) are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import files
from facetake.arrays import F32
from facetake.errors import ModelError
from facetake.face.head import FLIP
from facetake.face.ibug import IBUG_68, IBUG_WEIGHT
from facetake.face.linear import LinearBasis, LinearFace
from facetake.face.model import MATERIALS, Topology
from facetake.face.obj import read_obj, read_positions
from facetake.face.surface import at_vertices, colours, materials, parts
from facetake.files import json_text
from facetake.rig import ARKIT_NAMES

N_IDENTITY = 60
"""How many of the 100 identity shapes are read: each is a file of three megabytes."""
_METRES = np.float32(0.01)  # of its unit: a centimetre
_CLEAR = ("LacrimalFluid", "EyeBlend", "EyeOcclusion", "EyeLashes")
_MATERIAL = {  # parts of the names of the file's materials -> ours
    "Teeth": "teeth",
    "GumsTongue": "tongue",
    "MouthSocket": "cavity",
    "Socket": "socket",
    "Sclera": "eye",
    "Iris": "eye",
}
_SPLIT = {"browInnerUp": ("browInnerUp_L", "browInnerUp_R"), "cheekPuff": ("cheekPuff_L", "cheekPuff_R")}


def load(folder: Path, n_identity: int = N_IDENTITY) -> LinearFace:
    """ICT-FaceKit's model from its `FaceXModel` folder. ModelError for what is missing or of another layout."""
    neutral = read_obj(folder / "generic_neutral_mesh.obj")
    about = _indices(folder / "vertex_indices.json")
    names = tuple(str(name) for name in about["expressions"])
    rest = neutral.vertices * _METRES * FLIP
    expression = _shapes(folder, names, neutral.vertices)
    people = sorted(folder.glob("identity*.obj"))[:n_identity]
    if not people:
        raise ModelError(f"{folder} holds no identity000.obj and so on; give the FaceXModel folder of ICT-FaceKit")
    identity = _shapes(folder, tuple(path.stem for path in people), neutral.vertices)
    middle = rest.mean(axis=0)
    topology = _topology(neutral, rest - middle, np.asarray(about["idx_to_landmark_verts"], np.int64), folder)
    paint = colours(topology.faces, topology.material, len(rest))
    people_names = tuple(path.stem for path in people)
    return LinearFace(
        "ict",
        topology,
        LinearBasis(rest - middle, identity, people_names),
        LinearBasis(np.zeros_like(rest), expression, names),
        paint,
        arkit=_from_arkit(names),
    )


def _indices(path: Path) -> Any:
    try:
        about = json_text.load(files.read_text(path))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}); give the FaceXModel folder of ICT-FaceKit") from error
    if not isinstance(about, dict) or not {"expressions", "idx_to_landmark_verts"} <= about.keys():
        raise ModelError(f"{path} has no expressions and idx_to_landmark_verts; fetch it again")
    return about


def _shapes(folder: Path, names: tuple[str, ...], neutral: F32) -> F32:
    """Displacements (N, V, 3) in our space of the meshes of those names."""
    shapes = np.zeros((len(names), *neutral.shape), np.float32)
    for k, name in enumerate(names):
        positions = read_positions(folder / f"{name}.obj")
        if positions.shape != neutral.shape:
            raise ModelError(f"{folder / name}.obj has {len(positions)} vertices, the neutral mesh {len(neutral)}")
        shapes[k] = (positions - neutral) * _METRES * FLIP
    return shapes


def _topology(neutral: Any, rest: F32, landmark_vertex: NDArray[np.int64], folder: Path) -> Topology:
    """The mesh without its clear layers."""
    if len(landmark_vertex) != len(IBUG_68) or int(landmark_vertex.max()) >= len(rest):
        raise ModelError(f"{folder / 'vertex_indices.json'} does not name 68 landmarks on this mesh; fetch it again")
    shown = ~np.array([any(clear in name for clear in _CLEAR) for name in neutral.material], bool)
    faces = np.ascontiguousarray(neutral.faces[shown])
    names = neutral.material[shown]
    material = np.array([_material(str(name)) for name in names], np.int64)
    landmarks = at_vertices(faces, landmark_vertex, IBUG_68, IBUG_WEIGHT)
    other = np.zeros(len(rest), bool)
    other[faces[material != MATERIALS.index("skin")].ravel()] = True
    regions = parts(rest, faces, landmarks, other)
    skin = material == MATERIALS.index("skin")
    material[skin] = materials(faces, regions["lips"])[skin]
    for part, name in (("eyes", "eye"), ("teeth", "teeth")):
        regions[part] = np.isin(np.arange(len(rest)), faces[material == MATERIALS.index(name)])
    return Topology(faces, neutral.uv, neutral.uv_faces[shown], material, regions, landmarks)


def _material(name: str) -> int:
    for part, ours in _MATERIAL.items():
        if part in name:
            return MATERIALS.index(ours)
    return MATERIALS.index("skin")


def _from_arkit(names: tuple[str, ...]) -> F32:
    """(52, E): the file's shapes for each ARKit weight, by name."""
    there = np.zeros((len(ARKIT_NAMES), len(names)), np.float32)
    for row, arkit in enumerate(ARKIT_NAMES):
        own = _SPLIT.get(arkit, (arkit.replace("Left", "_L").replace("Right", "_R") if arkit not in names else arkit,))
        for name in own:
            if name in names:
                there[row, names.index(name)] = 1.0
    return there
