"""Which processor the networks of portraits run on: one that is named, or a graphics card where there is one.

Networks say themselves where they are; what is shown to them follows. Knows PyTorch's devices and nothing else.
"""

from __future__ import annotations

import torch
from torch import nn

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


def home(network: nn.Module) -> torch.device:
    """Where a network's weights are."""
    return next(network.parameters()).device
