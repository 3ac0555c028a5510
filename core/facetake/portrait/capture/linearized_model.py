"""What fitting needs of a face model: the model itself in numpy, and how its vertices follow each coefficient.

A fit is Gauss-Newton steps: the model says where things are, its secants where a step leads. For sums of displacements
(BFM, ICT-FaceKit) secants are exact; where lips must not cross, eyes turn or a jaw rotates, the next step puts right
what the last one missed. Knows the protocol of face models; does not know pictures or poses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facetake.arrays import F32, I64
from facetake.face.model import FaceModel
from facetake.rig import ARKIT_NAMES

LOOSE = 3.0  # standard deviations allowed to coefficients that are no activations
LOOSE_PRIOR = 0.125  # of an activation's: a standard deviation is as likely as a third of an activation
TURN_MOST = 0.6  # radians of a jaw or an eye
TURN_PRIOR = 10.0  # of an activation's: it turns by a tenth of a radian as often as an activation is a whole one
TURNS = ("jaw_", "eye_left_", "eye_right_")  # names of FLAME's coefficients that are rotation vectors
STEP = 0.25  # of a coefficient, at which a secant is taken: gazes to either side must cancel, as they do on a ball
AT_ONCE = 8  # coefficients or frames whose vertices are computed together: more only fill memory


@dataclass(frozen=True)
class Linearised:
    """A face model of E expression, I identity and A colour coefficients and the N landmarks that a fit compares.

    Attributes:
        model: the model.
        shapes: (I, V, 3) metres, what each identity coefficient adds; moves: (E, V, 3), each expression's.
        colour: (V, 3) linear albedo; colours: (A, V, 3), what each coefficient adds to it.
        low: (E,) least expression; high: (E,) greatest; prior: (E,) how stiff, against an activation's 1.
        points: (N,) MediaPipe's numbers of the landmarks; rows: (N,) theirs in the model's embedding.
    """

    model: FaceModel
    shapes: F32
    moves: F32
    colour: F32
    colours: F32
    low: F32
    high: F32
    prior: F32
    points: I64
    rows: I64

    @property
    def faces(self) -> I64:
        """Triangles (F, 3)."""
        return self.model.topology.faces

    @property
    def skin(self) -> NDArray[np.bool_]:
        """Which vertices (V,) show skin that moves with the face."""
        return self.model.topology.parts["skin"]

    @property
    def point_weight(self) -> F32:
        """How far each landmark (N,) can be trusted, 0..1."""
        return self.model.topology.landmarks.weight[self.rows]

    def seen(self, n_points: int) -> Linearised:
        """The same, with those landmarks only that tracks of so many points (468, or 478 with irises) have."""
        known = self.points < n_points
        return replace(self, points=self.points[known], rows=self.rows[known])

    def at_points(self, vertices: F32) -> F32:
        """Landmarks (..., N, 3) of vertices (..., V, 3)."""
        where = self.model.topology.landmarks
        corners = vertices[..., self.faces[where.face[self.rows]], :]
        return np.asarray((corners * where.bary[self.rows, :, None]).sum(axis=-2), np.float32)

    @torch.no_grad()
    def vertices(self, identity: F32, expression: F32) -> F32:
        """Vertices (T, V, 3) of one identity (I,) and expressions (T, E), as the model itself has them."""
        who = torch.from_numpy(identity)[None]
        does = torch.from_numpy(expression)
        parts = [self.model.vertices(who, does[first : first + AT_ONCE]) for first in range(0, len(does), AT_ONCE)]
        return np.asarray(torch.cat(parts).numpy(), np.float32)

    @torch.no_grad()
    def albedo(self, coefficients: F32) -> F32:
        """Linear colours (V, 3) of coefficients (A,)."""
        return np.asarray(self.model.albedo(torch.from_numpy(coefficients)[None])[0].numpy(), np.float32)


@torch.no_grad()
def linearised(model: FaceModel) -> Linearised:
    """A face model with its secants from the neutral face."""
    still = torch.zeros(1, model.expression_size)
    nobody = torch.zeros(1, model.identity_size)
    shapes = _secants(lambda rows: model.vertices(rows, still), torch.zeros_like(nobody), range(model.identity_size))
    plain = torch.zeros(1, model.albedo_size)
    colours = _secants(model.albedo, plain, range(model.albedo_size))
    low, high, prior = bounds(model.expression_names)
    points = model.topology.landmarks.mediapipe_index
    return Linearised(
        model,
        shapes,
        _moves(model, nobody),
        model.albedo(plain)[0].numpy(),
        colours,
        low,
        high,
        prior,
        points,
        np.arange(len(points)),
    )


def _moves(model: FaceModel, nobody: Tensor) -> F32:
    """Secants of expressions, of all but an open jaw from an open jaw: closed lips would hold each other up."""
    names = model.expression_names
    still = torch.zeros(1, model.expression_size)
    opened = still.clone()
    if "jawOpen" in names:
        opened[0, names.index("jawOpen")] = 1.0
    moves = _secants(lambda rows: model.vertices(nobody, rows), opened, range(len(names)))
    if "jawOpen" in names:
        jaw = names.index("jawOpen")
        moves[jaw] = _secants(lambda rows: model.vertices(nobody, rows), still, range(jaw, jaw + 1))[0]
    return moves


def _secants(function: Callable[[Tensor], Tensor], base: Tensor, chosen: range) -> F32:
    """(len(chosen), V, 3): what a unit of each chosen coefficient adds to where `base` (1, M) leads."""
    start = function(base)[0].numpy()
    rows = base + STEP * torch.eye(base.shape[1])[list(chosen)]
    parts = [(function(rows[i : i + AT_ONCE]).numpy() - start) / STEP for i in range(0, len(rows), AT_ONCE)]
    return np.concatenate([np.zeros((0, *start.shape), np.float32), *parts]).astype(np.float32)


def bounds(names: tuple[str, ...]) -> tuple[F32, F32, F32]:
    """0 to 1 for activations, radians for what turns, standard deviations for anything else; and priors."""
    acts = np.array([name in ARKIT_NAMES or name[-2:] in ("_L", "_R") for name in names], bool)
    turns = np.array([name.startswith(TURNS) for name in names], bool)
    high = np.where(acts, 1.0, np.where(turns, TURN_MOST, LOOSE)).astype(np.float32)
    low = np.where(acts, 0.0, -high).astype(np.float32)
    return low, high, np.where(acts, 1.0, np.where(turns, TURN_PRIOR, LOOSE_PRIOR)).astype(np.float32)
