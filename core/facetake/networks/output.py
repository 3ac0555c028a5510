"""What becomes of what a network says about a picture that it was given.

Knows tensors in [-1, 1]; does not know networks.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Output = Literal["anew", "added", "blended"]
"""The network's picture, what it adds to the given one, or its picture where a mask of its own says so."""
N_OUT: dict[Output, int] = {"anew": 3, "added": 3, "blended": 4}
"""Channels that the network must have."""


def put(out: Output, given: Tensor, said: Tensor) -> Tensor:
    """Pictures (..., 3, H, W) from those given and what was said (..., N_OUT[out], H, W), both in -1..1."""
    if out == "anew":
        return said
    if out == "added":
        return (given + said).clamp(-1.0, 1.0)
    colour = said[..., :3, :, :]
    mask = 0.5 * (1.0 + said[..., 3:, :, :])
    return given + mask * (colour - given)
