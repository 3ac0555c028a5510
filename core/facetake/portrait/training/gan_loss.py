"""How a discriminator's verdicts become losses, by least squares (LSGAN, Mao et al. 2017) or by cross entropy.

Knows tensors; does not know what is judged.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def least_squares(verdict: Tensor, *, real: bool) -> Tensor:
    """Mean square between verdicts and "all real" or "none real"."""
    return F.mse_loss(verdict, _wanted(verdict, real=real))


def cross_entropy(logits: Tensor, *, real: bool) -> Tensor:
    """Cross entropy of verdicts, before the sigmoid, with "all real" or "none real"."""
    return F.binary_cross_entropy_with_logits(logits, _wanted(logits, real=real))


def _wanted(verdict: Tensor, *, real: bool) -> Tensor:
    return torch.ones_like(verdict) if real else torch.zeros_like(verdict)
