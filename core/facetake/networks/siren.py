"""A network of sines: from a place, and what goes with it, to features, at any resolution (READ Avatars 3.3).

Sitzmann et al. 2020, with that paper's starting weights. Knows tensors; does not know what the places are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class SirenSize:
    """Shape of the network. READ Avatars leaves it to a supplement; the defaults are those of the sines' own authors.

    Attributes:
        width: numbers in each hidden layer.
        hidden: hidden layers, the first included; a linear one follows.
        omega: how many times faster than its input the first layer's sines turn, and the scale of the others.
    """

    width: int = 256
    hidden: int = 4
    omega: float = 30.0

    def __post_init__(self) -> None:
        """Refuses shapes that cannot be built (ValueError)."""
        if self.width < 1 or self.hidden < 1 or self.omega <= 0.0:
            raise ValueError(f"a network of sines needs a width, a layer and a speed above 0, not {self}")


class Siren(nn.Module):
    """`hidden` layers sin(omega (W x + b)) and a linear one."""

    def __init__(self, n_in: int, n_out: int, size: SirenSize, beside: int = 0) -> None:
        """Builds the network for `n_in` numbers in, about -1..1, and `n_out` out.

        beside: how many of the last numbers are no coordinates but go with them. Where coordinates lead starts as fast
        as if they were alone: weights drawn for all numbers together would be too small to show an edge.
        """
        super().__init__()
        self.omega = size.omega
        widths = [n_in, *[size.width] * size.hidden]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:], strict=False))
        self.last = nn.Linear(size.width, n_out)
        with torch.no_grad():
            for number, layer in enumerate([*self.hidden, self.last]):
                n = layer.in_features
                bound = 1.0 / n if number == 0 else math.sqrt(6.0 / n) / size.omega
                layer.weight.uniform_(-bound, bound)
                if number == 0:
                    layer.weight[:, : n_in - beside] *= n_in / (n_in - beside)

    def forward(self, places: Tensor) -> Tensor:
        """Maps (P, n_in) to (P, n_out)."""
        for layer in self.hidden:
            places = torch.sin(self.omega * layer(places))
        out: Tensor = self.last(places)
        return out
