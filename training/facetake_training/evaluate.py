"""Scores of a network on a corpus: mean absolute error by region, as in the paper's tables, and phones.

Knows nothing of training. Examples are crops without augmentation, the same for the same seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from facetake import rig
from facetake.networks.emoface import EmoFace
from facetake_training.dataset import Crops, DataConfig, to_tensors

MOUTH = ("mouth", "jaw", "teeth", "tongue", "cheek")
EYES = ("eye", "brow")
N_CROPS = 64  # by choice: of fewer a score tells which were drawn


@dataclass(frozen=True)
class ValidationScores:
    """Validation scores.

    Attributes:
        full, mouth, eyes: mean absolute error of the curves, all controls and two regions (EmoFace Tables 2 and 4).
        square: mean square error of all controls.
        phones: share of trusted frames whose phone is right.
        visemes: share whose viseme is right.
        entropy: cross entropy of the phones.
    """

    full: float
    mouth: float
    eyes: float
    square: float
    phones: float
    visemes: float
    entropy: float

    def loss(self, curves: float, phones: float) -> float:
        """The part of the training loss that these scores tell, to choose a checkpoint by."""
        return curves * self.square + phones * self.entropy


def score(
    network: EmoFace, data: DataConfig, split: str = "valid", seed: int = 0, n_crops: int = N_CROPS
) -> ValidationScores:
    """Scores a network on crops of a split."""
    crops = Crops(replace(data, silence=0.0), split, seed)
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n_crops):
        lines = crops.sources[rng.choice(len(crops.sources), p=crops.weights)]
        rows.append(_row(network, to_tensors(crops.crop(lines[rng.integers(len(lines))], 1.0, rng))))
    return ValidationScores(*(float(value) for value in np.mean(rows, axis=0)))


def _row(network: EmoFace, batch: dict[str, torch.Tensor]) -> list[float]:
    with torch.inference_mode():
        curves, phones = network(batch["audio"][None], batch["emotion"][None])
    error = (curves[0] - batch["curves"]).numpy()
    trusted = (batch["trust"] > 0.5).numpy()
    guess = phones[0].argmax(-1).numpy()
    truth = batch["phones"].numpy()
    viseme = network.viseme_of_phone.argmax(-1).numpy()
    regions = (slice(None), rig.region_mask(*MOUTH), rig.region_mask(*EYES))
    picked = phones[0].gather(1, batch["phones"][:, None])[:, 0].numpy()
    right = [(guess == truth)[trusted], (viseme[guess] == viseme[truth])[trusted]]
    share = [float(r.mean()) if trusted.any() else 0.0 for r in right]
    return [
        *(float(np.abs(error[:, r]).mean()) for r in regions),
        float(np.square(error).mean()),
        *share,
        -float(picked.mean()),
    ]
