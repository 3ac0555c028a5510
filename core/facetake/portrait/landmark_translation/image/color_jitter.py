"""Changes light and colour of what networks learn from, a photograph and its clip alike.

Not of the paper, whose hundreds of speakers stand in every light. From a few people networks learn by heart what must
be added to those people's lips to make teeth of them, which on the lips of others comes out green. With other colours
at each step they must take colours from the photograph. Knows tensors; does not know faces or networks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from facetake.portrait.landmark_translation.image.translator import Shown

HUE = 0.4
"""How much channels differ in what they gain, as a share of what all gain."""


def tinted(given: Shown, real: Tensor, spread: float, kinds: int, rng: np.random.Generator) -> tuple[Shown, Tensor]:
    """What networks are shown and what they should make of it, in other light and colours.

    Args:
        given: of B frames.
        real: (B, 3, H, W) in -1..1.
        spread: standard deviation of the logarithms of contrast (a gamma) and of gains; 0 changes nothing.
        kinds: lights, each for B / kinds frames that follow one another.
        rng: what draws them.
    """
    if not spread:
        return given, real
    drawn = rng.normal(0.0, spread, (kinds, 5)).repeat(len(real) // kinds, axis=0)
    gamma = np.exp(drawn[:, :1])
    gain = np.exp(drawn[:, 1:2] + HUE * drawn[:, 2:])
    power, factor = (torch.as_tensor(x[:, :, None, None], dtype=real.dtype, device=real.device) for x in (gamma, gain))
    seen, wanted = (_lit(pictures, power, factor) for pictures in (given.reference, real))
    return replace(given, reference=seen), wanted


def _lit(pictures: Tensor, power: Tensor, factor: Tensor) -> Tensor:
    return 2.0 * (factor * (0.5 * (pictures + 1.0)).clamp(0.0, 1.0) ** power).clamp(0.0, 1.0) - 1.0
