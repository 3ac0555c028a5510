"""Trains the picture networks: parts and rest from single frames, then the whole from sequences (3.4).

Knows what the networks are shown; does not know files or how far a training is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from facetake.arrays import I64
from facetake.networks.optimization import BETAS, least_squares, step
from facetake.networks.patchgan import PatchGAN
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.landmark_translation.image.dataset import Plates, shown
from facetake.portrait.landmark_translation.image.losses import Judges, identity_of
from facetake.portrait.landmark_translation.image.translator import REST, Shown, Translator
from facetake.portrait.landmark_translation.settings import GlobalTraining, LocalTraining, PictureSettings
from facetake.portrait.training.card_memory import fitting
from facetake.portrait.training.devices import home
from facetake.portrait.training.trainer import batches, share_of_rate, slow_down

HUE = 0.4
"""How much channels differ in what they gain, as a share of what all gain."""


@dataclass
class PictureLosses:
    """Mean losses of one epoch, those of parts and rest added up."""

    mse: float = 0.0
    gan: float = 0.0
    perceptual: float = 0.0
    identity: float = 0.0
    critic: float = 0.0

    def over(self, steps: int) -> PictureLosses:
        """The mean of `steps` steps."""
        return PictureLosses(*(getattr(self, field.name) / steps for field in fields(self)))


class _Stage:
    """Networks that make pictures, discriminators, and their optimizers."""

    def __init__(
        self, made: nn.Module, critics: dict[str, nn.Module], rate: float, settings: PictureSettings, judges: Judges
    ):
        self.device = home(made)
        self.network = made
        self.critics = nn.ModuleDict(critics).to(self.device)
        self.settings = settings
        self.judges = Judges(judges.identity.to(self.device), judges.perceptual.to(self.device), judges.told)
        self.adam = torch.optim.Adam(made.parameters(), rate, BETAS)
        self.critic_adam = torch.optim.Adam(self.critics.parameters(), rate, BETAS)

    def loss(
        self, critic: nn.Module, seen: Tensor, made: Tensor, real: Tensor, told: PictureLosses, gan: float
    ) -> Tensor:
        """MSE, perceptual and adversarial loss of pictures (B, 3, h, w)."""
        how = self.settings.weights
        mse = F.mse_loss(made, real)
        perceptual = self.judges.perceptual(made, real)
        loss: Tensor = how.mse * mse + how.perceptual * perceptual
        if how.gan:
            verdict = critic(torch.cat([seen, made], dim=1))
            fooled = least_squares(verdict, real=True)
            loss = loss + how.gan * gan * fooled
            told.gan += float(fooled.detach())
        told.mse += float(mse.detach())
        told.perceptual += float(perceptual.detach())
        return loss

    def critic_loss(self, critic: nn.Module, seen: Tensor, made: Tensor, real: Tensor) -> Tensor:
        """A discriminator's loss, half as strong as the other's, so that it does not run ahead."""
        verdicts = [critic(torch.cat([seen, picture], dim=1)) for picture in (real, made.detach())]
        return 0.5 * (least_squares(verdicts[0], real=True) + least_squares(verdicts[1], real=False))

    def step(self, loss: Tensor, critic_losses: list[Tensor], told: PictureLosses) -> None:
        """Moves the networks that make pictures, and then the discriminators, which judged them as they were."""
        step(loss, self.adam)
        if critic_losses:
            told.critic += step(torch.stack(critic_losses).sum(), self.critic_adam)

    def slow_down(self, how: LocalTraining | GlobalTraining, epoch: int) -> None:
        """Sets the rate of an epoch."""
        slow_down(share_of_rate(epoch, how.epochs, how.falling), self.adam, self.critic_adam)


class LocalTrainer(_Stage):
    """Parts and rest, from single frames."""

    def __init__(self, translator: Translator, settings: PictureSettings, judges: Judges, seed: int) -> None:
        """translator: whose local networks are trained."""
        with torch.random.fork_rng():
            torch.manual_seed(seed + 1)
            critics: dict[str, nn.Module] = {
                name: PatchGAN(9, settings.critic if name == REST else settings.part_critic)
                for name in translator.local.networks
            }
        super().__init__(translator.local, critics, settings.local_training.rate, settings, judges)
        self.translator = translator
        self.seed = seed

    def epoch(self, clips: list[Plates], number: int) -> PictureLosses:
        """Trains once on every frame, in an order that depends on the seed and the epoch alone."""
        rng = np.random.default_rng([self.seed, number])
        told = PictureLosses()
        self.slow_down(self.settings.local_training, number)
        batch = self.settings.local_training.batch
        steps = [(clip, clip.frames[rows]) for clip in clips for rows in batches(len(clip.frames), batch, rng)]
        self.translator.train()
        for place in rng.permutation(len(steps)):
            clip, rows = steps[place]
            given, real = shown(clip, rows, int(rng.integers(clip.n_references)), self.device)
            self._step(clip, *tinted(given, real, self.settings.tint, len(rows), rng), told)
        return told.over(len(steps))

    def _step(self, clip: Plates, given: Shown, real: Tensor, told: PictureLosses) -> None:
        made = self.translator.local(given)
        loss = real.new_zeros(())
        critic_losses = []
        for name, picture in made.made.items():
            size = picture.shape[-1], picture.shape[-2]
            wanted = real if name == REST else parts.cut(real, made.corners[name], size)
            critic = self.critics[name]
            seen = made.condition[name]
            gan = 1.0 if name == REST else self.settings.local_training.part_gan
            if self.settings.weights.gan:
                critic_losses.append(self.critic_loss(critic, seen, picture, wanted))
            loss = loss + self.loss(critic, seen, picture, wanted, told, gan)
            if name != REST and self.settings.weights.identity:
                loss = loss + self._identity(clip, name, picture, seen[:, 3:], told)
        self.step(loss, critic_losses, told)

    def _identity(self, clip: Plates, name: str, made: Tensor, reference: Tensor, told: PictureLosses) -> Tensor:
        """How unlike a part of the photograph is to what was made, to who knows people."""
        at = clip.mean_corner(name, (made.shape[-1], made.shape[-2]))
        side = self.settings.side
        with torch.no_grad():
            known = identity_of(self.judges.identity, reference, at, side)
        loss = F.mse_loss(identity_of(self.judges.identity, made, at, side), known)
        told.identity += float(loss.detach())
        return self.settings.weights.identity * loss


class GlobalTrainer(_Stage):
    """The whole picture, from sequences; parts and rest stay as they are."""

    def __init__(self, translator: Translator, settings: PictureSettings, judges: Judges, seed: int) -> None:
        """translator: whose network over the whole is trained."""
        with torch.random.fork_rng():
            torch.manual_seed(seed + 2)
            critics: dict[str, nn.Module] = {"whole": PatchGAN(9, settings.critic)}
        super().__init__(translator.whole, critics, settings.global_training.rate, settings, judges)
        self.translator = translator
        self.seed = seed

    def epoch(self, clips: list[Plates], number: int) -> PictureLosses:
        """Trains once on every sequence, cut at other places each time."""
        rng = np.random.default_rng([self.seed, number])
        told = PictureLosses()
        how = self.settings.global_training
        self.slow_down(how, number)
        steps = [(clip, rows) for clip in clips for rows in _sequences(clip, how.length, how.batch, rng)]
        self.translator.train()
        for place in rng.permutation(len(steps)):
            clip, rows = steps[place]
            given, real = shown(clip, rows.ravel(), int(rng.integers(clip.n_references)), self.device)
            self._step(rows.shape, *tinted(given, real, self.settings.tint, len(rows), rng), told)
        return told.over(len(steps))

    def _step(self, shape: tuple[int, ...], given: Shown, real: Tensor, told: PictureLosses) -> None:
        with torch.no_grad():
            local = self.translator.local(given)
        made = local.kept(self.translator.whole(local.combined.unflatten(0, shape))[0].flatten(0, 1))
        real = local.kept(real)  # where nothing may be changed there is nothing to learn, or to tell made pictures by
        seen = torch.cat([given.sketch, given.reference], dim=1)
        critic = self.critics["whole"]
        critic_losses = [self.critic_loss(critic, seen, made, real)] if self.settings.weights.gan else []
        loss = self.loss(critic, seen, made, real, told, 1.0)
        if self.settings.weights.identity:
            with torch.no_grad():
                known = identity_of(self.judges.identity, given.reference)
            identity = F.mse_loss(identity_of(self.judges.identity, made), known)
            told.identity += float(identity.detach())
            loss = loss + self.settings.weights.identity * identity
        self.step(loss, critic_losses, told)


def _sequences(clip: Plates, length: int, batch: int, rng: np.random.Generator) -> Iterator[I64]:
    """Frames (B, length) of sequences, one beginning where another ended, the first at random, to be learnt from."""
    count = len(clip)
    length = min(length, count)
    begins = np.arange(int(rng.integers(0, min(length, count - length + 1))), count - length + 1, length)
    learnable = np.isin(np.arange(count), clip.frames)
    whole = [begin for begin in begins if learnable[begin : begin + length].all()]
    begins = np.array(whole, np.int64) if whole else begins
    for some in np.array_split(rng.permutation(begins), max(1, round(len(begins) / fitting(batch)))):
        yield some[:, None] + np.arange(length)


def tinted(given: Shown, real: Tensor, spread: float, kinds: int, rng: np.random.Generator) -> tuple[Shown, Tensor]:
    """What networks are shown and what they should make of it, in other light and colours.

    Not of the paper, whose hundreds of speakers stand in every light. From a few people networks learn by heart what
    must be added to those people's lips to make teeth of them, which on the lips of others comes out green. With other
    colours at each step they must take colours from the photograph.

    Args:
        given: of B frames.
        real: (B, 3, H, W) in -1..1.
        spread: standard deviation of the logarithms of contrast (a gamma) and of gains; 0 changes nothing.
        kinds: lights, each for B / kinds frames that follow one another.
        rng: what draws them.
    """
    if not spread:
        return given, real
    drawn = rng.normal(0.0, spread, (kinds, 5)).repeat(len(real) // kinds, axis=0)
    gamma = np.exp(drawn[:, :1])
    gain = np.exp(drawn[:, 1:2] + HUE * drawn[:, 2:])
    power, factor = (torch.as_tensor(x[:, :, None, None], dtype=real.dtype, device=real.device) for x in (gamma, gain))
    seen, wanted = (_lit(pictures, power, factor) for pictures in (given.reference, real))
    return replace(given, reference=seen), wanted


def _lit(pictures: Tensor, power: Tensor, factor: Tensor) -> Tensor:
    return 2.0 * (factor * (0.5 * (pictures + 1.0)).clamp(0.0, 1.0) ** power).clamp(0.0, 1.0) - 1.0
