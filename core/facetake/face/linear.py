"""A face that is a mean and weighted displacements (AudioDVP 3.1.1): what scanned morphable models are.

Knows sums; does not know files. BFM and ICT-FaceKit become one of these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from facetake.arrays import F32
from facetake.face.model import FaceModel, Topology
from facetake.face.transfer import Transfer
from facetake.render.harmonics import to_linear


@dataclass(frozen=True)
class LinearBasis:
    """mean (V, 3) and directions (N, V, 3), one standard deviation each, with a name for each."""

    mean: F32
    directions: F32
    names: tuple[str, ...]


class LinearFace(FaceModel):
    """A mean, identity and expression displacements, and colours of the same form."""

    rest: Tensor
    identity_basis: Tensor
    expression_basis: Tensor
    mean_albedo: Tensor
    albedo_basis: Tensor

    def __init__(
        self,
        name: str,
        topology: Topology,
        identity: LinearBasis,
        expression: LinearBasis,
        colour: LinearBasis,
        *,
        srgb: bool = False,
        arkit: F32 | None = None,
    ) -> None:
        """Puts a model together.

        name, topology: see `FaceModel`; identity: with the mean shape, metres; expression: its mean is added to that;
        colour: 0..1, sRGB if `srgb` says so, else linear; arkit (52, E): expression of each ARKit weight, where the
        model's own shapes are named after them; otherwise found from landmarks (`Transfer`).
        """
        super().__init__()
        self.name = name
        self.expression_names = expression.names
        self.albedo_names = colour.names
        self.identity_size = len(identity.directions)
        self._srgb = srgb
        self._arkit = arkit
        self._transfer: Transfer | None = None
        self._set_topology(topology)
        for buffer, values in (
            ("rest", identity.mean + expression.mean),
            ("identity_basis", identity.directions),
            ("expression_basis", expression.directions),
            ("mean_albedo", colour.mean),
            ("albedo_basis", colour.directions),
        ):
            rows = values if buffer in ("rest", "mean_albedo") else values.reshape(len(values), -1)
            self.register_buffer(buffer, torch.from_numpy(np.ascontiguousarray(rows, np.float32)), persistent=False)

    def vertices(self, identity: Tensor, expression: Tensor) -> Tensor:
        """Vertices (B, V, 3): the sum of equation 1 in AudioDVP."""
        check_size(identity, self.identity_size, "identity")
        check_size(expression, self.expression_size, "expression")
        moved = identity @ self.identity_basis + expression @ self.expression_basis
        return self.rest + moved.reshape(-1, len(self.rest), 3)

    def albedo(self, coefficients: Tensor) -> Tensor:
        """Colours (B, V, 3), linear, stopping at 0 and 1."""
        check_size(coefficients, self.albedo_size, "albedo")
        colours = (self.mean_albedo + (coefficients @ self.albedo_basis).reshape(-1, len(self.rest), 3)).clamp(0.0, 1.0)
        return to_linear(colours) if self._srgb else colours

    def to_arkit(self, expression: Tensor) -> Tensor:
        """ARKit weights (B, 52) that look most like expression (B, E)."""
        return self._drive().to_arkit(expression)

    def from_arkit(self, arkit: Tensor) -> Tensor:
        """Expression (B, E) that looks most like ARKit weights (B, 52)."""
        return self._drive().from_arkit(arkit)

    def _drive(self) -> Transfer:
        """Made when first asked for, since it needs the default model beside this one."""
        if self._transfer is None:
            self._transfer = Transfer(self, self._arkit)
        return self._transfer


def check_size(values: Tensor, size: int, name: str) -> None:
    """ValueError unless values are (B, size)."""
    if values.ndim != 2 or values.shape[1] != size:
        raise ValueError(f"{name} has shape {tuple(values.shape)}, expected (B, {size})")
