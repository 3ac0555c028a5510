"""What the regression makes small: pictures, landmarks, and coefficients that are not to run away (AudioDVP 3.1.3).

Knows a face model, a camera and tensors; does not know networks or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from facetake.errors import PortraitError
from facetake.face.ibug import EYES, IBUG_68, MOUTH
from facetake.face.model import FaceModel
from facetake.portrait.capture.fitting import GAZE_STIFF
from facetake.portrait.capture.linearized_model import LOOSE_PRIOR, bounds
from facetake.portrait.regress.network import FaceEstimate
from facetake.portrait.regress.settings import RegressionLossSettings
from facetake.portrait.video.compositing import PAPER_PX
from facetake.render.camera import Camera
from facetake.render.harmonics import to_srgb
from facetake.render.perspective import place, project
from facetake.render.picture import Picture, draw

N_LANDMARKS = 68  # iBUG's


@dataclass(frozen=True)
class Terms:
    """Losses of one batch, before their weights, and the mean distance of its landmarks in pixels."""

    total: Tensor
    photo: float
    landmarks: float
    distance_px: float


class FaceFittingLoss:
    """Draws a face model with what was found and compares it with pictures and landmarks."""

    def __init__(self, model: FaceModel, camera: Camera, settings: RegressionLossSettings) -> None:
        """Raises PortraitError for a model with none of the 68 landmarks."""
        self._model = model
        self._camera = camera
        self._settings = settings
        marks = model.topology.landmarks
        there = np.isin(IBUG_68, marks.mediapipe_index)
        if not there.any():
            raise PortraitError(f"the face model {model.name} has no landmarks to compare with; choose another")
        self.points = IBUG_68[there]
        self._rows = torch.from_numpy(marks.rows(self.points))
        counts = np.ones(N_LANDMARKS, np.float32)
        counts[EYES], counts[MOUTH] = settings.features, settings.features
        self._weight = torch.from_numpy(counts[there])
        self._front = torch.from_numpy(model.topology.triangles("face"))
        self.low, self.high, prior = (torch.from_numpy(row) for row in bounds(model.expression_names))
        is_gaze = torch.tensor([name.startswith("eyeLook") for name in model.expression_names])
        self._stiff = torch.where(is_gaze, GAZE_STIFF, 1.0) * prior / LOOSE_PRIOR  # of the 68 points none is an iris

    def placed(self, found: FaceEstimate) -> Tensor:
        """Vertices (B, V, 3) before the camera."""
        vertices = self._model.vertices(found.identity, found.expression)
        return place(vertices, found.rotation, found.translation)

    def drawn(self, found: FaceEstimate, space: Tensor) -> Picture:
        """The front of the face, lit."""
        albedo = self._model.albedo(found.albedo)
        return draw(space, self._model.faces, albedo, found.light, self._camera, chosen=self._front)

    def distances(self, space: Tensor, seen: Tensor) -> Tensor:
        """Pixels (B, N) between the model's landmarks and seen ones (B, N, 2) in the order of `points`."""
        shown = project(self._model.landmarks(space)[:, self._rows], self._camera)[..., :2]
        away: Tensor = torch.linalg.vector_norm(shown - seen + 1e-6, dim=-1)  # a length of zero has no slope
        return away

    def terms(self, found: FaceEstimate, pictures: Tensor, seen: Tensor) -> Terms:
        """The losses of pictures (B, H, W, 3), RGB in 0..255, with landmarks (B, N, 2)."""
        how = self._settings
        space = self.placed(found)
        distances = self.distances(space, seen)
        photo = self._photo(self.drawn(found, space), pictures)
        landmarks = self._landmarks(distances * (PAPER_PX / self._camera.size[0]))
        total = how.photo * photo + how.landmarks * landmarks + how.prior * self._prior(found)
        total = total + how.bounds * self._beyond(found.expression)
        return Terms(total, float(photo.detach()), float(landmarks.detach()), float(distances.detach().mean()))

    def _photo(self, picture: Picture, pictures: Tensor) -> Tensor:
        """Equation 2 over the pixels that the face covers, or the released code's mean square over all pixels."""
        where = picture.points
        real = pictures[where.batch, where.row, where.column].float() / 255.0
        away = to_srgb(picture.rgb) - real
        if self._settings.form == "released":
            return away.square().sum() / pictures.numel()
        return (away.square().sum(dim=1) + 1e-8).sqrt().sum() / max(len(away), 1)

    def _landmarks(self, distances: Tensor) -> Tensor:
        """Equation 3, a mean over frames, or the released code's squares, a sum over them."""
        if self._settings.form == "released":
            return (self._weight * distances.square()).sum() / N_LANDMARKS
        return (self._weight * distances).sum(dim=1).mean() / N_LANDMARKS

    def _prior(self, found: FaceEstimate) -> Tensor:
        """Squares of all coefficients: summed over the batch in the released code, else a mean over frames."""
        how = self._settings
        expression = (self._stiff * found.expression.square()).sum()
        if how.form == "equations":
            expression = expression / len(found.expression)
        shared = how.identity * found.identity.square().sum() + how.albedo * found.albedo.square().sum()
        return shared + how.expression * expression

    def _beyond(self, expression: Tensor) -> Tensor:
        """How far coefficients are beyond what they can be, squared: summed over them, a mean over frames."""
        outside = expression - expression.clamp(self.low, self.high)
        return outside.square().sum(dim=1).mean()
