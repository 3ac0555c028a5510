"""The audio-conditioned neural texture and the deferred renderer, from maps of the surface to a picture (READ 3.3).

Knows tensors: coordinates, masks, phonemes, backgrounds; does not know faces, files or how it is trained.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facetake.networks.siren import Siren
from facetake.networks.unet import N_OUT, UNet, put
from facetake.portrait.read_avatars.settings import PhonemeEncoderSize, ReadAvatarsSettings
from facetake.portrait.video.compositing import PAPER_PX

LEAK = 0.02  # as in Neural Voice Puppetry's audio network (Thies et al. 2020)
GROWN_PX = 8  # how far the hole reaches beyond the face; the paper has "a fixed number of pixels"


@dataclass(frozen=True)
class RendererInput:
    """What the renderer is given for B pictures.

    Attributes:
        uv: (B, 2 radius + 1, 2, H, W) texture coordinates in -1..1 of the frame, in the middle, and its neighbours.
        alpha: (B, H, W) bool: where the face is, in the frame itself.
        lips: (B, H, W) bool: what lies inside the lips' outline.
        hole: (B, H, W) bool: where the background is not shown.
        phonemes: (B, 2 half_window, K) probabilities around the frame.
        background: (B, 3, H, W) the video's picture in -1..1.
    """

    uv: Tensor
    alpha: Tensor
    lips: Tensor
    hole: Tensor
    phonemes: Tensor
    background: Tensor

    def to(self, device: torch.device) -> RendererInput:
        """The same on a device."""
        return RendererInput(*(getattr(self, field.name).to(device) for field in fields(self)))


class PhonemeEncoder(nn.Module):
    """A window of phoneme probabilities to one vector, by convolutions over time.

    Each halves the window, until little is left; then two linear layers and a tanh.
    """

    def __init__(self, n_phonemes: int, rows: int, size: PhonemeEncoderSize) -> None:
        """Builds the encoder for windows of `rows` times `n_phonemes` probabilities."""
        super().__init__()
        widths = [n_phonemes, *size.widths]
        layers: list[nn.Module] = []
        for a, b in zip(widths, widths[1:], strict=False):
            layers += [nn.Conv1d(a, b, 3, stride=2, padding=1), nn.LeakyReLU(LEAK)]
            rows = (rows + 1) // 2
        self.convolutions = nn.Sequential(*layers)
        self.last = nn.Sequential(
            nn.Linear(widths[-1] * rows, size.middle), nn.LeakyReLU(LEAK), nn.Linear(size.middle, size.out), nn.Tanh()
        )
        self.apply(_start)

    def forward(self, windows: Tensor) -> Tensor:
        """Maps (B, rows, n_phonemes) to (B, out) in -1..1."""
        out: Tensor = self.last(self.convolutions(windows.transpose(1, 2)).flatten(1))
        return out


def _start(layer: nn.Module) -> None:
    """Weights that keep the spread of what comes in (He et al. 2015): with smaller ones all sounds begin as one."""
    if isinstance(layer, nn.Conv1d | nn.Linear):
        nn.init.kaiming_normal_(layer.weight, LEAK)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


class Renderer(nn.Module):
    """Encoder of phonemes, texture of sines and U-Net, trained as one (READ 3.3)."""

    def __init__(self, n_phonemes: int, settings: ReadAvatarsSettings) -> None:
        """Builds the networks for `n_phonemes` probabilities a row."""
        super().__init__()
        size = settings.encoder
        self.out = settings.out
        self.channels = settings.channels
        self.hears = settings.hears
        self.encoder = (
            PhonemeEncoder(n_phonemes, 2 * settings.half_window, size) if settings.texture == "audio" else None
        )
        beside = size.out if self.encoder else 0
        self.texture = Siren(2 + beside, settings.channels, settings.siren, beside)
        self.unet = UNet(settings.inputs, N_OUT[settings.out], settings.unet)

    def forward(self, seen: RendererInput) -> tuple[Tensor, Tensor]:
        """The pictures (B, 3, H, W) in -1..1, and what the U-Net saw (B, channels + 2 W_R, H, W)."""
        feature_map = self.textured(seen)
        behind = F.pad(seen.background * ~seen.hole[:, None], (0, 0, 0, 0, 0, self.channels - 3))
        condition = torch.cat([feature_map + behind, seen.uv.flatten(1, 2)], dim=1)
        return put(self.out, filled(condition[:, :3], seen.alpha | ~seen.hole), self.unet(condition)), condition

    def textured(self, seen: RendererInput) -> Tensor:
        """The neural texture (B, channels, H, W), worked out where the face is and 0 elsewhere."""
        batch, row, column = seen.alpha.nonzero(as_tuple=True)
        places = seen.uv[:, seen.uv.shape[1] // 2].permute(0, 2, 3, 1)[batch, row, column]
        if self.encoder is not None:
            heard = self.encoder(seen.phonemes)[batch]
            if self.hears == "mouth":
                heard = heard * within_hearing(seen.lips)[batch, row, column, None]
            places = torch.cat([places, heard], dim=1)
        whole = places.new_zeros((*seen.alpha.shape, self.channels))
        return whole.index_put((batch, row, column), self.texture(places)).permute(0, 3, 1, 2)


def filled(picture: Tensor, known: Tensor) -> Tensor:
    """A picture (B, C, H, W) with the means of what is known (B, H, W) nearby where nothing is, 0 where that is far.

    So the ring between face and background has colours to begin with, and the network no edge to take back.
    """
    pixels = _reach(picture.shape[-1])
    where = known[:, None].float()
    around, share = (_averaged(each, pixels) for each in (picture * where, where))
    return torch.where(known[:, None], picture, around / share.clamp(min=1e-3))


def within_hearing(lips: Tensor) -> Tensor:
    """How much is heard (B, H, W): all inside the lips (B, H, W) bool, less beside them, nothing further on."""
    pixels = _reach(lips.shape[-1])
    return _averaged(_grown(lips, pixels), pixels)[:, 0]


def _reach(side: int) -> int:
    return max(1, round(GROWN_PX * side / PAPER_PX))


def grown(alpha: Tensor) -> Tensor:
    """The hole in the background (B, H, W) for a face (B, H, W), both bool (READ equation 2)."""
    return _grown(alpha, _reach(alpha.shape[-1]))[:, 0] > 0.5


def _grown(masks: Tensor, pixels: int) -> Tensor:
    """Masks (B, H, W) as (B, 1, H, W), 1 within a square of one; by rows, then columns, which is faster."""
    tall = F.max_pool2d(masks[:, None].float(), (2 * pixels + 1, 1), 1, (pixels, 0))
    return F.max_pool2d(tall, (1, 2 * pixels + 1), 1, (0, pixels))


def _averaged(pictures: Tensor, pixels: int) -> Tensor:
    """Means of (B, C, H, W) over the square around each pixel, as far as it is in the picture; likewise."""
    tall = F.avg_pool2d(pictures, (2 * pixels + 1, 1), 1, (pixels, 0), count_include_pad=False)
    return F.avg_pool2d(tall, (1, 2 * pixels + 1), 1, (0, pixels), count_include_pad=False)
