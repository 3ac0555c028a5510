"""A face model as a mean and linear bases, which is all that fitting needs: fits are then least squares.

Models that are linear (blend shapes, morphable models) lose nothing; of those that rotate a jaw the secant to the full
expression is taken. Knows the protocol of face models; does not know pictures or poses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
LOOSE = 3.0  # standard deviations allowed to coefficients that are no activations


class Landmarks(Protocol):
    """Where the landmarks lie on the mesh: face ids (N,), weights of their corners (N, 3), MediaPipe's numbers (N,)."""

    face: Any
    bary: Any
    weight: Any
    mediapipe_index: Any


@dataclass(frozen=True)
class LinearFace:
    """Vertices = mean + identity @ shapes + expression @ moves, in metres with OpenCV's axes.

    Attributes:
        name: of the model.
        faces: (F, 3) vertex numbers.
        mean: (V, 3); shapes: (I, V, 3); moves: (E, V, 3).
        colour: (V, 3) linear; colours: (A, V, 3), per unit of the albedo's coefficients.
        skin: (V,) whether a vertex shows skin that moves with the face.
        low: (E,) least expression; high: (E,) greatest.
        expression_names: E names.
        points: MediaPipe's numbers (N,) of the landmarks; their faces, weights of corners and reliability.
    """

    name: str
    faces: I64
    mean: F32
    shapes: F32
    moves: F32
    colour: F32
    colours: F32
    skin: NDArray[np.bool_]
    low: F32
    high: F32
    expression_names: tuple[str, ...]
    points: I64
    point_face: I64
    point_bary: F32
    point_weight: F32

    def at_points(self, vertices: F32) -> F32:
        """Landmarks (..., N, 3) of vertices (..., V, 3)."""
        corners = vertices[..., self.faces[self.point_face], :]
        return np.asarray((corners * self.point_bary[..., None]).sum(axis=-2), np.float32)

    def shaped(self, identity: F32) -> F32:
        """The neutral face (V, 3) of an identity (I,)."""
        return np.asarray(self.mean + np.tensordot(identity, self.shapes, 1), np.float32)

    def vertices(self, identity: F32, expression: F32) -> F32:
        """Vertices (T, V, 3) of one identity (I,) and expressions (T, E)."""
        return np.asarray(self.shaped(identity) + np.tensordot(expression, self.moves, 1), np.float32)

    def albedo(self, coefficients: F32) -> F32:
        """Linear colours (V, 3) of coefficients (A,)."""
        return np.asarray(self.colour + np.tensordot(coefficients, self.colours, 1), np.float32)


def linear(model: Any) -> LinearFace:
    """A face model (`facetake.face.model.FaceModel`) as a linear one: its secants from the neutral face."""
    import torch

    topology = model.topology
    neutral = torch.as_tensor(np.asarray(model.neutral_expression), dtype=torch.float32).reshape(1, -1)
    zero = torch.zeros(1, model.identity_size)
    with torch.no_grad():
        mean = model.vertices(zero, neutral)[0].numpy()
        shapes = _secants(lambda rows: model.vertices(rows, neutral.expand(len(rows), -1)), model.identity_size, mean)
        steps = lambda rows: model.vertices(zero.expand(len(rows), -1), neutral + rows)  # noqa: E731
        moves = _secants(steps, model.expression_size, mean)
        colour = model.albedo(torch.zeros(1, model.albedo_size))[0].numpy()
        colours = _secants(model.albedo, model.albedo_size, colour)
    names = tuple(model.expression_names)
    low, high = _bounds(names)
    where = topology.landmarks
    return LinearFace(
        name=model.name, faces=np.asarray(topology.faces, np.int64), mean=mean, shapes=shapes, moves=moves,
        colour=colour, colours=colours, skin=np.asarray(topology.parts["skin"], bool), low=low, high=high,
        expression_names=names, points=np.asarray(where.mediapipe_index, np.int64),
        point_face=np.asarray(where.face, np.int64), point_bary=np.asarray(where.bary, np.float32),
        point_weight=np.asarray(where.weight, np.float32),
    )  # fmt: skip


def _secants(function: Any, count: int, base: F32, step: int = 8) -> F32:
    """(count, V, 3): what each coefficient changes at 1, a few at a time for the sake of memory."""
    import torch

    rows = torch.eye(count)
    parts = [function(rows[i : i + step]).numpy() - base for i in range(0, count, step)]
    return np.concatenate([np.zeros((0, *base.shape), np.float32), *parts]).astype(np.float32)


def _bounds(names: tuple[str, ...]) -> tuple[F32, F32]:
    """0 to 1 for ARKit's activations, some standard deviations for anything else."""
    from facetake.rig.arkit import ARKIT_NAMES

    is_arkit = np.array([name in ARKIT_NAMES for name in names], bool)
    low = np.where(is_arkit, 0.0, -LOOSE).astype(np.float32)
    return low, np.where(is_arkit, 1.0, LOOSE).astype(np.float32)
