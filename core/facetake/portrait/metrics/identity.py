"""Whether it is still the same person: the cosine between ArcFace's embeddings of made and real faces (CSIM).

The measure of the landmark system (4), which takes it from Chen et al. Knows faces in pictures; does not know how they
were made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from facetake import pretrained
from facetake.arrays import F32, U8
from facetake.networks.iresnet import SIDE, IResNet, depths_of
from facetake.portrait.metrics.face_crop import face_square


def arcface(path: Path) -> IResNet:
    """ArcFace's network out of its file. ModelError when the file is another one's."""
    tensors = pretrained.load_tensors(path)
    network = IResNet(depths_of(tensors))
    pretrained.fill(network, tensors, path)
    return network


class Csim:
    """The mean cosine over frames that are shown one after another, -1..1."""

    def __init__(self, network: Any, landmarks: F32, name: str = "csim") -> None:
        """Prepares the comparison.

        Args:
            network: an `IResNet`, or what stands in for it.
            landmarks: (T, N, 2) of the clip, which place the made faces too.
            name: of the score.
        """
        self._network = network.eval()
        self._landmarks = landmarks
        self._name = name
        self._cosines: list[float] = []

    def update(self, frame: int, made: U8, real: U8) -> None:
        """Takes the made and the real picture (H, W, 3) of a frame."""
        import torch

        faces = np.stack([face_square(picture, self._landmarks[frame], SIDE) for picture in (made, real)])
        tensor = torch.from_numpy(np.moveaxis(faces, -1, 1)).float() / 127.5 - 1.0
        with torch.inference_mode():
            ours, theirs = self._network(tensor)
        self._cosines.append(float(torch.nn.functional.cosine_similarity(ours, theirs, dim=0)))

    def compute(self) -> dict[str, float]:
        """The cosine, under its name."""
        return {self._name: float(np.mean(self._cosines))}
