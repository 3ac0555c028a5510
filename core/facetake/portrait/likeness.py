"""Whether it is still the same person: the cosine between ArcFace's embeddings of made and real faces (CSIM).

The measure of the landmark system (4), which takes it from Chen et al. Knows faces in pictures; does not know how they
were made.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake.networks.iresnet import SIDE
from facetake.portrait.framing import face_square

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


class Csim:
    """The mean cosine over frames that are shown one after another, -1..1."""

    def __init__(self, network: Any, landmarks: F32) -> None:
        """Takes an `IResNet` and the clip's landmarks (T, N, 2), which place the made faces too."""
        self._network, self._landmarks = network.eval(), landmarks
        self._cosines: list[float] = []

    def see(self, frame: int, made: U8, real: U8) -> None:
        """Takes the made and the real picture (H, W, 3) of a frame."""
        import torch

        faces = np.stack([face_square(picture, self._landmarks[frame], SIDE) for picture in (made, real)])
        tensor = torch.from_numpy(np.moveaxis(faces, -1, 1)).float() / 127.5 - 1.0
        with torch.inference_mode():
            ours, theirs = self._network(tensor)
        self._cosines.append(float(torch.nn.functional.cosine_similarity(ours, theirs, dim=0)))

    def scores(self) -> dict[str, float]:
        """`csim`."""
        return {"csim": float(np.mean(self._cosines))}
