"""Which processor the networks of portraits run on, and pictures on their way there and back.

A processor is named, or is a graphics card where there is one, whose memory may be full. Networks say themselves where
they are; what is shown to them follows. Pictures are uint8 outside of networks and -1..1 inside. Does not know what
pictures show.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from facetake.arrays import U8
from facetake.errors import PortraitError

CPU = torch.device("cpu")
AUTO = "auto"


def device(name: str = AUTO) -> torch.device:
    """The processor of a name.

    Args:
        name: "cpu", "cuda", "cuda:1" and what else PyTorch knows; "auto" is a CUDA card where there is one, else the
            CPU. A card adds numbers up in another order, so what it learns differs from what a CPU learns in the last
            digits.

    Raises:
        PortraitError: this machine has none of that name.
    """
    if name == AUTO:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(name)
        torch.zeros(1, device=found).item()  # where nothing is stored, as on "meta", nothing is learnt
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise PortraitError(f"no device {name!r} here ({reason}); name cpu, cuda, cuda:0 or auto") from error
    return found


@contextmanager
def memory_told() -> Iterator[None]:
    """What a card does not hold inside the block is told in a sentence.

    Raises:
        PortraitError: the card's memory is full.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise PortraitError(
            f"the card's memory is full ({said(error)}); close what else uses the card, or add --device cpu"
        ) from error


def said(error: torch.OutOfMemoryError) -> str:
    """What torch says in its first sentence."""
    return str(error).split(". ", maxsplit=1)[0]


def home(network: nn.Module) -> torch.device:
    """Where a network's weights are."""
    return next(network.parameters()).device


def as_tensor(pictures: U8, device: torch.device = CPU) -> Tensor:
    """Pictures (..., H, W, 3) as (..., 3, H, W) in -1..1, on a device."""
    tensor = torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, -3)))
    return tensor.to(device).float() / 127.5 - 1.0


def as_pictures(tensor: Tensor) -> U8:
    """The inverse of `as_tensor`."""
    whole = ((tensor + 1.0) * 127.5).round().clamp(0, 255).byte().cpu().numpy()
    return np.ascontiguousarray(np.moveaxis(whole, -3, -1))
