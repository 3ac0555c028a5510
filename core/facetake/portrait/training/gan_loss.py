"""How a discriminator's verdicts become losses, by least squares (LSGAN, Mao et al. 2017).

Knows tensors; does not know what is judged.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def judged(verdict: Tensor, *, real: bool) -> Tensor:
    """Least squares between verdicts and "all real" or "none real"."""
    return F.mse_loss(verdict, torch.ones_like(verdict) if real else torch.zeros_like(verdict))
