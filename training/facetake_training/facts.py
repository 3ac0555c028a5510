"""Training the restyler as FACTS: a StarGAN on control curves whose lips are held by a viseme classifier (FACTS 3).

`train(config)` reads as the story of a run. Beside the paper's losses stand two that it does not have: a take asked
for in its own style should come back, and where the same line was performed in the asked style the result should be
that performance. Knows nothing of how examples are made (`styles`) or what ships (`shipping`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from facetake import rig
from facetake.networks.facts import Discriminator, RestylerNetwork, SequenceNetSize, VisemeClassifierNetwork
from facetake.networks.optimization import gan_step, moving_average, schedule
from facetake_training import checkpoint, viseme
from facetake_training.styles import StyleConfig
from facetake_training.trainer import resume, steps

MOUTH = ("mouth", "jaw")


@dataclass(frozen=True)
class FactsLoss:
    """Weights of the loss terms; the paper gives none but the penalty's (FACTS 3.2).

    Attributes:
        cycle: L2 between a take and itself after a new style and its own again (equation 3), times 174.
        classification: cross entropy of the styles that the discriminator sees (equations 4 and 5).
        adversarial: Wasserstein critic (3.2.3).
        penalty: of the critic's gradient (3.2.3: 10).
        mouth: what holds the lips: the viseme classifier (3.2.4), the cosine of mouth controls (the paper's rival,
            NSPVD), or nothing.
        lips: weight of that.
        own: mean square error of a take asked for in its own style, times 174; not in the paper.
        paired: mean square error against the same line performed in the asked style, times 174; not in the paper.
    """

    cycle: float = 1.0
    classification: float = 0.3
    adversarial: float = 0.1
    penalty: float = 10.0
    mouth: Literal["viseme", "cosine", "none"] = "viseme"
    lips: float = 1.0
    own: float = 0.0
    paired: float = 0.0

    @property
    def judges(self) -> bool:
        """Whether the discriminator has a part in the loss."""
        return bool(self.adversarial or self.classification)


@dataclass(frozen=True)
class FactsConfig:
    """One run of the restyler.

    Attributes:
        out: folder for checkpoints.
        classifier: folder of a run of the viseme classifier, or of a model that holds one.
        data: takes to learn from.
        network, critic: shapes of generator and discriminator.
        as_change: the generator gives what to add to the curves; the paper's gives them whole.
        loss: weights of the loss terms.
        start: weights of a generator to go on from where they fit, or None.
        steps: rounds of training.
        lines: lines a round; each gives `data.windows` windows.
        learning_rate: Adam's (FACTS 4.2: 1e-4).
        schedule: "constant" as the paper's, or "cosine".
        average: decay of the moving average of the generator's weights; 0 keeps them raw.
        seed: of everything.
        workers: processes that make examples.
        threads: torch threads; 0 leaves the default.
        every: rounds between checkpoints.
    """

    out: Path
    classifier: Path
    data: StyleConfig
    network: SequenceNetSize = field(default_factory=SequenceNetSize)
    critic: SequenceNetSize = field(default_factory=SequenceNetSize)
    as_change: bool = False
    loss: FactsLoss = field(default_factory=FactsLoss)
    start: Path | None = None
    steps: int = 2000
    lines: int = 4
    learning_rate: float = 1e-4
    schedule: Literal["constant", "cosine"] = "constant"
    average: float = 0.0
    seed: int = 0
    workers: int = 1
    threads: int = 0
    every: int = 500


def build(config: FactsConfig) -> RestylerNetwork:
    """The generator of a run, with its starting weights."""
    network = RestylerNetwork(sum(config.data.groups), config.network, config.as_change)
    if config.start is not None:
        checkpoint.load_weights(config.start, network, partial=True)
    return network


def train(config: FactsConfig) -> Path:
    """Runs or resumes a run.

    Returns:
        The weights to ship, `config.out`/best.safetensors.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    generator = build(config)
    build(config)  # draws as many random numbers as it did in earlier runs, whose critics began after a second one
    critic = Discriminator(config.data.groups, config.critic)
    classifier = viseme.load(config.classifier)
    optimizers = {
        "generator": torch.optim.Adam(generator.parameters(), lr=config.learning_rate, betas=(0.5, 0.9)),
        "critic": torch.optim.Adam(critic.parameters(), lr=config.learning_rate, betas=(0.5, 0.9)),
    }
    first, _ = resume(config.out, "generator", generator, optimizers["generator"], config=config)
    resume(config.out, "critic", critic, optimizers["critic"])
    averaged = moving_average(generator, config.average, first)
    if first:
        checkpoint.load_weights(config.out / "best.safetensors", averaged.module)
    batches = viseme.stream(config.data, config.lines, config.seed + first, config.workers)
    began = time.monotonic()
    moved = optimizers if config.loss.judges else {"generator": optimizers["generator"]}
    rates = [schedule(one, lambda number: rate_at(number, config), first) for one in moved.values()]
    for number, is_due in steps(first, config.steps, config.every):
        generator.train()
        critic.train()
        terms = _step(generator, critic, classifier, next(batches), config.loss, optimizers)
        for rate in rates:
            rate.step()
        averaged.update_parameters(generator)
        done = number + 1
        if done % 50 == 0:
            text = "  ".join(f"{name} {value:.4f}" for name, value in terms.items())
            print(f"round {done}  {(time.monotonic() - began) / (done - first):.2f} s each  {text}", flush=True)
        if is_due:
            about: dict[str, object] = {"step": done, "losses": terms, "config": asdict(config)}
            checkpoint.save(config.out, "best", averaged.module, None, about)
            checkpoint.save(config.out, "critic", critic, optimizers["critic"], about)
            checkpoint.save(config.out, "generator", generator, optimizers["generator"], about)
    return config.out / "best.safetensors"


def rate_at(step: int, config: FactsConfig) -> float:
    """Learning rate of a round, relative to its highest."""
    return viseme.cosine(step / config.steps) if config.schedule == "cosine" else 1.0


def restyled(generator: RestylerNetwork, curves: Tensor, code: Tensor) -> Tensor:
    """Curves (B, T, 174) in the style of codes (B, K), repeated over time (FACTS 3.1)."""
    out: Tensor = generator(curves, code[:, None].expand(-1, curves.shape[1], -1))
    return out


def _step(
    generator: RestylerNetwork,
    critic: Discriminator,
    classifier: VisemeClassifierNetwork,
    batch: dict[str, Tensor],
    weights: FactsLoss,
    optimizers: Mapping[str, torch.optim.Optimizer],
) -> dict[str, float]:
    """One step of the discriminator (equation 2) and one of the generator (equation 1); their terms."""
    told: dict[str, float] = {}

    def total(terms: dict[str, Tensor]) -> Tensor:
        told.update({name: float(value.detach()) for name, value in terms.items()})
        return torch.stack(list(terms.values())).sum()

    def generator_loss() -> Tensor:
        critic.requires_grad_(False)  # its own gradient is not wanted here
        return total(generator_losses(generator, critic, classifier, batch, weights))

    gan_step(
        (lambda: total(critic_losses(generator, critic, batch, weights))) if weights.judges else None,
        optimizers["critic"],
        generator_loss,
        optimizers["generator"],
        generator,
    )
    critic.requires_grad_(True)
    return told


def critic_losses(
    generator: RestylerNetwork, critic: Discriminator, batch: dict[str, Tensor], weights: FactsLoss
) -> dict[str, Tensor]:
    """The weighted terms of the discriminator's loss."""
    real = batch["curves"]
    with torch.no_grad():
        fake = restyled(generator, real, batch["asked"])
    score, styles = critic(real)
    wrong = -(batch["own"][:, None] * styles).sum(dim=-1).mean()
    terms = {"told": weights.classification * wrong}
    if weights.adversarial:
        gap = critic(fake)[0].mean() - score.mean()
        terms["critic"] = weights.adversarial * (gap + weights.penalty * _penalty(critic, real, fake))
    return terms


def _penalty(critic: Discriminator, real: Tensor, fake: Tensor) -> Tensor:
    """How far the critic's gradient between real and made curves is from length 1, squared."""
    share = torch.rand(len(real), 1, 1)
    between = (real + share * (fake - real)).requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(between)[0].mean(dim=1).sum(), between, create_graph=True)
    penalty: Tensor = (slope.flatten(1).norm(dim=1) - 1.0).square().mean()
    return penalty


def generator_losses(
    generator: RestylerNetwork,
    critic: Discriminator,
    classifier: VisemeClassifierNetwork,
    batch: dict[str, Tensor],
    weights: FactsLoss,
) -> dict[str, Tensor]:
    """The weighted terms of the generator's loss, those of weight zero left out."""
    curves = batch["curves"]
    made = restyled(generator, curves, batch["asked"])
    size = curves.shape[-1]
    terms: dict[str, Tensor] = {}
    if weights.cycle:
        back = restyled(generator, made, batch["own"])
        terms["cycle"] = weights.cycle * size * (back - curves).square().mean()
    if weights.judges:
        score, styles = critic(made)
        terms["styled"] = -weights.classification * (batch["wanted"][:, None] * styles).sum(dim=-1).mean()
        terms["real"] = -weights.adversarial * score.mean()
    if weights.mouth != "none":
        terms["lips"] = weights.lips * _mouth_loss(curves, made, classifier, weights.mouth)
    if weights.own:
        same = restyled(generator, curves, batch["own"])
        terms["own"] = weights.own * size * (same - curves).square().mean()
    if weights.paired:
        error = (made - batch["target"]).square().mean(dim=(1, 2)) * batch["paired"]
        terms["paired"] = weights.paired * size * error.mean()
    return terms


def _mouth_loss(curves: Tensor, made: Tensor, classifier: VisemeClassifierNetwork, kind: str) -> Tensor:
    """Cross entropy of the visemes seen before and after (FACTS 3.2.4), or one minus the mouths' cosine (NSPVD)."""
    if kind == "cosine":
        mouth = torch.from_numpy(np.array(rig.region_mask(*MOUTH)))
        return 1.0 - nn.functional.cosine_similarity(curves[..., mouth], made[..., mouth], dim=-1).mean()
    with torch.no_grad():
        truth = classifier(curves)[0].exp()
    entropy: Tensor = -(truth * classifier(made)[0]).sum(dim=-1).mean()
    return entropy
