"""Pictures as networks see them, and back: uint8 outside and -1..1 inside."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from facetake.arrays import U8
from facetake.portrait.training.devices import CPU


def as_tensor(pictures: U8, device: torch.device = CPU) -> Tensor:
    """Pictures (..., H, W, 3) as (..., 3, H, W) in -1..1, on a device."""
    tensor = torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, -3)))
    return tensor.to(device).float() / 127.5 - 1.0


def as_pictures(tensor: Tensor) -> U8:
    """The inverse of `as_tensor`."""
    whole = ((tensor + 1.0) * 127.5).round().clamp(0, 255).byte().cpu().numpy()
    return np.ascontiguousarray(np.moveaxis(whole, -3, -1))
