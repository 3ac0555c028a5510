"""A take moves a face model, and what a model was seen doing becomes a take: rig controls <-> ARKit <-> coefficients.

Knows takes and face models; does not know pictures. On the way to ARKit 174 controls become 52 weights, so what ARKit
cannot say is lost (`facetake.rig.arkit`); the way back gives the same ARKit weights again.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from facetake.arrays import F32
from facetake.face.head import rotation
from facetake.face.model import FaceModel
from facetake.rig import from_arkit, to_arkit
from facetake.take import Take, resample


def expression_of(take: Take, model: FaceModel) -> Tensor:
    """Expression coefficients (T, E) that show a take on a model, on the model's device."""
    arkit = torch.from_numpy(to_arkit(take.values)).to(model.faces.device)
    return model.from_arkit(arkit)


def from_take(take: Take, rate: Fraction, model: FaceModel) -> F32:
    """Expression (T, E) that shows a take on a face model, T frames at `rate`; the head's turn is left to the video."""
    with torch.no_grad():
        return np.asarray(expression_of(resample(take, rate), model).numpy(), np.float32)


def controls_of(expression: Tensor, model: FaceModel) -> F32:
    """Control values (T, 174) that show expression coefficients (T, E) of a model."""
    with torch.no_grad():
        arkit = model.to_arkit(expression)
    return from_arkit(arkit.cpu().numpy())


def take_of(
    expression: Tensor,
    model: FaceModel,
    rate: Fraction,
    *,
    head_deg: F32 | None = None,
    start: Fraction = Fraction(0),
    origin: Mapping[str, object] | None = None,
) -> Take:
    """A take of expression coefficients (T, E); head_deg (T, 3): yaw, pitch, roll as `head_angles` gives them."""
    return Take(controls_of(expression, model), rate, head=head_deg, start=start, origin=origin or {})


def head_rotation(head_deg: F32) -> F32:
    """Rotation vectors (T, 3) in radians, for `facetake.render.perspective.place`, of head angles (T, 3) in degrees."""
    return Rotation.from_matrix(rotation(head_deg).astype(np.float64)).as_rotvec().astype(np.float32)


def head_angles(rotation_vectors: F32) -> F32:
    """Yaw, pitch, roll (T, 3) in degrees, as a take has them, of rotation vectors (T, 3) in radians."""
    matrix = Rotation.from_rotvec(np.asarray(rotation_vectors, np.float64)).as_matrix()
    pitch = np.arcsin(np.clip(matrix[:, 1, 2], -1.0, 1.0))
    yaw = np.arctan2(-matrix[:, 0, 2], matrix[:, 2, 2])
    roll = np.arctan2(matrix[:, 1, 0], matrix[:, 1, 1])
    return np.asarray(np.degrees(np.stack([yaw, pitch, roll], axis=1)), dtype=np.float32)
