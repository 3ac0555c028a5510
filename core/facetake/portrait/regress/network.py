"""The network of the regression: a trunk, one layer over it, and what all frames share (AudioDVP 3.1.3).

Knows tensors and how many coefficients a face model has; does not know pictures' files or losses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from facetake import pretrained
from facetake.networks.resnet import MEAN_BGR, UNUSED, ResNet
from facetake.portrait.regress.settings import RegressionSettings
from facetake.render.harmonics import N_BANDS, ambient
from facetake.render.perspective import rotation_matrix

LIGHT = N_BANDS * 3  # of red, green and blue
POSE = 3  # numbers of a rotation, and of a translation
REACH_M = 0.1
"""Metres of a translation of 1: about what a unit is in the paper's face model."""


@dataclass(frozen=True)
class FaceEstimate:
    """What was read off B pictures.

    expression (B, E); light (B, 9, 3); rotation (B, 3) radians; translation (B, 3) metres; identity (1, I) and albedo
    (1, A) are the same for all.
    """

    expression: Tensor
    light: Tensor
    rotation: Tensor
    translation: Tensor
    identity: Tensor
    albedo: Tensor


class Regressor(nn.Module):
    """Pictures to coefficients; identity and colours are free and shared by all frames.

    The last layer begins at zero: at rest, evenly lit, standing where `home` says. Heads turn about the middle of the
    face, since about a point behind it a turn and a shift look nearly alike and are learnt slowly.
    """

    home: Tensor
    pivot: Tensor
    mean: Tensor

    def __init__(
        self,
        settings: RegressionSettings,
        n_identity: int,
        n_expression: int,
        n_albedo: int,
        home: Tensor,
        pivot: Tensor,
    ) -> None:
        """home, pivot: (3,) metres; where the head's origin stands at first, and the middle of the face from there."""
        super().__init__()
        self.trunk = ResNet(settings.size)
        self.fc = nn.Linear(self.trunk.n_features, n_expression + LIGHT + 2 * POSE)
        nn.init.zeros_(self.fc.weight)
        nn.init.zeros_(self.fc.bias)
        self.identity = nn.Parameter(torch.zeros(1, n_identity))
        self.albedo = nn.Parameter(torch.zeros(1, n_albedo))
        self.register_buffer("home", home.float())
        self.register_buffer("pivot", pivot.float())
        self.register_buffer("mean", torch.tensor(MEAN_BGR)[:, None, None], persistent=False)
        self._side = settings.side
        self._split = (n_expression, LIGHT, POSE, POSE)

    def forward(self, pictures: Tensor) -> FaceEstimate:
        """Coefficients of pictures (B, H, W, 3), RGB in 0..255."""
        expression, light, rotation, shift = self.fc(self.trunk(self._seen(pictures))).split(self._split, dim=1)
        swung = self.pivot - rotation_matrix(rotation) @ self.pivot
        return FaceEstimate(
            expression,
            ambient(light.device) + light.unflatten(1, (N_BANDS, 3)),
            rotation,
            self.home + REACH_M * shift + swung,
            self.identity,
            self.albedo,
        )

    def _seen(self, pictures: Tensor) -> Tensor:
        """Blue, green, red less their mean, of the network's size."""
        flipped = pictures.permute(0, 3, 1, 2).flip(1).float()
        size = (self._side, self._side)
        small = nn.functional.interpolate(flipped, size, mode="bilinear", antialias=True, align_corners=False)
        return small - self.mean

    def settle(self, batches: Iterable[Tensor]) -> None:
        """Sets the norms to the statistics of all pictures, given as batches (B, H, W, 3), and holds them there."""
        norms = [module for module in self.trunk.modules() if isinstance(module, nn.BatchNorm2d)]
        kept = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over what is shown
        self.train()
        with torch.no_grad():
            for pictures in batches:
                self.trunk(self._seen(pictures))
        for norm, momentum in zip(norms, kept, strict=True):
            norm.momentum = momentum
        self.eval()

    def begin(self, start: str, folder: Path | None) -> str:
        """Fills the trunk with VGGFace2's weights where they are wanted and there; what was done, in a sentence.

        Raises:
            WeightsMissingError: they must be there and are not.
            ModelError: the file cannot be used.
        """
        if start == "random":
            return "the network starts from random weights"
        try:
            path = pretrained.resolve("vggface2", folder)
        except pretrained.WeightsMissingError:
            if start == "vggface2":
                raise
            return "the network starts from random weights, as there is no file of VGGFace2"
        pretrained.fill(self.trunk, pretrained.load_tensors(path), path, UNUSED)
        return f"the network starts from {path}"
