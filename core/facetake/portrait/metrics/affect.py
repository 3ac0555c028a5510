"""Valence and arousal of a face, and how far two clips' distributions of them are apart: A-EMD and V-EMD (READ 4).

The paper predicts them with EmoNet from pictures; `AffectMeasure` does so with a user's. `of_expression` is our own
small predictor from expression, made by hand from what action units are said to show (Ekman and Friesen's EMFACS,
Russell's circle): it tells how strongly a face model smiles, frowns or stares, and nothing of the picture. The distance
takes any predictor's numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetake.arrays import F32, U8
from facetake.inference.affect import SIDE, AffectNetwork
from facetake.portrait.metrics.face_crop import box_square, boxes
from facetake.rig import ARKIT_NAMES

PAIRED = {  # valence, arousal of both sides' weights at 1
    "mouthSmile": (0.6, 0.2),
    "cheekSquint": (0.15, 0.1),
    "mouthFrown": (-0.5, -0.15),
    "browDown": (-0.35, 0.25),
    "noseSneer": (-0.35, 0.2),
    "mouthUpperUp": (-0.1, 0.1),
    "mouthPress": (-0.15, 0.1),
    "mouthStretch": (-0.25, 0.3),
    "eyeWide": (-0.05, 0.5),
    "browOuterUp": (0.05, 0.25),
    "eyeBlink": (0.0, -0.3),
    "eyeSquint": (-0.05, 0.05),
}
SINGLE = {"browInnerUp": (-0.2, 0.2), "jawOpen": (0.0, 0.35)}
"""Likewise of one. By hand, by what each shape says of a mood: what stands in for EmoNet is no measure of its kind."""


@dataclass(frozen=True)
class AffectDistance:
    """Earth mover's distances between two clips: of arousal and of valence, 0 where the distributions are the same."""

    arousal: float
    valence: float


def of_expression(arkit: F32) -> F32:
    """Valence and arousal (T, 2), each -1..1, of ARKit weights (T, 52)."""
    weights = np.zeros((len(ARKIT_NAMES), 2))
    for name, both in PAIRED.items():
        for side in ("Left", "Right"):
            weights[ARKIT_NAMES.index(name + side)] = 0.5 * np.array(both)
    for name, both in SINGLE.items():
        weights[ARKIT_NAMES.index(name)] = both
    return np.tanh(2.0 * (arkit @ weights)).astype(np.float32)


def distance(made: F32, real: F32) -> AffectDistance:
    """How far the valences and arousals (T, 2) of two clips are apart. ValueError for clips without frames."""
    from scipy.stats import wasserstein_distance

    if not len(made) or not len(real):
        raise ValueError("a distribution needs at least one frame")
    valence, arousal = (float(wasserstein_distance(made[:, k], real[:, k])) for k in (0, 1))
    return AffectDistance(arousal, valence)


class AffectMeasure:
    """A-EMD and V-EMD of made and real pictures that are shown one after another, by a network that looks at faces."""

    def __init__(self, network: AffectNetwork, landmarks: F32) -> None:
        """Takes the clip's landmarks (T, N, 2), which place the made faces too."""
        self._network = network
        self._boxes = boxes(landmarks)
        self._found: tuple[list[F32], list[F32]] = ([], [])

    def update(self, frame: int, made: U8, real: U8) -> None:
        """Takes the made and the real picture (H, W, 3) of a frame."""
        for rows, picture in zip(self._found, (made, real), strict=True):
            rows.append(self._network.look(box_square(picture, self._boxes[frame], SIDE) / np.float32(255.0)))

    def compute(self) -> dict[str, float]:
        """`a_emd` and `v_emd`."""
        found = distance(*(np.stack(rows) for rows in self._found))
        return {"a_emd": found.arousal, "v_emd": found.valence}
