"""FLAME (2020, 2023) from the user's own files: shape, expression, jaw and eyes.

Knows the published layout; none of these files come with Facetake. The model is linear blend shapes and correctives by
pose, skinned to five joints; neck and root stay still, because a head is placed by a rotation and a translation. The
expression vector is FLAME's own expression, then the jaw's rotation vector and both eyes' (radians).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facetake import files
from facetake.arrays import F32, I64
from facetake.arrays.reader import read_npz
from facetake.errors import ModelError
from facetake.face.head import FLIP
from facetake.face.ibug import IBUG_68, IBUG_WEIGHT
from facetake.face.linear import check_size
from facetake.face.model import MATERIALS, Embedding, FaceModel, Topology
from facetake.face.surface import brows_and_below, colours, cylinder, materials, parts
from facetake.face.transfer import Transfer
from facetake.render.perspective import rotation_matrix
from facetake.safe_pickle import read

N_IDENTITY = 300
N_EXPRESSION = 100
"""FLAME's own numbers: 300 directions of shape, 100 of expression."""
JAW = 2  # in FLAME's tree of joints: the whole, neck, jaw, left and right eye
EYES = (3, 4)  # likewise
N_JOINTS = 5  # likewise
_POSE_NAMES = tuple(f"{what}_{axis}" for what in ("jaw", "eye_left", "eye_right") for axis in "xyz")
_WANTED = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table")


class Flame(FaceModel):
    """FLAME as a face model."""

    template: Tensor
    shapes: Tensor
    correctives: Tensor
    joints: Tensor
    weights: Tensor
    mean_albedo: Tensor
    albedo_basis: Tensor

    def __init__(self, data: dict[str, Any], landmarks: Embedding, uv: tuple[F32, I64] | None = None) -> None:
        """Builds the model.

        data: the arrays of a FLAME file, by their names in it; landmarks; uv: texture coordinates and their triangles.
        """
        super().__init__()
        self.name = "flame"
        template = np.asarray(data["v_template"], np.float32)
        faces = np.asarray(data["f"]).astype(np.int64)
        shapes = np.asarray(data["shapedirs"], np.float32)
        n_expression = min(N_EXPRESSION, max(shapes.shape[2] - N_IDENTITY, 0))
        self.identity_size = min(N_IDENTITY, shapes.shape[2])
        self._parents = [int(p) for p in np.asarray(data["kintree_table"])[0].astype(np.int64)]
        self.expression_names = (*(f"expression_{k:03d}" for k in range(n_expression)), *_POSE_NAMES)
        self._transfer: Transfer | None = None
        self._set_topology(_topology(template, faces, np.asarray(data["weights"]), landmarks, uv))
        paint = colours(self.topology.faces, self.topology.material, len(template))
        self.albedo_names = paint.names
        regressor = data["J_regressor"]
        dense = regressor.toarray() if hasattr(regressor, "toarray") else regressor
        correctives = np.asarray(data["posedirs"], np.float32)
        for name, values in (
            ("template", template),
            ("shapes", shapes[:, :, : N_IDENTITY + n_expression].transpose(2, 0, 1)),
            ("correctives", correctives.transpose(2, 0, 1)),
            ("joints", dense),
            ("weights", data["weights"]),
            ("mean_albedo", paint.mean),
            ("albedo_basis", paint.directions),
        ):
            array = np.ascontiguousarray(values, np.float32)
            flat = array.reshape(len(array), -1) if array.ndim == 3 else array
            self.register_buffer(name, torch.from_numpy(flat), persistent=False)
        self.register_buffer("flip", torch.from_numpy(FLIP), persistent=False)
        self.register_buffer("middle", self._head_middle(), persistent=False)

    flip: Tensor
    middle: Tensor

    def _head_middle(self) -> Tensor:
        """Where our head's origin lies in FLAME's space: between the eyes, a little behind them."""
        eyes = (self.joints @ self.template)[list(EYES)].mean(dim=0)
        return eyes + torch.tensor([0.0, -0.02, -0.06])

    def vertices(self, identity: Tensor, expression: Tensor) -> Tensor:
        """Vertices (B, V, 3) in metres: shaped, corrected for pose, skinned, and turned to our axes."""
        check_size(identity, self.identity_size, "identity")
        check_size(expression, self.expression_size, "expression")
        size = max(len(identity), len(expression))
        own = expression[:, :-9].expand(size, -1)
        pose = expression[:, -9:].expand(size, -1).reshape(size, 3, 3)
        both = torch.cat([identity.expand(size, -1), own], dim=1)
        shaped = self.template + (both @ self.shapes).reshape(-1, len(self.template), 3)
        turns = torch.eye(3).to(shaped).expand(size, N_JOINTS, 3, 3).clone()
        turns[:, JAW], turns[:, EYES[0]], turns[:, EYES[1]] = rotation_matrix(pose).unbind(dim=1)
        bend = (turns[:, 1:] - torch.eye(3).to(turns)).flatten(1)
        joints = torch.einsum("jv,bvi->bji", self.joints, shaped)
        moved = self._skin(shaped + (bend @ self.correctives).reshape(-1, len(self.template), 3), joints, turns)
        return (moved - self.middle) * self.flip

    def _skin(self, vertices: Tensor, joints: Tensor, turns: Tensor) -> Tensor:
        """Linear blend skinning: each joint turns what hangs on it about itself, along the chain from the root."""
        rotation = [turns[:, 0]]
        shift = [joints[:, 0] - (turns[:, 0] @ joints[:, 0, :, None])[..., 0]]
        for joint in range(1, N_JOINTS):
            up = self._parents[joint]
            own = joints[:, joint, :, None]
            rotation.append(rotation[up] @ turns[:, joint])
            place = (rotation[up] @ own)[..., 0] + shift[up]
            shift.append(place - (rotation[joint] @ own)[..., 0])
        blended = torch.einsum("vj,bjik->bvik", self.weights, torch.stack(rotation, dim=1))
        offset = torch.einsum("vj,bji->bvi", self.weights, torch.stack(shift, dim=1))
        return (blended @ vertices[..., None])[..., 0] + offset

    def albedo(self, coefficients: Tensor) -> Tensor:
        """Plain colours (B, V, 3), linear: FLAME's own file has none."""
        check_size(coefficients, self.albedo_size, "albedo")
        away = (coefficients @ self.albedo_basis).reshape(-1, len(self.template), 3)
        return (self.mean_albedo + away).clamp(0.0, 1.0)

    def to_arkit(self, expression: Tensor) -> Tensor:
        """ARKit weights (B, 52) that move landmarks as expression (B, E) does."""
        return self._drive().to_arkit(expression)

    def from_arkit(self, arkit: Tensor) -> Tensor:
        """Expression (B, E) that moves landmarks as ARKit weights (B, 52) do."""
        return self._drive().from_arkit(arkit)

    def _drive(self) -> Transfer:
        if self._transfer is None:
            self._transfer = Transfer(self)
        return self._transfer


def load(path: Path, landmarks: Path | None = None) -> Flame:
    """FLAME from its file: a `.pkl` as published (chumpy or not), or its arrays in an `.npz`.

    landmarks: `mediapipe_landmark_embedding.npz` or `flame_static_embedding.pkl`, by default looked for beside the
    model; a `head_template.obj` there gives texture coordinates. ModelError for what is missing or of another layout.
    """
    data = _arrays(path)
    missing = [name for name in _WANTED if name not in data]
    if missing:
        raise ModelError(f"{path} has no {', '.join(missing)}; use FLAME's generic_model.pkl or flame2023.pkl")
    shapes = {name: np.shape(data[name]) for name in _WANTED}
    n = shapes["v_template"][0] if shapes["v_template"] else 0
    found = (shapes["shapedirs"][:2], shapes["weights"], shapes["J_regressor"])
    if found != ((n, 3), (n, N_JOINTS), (N_JOINTS, n)):
        raise ModelError(f"{path} has arrays of other shapes than FLAME's: {shapes}")
    tree = np.asarray(data["kintree_table"])
    if tree.shape != (2, N_JOINTS) or not all(0 <= int(tree[0, joint]) < joint for joint in range(1, N_JOINTS)):
        raise ModelError(f"{path} has joints that hang on none before them; use FLAME's own file")
    return Flame(data, _embedding(path, landmarks), _template_uv(path.with_name("head_template.obj")))


def _arrays(path: Path) -> dict[str, Any]:
    """The named arrays of a pickle or an .npz."""
    if path.suffix == ".npz":
        try:
            return dict(read_npz(path))
        except (OSError, ValueError) as error:
            raise ModelError(f"{path} cannot be read as an .npz of plain arrays ({files.reason(error)})") from error
    data = read(path)
    if not isinstance(data, dict):
        raise ModelError(f"{path} holds no named arrays; use FLAME's generic_model.pkl or flame2023.pkl")
    return {str(name): value for name, value in data.items()}


def _embedding(model: Path, given: Path | None) -> Embedding:
    """Landmarks from a file beside the model, or the one given."""
    choices = (
        [given]
        if given
        else [model.with_name("mediapipe_landmark_embedding.npz"), model.with_name("flame_static_embedding.pkl")]
    )
    for path in choices:
        if path.is_file():
            return _read_embedding(path)
    raise ModelError(f"{choices[0]} is not there; a FLAME model needs its landmarks, which FLAME's pages offer")


def _read_embedding(path: Path) -> Embedding:
    data = _arrays(path)
    if not {"lmk_face_idx", "lmk_b_coords"} <= data.keys():
        raise ModelError(f"{path} has no lmk_face_idx and lmk_b_coords; it is no landmark embedding of FLAME's")
    face = np.asarray(data["lmk_face_idx"]).astype(np.int64).ravel()
    bary = np.asarray(data["lmk_b_coords"], np.float32).reshape(len(face), 3)
    if "landmark_indices" in data:
        index = np.asarray(data["landmark_indices"]).astype(np.int64).ravel()
        return Embedding(face, bary, np.ones(len(face), np.float32), index)
    inner = brows_and_below()
    if len(face) != inner.stop - inner.start:
        raise ModelError(f"{path} has {len(face)} landmarks where FLAME's static embedding has 51")
    return Embedding(face, bary, IBUG_WEIGHT[inner], IBUG_68[inner])


def _template_uv(path: Path) -> tuple[F32, I64] | None:
    """Texture coordinates of FLAME's template, where the file is there."""
    if not path.is_file():
        return None
    from facetake.face.obj import read_obj

    mesh = read_obj(path)
    return (mesh.uv, mesh.uv_faces) if len(mesh.uv) else None


def _topology(
    template: F32, faces: I64, weights: NDArray[Any], landmarks: Embedding, uv: tuple[F32, I64] | None
) -> Topology:
    """FLAME's mesh with guessed parts; eyeballs are what hangs on the eyes' joints."""
    points = template * FLIP
    eyes = weights[:, list(EYES)].sum(axis=1) > 0.5
    regions = {**parts(points, faces, landmarks, eyes), "eyes": eyes}
    material = materials(faces, regions["lips"])
    material[eyes[faces].all(axis=1)] = MATERIALS.index("eye")
    coordinates, uv_faces = uv if uv is not None else (cylinder(points), faces)
    return Topology(faces, coordinates, uv_faces, material, regions, landmarks)
