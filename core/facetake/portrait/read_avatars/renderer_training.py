"""Trains texture, encoder and renderer against a discriminator, end to end (READ Avatars equation 3).

Knows maps of clips; does not know faces or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facetake.networks.patchgan import PatchGAN
from facetake.portrait.read_avatars.dataset import Maps, seen
from facetake.portrait.read_avatars.renderer import Renderer, Seen
from facetake.portrait.read_avatars.settings import Settings
from facetake.portrait.training.augmentation import moved, turns
from facetake.portrait.training.devices import CPU
from facetake.portrait.training.gan_loss import judged
from facetake.portrait.training.schedule import share_of_rate, slow_down

BETAS = (0.5, 0.999)


@dataclass
class Losses:
    """Mean losses of one epoch, each before its weight; l1 with lips counted as often as asked."""

    l1: float = 0.0
    style: float = 0.0
    gan: float = 0.0
    critic: float = 0.0


class RendererTrainer:
    """Renderer, discriminator and their optimisers; one call trains one epoch."""

    def __init__(self, n_phonemes: int, settings: Settings, style: nn.Module, device: torch.device = CPU) -> None:
        """Builds both networks from the settings' seed, on a device; style: the style loss (`losses.style_loss`)."""
        self.settings, self.device, how = settings, device, settings.renderer
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            self.renderer = Renderer(n_phonemes, settings).to(device)
            self.critic = PatchGAN(settings.inputs + 3, settings.critic).to(device)
        self.style = style.to(device)
        self.renderer_adam = torch.optim.Adam(self.renderer.parameters(), how.rate, BETAS)
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), how.rate, BETAS)

    def epoch(self, clips: list[Maps], number: int) -> Losses:
        """Trains once on every frame of every clip, in an order that depends on the seed and the epoch alone."""
        how, total = self.settings.renderer, Losses()
        dice = np.random.default_rng([self.settings.seed, number])
        steps = [(clip, rows) for clip in clips for rows in _batches(len(clip), how.batch, dice)]
        slow_down((self.renderer_adam, self.critic_adam), how.rate, share_of_rate(number, how.epochs, how.falling))
        self.renderer.train()
        for step in dice.permutation(len(steps)):
            clip, rows = steps[step]
            others = dice.integers(0, len(clip), len(rows)) if how.mixed_holes else None
            given = seen(clip, rows, self.settings, others).to(self.device)
            self._step(jittered(given, how.jitter, dice), total)
        for name, value in vars(total).items():
            setattr(total, name, value / len(steps))
        return total

    def _step(self, given: Seen, total: Losses) -> None:
        how, real = self.settings.renderer, given.background
        weight = 1.0 + (how.lips - 1.0) * given.lips[:, None]
        made, seen_by_unet = self.renderer(given)
        condition = seen_by_unet.detach()  # the discriminator's view must not teach the texture
        if how.gan:
            total.critic += self._teach_critic(condition, real, made.detach())
        l1, style = (weight * (made - real).abs()).mean(), self.style(made, real) if how.style else made.new_zeros(())
        loss = how.l1 * l1 + how.style * style
        if how.colours:
            away = (weight * (seen_by_unet[:, :3] - real).abs()).mean(dim=1)
            loss = loss + how.colours * away[given.alpha].mean()
        if how.gan:
            fooled = judged(self.critic(torch.cat([condition, made], dim=1)), real=True)
            loss = loss + how.gan * fooled
            total.gan += float(fooled.detach())
        self.renderer_adam.zero_grad()
        torch.autograd.backward(loss)
        self.renderer_adam.step()
        total.l1 += float(l1.detach())
        total.style += float(style.detach())

    def _teach_critic(self, condition: Tensor, real: Tensor, made: Tensor) -> float:
        """One step of the discriminator, half as strong as the renderer's, so that it does not run ahead."""
        loss = 0.5 * (
            judged(self.critic(torch.cat([condition, real], dim=1)), real=True)
            + judged(self.critic(torch.cat([condition, made], dim=1)), real=False)
        )
        self.critic_adam.zero_grad()
        torch.autograd.backward(loss)
        self.critic_adam.step()
        return float(loss.detach())


def jittered(given: Seen, amount: float, dice: np.random.Generator) -> Seen:
    """What is seen of B pictures, each moved at random, its maps and its background alike."""
    if not amount:
        return given
    by = turns(len(given.alpha), amount, dice).to(given.alpha.device)
    masks = moved(torch.stack([given.alpha, given.lips, given.hole], dim=1).float(), by, "nearest") > 0.5
    uv = moved(given.uv.flatten(1, 2), by, "nearest").reshape(given.uv.shape)
    return Seen(uv, masks[:, 0], masks[:, 1], masks[:, 2], given.phonemes, moved(given.background, by))


def _batches(count: int, batch: int, dice: np.random.Generator) -> list[NDArray[np.int64]]:
    return np.array_split(dice.permutation(count), max(1, round(count / batch)))
