"""Makes pictures that a network painted look as sharp as the film that it learnt from.

A network that learns by mean differences paints softly what it is unsure of: what is finer than four pixels comes out
some 1.6 times too weak, and what is coarser as strong as the film has it. What is that fine is made stronger, by the
least amount with which edges are as narrow as the film's own. That moves no detail to where it belongs: pictures are as
sharp as the film, and not more often right. Knows pictures and how much of them shows; does not know what painted them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from facetake.arrays import F32, U8
from facetake.portrait.metrics.sharpness import cpbd
from facetake.portrait.training.devices import as_pictures
from facetake.portrait.video.compositing import blended

FINE = (0.2, 0.3)
TOO_FINE = (0.45, 0.55)
"""Waves a pixel between which detail becomes fine, and between which it becomes too fine. In between a painted face's
spectrum is below its film's; an unsharp mask, which begins far below, costs twice the likeness for the same sharpness,
and what is finer is the pattern that a network paints by pixels."""
AROUND_PX = 16  # mirrored around a picture, whose edges else are each other's neighbours: the filter reaches no further
SHOWN = 0.5  # of a pixel that is painted: then it counts as such
HALVINGS = 5  # of the range in which the amount is looked for: of 0 to 1 the last changes CPBD by a third of a percent


def sharpened(pictures: Tensor, amount: float) -> Tensor:
    """Maps pictures (B, 3, H, W) in -1..1 to sharper ones, which may go beyond that range; amount: 0 or more."""
    return pictures + amount * fine(pictures) if amount else pictures


def fine(pictures: Tensor) -> Tensor:
    """The fine detail (B, 3, H, W) of pictures (B, 3, H, W)."""
    around = min(AROUND_PX, *(side - 1 for side in pictures.shape[-2:]))
    held = F.pad(pictures, (around,) * 4, mode="reflect")
    high, wide = held.shape[-2:]
    rows = torch.fft.fftfreq(high, device=held.device)
    waves = torch.hypot(rows[:, None], torch.fft.rfftfreq(wide, device=held.device))
    share = _risen(waves, *FINE) * (1.0 - _risen(waves, *TOO_FINE))
    found: Tensor = torch.fft.irfft2(torch.fft.rfft2(held) * share, s=(high, wide))
    return found[..., around : high - around, around : wide - around]


def _risen(values: Tensor, begin: float, end: float) -> Tensor:
    """0 up to where a rise begins, 1 from its end on, smoothly between."""
    share = ((values - begin) / (end - begin)).clamp(0.0, 1.0)
    return share.square() * (3.0 - 2.0 * share)


def fitted(made: Tensor, real: Sequence[U8], weights: Sequence[F32], most: float) -> float:
    """The least amount by which painted pictures, laid over the real ones, look as sharp as those, by CPBD.

    It is told where they show, as elsewhere are the real ones' own edges: of a face that is so soft that it has none,
    those would be all that is left.

    Args:
        made: painted pictures (B, 3, H, W) in -1..1.
        real: what they should show, (H, W, 3) each.
        weights: how much of the painted pictures shows, 0..1 (H, W) each.
        most: the largest amount, which is given where none is enough.
    """
    places = [weight > SHOWN for weight in weights]
    wanted = np.mean([cpbd(*each) for each in zip(real, places, strict=True)])

    def is_enough(amount: float) -> bool:
        pictures = as_pictures(sharpened(made, amount))
        shown = [blended(*each) for each in zip(real, pictures, weights, strict=True)]
        return bool(np.mean([cpbd(*each) for each in zip(shown, places, strict=True)]) >= wanted)

    low, high = 0.0, most
    if is_enough(low):
        return low
    for _ in range(HALVINGS if is_enough(high) else 0):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
