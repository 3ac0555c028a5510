"""ARKit weights on models whose expressions have no such names, and back, through landmarks that both models have.

Knows face models; does not know files. The default model says how far each ARKit weight moves each landmark; another
model's coefficients are those that move its own landmarks most nearly so. What no landmark shows (tongue, gaze, puffed
cheeks in part) does not cross over.
"""

from __future__ import annotations

import torch
from torch import Tensor

from facetake.face.model import FaceModel

STEP = 0.1
"""Coefficient at which the slope of landmarks is measured: small, for models that are not quite linear."""
STIFFNESS = 0.02
"""What a unit of every coefficient costs, against landmarks that move by this part of the face's size."""
N_STEPS = 1000  # random faces are then within about 0.02 of where they settle, at 17 ms for 64; 300 leave 0.09


class Transfer:
    """Ways between one model's expression and ARKit weights."""

    def __init__(self, model: FaceModel, arkit: object = None) -> None:
        """Measures both models. arkit (52, E): the way from ARKit where it is known."""
        from facetake.face.anny import load

        reference = load()
        rows = _shared(reference, model)
        size = _size(reference, rows[0]), _size(model, rows[1])
        weight = torch.from_numpy(model.topology.landmarks.weight[rows[1]]).sqrt()[:, None]
        self._arkit_moves = (_slopes(reference, rows[0]) / size[0] * weight).flatten(1)  # (52, N * 3)
        self._model_moves = (_slopes(model, rows[1]) / size[1] * weight).flatten(1)  # (E, N * 3)
        known = torch.as_tensor(arkit, dtype=torch.float32) if arkit is not None else None
        self._there = self._fit_there() if known is None else known
        self._seen = self._model_moves if known is None else None

    def from_arkit(self, arkit: Tensor) -> Tensor:
        """Expression (B, E) of ARKit weights (B, 52)."""
        return arkit @ self._there.to(arkit)

    def to_arkit(self, expression: Tensor) -> Tensor:
        """ARKit weights (B, 52) in 0..1 of expression (B, E): bounded least squares by accelerated projection."""
        basis = self._there if self._seen is None else self._arkit_moves
        target = expression @ (torch.eye(expression.shape[1]) if self._seen is None else self._seen).to(expression)
        basis = basis.to(expression)
        gram = basis @ basis.T + STIFFNESS**2 * torch.eye(len(basis)).to(expression)
        rate = 1.0 / torch.linalg.matrix_norm(gram, 2)
        wanted = target @ basis.T
        weights = ahead = torch.zeros_like(wanted)
        for step in range(N_STEPS):
            after = (ahead - rate * (ahead @ gram - wanted)).clamp(0.0, 1.0)
            ahead = after + step / (step + 3.0) * (after - weights)
            weights = after
        return weights

    def _fit_there(self) -> Tensor:
        """(52, E): the expression of each ARKit weight, by ridge regression on landmark displacements."""
        gram = self._model_moves @ self._model_moves.T
        ridge = STIFFNESS**2 * torch.eye(len(gram))
        there: Tensor = torch.linalg.solve(gram + ridge, self._model_moves @ self._arkit_moves.T).T
        return there


def _shared(reference: FaceModel, model: FaceModel) -> tuple[Tensor, Tensor]:
    """Rows of landmarks that both models have, in the same order."""
    wanted = model.topology.landmarks.mediapipe_index
    known = set(reference.topology.landmarks.mediapipe_index.tolist())
    both = wanted[[int(index) in known for index in wanted]]
    return tuple(torch.from_numpy(m.topology.landmarks.rows(both)) for m in (reference, model))  # type: ignore[return-value]


@torch.no_grad()
def _slopes(model: FaceModel, rows: Tensor) -> Tensor:
    """How landmarks (E, N, 3) move for a unit of each coefficient, in metres."""
    still = model.neutral_expression.cpu()[None]
    identity = torch.zeros(1, model.identity_size)
    steps = still + STEP * torch.eye(model.expression_size)
    at_rest = model.landmarks(model.vertices(identity, still))[:, rows]
    moved = torch.cat([model.landmarks(model.vertices(identity, step[None]))[:, rows] for step in steps])
    return (moved - at_rest) / STEP


@torch.no_grad()
def _size(model: FaceModel, rows: Tensor) -> Tensor:
    """Root mean square distance of landmarks from their middle, in metres."""
    points = model.landmarks(model.vertices(torch.zeros(1, model.identity_size), model.neutral_expression.cpu()[None]))
    chosen = points[0, rows]
    return (chosen - chosen.mean(dim=0)).square().sum(dim=1).mean().sqrt()
