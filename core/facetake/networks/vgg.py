"""VGG-16 and VGG-19 up to any of their layers: what perceptual and style losses compare (Simonyan and Zisserman 2014).

Layers are counted as torchvision's files `vgg16-397923af.pth` and `vgg19-dcbb9e9d.pth` count them, and named as papers
name them: relu3_2 is the second of the third block. Knows tensors; does not know what is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

PLANS: Mapping[int, tuple[int, ...]] = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions in each block, by how many layers with weights the whole network has."""
WIDTHS = (64, 128, 256, 512, 512)  # channels of the five blocks (Simonyan and Zisserman 2014, table 1)
UNUSED = "classifier."
"""What the file has besides the convolutions."""
MEAN = (0.485, 0.456, 0.406)
SPREAD = (0.229, 0.224, 0.225)
"""Of red, green and blue in 0..1, as the files' networks were trained to have them taken away and divided by."""


def places(depth: int) -> dict[str, int]:
    """Where in the stack each named layer is."""
    found = {}
    place = 0
    for block, count in enumerate(PLANS[depth], start=1):
        for number in range(1, count + 1):
            found[f"relu{block}_{number}"] = place + 2 * number - 1
        place += 2 * count + 1
    return found


class Vgg(nn.Module):
    """The stack of convolutions as far as it is needed."""

    mean: Tensor
    spread: Tensor

    def __init__(self, depth: int, last: str) -> None:
        """depth: 16 or 19; last: the deepest layer that will be asked for. ValueError where there is none such."""
        super().__init__()
        self._places = places(depth)
        if last not in self._places:
            raise ValueError(f"VGG-{depth} has no layer {last}; it has {', '.join(self._places)}")
        layers: list[nn.Module] = []
        n_in = 3
        for width, count in zip(WIDTHS, PLANS[depth], strict=True):
            for _ in range(count):
                layers += [nn.Conv2d(n_in, width, 3, padding=1), nn.ReLU()]
                n_in = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers[: self._places[last] + 1])
        self.unused = (UNUSED, *(f"features.{place}." for place in range(len(self.features), len(layers))))
        for name, value in (("mean", MEAN), ("spread", SPREAD)):
            self.register_buffer(name, torch.tensor(value)[:, None, None], persistent=False)

    def forward(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Features by name, (B, C, h, w) each, of pictures (B, 3, H, W), RGB 0..1."""
        wanted = {self._places[name]: name for name in layers}
        x = (pictures - self.mean) / self.spread
        found = {}
        for place, layer in enumerate(self.features):
            x = layer(x)
            if place in wanted:
                found[wanted[place]] = x
        if len(found) < len(wanted):
            raise ValueError(f"this network ends before {', '.join(set(wanted.values()) - set(found))}")
        return found


def depth_of(names: Sequence[str]) -> int | None:
    """Which of the networks has tensors of these names; None for neither."""
    for depth in PLANS:
        if all(f"features.{place - 1}.weight" in names for place in places(depth).values()):
            return depth
    return None
