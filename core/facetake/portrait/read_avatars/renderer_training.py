"""Trains texture, encoder and renderer against a discriminator, end to end (READ Avatars equation 3).

Its style term says how unlike the style of two pictures is. The paper's needs a VGG, which only users can bring
(`facetake.portrait.metrics.perceptual`); what stands in for it needs no weights (`facetake.portrait.metrics.style`).
Knows maps of clips; does not know faces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from facetake import files, pretrained
from facetake.errors import ModelError
from facetake.networks.optimization import BETAS, gan_step, least_squares
from facetake.networks.patchgan import PatchGAN
from facetake.portrait.metrics.perceptual import STYLE_LAYERS, VggStyle, open_vgg
from facetake.portrait.metrics.style import Style
from facetake.portrait.read_avatars.dataset import Maps, seen
from facetake.portrait.read_avatars.renderer import Renderer, RendererInput
from facetake.portrait.read_avatars.settings import FILTERED, ReadAvatarsSettings, StyleBy
from facetake.portrait.training.augmentation import moved, turns
from facetake.portrait.training.devices import CPU
from facetake.portrait.training.trainer import batches, share_of_rate, slow_down


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
            return StyleLoss(network, f"vgg {files.hash_of(path, ModelError)}", f"the style loss is VGG's, of {path}")
        except pretrained.WeightsMissingError as error:
            if by == "vgg":
                raise
            why = f"not VGG's: {error}"
    return StyleLoss(Style(), FILTERED, f"the style loss is that of pyramids and fixed filters, {why}")


@dataclass
class ReadAvatarsRendererLosses:
    """Mean losses of one epoch, each before its weight; l1 with lips counted as often as asked."""

    l1: float = 0.0
    style: float = 0.0
    gan: float = 0.0
    critic: float = 0.0


class ReadAvatarsRendererTrainer:
    """Renderer, discriminator and their optimizers; one call trains one epoch."""

    def __init__(
        self, n_phonemes: int, settings: ReadAvatarsSettings, style: nn.Module, device: torch.device = CPU
    ) -> None:
        """Builds both networks from the settings' seed, on a device; style: the style loss (`style_loss`)."""
        self.settings = settings
        self.device = device
        how = settings.renderer
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            self.renderer = Renderer(n_phonemes, settings).to(device)
            self.critic = PatchGAN(settings.inputs + 3, settings.critic).to(device)
        self.style = style.to(device)
        self.renderer_adam = torch.optim.Adam(self.renderer.parameters(), how.rate, BETAS)
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), how.rate, BETAS)

    def epoch(self, clips: list[Maps], number: int) -> ReadAvatarsRendererLosses:
        """Trains once on every frame of every clip, in an order that depends on the seed and the epoch alone."""
        how = self.settings.renderer
        total = ReadAvatarsRendererLosses()
        rng = np.random.default_rng([self.settings.seed, number])
        steps = [(clip, clip.frames[rows]) for clip in clips for rows in batches(len(clip.frames), how.batch, rng)]
        slow_down(share_of_rate(number, how.epochs, how.falling), self.renderer_adam, self.critic_adam)
        self.renderer.train()
        for step in rng.permutation(len(steps)):
            clip, rows = steps[step]
            others = rng.integers(0, len(clip), len(rows)) if how.mixed_holes else None
            given = seen(clip, rows, self.settings, others).to(self.device)
            given = halved(given) if number < how.coarse else given
            self._step(jittered(given, how.jitter, rng), total)
        for name, value in vars(total).items():
            setattr(total, name, value / len(steps))
        return total

    def _step(self, given: RendererInput, total: ReadAvatarsRendererLosses) -> None:
        made, seen_by_unet = self.renderer(given)
        condition = seen_by_unet.detach()  # the discriminator's view must not teach the texture
        is_judged = bool(self.settings.renderer.gan)
        critic, _ = gan_step(
            (lambda: self._critic_loss(condition, given.background, made.detach())) if is_judged else None,
            self.critic_adam,
            lambda: self._renderer_loss(given, made, seen_by_unet, total),
            self.renderer_adam,
        )
        total.critic += critic

    def _critic_loss(self, condition: Tensor, real: Tensor, made: Tensor) -> Tensor:
        """The discriminator's loss, half as strong as the renderer's, so that it does not run ahead."""
        return 0.5 * (
            least_squares(self.critic(torch.cat([condition, real], dim=1)), real=True)
            + least_squares(self.critic(torch.cat([condition, made], dim=1)), real=False)
        )

    def _renderer_loss(
        self, given: RendererInput, made: Tensor, seen_by_unet: Tensor, total: ReadAvatarsRendererLosses
    ) -> Tensor:
        how = self.settings.renderer
        real = given.background
        weight = 1.0 + (how.lips - 1.0) * given.lips[:, None]
        l1 = (weight * (made - real).abs()).mean()
        style = self.style(made, real) if how.style else made.new_zeros(())
        loss: Tensor = how.l1 * l1 + how.style * style
        if how.colours:
            away = (weight * (seen_by_unet[:, :3] - real).abs()).mean(dim=1)
            loss = loss + how.colours * away[given.alpha].mean()
        if how.gan:
            fooled = least_squares(self.critic(torch.cat([seen_by_unet.detach(), made], dim=1)), real=True)
            loss = loss + how.gan * fooled
            total.gan += float(fooled.detach())
        total.l1 += float(l1.detach())
        total.style += float(style.detach())
        return loss


def halved(given: RendererInput) -> RendererInput:
    """What is seen of B pictures at half the side; coordinates and masks are those of every other pixel."""
    return replace(
        given,
        uv=given.uv[..., ::2, ::2],
        alpha=given.alpha[..., ::2, ::2],
        lips=given.lips[..., ::2, ::2],
        hole=given.hole[..., ::2, ::2],
        background=nn.functional.avg_pool2d(given.background, 2),
    )


def jittered(given: RendererInput, amount: float, rng: np.random.Generator) -> RendererInput:
    """What is seen of B pictures, each moved at random, its maps and its background alike."""
    if not amount:
        return given
    by = turns(len(given.alpha), amount, rng).to(given.alpha.device)
    masks = moved(torch.stack([given.alpha, given.lips, given.hole], dim=1).float(), by, "nearest") > 0.5
    uv = moved(given.uv.flatten(1, 2), by, "nearest").reshape(given.uv.shape)
    return RendererInput(uv, masks[:, 0], masks[:, 1], masks[:, 2], given.phonemes, moved(given.background, by))
