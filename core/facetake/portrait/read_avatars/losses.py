"""How unlike the style of two pictures is (READ Avatars equation 3).

The paper's style term needs a VGG, which only users can bring (`facetake.portrait.metrics.perceptual`). What stands in for it
needs no weights (`facetake.portrait.metrics.style`). Knows tensors; does not know what is learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torch import nn

from facetake import pretrained
from facetake.audio import hash_of
from facetake.portrait.metrics.perceptual import STYLE_LAYERS, VggStyle, open_vgg
from facetake.portrait.metrics.style import Style
from facetake.portrait.read_avatars.settings import StyleBy

FILTERED: Final = "filters"


@dataclass(frozen=True)
class StyleLoss:
    """The style loss of a training.

    Attributes:
        network: maps made and real pictures (B, 3, H, W) in -1..1 to a number.
        name: "filters", or "vgg" and the hash of its file, as the training's folder has it.
        told: which it is and why, for a person.
    """

    network: nn.Module
    name: str
    told: str


def style_loss(by: StyleBy, folder: Path | None = None) -> StyleLoss:
    """The style loss that is asked for.

    Args:
        by: "vgg" takes the user's file, "found" does where there is one, "filters" takes what stands in for it.
        folder: where networks are looked for first (`facetake.pretrained`).

    Raises:
        WeightsMissingError: there is no file and there must be one.
        ModelError: the file cannot be used, or the folder is none.
    """
    why = "as the settings have it"
    if by != FILTERED:
        try:
            path = pretrained.resolve("vgg", folder)
            network = VggStyle(open_vgg(path, STYLE_LAYERS[-1]))
            return StyleLoss(network, f"vgg {hash_of(path)}", f"the style loss is VGG's, of {path}")
        except pretrained.WeightsMissingError as error:
            if by == "vgg":
                raise
            why = f"not VGG's: {error}"
    return StyleLoss(Style(), FILTERED, f"the style loss is that of pyramids and fixed filters, {why}")
