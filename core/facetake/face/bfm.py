"""The Basel Face Model from the user's own files: 2009 with Guo et al.'s expressions (as in AudioDVP), 2017 and 2019.

Knows the published layouts; none of these files come with Facetake. Units become metres, axes x right, y down, z away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from facetake import files
from facetake.arrays import F32, I64
from facetake.arrays.matlab import read_mat
from facetake.arrays.reader import reading
from facetake.errors import ModelError
from facetake.face.head import FLIP
from facetake.face.ibug import IBUG_68, IBUG_WEIGHT
from facetake.face.linear import LinearBasis, LinearFace
from facetake.face.model import Embedding, Topology
from facetake.face.surface import at_vertices, cylinder, materials, parts
from facetake.files import json_text

N_IDENTITY = 80
N_EXPRESSION = 64
N_COLOUR = 80
"""How many coefficients AudioDVP uses; files may hold fewer."""
_FRONT_METRES = 0.1  # of its unit: a decimetre, in the file of 2009's front with Guo et al.'s expressions
_2017_METRES = 0.001  # a millimetre, as of 2019
_2009_METRES = 1e-6  # a micrometre
_H5_LANDMARKS = {  # names in the 2017 and 2019 files -> MediaPipe's points
    "center.nose.tip": 4,
    "center.lips.upper.outer": 0,
    "center.lips.lower.outer": 17,
    "center.lips.upper.inner": 13,
    "center.lips.lower.inner": 14,
    "center.chin.tip": 152,
    "right.lips.corner": 61,
    "left.lips.corner": 291,
    "right.eye.corner_outer": 33,
    "right.eye.corner_inner": 133,
    "left.eye.corner_inner": 362,
    "left.eye.corner_outer": 263,
    "right.eye.top": 159,
    "right.eye.bottom": 145,
    "left.eye.top": 386,
    "left.eye.bottom": 374,
    "right.eyebrow.bend.lower": 105,
    "left.eyebrow.bend.lower": 334,
    "right.eyebrow.inner.lower": 107,
    "left.eyebrow.inner.lower": 336,
    "right.nose.wing.tip": 64,
    "left.nose.wing.tip": 294,
}


def load(path: Path) -> LinearFace:
    """A Basel Face Model.

    path: `BFM_model_front.mat` (2009 cut to the face, with expressions), a folder that holds it, a folder with
    `01_MorphableModel.mat`, `Exp_Pca.bin`, `std_exp.txt`, `BFM_exp_idx.mat` and `BFM_front_idx.mat` (and
    `facemodel_info.mat` with triangles and landmarks), or a 2017 or 2019 `.h5` file.

    ModelError when a file is missing or not of that layout.
    """
    if path.is_dir():
        front = path / "BFM_model_front.mat"
        return _front(front) if front.is_file() else _from_2009(path)
    if path.suffix == ".h5":
        return _from_h5(path)
    if path.suffix == ".mat":
        return _front(path)
    raise ModelError(f"{path} is none: give a BFM_model_front.mat, an .h5 file, or a folder of the 2009 files")


def _mat(path: Path, *names: str) -> dict[str, Any]:
    """Named arrays of a MATLAB file."""
    try:
        data = read_mat(path, names)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is not there; fetch it again from where the model is licensed") from error
    except (OSError, ValueError, MemoryError) as error:
        raise ModelError(
            f"{path} cannot be read as a MATLAB file ({files.reason(error)}); fetch it again from where the model is "
            "licensed"
        ) from error
    missing = [name for name in names if name not in data]
    if missing:
        raise ModelError(f"{path} has no {', '.join(missing)}; it is another file than the one of that name")
    return data


def _points(column: Any, metres: float) -> F32:
    """Positions or displacements (V, 3) of a stacked column, in our space."""
    return (np.asarray(column, np.float32).reshape(-1, 3) * np.float32(metres) * FLIP).astype(np.float32)


def _directions(matrix: Any, metres: float, most: int) -> F32:
    """Directions (N, V, 3) of a matrix (V * 3, N), in our space."""
    return np.stack([_points(column, metres) for column in np.asarray(matrix, np.float32).T[:most]])


def _names(prefix: str, number: int) -> tuple[str, ...]:
    return tuple(f"{prefix}_{k:03d}" for k in range(number))


def _model(
    name: str,
    shape: F32,
    identity: F32,
    expression: F32,
    expression_mean: F32,
    colour: LinearBasis,
    faces: I64,
    landmarks: Embedding,
) -> LinearFace:
    """A model about its own middle, with guessed parts."""
    middle = shape.mean(axis=0)
    mean = shape - middle
    regions = parts(mean, faces, landmarks)
    topology = Topology(faces, cylinder(mean), faces, materials(faces, regions["lips"]), regions, landmarks)
    return LinearFace(
        name,
        topology,
        LinearBasis(mean, identity, _names("identity", len(identity))),
        LinearBasis(expression_mean, expression, _names("expression", len(expression))),
        colour,
        srgb=True,
    )


def _front(path: Path) -> LinearFace:
    """The cut 2009 model: decimetres, colours 0..255, triangles and landmarks from 1."""
    data = _mat(path, "meanshape", "idBase", "exBase", "meantex", "texBase", "tri", "keypoints")
    shape = _points(data["meanshape"], _FRONT_METRES)
    faces = _outwards(shape, data["tri"].astype(np.int64) - 1)
    colour = _colour(data["meantex"], data["texBase"], 1.0 / 255.0)
    landmarks = _ibug(faces, data["keypoints"].ravel().astype(np.int64) - 1, path)
    return _model(
        "bfm2009",
        shape,
        _directions(data["idBase"], _FRONT_METRES, N_IDENTITY),
        _directions(data["exBase"], _FRONT_METRES, N_EXPRESSION),
        np.zeros_like(shape),
        colour,
        faces,
        landmarks,
    )


def _colour(mean: Any, basis: Any, scale: float) -> LinearBasis:
    colour = np.asarray(mean, np.float32).reshape(-1, 3) * np.float32(scale)
    directions = np.asarray(basis, np.float32).T[:N_COLOUR].reshape(-1, *colour.shape) * np.float32(scale)
    return LinearBasis(colour, directions, _names("colour", len(directions)))


def _ibug(faces: I64, vertex: I64, path: Path) -> Embedding:
    if len(vertex) != len(IBUG_68):
        raise ModelError(f"{path} names {len(vertex)} landmarks where 68 are expected")
    return at_vertices(faces, vertex, IBUG_68, IBUG_WEIGHT)


def _outwards(shape: F32, faces: I64) -> I64:
    """Triangles turned so that, seen from outside, they run counter-clockwise."""
    a, b, c = (shape[faces[:, k]] for k in range(3))
    towards_viewer = np.cross(b - a, c - a)[:, 2].sum() < 0
    return faces if towards_viewer else np.ascontiguousarray(faces[:, ::-1])


def _from_2009(folder: Path) -> LinearFace:
    """The whole 2009 scan model cut to the face, scaled by its deviations, with expressions from Guo et al."""
    whole = _mat(folder / "01_MorphableModel.mat", "shapeMU", "shapePC", "shapeEV", "texMU", "texPC", "texEV")
    kept = _mat(folder / "BFM_exp_idx.mat", "trimIndex")["trimIndex"].ravel().astype(np.int64) - 1
    front = _mat(folder / "BFM_front_idx.mat", "idx")["idx"].ravel().astype(np.int64)
    info = _mat(folder / "facemodel_info.mat", "tri", "keypoints")
    exp_mean, exp_basis = _exp_pca(folder / "Exp_Pca.bin", folder / "std_exp.txt", len(kept))
    vertex = kept[front]
    rows = (3 * vertex[:, None] + np.arange(3)).ravel()
    exp_rows = (3 * front[:, None] + np.arange(3)).ravel()
    shape = _points(whole["shapeMU"][rows], _2009_METRES)
    faces = _outwards(shape, info["tri"].astype(np.int64) - 1)
    identity = whole["shapePC"][rows][:, :N_IDENTITY] * whole["shapeEV"].ravel()[:N_IDENTITY]
    tex = whole["texPC"][rows][:, :N_COLOUR] * whole["texEV"].ravel()[:N_COLOUR]
    return _model(
        "bfm2009",
        shape,
        _directions(identity, _2009_METRES, N_IDENTITY),
        _directions(exp_basis[exp_rows], _2009_METRES, N_EXPRESSION),
        _points(exp_mean[exp_rows], _2009_METRES),
        _colour(whole["texMU"][rows], tex, 1.0 / 255.0),
        faces,
        _ibug(faces, info["keypoints"].ravel().astype(np.int64) - 1, folder / "facemodel_info.mat"),
    )


def _exp_pca(path: Path, deviations: Path, n_vertices: int) -> tuple[F32, F32]:
    """Mean (V * 3,) and basis (V * 3, N) of Guo et al.'s expressions, scaled by their deviations, micrometres."""
    try:
        data = files.read_bytes(path)
        files.check(deviations)
        spread = np.atleast_1d(np.loadtxt(deviations, dtype=np.float32))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} or {deviations.name} beside it cannot be read ({error}); fetch both again") from error
    number = int(np.frombuffer(data[:4], "<i4")[0]) if len(data) >= 4 else 0
    expected = 4 + 4 * 3 * n_vertices * (number + 1)
    if len(data) != expected or len(spread) < number:
        raise ModelError(f"{path} has {len(data)} bytes where {n_vertices} vertices need {expected}; fetch it again")
    values = np.frombuffer(data[4:], "<f4").reshape(number + 1, -1)
    return values[0], (values[1:] * spread[:number, None]).T


def _from_h5(path: Path) -> LinearFace:
    """A 2017 or 2019 model: millimetres, colours 0..1, bases with their variances, named landmarks."""
    try:
        import h5py
    except ImportError as error:
        raise ModelError(f'{path} needs h5py, which is not installed; pip install "facetake[bfm]"') from error
    try:
        files.check(path)
        with reading(), h5py.File(path, "r") as file:
            shape, identity = _h5_part(file, "shape", N_IDENTITY)
            move, expression = _h5_part(file, "expression", N_EXPRESSION)
            tint, colours = _h5_part(file, "color", N_COLOUR)
            cells = np.asarray(file["shape/representer/cells"], dtype=np.int64)
            points = np.asarray(file["shape/representer/points"], dtype=np.float32)
            named = json_text.load(_text(file["metadata/landmarks/json"][0]))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} is no Basel Face Model of 2017 or 2019 ({files.reason(error)}); fetch it again"
        ) from error
    faces = cells.T if cells.shape[0] == 3 else cells
    own = points.T if points.shape[0] == 3 else points
    positions = _points(shape, _2017_METRES)
    faces = _outwards(positions, faces)
    colour = LinearBasis(tint.reshape(-1, 3), colours.reshape(len(colours), -1, 3), _names("colour", len(colours)))
    return _model(
        path.stem.split("_")[0],
        positions,
        _directions(identity.T, _2017_METRES, N_IDENTITY),
        _directions(expression.T, _2017_METRES, N_EXPRESSION),
        _points(move, _2017_METRES),
        colour,
        faces,
        _named(faces, named, own, path),
    )


def _h5_part(file: Any, name: str, most: int) -> tuple[F32, F32]:
    """Mean (V * 3,) and directions (N, V * 3), one deviation each, of one of the file's three models."""
    model = file[f"{name}/model"]
    spread = np.sqrt(np.asarray(model["pcaVariance"], np.float32))[:most]
    return np.asarray(model["mean"], np.float32), (np.asarray(model["pcaBasis"], np.float32)[:, :most] * spread).T


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _named(faces: I64, named: Any, points: F32, path: Path) -> Embedding:
    """Landmarks by name, each at the vertex nearest to where the file puts it."""
    found = {str(mark["id"]): np.asarray(mark["coordinates"], np.float32) for mark in named}
    known = {name: index for name, index in _H5_LANDMARKS.items() if name in found}
    if len(known) < 6:
        raise ModelError(f"{path} names only {len(known)} landmarks that Facetake knows, and a face needs six")
    vertex = np.array([np.square(points - found[name]).sum(axis=1).argmin() for name in known], dtype=np.int64)
    return at_vertices(faces, vertex, np.array(list(known.values())), np.ones(len(known), np.float32))
