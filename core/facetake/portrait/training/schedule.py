"""How fast networks learn as a training goes on: at one rate, and towards the end ever slower.

The last steps of a network that learns against a discriminator go to and fro; ever smaller ones come to rest in the
middle (Isola et al. 2017 let the rate fall over the second half of the epochs). Knows optimizers; does not know what
is learnt.
"""

from __future__ import annotations

from torch.optim import Optimizer


def share_of_rate(epoch: int, epochs: int, falling: float) -> float:
    """What the rate is in an epoch, as a share of the full one, above 0 to 1.

    Args:
        epoch: from 0.
        epochs: of the whole training.
        falling: the share of the epochs, the last ones, over which it falls evenly to nothing, 0..1.
    """
    last = falling * epochs
    return 1.0 if last <= 0.0 else min(1.0, (epochs - epoch) / (last + 1.0))


def check_falling(*shares: float) -> None:
    """Refuses shares of the epochs outside 0..1 (ValueError)."""
    for falling in shares:
        if not 0.0 <= falling <= 1.0:
            raise ValueError(f"falling is a share of the epochs, 0 to 1, not {falling}")


def slow_down(share: float, *optimizers: Optimizer) -> None:
    """Gives optimizers a share of their full rates, those that they were made with."""
    # Not torch's LambdaLR, which counts its own steps: any epoch can be trained by its number alone, with the same bits
    # whether a training came there in one go or was resumed.
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * share
