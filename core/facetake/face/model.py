"""What every differentiable face model offers: who it is, what it does, what colour it is, and where its landmarks are.

Knows meshes and coefficients in torch; does not know cameras, light or videos. All models share one space: metres, x
to the subject's left (right in a picture of the face), y down, z away from the viewer, the origin inside the head, so
that a rotation and a translation bring them before a camera of `facetake.render.camera`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from facetake.arrays import F32, I64, Mask
from facetake.render.perspective import vertex_normals

MATERIALS = ("skin", "lips", "socket", "cavity", "eye", "teeth", "tongue")
"""What a triangle is made of; `Topology.material` holds places in this list."""


@dataclass(frozen=True)
class Embedding:
    """Where landmarks lie on a mesh.

    face (N,): triangles; bary (N, 3): barycentric weights in them; weight (N,): how far each can be trusted, 0..1;
    mediapipe_index (N,): which of MediaPipe's 478 points each is.
    """

    face: I64
    bary: F32
    weight: F32
    mediapipe_index: I64

    def __post_init__(self) -> None:
        """Refuses arrays that do not belong together (ValueError)."""
        n = len(self.face)
        if self.bary.shape != (n, 3) or len(self.weight) != n or len(self.mediapipe_index) != n:
            raise ValueError(
                f"an embedding of {n} landmarks has other arrays of shape {self.bary.shape}, "
                f"{self.weight.shape} and {self.mediapipe_index.shape}"
            )

    def rows(self, mediapipe_index: I64) -> I64:
        """Rows of the wanted MediaPipe points, in the order asked for; points that are not there are left out."""
        place = {int(index): row for row, index in enumerate(self.mediapipe_index)}
        return np.array([place[int(index)] for index in mediapipe_index if int(index) in place], dtype=np.int64)


@dataclass(frozen=True)
class Topology:
    """What stays the same about a mesh.

    faces (F, 3): counter-clockwise in a picture taken from outside; uv (U, 2) in 0..1, v down; uv_faces (F, 3);
    material (F,): places in `MATERIALS`; parts: name -> (V,) bool, among them "face" (the front, to be compared with
    pictures) and "lower_face" (what a new line replaces, AudioDVP 3.3); landmarks.
    """

    faces: I64
    uv: F32
    uv_faces: I64
    material: I64
    parts: Mapping[str, Mask]
    landmarks: Embedding

    def triangles(self, part: str) -> Mask:
        """The triangles (F,) of which every corner is in a part. ValueError for a part this mesh does not have."""
        if part not in self.parts:
            raise ValueError(f"no part {part!r}; this mesh has {', '.join(sorted(self.parts))}")
        return np.asarray(self.parts[part][self.faces].all(axis=1))


class FaceModel(nn.Module, ABC):
    """A face from coefficients; every method is differentiable and takes a batch.

    Attributes:
        name: how actor folders and messages call it.
        topology: its mesh.
        identity_size: number of identity coefficients, each about a unit Gaussian over people.
        expression_names: one name an expression coefficient.
        albedo_names: one name a colour coefficient, each about a unit Gaussian over people.
        faces: (F, 3) long, on the model's device.
    """

    name: str
    topology: Topology
    identity_size: int
    expression_names: tuple[str, ...]
    albedo_names: tuple[str, ...]
    faces: Tensor
    landmark_corners: Tensor
    landmark_bary: Tensor

    def _set_topology(self, topology: Topology) -> None:
        """Keeps a mesh, and what of it calculations need, on the model's device."""
        self.topology = topology
        faces = torch.from_numpy(np.ascontiguousarray(topology.faces))
        self.register_buffer("faces", faces, persistent=False)
        self.register_buffer("landmark_corners", faces[torch.from_numpy(topology.landmarks.face)], persistent=False)
        self.register_buffer("landmark_bary", torch.from_numpy(topology.landmarks.bary), persistent=False)

    @property
    def expression_size(self) -> int:
        """Number of expression coefficients E."""
        return len(self.expression_names)

    @property
    def albedo_size(self) -> int:
        """Number of colour coefficients A."""
        return len(self.albedo_names)

    @property
    def neutral_expression(self) -> Tensor:
        """The coefficients (E,) of a face at rest."""
        return torch.zeros(self.expression_size, device=self.faces.device)

    @abstractmethod
    def vertices(self, identity: Tensor, expression: Tensor) -> Tensor:
        """Vertices (B, V, 3) in metres, of identity (B, I) or (1, I) and expression (B, E) or (1, E)."""

    @abstractmethod
    def albedo(self, coefficients: Tensor) -> Tensor:
        """Diffuse colour of every vertex (B, V, 3), linear light in 0..1, of coefficients (B, A)."""

    @abstractmethod
    def to_arkit(self, expression: Tensor) -> Tensor:
        """ARKit weights (B, 52) in 0..1, in the order of `facetake.rig.ARKIT_NAMES`, of expression (B, E)."""

    @abstractmethod
    def from_arkit(self, arkit: Tensor) -> Tensor:
        """Expression (B, E) of ARKit weights (B, 52)."""

    def landmarks(self, vertices: Tensor) -> Tensor:
        """Points (B, N, 3) of the landmarks of `topology.landmarks` on vertices (B, V, 3), in any space."""
        return (vertices[:, self.landmark_corners] * self.landmark_bary[..., None]).sum(dim=2)

    def normals(self, vertices: Tensor) -> Tensor:
        """Unit normals (B, V, 3), outwards, of vertices (B, V, 3) in any space."""
        return vertex_normals(vertices, self.faces)
