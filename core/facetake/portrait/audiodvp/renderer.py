"""Learns the neural face renderer from pairs of pictures, and renders with it (AudioDVP 3.3).

Knows stacks of pictures; does not know faces, masks or video files. Pictures are uint8 outside and -1..1 inside.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facetake.arrays import I64, U8, Mask
from facetake.networks.optimization import cross_entropy, gan_step
from facetake.networks.patchgan import PatchGAN
from facetake.networks.unet import N_OUT, UNet, put
from facetake.portrait.audiodvp.settings import AudioDvpSettings, Ends
from facetake.portrait.training.augmentation import moved, turns
from facetake.portrait.training.devices import CPU, as_pictures, as_tensor, home
from facetake.portrait.training.trainer import batches, share_of_rate, slow_down
from facetake.portrait.video.compositing import Region


def masked(picture: U8, mask: Mask, region: Region) -> U8:
    """The region of a picture (H, W, 3), black outside the mask."""
    return region.cut(np.where(mask[..., None], picture, np.uint8(0)))


def window(pictures: U8, frames: NDArray[np.int64], radius: int, ends: Ends, device: torch.device = CPU) -> Tensor:
    """The generator's input on a device: (B, 3 (2 radius + 1), H, W); channels 3k .. 3k + 2 show frame t + k - radius.

    pictures: (T, H, W, 3); frames: (B,) the t; ends: what stands where there is no such frame.
    """
    places = frames[:, None] + np.arange(-radius, radius + 1)
    stack = pictures[places.clip(0, len(pictures) - 1)]
    if ends == "black":
        stack[(places < 0) | (places >= len(pictures))] = 0
    return as_tensor(stack, device).flatten(1, 2)


class Generator(UNet):
    """The U-Net that turns a window of drawings into the picture of its middle (AudioDVP 3.3)."""

    def __init__(self, settings: AudioDvpSettings) -> None:
        """Builds the network for windows of 2 radius + 1 drawings."""
        super().__init__(3 * (2 * settings.radius + 1), N_OUT[settings.out], settings.unet)
        self.out = settings.out
        self.middle = slice(3 * settings.radius, 3 * settings.radius + 3)

    def forward(self, picture: Tensor) -> Tensor:
        """Maps windows (B, 3 (2 radius + 1), H, W) to pictures (B, 3, H, W), both in -1..1."""
        return put(self.out, picture[:, self.middle], super().forward(picture))


@dataclass
class AudioDvpRendererLosses:
    """Mean losses of one epoch."""

    l1: float = 0.0
    adversarial: float = 0.0
    critic: float = 0.0


class AudioDvpRendererTrainer:
    """Generator, discriminator and their optimizers; one call trains one epoch."""

    def __init__(self, settings: AudioDvpSettings, device: torch.device = CPU) -> None:
        """Builds both networks from the settings' seed, on a device."""
        channels = 3 * (2 * settings.radius + 1)
        how = settings.renderer
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            self.generator = Generator(settings).to(device)
            self.critic = PatchGAN(channels + 3, settings.critic).to(device)
        self.settings = settings
        self.device = device
        betas = (how.beta, 0.999)
        self.generator_adam = torch.optim.Adam(self.generator.parameters(), how.rate, betas)
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), how.rate, betas)

    def epoch(self, drawn: U8, real: U8, number: int, frames: I64 | None = None) -> AudioDvpRendererLosses:
        """Trains once on every pair, in an order that depends on the seed and the epoch's number alone.

        drawn, real: (T, H, W, 3) masked drawings of the face model and masked pictures; frames: (n,) those that are
        learnt from, all by default.
        """
        how = self.settings.renderer
        total = AudioDvpRendererLosses()
        rng = np.random.default_rng([self.settings.seed, number])
        frames = np.arange(len(real)) if frames is None else frames
        steps = [frames[rows] for rows in batches(len(frames), how.batch, rng)]
        slow_down(share_of_rate(number, how.epochs, how.falling), self.generator_adam, self.critic_adam)
        self.generator.train()
        for rows in steps:
            condition = window(drawn, rows, self.settings.radius, self.settings.ends, self.device)
            self._step(*jittered(condition, as_tensor(real[rows], self.device), how.jitter, rng), total)
        scale = 1.0 / len(steps)
        return AudioDvpRendererLosses(total.l1 * scale, total.adversarial * scale, total.critic * scale)

    def _step(self, condition: Tensor, real: Tensor, total: AudioDvpRendererLosses) -> None:
        made = self.generator(condition)
        is_judged = bool(self.settings.renderer.adversarial)
        critic, _ = gan_step(
            (lambda: self._critic_loss(condition, real, made.detach())) if is_judged else None,
            self.critic_adam,
            lambda: self._generator_loss(condition, real, made, total),
            self.generator_adam,
        )
        total.critic += critic

    def _critic_loss(self, condition: Tensor, real: Tensor, made: Tensor) -> Tensor:
        """The discriminator's loss, half as strong as the generator's, so that it does not run ahead (equation 9)."""
        return 0.5 * (
            cross_entropy(self.critic(torch.cat([condition, real], dim=1)), real=True)
            + cross_entropy(self.critic(torch.cat([condition, made], dim=1)), real=False)
        )

    def _generator_loss(self, condition: Tensor, real: Tensor, made: Tensor, total: AudioDvpRendererLosses) -> Tensor:
        how = self.settings.renderer
        l1 = nn.functional.l1_loss(made, real)
        loss = how.l1 * l1
        if how.adversarial:
            fooled = cross_entropy(self.critic(torch.cat([condition, made], dim=1)), real=True)
            loss = loss + how.adversarial * fooled
            total.adversarial += float(fooled.detach())
        total.l1 += float(l1.detach())
        return loss


def jittered(condition: Tensor, real: Tensor, amount: float, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Windows (B, C, H, W) and their pictures (B, 3, H, W), each pair moved at random, both alike."""
    if not amount:
        return condition, real
    made = moved(torch.cat([condition, real], dim=1), turns(len(real), amount, rng).to(real.device))
    return made[:, : condition.shape[1]], made[:, condition.shape[1] :]


def rendered(generator: nn.Module, drawn: Iterable[U8], radius: int, ends: Ends) -> Iterator[U8]:
    """Pictures (H, W, 3) for drawings (H, W, 3), one for each, in order; `radius` drawings are read ahead."""
    held: deque[U8] = deque(maxlen=2 * radius + 1)
    for picture in _with_ends(drawn, radius, ends):
        held.append(picture)
        if len(held) == held.maxlen:
            with torch.inference_mode():
                yield as_pictures(generator(as_tensor(np.stack(held), home(generator)).flatten(0, 1)[None])[0])


def _with_ends(drawn: Iterable[U8], radius: int, ends: Ends) -> Iterator[U8]:
    """The drawings with `radius` more before and after them."""
    ahead = iter(drawn)
    last = next(ahead, None)
    if last is None:
        return
    yield from [last if ends == "held" else np.zeros_like(last)] * radius
    for picture in chain([last], ahead):
        last = picture
        yield picture
    yield from [last if ends == "held" else np.zeros_like(last)] * radius
